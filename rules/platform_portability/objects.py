"""Rendered objects that not every cluster accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    TEMPLATES,
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

from ..name_evaluator import Evaluator, Unknown, Unread
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
    evidence="default objects work on any Kubernetes",
)
def platform_object(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Default values render vendor-specific settings.

    Why: On other platforms the installation fails because of an unknown kind or storage driver, pods find no node, or
        an annotation silently has no effect.
    Bad:
        apiVersion: route.openshift.io/v1
        kind: Route
    Good:
        {{- if .Values.route.enabled }}        # false by default
        apiVersion: route.openshift.io/v1
        kind: Route
    Fix: Render the object only if a value enables it, and read annotations, node selectors and storage classes from
        values that are empty by default; set them in platforms/<name>.yaml.
    Source: Kubernetes documentation, API groups and well-known labels; the vendors' own documentation
    """
    if manifest.scenario != "defaults":
        return
    for platform, what, at in _signs(manifest):
        chart = subject.chart_of(manifest)
        words = re.split(r"[^a-z0-9]+", chart.name.lower()) if chart is not None else []
        if set(words).isdisjoint(platform.words):
            yield Violation(
                f"{what} is specific to {platform.name}, but default values must work on any Kubernetes;"
                " move it to platforms/*.yaml",
                at=at,
            )


def _signs(manifest: Manifest) -> Iterator[tuple[Platform, str, View]]:
    """The signs of a platform: (platform, description, place)."""
    if manifest.group and (platform := platform_of(manifest.group)) is not None:
        yield platform, f"API {manifest.api_version}", manifest.get("apiVersion")
        return
    metadata = [manifest.get("metadata")]
    if manifest.kind != "Pod":
        metadata.extend(workload.pod_metadata for workload in manifest.workloads)
    for part in metadata:
        for field, noun in (("annotations", "annotation"), ("labels", "label")):
            for key, view in part.get(field).entries():
                if (platform := platform_of(key)) is not None:
                    yield platform, f"{noun} {key}", view
    for workload in manifest.workloads:
        yield from _pod_signs(workload.pod.view)
    if manifest.kind in ("StorageClass", "VolumeSnapshotClass", "PersistentVolume", "Ingress", "IngressClass"):
        yield from _other_signs(manifest)


def _pod_signs(pod: View) -> Iterator[tuple[Platform, str, View]]:
    for key, view in pod.get("nodeSelector").entries():
        if (platform := platform_of(key)) is not None:
            yield platform, f"node label {key}", view
    affinity = pod.get("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    for term in affinity.get("nodeSelectorTerms").items():
        for expression in term.get("matchExpressions").items():
            key = expression.get("key").string() or ""
            # NotIn and DoesNotExist match every node that lacks the label.
            if expression.get("operator").scalar() in ("In", "Exists", "Gt", "Lt") and (platform := platform_of(key)):
                yield platform, f"node label {key}", expression
    for volume in pod.get("volumes").items():
        yield from _volume_signs(volume)


def _volume_signs(volume: View) -> Iterator[tuple[Platform, str, View]]:
    for kind, view in volume.entries():
        if (platform := VOLUMES.get(kind)) is not None:
            yield platform, f"volume type {kind}", view
    driver = volume.get("csi", "driver")
    if (platform := platform_of(driver.string() or "")) is not None:
        yield platform, f"storage driver {driver.data}", driver


def _other_signs(manifest: Manifest) -> Iterator[tuple[Platform, str, View]]:
    for field in ("provisioner", "driver"):
        driver = manifest.get(field)
        if (platform := platform_of(driver.string() or "")) is not None:
            yield platform, f"storage driver {driver.data}", driver
    if manifest.kind == "PersistentVolume":
        yield from _volume_signs(manifest.get("spec"))
    controller = manifest.get("spec", "controller")
    if manifest.kind == "IngressClass" and (platform := platform_of(controller.string() or "")) is not None:
        yield platform, f"controller {controller.data}", controller
    for name in (
        manifest.get("spec", "ingressClassName"),
        manifest.get("metadata", "annotations", "kubernetes.io/ingress.class"),
    ):
        if manifest.kind == "Ingress" and (platform := INGRESS_CLASSES.get(name.string() or "")) is not None:
            yield platform, f"ingress class {name.data}", name


@rule(
    "portability/host-port",
    scope=Container,
    default=MUST,
    enforces=forbid(r"\bhost ?ports?\b"),
    umbrella=STANDARD_KUBERNETES + r"|\bpod[- ]security[- ]standards?\b",
    evidence="containers use no host port",
)
def host_port(container: Container, subject: Subject) -> Iterator[Violation]:
    """Container uses a host port.

    Why: Only one pod per node can use the port, so a second release, or a second pod, stays pending; clusters that
        enforce the Pod Security Standards reject the pod, and network policies may not apply to its traffic.
    Bad:
        ports:
          - containerPort: 8080
            hostPort: 8080
    Good:
        ports:
          - containerPort: 8080
    Fix: Remove hostPort and reach the pods through a Service (of type NodePort or LoadBalancer from outside the
        cluster).
    Source: Kubernetes Pod Security Standards, baseline: Host Ports; polaris hostPortSet
    """
    for port in container.field("ports").items():
        host = port.get("hostPort")
        if host:
            # One value sets both ports: only the template's line can be removed.
            is_shared = host.data == port.get("containerPort").data
            message = f'container "{container.name}" uses host port {host.data}; remove hostPort and use a Service'
            yield Violation(message, at=host, of_key=is_shared)


_IN_BRACES = LazyPattern(r"""["']?\bnamespace["']?:[ \t]*(\{\{.*?\}\}|[^,{}]+?)[ \t]*[,}]""")
_LITERAL = LazyPattern(r"[\"']?([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)[\"']?(?:\s+#.*)?\Z")
_SYSTEM = ("kube-system", "kube-public", "kube-node-lease")


@rule(
    "portability/fixed-namespace",
    scope=Manifest,
    default=MUST,
    needs={TEMPLATES},
    enforces=(
        require(r"\brelease'?s? namespace\b|\bany namespace\b|\.Release\.Namespace\b|\bnamespace.{0,20}\bconfigurable"),
        forbid(
            r"\bhard-?cod\w*\b.*\b(?:namespaces?|environment[- ]specific)|\bfixed namespaces?\b"
            r"|\bmetadata\.namespace\b"
        ),
    ),
    umbrella=STANDARD_KUBERNETES,
    tests=True,
    evidence="objects are in the release namespace",
)
def fixed_namespace(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Object has a hard-coded namespace.

    Why: `helm install --namespace shop` puts this object elsewhere, where the namespace may not exist or the user may
        have no permissions, and two releases overwrite each other's objects.
    Bad:
        metadata:
          name: {{ include "web.fullname" . }}
          namespace: production
    Good:
        metadata:
          name: {{ include "web.fullname" . }}
          namespace: {{ .Release.Namespace }}
    Fix: Remove metadata.namespace, or set it to {{ .Release.Namespace }}. Objects in kube-system without pods are not
        reported.
        `fix --unsafe` sets {{ .Release.Namespace }}.
    Source: Helm chart best practices, Templates; Helm documentation, Built-in Objects
    """
    namespace = manifest.namespace
    if not namespace or (namespace in _SYSTEM and not manifest.workloads):
        return
    text = subject.template_text(manifest)
    if text is None:
        return
    values = list(_namespaces(manifest, subject, text))
    computed = [value for value in values if "{{" in value]
    if namespace == manifest.release_namespace:
        if computed:
            return  # the release namespace; the literal is in a branch that is not taken here
    elif any(_prints(value, namespace, manifest, subject) for value in computed):
        values.append(namespace)
    if any((literal := _LITERAL.match(value)) is not None and literal[1] == namespace for value in values):
        yield Violation(
            f"{manifest.kind} has the hard-coded namespace {namespace}; remove it or use {{{{ .Release.Namespace }}}}",
            at=manifest.get("metadata", "namespace"),
            fix=SetField("{{ .Release.Namespace }}", raw=True),
        )


def _namespaces(manifest: Manifest, subject: Subject, text: str) -> Iterator[str]:
    """What may be written as the object's namespace: in its template, or in named ones that the template includes."""
    lines = subject.derived_from(text, key_lines)
    kinds = {line.document: line.value for line in lines if line.key == "kind" and not line.parents}
    for line in lines:
        in_list = bool(manifest.view.path) and line.parents[:1] == ("items",)
        if in_list or kinds.get(line.document) == manifest.kind:
            if line.key == "namespace" and (line.parents[-1:] if in_list else line.parents) == ("metadata",):
                yield line.value
            elif line.key == "metadata" and line.value.startswith("{"):
                yield from _IN_BRACES.findall(line.value)
    for name, body in subject.define_texts.items():
        if f'"{name}"' in text and "namespace:" in body:
            for line in subject.derived_from(body, key_lines):
                if line.key == "namespace" and line.parents in ((), ("metadata",)):
                    yield line.value


def _prints(value: str, namespace: str, manifest: Manifest, subject: Subject) -> bool:
    """Whether an expression prints this namespace for each release and whatever the values are."""
    template = next((each for each in subject.templates if each.path == manifest.template), None)
    if template is None or manifest.dependency is not None:
        return False
    evaluator = Evaluator(subject, "another", "elsewhere")
    evaluator.root["Values"] = Unread()
    try:
        return evaluator.text(value, template) == namespace
    except Unknown:
        return False
