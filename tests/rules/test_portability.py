"""Rules of the module portability."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.rules.platform_portability import kubernetes_versions as k
from helm_constitution.rules.platform_portability import objects as o
from helm_constitution.rules.platform_portability.platforms import PLATFORMS, platform_of
from helm_constitution.rules.yaml_text import key_lines
from tests.rules.support import field_of, fields, found, judge, judge_in
from tests.support import check_chart, write


def kube_version(written: str) -> dict[str, str]:
    return {"Chart.yaml": f"apiVersion: v2\nname: web\nversion: 1.0.0\nkubeVersion: {written}\n"}


def test_no_kube_version() -> None:
    message = 'Chart.yaml has no kubeVersion; set it to the oldest supported version, ">=1.27.0-0"'
    assert found(k.no_kube_version, {}) == [f"Chart.yaml:1 {message}"]
    assert found(k.no_kube_version, kube_version('""')) == [f"Chart.yaml:4 {message}"]
    assert found(k.no_kube_version, kube_version('">=1.20"')) == []


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        (">=1.25.0", 'write ">=1.25.0-0"'),
        (">=1.25", 'write ">=1.25.0-0"'),
        (">= 1.25.0 < 1.30.0", 'write ">= 1.25.0-0 < 1.30.0-0"'),
        (">=1.25.0-0 <1.30.0", 'write ">=1.25.0-0 <1.30.0-0"'),
        ("^1.25", 'write "^1.25.0-0"'),
        ("1.25.x || >=1.27", "append -0 to each version of the range"),
        ("1.20 - 1.30", "append -0 to each version of the range"),
        ("*", "append -0 to each version of the range"),
    ],
)
def test_ranges_that_leave_vendors_out(written: str, advice: str) -> None:
    (message,) = found(k.kube_version_blocks_vendors, kube_version(f'"{written}"'))
    assert message.startswith(f"Chart.yaml:4 kubeVersion {written} excludes v1.")
    assert message.endswith(f", a pre-release for older Helm (3.17, not 3.22, 4.1 and 4.3); {advice}")


@pytest.mark.parametrize(
    "written", [">=1.25.0-0", ">=1.25.0-0 <2.0.0-0", "^1.25.0-0", "no range", "1.19.0-0 - 1.30.0-0"]
)
def test_ranges_that_let_vendors_in(written: str) -> None:
    assert found(k.kube_version_blocks_vendors, kube_version(f'"{written}"')) == []


@pytest.mark.parametrize(
    ("name", "platform"),
    [
        ("route.openshift.io", "OpenShift"),
        ("elbv2.k8s.aws", "AWS"),
        ("service.beta.kubernetes.io/aws-load-balancer-type", "AWS"),
        ("eks.amazonaws.com/role-arn", "AWS"),
        ("ebs.csi.aws.com", "AWS"),
        ("kubernetes.io/aws-ebs", "AWS"),
        ("cloud.google.com/neg", "Google Cloud"),
        ("iam.gke.io/gcp-service-account", "Google Cloud"),
        ("azure.workload.identity/use", "Azure"),
        ("disk.csi.azure.com", "Azure"),
        ("csi.vsphere.vmware.com", "vSphere"),
        ("service.beta.kubernetes.io/do-loadbalancer-protocol", "DigitalOcean"),
    ],
)
def test_platforms_by_their_names(name: str, platform: str) -> None:
    owner = platform_of(name)
    assert owner is not None
    assert owner.name == platform


@pytest.mark.parametrize(
    "name",
    [
        "",
        "apps",
        "networking.k8s.io",
        "monitoring.coreos.com",
        "cert-manager.io",
        "gateway.networking.k8s.io",
        "argoproj.io",
        "nginx.ingress.kubernetes.io/rewrite-target",
        "topology.kubernetes.io/zone",
        "kubernetes.io/os",
        "service.beta.kubernetes.io/",
        "cluster-autoscaler.kubernetes.io/safe-to-evict",
        "rook-ceph.rbd.csi.ceph.com",
        "notopenshift.io",
    ],
)
def test_what_is_no_platform(name: str) -> None:
    assert platform_of(name) is None


def test_every_platform_says_how_to_know_it() -> None:
    for platform in PLATFORMS:
        assert platform.words
        assert platform.domains or platform.keys, platform.name


def pod(spec: str, *, annotations: str = "{}") -> str:
    return f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  template:
    metadata: {{annotations: {annotations}}}
    spec: {spec}
"""


@pytest.mark.parametrize(
    ("text", "message", "field"),
    [
        (
            "apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: web}\n",
            "API route.openshift.io/v1 is specific to OpenShift",
            "apiVersion",
        ),
        (
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {annotations: {eks.amazonaws.com/role-arn: a}}\n",
            "annotation eks.amazonaws.com/role-arn is specific to AWS",
            'metadata.annotations["eks.amazonaws.com/role-arn"]',
        ),
        (
            pod("{}", annotations="{iam.amazonaws.com/role: web}"),
            "annotation iam.amazonaws.com/role is specific to AWS",
            'spec.template.metadata.annotations["iam.amazonaws.com/role"]',
        ),
        (
            pod("{nodeSelector: {cloud.google.com/gke-spot: 'true'}}"),
            "node label cloud.google.com/gke-spot is specific to Google Cloud",
            'spec.template.spec.nodeSelector["cloud.google.com/gke-spot"]',
        ),
        (
            pod("{volumes: [{name: data, csi: {driver: file.csi.azure.com}}]}"),
            "storage driver file.csi.azure.com is specific to Azure",
            "spec.template.spec.volumes[0].csi.driver",
        ),
        (
            pod("{volumes: [{name: data, gcePersistentDisk: {pdName: data}}]}"),
            "volume type gcePersistentDisk is specific to Google Cloud",
            "spec.template.spec.volumes[0].gcePersistentDisk",
        ),
        (
            "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: web}\nprovisioner: ebs.csi.aws.com\n",
            "storage driver ebs.csi.aws.com is specific to AWS",
            "provisioner",
        ),
        (
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec: {ingressClassName: alb}\n",
            "ingress class alb is specific to AWS",
            "spec.ingressClassName",
        ),
        (
            (
                "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: web}\n"
                "spec: {controller: ingress.k8s.aws/alb}\n"
            ),
            "controller ingress.k8s.aws/alb is specific to AWS",
            "spec.controller",
        ),
    ],
)
def test_objects_of_a_platform(text: str, message: str, field: str) -> None:
    advice = "but default values must work on any Kubernetes; move it to platforms/*.yaml"
    assert judge_in(o.platform_object, text) == [f"{message}, {advice}"]
    assert judge_in(o.platform_object, text, show=field_of) == [field]


AFFINITY = """{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [
  {matchExpressions: [{key: eks.amazonaws.com/compute-type, operator: %s, values: [fargate]}]}]}}}}"""


@pytest.mark.parametrize(
    ("operator", "is_bad"), [("In", True), ("Exists", True), ("NotIn", False), ("DoesNotExist", False)]
)
def test_node_affinity_holds_where_the_label_must_be_missing(operator: str, is_bad: bool) -> None:
    assert bool(judge_in(o.platform_object, pod(AFFINITY % operator))) is is_bad


def test_a_chart_for_a_platform_says_so_by_its_name() -> None:
    text = pod("{nodeSelector: {eks.amazonaws.com/nodegroup: a}}")
    assert judge_in(o.platform_object, text, {"Chart.yaml": "name: aws-node-agent\nversion: 1.0.0\n"}) == []
    assert len(judge_in(o.platform_object, text, {"Chart.yaml": "name: azure-node-agent\nversion: 1.0.0\n"})) == 1
    assert len(judge_in(o.platform_object, text, {"Chart.yaml": "name: laws\nversion: 1.0.0\n"})) == 1


def test_other_scenarios_may_be_for_a_platform() -> None:
    text = "apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: web}\n"
    assert judge_in(o.platform_object, text, scenario="platforms/openshift.yaml") == []


def test_host_ports() -> None:
    text = pod("{containers: [{name: web, ports: [{containerPort: 80}, {containerPort: 81, hostPort: 81}]}]}")
    assert judge(o.host_port, text) == ['container "web" uses host port 81; remove hostPort and use a Service']
    assert fields(o.host_port, text) == ["spec.template.spec.containers[0].ports[1].hostPort"]


OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n"


@pytest.mark.parametrize(
    ("template", "is_fixed"),
    [
        ("kind: ConfigMap\nmetadata:\n  namespace: shop\n", True),
        ('kind: ConfigMap\nmetadata:\n  namespace: "shop"  # ours\n', True),
        (
            "{{- if .Values.a }}\nkind: ConfigMap\nmetadata:\n  labels:\n    a: b\n  namespace: shop\n{{ end }}",
            True,
        ),
        ("kind: Secret\n---\nkind: ConfigMap\nmetadata:\n  namespace: shop\n", True),
        ("kind: ConfigMap\nmetadata:\n  namespace: {{ .Values.namespace }}\n", False),
        ('kind: ConfigMap\nmetadata:\n  namespace: {{ .Values.namespace | default "shop" }}\n', False),
        ("kind: ConfigMap\nmetadata:\n  name: a\nsubjects:\n  - namespace: shop\n", False),
        ("kind: ConfigMap\nmetadata:\n  labels:\n    namespace: shop\n", False),
        ("kind: Secret\nmetadata:\n  namespace: shop\n---\nkind: ConfigMap\n", False),
        ('kind: ConfigMap\nmetadata:\n  "namespace": shop\n', True),
        ("kind: ConfigMap\nmetadata: {name: web, namespace: shop}\n", True),
        ("kind: ConfigMap\nmetadata: {name: web, namespace: {{ .Values.namespace }}}\n", False),
        ('kind: ConfigMap\nmetadata:\n  namespace: {{ "shop" | quote }}\n', True),
        ('{{- $n := "shop" }}\nkind: ConfigMap\nmetadata:\n  namespace: {{ $n }}\n', True),
        ('{{- $n := .Values.n | default "shop" }}\nkind: ConfigMap\nmetadata:\n  namespace: {{ $n }}\n', False),
        (
            '{{- define "web.n" }}shop{{ end }}\nkind: ConfigMap\nmetadata:\n  namespace: {{ include "web.n" . }}\n',
            True,
        ),
        (
            (
                '{{- define "web.n" }}{{ if .Values.n }}{{ .Values.n }}{{ else }}shop{{ end }}{{ end }}\n'
                'kind: ConfigMap\nmetadata:\n  namespace: {{ include "web.n" . }}\n'
            ),
            False,
        ),
        ('{{- define "web.m" }}\nnamespace: shop\n{{ end }}\nmetadata:\n  {{- include "web.m" . }}\n', True),
    ],
)
def test_fixed_namespaces(template: str, is_fixed: bool) -> None:
    messages = judge_in(o.fixed_namespace, OBJECT, {"templates/x.yaml": template})
    expected = ["ConfigMap has the hard-coded namespace shop; remove it or use {{ .Release.Namespace }}"]
    assert messages == (expected if is_fixed else [])


def test_the_fixed_namespace_of_a_lists_element() -> None:
    text = (
        "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata:\n      name: web\n"
    )
    fixed = text + "      namespace: shop\n"
    assert judge_in(o.fixed_namespace, fixed, {"templates/x.yaml": text}) == []
    assert len(judge_in(o.fixed_namespace, fixed, {"templates/x.yaml": fixed})) == 1


def test_the_releases_own_namespace_is_not_that_of_a_branch_not_taken() -> None:
    branches = (
        "kind: ConfigMap\nmetadata:\n  {{- if .Values.a }}\n  namespace: default\n  {{- else }}\n"
        '  namespace: {{ include "web.namespace" . }}\n  {{- end }}\n'
    )
    rendered = OBJECT.replace("shop", "default")
    assert judge_in(o.fixed_namespace, rendered, {"templates/x.yaml": branches}) == []
    assert judge_in(o.fixed_namespace, OBJECT, {"templates/x.yaml": branches.replace("default", "shop")}) != []


def test_kube_system_is_for_what_belongs_there() -> None:
    binding = (
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a, namespace: kube-system}\n"
    )
    template = "kind: RoleBinding\nmetadata:\n  namespace: kube-system\n"
    assert judge_in(o.fixed_namespace, binding, {"templates/x.yaml": template}) == []
    agent = pod("{containers: [{name: web}]}").replace("{name: web}\n", "{name: web, namespace: kube-system}\n", 1)
    template = "kind: Deployment\nmetadata:\n  namespace: kube-system\n"
    assert len(judge_in(o.fixed_namespace, agent, {"templates/x.yaml": template})) == 1


def test_key_lines_know_their_parents() -> None:
    text = (
        "kind: A\nmetadata:\n  labels:\n    a: b\n  name: x # why\n{{- if .b }}\n---\nspec:\n  items:\n    - name: y\n"
    )
    assert [
        (line.number, line.document, ".".join((*line.parents, line.key)), line.value) for line in key_lines(text)
    ] == [
        (1, 0, "kind", "A"),
        (2, 0, "metadata", ""),
        (3, 0, "metadata.labels", ""),
        (4, 0, "metadata.labels.a", "b"),
        (5, 0, "metadata.name", "x # why"),
        (8, 1, "spec", ""),
        (9, 1, "spec.items", ""),
        (10, 1, "spec.items.name", "y"),
    ]


def test_schemas_of_the_configurations_folder(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    write(
        tmp_path,
        {
            ".helm-constitution.yaml": "schemas: schemas\n",
            "schemas/acme.io/queue_v1.json": '{"type": "object", "properties": {"spec": {"type": "object"}}}',
            "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "web/values.yaml": "size: 5\n",
            "web/templates/queue.yaml": (
                "apiVersion: acme.io/v1\nkind: Queue\nmetadata:\n  name: web\nspec:\n  size: {{ .Values.size }}\n---\n"
                "apiVersion: acme.io/v1\nkind: Topic\nmetadata:\n  name: web\n"
            ),
        },
    )
    report = check_chart(tmp_path / "web", embedded, CheckOptions())
    (found,) = (one for one in report.singles if one.rule == "portability/bad-schema")
    assert found.message == "spec has the unknown field size (queue_v1.json); remove it, or move it to the right level"
    assert found.location is not None
    assert (found.location.file, found.location.line) == ("templates/queue.yaml", 6)
    reasons = [each.reason or "" for one in report.principles for each in one.statements]
    assert any("no schema available for acme.io/v1 Topic" in reason for reason in reasons)


def test_one_finding_names_the_kubernetes_versions_without_a_field(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    pod = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec:
          containers: [{name: web, image: "web:1", resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]}]
        """
    chart = 'apiVersion: v2\nname: web\nversion: 1.0.0\nkubeVersion: ">=1.25.0-0"\n'
    root = write(tmp_path, {"Chart.yaml": chart, "templates/pod.yaml": pod})
    told = {}
    for scenarios in ("quick", "full"):
        report = check_chart(root, embedded, CheckOptions(scenarios=scenarios))
        told[scenarios] = [one.message for one in report.singles if one.rule == "portability/bad-schema"]
    assert told == {
        "quick": [],
        "full": [
            (
                "containers[0] has the unknown field resizePolicy (Kubernetes 1.25 to 1.26);"
                " remove it, or move it to the right level"
            )
        ],
    }
