"""Which branches are entered: told by the rendering, else asked by stops, the same with every engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from helm_constitution.chart.loader import load_chart
from helm_constitution.check import pipeline
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.cli.main import cli
from helm_constitution.helm.protocol import HelmEngine, RenderRequest
from helm_constitution.render.conclude import conclude
from helm_constitution.render.coverage import instrumented, measure
from helm_constitution.render.regions import Coverage
from helm_constitution.render.scenarios import plan
from helm_constitution.report import lcov
from helm_constitution.report.model import FileCoverage
from helm_constitution.templates.analysis import AnalysedChart
from tests.cases import BASE
from tests.helm.support import write_chart
from tests.planted import Renderer

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n"


def covered(folder: Path, files: Mapping[str, str | bytes], engine: HelmEngine) -> Coverage:
    """What the quick scenarios of a chart of these files enter."""
    return covered_chart(write_chart(folder / "web", files), engine)


def covered_chart(chart: Path, engine: HelmEngine) -> Coverage:
    """What its quick scenarios enter."""
    planned = plan(chart, RenderRequest(), "quick")
    results = tuple(conclude(one, engine.render(chart, one.request).result(), "web") for one in planned)
    analysed = AnalysedChart(load_chart(chart))
    return measure(analysed, results, instrumented(analysed, engine))


def heads(coverage: Coverage, numbers: list[int]) -> list[str]:
    """The heads of regions as they are written."""
    return [coverage.regions[number].template.source(coverage.regions[number].node) for number in numbers]


def missed(coverage: Coverage) -> list[str]:
    return heads(coverage, [number for number in coverage.branches if number not in coverage.entered])


EVERY_FORM = (
    HEAD
    + """\
  {{- if .Values.hot }}
  a: b
  {{- else if .Values.cold }}
  c: d
  {{- else }}
  e: f
  {{- end }}
  inline: {{ if .Values.cold }}x{{ else }}y{{ end }}
  trimmed: {{ with .Values.text -}}   {{ . }}   {{- else -}}  nothing  {{- end }}
  {{ range $key, $value := .Values.map -}}
  {{ $key }}: {{ $value }}
  {{ else -}}
  none: at all
  {{ end }}
  {{- range .Values.empty }}
  {{ . }}: x
  {{- else }}
  empty: "yes"
  {{- end }}
  text: |
    {{- if .Values.hot }}
    one line
    {{- if .Values.cold }}
    another
    {{- end }}
    {{- end }}
  list: [{{ if .Values.hot }}1{{ end }}, {{ if .Values.cold }}2{{ else }}3{{ end }}]
"""
)
VALUES = "hot: true\ncold: false\ntext: t\nmap: {k: v}\nempty: []\n"


def test_every_form_of_branch(tmp_path: Path, engine: HelmEngine) -> None:
    coverage = covered(tmp_path, {"templates/a.yaml": EVERY_FORM, "values.yaml": VALUES}, engine)
    assert len(coverage.branches) == 16
    assert missed(coverage) == [
        "{{- else if .Values.cold }}",
        "{{- else }}",
        "{{ if .Values.cold }}",
        "{{- else -}}",
        "{{ else -}}",
        "{{- range .Values.empty }}",
        "{{- if .Values.cold }}",
        "{{ if .Values.cold }}",
    ]


def test_lines_that_end_in_crlf(tmp_path: Path, embedded: HelmEngine) -> None:
    text = EVERY_FORM.replace("\n", "\r\n").encode()
    coverage = covered(tmp_path, {"templates/a.yaml": text, "values.yaml": VALUES}, embedded)
    assert len(missed(coverage)) == 8


def test_named_templates_whose_text_decides_something(tmp_path: Path, engine: HelmEngine) -> None:
    files = {
        "values.yaml": VALUES,
        "templates/_helpers.tpl": """\
{{- define "web.mode" -}}
{{- if .Values.hot -}}on{{- else -}}off{{- end -}}
{{- end }}
{{- define "web.data" -}}
{{- if .Values.cold }}
a: b
{{- else }}
c: d
{{- end }}
{{- end }}
{{- define "web.printed" -}}
{{- if .Values.hot }}
printed: "yes"
{{- end }}
{{- end }}
{{- define "web.nobody" -}}
{{- if .Values.hot }}x{{ end }}
{{- end }}
""",
        "templates/a.yaml": HEAD
        + """\
  {{- if eq (include "web.mode" .) "on" }}
  mode: "on"
  {{- else }}
  mode: "off"
  {{- end }}
  {{- $data := include "web.data" . | fromYaml }}
  {{- if hasKey $data "c" }}
  has: c
  {{- end }}
  {{- include "web.printed" . | nindent 2 }}
  sum: {{ include "web.mode" . | sha256sum }}
""",
    }
    coverage = covered(tmp_path, files, engine)
    assert missed(coverage) == [
        "{{- else -}}",
        "{{- if .Values.cold }}",
        "{{- if .Values.hot }}",
        "{{- else }}",
    ]
    assert [
        coverage.regions[number].node.name  # type: ignore[attr-defined]
        for number, region in enumerate(coverage.regions)
        if not region.is_branch and number not in coverage.entered
    ] == ["web.nobody"]


def test_notes_are_looked_at(tmp_path: Path, engine: HelmEngine) -> None:
    files = {
        "values.yaml": VALUES,
        "templates/a.yaml": HEAD + "  a: b\n",
        "templates/NOTES.txt": "{{ if .Values.hot }}on{{ else }}off{{ end }}{{ if .Values.cold }}x{{ end }}\n",
    }
    assert missed(covered(tmp_path, files, engine)) == ["{{ else }}", "{{ if .Values.cold }}"]


def test_other_scenarios_enter_what_the_defaults_do_not(tmp_path: Path, embedded: HelmEngine) -> None:
    files = {"templates/a.yaml": EVERY_FORM, "values.yaml": VALUES, "ci/off-values.yaml": "cold: true\n"}
    assert "{{ if .Values.cold }}" not in missed(covered(tmp_path, files, embedded))


def test_what_lookup_decides_and_what_only_stops_does_not_count(tmp_path: Path, embedded: HelmEngine) -> None:
    files = {
        "values.yaml": VALUES,
        "templates/_helpers.tpl": '{{- define "web.found" }}{{ lookup "v1" "Secret" "a" "b" | toJson }}{{ end }}\n',
        "templates/a.yaml": HEAD
        + """\
  {{- $secret := lookup "v1" "Secret" .Release.Namespace "a" }}
  {{- $data := dict }}
  {{- if $secret }}
  {{- $data = $secret.data }}
  {{- with $data }}
  a: b
  {{- end }}
  {{- else }}
  c: d
  {{- end }}
  {{- if gt (len (include "web.found" . | fromJson)) 0 }}
  found: it
  {{- end }}
  {{- if .Values.cold }}
  {{- fail "set cold to false" }}
  {{- end }}
  {{- if .Values.cold }}
  plain: branch
  {{- end }}
""",
    }
    coverage = covered(tmp_path, files, embedded)
    assert missed(coverage) == ["{{- if .Values.cold }}"]
    assert heads(coverage, coverage.out_of_reach) == [
        "{{- if $secret }}",
        "{{- with $data }}",
        '{{- if gt (len (include "web.found" . | fromJson)) 0 }}',
    ]
    report = pipeline.run(
        CheckRequest(tmp_path / "web", embedded, CheckOptions(constitution=Path("built-in"), coverage=True))
    )
    (notice,) = report.notices
    assert notice == (
        "3 branches need a live cluster (`lookup`) and can't be rendered: templates/a.yaml:8, "
        "templates/a.yaml:10, templates/a.yaml:16"
    )


def test_the_defaults_cost_little_and_nothing_where_nobody_asks(tmp_path: Path, embedded: HelmEngine) -> None:
    renderer = Renderer(embedded)
    coverage = covered(tmp_path / "a", {"templates/a.yaml": EVERY_FORM, "values.yaml": VALUES}, renderer)
    assert coverage.entered
    assert renderer.renders == 2  # plain, and the copy that tells
    pipeline.run(
        CheckRequest(tmp_path / "a" / "web", renderer, CheckOptions(constitution=Path("built-in"), lines=False))
    )
    assert renderer.renders == 3


def test_a_full_check_renders_switched_flags_once(tmp_path: Path, embedded: HelmEngine) -> None:
    values = "".join(f"flag{number}: false\n" for number in range(8))
    text = HEAD + "".join(
        f"  {{{{- if .Values.flag{number} }}}}\n  k{number}: v\n  {{{{- end }}}}\n" for number in range(8)
    )
    chart = write_chart(tmp_path / "web", {"values.yaml": values, "templates/a.yaml": text})
    renderer = Renderer(embedded)
    options = CheckOptions(constitution=Path("built-in"), scenarios="full", lines=False, coverage=True)
    report = pipeline.run(CheckRequest(chart, renderer, options))
    assert [one.name for one in report.scenarios if one.status == "rendered"] == [
        "defaults",
        *(f"flag{number}=true" for number in range(8)),
        "upgrade",
    ]
    assert report.coverage is not None
    assert all(branch.entered for file in report.coverage for branch in file.branches)
    assert renderer.renders == 11  # the defaults twice: as they are, and from the copy


def test_what_the_rendering_tells_is_what_stops_tell(embedded: HelmEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    told = covered_chart(BASE, embedded)
    monkeypatch.setattr(
        "helm_constitution.render.instrumentation.TELLER", "templates/~.yaml"
    )  # it runs first, and knows nothing
    asked = covered_chart(BASE, embedded)
    assert told.entered == asked.entered
    assert len(told.entered) > 10


# --- named templates that are given something else than the root ------------------------------------------------------

BRANCH = "{{- if .lit }}1{{ else }}2{{ end }}"


@pytest.mark.parametrize(
    ("call", "body", "renders"),
    [
        ('include "web.a" .', "{{- if .Values.hot }}1{{ else }}2{{ end }}", 2),
        ('include "web.a" $', "{{- if .Values.hot }}1{{ else }}2{{ end }}", 2),
        ('include "web.a" (dict "lit" true "context" $)', BRANCH, 2),
        ('include "web.a" (list . true)', "{{- if index . 1 }}1{{ else }}2{{ end }}", 2),
        ('template "web.a" .', "{{- if .Values.hot }}1{{ else }}2{{ end }}", 2),
        ('include "web.a" (dict "lit" true)', BRANCH, 5),
        ('template "web.a" (dict "lit" true)', BRANCH, 5),
        ('dict "lit" true | include "web.a"', BRANCH, 5),
        ('include "web.a" .Values.inner', BRANCH, 5),
        ('include (print "web" ".a") (dict "lit" true)', BRANCH, 5),
        ('tpl .Values.text (dict "lit" true "Template" .Template)', BRANCH, 5),
    ],
)
def test_what_a_named_template_is_given(tmp_path: Path, engine: HelmEngine, call: str, body: str, renders: int) -> None:
    files = {
        "values.yaml": """hot: true
inner:
  lit: true
text: '{{ include "web.a" . }}'
"""
        if "tpl" in call
        else VALUES + "inner: {lit: true}\n",
        "templates/_helpers.tpl": f'{{{{- define "web.a" }}}}{body}{{{{ end }}}}\n',
        "templates/a.yaml": HEAD + f"  a: x{{{{ {call} }}}}\n",
    }
    renderer = Renderer(engine)
    coverage = covered(tmp_path, files, renderer)
    assert missed(coverage) == ["{{ else }}"]
    assert renderer.renders == renders


@pytest.mark.parametrize(
    "root",
    [
        '{{- $root := . }}{{- range list 1 2 }}\n  a{{ . }}: {{ include "web.a" $root | quote }}\n{{- end }}',
        '{{- range list 1 2 }}\n  a{{ . }}: {{ include "web.a" $ | quote }}\n{{- end }}',
        '{{- with .Values.map }}\n  a: {{ include "web.b" (dict "ctx" $) | quote }}\n{{- end }}',
    ],
)
def test_the_root_is_followed_through_variables_and_maps(tmp_path: Path, embedded: HelmEngine, root: str) -> None:
    files = {
        "values.yaml": VALUES,
        "templates/_helpers.tpl": """{{- define "web.a" }}{{ if .Values.hot }}1{{ else }}2{{ end }}{{ end }}
{{- define "web.b" }}{{ include "web.a" .ctx }}{{ end }}
""",
        "templates/a.yaml": f"{HEAD}{root}\n",
    }
    renderer = Renderer(embedded)
    assert missed(covered(tmp_path, files, renderer)) == ["{{ else }}"]
    assert renderer.renders == 2


def test_a_scenario_that_does_not_call_it_is_not_asked(tmp_path: Path, embedded: HelmEngine) -> None:
    files = {
        "values.yaml": VALUES,
        "templates/_helpers.tpl": f'{{{{- define "web.a" }}}}{BRANCH}{{{{ end }}}}\n',
        "templates/a.yaml": HEAD
        + '{{- if .Values.cold }}\n  a: x{{ include "web.a" (dict "lit" true) }}\n{{- end }}\n',
        "ci/hot-values.yaml": "hot: 1\n",
        "ci/cold-values.yaml": "cold: true\n",
    }
    renderer = Renderer(embedded)
    assert missed(covered(tmp_path, files, renderer)) == ["{{ else }}"]
    assert renderer.renders == 3 + 3 + 3  # plain, telling, and cold alone: it stops twice, then comes to its end


def test_a_call_from_a_dependency_is_told(tmp_path: Path, engine: HelmEngine) -> None:
    files = {
        "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n- {name: sub, version: 1.0.0}\n",
        "templates/_helpers.tpl": '{{- define "web.a" }}{{ if .Values.hot }}1{{ else }}2{{ end }}{{ end }}\n',
        "templates/a.yaml": HEAD + "  a: b\n",
        "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
        "charts/sub/values.yaml": "hot: true\n",
        "charts/sub/templates/b.yaml": HEAD.replace("name: a", "name: b") + '  a: x{{ include "web.a" . }}\n',
    }
    assert missed(covered(tmp_path, files, engine)) == ["{{ else }}"]


def test_a_template_that_looks_at_the_whole_root_is_rendered_as_it_is(tmp_path: Path, embedded: HelmEngine) -> None:
    text = HEAD + "  a: {{ keys . | len | quote }}\n  b: {{ if .Values.cold }}x{{ else }}y{{ end }}\n"
    chart = write_chart(tmp_path / "web", {"values.yaml": VALUES, "templates/a.yaml": text})
    options = CheckOptions(constitution=Path("built-in"), scenarios="full", coverage=True)
    report = pipeline.run(CheckRequest(chart, embedded, options))
    assert report.coverage is not None
    (file,) = (file for file in report.coverage if file.path == "templates/a.yaml")
    assert [branch.entered for branch in file.branches] == [True, True]
    plain = pipeline.run(
        CheckRequest(chart, embedded, options._replace(coverage=False, ignore=("testing/branch-never-rendered",)))
    )
    assert [finding.fingerprint for finding in report.singles if finding.rule != "testing/branch-never-rendered"] == [
        finding.fingerprint for finding in plain.singles
    ]


# --- lcov -------------------------------------------------------------------------------------------------------------


def read_lcov(text: str) -> dict[str, list[str]]:
    """The records of a tracefile by file."""
    records: dict[str, list[str]] = {}
    for record in text.split("end_of_record\n"):
        lines = [line for line in record.splitlines() if line != "TN:"]
        if lines:
            assert lines[0].startswith("SF:")
            records[lines[0].removeprefix("SF:")] = lines[1:]
    return records


def test_the_tracefile_line_by_line(tmp_path: Path) -> None:
    chart = write_chart(
        tmp_path / "web",
        {
            "values.yaml": VALUES,
            "templates/_helpers.tpl": """\
{{- define "web.a" }}
a: b
{{- end }}
{{- define "web.b" }}
b: c
{{- end }}
""",
            "templates/a.yaml": HEAD
            + """\
  {{- if .Values.cold }}
  {{- if .Values.hot }}
  x: y
  {{- end }}
  {{- else }}
  z: z
  {{- end }}
  {{- include "web.a" . | nindent 2 }}
""",
        },
    )
    file = tmp_path / "coverage.info"
    arguments = ["check", "--no-cache", "--engine", "embedded", "--coverage", str(file), str(chart)]
    assert CliRunner().invoke(cli, arguments).exit_code in (0, 1)
    records = read_lcov(file.read_text("utf-8"))
    assert records[f"{chart}/templates/_helpers.tpl"] == [
        *("FN:1,web.a", "FN:4,web.b", "FNDA:1,web.a", "FNDA:0,web.b", "FNF:2", "FNH:1", "BRF:0", "BRH:0"),
        *("DA:2,1", "DA:5,0", "LF:2", "LH:1"),
    ]
    assert records[f"{chart}/templates/a.yaml"] == [
        *("FNF:0", "FNH:0", "BRDA:6,1,0,0", "BRDA:7,2,0,-", "BRDA:10,1,1,1", "BRF:3", "BRH:1"),
        *("DA:1,1", "DA:2,1", "DA:3,1", "DA:4,1", "DA:5,1", "DA:6,1", "DA:7,0", "DA:8,0", "DA:10,1", "DA:11,1"),
        *("DA:13,1", "LF:11", "LH:9"),
    ]


def test_without_coverage_there_is_nothing_to_write(tmp_path: Path, embedded: HelmEngine) -> None:
    report = pipeline.run(
        CheckRequest(write_chart(tmp_path / "web", {}), embedded, CheckOptions(constitution=Path("built-in")))
    )
    assert report.coverage is None


def test_a_branch_names_the_scenarios_that_entered_it_and_the_sources_come_without_secrets(
    tmp_path: Path, embedded: HelmEngine
) -> None:
    chart = write_chart(
        tmp_path / "web",
        {
            "values.yaml": "a: false\npassword: hunter2hunter2\n",
            "ci/a-values.yaml": "a: true\n",
            "templates/a.yaml": "{{- if .Values.a }}\n# a\n{{- else }}\n# b\n{{- end }}\n# {{ .Values.password }}\n",
        },
    )
    options = CheckOptions(constitution=Path("built-in"), coverage=True, sources=True)
    report = pipeline.run(CheckRequest(chart, embedded, options))
    (file,) = [one for one in report.coverage or () if one.path == "templates/a.yaml"]
    assert [(one.line, one.scenarios) for one in file.branches] == [(1, ("ci/a-values.yaml",)), (3, ("defaults",))]
    assert report.sources is not None
    assert report.sources["values.yaml"] == "a: false\npassword: …\n"


def test_a_file_is_a_record() -> None:
    file = FileCoverage("templates/a.yaml", ((1, True), (2, False)), (), ())
    lines = list(lcov._record("charts/web/", file))
    assert lines[:2] == ["TN:", "SF:charts/web/templates/a.yaml"]
    assert lines[-5:] == ["DA:1,1", "DA:2,0", "LF:2", "LH:1", "end_of_record"]
