"""Broken references: a Service without pods, a route without a Service, a scaler without a workload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from helm_constitution.api import (
    MUST,
    TEMPLATES,
    Manifest,
    NamedTuple,
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
            "pods of an operator or of the chart's own controller, and of a namespace where the chart runs nothing, are"
            " unknown; 1 reports these Services too",
        )
    },
)
def dangling_service(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Service selects no pods.

    Why: The Service has no endpoints: every connection to it is refused, although everything is installed.
    Bad:
        kind: Service
        spec:
          selector:
            app: web-server      # the pods have app: web
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
            # A Service in another namespace, where the chart runs nothing, is for pods of others.
            is_elsewhere = closest is None and service.namespace not in (None, rendering.namespace)
            if (operators or is_elsewhere) and not subject.number("strict"):
                continue
            if _may_run_with_other_values(service, unmet, rendering, subject):
                continue
            if closest is None and templates_left_out(rendering, subject):
                continue  # no pods run here at all: they need other values (`eula: "TRUE"`)
            asked = ", ".join(f"{key}={value}" for key, value in wanted.items())
            hint = f" ({closest[1]})" if closest is not None and closest[0] < len(wanted) else ""
            yield Violation(
                f"Service selects no pods: no pod of the chart has the labels {asked}{hint};"
                " render the selector and the labels with one named template",
                at=selector,
            )


def _may_run_with_other_values(
    service: Manifest, unmet: Mapping[str, object], rendering: Rendering, subject: Subject
) -> bool:
    """Whether a template that renders no pods here is the one for a Service's pods: it is beside the Service's
    template, or contains a label value that no rendered pod has."""
    folder = service.template.rpartition("/")[0]
    names = [str(value) for value in unmet.values() if str(value) and str(value) != rendering.release_name]
    for template in templates_left_out(rendering, subject):
        beside = folder != "templates" and template.path.rpartition("/")[0] == folder
        if template.path == service.template or beside or any(name in template.text for name in names):
            return True
    return False


class _Backend(NamedTuple):
    """The target of a route: the Service's name and port with their places. ``port`` is None where none is set."""

    name: View
    namespace: str
    port: View | None


_GATEWAY_ROUTES = ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute")


def _backends(manifest: Manifest) -> Iterator[_Backend]:
    """The Services that an Ingress, a Gateway API route or an OpenShift Route refers to."""
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
    """Ingress or route refers to a Service, port or Gateway that does not exist.

    Why: The controller answers every request on that path with 503 or its default backend, or not at all.
    Bad:
        backend:
          service:
            name: web
            port:
              number: 8080      # Service web has port 80
    Good:
        backend:
          service:
            name: web
            port:
              name: http
    Fix: Build the reference with the named template and the value that the Service uses for its name and port.
    Source: Kubernetes documentation, Ingress; kube-linter dangling-ingress; kube-score ingress-targets-service
    """
    for manifest in rendering.manifests:
        if manifest.is_left_out:
            continue
        yield from _lost_parents(manifest, rendering)
        for backend in _backends(manifest):
            name = backend.name.string()
            # The AWS controller reads the action from an annotation if the port is named use-annotation.
            if not name or (backend.port is not None and backend.port.data == "use-annotation"):
                continue
            service = rendering.find("Service", name, backend.namespace)
            if service is None:
                if backend.namespace == manifest.effective_namespace and not has_operator_objects(rendering):
                    yield Violation(
                        f'{manifest.kind} refers to Service "{name}", which the chart does not render;'
                        " use the named template of the Service's name",
                        at=backend.name,
                    )
            elif backend.port is not None and not _has_port(service, backend.port):
                ports = ", ".join(_port_text(port) for port in service.get("spec", "ports").items())
                yield Violation(
                    f'{manifest.kind} refers to port {backend.port.data} of Service "{name}", which does not exist;'
                    f" use one of its ports: {ports}",
                    at=backend.port,
                )


def _lost_parents(manifest: Manifest, rendering: Rendering) -> Iterator[Violation]:
    """The missing parent Gateways of a route that should be the chart's own: others belong to the cluster."""
    if manifest.kind not in _GATEWAY_ROUTES or manifest.group != "gateway.networking.k8s.io":
        return
    for parent in manifest.get("spec", "parentRefs").items():
        name = parent.get("name").string() or ""
        elsewhere = parent.get("namespace").scalar() not in (None, manifest.effective_namespace)
        if parent.get("kind").scalar() not in (None, "Gateway") or elsewhere or rendering.release_name not in name:
            continue
        if rendering.find("Gateway", name, manifest.effective_namespace) is None:
            yield Violation(
                f'{manifest.kind} refers to Gateway "{name}", which the chart does not render;'
                " use the named template of the Gateway's name",
                at=parent.get("name"),
            )


def _has_port(service: Manifest, wanted: View) -> bool:
    ports = list(service.get("spec", "ports").items())
    if not ports or wanted.data is None:
        return True  # an ExternalName without ports; helm lint or the API server reports a missing port
    return any(wanted.scalar() in (port.get("port").data, port.get("name").data) for port in ports)


def _port_text(port: View) -> str:
    name = port.get("name").string()
    return f"{port.get('port').data} ({name})" if name else str(port.get("port").data)


_SCALERS = {
    # kind: the field of its target, and the target's default kind
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
    """Autoscaler refers to a workload that the chart does not render.

    Why: The autoscaler never scales anything; its events show the error, but nobody reads them until the load rises.
    Bad:
        kind: HorizontalPodAutoscaler
        spec:
          scaleTargetRef:
            kind: Deployment
            name: web              # the Deployment is named shop-web
    Good:
        kind: HorizontalPodAutoscaler
        spec:
          scaleTargetRef:
            kind: Deployment
            name: {{ include "web.fullname" . }}
    Fix: Use the workload's own kind and name in the reference.
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
                f'autoscaler refers to {kind} "{name}", which the chart does not render;'
                " use the kind and name of the workload",
                at=target.get("name"),
            )
