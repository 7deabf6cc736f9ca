"""Values that are empty by default and open a branch: what they are filled with, and what is judged then."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from helm_constitution.chart.loader import load_chart
from helm_constitution.check import pipeline
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.helm.protocol import HelmEngine, RenderRequest, SetArgument
from helm_constitution.render.placeholders import placeholders_of
from helm_constitution.report.model import ChartReport
from helm_constitution.templates.analysis import AnalysedChart
from helm_constitution.text.yaml_document import dotted
from helm_constitution.text.yaml_scalars import Json
from tests.helm.support import write_chart

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n"
FULL = CheckOptions(constitution=Path("built-in"), scenarios="full", coverage=True)


def fills(
    folder: Path, values: str, template: str, schema: object = None, request: RenderRequest | None = None
) -> dict[str, list[Json]]:
    """The placeholders for each value of a chart."""
    files: dict[str, str | bytes] = {"values.yaml": values, "templates/a.yaml": CONFIG_MAP + template}
    if schema is not None:
        files["values.schema.json"] = json.dumps(schema)
    analysed = AnalysedChart(load_chart(write_chart(folder / "web", files)))
    return {dotted(fill.path): list(fill.choices) for fill in placeholders_of(analysed, request or RenderRequest())}


def check(folder: Path, files: Mapping[str, str | bytes], engine: HelmEngine) -> ChartReport:
    return pipeline.run(CheckRequest(write_chart(folder / "web", files), engine, FULL))


def of_filled(report: ChartReport) -> list[tuple[str, str | None, int | None]]:
    """The findings that only a filled scenario shows."""
    return [
        (finding.rule, finding.location.file, finding.location.line)
        for finding in report.singles
        if finding.scenarios and all(name.endswith(" filled") for name in finding.scenarios)
    ]


def names(report: ChartReport) -> list[str]:
    return [one.name for one in report.scenarios if one.name.endswith(" filled")]


def missed(report: ChartReport) -> list[int]:
    """The lines of the branches that nothing entered."""
    assert report.coverage is not None
    return [branch.line for file in report.coverage for branch in file.branches if not branch.entered]


def with_of(*paths: str) -> str:
    return "".join(
        f"  {{{{- with .Values.{path} }}}}\n  x: {{{{ toJson . | quote }}}}\n  {{{{- end }}}}\n" for path in paths
    )


# --- placeholders -----------------------------------------------------------------------------------------------------


def test_what_is_empty_and_asked_for_is_filled(tmp_path: Path) -> None:
    values = "text: ''\nnone:\nlist: []\nmap: {}\nfull: x\nzero: 0\nnever: false\nunread: ''\nsub: {}\n"
    found = fills(
        tmp_path, values, with_of("text", "none", "list", "map", "full", "zero", "never", "sub.inner", "gone")
    )
    assert "unread" not in found
    assert {path: choices[0] for path, choices in found.items()} == {
        "gone": "placeholder",
        "list": ["placeholder"],
        "map": {"placeholder": "placeholder"},
        "none": "placeholder",
        "sub.inner": "placeholder",
        "text": "placeholder",
    }


def test_a_map_is_filled_as_a_whole(tmp_path: Path) -> None:
    found = fills(tmp_path, "map: {}\n", with_of("map", "map.url"))
    assert found == {"map": [{"url": "https://placeholder.example.com"}, {"placeholder": "placeholder"}]}


@pytest.mark.parametrize(
    ("name", "default", "value"),
    [
        ("nodeSelector", "{}", {"kubernetes.io/os": "linux"}),
        ("podAnnotations", "{}", {"placeholder.example.com/placeholder": "placeholder"}),
        ("extraEnv", "[]", [{"name": "PLACEHOLDER", "value": "placeholder"}]),
        ("extraVolumes", "[]", [{"name": "placeholder", "emptyDir": {}}]),
        ("imagePullSecrets", "[]", [{"name": "placeholder"}]),
        ("priorityClassName", "''", "placeholder"),
        ("scrapeInterval", "", "30s"),
        ("minAvailable", "", 1),
        ("resources", "", {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}}),
    ],
)
def test_what_kubernetes_means_by_a_name(tmp_path: Path, name: str, default: str, value: Json) -> None:
    assert fills(tmp_path, f"{name}: {default}\n", with_of(name))[name][0] == value


def test_examples_of_the_schema_come_first_then_its_types(tmp_path: Path) -> None:
    schema = {
        "properties": {
            "a": {"type": "string", "examples": ["shown"]},
            "b": {"type": ["integer", "null"], "minimum": 5},
            "c": {"type": "object", "required": ["host"], "properties": {"host": {"type": "string"}}},
            "d": {"type": "array", "items": {"type": "integer"}},
        }
    }
    found = fills(tmp_path, "a: ''\nb:\nc: {}\nd: []\n", with_of("a", "b", "c", "d"), schema)
    assert {path: choices[0] for path, choices in found.items()} == {
        "a": "shown",
        "b": 6,
        "c": {"host": "placeholder.example.com"},
        "d": [1],
    }


@pytest.mark.parametrize(
    "values",
    [
        "hosts: []\n#  - name: a\n#    port: 80\n",
        "hosts: []\n  # - name: a\n  #   port: 80\n",
        "# Hosts to be served, such as:\n# - name: a\n#   port: 80\nhosts: []\n",
        "# hosts:\n#   - name: a\n#     port: 80\nhosts: []\n",
        "# -- Hosts\n# Example:\n#   - name: a\n#     port: 80\n# and more.\nhosts: []\n",
        "# Example:\n# hosts:\n#   - name: a\n#     port: 80\nhosts: []\n",
        "# E.g:\n#   hosts:\n#     - name: a\n#       port: 80\nhosts: []\n",
    ],
)
def test_a_commented_out_example_is_taken(tmp_path: Path, values: str) -> None:
    assert fills(tmp_path, values, with_of("hosts"))["hosts"][0] == [{"name": "a", "port": 80}]


def test_of_several_items_one_is_enough(tmp_path: Path) -> None:
    template = "  {{- range $key, $value := .Values.sites }}\n  {{ $key }}: {{ $value.host }}\n  {{- end }}\n"
    values = "list: []\n# - a\n# - b\nsites: {}\n#  one: {host: a}\n#  two: {host: b}\nmap: {}\n#  v: {}\n#  w: {}\n"
    found = fills(tmp_path, values, with_of("list", "map") + template)
    assert [found[name][0] for name in ("list", "sites", "map")] == [["a"], {"one": {"host": "a"}}, {"v": {}, "w": {}}]


def test_words_and_broken_examples_are_none(tmp_path: Path) -> None:
    values = "# -- Hosts: where to listen\n# - a: [b\nhosts: []\n\n# other: x\nlist: []\n"
    found = fills(tmp_path, values, with_of("hosts", "list"))
    assert found["hosts"][0] == ["placeholder"]
    assert found["list"][0] == ["placeholder"]


def test_what_refers_to_documentation_and_the_example_of_the_next_key_are_none(tmp_path: Path) -> None:
    references = "# Affinity\n# Ref: https://kubernetes.io/docs/concepts\naffinity: {}\n"
    values = references + "resources: {}\n# E.g:\n# mounts:\n#   - name: a\nmounts: []\n"
    found = fills(tmp_path, values, with_of("affinity", "resources", "mounts"))
    shown = [json.dumps(found[name][0]) for name in ("affinity", "resources")]
    assert ["nodeAffinity" in shown[0], "requests" in shown[1]] == [True, True]
    assert found["mounts"][0] == [{"name": "a"}]


def test_what_templates_read_of_a_value(tmp_path: Path) -> None:
    template = """\
  {{- range .Values.servers }}
  {{- if and .enabled .weight }}
  weighs: {{ .weight }}
  {{- end }}
  {{ .name }}: {{ .endpoint.url | quote }}
  {{- range .ports }}
  p{{ . }}: x
  {{- end }}
  {{- end }}
  {{- range $key, $value := .Values.sites }}
  {{ $key }}: {{ $value.host }}
  {{- end }}
  {{- if .Values.proxy }}
  proxy: {{ .Values.proxy.size }}
  {{- end }}
"""
    found = fills(tmp_path, "servers: []\nsites: {}\nproxy: {}\n", template)
    assert found["servers"][0] == [
        {
            "enabled": True,
            "weight": "placeholder",
            "name": "placeholder",
            "endpoint": {"url": "https://placeholder.example.com"},
            "ports": [found_port(found)],
        }
    ]
    assert found["sites"][0] == {"placeholder": {"host": "placeholder.example.com"}}
    assert found["proxy"][0] == {"size": "1Gi"}


def found_port(found: Mapping[str, list[Json]]) -> Json:
    """What stands for an item of ``ports``."""
    servers = found["servers"][0]
    assert isinstance(servers, list)
    assert isinstance(servers[0], dict)
    ports = servers[0]["ports"]
    assert isinstance(ports, list)
    return ports[0]


def test_what_the_user_gives_what_is_an_enum_and_what_is_a_flag_stay(tmp_path: Path) -> None:
    template = with_of("given", "other", "feature.enabled") + (
        '  {{- if eq .Values.mode "a" }}\n  m: a\n  {{- else if .Values.mode }}\n  m: b\n  {{- end }}\n'
    )
    request = RenderRequest(set_arguments=(SetArgument("--set", "given=x"),))
    values = "given: ''\nother: ''\nmode: ''\nfeature: {}\n"
    assert list(fills(tmp_path, values, template, None, request)) == ["other"]


# --- scenarios --------------------------------------------------------------------------------------------------------


def test_all_of_one_feature_are_filled_at_once(tmp_path: Path, engine: HelmEngine) -> None:
    values = "a: ''\nb: []\nc: {}\ningress:\n  enabled: false\n  class: ''\nfullnameOverride: ''\n"
    template = with_of("a", "b", "c", "fullnameOverride").replace("  x:", "  x{{ randAlphaNum 0 }}:")
    behind = "{{- if .Values.ingress.enabled }}\n" + with_of("ingress.class") + "{{- end }}\n"
    report = check(tmp_path, {"values.yaml": values, "templates/a.yaml": CONFIG_MAP + template + behind}, engine)
    assert names(report) == [
        "a, b and 1 more filled",
        "fullnameOverride filled",
        "ingress.enabled=true with ingress.class filled",
    ]
    assert missed(report) == []


def test_values_that_do_not_go_together_are_filled_apart(tmp_path: Path, embedded: HelmEngine) -> None:
    template = with_of("a", "b", "c", "d") + (
        '  {{- if and .Values.a .Values.d }}{{ fail "either a or d" }}{{ end }}\n'
        '  {{- if not (kindIs "string" (.Values.b | default "")) }}{{ fail "b is a text" }}{{ end }}\n'
    )
    files = {"values.yaml": "a: ''\nb:\nc: []\nd: {}\n", "templates/a.yaml": CONFIG_MAP + template}
    report = check(tmp_path, files, embedded)
    assert names(report) == ["a, b filled", "c, d filled"]
    assert missed(report) == []
    assert not any(finding.rule == "disclosure/flag-breaks" for finding in report.singles)


def test_the_next_placeholder_is_tried_where_one_does_not_render(tmp_path: Path, embedded: HelmEngine) -> None:
    template = "  {{- range .Values.things }}\n  x{{ .name }}: {{ .kind | quote }}\n  {{- end }}\n"
    values = "# things:\n#   - plain\nthings: []\n"
    files = {"values.yaml": values, "templates/a.yaml": CONFIG_MAP + template}
    report = check(tmp_path, files, embedded)
    assert names(report) == ["things filled"]
    assert missed(report) == []


def test_what_never_renders_is_left_out(tmp_path: Path, embedded: HelmEngine) -> None:
    template = '  {{- if .Values.a }}{{ fail "never" }}{{ end }}\n  b: c\n'
    report = check(tmp_path, {"values.yaml": "a: ''\n", "templates/a.yaml": CONFIG_MAP + template}, embedded)
    assert names(report) == []
    assert report.status != 2


def test_with_fewer_scenarios_nothing_is_filled(tmp_path: Path, embedded: HelmEngine) -> None:
    files = {"values.yaml": "a: ''\n", "templates/a.yaml": CONFIG_MAP + with_of("a")}
    chart = write_chart(tmp_path / "web", files)
    assert names(pipeline.run(CheckRequest(chart, embedded, FULL._replace(scenarios="quick")))) == []


# --- what is judged ---------------------------------------------------------------------------------------------------

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}
spec:
  containers:
    - name: main
      image: registry.example.com/main:1.0.0
      {{- with .Values.securityContext }}
      securityContext: {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- with .Values.proxy }}
    - name: proxy
      image: {{ .image }}
      securityContext:
        privileged: true
    {{- end }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
"""


def test_a_defect_that_only_a_filled_value_shows(tmp_path: Path, engine: HelmEngine) -> None:
    values = "securityContext: {}\nproxy: {}\nextraContainers: []\n"
    report = check(tmp_path, {"values.yaml": values, "templates/pod.yaml": POD}, engine)
    assert names(report) == ["extraContainers, proxy and 1 more filled"]
    found = of_filled(report)
    assert ("security/privileged", "templates/pod.yaml", 16) in found
    # The proxy lacks what the template doesn't give it, and its image is the placeholder's.
    assert {line for _, _, line in found} <= {13, 15, 16}
    assert not any(finding.object and finding.object.container == "placeholder" for finding in report.singles)


def test_a_placeholder_is_never_judged(tmp_path: Path, engine: HelmEngine) -> None:
    values = """\
podLabels: {}
image: ""
# sysctls:
#   net.core.somaxconn: "8192"
sysctls: {}
# hosts:
#   - domain.example.com/path
hosts: []
class: nginx
existingSecret: ""
extraObjects: []
extraVolumes: []
hostAliases: []
service: {}
# hostNetwork: false
# extraHostPaths:
#   - name: certs
#     mountPath: /etc/kubernetes/certs
#     hostPath: /etc/kubernetes/certs
extraHostPaths: []
podConfig: {}
  # dnsPolicy: ClusterFirst
  # hostPID: true
typedVolumes: []
  # - name: typed
  #   type: hostPath (or "configMap")
"""
    pod = """\
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}
  {{- with .Values.podLabels }}
  labels: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with .Values.hostAliases }}
  hostAliases: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.sysctls }}
  securityContext:
    sysctls:
      {{- range $name, $value := . }}
      - {name: {{ $name }}, value: {{ $value | quote }}}
      {{- end }}
  {{- end }}
  containers:
    - name: main
      image: {{ if .Values.image }}{{ .Values.image }}{{ else }}registry.example.com/main:1.0.0{{ end }}
      {{- if .Values.existingSecret }}
      envFrom:
        - secretRef:
            name: {{ .Values.existingSecret }}
      {{- end }}
      {{- with .Values.extraHostPaths }}
      volumeMounts:
        {{- range . }}
        - name: {{ .name }}
          mountPath: {{ .mountPath }}
          readOnly: true
        {{- end }}
      {{- end }}
  {{- if .Values.hostNetwork }}
  hostNetwork: true
  {{- end }}
  volumes:
    - name: scratch
      emptyDir: {}
    {{- range .Values.extraHostPaths }}
    - name: {{ .name }}
      hostPath:
        path: {{ .hostPath }}
    {{- end }}
  {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- range .Values.typedVolumes }}
    - name: {{ .name }}
      {{ .type }}:
        name: {{ .name }}
        defaultMode: 420
  {{- end }}
  {{- if .Values.podConfig }}
  {{- toYaml .Values.podConfig | nindent 2 }}
  {{- end }}
"""
    ingress = """\
{{- if .Values.hosts }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ .Release.Name }}
  labels:
    app.kubernetes.io/name: web
    app.kubernetes.io/instance: {{ .Release.Name }}
    app.kubernetes.io/managed-by: {{ .Release.Service }}
    helm.sh/chart: web-1.0.0
spec:
  ingressClassName: {{ .Values.class }}
  rules:
    {{- range .Values.hosts }}
    - host: {{ splitList "/" . | first }}
    {{- end }}
{{- end }}
"""
    more = "{{- range .Values.extraObjects }}\n---\n{{ toYaml . }}\n{{- end }}\n"
    files = {"values.yaml": values, "templates/pod.yaml": pod, "templates/more.yaml": more, "templates/i.yaml": ingress}
    report = check(tmp_path, files, engine)
    assert names(report) == ["existingSecret, extraHostPaths and 10 more filled"]
    assert of_filled(report) == []


def test_what_is_there_without_is_judged_there(tmp_path: Path, embedded: HelmEngine) -> None:
    pod = POD.replace("    {{- with .Values.proxy }}\n", "    {{- if not .Values.proxy }}\n").replace(
        "{{ .image }}", "registry.example.com/proxy:1.0.0"
    )
    report = check(tmp_path, {"values.yaml": "proxy: ''\n", "templates/pod.yaml": pod}, embedded)
    assert of_filled(report) == []
    privileged = [finding for finding in report.singles if finding.rule == "security/privileged"]
    assert [finding.scenarios for finding in privileged] == [("defaults",)]


def test_a_selector_in_place_of_the_charts_own_is_the_users(tmp_path: Path, embedded: HelmEngine) -> None:
    text = """\
{{- with .Values.budget }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: a
  labels:
    {{- if $.Values.selectorOverride }}
    {{- toYaml $.Values.selectorOverride | nindent 4 }}
    {{- else }}
    app.kubernetes.io/name: web
    app.kubernetes.io/instance: {{ $.Release.Name }}
    app.kubernetes.io/managed-by: {{ $.Release.Service }}
    helm.sh/chart: web-1.0.0
    {{- end }}
spec:
  {{- toYaml . | nindent 2 }}
{{- end }}
"""
    files = {"values.yaml": "budget: {}\nselectorOverride: {}\n", "templates/pdb.yaml": text}
    report = check(tmp_path, files, embedded)
    assert [name for name in names(report) if "selectorOverride" in name] == ["selectorOverride filled"]
    assert not any(rule == "helm/missing-label" for rule, _, _ in of_filled(report))


MISPLACED = """\
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}
spec:
  containers:
    - name: main
      image: registry.example.com/main:1.0.0
      {{- with .Values.resources }}
      resources:
    {{- toYaml . | nindent 2 }}
      {{- end }}
"""


def test_what_kubernetes_means_by_a_name_in_the_wrong_place(tmp_path: Path, embedded: HelmEngine) -> None:
    report = check(tmp_path, {"values.yaml": "resources: {}\n", "templates/pod.yaml": MISPLACED}, embedded)
    expected = ("portability/bad-schema", "templates/pod.yaml", 11)
    assert [one for one in of_filled(report) if one[0] == expected[0]] == [expected, expected]


def test_what_an_example_shows_beside_what_kubernetes_defines_is_not_judged(
    tmp_path: Path, embedded: HelmEngine
) -> None:
    template = MISPLACED.replace("nindent 2", "nindent 8")
    values = "resources: {}\n# limit: 1\n# requests: {cpu: 10m}\n"
    report = check(tmp_path, {"values.yaml": values, "templates/pod.yaml": template}, embedded)
    assert names(report) == ["resources filled"]
    assert not any(rule == "portability/bad-schema" for rule, _, _ in of_filled(report))


def test_the_number_of_a_placeholders_item_is_not_judged(tmp_path: Path, embedded: HelmEngine) -> None:
    template = MISPLACED.partition("      {{-")[0] + (
        "      env:\n        - {name: FIRST, value: a}\n        {{- range $name, $value := .Values.envVars }}\n"
        "        - name: {{ $name }}\n          value: {{ $value | quote }}\n        {{- end }}\n"
    )
    report = check(tmp_path, {"values.yaml": "envVars:\n", "templates/pod.yaml": template}, embedded)
    assert names(report) == ["envVars filled"]
    assert not any(rule == "portability/bad-schema" for rule, _, _ in of_filled(report))


def test_two_values_that_are_filled_alike_are_not_judged(tmp_path: Path, embedded: HelmEngine) -> None:
    ports = "".join(
        f"    {{{{- if .Values.{name}.bindAddress }}}}\n    - name: {name}\n      protocol: TCP\n"
        f"      port: {{{{ .Values.{name}.bindAddress | default 80 }}}}\n    {{{{- end }}}}\n"
        for name in ("one", "two")
    )
    text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n" + ports
    values = "one: {bindAddress: ''}\ntwo: {bindAddress: ''}\n"
    report = check(tmp_path, {"values.yaml": values, "templates/service.yaml": text}, embedded)
    assert names(report) == ["one.bindAddress, two.bindAddress filled"]
    assert not any(rule == "portability/bad-schema" for rule, _, _ in of_filled(report))


ROUTE = """
{{- if not .Values.parents }}{{ fail "parents must be set" }}{{ end }}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
spec:
  parentRefs: {{ toYaml .Values.parents | nindent 4 }}
"""


@pytest.mark.parametrize(
    ("values", "input_"),
    [
        ("parents: []\n", ["placeholder"]),
        ("parents: []\n# - name: gateway\n#   namespace: edge\n", [{"name": "gateway", "namespace": "edge"}]),
        ("# for example:\n# - name: gateway\nparents: []\n", [{"name": "gateway"}]),
        ("parents: []\n# for example:\n# parents: {name: gateway}\n", ["placeholder"]),
    ],
)
def test_required_values_are_filled_as_comments_show_them(
    tmp_path: Path, embedded: HelmEngine, values: str, input_: Json
) -> None:
    report = check(tmp_path, {"values.yaml": values, "templates/route.yaml": ROUTE}, embedded)
    assert [(one.path, one.placeholder) for one in report.inputs] == [("parents", input_)]
    assert not any(one.rule == "portability/bad-schema" for one in report.singles)


def test_values_that_a_flag_requires_are_not_judged(tmp_path: Path, embedded: HelmEngine) -> None:
    files = {
        "values.yaml": "route: {enabled: false}\nparents: []\n",
        "values.schema.json": '{"properties": {"parents": {"type": "array", "items": {"type": "string"}}}}',
        "templates/route.yaml": f"{{{{- if .Values.route.enabled }}}}{ROUTE}{{{{- end }}}}",
    }
    report = check(tmp_path, files, embedded)
    assert "route.enabled=true with inputs" in [one.name for one in report.scenarios]
    assert not any(one.rule == "portability/bad-schema" for one in report.singles)
