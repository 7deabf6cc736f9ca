"""What the chart's pods may ask of the Kubernetes API."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    SHOULD,
    Manifest,
    Parameter,
    PodSpec,
    Related,
    Rendering,
    SetField,
    Subject,
    Violation,
    forbid,
    require,
    rule,
)

from .statements import ACCESS


def _bound_accounts(rendering: Rendering) -> set[tuple[str, str]]:
    """The service accounts (name, namespace) that a binding of the chart names."""
    accounts = set()
    for binding in rendering.of_kind("RoleBinding", "ClusterRoleBinding"):
        for subject in binding.get("subjects").items():
            if subject.get("kind").string() == "ServiceAccount" and (name := subject.get("name").string()):
                accounts.add((name, subject.get("namespace").string() or binding.effective_namespace))
    return accounts


def _mounts_token(pod: PodSpec, account: Manifest | None) -> bool:
    """Whether the pods get the account's token: the pod's own word counts, then the account's, then yes."""
    own = pod.get("automountServiceAccountToken").boolean()
    if own is None and account is not None:
        own = account.get("automountServiceAccountToken").boolean()
    return own is not False


def _accounts(rendering: Rendering) -> dict[tuple[str, str], Manifest]:
    return {(account.name, account.effective_namespace): account for account in rendering.of_kind("ServiceAccount")}


@rule(
    "security/token-mounted",
    scope=Rendering,
    default=SHOULD,
    enforces=(
        require(
            r"\bautomount\w*\b.{0,40}\b(?:false|disabled|off)\b"
            r"|\b(?:disable|prevent|avoid)\w*\b.{0,30}\b(?:automount|service ?account token)"
        ),
        forbid(
            r"\b(?:auto)?mount\w*\b.{0,40}\btokens?\b|\baccount tokens?\b.{0,30}\b(?:auto-?)?mount\w*\b"
            r"|\bautomountServiceAccountToken\b|\bauto-?mount\w*\b(?=.*\bservice ?accounts?\b)"
            r"|\bservice ?accounts?\b.*\bauto-?mount"
        ),
    ),
    umbrella=ACCESS,
    tests=True,
    parameters={"strict": Parameter(0, "an account with a role needs its token; 1 asks for a projected one there")},
)
def token_mounted(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """A pod gets a token for the Kubernetes API that it has no use for.

    Why: Whoever breaks into the container can then talk to the API as this account, now and with every right that it
        is given later.
    Bad:
        spec:
          serviceAccountName: web
    Good:
        spec:
          serviceAccountName: web
          automountServiceAccountToken: false
    Fix: Set automountServiceAccountToken: false in the pod spec or on the ServiceAccount. A pod whose account the chart
        binds to a role, or doesn't make, is not reported, unless `strict` is 1: it then mounts its token by a projected
        volume (serviceAccountToken) with an end.
        `fix --unsafe` sets it.
    Source: CIS Kubernetes Benchmark, Ensure that Service Account Tokens are only mounted where necessary; polaris
        automountServiceAccountToken
    """
    bound, accounts = _bound_accounts(rendering), _accounts(rendering)
    strict = bool(subject.number("strict"))
    for workload in rendering.workloads:
        pod = workload.pod
        key = (pod.service_account, workload.manifest.effective_namespace)
        account = accounts.get(key)
        # An account that the chart doesn't make is the user's, with the user's bindings.
        is_idle = (account is not None or pod.service_account == "default") and key not in bound
        if (is_idle or strict) and _mounts_token(pod, account):
            related = () if account is None else (Related(account.get("automountServiceAccountToken"), "the account"),)
            why = ", which the chart gives no role" if is_idle else " by default"
            yield Violation(
                f"mounts the token of the service account {pod.service_account}{why};"
                " set automountServiceAccountToken: false",
                at=pod.get("automountServiceAccountToken"),
                related=related,
                fix=SetField(False),
            )


@rule(
    "security/default-service-account",
    scope=Rendering,
    default=SHOULD,
    enforces=(
        require(
            r"\b(?:set|define|declare|specify) (?:an? |the )?serviceAccountName\b"
            r"|\b(?:dedicated|own|separate|specific) (?:kubernetes )?service ?accounts?\b"
            r"|\bservice ?accounts?\b.{0,30}\b(?:dedicated|of its own|per (?:workload|chart|app\w*|service))\b"
        ),
        forbid(r"\bdefault (?:service ?accounts?|SA)\b"),
    ),
    umbrella=ACCESS,
    tests=True,
)
def default_service_account(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """A pod talks to the Kubernetes API as its namespace's default service account.

    Why: Every pod that names no account shares it, so a right given to one of them is given to all.
    Bad:
        spec:
          containers: []
    Good:
        spec:
          serviceAccountName: web
    Fix: Create a ServiceAccount and name it in the pod spec, or set automountServiceAccountToken: false where the pod
        doesn't need the API at all.
    Source: CIS Kubernetes Benchmark, Ensure that default service accounts are not actively used; kube-linter
        default-service-account
    """
    accounts = _accounts(rendering)
    for workload in rendering.workloads:
        pod = workload.pod
        account = accounts.get(("default", workload.manifest.effective_namespace))
        if pod.service_account == "default" and _mounts_token(pod, account):
            yield Violation(
                "runs as the namespace's default service account; name one of its own in serviceAccountName",
                at=pod.get("serviceAccountName"),
            )


@rule(
    "security/missing-service-account",
    scope=Rendering,
    default=MUST,
    enforces=require(r"\bservice ?accounts?\b.{0,60}\b(?:exist|be created|resolve|created by)\b"),
    umbrella=ACCESS,
    tests=True,
)
def missing_service_account(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """A pod runs as a service account that the chart doesn't create.

    Why: Kubernetes refuses to create the pods, and the Deployment waits without saying so.
    Bad:
        spec:
          serviceAccountName: {{ include "web.fullname" . }}   # and no ServiceAccount
    Good:
        spec:
          serviceAccountName: {{ include "web.serviceAccountName" . }}   # default where none is created
    Fix: Create the ServiceAccount, or fall back to "default" where its creation is switched off. An account that a
        user's values name is not reported.
    Source: Kubernetes documentation, Configure Service Accounts for Pods; kube-linter non-existent-service-account
    """
    accounts = _accounts(rendering)
    for workload in rendering.workloads:
        name = workload.pod.service_account
        # Values of a scenario may name an account of their own; the defaults, or a name made of the release's, may not.
        ours = rendering.scenario == "defaults" or rendering.release_name in name
        if ours and name != "default" and (name, workload.manifest.effective_namespace) not in accounts:
            yield Violation(
                f"runs as the service account {name}, which the chart doesn't create;"
                " create it, or fall back to default",
                at=workload.pod.get("serviceAccountName"),
            )
