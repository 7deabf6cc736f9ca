"""The namespaces of service accounts in bindings."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    LazyPattern,
    Rendering,
    SetField,
    Subject,
    Violation,
    forbid,
    require,
    rule,
)

_DEFAULT = LazyPattern(r"""subjects:(?:.|\n)*?namespace:[ \t]*["']?default["']?[ \t\r]*(?:\n|\Z)""")


@rule(
    "portability/subject-namespace",
    scope=Rendering,
    default=MUST,
    enforces=(
        require(r"\bsubjects?\b.{0,60}\bnamespace\b|\bbindings?\b.{0,40}\brelease'?s? namespace\b"),
        forbid(r"\b(?:hard-?coded|fixed) namespaces?\b"),
    ),
)
def subject_namespace(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Binding has a hard-coded or missing namespace for its service account.

    Why: The account is in the release namespace. A binding to an account of that name elsewhere grants the permissions
        to other pods, not to the chart's. Kubernetes rejects a ClusterRoleBinding without a namespace.
    Bad:
        subjects:
          - kind: ServiceAccount
            name: {{ include "web.serviceAccountName" . }}
            namespace: default
    Good:
        subjects:
          - kind: ServiceAccount
            name: {{ include "web.serviceAccountName" . }}
            namespace: {{ .Release.Namespace }}
    Fix: Set the namespace to {{ .Release.Namespace }}. Accounts that the chart doesn't render are not reported.
        `fix --unsafe` sets it.
    Source: Kubernetes documentation, Using RBAC Authorization: Referring to subjects
    """
    for binding in rendering.of_kind("ClusterRoleBinding", "RoleBinding"):
        if binding.is_left_out or binding.group != "rbac.authorization.k8s.io":
            continue
        for entry in binding.get("subjects").items():
            namespace, name = entry.get("namespace"), entry.get("name").string()
            if entry.get("kind").data != "ServiceAccount" or not name:
                continue
            if not namespace.data:
                if binding.kind == "ClusterRoleBinding":
                    yield Violation(
                        f'binding has no namespace for service account "{name}", which Kubernetes requires;'
                        " set namespace: {{ .Release.Namespace }}",
                        at=namespace,
                        fix=SetField("{{ .Release.Namespace }}", raw=True),
                    )
            elif _is_elsewhere(str(namespace.data), name, rendering, subject.template_text(binding) or ""):
                yield Violation(
                    f'binding hard-codes namespace {namespace.data} for service account "{name}" of the release;'
                    " set namespace: {{ .Release.Namespace }}",
                    at=namespace,
                    fix=SetField("{{ .Release.Namespace }}", raw=True),
                )


def _is_elsewhere(namespace: str, account: str, rendering: Rendering, template: str) -> bool:
    """Whether the release has the account, and the binding uses another namespace, or a literal `default`."""
    if rendering.find("ServiceAccount", account, rendering.namespace) is None:
        return False
    if namespace == rendering.namespace:
        return namespace == "default" and _DEFAULT.search(template) is not None
    return rendering.find("ServiceAccount", account, namespace) is None
