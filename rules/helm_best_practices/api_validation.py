"""What the API server refuses of an object, and no schema states."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from helm_constitution.api import MUST, Manifest, Related, Subject, Urgency, View, Violation, forbid, require, rule

from ..object_names import name_fault
from .api_pods import pod_faults, quantity_faults
from .cron import cron_fault

_VALID = (
    r"\b(?:valid (?:kubernetes )?(?:manifests|resources|objects)|kubernetes accepts|API server accepts)\b"
    r"|\b(?:manifests?|yaml|resources|templates)\b.{0,60}\b(?:pass|valid)\w*\b.{0,40}\b(?:kubeconform|kubeval|dry-?run|kubectl)\b"
)


@rule(
    "helm/api-validation",
    scope=Manifest,
    tests=True,
    default=MUST,
    enforces=(require(_VALID), forbid(r"\binvalid (?:kubernetes )?(?:manifests|resources|objects)\b")),
    umbrella=r"\bvalid(?:ated)?\b.{0,30}\b(?:kubernetes|manifests|objects)\b",
    evidence="objects pass the API server's own checks",
    urgency=Urgency.BROKEN,
)
def api_validation(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Object breaks a rule of the API server that no schema states.

    Why: The schema allows each field by itself, so helm lint and schema checks pass; the API server refuses the object,
        and the installation stops half-way.
    Bad:
        kind: PodDisruptionBudget
        spec:
          minAvailable: 1
          maxUnavailable: 1
    Good:
        kind: PodDisruptionBudget
        spec:
          maxUnavailable: 1
    Fix: Follow the message. Checked are handlers of probes and lifecycle hooks, bounds of disruption budgets, update
        strategies, names of containers and volumes and paths of mounts (each once), cron schedules, quantities, file
        modes, and base64 in Secrets and binaryData.
    Source: Kubernetes source, pkg/apis/core/validation, apps/validation, batch/validation and policy/validation
    """
    for workload in manifest.workloads:
        yield from pod_faults(workload.pod)
    spec = manifest.get("spec")
    if manifest.group == "policy" and manifest.kind == "PodDisruptionBudget":
        yield from _bounds(spec)
    elif manifest.group == "apps" and manifest.kind == "Deployment":
        yield from _deployment(spec.get("strategy"))
    elif manifest.group == "apps" and manifest.kind == "DaemonSet":
        yield from _daemon_set(spec.get("updateStrategy"))
    elif manifest.group == "batch" and manifest.kind == "CronJob":
        yield from _schedule(spec.get("schedule"))
    elif not manifest.group and manifest.kind in ("Secret", "ConfigMap"):
        yield from _encoded(manifest.get("data" if manifest.kind == "Secret" else "binaryData"))
    elif not manifest.group and manifest.kind == "PersistentVolumeClaim":
        yield from quantity_faults(spec.get("resources", "requests", "storage"))
    for claim in spec.get("volumeClaimTemplates").items() if manifest.kind == "StatefulSet" else ():
        yield from quantity_faults(claim.get("spec", "resources", "requests", "storage"))


def _bounds(spec: View) -> Iterator[Violation]:
    if spec.get("minAvailable").data is not None and spec.get("maxUnavailable").data is not None:
        message = "has minAvailable and maxUnavailable, and may have only one; remove minAvailable"
        yield Violation(message, at=spec.get("minAvailable"))


def _deployment(strategy: View) -> Iterator[Violation]:
    rolling = strategy.get("rollingUpdate")
    if strategy.get("type").data == "Recreate" and rolling.data is not None:
        # At the type, so that a scenario that sets it to see what happens is not blamed on the chart.
        message = "the type Recreate allows no rollingUpdate; remove that"
        yield Violation(message, at=strategy.get("type"), related=(Related(rolling, "not allowed"),))
    elif _is_zero(rolling.get("maxSurge")) and _is_zero(rolling.get("maxUnavailable")):
        message = "maxSurge and maxUnavailable are both 0, so no pod could be replaced; raise one of them"
        yield Violation(message, at=rolling.get("maxUnavailable"))


def _daemon_set(strategy: View) -> Iterator[Violation]:
    rolling = strategy.get("rollingUpdate")
    surge, unavailable = rolling.get("maxSurge"), rolling.get("maxUnavailable")
    if strategy.get("type").data == "OnDelete" or not rolling.is_map:
        return
    if _is_zero(unavailable) and (surge.data is None or _is_zero(surge)):
        yield Violation("maxUnavailable is 0 and so is maxSurge; raise one of them", at=unavailable)
    elif surge.data is not None and not _is_zero(surge) and not _is_zero(unavailable):
        yield Violation("a DaemonSet with maxSurge must have maxUnavailable 0; set it", at=unavailable)


def _is_zero(view: View) -> bool:
    return view.data in (0, "0%") and not isinstance(view.data, bool)


def _schedule(schedule: View) -> Iterator[Violation]:
    text = schedule.string()
    if text is not None and (fault := cron_fault(text)) is not None:
        yield Violation(f'"{text}" is not a schedule: {fault}', at=schedule)


def _encoded(data: View) -> Iterator[Violation]:
    for key, view in data.entries():
        text = (view.string() or "").replace("\n", "").replace("\r", "")
        try:
            base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            yield Violation(f"{key} is not base64; pipe it through b64enc, or use stringData", at=view)


@rule(
    "helm/object-name",
    scope=Manifest,
    tests=True,
    default=MUST,
    enforces=(
        require(
            r"\b(?:object|resource) names?\b.{0,40}\b(?:valid|DNS|lower[- ]?case)|\bnaming conventions?\b.{0,20}\bDNS\b"
        ),
        forbid(r"\binvalid (?:object |resource )?names?\b"),
    ),
    umbrella=r"\bvalid(?:ated)?\b.{0,30}\b(?:kubernetes|manifests|objects)\b",
    evidence="objects have names that Kubernetes accepts",
)
def object_name(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Name of an object is not one that Kubernetes accepts.

    Why: The API server refuses the object. helm lint warns at most, and passes the items of a list.
    Bad:
        name: {{ .Release.Name }}_Config
    Good:
        name: {{ include "web.fullname" . }}-config
    Fix: Use lower-case letters, digits, "-" and (but for Services and namespaces) "."; begin and end with a letter or
        digit, a Service's name with a letter. Roles and bindings may have other names. Lengths have helm/long-name.
    Source: Kubernetes documentation, Object Names and IDs
    """
    if (fault := name_fault(manifest)) is not None:
        example = f" ({fault.meant})" if fault.meant else ""
        message = f'"{manifest.name}" is not a name for a {manifest.kind}; {fault.advice}{example}'
        yield Violation(message, at=manifest.get("metadata", "name"))
