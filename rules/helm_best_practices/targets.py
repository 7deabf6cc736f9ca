"""The targets of references between rendered objects: pods by their labels, objects by kind and name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from helm_constitution.api import LabelSelector, LazyPattern, Manifest, Rendering, Subject, TemplateFile, View

_BUILT_IN = frozenset(
    {
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "extensions",
        "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
    }
)

# Custom resources that only configure running pods. For others an operator may run pods and Services of its own (a
# Prometheus, a Kafka, a PostgreSQL cluster), which a rendering can't show.
_CONFIGURING_GROUPS = frozenset(
    {
        "autoscaling.k8s.io",
        "cert-manager.io",
        "configuration.konghq.com",
        "external-secrets.io",
        "generators.external-secrets.io",
        "keda.sh",
        "kyverno.io",
        "metrics.k8s.io",
        "networking.istio.io",
        "policies.kyverno.io",
        "projectcontour.io",
        "secrets-store.csi.x-k8s.io",
        "security.istio.io",
        "snapshot.storage.k8s.io",
        "telemetry.istio.io",
        "traefik.containo.us",
        "traefik.io",
    }
)
_CONFIGURING_KINDS = frozenset(
    {
        # monitoring.coreos.com
        "AlertmanagerConfig",
        "PodMonitor",
        "Probe",
        "PrometheusRule",
        "ScrapeConfig",
        "ServiceMonitor",
        # gateway.networking.k8s.io
        "BackendTLSPolicy",
        "GRPCRoute",
        "GatewayClass",
        "HTTPRoute",
        "ReferenceGrant",
        "TCPRoute",
        "TLSRoute",
        "UDPRoute",
        # argoproj.io
        "AnalysisTemplate",
        "AppProject",
        "ClusterAnalysisTemplate",
        "Rollout",
        # cilium.io, crd.projectcalico.org, route.openshift.io, security.openshift.io, cloud.google.com
        "BackendConfig",
        "CiliumClusterwideNetworkPolicy",
        "CiliumNetworkPolicy",
        "FrontendConfig",
        "GlobalNetworkPolicy",
        "ManagedCertificate",
        "NetworkPolicy",
        "Route",
        "SecurityContextConstraints",
        # grafana.integreatly.org and the like
        "GrafanaDashboard",
        "GrafanaDatasource",
    }
)

# Labels that Kubernetes, or the application itself by leader election, sets on running pods.
_SET_AT_RUN_TIME = frozenset(
    {
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/job-name",
        "cnpg.io/instanceRole",
        "controller-revision-hash",
        "job-name",
        "openbao-active",
        "openbao-initialized",
        "openbao-sealed",
        "pod-template-hash",
        "rollouts-pod-template-hash",
        "spilo-role",
        "statefulset.kubernetes.io/pod-name",
        "vault-active",
        "vault-initialized",
        "vault-perf-standby",
        "vault-sealed",
    }
)


def has_operator_objects(rendering: Rendering) -> bool:
    """Whether the rendering has custom resources for which an operator may run pods and Services of its own."""
    return any(
        manifest.group not in _BUILT_IN
        and manifest.group not in _CONFIGURING_GROUPS
        and manifest.kind not in _CONFIGURING_KINDS
        for manifest in rendering.manifests
    )


_POD_MAKERS = frozenset({"*", "daemonsets", "deployments", "jobs", "pods", "replicasets", "statefulsets"})


def makes_pods_itself(rendering: Rendering) -> bool:
    """Whether a role of the chart lets its pods create other pods, which a rendering can't show."""
    for role in rendering.of_kind("Role", "ClusterRole"):
        for entry in role.get("rules").items():
            verbs = {verb.scalar() for verb in entry.get("verbs").items()}
            if verbs & {"create", "*"} and any(each.scalar() in _POD_MAKERS for each in entry.get("resources").items()):
                return True
    return False


_WORKLOAD = LazyPattern(r"(?m)^kind:\s*[\"']?(?:DaemonSet|Deployment|Job|CronJob|Pod|ReplicaSet|Rollout|StatefulSet)\b")


def templates_left_out(rendering: Rendering, subject: Subject) -> list[TemplateFile]:
    """The templates that render pods with other values, but not here. The rule needs TEMPLATES."""
    rendered = {manifest.template for manifest in rendering.manifests if manifest.workloads}
    return [
        template
        for template in subject.templates
        if template.path not in rendered and _WORKLOAD.search(template.text) is not None
    ]


def match_labels(selector: View) -> dict[str, object]:
    """The labels of a plain selector map, without those that only running pods have."""
    return {key: value.data for key, value in selector.entries() if key not in _SET_AT_RUN_TIME}


def pod_templates(rendering: Rendering, namespace: str) -> tuple[tuple[str, Mapping[str, object]], ...]:
    """(object, labels of its pods) of every workload in this namespace, including custom ones."""
    return rendering.derived(_pod_templates, namespace)


def _pod_templates(rendering: Rendering, namespace: str) -> tuple[tuple[str, Mapping[str, object]], ...]:
    found: list[tuple[str, Mapping[str, object]]] = []
    for manifest in rendering.manifests:
        if manifest.effective_namespace != namespace:
            continue
        found.extend((str(manifest), workload.pod_labels) for workload in manifest.workloads)
    return tuple(found)


def difference(wanted: Mapping[str, object], labels: Mapping[str, object]) -> list[str]:
    """The labels that don't match, one by one: "has no tier", "has app=api"."""
    return [
        f"has {key}={labels[key]}" if key in labels else f"has no {key}"
        for key, value in wanted.items()
        if labels.get(key) != value
    ]


def selects(selector: View, labels: Mapping[str, object]) -> bool:
    """Whether a label selector (matchLabels, matchExpressions) matches these labels; an empty one matches all."""
    return LabelSelector(selector).matches(labels, _SET_AT_RUN_TIME)


class SelectorIndex:
    """Objects by the pods that their selectors match. Each is stored under one label of its selector, so that a pod is
    compared with few of them."""

    def __init__(self, objects: Iterable[tuple[Manifest, View]]) -> None:
        self._by_label: dict[tuple[str, object], list[tuple[Manifest, LabelSelector]]] = {}
        self._others: list[tuple[Manifest, LabelSelector]] = []
        for manifest, view in objects:
            found = self._by_label.setdefault(label, []) if (label := _asked_label(view)) else self._others
            found.append((manifest, LabelSelector(view)))

    def selecting(self, labels: Mapping[str, object], namespace: str | None) -> Iterator[Manifest]:
        """The objects of a namespace (of any, where it is None) whose selectors match a pod with these labels."""
        candidates = [self._by_label.get((key, value), ()) for key, value in labels.items() if isinstance(value, str)]
        for group in (*candidates, self._others):
            for manifest, selector in group:
                if namespace in (None, manifest.effective_namespace) and selector.matches(labels, _SET_AT_RUN_TIME):
                    yield manifest


def _asked_label(selector: View) -> tuple[str, str] | None:
    """One label of a selector; None where it has no usable one."""
    for key, value in selector.get("matchLabels").entries():
        if key not in _SET_AT_RUN_TIME and (text := value.string()) is not None:
            return key, text
    return None


def _pods_by_label(rendering: Rendering, namespace: str) -> dict[tuple[str, object], list[Mapping[str, object]]]:
    found: dict[tuple[str, object], list[Mapping[str, object]]] = {}
    for _, labels in pod_templates(rendering, namespace):
        for key, value in labels.items():
            if isinstance(value, str):
                found.setdefault((key, value), []).append(labels)
    return found


def takes_in_any(selector: View, rendering: Rendering, namespace: str) -> bool:
    """Whether a label selector matches any pod that the chart runs in a namespace."""
    if (label := _asked_label(selector)) is not None:
        return any(selects(selector, labels) for labels in rendering.derived(_pods_by_label, namespace).get(label, ()))
    return any(selects(selector, labels) for _, labels in pod_templates(rendering, namespace))


def is_the_charts_own(name: str, rendering: Rendering) -> bool:
    """Whether a name comes from the chart, not a user: it contains the release name, or the values are defaults."""
    return rendering.scenario == "defaults" or rendering.release_name in name
