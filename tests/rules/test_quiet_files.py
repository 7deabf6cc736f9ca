"""Files and names that are right although they don't look like the usual ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.helm.protocol import HelmEngine
from helm_constitution.lint.rule import Rule
from helm_constitution.rules.documentation.changelog import changelog_version_missing
from helm_constitution.rules.helm_best_practices.helpers import no_notes
from helm_constitution.rules.template_simplicity import file_names
from helm_constitution.rules.template_simplicity.named_templates import define_unprefixed
from helm_constitution.rules.template_simplicity.unused import define_unused
from helm_constitution.rules.values_first.hardcoded import hardcoded
from tests.rules.support import chart_of, checked, found, judge_in, subject_of
from tests.support import check_chart, write

CHART = "apiVersion: v2\nname: web\nversion: 9.2.4\n"


@pytest.mark.parametrize(
    "heading", ["## v9", "## 9.x", "# 9.2", "## [9.2.x] - 2024", "### Version 9", "## Release 9.2"]
)
def test_a_heading_for_a_series_of_versions(heading: str) -> None:
    files = {"Chart.yaml": CHART, "CHANGELOG.md": f"# Changelog\n\n{heading}\n\n- Fixed: x\n"}
    assert found(changelog_version_missing, files) == []


@pytest.mark.parametrize("heading", ["## v8", "## 9.1", "## 9.2.3", "## 92"])
def test_a_heading_for_another_series(heading: str) -> None:
    files = {"Chart.yaml": CHART, "CHANGELOG.md": f"# Changelog\n\n{heading}\n\n- Fixed: x\n"}
    assert len(found(changelog_version_missing, files)) == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("crds.yaml", "CustomResourceDefinition"),
        ("app-crds.yaml", "CustomResourceDefinition"),
        ("pvcs.yaml", "PersistentVolumeClaim"),
        ("pdbs.yaml", "PodDisruptionBudget"),
        ("hpas.yaml", "HorizontalPodAutoscaler"),
    ],
)
def test_short_names_in_the_plural(name: str, kind: str) -> None:
    assert file_names._names(name, kind)


@pytest.mark.parametrize("pattern", ["*.txt", "templates/NOTES.txt", "NOTES.txt"])
def test_notes_that_helmignore_leaves_out(pattern: str) -> None:
    files = {
        "Chart.yaml": CHART,
        ".helmignore": f"# text\n{pattern}\n",
        "templates/_h.tpl": '{{ define "web.url" }}x{{ end }}',
    }
    (told,) = found(no_notes, files)
    assert told.startswith(".helmignore:None .helmignore excludes templates/NOTES.txt")
    assert (
        _found_or_unchecked(define_unused, files) == ".helmignore leaves out templates/NOTES.txt, which may call them"
    )


def _found_or_unchecked(rule: Rule, files: dict[str, str]) -> str:
    from helm_constitution.lint.rule import Unchecked

    with pytest.raises(Unchecked) as caught:
        found(rule, files)
    return str(caught.value)


def test_names_of_a_library_chart() -> None:
    library = CHART + "type: library\n"
    files = {"Chart.yaml": library, "templates/_h.tpl": '{{ define "common.names" }}{{ end }}'}
    assert found(define_unprefixed, files) == []


@pytest.mark.parametrize("call", ['{{ include "ui.host" . }}', '{{- template "ui.host" $ -}}'])
def test_a_name_that_a_dependency_calls(call: str) -> None:
    ui = chart_of({"Chart.yaml": "apiVersion: v2\nname: ui-of-web\nversion: 1.0.0\n", "templates/x.yaml": call})
    chart = chart_of({"templates/_h.tpl": '{{ define "ui.host" }}x{{ end }}'}, subcharts={"ui-of-web": ui})
    rule = define_unprefixed
    assert [str(one) for one in rule.check(subject_of(rule, checked(chart))) if "lacks" in str(one)] == []


@pytest.mark.parametrize(
    ("names", "name", "better"),
    [
        (("mychart.chart", "a", "b", "c"), "mychart.chart", "web.chart"),
        (("mychart.chart", "mychart.x", "b", "c", "d"), "mychart.x", "web.x"),
        (("ingress.labels", "web.fullname", "web.chart"), "ingress.labels", "web.ingress.labels"),
        (("db.fullname", "db.selectorLabels", "a", "b", "c"), "db.fullname", "web.db.fullname"),
    ],
)
def test_a_wrong_prefix_is_replaced(names: tuple[str, ...], name: str, better: str) -> None:
    text = "\n".join(f'{{{{ define "{one}" }}}}x{{{{ end }}}}' for one in names)
    told = found(define_unprefixed, {"templates/_h.tpl": text})
    assert next(one for one in told if f'"{name}"' in one).endswith(f'rename it to "{better}"')


POD = "kind: Pod\napiVersion: v1\nmetadata: {name: x}\nspec:\n  containers: [{name: a, image: 'busybox:1'}]\n"


@pytest.mark.parametrize(
    "template",
    [
        "{{ if not .Values.image }}\nimage: busybox:1\n{{ end }}",
        '{{ if eq .Values.image "" }}\nimage: busybox:1\n{{ end }}',
        "{{ if empty .Values.image }}\nimage: busybox:1\n{{ end }}",
        "{{ with .Values.image }}\nimage: {{ . }}\n{{ else }}\nimage: busybox:1\n{{ end }}",
        '{{ toYaml (merge .Values.pod (include "d" . | fromYaml)) }}',
        '{{ .Values.pod | default (include "d" .) }}',
        '{{ if .Values.pod }}{{ toYaml .Values.pod }}{{ else }}{{ include "d" . }}{{ end }}',
    ],
)
def test_a_literal_behind_a_users_value(template: str) -> None:
    files = {
        "templates/x.yaml": f"kind: Pod\n{template}",
        "templates/_d.tpl": '{{ define "d" }}\nimage: busybox:1\n{{ end }}',
    }
    assert judge_in(hardcoded, POD, files) == []


@pytest.mark.parametrize("template", ["image: busybox:1", "{{ if .Values.on }}\nimage: busybox:1\n{{ end }}"])
def test_a_literal(template: str) -> None:
    assert len(judge_in(hardcoded, POD, {"templates/x.yaml": f"kind: Pod\n{template}"})) == 1


def test_of_two_ways_the_shorter_one(tmp_path: Path, engine: HelmEngine) -> None:
    asked = " ".join(f'{{{{ required "{name} is required" .Values.{name} }}}}' for name in "abcdefg")
    write(
        tmp_path,
        {
            "Chart.yaml": CHART,
            "values.yaml": "existingSecret: ''\n" + "".join(f"{name}: ''\n" for name in "abcdefg"),
            "templates/s.yaml": f"{{{{ if not .Values.existingSecret }}}}\nx: {asked}\n{{{{ end }}}}\n",
        },
    )
    report = check_chart(tmp_path, engine)
    assert [one.path for one in report.inputs] == ["existingSecret"]
    assert "disclosure/too-many-required" not in {one.rule for one in report.singles}


def test_the_table_of_requirements_is_none_of_values(tmp_path: Path, engine: HelmEngine) -> None:
    table = "| Repository | Name | Version |\n|---|---|---|\n| https://acme.test | db(postgresql) | 1.x |\n"
    write(
        tmp_path,
        {
            "Chart.yaml": CHART,
            "values.yaml": "# a\na: 1\n",
            "README.md": f"# web\n\n## Requirements\n\n{table}\n\n| Key | Type | Default | Description |\n"
            "|---|---|---|---|\n| a | int | `1` | a |\n",
            "templates/s.yaml": "kind: ConfigMap\napiVersion: v1\nmetadata: {name: x}\ndata: {a: '{{ .Values.a }}'}\n",
        },
    )
    report = check_chart(tmp_path, engine)
    assert [one.message for one in report.singles if one.rule == "docs/readme-values-drift"] == []
