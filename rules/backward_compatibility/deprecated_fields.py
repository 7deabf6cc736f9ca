"""Deprecated fields, annotations and labels of Kubernetes objects."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import SHOULD, Manifest, NamedTuple, Subject, Tag, View, Violation, Workload, require, rule


class _Old(NamedTuple):
    """The replacement; ``gone`` is the version since which the old form has no effect, None if it still has one."""

    instead: str
    gone: str | None = None


_OBJECT_ANNOTATIONS = {
    "kubernetes.io/ingress.class": _Old("spec.ingressClassName"),
    "volume.beta.kubernetes.io/storage-class": _Old("spec.storageClassName"),
    "service.alpha.kubernetes.io/tolerate-unready-endpoints": _Old("spec.publishNotReadyAddresses", "1.24"),
    "service.kubernetes.io/topology-aware-hints": _Old("annotation service.kubernetes.io/topology-mode"),
}
_POD_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": _Old("priorityClassName: system-cluster-critical", "1.16"),
    "seccomp.security.alpha.kubernetes.io/pod": _Old("securityContext.seccompProfile", "1.27"),
    "pod.beta.kubernetes.io/hostname": _Old("hostname", "1.7"),
}
_CONTAINER_ANNOTATIONS = {
    "container.seccomp.security.alpha.kubernetes.io/": _Old("the container's securityContext.seccompProfile", "1.27"),
    "container.apparmor.security.beta.kubernetes.io/": _Old("the container's securityContext.appArmorProfile"),
}
_NODE_LABELS = {
    "beta.kubernetes.io/os": _Old("kubernetes.io/os"),
    "beta.kubernetes.io/arch": _Old("kubernetes.io/arch"),
    "beta.kubernetes.io/instance-type": _Old("node.kubernetes.io/instance-type"),
    "failure-domain.beta.kubernetes.io/zone": _Old("topology.kubernetes.io/zone"),
    "failure-domain.beta.kubernetes.io/region": _Old("topology.kubernetes.io/region"),
    "node-role.kubernetes.io/master": _Old("node-role.kubernetes.io/control-plane", "1.25"),
}


@rule(
    "compat/deprecated-field",
    scope=Manifest,
    default=SHOULD,
    enforces=require(r"\b(?:current|non-deprecated|supported)\b.{0,20}\b(?:fields?|annotations?)\b"),
    umbrella=r"\bdeprecated\b.{0,30}\b(?:kubernetes )?(?:fields?|annotations?|features?)\b",
    tests=True,
    tag=Tag.DEPRECATED,
)
def deprecated_field(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Object uses a deprecated field, annotation or label.

    Why: Some of them no longer have any effect; the others are kept for compatibility and may be removed.
    Bad:
        spec:
          serviceAccount: web
    Good:
        spec:
          serviceAccountName: web
    Fix: Use the field that replaces it.
    Source: Kubernetes API reference; Well-Known Labels, Annotations and Taints; kube-linter
        deprecated-service-account-field
    """
    for name, view in manifest.get("metadata", "annotations").entries():
        old = _OBJECT_ANNOTATIONS.get(name)
        is_written = old is not None and manifest.get(*old.instead.split(".")).data is not None
        yield from _old(f"annotation {name}", old, view, is_written)
    if manifest.kind == "Service" and not manifest.group:
        address = manifest.get("spec", "loadBalancerIP")
        if address.data:
            yield from _old("loadBalancerIP", _Old("the annotation of your cloud provider's controller"), address)
    for workload in manifest.workloads:
        yield from _of_pods(workload)


def _of_pods(workload: Workload) -> Iterator[Violation]:
    pod = workload.pod
    account = pod.get("serviceAccount")
    if account.data and not pod.get("serviceAccountName").data:
        yield from _old("serviceAccount", _Old("serviceAccountName"), account)
    for name, view in workload.pod_metadata.get("annotations").entries():
        yield from _old(f"annotation {name}", _POD_ANNOTATIONS.get(name), view)
        for start, old in _CONTAINER_ANNOTATIONS.items():
            if name.startswith(start):
                yield from _old(f"annotation {name}", old, view)
    for name, view in pod.get("nodeSelector").entries():
        yield from _old(f"node label {name}", _NODE_LABELS.get(name), view)
    required = pod.get("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    preferred = pod.get("affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution")
    terms = [*required.get("nodeSelectorTerms").items(), *(entry.get("preference") for entry in preferred.items())]
    for term in terms:
        for expression in term.get("matchExpressions").items():
            key = expression.get("key")
            yield from _old(f"node label {key.data}", _NODE_LABELS.get(key.string() or ""), key)


def _old(what: str, old: _Old | None, at: View, is_written: bool = False) -> Iterator[Violation]:
    """Reports a deprecated field; ``is_written`` if the object sets its replacement as well."""
    if old is not None:
        state = f"has had no effect since Kubernetes {old.gone}" if old.gone else "is deprecated"
        advice = f"remove it: {old.instead} is already set" if is_written else f"use {old.instead}"
        yield Violation(f"{what} {state}; {advice}", at=at)
