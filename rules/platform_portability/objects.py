"""Rendered objects that not every cluster takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    Container,
    LazyPattern,
    Manifest,
    SetField,
    Subject,
    View,
    Violation,
    forbid,
    require,
    rule,
)

from ..yaml_text import key_lines
from .platforms import INGRESS_CLASSES, VOLUMES, Platform, platform_of

STANDARD_KUBERNETES = (
    r"\b(?:standard|vanilla|upstream|conformant|any|every) (?:conformant )?kubernetes\b(?! labels?| resource)"
    r"|\bany cluster\b(?!-)|\b(?:platform|cloud|vendor)[- ](?:agnostic|neutral|independent)\b"
)
"""Statements that the chart works everywhere: "Chart MUST work on standard Kubernetes"."""

VENDORS = r"\b(?:platform|cloud|vendor|provider)[- ]specific\b"


@rule(
    "portability/platform-object",
    scope=Manifest,
    default=MUST,
    enforces=(
        require(
            rf"{STANDARD_KUBERNETES}|\bkubernetes standard resources?\b(?! label)"
            rf"|^(?!.*\boverlays? that extend).*{VENDORS}.*\b(?:optional|disabled|off|isolated)"
        ),
        forbid(
            rf"{VENDORS}|\bspecific (?:platform|cloud|vendor)"
            rf"|\b(?:depend|rel(?:y|ies)|assum\w*)\b.{{0,40}}\b(?:platform|cloud|vendor|provider)"
        ),
    ),
    evidence="objects by default values are those of any Kubernetes",
)
def platform_object(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Default values render what only one vendor's platform understands.

    Why: Elsewhere the installation fails at an unknown kind or an unknown storage driver, pods find no node, or an
        annotation is silently without effect.
    Bad:
        apiVersion: route.openshift.io/v1
        kind: Route
    Good:
        {{- if .Values.route.enabled }}        # false by default
        apiVersion: route.openshift.io/v1
        kind: Route
    Fix: Put the object behind a value that is off, and take annotations, node selectors and storage classes from values
        that are empty; set them in platforms/<name>.yaml.
    Source: Kubernetes documentation, API groups and well-known labels; the vendors' own documentation
    """
    if manifest.scenario != "defaults":
        return
    chart = subject.chart_of(manifest)
    words = frozenset(re.split(r"[^a-z0-9]+", chart.name.lower())) if chart is not None else frozenset()
    for platform, what, at in _signs(manifest):
        if words.isdisjoint(platform.words):
            yield Violation(
                f"{what} is {platform.name}'s, and default values must do on any Kubernetes;"
                " leave it to platforms/*.yaml",
                at=at,
            )


def _signs(manifest: Manifest) -> Iterator[tuple[Platform, str, View]]:
    """What shows a platform: (platform, the words for it, where)."""
    if manifest.group and (platform := platform_of(manifest.group)) is not None:
        yield platform, f"the API {manifest.api_version}", manifest.get("apiVersion")
        return
    metadata = [manifest.get("metadata")]
    if manifest.kind != "Pod":
        metadata.extend(workload.pod_metadata for workload in manifest.workloads)
    for part in metadata:
        for field, noun in (("annotations", "annotation"), ("labels", "label")):
            for key, view in part.get(field).entries():
                if (platform := platform_of(key)) is not None:
                    yield platform, f"the {noun} {key}", view
    for workload in manifest.workloads:
        yield from _pod_signs(workload.pod.view)
    if manifest.kind in ("StorageClass", "VolumeSnapshotClass", "PersistentVolume", "Ingress", "IngressClass"):
        yield from _other_signs(manifest)


def _pod_signs(pod: View) -> Iterator[tuple[Platform, str, View]]:
    for key, view in pod.get("nodeSelector").entries():
        if (platform := platform_of(key)) is not None:
            yield platform, f"the node label {key}", view
    affinity = pod.get("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    for term in affinity.get("nodeSelectorTerms").items():
        for expression in term.get("matchExpressions").items():
            key = expression.get("key").string() or ""
            # NotIn and DoesNotExist hold on every node that lacks the label.
            if expression.get("operator").scalar() in ("In", "Exists", "Gt", "Lt") and (platform := platform_of(key)):
                yield platform, f"the node label {key}", expression
    for volume in pod.get("volumes").items():
        yield from _volume_signs(volume)


def _volume_signs(volume: View) -> Iterator[tuple[Platform, str, View]]:
    for kind, view in volume.entries():
        if (platform := VOLUMES.get(kind)) is not None:
            yield platform, f"the volume type {kind}", view
    driver = volume.get("csi", "driver")
    if (platform := platform_of(driver.string() or "")) is not None:
        yield platform, f"the storage driver {driver.data}", driver


def _other_signs(manifest: Manifest) -> Iterator[tuple[Platform, str, View]]:
    for field in ("provisioner", "driver"):
        driver = manifest.get(field)
        if (platform := platform_of(driver.string() or "")) is not None:
            yield platform, f"the storage driver {driver.data}", driver
    if manifest.kind == "PersistentVolume":
        yield from _volume_signs(manifest.get("spec"))
    controller = manifest.get("spec", "controller")
    if manifest.kind == "IngressClass" and (platform := platform_of(controller.string() or "")) is not None:
        yield platform, f"the controller {controller.data}", controller
    for name in (
        manifest.get("spec", "ingressClassName"),
        manifest.get("metadata", "annotations", "kubernetes.io/ingress.class"),
    ):
        if manifest.kind == "Ingress" and (platform := INGRESS_CLASSES.get(name.string() or "")) is not None:
            yield platform, f"the ingress class {name.data}", name


@rule(
    "portability/host-port",
    scope=Container,
    default=MUST,
    enforces=forbid(r"\bhost ?ports?\b"),
    umbrella=STANDARD_KUBERNETES + r"|\bpod[- ]security[- ]standards?\b",
    evidence="containers take no port of their node",
)
def host_port(container: Container, subject: Subject) -> Iterator[Violation]:
    """A container takes a port of its node.

    Why: Only one pod a node can have the port, so a second release, or a second pod, stays pending; clusters that keep
        to the Pod Security Standards refuse it, and network policies may not see its traffic.
    Bad:
        ports:
          - containerPort: 8080
            hostPort: 8080
    Good:
        ports:
          - containerPort: 8080
    Fix: Drop hostPort and reach the pods by a Service, of type NodePort or LoadBalancer from outside the cluster.
    Source: Kubernetes Pod Security Standards, baseline: Host Ports; polaris hostPortSet
    """
    for port in container.field("ports").items():
        host = port.get("hostPort")
        if host:
            # The value of both ports is the container's: only the template's line can go.
            is_shared = host.data == port.get("containerPort").data
            message = f"takes port {host.data} of its node; drop hostPort and use a Service"
            yield Violation(message, at=host, of_key=is_shared)


_LITERAL = LazyPattern(r"[\"']?([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)[\"']?(?:\s+#.*)?\Z")
_SYSTEM = ("kube-system", "kube-public", "kube-node-lease")


@rule(
    "portability/fixed-namespace",
    scope=Manifest,
    default=MUST,
    enforces=(
        require(r"\brelease'?s? namespace\b|\bany namespace\b|\.Release\.Namespace\b|\bnamespace.{0,20}\bconfigurable"),
        forbid(
            r"\bhard-?cod\w*\b.*\b(?:namespaces?|environment[- ]specific)|\bfixed namespaces?\b"
            r"|\bmetadata\.namespace\b"
        ),
    ),
    umbrella=STANDARD_KUBERNETES,
    tests=True,
    evidence="objects go into the release's namespace",
)
def fixed_namespace(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """A template writes an object's namespace out.

    Why: `helm install --namespace shop` then puts this object elsewhere, where the namespace may not exist or the user
        has no rights, and two releases overwrite each other's.
    Bad:
        metadata:
          name: {{ include "web.fullname" . }}
          namespace: production
    Good:
        metadata:
          name: {{ include "web.fullname" . }}
          namespace: {{ .Release.Namespace }}
    Fix: Leave metadata.namespace out, or write {{ .Release.Namespace }}. What has to stand in kube-system and runs no
        pods isn't reported.
        `fix --unsafe` writes {{ .Release.Namespace }}.
    Source: Helm chart best practices, Templates; Helm documentation, Built-in Objects
    """
    namespace = manifest.namespace
    if not namespace or (namespace in _SYSTEM and not manifest.workloads):
        return
    text = subject.template_text(manifest)
    if text is None or re.search(rf"namespace:[ \t]+[\"']?{re.escape(namespace)}", text) is None:
        return
    lines = list(key_lines(text))
    kinds = {line.document: line.value for line in lines if line.key == "kind" and not line.parents}
    values = [
        line.value
        for line in lines
        if line.key == "namespace" and line.parents == ("metadata",) and kinds.get(line.document) == manifest.kind
    ]
    if namespace == manifest.release_namespace and any("{{" in value for value in values):
        return  # the release's own, which a branch not taken here writes out
    if any((literal := _LITERAL.match(value)) is not None and literal[1] == namespace for value in values):
        yield Violation(
            f"is fixed to the namespace {namespace}; leave it out or write {{{{ .Release.Namespace }}}}",
            at=manifest.get("metadata", "namespace"),
            fix=SetField("{{ .Release.Namespace }}", raw=True),
        )
