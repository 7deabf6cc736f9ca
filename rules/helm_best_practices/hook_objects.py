"""The objects that hooks need when helm runs them."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    Rendering,
    Subject,
    View,
    Violation,
    Workload,
    forbid,
    require,
    rule,
)

from . import pod_sources
from .statements import CONSISTENT

_BEFORE = frozenset({"pre-install"})
_RUNNING = frozenset({"Job", "Pod"})


@rule(
    "helm/hook-needs-object",
    scope=Rendering,
    default=MUST,
    enforces=(
        require(r"\bhooks?\b.{0,60}\b(?:self-contained|need only|their own)"),
        forbid(
            r"\bhooks?\b.{0,60}\b(?:depend on|need|use)\b.{0,40}\b(?:objects?|resources?|config ?maps?|accounts?)\b"
        ),
    ),
    umbrella=CONSISTENT,
)
def hook_needs_object(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Pre-install hook needs an object that does not exist yet.

    Why: helm waits for a pre-install hook before it creates anything else. Without the service account, ConfigMap,
        Secret or claim that they need, the hook's pods never start, and the first installation ends in a timeout.
    Bad:
        kind: Job
        metadata:
          annotations:
            helm.sh/hook: pre-install
        spec:
          template:
            spec:
              serviceAccountName: {{ include "web.serviceAccountName" . }}      # not a hook itself
    Good:
        kind: ServiceAccount
        metadata:
          annotations:
            helm.sh/hook: pre-install
            helm.sh/hook-weight: "-5"
    Fix: Make the needed object a hook of the same event with a lower weight; or run the Job as a post-install hook or
        as an ordinary object.
    Source: Helm documentation, Chart Hooks: Hooks and the Release Lifecycle
    """
    for workload in rendering.workloads:
        manifest = workload.manifest
        if not _BEFORE.intersection(manifest.hooks) or manifest.kind not in _RUNNING or manifest.is_left_out:
            continue
        told: set[str] = set()
        for kind, name in _needed(workload):
            text = name.string()
            found = rendering.find(kind, text, manifest.effective_namespace) if text else None
            if found is not None and not found.hooks and f"{kind} {text}" not in told:
                told.add(f"{kind} {text}")
                yield Violation(
                    f'hook runs before helm creates {kind} "{text}"; make it a pre-install hook with a lower weight,'
                    " or run this hook after the installation",
                    at=name,
                )


def _needed(workload: Workload) -> Iterator[tuple[str, View]]:
    """Kind and name of the objects that a pod needs to start."""
    pod = workload.pod
    account = pod.get("serviceAccountName")
    yield "ServiceAccount", account if account.exists else pod.get("serviceAccount")
    for volume in pod.get("volumes").items():
        for kind, reference in pod_sources.of_volumes([volume]):
            yield kind, reference.get("secretName" if kind == "Secret" else "name")
        for kind, reference in pod_sources.of_volumes(volume.get("projected", "sources").items()):
            yield kind, reference.get("name")
        yield "PersistentVolumeClaim", volume.get("persistentVolumeClaim", "claimName")
    for container in pod.all_containers:
        for kind, reference in (*pod_sources.of_whole_environment(container), *pod_sources.of_variables(container)):
            yield kind, reference.get("name")
