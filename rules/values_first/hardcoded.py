"""Fields that users customise and that a template hardcodes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import (
    SHOULD,
    TEMPLATES,
    Manifest,
    NamedTuple,
    ReadValue,
    Subject,
    View,
    Violation,
    dotted,
    forbid,
    require,
    rule,
)

from .template_literals import Literals, RenderingLines

_NOT_SECRETS = r"^(?!.*\b(?:secrets?|passwords?|credentials?|tokens?)\b)"
_HARDCODE = r"\b(?:hard-?cod\w+|fix(?:ed)?)\b"


class _Field(NamedTuple):
    """A field that users customise: its path, the value that sets it in most charts, and the reason."""

    kinds: tuple[str, ...]
    path: str
    value: str
    reason: str
    telling: bool
    """Whether its text is so distinctive that two lines with it mean the same; `1` and `Always` are not."""


_POD = (
    *("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Rollout"),
    "Pod",
)
_FIELDS = (
    _Field(("Deployment", "StatefulSet", "Rollout"), "spec.replicas", "replicaCount", "users scale workloads", False),
    _Field(_POD, "pod.containers.*.image", "image", "users mirror and patch images", True),
    _Field(_POD, "pod.initContainers.*.image", "image", "users mirror and patch images", True),
    _Field(_POD, "pod.containers.*.imagePullPolicy", "image.pullPolicy", "clusters and tests need others", False),
    _Field(_POD, "pod.initContainers.*.imagePullPolicy", "image.pullPolicy", "clusters and tests need others", False),
    _Field(_POD, "pod.containers.*.resources.requests.cpu", "resources", "the load varies", False),
    _Field(_POD, "pod.containers.*.resources.requests.memory", "resources", "the load varies", False),
    _Field(_POD, "pod.containers.*.resources.limits.cpu", "resources", "the load varies", False),
    _Field(_POD, "pod.containers.*.resources.limits.memory", "resources", "the load varies", False),
    _Field(_POD, "pod.imagePullSecrets.*.name", "imagePullSecrets", "users have their own registries", True),
    _Field(_POD, "pod.nodeSelector.*", "nodeSelector", "each cluster has its own nodes", True),
    _Field(_POD, "pod.priorityClassName", "priorityClassName", "each cluster has its own", True),
    _Field(_POD, "pod.securityContext.runAsUser", "podSecurityContext", "OpenShift assigns user IDs", False),
    _Field(_POD, "pod.securityContext.fsGroup", "podSecurityContext", "OpenShift assigns groups", False),
    _Field(_POD, "pod.containers.*.securityContext.runAsUser", "securityContext", "OpenShift assigns user IDs", False),
    _Field(("PersistentVolumeClaim",), "spec.storageClassName", "storageClass", "each cluster has its own", True),
    _Field(("PersistentVolumeClaim",), "spec.resources.requests.storage", "size", "the data varies", False),
    _Field(
        ("StatefulSet",),
        "spec.volumeClaimTemplates.*.spec.storageClassName",
        "storageClass",
        "each cluster has its own",
        True,
    ),
    _Field(
        ("StatefulSet",),
        "spec.volumeClaimTemplates.*.spec.resources.requests.storage",
        "size",
        "the data varies",
        False,
    ),
    _Field(("HorizontalPodAutoscaler",), "spec.minReplicas", "autoscaling.minReplicas", "the load varies", False),
    _Field(("HorizontalPodAutoscaler",), "spec.maxReplicas", "autoscaling.maxReplicas", "the load varies", False),
    _Field(("Service",), "spec.ports.*.nodePort", "service.nodePort", "a node port is unique in a cluster", False),
    _Field(("Service",), "spec.loadBalancerIP", "service.loadBalancerIP", "users have their own addresses", True),
    _Field(("Ingress",), "spec.ingressClassName", "ingress.className", "each cluster has its own", True),
    _Field(("Ingress",), "spec.rules.*.host", "ingress.host", "domains vary", True),
    _Field(("HTTPRoute", "GRPCRoute", "TLSRoute"), "spec.hostnames.*", "route.hostnames", "domains vary", True),
)
"""Not here: fields that the chart's author rightly sets, as ports and Services of type ClusterIP; fields that no object
has before a user sets them (tolerations, affinity, extra environment and annotations); and fields that other rules
check (log levels: observability/fixed-logging; namespaces: portability/fixed-namespace)."""

_EXPOSED = {"Service": ("NodePort", "LoadBalancer")}
"""Types of a Service that depend on the cluster."""


@rule(
    "values/hardcoded",
    scope=Manifest,
    default=SHOULD,
    needs={TEMPLATES},
    enforces=(
        forbid(rf"{_NOT_SECRETS}.*{_HARDCODE}.*\b(?:values?|templates?|settings?|images?)\b"),
        require(r"\b(?:all|every|any)\b.{0,40}\bconfigur\w+\b.{0,40}\bexposed\b.{0,40}\bvalues\b"),
        require(r"\bconfiguration\b.{0,20}\bexposed only\b"),
        require(r"\b(?:charts?|templates?|manifests?|helm)\b.{0,60}\bparameteri[sz]e[sd]?\b"),
        require(
            r"\bconfigurable (?:resources?|replicas?|images?|probes?|security ?contexts?|annotations)\b"
            r"|\b(?:resources?|requests|limits|replicas?)\b.{0,30}\b(?:must|should) be configurable\b"
        ),
        require(
            r"^(?!.*\bprobes?\b).*(?:\bparameteri[sz]ed\b.{0,40}"
            r"|\bconfigurable (?:via|through|in|by|using|from)\b.{0,30})\bvalues\b"
        ),
        require(r"\bvalues(?:\.yaml)? (?:must|should) (?:control|expose|parameteri[sz]e)\b"),
        require(r"\bconfigurable (?:replicas?|images?|resources)\b|\bimages?\b.{0,20}\bconfigurable\b"),
        require(
            r"\bvalues(?:\.ya?ml)?(?: files?)? for\b(?! environment)(?! every environment).{0,40}\bconfig(?:uration)?\b"
        ),
        require(r"\b(?:all|every) configuration\b.{0,20}\b(?:flow|come|go)\w*\b.{0,20}\bvalues\b"),
        require(r"\b(?:storage classes|security contexts|networking)\b.*\b(?:overrid\w+|configurable)\b"),
    ),
    evidence="objects take customisable fields from values",
)
def hardcoded(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Customisable field is hardcoded in the template.

    Why: Users who need another image, storage class or host have to copy the chart.
    Bad:
        image: busybox:1.37.0
        storageClassName: gp3
    Good:
        image: "{{ .Values.init.image.repository }}:{{ .Values.init.image.tag }}"
        storageClassName: {{ .Values.persistence.storageClass }}
    Fix: Read the field from values.yaml, with the current literal as the default. A field is not reported if a comment
        behind or above its line explains why it is fixed, or if it is one branch of an `if` with `else`.
        `fix --unsafe` does so if values.yaml does not have the value yet.
    Source: Helm chart best practices, Values; the fields are those that charts of large collections take from values
    """
    if manifest.dependency is not None or subject.given_by_values(manifest):
        return
    found = customised(manifest)
    if not found:
        return
    for view, field in found:
        templates = subject.derived_from(subject.templates, RenderingLines)
        literals = templates.literals(manifest.template, str(view.path[-1]))
        if _is_literal(view, field, literals) and not _differs_elsewhere(view, manifest, subject):
            name = dotted(view.path[_length_of_container(view) or len(manifest.view.path) :])
            message = f"{name} is hardcoded to {_shown(view)}, but {field.reason}; read it from .Values.{field.value}"
            yield Violation(message, at=view, fix=_from_value(view, field, manifest, subject))


def _from_value(view: View, field: _Field, manifest: Manifest, subject: Subject) -> ReadValue:
    """The value that most charts have for a field; if one value is a whole map, the field's place in it.

    If that value already exists for another container, this one's is placed under its container's name.
    """
    path = tuple(field.value.split("."))
    steps = field.path.split(".")
    if path[-1] in steps:
        path += tuple(str(step) for step in view.path[len(view.path) - len(steps) + steps.index(path[-1]) + 1 :])
    elif path[-1].lower().endswith("securitycontext"):
        path += (str(view.path[-1]),)
    values = subject.chart.values
    name = view.document.view.get(*view.path[: _length_of_container(view)], "name").string()
    if name and values is not None and values.document.view.get(*path[:1]).exists:
        first, *others = re.split(r"[^A-Za-z0-9]+", name)
        path = (first + "".join(part.capitalize() for part in others), *path)
    if name:
        return ReadValue(path, f"{dotted(view.path[_length_of_container(view) :])} of the container {name}")
    return ReadValue(path, f"{dotted(view.path[len(manifest.view.path) :])} of the {manifest.kind}")


def _length_of_container(view: View) -> int:
    """The length of the path of the container around a field; 0 if there is none."""
    return next((n + 2 for n, step in enumerate(view.path) if step in ("containers", "initContainers")), 0)


def _differs_elsewhere(view: View, manifest: Manifest, subject: Subject) -> bool:
    """Whether another scenario renders the field of this object differently: then some value sets it after all."""
    for rendering in subject.renderings:
        other = rendering.find(manifest.kind, manifest.name, manifest.effective_namespace)
        if other is None or other is manifest:
            continue
        mine, theirs = manifest.view, other.view
        for step in view.path[len(mine.path) :]:
            mine, theirs = mine.get(step), theirs.get(step)
            if isinstance(step, int) and mine.get("name").data != theirs.get("name").data:
                break  # for example another container
        else:
            if theirs.exists and theirs.data != view.data:
                return True
    return False


def customised(manifest: Manifest) -> list[tuple[View, _Field]]:
    """The customisable fields that an object has."""
    fields = [field for field in _FIELDS if manifest.kind in field.kinds]
    found = [(view, field) for field in fields for view in _views(manifest, field.path) if _is_text(view)]
    if manifest.kind in _EXPOSED:
        view = manifest.get("spec", "type")
        if view.string() in _EXPOSED[manifest.kind]:
            found.append((view, _Field((), "", "service.type", "not every cluster supports it", False)))
    return found


def _views(manifest: Manifest, path: str) -> Iterator[View]:
    """The parts of an object that match a path; ``pod`` is its pod spec, ``*`` each part of a list or map."""
    steps = path.split(".")
    views = [manifest.view]
    if steps[0] == "pod":
        views = [workload.pod.view for workload in manifest.workloads]
        steps = steps[1:]
    for step in steps:
        views = [part for view in views for part in (_parts(view) if step == "*" else [view.get(step)])]
    yield from views


def _parts(view: View) -> list[View]:
    return [part for _, part in view.entries()] if view.is_map else list(view.items())


def _is_text(view: View) -> bool:
    data = view.data
    if view.path[-2] == "nodeSelector" and str(view.path[-1]).endswith(("/os", "/arch")):
        return False  # the image is built for it
    if view.path[-1] in ("replicas", "runAsUser", "fsGroup") and data in (0, 1):
        return False  # workloads that can't be scaled have one replica, and root is an explicit choice
    return isinstance(data, str | int) and data != ""


def _shown(view: View) -> str:
    text = str(view.data)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _is_literal(view: View, field: _Field, literals: Literals) -> bool:
    """Whether a line without any action sets the field, whatever the values, and no comment explains it."""
    if literals.reads_a_value and not field.telling:
        return False  # the line that reads a value may be the one of this field
    lines = literals.settled.get(str(view.data), {})
    index = next((n for n, step in enumerate(view.path) if step in ("containers", "initContainers")), None)
    if index is None or len(view.path) <= index + 2:
        return bool(lines) and not any(lines.values())
    name = view.document.view.get(*view.path[: index + 2], "name").string()
    mine = [lines[container] for container in {None, name} if container in lines]
    return bool(mine) and not any(mine)
