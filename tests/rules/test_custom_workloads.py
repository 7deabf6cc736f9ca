"""Rules on pods, in custom resources that make pods: each kind is judged as it deserves."""

from __future__ import annotations

import pytest

from helm_constitution.lint import registry
from tests.rules.support import fields, judge, judge_in

RULES = {rule.id: rule for rule in registry.rules()}

PROMETHEUS = """
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata:
  name: web
spec:
  hostNetwork: true
  containers:
    - name: prometheus
      volumeMounts:
        - name: config-out
          mountPath: /etc/prometheus
    - name: proxy
      image: acme/proxy
      securityContext:
        privileged: true
      volumeMounts:
        - name: config-out
          mountPath: /etc/prometheus
"""


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("security/host-namespace", ["spec.hostNetwork"]),
        ("security/privileged", ["spec.containers[1].securityContext.privileged"]),
        ("security/latest-tag", ["spec.containers[1].image"]),
        ("observability/no-liveness-probe", ["spec.containers[1].livenessProbe"]),
        ("observability/no-memory-limit", ["spec.containers[1].resources.limits.memory"]),
        ("security/default-service-account", ["spec.serviceAccountName"]),
        ("helm/dangling-volume", []),
        ("helm/restart-policy", []),
        ("helm/single-replica", []),
    ],
)
def test_a_prometheus(rule: str, expected: list[str]) -> None:
    assert fields(RULES[rule], PROMETHEUS) == expected


def test_a_network_policy_selects_a_prometheus_by_the_operators_labels() -> None:
    policy = """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec: {podSelector: {matchLabels: {prometheus: web}}}
"""
    text = PROMETHEUS.replace("hostNetwork: true", "replicas: 2")
    assert len(judge(RULES["security/no-network-policy"], text)) == 1
    assert judge(RULES["security/no-network-policy"], text + policy) == []


KNATIVE = """
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - image: acme/web:latest
          ports: [{containerPort: 8080}]
"""


def test_a_knative_service_is_no_service_of_kubernetes() -> None:
    for rule in ("helm/dangling-service", "helm/target-port-unknown", "portability/service-type"):
        assert judge(RULES[rule], KNATIVE) == []
    assert len(judge(RULES["security/latest-tag"], KNATIVE)) == 1


def test_knative_asks_for_readiness_by_itself() -> None:
    assert judge(RULES["observability/no-readiness-probe"], KNATIVE) == []
    assert len(judge(RULES["observability/no-liveness-probe"], KNATIVE)) == 1


JOB = "{spec: {containers: [{name: main, image: 'acme/main:1.0.0'}], restartPolicy: POLICY}}"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("keda.sh/v1alpha1\nkind: ScaledJob", f"{{jobTargetRef: {{template: {JOB}}}}}"),
        ("apps.kruise.io/v1alpha1\nkind: BroadcastJob", f"{{template: {JOB}}}"),
        ("batch/v1\nkind: Job", f"{{template: {JOB}}}"),
    ],
)
def test_jobs_of_any_kind_need_no_probes_and_must_not_restart_always(kind: str, body: str) -> None:
    text = f"apiVersion: {kind}\nmetadata: {{name: web}}\nspec: {body}\n"
    assert judge(RULES["observability/no-liveness-probe"], text) == []
    assert judge(RULES["helm/restart-policy"], text.replace("POLICY", "Never")) == []
    assert len(judge(RULES["helm/restart-policy"], text.replace("POLICY", "Always"))) == 1


@pytest.mark.parametrize("kind", ["argoproj.io/v1alpha1\nkind: Rollout", "apps.kruise.io/v1alpha1\nkind: CloneSet"])
def test_other_deployments_are_judged_like_a_deployment(kind: str) -> None:
    text = f"""
apiVersion: {kind}
metadata: {{name: web}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: api}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: main, image: 'acme/main:1.0.0'}}]}}
"""
    assert len(judge(RULES["compat/selector-mismatch"], text)) == 1
    assert len(judge_in(RULES["helm/no-disruption-budget"], text)) == 1
    assert len(judge(RULES["helm/no-anti-affinity"], text)) == 1


def test_an_ephemeral_container_is_judged_for_security_alone() -> None:
    text = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: []
  ephemeralContainers:
    - name: debug
      image: acme/debug
      securityContext: {privileged: true}
"""
    assert fields(RULES["security/privileged"], text) == ["spec.ephemeralContainers[0].securityContext.privileged"]
    assert fields(RULES["security/latest-tag"], text) == ["spec.ephemeralContainers[0].image"]
    for rule in ("observability/no-liveness-probe", "observability/no-memory-limit"):
        assert judge(RULES[rule], text) == []


def test_a_native_sidecar_is_probed_and_an_init_container_is_not() -> None:
    text = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      initContainers:
        - {name: migrate, image: 'acme/migrate:1.0.0'}
        - {name: proxy, image: 'acme/proxy:1.0.0', restartPolicy: Always}
      containers: []
"""
    assert fields(RULES["observability/no-readiness-probe"], text) == [
        "spec.template.spec.initContainers[1].readinessProbe"
    ]
    expected = [f"spec.template.spec.initContainers[{index}].resources.requests.cpu" for index in (0, 1)]
    assert fields(RULES["observability/no-cpu-request"], text) == expected


def test_image_pull_secrets_must_be_there() -> None:
    text = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  imagePullSecrets: [{name: release-name-registry}, {name: release-name-mirror}]
  containers: []
---
apiVersion: v1
kind: Secret
metadata: {name: release-name-mirror}
"""
    assert judge(RULES["helm/dangling-secret-ref"], text) == [
        (
            'pod needs Secret "release-name-registry", which the chart does not render;'
            " render it, or require its name as a value"
        )
    ]


def test_ports_of_an_operators_own_containers_are_not_known() -> None:
    text = (
        PROMETHEUS
        + """---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {prometheus: web}
  ports: [{port: 9090, targetPort: web}]
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: web}
spec:
  selector: {matchLabels: {prometheus: web}}
  podMetricsEndpoints: [{port: web}]
"""
    )
    assert judge(RULES["helm/target-port-unknown"], text) == []
    assert judge(RULES["observability/dangling-monitor"], text) == []


RAY = """
apiVersion: ray.io/v1
kind: RayCluster
metadata: {name: web}
spec:
  headGroupSpec:
    template:
      spec:
        hostNetwork: true
        containers: [{name: head, image: acme/ray:1.0.0}]
  workerGroupSpecs:
    - template:
        spec:
          containers: [{name: worker, image: acme/ray, securityContext: {privileged: true}}]
"""


def test_every_pod_template_of_an_object_is_judged() -> None:
    assert fields(RULES["security/host-namespace"], RAY) == ["spec.headGroupSpec.template.spec.hostNetwork"]
    worker = "spec.workerGroupSpecs[0].template.spec.containers[0]"
    assert fields(RULES["security/privileged"], RAY) == [f"{worker}.securityContext.privileged"]
    assert fields(RULES["security/latest-tag"], RAY) == [f"{worker}.image"]
    assert len(judge(RULES["security/no-network-policy"], RAY)) == 1, "not the head's, which is in the node's network"
    assert judge(RULES["observability/no-liveness-probe"], RAY) == [], "whether these go on running isn't known"


def test_what_changes_an_operators_own_container_needs_nothing_that_the_operator_gives() -> None:
    text = PROMETHEUS.replace("- name: prometheus\n", "- name: prometheus\n      image: acme/prometheus:3.1.0\n")
    for rule in ("observability/no-liveness-probe", "observability/no-memory-limit", "security/writable-root"):
        assert [field.split(".")[1] for field in fields(RULES[rule], text)] == ["containers[1]"]
