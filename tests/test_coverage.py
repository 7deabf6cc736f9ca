"""Which branches are entered: told by marks where they do no harm, by stops elsewhere, the same with every engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from helm_constitution.chart import load_chart
from helm_constitution.check import CheckOptions, check_chart
from helm_constitution.cli import cli
from helm_constitution.coverage import Coverage, measure
from helm_constitution.helm.protocol import HelmEngine, RenderRequest
from helm_constitution.outcome import FileCoverage
from helm_constitution.report import lcov
from helm_constitution.scenarios import conclude, plan
from helm_constitution.subject import Facts
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
    facts = Facts(load_chart(chart), results)
    return measure(facts, results, engine)


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
    report = check_chart(tmp_path / "web", embedded, CheckOptions(constitution=Path("built-in"), coverage=True))
    (notice,) = report.notices
    assert notice == (
        "3 branches need a cluster that lookup finds something in, and can't be rendered: templates/a.yaml:8, "
        "templates/a.yaml:10, templates/a.yaml:16"
    )


def test_the_defaults_cost_little_and_nothing_where_nobody_asks(tmp_path: Path, embedded: HelmEngine) -> None:
    renderer = Renderer(embedded)
    coverage = covered(tmp_path / "a", {"templates/a.yaml": EVERY_FORM, "values.yaml": VALUES}, renderer)
    assert coverage.entered
    assert renderer.renders == 3  # plain, with marks, with stops at what was not entered
    check_chart(tmp_path / "a" / "web", renderer, CheckOptions(constitution=Path("built-in"), lines=False))
    assert renderer.renders == 4


def test_what_marks_tell_is_what_stops_tell(embedded: HelmEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    with_marks = covered_chart(BASE, embedded)
    monkeypatch.setattr("helm_constitution.coverage._may_print", lambda *_: False)
    with_stops = covered_chart(BASE, embedded)
    assert with_marks.entered == with_stops.entered
    assert len(with_marks.entered) > 10


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
    report = check_chart(write_chart(tmp_path / "web", {}), embedded, CheckOptions(constitution=Path("built-in")))
    assert report.coverage is None


def test_a_file_is_a_record() -> None:
    file = FileCoverage("templates/a.yaml", ((1, True), (2, False)), (), ())
    lines = list(lcov._record("charts/web/", file))
    assert lines[:2] == ["TN:", "SF:charts/web/templates/a.yaml"]
    assert lines[-5:] == ["DA:1,1", "DA:2,0", "LF:2", "LH:1", "end_of_record"]
