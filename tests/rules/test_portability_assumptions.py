"""Rules of the module portability on nodes, ports, labels, definitions and overlays."""

from __future__ import annotations

import pytest

from helm_constitution.rules.platform_portability import assumptions as a
from helm_constitution.rules.platform_portability import custom_resources as c
from helm_constitution.rules.platform_portability import overlays as o
from tests.rules.support import fields, found, judge, judge_in


def test_the_clusters_domain() -> None:
    text = "a: b\n# http://x.svc.cluster.local\nurl: http://web.{{ .Release.Namespace }}.svc.cluster.local:80\n"
    files = {"templates/x.yaml": text, "templates/NOTES.txt": "http://web.shop.svc.cluster.local"}
    assert found(a.cluster_domain, files) == [
        (
            "templates/x.yaml:3 template hard-codes the cluster domain;"
            " end the name with .svc, or read the domain from a value"
        )
    ]
    assert found(a.cluster_domain, {"templates/x.yaml": '{{ .Values.domain | default "cluster.local" }}'}) == []


def pod(spec: str) -> str:
    return f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec: {{template: {{spec: {spec}}}}}
"""


@pytest.mark.parametrize(
    ("spec", "is_bad"),
    [
        ("{containers: []}", True),
        ("{nodeSelector: {disk: ssd}}", True),
        ("{affinity: {podAffinity: {a: b}}}", True),
        ("{nodeSelector: {kubernetes.io/os: linux}}", False),
        ("{nodeSelector: {kubernetes.io/arch: arm64}}", False),
        ("{os: {name: linux}}", False),
        ("{affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1}]}}}", False),
    ],
)
def test_what_nodes_a_pod_needs(spec: str, is_bad: bool) -> None:
    assert bool(judge(a.node_affinity, pod(spec))) is is_bad
    assert judge_in(a.node_affinity, pod(spec), scenario="ci/affinity-values.yaml") == []


def test_dns_options() -> None:
    assert len(judge(a.dns_options, pod("{dnsConfig: {options: [{name: timeout}]}}"))) == 1
    assert judge(a.dns_options, pod("{dnsConfig: {options: [{name: ndots, value: '1'}]}}")) == []


def service(kind: str) -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{type: {kind}}}\n"


@pytest.mark.parametrize(
    ("kind", "takes_node_ports", "is_exposed"),
    [("ClusterIP", False, False), ("NodePort", True, True), ("LoadBalancer", False, True), ("null", False, False)],
)
def test_types_of_services(kind: str, takes_node_ports: bool, is_exposed: bool) -> None:
    assert bool(judge(a.service_type, service(kind))) is takes_node_ports
    assert bool(judge(a.exposed_service, service(kind))) is is_exposed
    assert judge_in(a.service_type, service(kind), scenario="platforms/bare-metal.yaml") == []


@pytest.mark.parametrize(
    ("port", "is_bad"), [("80", True), ("1023", True), ("1024", False), ("0", False), ("http", False)]
)
def test_privileged_ports(port: str, is_bad: bool) -> None:
    text = pod(f"{{containers: [{{name: web, ports: [{{containerPort: {port}}}]}}]}}")
    assert bool(judge(a.privileged_port, text)) is is_bad


def test_a_privileged_port_of_two_protocols_is_told_once() -> None:
    ports = "[{containerPort: 53, protocol: UDP}, {containerPort: 53}, {containerPort: 80}]"
    found = judge(a.privileged_port, pod(f"{{containers: [{{name: dns, ports: {ports}}}]}}"))
    assert [message.partition(";")[0].rpartition(" ")[2] for message in found] == ["53", "80"]


def test_storage_drivers_have_charts_of_their_own() -> None:
    text = "apiVersion: storage.k8s.io/v1\nkind: CSIDriver\nmetadata: {name: disk}\n"
    assert judge_in(a.csi_object, text) == [
        "CSIDriver belongs to a storage driver, not to an application; remove it from the chart"
    ]
    assert judge_in(a.csi_object, text, {"Chart.yaml": "name: acme-csi-driver\nversion: 1.0.0\n"}) == []


def labelled(label: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: web, labels: {{{label}}}}}\n"


@pytest.mark.parametrize(
    "label",
    ["a: b", "a: ''", "a: null", "acme.test/a-b_c.d: 1.2.3-rc", "a: '" + "x" * 63 + "'", "A1: Z9", "a: 'true'"],
)
def test_labels_that_kubernetes_takes(label: str) -> None:
    assert judge(a.label_value, labelled(label)) == []


LABEL_VALUE = 'use letters, digits, "-", "_" and "." only, with a letter or digit at both ends'
LABEL_KEY = 'use letters, digits, "-", "_" and ".", and at most one prefix/'


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("a: true", "label a is true, not a string; quote it"),
        ("a: 1.5", "label a is 1.5, not a string; quote it"),
        ("a: 1+2", f'label a has the invalid value "1+2"; {LABEL_VALUE}'),
        ("a: b-", f'label a has the invalid value "b-"; {LABEL_VALUE}'),
        ("a: '" + "x" * 64 + "'", "label a has 64 characters; truncate it to at most 63"),
        ("'a b': c", f'"a b" is not a valid label key; {LABEL_KEY}'),
        ("a/b/c: d", f'"a/b/c" is not a valid label key; {LABEL_KEY}'),
        ("Acme.test/a: b", f'"Acme.test/a" is not a valid label key; {LABEL_KEY}'),
        ("'acme.test/': b", f'"acme.test/" is not a valid label key; {LABEL_KEY}'),
        (f"{'a' * 64}: b", f'"{"a" * 64}" is not a valid label key; {LABEL_KEY}'),
    ],
)
def test_labels_that_kubernetes_rejects(label: str, message: str) -> None:
    assert judge(a.label_value, labelled(label)) == [message]


def test_labels_of_pods_and_selectors_count() -> None:
    text = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {a: 1}}
  template: {metadata: {labels: {a: 1}}, spec: {containers: []}}
"""
    assert fields(a.label_value, text) == ["spec.selector.matchLabels.a", "spec.template.metadata.labels.a"]


CRD = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.acme.test}\n"
DEFINED = """
spec:
  group: acme.test
  scope: Namespaced
  names: {plural: as, kind: A}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"""


def test_definitions_in_templates() -> None:
    message = (
        "CustomResourceDefinition and all its objects are deleted with the release;"
        " move it to crds/, or add the annotation helm.sh/resource-policy: keep"
    )
    beside = f"{CRD}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n"
    assert judge_in(c.crd_in_templates, beside) == [message]
    assert judge_in(c.crd_in_templates, CRD) == []  # a chart of their own
    kept = beside.replace("{name: as", "{annotations: {helm.sh/resource-policy: keep}, name: as")
    assert judge_in(c.crd_in_templates, kept) == []


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (CRD + DEFINED, []),
        ("# nothing\n", []),
        (
            CRD.replace("/v1", "/v1beta1"),
            ["crds/a.yaml:1 Kubernetes no longer serves apiextensions.k8s.io/v1beta1; use apiextensions.k8s.io/v1"],
        ),
        (
            "kind: ConfigMap\n",
            ["crds/a.yaml:1 file in crds/ contains a ConfigMap; move everything but definitions to templates/"],
        ),
        (
            "just text\n",
            ["crds/a.yaml:1 file in crds/ contains no object; move everything but definitions to templates/"],
        ),
    ],
)
def test_files_in_crds(text: str, messages: list[str]) -> None:
    assert found(c.bad_crd, {"crds/a.yaml": text}) == messages


def test_templates_are_not_rendered_in_crds() -> None:
    (message,) = found(c.bad_crd, {"crds/a.yaml": "a: {{ .Values.a }}\n"})
    assert message.startswith("crds/a.yaml:1 file in crds/ is not valid YAML: ")
    assert message.endswith("; remove the template actions, which helm does not render there")


@pytest.mark.parametrize(
    ("condition", "name"),
    [
        ('eq .Values.platform "aws"', "aws"),
        ('eq "gke" .Values.platform', "gke"),
        ('ne (lower .Values.cloud) "OpenShift"', "OpenShift"),
        ('or .Values.a (eq .Values.cloudProvider "azure")', "azure"),
        ('has .Values.platform (list "eks" "aks")', "eks"),
        ('has "eks" (list "eks" "aks")', None),
        ('contains "gke" .Capabilities.KubeVersion.GitVersion', "gke"),
        ('eq .Values.type "LoadBalancer"', None),
        ('eq "aws" "aws"', None),
        (".Values.aws.enabled", None),
        ('eq .Values.storage.type "azure"', None),
        ('eq .Values.database "oracle"', None),
    ],
)
def test_comparisons_with_platforms(condition: str, name: str | None) -> None:
    files = {"templates/x.yaml": f"a: b\n{{{{- if {condition} }}}}\nc: d\n{{{{- end }}}}\n"}
    expected = f'templates/x.yaml:2 template branches on platform "{name}"; add a value for the setting that differs'
    assert found(o.platform_branch, files) == ([expected] if name else [])


VALUES = "replicas: 1\nservice:\n  type: ClusterIP\n  annotations: {}\nlist: [a]\n"


@pytest.mark.parametrize(
    ("overlay", "unknown"),
    [
        ("replicas: 2\n", []),
        ("service:\n  annotations:\n    a: b\n", []),
        ("global:\n  a: b\n", []),
        ("list: [b]\n", []),
        (
            "service:\n  kind: b\n",
            ["platforms/aws.yaml:2 overlay sets service.kind, which is not in values.yaml; add it to values.yaml"],
        ),
        (
            "replica: 2\n",
            ["platforms/aws.yaml:1 overlay sets replica, which is not in values.yaml; add it to values.yaml"],
        ),
    ],
)
def test_keys_of_overlays(overlay: str, unknown: list[str]) -> None:
    assert found(o.overlay_unknown_key, {"values.yaml": VALUES, "platforms/aws.yaml": overlay}) == unknown


@pytest.mark.parametrize(
    ("overlay", "repeated"),
    [
        ("replicas: 2\n", []),
        ("replicas: true\n", []),
        ("service:\n  type: NodePort\n", []),
        ("replicas: 1\n", ["platforms/aws.yaml:1 overlay sets replicas to its default in values.yaml; remove it"]),
        (
            "service:\n  annotations: {}\n",
            ["platforms/aws.yaml:2 overlay sets service.annotations to its default in values.yaml; remove it"],
        ),
        ("list: [a]\n", ["platforms/aws.yaml:1 overlay sets list to its default in values.yaml; remove it"]),
    ],
)
def test_overlays_without_effect(overlay: str, repeated: list[str]) -> None:
    assert found(o.overlay_no_effect, {"values.yaml": VALUES, "platforms/aws.yaml": overlay}) == repeated
