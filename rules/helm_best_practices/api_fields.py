"""Texts of which the API server accepts only some, and numbers with bounds; its OpenAPI definitions name neither."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from helm_constitution.api import Manifest, PodSpec, View, Violation

_EACH = "*"
"""A step to each item of a list."""
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_TRAFFIC = ("Cluster", "Local")
_GREATEST_PORT = 65535

_Fields = tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]

_OF_CLAIM: _Fields = (
    (("spec", "accessModes", _EACH), ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")),
    (("spec", "volumeMode"), ("Filesystem", "Block")),
)
_OF_POD: _Fields = (
    (("restartPolicy",), ("Always", "OnFailure", "Never")),
    (("dnsPolicy",), ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")),
    (("topologySpreadConstraints", _EACH, "whenUnsatisfiable"), ("DoNotSchedule", "ScheduleAnyway")),
    (("tolerations", _EACH, "effect"), ("NoSchedule", "PreferNoSchedule", "NoExecute")),
)
_OF_CONTAINER: _Fields = (
    (("imagePullPolicy",), ("Always", "IfNotPresent", "Never")),
    (("terminationMessagePolicy",), ("File", "FallbackToLogsOnError")),
    (("ports", _EACH, "protocol"), _PROTOCOLS),
)
_BY_KIND: Mapping[tuple[str, str], _Fields] = {
    ("", "Service"): (
        (("spec", "type"), ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")),
        (("spec", "sessionAffinity"), ("None", "ClientIP")),
        (("spec", "externalTrafficPolicy"), _TRAFFIC),
        (("spec", "internalTrafficPolicy"), _TRAFFIC),
        (("spec", "ipFamilyPolicy"), ("SingleStack", "PreferDualStack", "RequireDualStack")),
        (("spec", "ports", _EACH, "protocol"), _PROTOCOLS),
    ),
    ("", "PersistentVolumeClaim"): _OF_CLAIM,
    ("apps", "Deployment"): ((("spec", "strategy", "type"), ("RollingUpdate", "Recreate")),),
    ("apps", "DaemonSet"): ((("spec", "updateStrategy", "type"), ("RollingUpdate", "OnDelete")),),
    ("apps", "StatefulSet"): (
        (("spec", "updateStrategy", "type"), ("RollingUpdate", "OnDelete")),
        (("spec", "podManagementPolicy"), ("OrderedReady", "Parallel")),
    ),
    ("batch", "CronJob"): ((("spec", "concurrencyPolicy"), ("Allow", "Forbid", "Replace")),),
    ("networking.k8s.io", "Ingress"): (
        (
            ("spec", "rules", _EACH, "http", "paths", _EACH, "pathType"),
            ("Exact", "Prefix", "ImplementationSpecific"),
        ),
    ),
    ("networking.k8s.io", "NetworkPolicy"): ((("spec", "policyTypes", _EACH), ("Ingress", "Egress")),),
    ("policy", "PodDisruptionBudget"): ((("spec", "unhealthyPodEvictionPolicy"), ("IfHealthyBudget", "AlwaysAllow")),),
}


def field_faults(manifest: Manifest) -> Iterator[Violation]:
    """The fields of an object with a text or a number that the API server does not accept."""
    yield from _unknown(manifest.view, _BY_KIND.get((manifest.group, manifest.kind), ()))
    if not manifest.group and manifest.kind == "Service":
        for name in ("port", "nodePort"):
            yield from _ports(manifest.view, ("spec", "ports", _EACH, name))
    elif manifest.group == "autoscaling" and manifest.kind == "HorizontalPodAutoscaler":
        least, most = (manifest.get("spec", name) for name in ("minReplicas", "maxReplicas"))
        smallest, greatest = least.integer(), most.integer()
        if smallest is not None and greatest is not None and greatest < smallest:
            yield Violation(f"maxReplicas {greatest} is below minReplicas {smallest}; raise maxReplicas", at=most)
    for claim in manifest.get("spec", "volumeClaimTemplates").items() if manifest.kind == "StatefulSet" else ():
        yield from _unknown(claim, _OF_CLAIM)


def pod_field_faults(pod: PodSpec) -> Iterator[Violation]:
    """As :func:`field_faults`, for a pod and its containers."""
    yield from _unknown(pod.view, _OF_POD)
    for container in pod.all_containers:
        yield from _unknown(container.view, _OF_CONTAINER)
        for name in ("containerPort", "hostPort"):
            yield from _ports(container.view, ("ports", _EACH, name))


def _unknown(view: View, fields: _Fields) -> Iterator[Violation]:
    for path, known in fields:
        for field in _at(view, path):
            text = field.string()
            if text and text not in known:
                choices = f"{', '.join(known[:-1])} or {known[-1]}"
                name = next(step for step in reversed(path) if step != _EACH)
                yield Violation(f'{name} "{text}" is not valid; use {choices}', at=field)


def _ports(view: View, path: tuple[str, ...]) -> Iterator[Violation]:
    for field in _at(view, path):
        number = field.integer()
        # 0 stands for none: a port that the node or the cluster chooses.
        if number is not None and not 0 <= number <= _GREATEST_PORT:
            yield Violation(f"{path[-1]} {number} is not a port; use 1 to {_GREATEST_PORT}", at=field)


def _at(view: View, path: tuple[str, ...]) -> Iterator[View]:
    for index, step in enumerate(path):
        if step == _EACH:
            for item in view.items():
                yield from _at(item, path[index + 1 :])
            return
        view = view.get(step)
    yield view
