"""What roles grant."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    Manifest,
    NamedTuple,
    Parameter,
    Rendering,
    Subject,
    Urgency,
    View,
    Violation,
    forbid,
    require,
    rule,
)

from .statements import ACCESS

_RBAC = "rbac.authorization.k8s.io"


_AGGREGATED = "rbac.authorization.k8s.io/aggregate-to-"


class Grant(NamedTuple):
    """A rule of a role. ``everywhere``: in all namespaces."""

    role: Manifest
    rule: View
    everywhere: bool


def grants(rendering: Rendering) -> Iterator[Grant]:
    """Every rule of every role of the chart.

    ClusterRoles that are aggregated into the cluster's own roles, and that the chart doesn't bind itself, are left out.
    """
    bound: dict[tuple[str, str, str], bool] = {}
    for binding in rendering.of_kind("RoleBinding", "ClusterRoleBinding"):
        kind, name = binding.get("roleRef", "kind").string() or "", binding.get("roleRef", "name").string() or ""
        key = (kind, name, binding.effective_namespace if kind == "Role" else "")
        bound[key] = bound.get(key, False) or binding.kind == "ClusterRoleBinding"
    for role in rendering.of_kind("Role", "ClusterRole"):
        key = (role.kind, role.name, role.effective_namespace if role.kind == "Role" else "")
        if role.group != _RBAC or (key not in bound and any(label.startswith(_AGGREGATED) for label in role.labels)):
            continue
        for view in role.get("rules").items():
            yield Grant(role, view, bound.get(key, role.kind == "ClusterRole"))


def _granted(grant: Grant, names: frozenset[str], groups: frozenset[str]) -> list[str]:
    """Which of some resources of some API groups a rule is for, also by ``*`` or, for a subresource, ``*/exec``."""
    resources = _texts(grant.rule.get("resources"))
    found = [name for name in resources if name in names or name.replace("*/", "pods/") in names]
    of_groups = _texts(grant.rule.get("apiGroups"))
    if not found and "*" in resources and not groups.isdisjoint(of_groups):
        return ["*"]
    return found


def _texts(view: View) -> list[str]:
    return [text for item in view.items() if (text := item.string()) is not None]


@rule(
    "security/wildcard-role",
    scope=Rendering,
    default=MUST,
    enforces=(
        forbid(
            r"\bwild-?cards?\b(?!.{0,20}\b(?:ingress|egress|hosts?|domains?|certificates?|dns|imports?|cors|origins?)\b)"
            r"|\*.{0,20}\b(?:verbs?|resources?|permissions?)\b"
        ),
        require(
            r"\b(?:explicit|enumerated|minimal|specific)\b.{0,30}\b(?:verbs|rbac|permissions)\b|\brbac\b.{0,40}\bexplicit\b"
            r"|\b(?:service ?accounts?|roles?|rbac)\b.{0,50}\bonly\b.{0,30}"
            r"\b(?:scopes?|permissions?|privileges?|rights)\b"
            r"|\b(?:minim\w+|needed|required|necessary)\b.{0,20}\bverbs\b|\bverbs\b.{0,20}\b(?:needed|required|necessary)\b"
        ),
    ),
    umbrella=ACCESS,
    tests=True,
    urgency=Urgency.EXPOSED,
)
def wildcard_role(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Role grants wildcard permissions.

    Why: "*" also covers everything that Kubernetes or an operator adds later, which nobody has reviewed.
    Bad:
        rules:
          - apiGroups: [""]
            resources: ["*"]
            verbs: ["*"]
    Good:
        rules:
          - apiGroups: [""]
            resources: [configmaps]
            verbs: [get, watch]
    Fix: List the resources and verbs that the pods use.
    Source: Kubernetes documentation, Role Based Access Control Good Practices; kube-linter wildcard-in-rules
    """
    for grant in grants(rendering):
        resources, verbs = _texts(grant.rule.get("resources")), _texts(grant.rule.get("verbs"))
        if "*" in resources:
            what = "every verb" if "*" in verbs else ", ".join(verbs)
            where = _of_groups(_texts(grant.rule.get("apiGroups")))
            yield Violation(
                f"role allows {what} on every resource{where}; list the resources that the pods use",
                at=grant.rule.get("resources"),
            )
        elif "*" in verbs:
            things = resources or _texts(grant.rule.get("nonResourceURLs"))
            yield Violation(f"role allows every verb on {_some(things)}; list the verbs", at=grant.rule.get("verbs"))
        elif not {"*", "/*"}.isdisjoint(_texts(urls := grant.rule.get("nonResourceURLs"))):
            yield Violation(f"role allows {', '.join(verbs)} on every URL of the API server; list the URLs", at=urls)


def _of_groups(groups: list[str]) -> str:
    """The API groups of a rule as words: empty where it covers all of them."""
    return "" if not groups or "*" in groups else f" of {_some([group or 'the core API' for group in groups])}"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


@rule(
    "security/cluster-admin",
    scope=Manifest,
    default=MUST,
    enforces=forbid(r"\bcluster-?admins?\b"),
    umbrella=ACCESS,
    tests=True,
    urgency=Urgency.EXPOSED,
)
def cluster_admin(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Binding grants cluster-admin.

    Why: A pod with this account controls the whole cluster, and so does an attacker who breaks into the pod.
    Bad:
        roleRef:
          kind: ClusterRole
          name: cluster-admin
    Good:
        roleRef:
          kind: ClusterRole
          name: {{ include "web.fullname" . }}
    Fix: Define a role with the permissions that the pods need, and bind that role.
    Source: CIS Kubernetes Benchmark, Ensure that the cluster-admin role is only used where required; kube-linter
        cluster-admin-role-binding
    """
    if manifest.kind not in ("RoleBinding", "ClusterRoleBinding"):
        return
    name = manifest.get("roleRef", "name")
    if name.string() == "cluster-admin":
        reach = "the whole cluster" if manifest.kind == "ClusterRoleBinding" else "its namespace"
        message = f"binding grants cluster-admin, all permissions in {reach}; define and bind a narrower role"
        yield Violation(message, at=name)


_READING = frozenset({"get", "list", "watch", "*"})


_SECRETS = frozenset({"secrets"})
_DOORS = frozenset({"pods/exec", "pods/attach"})
_CORE = frozenset({"", "*"})
_APPS = frozenset({"", "*", "apps", "batch", "extensions"})
_POD_MAKERS = frozenset(
    {
        "pods",
        "deployments",
        "statefulsets",
        "daemonsets",
        "replicasets",
        "replicationcontrollers",
        "jobs",
        "cronjobs",
    }
)


def _everywhere(grant: Grant) -> str:
    return " in every namespace" if grant.everywhere else ""


@rule(
    "security/reads-secrets",
    scope=Rendering,
    default=MUST,
    enforces=(
        forbid(
            r"\b(?:read|get|list|watch|access)\w*\b.{0,40}\b(?:all )?secrets\b(?!.*\b(?:template|hard-?coded?)\b)"
            r"|\bsecrets\b.{0,20}\b(?:list|watch|read)\b"
        ),
        require(
            r"\b(?:restrict|limit|minimi[sz]e|scope)\w*\b.{0,30}\baccess to (?:\w+ )?secrets?\b"
            r"|\b(?:restrict|limit|minimi[sz]e)\w*\b.{0,10}\bsecrets? access\b"
            r"|\b(?:access to secrets?|secrets? access)\b.{0,30}\b(?:restricted|limited|minimal)\b"
        ),
    ),
    umbrella=ACCESS,
    tests=True,
    parameters={
        "strict": Parameter(0, "a Secret listed in resourceNames is the pod's own; 1 allows no verb on any Secret")
    },
    urgency=Urgency.EXPOSED,
    told_by=("security/wildcard-role",),
)
def reads_secrets(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Role can read every Secret.

    Why: The pod can then read the passwords and keys of everything else in the namespace, or in the cluster.
    Bad:
        rules:
          - apiGroups: [""]
            resources: [secrets]
            verbs: [get, list]
    Good:
        rules:
          - apiGroups: [""]
            resources: [secrets]
            resourceNames: [web-tls]
            verbs: [get]
    Fix: Mount the Secret instead, or list it in resourceNames.
    Source: Kubernetes documentation, Role Based Access Control Good Practices; kube-linter access-to-secrets
    """
    for grant in grants(rendering):
        if not _granted(grant, _SECRETS, _CORE):
            continue
        verbs, names = _texts(grant.rule.get("verbs")), _texts(grant.rule.get("resourceNames"))
        if subject.number("strict"):
            which = f"Secret {_some(names)}" if names else f"every Secret{_everywhere(grant)}"
            yield Violation(
                f"role can {', '.join(verbs)} {which}; mount Secrets instead", at=grant.rule.get("resources")
            )
        elif not _READING.isdisjoint(verbs) and not names:
            instead = ", or bind the role with a RoleBinding" if grant.everywhere else ""
            yield Violation(
                f"role can read every Secret{_everywhere(grant)}; list the needed Secrets in resourceNames{instead}",
                at=grant.rule.get("resources"),
            )


@rule(
    "security/creates-pods",
    scope=Rendering,
    default=MUST,
    enforces=forbid(r"\bcreat\w*\b.{0,30}\b(?:pods|workloads)\b"),
    umbrella=ACCESS,
    tests=True,
    urgency=Urgency.EXPOSED,
    told_by=("security/wildcard-role",),
)
def creates_pods(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Role can create pods.

    Why: A new pod can mount every Secret of its namespace and run as every service account there.
    Bad:
        rules:
          - apiGroups: [batch]
            resources: [jobs]
            verbs: [create]
    Good:
        rules:
          - apiGroups: [batch]
            resources: [jobs]
            verbs: [get, list, watch]
    Fix: Let the chart create the workload, or add a waiver if the software's purpose is to create pods.
    Source: Kubernetes documentation, Role Based Access Control Good Practices; kube-linter access-to-create-pods
    """
    for grant in grants(rendering):
        made, verbs = _granted(grant, _POD_MAKERS, _APPS), _texts(grant.rule.get("verbs"))
        if made and not {"create", "*"}.isdisjoint(verbs):
            yield Violation(
                f"role can create {_some(made)}{_everywhere(grant)}, and so run any pod; remove the verb create,"
                " or add a waiver if this is the software's purpose",
                at=grant.rule.get("verbs" if "create" in verbs and made != ["*"] else "resources"),
            )


@rule(
    "security/pod-exec",
    scope=Rendering,
    default=MUST,
    enforces=forbid(r"\bpods?/(?:exec|attach)\b|\bexec\w*\b.{0,20}\b(?:in|into|to)\b.{0,10}\b(?:pods?|containers?)\b"),
    umbrella=ACCESS,
    tests=True,
    urgency=Urgency.EXPOSED,
    told_by=("security/wildcard-role",),
)
def pod_exec(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Role can run commands in other pods.

    Why: Executing commands in a pod gives access to everything that the pod has: its Secrets, its account, its data.
    Bad:
        rules:
          - apiGroups: [""]
            resources: [pods/exec]
            verbs: [create]
    Good:
        rules:
          - apiGroups: [""]
            resources: [pods]
            verbs: [get, list, watch]
    Fix: Remove pods/exec and pods/attach, or add a waiver if the software's purpose is to run commands in pods.
    Source: Kubernetes documentation, Role Based Access Control Good Practices; polaris rolePodExecAttach
    """
    for grant in grants(rendering):
        doors = _granted(grant, _DOORS, _CORE)
        if doors and not {"create", "get", "*"}.isdisjoint(_texts(grant.rule.get("verbs"))):
            yield Violation(
                f"role can run commands in every pod{_everywhere(grant)} through {_some(doors)}; remove the resource,"
                " or add a waiver if this is the software's purpose",
                at=grant.rule.get("resources"),
            )
