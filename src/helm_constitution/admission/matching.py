"""Which requests a policy matches: rules on resources, and selectors, as in the API server's admission."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from helm_constitution.admission.policies import MatchResources, ResourceRule
from helm_constitution.cel.programs import Unevaluable
from helm_constitution.core.named_tuples import NamedTuple

CREATE, UPDATE = "CREATE", "UPDATE"
"""The operations of an installation and of an upgrade."""

_NAME_LABEL = "kubernetes.io/metadata.name"
_EXEMPT = (
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
)
"""Kinds that no policy is applied to, so that nobody locks themselves out."""


class Target(NamedTuple):
    """A request: the object with its resource. ``namespace`` is empty for cluster-scoped objects; ``labels`` are the
    object's, ``old_labels`` those that it had before an update."""

    group: str
    version: str
    kind: str
    resource: str
    name: str
    namespace: str
    operation: str
    labels: Mapping[str, str]
    old_labels: Mapping[str, str] | None = None


NamespaceLabels = Callable[[str], "Mapping[str, str] | None"]
"""The labels of a namespace; None where they are not known."""


def matches(resources: MatchResources, target: Target, namespace_labels: NamespaceLabels) -> bool:
    """Whether a policy or a binding matches a request.

    Raises:
        Unevaluable: only a cluster knows.
    """
    if target.group == "admissionregistration.k8s.io" and target.kind in _EXEMPT:
        return False
    if not _selects_object(resources, target) or any(_is_meant(rule, target) for rule in resources.excluded):
        return False
    if resources.rules and not any(_is_meant(rule, target) for rule in resources.rules):
        if not resources.is_exact and any(_is_meant(rule, target, any_version=True) for rule in resources.rules):
            raise Unevaluable(
                f"it matches {target.resource} of another version than {target.version}, "
                "to which the API server would convert them"
            )
        return False
    return _selects_namespace(resources, target, namespace_labels)


def _is_meant(rule: ResourceRule, target: Target, *, any_version: bool = False) -> bool:
    is_cluster_wide = not target.namespace or (target.kind == "Namespace" and not target.group)
    return (
        rule.scope in ("*", "Cluster" if is_cluster_wide else "Namespaced")
        and _holds(rule.operations, target.operation)
        and _holds(rule.groups, target.group)
        and (any_version or _holds(rule.versions, target.version))
        and any(_is_resource(one, target.resource) for one in rule.resources)
        and (not rule.names or target.name in rule.names)
    )


def _holds(words: tuple[str, ...], word: str) -> bool:
    return "*" in words or word in words


def _is_resource(written: str, resource: str) -> bool:
    """Whether the objects themselves are meant: ``pods/log`` is a subresource, ``pods/*`` is both."""
    name, _, below = written.partition("/")
    return name in ("*", resource) and below in ("", "*")


def _selects_object(resources: MatchResources, target: Target) -> bool:
    selector = resources.objects
    if selector is None or selector.matches(target.labels):
        return True
    return target.old_labels is not None and selector.matches(target.old_labels)


def _selects_namespace(resources: MatchResources, target: Target, namespace_labels: NamespaceLabels) -> bool:
    selector = resources.namespaces
    if selector is None or (not target.namespace and target.kind != "Namespace"):
        return True  # the selector never excludes cluster-scoped objects
    if target.kind == "Namespace" and not target.group:
        return selector.matches({**target.labels, _NAME_LABEL: target.name})
    known = namespace_labels(target.namespace)
    if known is not None:
        return selector.matches({**known, _NAME_LABEL: target.namespace})
    keys = {key for key, _ in selector.view.get("matchLabels").entries()}
    keys |= {str(part.get("key").data) for part in selector.view.get("matchExpressions").items()}
    if keys <= {_NAME_LABEL}:
        return selector.matches({_NAME_LABEL: target.namespace})
    raise Unevaluable(f"only a cluster knows the labels of the namespace {target.namespace}")
