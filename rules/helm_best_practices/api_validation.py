"""What the API server refuses of an object, and no schema states."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from helm_constitution.api import MUST, Manifest, Related, Subject, Urgency, View, Violation, forbid, require, rule

from ..object_names import name_fault
from .api_fields import field_faults, pod_field_faults
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
    """Object fails API server validation.

    Why: The schema allows each field by itself, so helm lint and schema checks pass; the API server rejects the object,
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
    Fix: Follow the message. The rule checks handlers of probes and lifecycle hooks, disruption budgets, update
        strategies, duplicate names of containers and volumes, duplicate mount paths, cron schedules, quantities, file
        modes, base64 in Secrets and binaryData, fields with a few fixed texts (imagePullPolicy, pathType), ports, and
        the bounds of autoscalers.
    Source: Kubernetes source, pkg/apis/core/validation, apps/validation, batch/validation and policy/validation
    """
    for workload in manifest.workloads:
        yield from pod_faults(workload.pod)
        yield from pod_field_faults(workload.pod)
    yield from field_faults(manifest)
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
        message = "PodDisruptionBudget sets both minAvailable and maxUnavailable; remove minAvailable"
        yield Violation(message, at=spec.get("minAvailable"))


def _deployment(strategy: View) -> Iterator[Violation]:
    rolling = strategy.get("rollingUpdate")
    if strategy.get("type").data == "Recreate" and rolling.data is not None:
        # At the type, so that the chart is not blamed for a scenario that sets it.
        message = "strategy type Recreate does not allow rollingUpdate; remove rollingUpdate"
        yield Violation(message, at=strategy.get("type"), related=(Related(rolling, "not allowed"),))
    elif _is_zero(rolling.get("maxSurge")) and _is_zero(rolling.get("maxUnavailable")):
        message = "maxSurge and maxUnavailable are both 0, so no pod can be replaced; raise one of them"
        yield Violation(message, at=rolling.get("maxUnavailable"))


def _daemon_set(strategy: View) -> Iterator[Violation]:
    rolling = strategy.get("rollingUpdate")
    surge, unavailable = rolling.get("maxSurge"), rolling.get("maxUnavailable")
    if strategy.get("type").data == "OnDelete" or not rolling.is_map:
        return
    if _is_zero(unavailable) and (surge.data is None or _is_zero(surge)):
        yield Violation(
            "maxSurge and maxUnavailable are both 0, so no pod can be replaced; raise one of them", at=unavailable
        )
    elif surge.data is not None and not _is_zero(surge) and not _is_zero(unavailable):
        yield Violation("DaemonSet sets both maxSurge and maxUnavailable; set maxUnavailable: 0", at=unavailable)


def _is_zero(view: View) -> bool:
    return view.data in (0, "0%") and not isinstance(view.data, bool)


def _schedule(schedule: View) -> Iterator[Violation]:
    text = schedule.string()
    if text is not None and (fault := cron_fault(text)) is not None:
        yield Violation(f'schedule "{text}" is invalid: {fault}', at=schedule)


def _encoded(data: View) -> Iterator[Violation]:
    for key, view in data.entries():
        text = (view.string() or "").replace("\n", "").replace("\r", "")
        try:
            base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            yield Violation(f"{key} is not base64-encoded; pipe it through b64enc, or use stringData", at=view)


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
    evidence="objects have valid names",
)
def object_name(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Object name is not valid in Kubernetes.

    Why: The API server rejects the object. helm lint warns at most, and does not check the items of a list.
    Bad:
        name: {{ .Release.Name }}_Config
    Good:
        name: {{ include "web.fullname" . }}-config
    Fix: Use lower-case letters, digits, "-" and (but for Services and namespaces) "."; begin and end with a letter or
        digit, a Service's name with a letter. Roles and bindings may have other names. helm/long-name checks lengths.
    Source: Kubernetes documentation, Object Names and IDs
    """
    if (fault := name_fault(manifest)) is not None:
        example = f" ({fault.meant})" if fault.meant else ""
        message = f'"{manifest.name}" is not a valid {manifest.kind} name; {fault.advice}{example}'
        yield Violation(message, at=manifest.get("metadata", "name"))
