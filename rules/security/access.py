"""What the chart's pods may do with the Kubernetes API."""

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
    """The service accounts (name, namespace) that a binding of the chart references."""
    accounts = set()
    for binding in rendering.of_kind("RoleBinding", "ClusterRoleBinding"):
        for subject in binding.get("subjects").items():
            if subject.get("kind").string() == "ServiceAccount" and (name := subject.get("name").string()):
                accounts.add((name, subject.get("namespace").string() or binding.effective_namespace))
    return accounts


def _mounts_token(pod: PodSpec, account: Manifest | None) -> bool:
    """Whether the pods get the account's token: the pod's setting wins, then the account's; the default is yes."""
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
    parameters={"strict": Parameter(0, "an account with a role needs its token; 1 requires a projected token instead")},
)
def token_mounted(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Pod mounts a service account token that it does not need.

    Why: An attacker who breaks into the container can use the API as this account, with its current rights and all that
        it gets later.
    Bad:
        spec:
          serviceAccountName: web
    Good:
        spec:
          serviceAccountName: web
          automountServiceAccountToken: false
    Fix: Set automountServiceAccountToken: false in the pod spec or on the ServiceAccount. A pod is not reported if the
        chart binds its account to a role or does not create the account, unless `strict` is 1: then mount the token
        through a projected volume (serviceAccountToken) that expires.
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
        # An account that the chart doesn't create belongs to the user, with the user's bindings.
        is_idle = (account is not None or pod.service_account == "default") and key not in bound
        if (is_idle or strict) and _mounts_token(pod, account):
            related = (
                () if account is None else (Related(account.get("automountServiceAccountToken"), "ServiceAccount"),)
            )
            why = ", which the chart binds to no role" if is_idle else " by default"
            yield Violation(
                f'pod mounts the token of service account "{pod.service_account}"{why};'
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
    """Pod uses the default service account of its namespace.

    Why: Every pod without serviceAccountName shares this account: a right granted to one of them is granted to all.
    Bad:
        spec:
          containers: []
    Good:
        spec:
          serviceAccountName: web
    Fix: Create a ServiceAccount and set serviceAccountName in the pod spec, or set automountServiceAccountToken: false
        if the pod doesn't use the API.
    Source: CIS Kubernetes Benchmark, Ensure that default service accounts are not actively used; kube-linter
        default-service-account
    """
    accounts = _accounts(rendering)
    for workload in rendering.workloads:
        pod = workload.pod
        account = accounts.get(("default", workload.manifest.effective_namespace))
        if pod.service_account == "default" and _mounts_token(pod, account):
            yield Violation(
                "pod runs as the default service account; create a ServiceAccount and set serviceAccountName",
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
    """Pod uses a service account that the chart does not create.

    Why: Kubernetes refuses to create the pods, and the Deployment waits without an error.
    Bad:
        spec:
          serviceAccountName: {{ include "web.fullname" . }}   # and no ServiceAccount
    Good:
        spec:
          serviceAccountName: {{ include "web.serviceAccountName" . }}   # default where none is created
    Fix: Create the ServiceAccount, or fall back to "default" if its creation is disabled. An account that is set in a
        user's values is not reported.
    Source: Kubernetes documentation, Configure Service Accounts for Pods; kube-linter non-existent-service-account
    """
    accounts = _accounts(rendering)
    for workload in rendering.workloads:
        name = workload.pod.service_account
        # Values of a scenario may set another account; the defaults, or a name built from the release name, may not.
        ours = rendering.scenario == "defaults" or rendering.release_name in name
        if ours and name != "default" and (name, workload.manifest.effective_namespace) not in accounts:
            yield Violation(
                f'pod runs as service account "{name}", which the chart does not create;'
                ' create the ServiceAccount, or fall back to "default"',
                at=workload.pod.get("serviceAccountName"),
            )
