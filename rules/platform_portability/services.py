"""Services without pods."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import SHOULD, Rendering, Subject, Violation, forbid, require, rule


@rule(
    "portability/service-without-selector",
    scope=Rendering,
    default=SHOULD,
    enforces=(
        require(r"\bservices?\b.{0,40}\b(?:has|have) (?:a )?selectors?\b"),
        forbid(r"\bservices?\b.{0,40}\bwithout (?:a )?selectors?\b|\bendpoints\b.{0,40}\bby hand\b"),
    ),
)
def service_without_selector(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Service has neither a selector nor endpoints.

    Why: Kubernetes finds no pods for the Service, so every connection to it is refused, unless something outside of the
        chart creates the endpoints.
    Bad:
        kind: Service
        spec:
          ports:
            - port: 80
    Good:
        kind: Service
        spec:
          selector:
            {{- include "web.selectorLabels" . | nindent 4 }}
          ports:
            - port: 80
    Fix: Select the pods by their labels; for an external service use type ExternalName, or render an EndpointSlice with
        the label kubernetes.io/service-name.
    Source: Kubernetes documentation, Service: Services without selectors
    """
    backed = {
        name
        for manifest in rendering.of_kind("Endpoints", "EndpointSlice")
        for name in (manifest.name, manifest.labels.get("kubernetes.io/service-name"))
    }
    for service in rendering.of_kind("Service"):
        spec = service.get("spec")
        if service.group or service.is_left_out or spec.get("type").data == "ExternalName" or spec.get("selector"):
            continue
        if service.name not in backed and not subject.stands_in_defaults(service):
            yield Violation(
                "Service has no selector and no endpoints; set spec.selector to the labels of the pods",
                at=spec.get("selector"),
            )
