"""What helm itself says, placed at the line to edit, in the words of Helm 3, Helm 4 and the embedded one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from helm_constitution.check import pipeline
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.helm.protocol import HelmEngine, RenderRequest
from tests.helm.support import CHART, write_chart
from tests.places import HEAD, shown

RULES = ("testing/render-error", "testing/lint-error", "testing/lint-warning", "testing/scenario-error")


def found(
    engine: HelmEngine,
    folder: Path,
    files: Mapping[str, str],
    *more: str,
    request: RenderRequest | None = None,
    scenarios: str = "defaults",
) -> list[str]:
    """The places of the findings about what helm says, each with its rule."""
    chart = write_chart(folder / "web", files)
    rules = folder / "constitution.md"
    rules.write_text(f"# Rules\n\n**MUST**: Hold.\n<!-- rules: {', '.join((*RULES, *more))} -->\n")
    options = CheckOptions(request=request or RenderRequest(), constitution=rules, scenarios=scenarios)
    findings = list(pipeline.run(CheckRequest(chart, engine, options)).singles)
    return [
        f"{finding.rule} {shown(finding.location)}{f':{column}' if (column := finding.location.column) else ''}"
        for finding in findings
    ]


@pytest.mark.parametrize(
    ("files", "place"),
    [
        # a value that is missing, where it is read
        ({"templates/a.yaml": HEAD + "data:\n  a: {{ .Values.no.such }}\n"}, "templates/a.yaml:6:16"),
        # in a named template: there, not where it is included
        (
            {
                "templates/_h.tpl": '{{- define "h" }}\nb: 1\na: {{ .Values.no.such.value }}\n{{- end }}\n',
                "templates/a.yaml": HEAD + 'data:\n  {{- include "h" . | nindent 2 }}\n',
            },
            "templates/_h.tpl:3:14",
        ),
        # a syntax error
        ({"templates/a.yaml": HEAD + "data:\n  a: {{ if }}\n"}, "templates/a.yaml:6:3"),
        ({"templates/a.yaml": HEAD + "data:\n  a: {{ nosuch 1 }}\n"}, "templates/a.yaml:6:3"),
        # a named template that isn't there
        ({"templates/a.yaml": HEAD + 'data:\n  a: {{ include "nosuch" . }}\n'}, "templates/a.yaml:6:9"),
        # a function that fails
        ({"templates/a.yaml": HEAD + "data:\n  a: {{ index (list 1) 4 }}\n"}, "templates/a.yaml:6:9"),
    ],
)
def test_errors_in_templates(engine: HelmEngine, tmp_path: Path, files: dict[str, str], place: str) -> None:
    assert found(engine, tmp_path, files) == [f"testing/render-error {place}"]


INVALID = [
    # the line that is wrong is one of the template's own
    ("data:\n  a: b\n c: d\n", 7),
    ("data:\n  a: b: c\n", 6),
    ("data:\n  a: {{ .Values.a.b }}: {{ .Values.a.b }}\n", 6),
    ("data: {a: [1, 2}\n", 5),
    # what a value prints is wrong, at the line that prints it
    ('data:\n  a: {{ "x: y" }}\n', 6),
    ('data:\n  a: 1\n  {{- "b: [" | nindent 2 }}\n  c: 2\n', 8),
    ("data:\n  a: 1\n{{ toYaml .Values.a | nindent 1 }}\n", 7),
    # behind an object that is fine
    ("data: {}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n    labels: {}\n", 11),
]


@pytest.mark.parametrize(("text", "line"), INVALID)
@pytest.mark.parametrize("rule", ["templates/invalid-yaml", "testing/render-error"])
def test_what_is_no_yaml_once_rendered(engine: HelmEngine, tmp_path: Path, text: str, line: int, rule: str) -> None:
    files = {"templates/a.yaml": HEAD + text}
    (place,) = found(engine, tmp_path, files, *(["templates/invalid-yaml"] if rule == "templates/invalid-yaml" else []))
    assert place.rpartition(":")[0] == f"{rule} templates/a.yaml:{line}"


def test_in_a_named_template(engine: HelmEngine, tmp_path: Path) -> None:
    files = {
        "templates/_h.tpl": '{{- define "h" }}\na: 1\n b: 2\n{{- end }}\n',
        "templates/a.yaml": HEAD + 'data:\n  {{- include "h" . | nindent 2 }}\n',
    }
    assert found(engine, tmp_path, files) == ["testing/render-error templates/_h.tpl:3:2"]


SCHEMA = """\
{"properties": {"replicas": {"type": "integer"}, "image": {"properties": {"tag": {"type": "string"}}}}}
"""


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ("image: {tag: x}\nreplicas: many\n", "values.yaml:2:1"),
        ("replicas: 1\nimage:\n  tag: 1.5\n", "values.yaml:3:3"),
    ],
)
def test_schema_errors(engine: HelmEngine, tmp_path: Path, values: str, place: str) -> None:
    files = {"values.yaml": values, "values.schema.json": SCHEMA}
    assert found(engine, tmp_path, files) == [f"testing/render-error {place}"]


def test_schema_errors_in_the_file_that_sets_the_value(engine: HelmEngine, tmp_path: Path) -> None:
    files = {
        "values.yaml": "replicas: 1\nimage: {tag: x}\n",
        "values.schema.json": SCHEMA,
        "ci/many-values.yaml": "\nreplicas: many\n",
    }
    assert found(engine, tmp_path, files, scenarios="quick") == ["testing/scenario-error ci/many-values.yaml:2:1"]
    given = tmp_path / "mine.yaml"
    given.write_text("image:\n  tag: 7\n")
    request = RenderRequest(values_files=(given,))
    assert found(engine, tmp_path / "f", files, request=request) == [f"testing/render-error {given}:2:3"]


@pytest.mark.parametrize(
    ("files", "places"),
    [
        ({"Chart.yaml": CHART + "type: thing\n"}, ["testing/render-error Chart.yaml:5:1"]),
        ({"Chart.yaml": CHART.replace("0.1.0", "one")}, ["testing/render-error Chart.yaml:3:1"]),
        (
            {"templates/a.yaml": HEAD.replace("name: a", "name: A_b")},
            ["testing/lint-error templates/a.yaml:4:3"],
        ),
        ({"templates/a.txt": "x", "templates/b.yaml": HEAD}, ["testing/render-error templates/a.txt"]),
    ],
)
def test_what_lint_says(engine: HelmEngine, tmp_path: Path, files: dict[str, str], places: list[str]) -> None:
    assert found(engine, tmp_path, files) == places
