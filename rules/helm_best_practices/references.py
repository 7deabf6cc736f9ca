"""References that lead nowhere: a Service without pods, a route without a Service, a scaler without a workload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from helm_constitution.api import (
    MUST,
    TEMPLATES,
    Manifest,
    Parameter,
    Rendering,
    Subject,
    View,
    Violation,
    require,
    rule,
)

from .statements import CONSISTENT
from .targets import (
    difference,
    has_operator_objects,
    makes_pods_itself,
    match_labels,
    pod_templates,
    templates_left_out,
)


@rule(
    "helm/dangling-service",
    scope=Rendering,
    default=MUST,
    needs={TEMPLATES},
    enforces=require(
        r"\bservices?\b.{0,40}\b(?:select|match|target)\w*\b.{0,30}\b(?:pods?|workloads?)"
        r"|\bservices?\b.{0,20}\b(?:have|has) (?:at least one |an? |working )?endpoints?\b"
    ),
    umbrella=CONSISTENT,
    parameters={
        "strict": Parameter(
            0,
            "pods that an operator or the chart's own controller makes, or that run in a namespace where the chart runs"
            " nothing, aren't known; 1 asks for them",
        )
    },
)
def dangling_service(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """A Service selects no pod that the chart runs.

    Why: The Service has no endpoints: whoever calls it gets a refused connection, though everything was installed.
    Bad:
        kind: Service
        spec:
          selector:
            app: web-server      # the pods carry app: web
    Good:
        kind: Service
        spec:
          selector:
            app: web
    Fix: Render the Service's selector and the pods' labels from the same named template.
    Source: Kubernetes documentation, Service; kube-linter dangling-service; kube-score service-targets-pod
    """
    operators: bool | None = None
    for service in rendering.of_kind("Service"):
        selector = service.get("spec", "selector")
        if service.api_version != "v1" or service.is_left_out or not selector:
            continue
        if service.get("spec", "type").string() == "ExternalName":
            continue
        wanted = match_labels(selector)
        closest: tuple[int, str] | None = None
        unmet = dict(wanted)
        for name, labels in pod_templates(rendering, service.effective_namespace):
            differences = difference(wanted, labels)
            if not differences:
                break
            if closest is None or len(differences) < closest[0]:
                closest = len(differences), f"{name} {' and '.join(differences)}"
            unmet = {key: value for key, value in unmet.items() if labels.get(key) != value}
        else:
            if operators is None:
                operators = has_operator_objects(rendering) or makes_pods_itself(rendering)
            # A Service in another namespace, where the chart runs nothing, stands before somebody else's pods.
            is_elsewhere = closest is None and service.namespace not in (None, rendering.namespace)
            if (operators or is_elsewhere) and not subject.number("strict"):
                continue
            if _may_run_with_other_values(service, unmet, rendering, subject):
                continue
            asked = ", ".join(f"{key}={value}" for key, value in wanted.items())
            hint = f"; {closest[1]}" if closest is not None and closest[0] < len(wanted) else ""
            yield Violation(
                f"selects no pods: nothing that the chart runs is labelled {asked}{hint};"
                " render selector and labels from one named template",
                at=selector,
            )


def _may_run_with_other_values(
    service: Manifest, unmet: Mapping[str, object], rendering: Rendering, subject: Subject
) -> bool:
    """Whether a template that makes no pods here is the one that makes a Service's: it stands beside the Service's, or
    names what no pod that is there is labelled."""
    folder = service.template.rpartition("/")[0]
    names = [str(value) for value in unmet.values() if str(value) and str(value) != rendering.release_name]
    for template in templates_left_out(rendering, subject):
        beside = folder != "templates" and template.path.rpartition("/")[0] == folder
        if template.path == service.template or beside or any(name in template.text for name in names):
            return True
    return False


class _Backend(NamedTuple):
    """Where a route leads to: the Service's name and port with their places. ``port`` is None where none is named."""

    name: View
    namespace: str
    port: View | None


_GATEWAY_ROUTES = ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute")


def _backends(manifest: Manifest) -> Iterator[_Backend]:
    """The Services that an Ingress, a Gateway API route or an OpenShift Route leads to."""
    namespace = manifest.effective_namespace
    spec = manifest.get("spec")
    if manifest.kind == "Ingress" and manifest.group in ("networking.k8s.io", "extensions"):
        backends = [spec.get("defaultBackend"), spec.get("backend")]
        backends += [
            path.get("backend") for entry in spec.get("rules").items() for path in entry.get("http", "paths").items()
        ]
        for backend in backends:
            service = backend.get("service")
            if service.is_map:
                port = service.get("port", "name") or service.get("port", "number")
                yield _Backend(service.get("name"), namespace, port)
            elif backend.get("serviceName").exists:
                yield _Backend(backend.get("serviceName"), namespace, backend.get("servicePort"))
    elif manifest.kind in _GATEWAY_ROUTES and manifest.group == "gateway.networking.k8s.io":
        for entry in spec.get("rules").items():
            mirrors = (each.get("requestMirror", "backendRef") for each in entry.get("filters").items())
            for backend in (*entry.get("backendRefs").items(), *(each for each in mirrors if each.is_map)):
                if not backend.get("group") and backend.get("kind").scalar() in (None, "Service"):
                    place = backend.get("namespace").string() or namespace
                    yield _Backend(backend.get("name"), place, backend.get("port"))
    elif manifest.kind == "Route" and manifest.group == "route.openshift.io":
        for backend in (spec.get("to"), *spec.get("alternateBackends").items()):
            if backend.get("kind").scalar() in (None, "Service"):
                yield _Backend(backend.get("name"), namespace, None)


@rule(
    "helm/dangling-ingress",
    scope=Rendering,
    default=MUST,
    enforces=require(
        r"\b(?:ingress(?:es)?|routes?)\b.{0,40}\b(?:lead|point|refer|target|route)\w*\b.{0,30}\bservices?"
    ),
    umbrella=CONSISTENT,
)
def dangling_ingress(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """An Ingress, HTTPRoute or Route leads to a Service, or a port of it, that doesn't exist, or hangs on no Gateway.

    Why: The controller answers every request on that path with 503 or its default backend, or with nothing at all.
    Bad:
        backend:
          service:
            name: web
            port:
              number: 8080      # the Service web has port 80
    Good:
        backend:
          service:
            name: web
            port:
              name: http
    Fix: Take the Service's name and port from the same named template and value as the Service does.
    Source: Kubernetes documentation, Ingress; kube-linter dangling-ingress; kube-score ingress-targets-service
    """
    for manifest in rendering.manifests:
        if manifest.is_left_out:
            continue
        yield from _lost_parents(manifest, rendering)
        for backend in _backends(manifest):
            name = backend.name.string()
            # AWS' controller takes the action from an annotation where the port is called use-annotation.
            if not name or (backend.port is not None and backend.port.data == "use-annotation"):
                continue
            service = rendering.find("Service", name, backend.namespace)
            if service is None:
                if backend.namespace == manifest.effective_namespace and not has_operator_objects(rendering):
                    yield Violation(
                        f"leads to the Service {name}, which the chart doesn't render;"
                        " take its name from where the Service does",
                        at=backend.name,
                    )
            elif backend.port is not None and not _has_port(service, backend.port):
                ports = ", ".join(_port_text(port) for port in service.get("spec", "ports").items())
                yield Violation(
                    f"leads to port {backend.port.data} of the Service {name}, which has {ports}; name one of these",
                    at=backend.port,
                )


def _lost_parents(manifest: Manifest, rendering: Rendering) -> Iterator[Violation]:
    """The Gateways that a route hangs on and that should be the chart's: others are the cluster's."""
    if manifest.kind not in _GATEWAY_ROUTES or manifest.group != "gateway.networking.k8s.io":
        return
    for parent in manifest.get("spec", "parentRefs").items():
        name = parent.get("name").string() or ""
        elsewhere = parent.get("namespace").scalar() not in (None, manifest.effective_namespace)
        if parent.get("kind").scalar() not in (None, "Gateway") or elsewhere or rendering.release_name not in name:
            continue
        if rendering.find("Gateway", name, manifest.effective_namespace) is None:
            yield Violation(
                f"hangs on the Gateway {name}, which the chart doesn't render;"
                " take its name from where the Gateway does",
                at=parent.get("name"),
            )


def _has_port(service: Manifest, wanted: View) -> bool:
    ports = list(service.get("spec", "ports").items())
    if not ports or wanted.data is None:
        return True  # an ExternalName without ports; a port that isn't named is helm lint's or the API's to say
    return any(wanted.scalar() in (port.get("port").data, port.get("name").data) for port in ports)


def _port_text(port: View) -> str:
    name = port.get("name").string()
    return f"{port.get('port').data} ({name})" if name else str(port.get("port").data)


_SCALERS = {
    # kind: where it names what it scales, and the kind that is meant where none is named
    "HorizontalPodAutoscaler": ("scaleTargetRef", None),
    "ScaledObject": ("scaleTargetRef", "Deployment"),
    "VerticalPodAutoscaler": ("targetRef", None),
}


@rule(
    "helm/dangling-hpa",
    scope=Rendering,
    default=MUST,
    enforces=require(r"\b(?:autoscalers?|autoscaling|hpas?)\b.{0,40}\b(?:target|refer)\w*"),
    umbrella=CONSISTENT,
)
def dangling_hpa(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """An autoscaler scales a workload that the chart doesn't render.

    Why: Nothing is ever scaled; the autoscaler's events say so, but nobody reads them until the load comes.
    Bad:
        kind: HorizontalPodAutoscaler
        spec:
          scaleTargetRef:
            kind: Deployment
            name: web              # the Deployment is called shop-web
    Good:
        kind: HorizontalPodAutoscaler
        spec:
          scaleTargetRef:
            kind: Deployment
            name: {{ include "web.fullname" . }}
    Fix: Take the target's kind and name from where the workload takes them.
    Source: Kubernetes documentation, Horizontal Pod Autoscaling; kube-linter dangling-horizontalpodautoscaler;
        kube-score horizontalpodautoscaler-has-target
    """
    for manifest in rendering.of_kind(*_SCALERS):
        field, default_kind = _SCALERS[manifest.kind]
        target = manifest.get("spec", field)
        kind, name = target.get("kind").string() or default_kind, target.get("name").string()
        if manifest.is_left_out or not kind or not name:
            continue
        if rendering.find(kind, name, manifest.effective_namespace) is None and not has_operator_objects(rendering):
            yield Violation(
                f"scales the {kind} {name}, which the chart doesn't render;"
                " take kind and name from where the workload does",
                at=target.get("name"),
            )
