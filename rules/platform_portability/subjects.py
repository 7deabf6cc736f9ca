"""Service accounts that bindings name by namespace."""

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
    """Binding names its service account in a fixed namespace, or in none.

    Why: The account is in the release's namespace. A role bound to an account of that name elsewhere gives the chart's
        pods no rights, and gives them to somebody else. A ClusterRoleBinding without a namespace is refused.
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
    Fix: Write {{ .Release.Namespace }}. Accounts that the chart doesn't render are not reported.
        `fix --unsafe` writes it.
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
                        f"the account {name} has no namespace, which Kubernetes requires; write"
                        " {{ .Release.Namespace }}",
                        at=namespace,
                        fix=SetField("{{ .Release.Namespace }}", raw=True),
                    )
            elif _is_elsewhere(str(namespace.data), name, rendering, subject.template_text(binding) or ""):
                yield Violation(
                    f"the account {name} is in the release's namespace, not always in {namespace.data};"
                    " write {{ .Release.Namespace }}",
                    at=namespace,
                    fix=SetField("{{ .Release.Namespace }}", raw=True),
                )


def _is_elsewhere(namespace: str, account: str, rendering: Rendering, template: str) -> bool:
    """Whether the release has the account, and the binding names another namespace, or `default` written out."""
    if rendering.find("ServiceAccount", account, rendering.namespace) is None:
        return False
    if namespace == rendering.namespace:
        return namespace == "default" and _DEFAULT.search(template) is not None
    return rendering.find("ServiceAccount", account, namespace) is None
