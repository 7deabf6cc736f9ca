"""Each kind of pod is judged as it deserves: what all rules together say of a node's agent, a job with a sidecar, a
container without ports."""

from __future__ import annotations

from helm_constitution.api import CLUSTER, Subject
from helm_constitution.core.model import Severity
from helm_constitution.lint import registry
from helm_constitution.lint.rule import Violation
from tests.rules.support import chart_of, checked, field_of, rendering, results_of, subject_of, things

NODE_EXPORTER = """
apiVersion: v1
kind: ServiceAccount
metadata:
  name: release-name-node-exporter
  labels:
    app.kubernetes.io/name: node-exporter
    app.kubernetes.io/instance: release-name
    app.kubernetes.io/managed-by: Helm
    app.kubernetes.io/version: 1.2.3
    helm.sh/chart: web-1.0.0
automountServiceAccountToken: false
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: release-name-node-exporter
  labels:
    app.kubernetes.io/name: node-exporter
    app.kubernetes.io/instance: release-name
    app.kubernetes.io/managed-by: Helm
    app.kubernetes.io/version: 1.2.3
    helm.sh/chart: web-1.0.0
spec:
  selector: {matchLabels: {app.kubernetes.io/name: node-exporter, app.kubernetes.io/instance: release-name}}
  template:
    metadata: {labels: {app.kubernetes.io/name: node-exporter, app.kubernetes.io/instance: release-name}}
    spec:
      serviceAccountName: release-name-node-exporter
      hostNetwork: true
      hostPID: true
      nodeSelector: {kubernetes.io/os: linux}
      securityContext:
        {runAsNonRoot: true, runAsUser: 65534, runAsGroup: 65534, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: node-exporter
          image: acme/node-exporter:1.2.3
          imagePullPolicy: Always
          args: ["--path.rootfs=/host"]
          securityContext: {readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          ports: [{name: metrics, containerPort: 9100, hostPort: 9100}]
          livenessProbe: {httpGet: {path: /-/live, port: metrics}}
          readinessProbe: {httpGet: {path: /, port: metrics}}
          startupProbe: {httpGet: {path: /, port: metrics}}
          resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {cpu: 100m, memory: 32Mi}}
          volumeMounts: [{name: root, mountPath: /host, readOnly: true, mountPropagation: HostToContainer}]
      volumes: [{name: root, hostPath: {path: /}}]
"""

CNI = (
    NODE_EXPORTER.replace("allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}", "privileged: true")
    .replace("ports: [{name: metrics, containerPort: 9100, hostPort: 9100}]", "command: [/cni]")
    .replace("port: metrics", "port: 9099")
    .replace("path: /}}]", "path: /opt/cni/bin}}]")
    .replace("hostPID: true", "priorityClassName: system-node-critical")
)

JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: release-name-migrate}
spec:
  ttlSecondsAfterFinished: 600
  template:
    spec:
      restartPolicy: Never
      initContainers:
        - {name: proxy, image: "acme/proxy:1.0.0", restartPolicy: Always}
      containers:
        - {name: migrate, image: "acme/migrate:1.0.0"}
"""

WORKER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: release-name-worker}
spec:
  replicas: 2
  selector: {matchLabels: {app: worker}}
  template:
    metadata: {labels: {app: worker}}
    spec:
      containers:
        - name: worker
          image: acme/worker:1.0.0
          livenessProbe: {exec: {command: [/alive]}}
          readinessProbe: {tcpSocket: {port: 8080}}
"""


def reported(text: str, *modules: str) -> list[str]:
    """What all rules on rendered objects (of some modules) say: rule and field."""
    objects = rendering(text)
    found = []
    severities = {rule.id: Severity.ERROR for rule in registry.rules() if rule.weight != "off"}
    for rule in registry.rules():
        if (
            rule.scope is Subject
            or CLUSTER in rule.needs
            or rule.weight == "off"
            or (modules and rule.principle not in modules)
        ):
            continue
        subject = subject_of(rule, checked(chart_of({}), results_of([objects]), severities=severities))
        for thing in things(rule, objects):
            outcomes = rule.check(thing, subject)
            found += [f"{rule.id} {field_of(one)}" for one in outcomes if isinstance(one, Violation)]
    return found


def test_a_node_exporter_is_told_what_it_takes_of_the_node_and_nothing_that_a_server_is_told() -> None:
    pod = "spec.template.spec"
    assert reported(NODE_EXPORTER) == [
        f"portability/host-port {pod}.containers[0].ports[0].hostPort",
        f"security/host-namespace {pod}.hostNetwork",
        f"security/host-namespace {pod}.hostPID",
        f"security/host-path {pod}.volumes[0].hostPath.path",
        f"security/sensitive-mount {pod}.containers[0].volumeMounts[0]",
    ]


def test_a_network_plugin_is_privileged_for_its_author_to_waive() -> None:
    pod = "spec.template.spec"
    assert reported(CNI) == [
        f"security/privileged {pod}.containers[0].securityContext.privileged",
        f"security/host-namespace {pod}.hostNetwork",
        f"security/host-path {pod}.volumes[0].hostPath.path",
    ]


def test_a_job_with_a_native_sidecar_is_asked_for_no_probes_and_no_second_pod() -> None:
    found = [one for one in reported(JOB, "observability", "helm", "compat") if ".resources." not in one]
    assert found == ["helm/missing-label metadata.labels"]


def test_a_worker_without_ports_is_asked_for_no_metrics_and_may_be_probed_by_number() -> None:
    found = [one for one in reported(WORKER, "observability", "helm", "compat") if ".resources." not in one]
    assert found == [
        "compat/selector-without-release spec.selector.matchLabels",
        "observability/no-startup-probe spec.template.spec.containers[0].startupProbe",
        "helm/missing-label metadata.labels",
        "helm/no-disruption-budget ",
        "helm/no-anti-affinity spec.template.spec.affinity.podAntiAffinity",
        "helm/no-topology-spread spec.template.spec.topologySpreadConstraints",
    ]
