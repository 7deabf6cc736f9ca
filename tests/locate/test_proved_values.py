"""Values that no template line plainly prints: which one decides a field is proved by rendering with others."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from helm_constitution.chart.loader import load_chart
from helm_constitution.check.options import CheckOptions
from helm_constitution.core.model import Precision, RuleSetting, Severity
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import RenderRequest
from helm_constitution.lint.findings import FindingMaker
from helm_constitution.lint.needs import CheckedChart
from helm_constitution.lint.placing import Placing
from helm_constitution.lint.runner import run_rule
from helm_constitution.render.conclude import conclude
from helm_constitution.render.results import RenderedChart
from helm_constitution.render.scenarios import plan
from helm_constitution.templates.analysis import AnalysedChart
from tests.places import naming
from tests.planted import Renderer
from tests.support import check_chart, write

HELPERS = """{{- define "lib.sc" -}}
{{- $sc := .secContext -}}
{{- if .context.Capabilities.APIVersions.Has "security.openshift.io/v1" }}{{ $sc = omit $sc "fsGroup" }}{{ end -}}
{{- omit $sc "enabled" | toYaml -}}
{{- end -}}
{{- define "lib.json" -}}{{- toYaml (omit (fromJson (toJson .)) "enabled") -}}{{- end -}}
{{- define "lib.loop" -}}
{{- range $key, $value := . }}{{ if ne $key "enabled" }}
{{ $key }}: {{ $value }}{{ end }}{{- end }}
{{- end -}}
{{- define "lib.set" -}}
{{- $out := dict -}}
{{- range $key, $value := . -}}{{- $_ := set $out $key $value -}}{{- end -}}
{{- toYaml (omit $out "enabled") -}}
{{- end -}}
{{- define "lib.named" -}}{{- toYaml (omit (index .root.Values .name) "enabled") -}}{{- end -}}
{{- define "lib.nested" -}}{{- with .context.a }}{{ toYaml (omit . "enabled") }}{{ end -}}{{- end -}}
{{- define "lib.either" -}}{{- toYaml (ternary (omit .a "enabled") .b true) -}}{{- end -}}
{{- define "lib.lines" -}}{{- range (splitList "\\n" (toYaml (omit . "enabled"))) }}
{{ . }}{{ end -}}{{- end -}}
"""
USES = {
    "a helper's argument": '{{- include "lib.sc" (dict "secContext" .Values.sc "context" $) | nindent 8 }}',
    "read back": '{{- include "lib.sc" (dict "secContext" .Values.sc "context" $) | fromYaml | toYaml | nindent 8 }}',
    "JSON and back": '{{- include "lib.json" .Values.sc | nindent 8 }}',
    "key by key": '{{- include "lib.loop" .Values.sc | nindent 8 }}',
    "set in a loop": '{{- include "lib.set" .Values.sc | nindent 8 }}',
    "by its name": '{{- include "lib.named" (dict "root" $ "name" "sc") | nindent 8 }}',
    "nested": '{{- include "lib.nested" (dict "context" (dict "a" .Values.sc)) | nindent 8 }}',
    "ternary": '{{- include "lib.either" (dict "a" .Values.sc "b" .Values.defaults) | nindent 8 }}',
    "split into lines": '{{- include "lib.lines" .Values.sc | nindent 8 }}',
    "merged": '{{- mergeOverwrite (deepCopy .Values.defaults) (omit .Values.sc "enabled") | toYaml | nindent 8 }}',
    "pluck": '{{- pluck "sc" .Values | first | toYaml | nindent 8 }}',
    "dig": '{{- dig "sc" dict (.Values | merge dict) | toYaml | nindent 8 }}',
    "JSON": '{{ omit .Values.sc "enabled" | toJson }}',
    "printf": '{{ printf "{privileged: %v, runAsUser: %v}" .Values.sc.privileged .Values.sc.runAsUser }}',
    "a text of the values": "{{- tpl .Values.text . | nindent 8 }}",
    "replaced": '{{- toYaml .Values.sc | replace "enabled: true\\n" "" | trim | nindent 8 }}',
}
VALUES = """none: {}
text: |
  privileged: {{ .Values.sc.privileged }}
  runAsUser: {{ .Values.sc.runAsUser }}
defaults: {procMount: Default}
other:
  privileged: PRIVILEGED
  runAsUser: USER
sc:
  enabled: true
  privileged: PRIVILEGED
  runAsUser: USER
"""
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
POD = """apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
    - name: web
      image: a:1
"""


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize(
    ("rule", "privileged", "user", "line"),
    [("security/privileged", "true", "10001", 11), ("security/root-user", "false", "0", 12)],
)
def test_the_value_among_others_that_are_alike(
    tmp_path: Path, embedded: EmbeddedEngine, use: str, rule: str, privileged: str, user: str, line: int
) -> None:
    files = {"values.yaml": VALUES.replace("PRIVILEGED", privileged).replace("USER", user)}
    files["templates/pod.yaml"] = f"{POD}      securityContext: {use}\n"
    assert places(tmp_path, embedded, files, rule) == [f"values.yaml:{line}"]


LOOP = f'{POD}      securityContext: {{{{- include "lib.loop" .Values.sc | nindent 8 }}}}\n'
PRIVILEGED = "a: 1\nsc:\n  enabled: true\n  privileged: true\n"
SAFE = PRIVILEGED.replace("privileged: true", "privileged: false")
TWINS = "".join(f"{name}:\n  sc:\n    enabled: true\n    privileged: true\n" for name in "abc")
OF_DB = f"{CHART}dependencies:\n  - name: db\n    alias: primary\n    version: 1.0.0\n"
DB = {
    "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
    "charts/db/templates/_lib.tpl": HELPERS,
    "charts/db/templates/pod.yaml": LOOP,
}
EACH = """{{- range $name, $app := .Values.apps }}
---
apiVersion: v1
kind: Pod
metadata: {name: {{ $name }}}
spec:
  containers:
    - name: {{ $name }}
      image: a:1
      securityContext: {{- include "lib.loop" $app.sc | nindent 8 }}
{{- end }}
"""


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"Chart.yaml": OF_DB, "values.yaml": "x: 1\n", "charts/db/values.yaml": PRIVILEGED, **DB},
            ["charts/db/values.yaml:4"],
            id="the values of a local dependency with an alias",
        ),
        pytest.param(
            {
                "Chart.yaml": OF_DB,
                "values.yaml": "primary:\n  sc:\n    privileged: true\n",
                "charts/db/values.yaml": SAFE,
                **DB,
            },
            ["values.yaml:3"],
            id="what the chart gives to a dependency",
        ),
        pytest.param(
            {
                "values.yaml": "global:\n  sc: {privileged: true}\nsc: {enabled: true}\n",
                "templates/pod.yaml": LOOP.replace(".Values.sc", "(merge .Values.sc .Values.global.sc)"),
            },
            ["values.yaml:2"],
            id="a global value",
        ),
        pytest.param(
            {
                "values.yaml": SAFE,
                "ci/a-values.yaml": "b: 2\nsc:\n  privileged: true\n",
                "templates/pod.yaml": LOOP,
            },
            ["ci/a-values.yaml:3"],
            id="the values of a scenario",
        ),
        pytest.param(
            {
                "values.yaml": "apps:\n  p:\n    sc: {privileged: true}\n  q:\n    sc: {privileged: true}\n",
                "templates/pod.yaml": EACH,
            },
            ["values.yaml:3", "values.yaml:5"],
            id="one of several objects",
        ),
        pytest.param(
            {
                "values.yaml": "list:\n  - a: 1\n    sc:\n      privileged: true\n",
                "templates/pod.yaml": LOOP.replace(".Values.sc", "(first .Values.list).sc"),
            },
            ["values.yaml:4"],
            id="in an item of a list",
        ),
        pytest.param(
            {"values.yaml": TWINS, "templates/pod.yaml": LOOP.replace(".sc", ".c.sc")},
            ["values.yaml:12"],
            id="the third of three flags",
        ),
        pytest.param(
            {
                "values.yaml": TWINS,
                "templates/pod.yaml": LOOP.replace(".sc", ".c.sc")
                + '---\n{{ if not .Values.a.sc.privileged }}{{ fail "no" }}{{ end }}\n',
            },
            ["templates/_lib.tpl:9"],
            id="nothing is claimed where helm rejects other values",
        ),
    ],
)
def test_where_the_value_stands(
    tmp_path: Path, embedded: EmbeddedEngine, files: dict[str, str], expected: list[str]
) -> None:
    assert places(tmp_path, embedded, files, "security/privileged") == expected


def test_a_users_own_file(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    own = write(tmp_path / "own", {"mine.yaml": "sc:\n  privileged: true\n"}) / "mine.yaml"
    options = CheckOptions(request=RenderRequest(values_files=(own,)))
    files = {"values.yaml": SAFE, "templates/pod.yaml": LOOP}
    assert places(tmp_path, embedded, files, "security/privileged", options) == ["own/mine.yaml:2"]


@pytest.mark.parametrize(
    ("values", "expression", "told"),
    [
        ("a:\n  securityContext: {}\nb:\n  securityContext: {}\n", ".Values.b.securityContext", "values.yaml:4 set by"),
        ("a:\n  securityContext:\nb:\n  securityContext: {}\n", ".Values.a.securityContext", "values.yaml:2 set by"),
        ("a: 1\nb: {}\n", ".Values.b.securityContext", "values.yaml:2 set by `b.securityContext` (missing here)"),
    ],
)
def test_what_would_fill_what_is_missing(
    tmp_path: Path, embedded: EmbeddedEngine, values: str, expression: str, told: str
) -> None:
    pod = f"""{POD}      {{{{- $sc := omit ({expression} | default dict) "enabled" }}}}
      {{{{- if $sc }}}}
      securityContext: {{{{- toYaml $sc | nindent 8 }}}}
      {{{{- end }}}}
"""
    chart = write(tmp_path, {"Chart.yaml": CHART, "values.yaml": values, "templates/pod.yaml": pod})
    (found,) = (one for one in check_chart(chart, embedded).singles if one.rule == "security/root-user")
    (related,) = found.related
    assert (found.location.file, found.location.line) == ("templates/pod.yaml", 6)
    assert f"{related.location.file}:{related.location.line} {related.message}".startswith(told)


@pytest.mark.parametrize(
    "image",
    [
        '{{ template "lib.image" .Values.web }}',
        '{{ include "lib.image" (dict "repository" "x/y" "tag" (get .Values.web "tag")) }}',
        '{{ printf "x/y:%s" (toString (index .Values "web" "tag")) | trimAll " " | lower }}',
    ],
)
def test_the_part_of_a_text(tmp_path: Path, embedded: EmbeddedEngine, image: str) -> None:
    helper = '{{- define "lib.image" -}}{{- printf "%s:%s" .repository .tag -}}{{- end -}}'
    files = {
        "values.yaml": "other:\n  tag: latest\nweb:\n  repository: x/y\n  tag: latest\n",
        "templates/_image.tpl": helper,
        "templates/pod.yaml": POD.replace("a:1", image),
    }
    assert places(tmp_path, embedded, files, "security/latest-tag") == ["values.yaml:5"]


def test_which_of_empty_lists_is_filled(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    ingress = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a}
spec:
  ingressClassName: x
  {{- $tls := .Values.b.tls | default list }}
  {{- if $tls }}
  tls:
    {{- range $tls }}
    - hosts: {{ toJson .hosts }}
      secretName: {{ .secretName }}
    {{- end }}
  {{- end }}
  rules: [{host: a.b}]
"""
    values = "a:\n  tls: []\nb:\n  tls: []\nc:\n  tls: []\n"
    write(tmp_path, {"Chart.yaml": CHART, "values.yaml": values, "templates/ingress.yaml": ingress})
    (found,) = (one for one in check_chart(tmp_path, embedded).singles if one.rule == "security/no-tls")
    assert [(one.location.line, one.message) for one in found.related] == [(4, "set by `b.tls`")]


@pytest.mark.parametrize(
    ("use", "more"),
    [
        ("\n        privileged: {{ .Values.sc.privileged }}", 0),
        (' {{- include "lib.loop" .Values.sc | nindent 8 }}', 1),
    ],
)
def test_only_what_no_line_tells_costs_a_render(tmp_path: Path, embedded: EmbeddedEngine, use: str, more: int) -> None:
    pod = f"{POD}      securityContext:{use}\n"
    write(tmp_path, {"Chart.yaml": CHART, "templates/_lib.tpl": HELPERS, "templates/pod.yaml": pod})
    write(tmp_path, {"values.yaml": PRIVILEGED, "c.md": "# A\n\n**MUST**: B.\n<!-- rules: security/privileged -->\n"})
    engine = Renderer(embedded)
    report = check_chart(tmp_path, engine, CheckOptions(constitution=tmp_path / "c.md"))
    assert [one.location.file for one in report.singles] == ["values.yaml"]
    assert engine.renders == 2 + more  # with the marks, once more than plain


def places(
    folder: Path, engine: EmbeddedEngine, files: dict[str, str], rule: str, options: CheckOptions | None = None
) -> list[str]:
    """The exact places of a rule's findings, in a chart with the helpers."""
    write(folder, {"Chart.yaml": CHART, "templates/_lib.tpl": HELPERS, **files})
    found = [one.location for one in check_chart(folder, engine, options).singles if one.rule == rule]
    assert {place.precision for place in found} == {Precision.EXACT}
    return [f"{place.file}:{place.line}" for place in found]


def test_fields_are_proved_once_or_anew_if_others_are_asked(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    files = {"Chart.yaml": CHART, "values.yaml": PRIVILEGED, "templates/_lib.tpl": HELPERS, "templates/pod.yaml": LOOP}
    chart = write(tmp_path / "web", files)
    engine = Renderer(embedded)
    (planned,) = plan(chart, RenderRequest(), "defaults")
    result = conclude(planned, engine.render(chart, planned.request).result(), "web")
    analysed = AnalysedChart(load_chart(chart))
    checked = CheckedChart(analysed, RenderedChart(analysed, (result,)))
    field = "spec", "containers", 0, "securityContext", "privileged"
    run = run_rule(naming(*field), RuleSetting(Severity.ERROR, (), {}), checked, debug=True)
    with ExitStack() as stack:
        placing = Placing(checked, engine, stack)
        placing.begin([run])
        sources = placing.source_maps()
        for early, renders in (([run], 1), ([run._replace(violations=run.violations * 2)], 2), ([], 1)):
            before = engine.renders
            finding = FindingMaker(checked, placing.objects, sources, engine)
            finding.begin(early)
            (found,) = finding.findings([run])
            assert (found.location.file, found.location.line) == ("values.yaml", 4)
            assert engine.renders - before == renders
