"""Selectors that match too much: pods of another release, of another workload, or without the Service's port."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    Applicability,
    Fix,
    LabelSelector,
    Manifest,
    Related,
    Rendering,
    Severity,
    Subject,
    Urgency,
    View,
    Violation,
    Workload,
    forbid,
    require,
    rule,
)

_CONTROLLERS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"})


def _selectors(rendering: Rendering) -> Iterator[tuple[View, Manifest]]:
    """The selectors of workloads, and of Services that select pods of the chart, except those of test hooks."""
    for workload in rendering.workloads:
        if workload.kind in _CONTROLLERS and not workload.manifest.is_left_out:
            yield workload.selector.get("matchLabels"), workload.manifest
    for service in rendering.of_kind("Service"):
        selector = service.get("spec", "selector")
        if not service.group and not service.is_left_out and any(_selected(service, rendering)):
            yield selector, service


def _selected(service: Manifest, rendering: Rendering) -> Iterator[Workload]:
    """The workloads whose pods a Service selects."""
    wanted = dict(service.get("spec", "selector").entries())
    for workload in rendering.workloads:
        if not wanted or workload.manifest.effective_namespace != service.effective_namespace:
            continue
        if not workload.manifest.is_left_out and all(
            workload.pod_labels.get(key) == view.data for key, view in wanted.items()
        ):
            yield workload


@rule(
    "compat/selector-without-release",
    scope=Rendering,
    default=MUST,
    enforces=(
        require(r"\bselectors?\b.{0,60}\b(?:release|instance)\b"),
        forbid(r"\bselectors?\b.{0,60}\b(?:other|another) releases?\b"),
    ),
    umbrella=r"\b(?:several|multiple|two) (?:releases|installations|instances)\b",
    urgency=Urgency.COLLISION,
)
def selector_without_release(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Selector does not contain the release name.

    Why: With two releases in one namespace, the Service of each sends requests to the pods of both, and their workloads
        count each other's pods.
    Bad:
        selector:
          app.kubernetes.io/name: web
    Good:
        selector:
          app.kubernetes.io/name: web
          app.kubernetes.io/instance: {{ .Release.Name }}
    Fix: Add app.kubernetes.io/instance to the selectors and to the pod labels; for an installed workload that is a
        breaking change, because its selector is immutable. Objects whose name does not contain the release name either
        are not reported: a second release can't have them. Identical selectors have one finding.
    Source: Helm chart best practices, Labels and Annotations; Kubernetes documentation, Recommended Labels
    """
    if rendering.scenario != "defaults":
        return
    found: dict[tuple[tuple[str, object], ...], list[View]] = {}
    for selector, manifest in _selectors(rendering):
        texts = [view.string() or "" for _, view in selector.entries()]
        if (
            texts
            and rendering.release_name in manifest.name
            and not any(rendering.release_name in text for text in texts)
        ):
            key = tuple(sorted((name, str(view.data)) for name, view in selector.entries()))
            found.setdefault(key, []).append(selector)
    for labels, places in found.items():
        shown = ", ".join(f"{name}: {value}" for name, value in labels)
        yield Violation(
            f"selector {shown} matches the pods of every release; add app.kubernetes.io/instance:"
            " {{ .Release.Name }} to the selector and the pod labels",
            at=places[0],
            related=tuple(Related(place, "the same selector") for place in places[1:]),
            fix=_BY_HAND,
        )


_BY_HAND = Fix(
    "add app.kubernetes.io/instance to the selector and the pods' labels, not applied because an upgrade can't change"
    " the selector of a running workload",
    (),
    Applicability.DISPLAY,
)


@rule(
    "compat/selector-overlap",
    scope=Rendering,
    default=MUST,
    enforces=(
        require(r"\bselectors?\b.{0,40}\b(?:unique|distinct|differ)"),
        forbid(r"\boverlap(?:ping)? selectors?\b|\bselectors?\b.{0,40}\boverlap"),
    ),
    urgency=Urgency.COLLISION,
)
def selector_overlap(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Selectors of two workloads match the same pods.

    Why: Kubernetes allows it but warns against it: each of the two counts the other's pods, autoscalers and disruption
        budgets act on both, and a pod without an owner is adopted by the wrong one.
    Bad:
        # Deployment web and Deployment worker, both
        selector:
          matchLabels:
            app.kubernetes.io/instance: {{ .Release.Name }}
    Good:
        selector:
          matchLabels:
            app.kubernetes.io/instance: {{ .Release.Name }}
            app.kubernetes.io/component: worker
    Fix: Give each workload its own label, for example app.kubernetes.io/component, in selector and pod labels.
    Source: Kubernetes documentation, Deployments: Selector
    """
    workloads = [one for one in rendering.workloads if one.kind in _CONTROLLERS and not one.manifest.is_left_out]
    for index, workload in enumerate(workloads):
        selector = LabelSelector(workload.selector)
        for other in workloads[:index]:
            same_place = other.manifest.effective_namespace == workload.manifest.effective_namespace
            # helm/duplicate-object reports an object that is rendered twice.
            if not same_place or other.manifest.identity == workload.manifest.identity or selector.is_empty:
                continue
            takes_other = not list(selector.unmet(other.pod_labels))
            taken = not list(LabelSelector(other.selector).unmet(workload.pod_labels))
            if takes_other or taken:
                yield Violation(
                    f"selectors of {workload.manifest} and {other.manifest} match the same pods;"
                    " add a label to each that the other does not have",
                    at=workload.selector,
                    related=(Related(other.selector, "the other selector"),),
                )
                break


@rule(
    "compat/selector-too-wide",
    scope=Rendering,
    default=MUST,
    enforces=forbid(r"\bselectors?\b.{0,40}\btoo (?:wide|broad)\b"),
    umbrella=r"\bservices?\b.{0,20}\b(?:selects?|leads? to)\b.{0,30}\b(?:pods?|workloads?|ports?)\b",
    urgency=Urgency.COLLISION,
)
def selector_too_wide(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Service selects pods without its port.

    Why: The Service sends a share of its requests to pods that refuse them: those of another Deployment, or of a
        running Job.
    Bad:
        # the worker's pods have this label, too, and no port 8080
        selector:
          app.kubernetes.io/instance: {{ .Release.Name }}
    Good:
        selector:
          app.kubernetes.io/instance: {{ .Release.Name }}
          app.kubernetes.io/component: server
    Fix: Select by a label that only the pods with the port have, for example app.kubernetes.io/component.
    Source: Kubernetes documentation, Service: Defining a Service
    """
    for service in rendering.of_kind("Service"):
        if service.group or service.is_left_out:
            continue
        selected = list(_selected(service, rendering))
        if len(selected) < 2 or any(workload.pod.merged for workload in selected):
            continue
        ports = [_target(port) for port in service.get("spec", "ports").items()]
        lacking = [workload for workload in selected if not any(_has(workload, port) for port in ports)]
        if ports and lacking and len(lacking) < len(selected):
            names = ", ".join(str(workload.manifest) for workload in lacking)
            by_number = any(isinstance(port, int) for port in ports)
            shown = ", ".join(str(port) for port in ports)
            yield Violation(
                f"Service also selects the pods of {names}, which have no port {shown}; select by a label that these"
                " pods do not have",
                at=service.get("spec", "selector"),
                # The endpoints do not include a pod without a port of that name.
                at_most=None if by_number else Severity.WARNING,
            )


def _target(port: View) -> int | str:
    target = port.get("targetPort").data
    if isinstance(target, str) and target.isdigit():
        return int(target)
    return target if isinstance(target, int | str) and target else port.get("port").integer() or 0


def _has(workload: Workload, wanted: int | str) -> bool:
    return any(
        wanted in (port.get("name").data, port.get("containerPort").data)
        for container in workload.pod.all_containers
        for port in container.field("ports").items()
    )
