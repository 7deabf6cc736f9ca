"""Immutable parts of an installed release: selectors, names and claims; and how its pods are replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from helm_constitution.api import (
    MUST,
    RESULTS,
    SHOULD,
    TEMPLATES,
    Applicability,
    Fix,
    LabelSelector,
    LazyPattern,
    Manifest,
    Parameter,
    Rendering,
    Subject,
    TemplateFile,
    TextPlace,
    Urgency,
    View,
    Violation,
    Workload,
    forbid,
    not_rendered,
    require,
    rule,
)

from ..yaml_text import key_lines

_UPGRADABLE = (
    r"\bbackwards?[- ]compatib\w+\b(?! (?:additions?|schema|values?|api))"
    r"|\b(?:safe|seamless|smooth|painless) upgrades?\b|\bupgradable\b"
    r"|(?<!helm )\bupgrades?\b.{0,30}\b(?:work|succeed|safe)\b"
)
_SELECTING = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout", "CloneSet"})
_NAMED_BY_VERSION = frozenset({"Job", "Pod", "CustomResourceDefinition"})
"""Kinds whose names may contain a version: Jobs and Pods are immutable, so each upgrade creates a new one."""

_CHANGING_KEYS = {
    "helm.sh/chart": "the chart version",
    "app.kubernetes.io/version": "the app version",
}
_CHECKSUM = LazyPattern(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})\Z")
# Calls that return a new value on each upgrade, as templates write them: plain text, because all of it is searched.
_CHANGING_CALLS = {
    "randAlpha": "randAlpha",
    "randAlphaNum": "randAlphaNum",
    "randAscii": "randAscii",
    "randBytes": "randBytes",
    "randInt": "randInt",
    "randNumeric": "randNumeric",
    "shuffle": "shuffle",
    "uuidv4": "uuidv4",
    "now }}": "now",
    "now -}}": "now",
    "now)": "now",
    "now |": "now",
    ".Release.Revision": ".Release.Revision",
    ".Release.Time": ".Release.Time",
}
_INCLUDE = LazyPattern(r"""\binclude\s+["`]([^"`]+)["`]""")


@rule(
    "compat/unstable-selector",
    default=MUST,
    needs={RESULTS, TEMPLATES},
    enforces=(
        require(r"\bselectors?\b.{0,40}\b(?:stable|immutable|never change|not change|unchanged)|\bstable selectors?\b"),
        forbid(
            r"\bversions?\b.{0,40}\bselectors?\b|\blabels? containing\b.{0,20}\bversion"
            r"|\bselectors?\b.{0,60}\b(?:versions?|change|random)"
        ),
    ),
    umbrella=_UPGRADABLE,
    urgency=Urgency.UPGRADE,
)
def unstable_selector(subject: Subject) -> Iterator[Violation]:
    """Selector, volume claim template or object name changes with every release.

    Why: Selectors and claim templates are immutable, so the next `helm upgrade` fails; under a new name Helm creates a
        new object and deletes the old one with its data.
    Bad:
        selector:
          matchLabels:
            {{- include "web.labels" . | nindent 6 }}      # helm.sh/chart: web-1.2.0 among them
    Good:
        selector:
          matchLabels:
            {{- include "web.selectorLabels" . | nindent 6 }}
    Fix: Select by app.kubernetes.io/name, app.kubernetes.io/instance and a component only; keep versions, checksums and
        random values out of selectors, claim templates and names. This is for a person to apply: the running workload
        has to be deleted before the upgrade (`kubectl delete --cascade=orphan` leaves its pods).
    Source: Helm chart best practices, Labels and Annotations; Kubernetes documentation, Deployment: Label selector
        updates
    """
    defines = {name: call for name, text in subject.define_texts.items() if (call := _changing_call(text)) is not None}
    problems = [problem for template in subject.templates for problem in _changing_in_text(template, defines, subject)]
    if not problems and not subject.rendered:
        raise not_rendered(subject)
    yield from problems
    for rendering in subject.renderings:
        for manifest in rendering.manifests:
            if not manifest.is_left_out:
                yield from _changing_in_object(manifest, subject)


def _changing_in_object(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Versions and checksums, which are visible in the rendered objects."""
    versions = _versions(manifest, subject)
    for view, part, consequence in _unchangeable(manifest):
        key = str(view.path[-1])
        changing = _CHANGING_KEYS.get(key) or _changing(view.string() or "", versions)
        if changing is None and key.startswith("checksum/"):
            changing = "a checksum"
        if changing is not None:
            message = f"{part} contains {changing} ({key}), and {consequence}; remove {key} from the {part}"
            fix = Fix(f"remove {key} from the {part}, not applied because {consequence}", (), Applicability.DISPLAY)
            yield Violation(message, at=view, fix=fix)
    if manifest.kind in _NAMED_BY_VERSION or manifest.hooks:
        return
    for version, whose in versions:
        if version.count(".") >= 2 and _holds(manifest.name, version):
            message = (
                f"{manifest.kind} name contains {whose}: each new version creates a new object and deletes the old one;"
                " remove the version from metadata.name"
            )
            yield Violation(message, at=manifest.get("metadata", "name"))
            return


def _unchangeable(manifest: Manifest) -> Iterator[tuple[View, str, str]]:
    """The labels and annotations that must not change, each with the part it is in and the consequence of a change."""
    selector = manifest.get("spec", "selector")
    if manifest.kind in _SELECTING:
        for _, value in selector.get("matchLabels").entries():
            yield value, "selector", "selectors are immutable: the next upgrade will fail"
    elif manifest.kind == "Service" and not manifest.group:
        for _, value in selector.entries():
            yield value, "Service selector", "an upgrade stops it from matching the running pods"
    if manifest.kind == "StatefulSet":
        for claim in manifest.get("spec", "volumeClaimTemplates").items():
            for part in ("labels", "annotations"):
                for _, value in claim.get("metadata", part).entries():
                    yield value, "volume claim template", "claim templates are immutable: the next upgrade will fail"


def _versions(manifest: Manifest, subject: Subject) -> list[tuple[str, str]]:
    chart = subject.chart_of(manifest)
    if chart is None:
        return []
    versions = [(chart.version.replace("+", "_"), "the chart version")]
    app_version = chart.metadata.view.get("appVersion").string()
    if app_version and app_version.removeprefix("v") != chart.version:
        versions.append((app_version.removeprefix("v").replace("+", "_"), "the app version"))
    return [(version, whose) for version, whose in versions if version.count(".") >= 1 and len(version) >= 3]


def _changing(value: str, versions: list[tuple[str, str]]) -> str | None:
    for version, whose in versions:
        if value.removeprefix("v") == version or (version.count(".") >= 2 and _holds(value, version)):
            return whose
    return "a checksum" if _CHECKSUM.match(value) else None


def _holds(text: str, version: str) -> bool:
    """Whether a name contains a version, as written or with hyphens for dots."""
    for form in (version, version.replace(".", "-")):
        start = text.find(form)
        if start > 0 and text[start - 1] in "-_v" and not text[start + len(form) : start + len(form) + 1].isdigit():
            return True
    return False


def _changing_call(text: str) -> str | None:
    """What makes a template's output change on each upgrade: a random function, the time, the revision."""
    found = [name for sign, name in _CHANGING_CALLS.items() if sign in text]
    return max(found, key=len) if found else None


def _changing_in_text(template: TemplateFile, defines: Mapping[str, str], subject: Subject) -> Iterator[Violation]:
    """Random values, the revision and the time, which a single rendering can't distinguish from fixed ones.

    ``defines`` are the named templates with a changing call, each with the call.
    """
    if template.is_partial or (not defines and _changing_call(template.text) is None):
        return
    lines = subject.derived_from(template.text, key_lines)
    kinds = {line.document: line.value for line in lines if line.key == "kind" and not line.parents}
    hooks = {line.document for line in lines if line.key == "helm.sh/hook"}
    for line in lines:
        kind = kinds.get(line.document)
        in_name = line.key == "name" and line.parents == ("metadata",)
        in_selector = "selector" in line.parents or "matchLabels" in line.parents
        if kind is None or kind in _NAMED_BY_VERSION or line.document in hooks or not (in_name or in_selector):
            continue
        call, through = _changing_call(line.value), ""
        for included in _INCLUDE.findall(line.value):
            if call is None and included in defines:
                call, through = defines[included], f' via "{included}"'
        if call is not None:
            where = "object name" if in_name else f"selector label {line.key}"
            message = f"{where} comes from {call}{through} and changes with every upgrade; use a fixed value"
            yield Violation(message, at=TextPlace(template.path, line.span))


@rule(
    "compat/selector-mismatch",
    scope=Workload,
    default=MUST,
    enforces=require(r"\bselectors?\b.{0,40}\bmatch"),
    umbrella=_UPGRADABLE + r"|\bvalid (?:kubernetes )?(?:manifests|resources|objects)\b",
    evidence="workloads select their own pods",
    urgency=Urgency.BROKEN,
)
def selector_mismatch(workload: Workload, subject: Subject) -> Iterator[Violation]:
    """Selector does not match the labels of the workload's own pods.

    Why: Kubernetes rejects the object: "selector does not match template labels".
    Bad:
        selector:
          matchLabels:
            app: web
        template:
          metadata:
            labels:
              app: web-server
    Good:
        selector:
          matchLabels:
            {{- include "web.selectorLabels" . | nindent 6 }}
        template:
          metadata:
            labels:
              {{- include "web.selectorLabels" . | nindent 8 }}
    Fix: Render the selector and the pods' labels from the same named template.
    Source: Kubernetes documentation, Deployment: Selector; kube-linter mismatching-selector; kube-score
        *-pod-selector-labels-match-template-metadata-labels
    """
    selector = workload.selector
    if workload.kind not in _SELECTING or not selector.is_map:
        return
    labels = workload.pod_labels
    wanted = LabelSelector(selector)
    if wanted.is_empty:
        yield Violation("selector is empty, and Kubernetes rejects it; set matchLabels to the pod labels", at=selector)
    for part in wanted.unmet(labels):
        if not part.is_map:
            key = str(part.path[-1])
            found = f"have {key}: {labels[key]}" if key in labels else f"do not have {key}"
            message = f"selector requires {key}: {part.data}, but the pod labels {found}"
        else:
            values = [value.data for value in part.get("values").items()]
            asked = f"{part.get('key').data} {part.get('operator').data}{f' {values}' if values else ''}"
            message = f"selector requires {asked}, and the pod labels do not match"
        yield Violation(f"{message}; render both from one named template", at=part)


@rule(
    "compat/update-strategy",
    scope=Rendering,
    default=SHOULD,
    enforces=require(
        r"^(?!.*\brecreate\b).*(?:\brolling[- ]?updates?\b|\bzero[- ]downtime\b"
        r"|\bwithout (?:downtime|interruption)\b|\bupdate[- ]strateg)"
    ),
    umbrella=_UPGRADABLE,
    parameters={
        "strict": Parameter(
            0, "RollingUpdate is the default, and Recreate may have a reason; 1 requires an explicit RollingUpdate"
        )
    },
)
def update_strategy(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Upgrade stops all pods at once or replaces none of them.

    Why: With Recreate, or maxUnavailable: 100%, the service is down until the new pods are ready; with OnDelete the old
        pods keep running until somebody deletes them.
    Bad:
        strategy:
          type: Recreate
    Good:
        strategy:
          type: RollingUpdate
          rollingUpdate:
            maxUnavailable: 0
            maxSurge: 1
    Fix: Use RollingUpdate. Recreate is not reported if there is a reason for it: the pods share a volume claim or a
        host port, or do so with other values; or there is a single pod that no Service selects.
    Source: Kubernetes documentation, Deployment: Strategy; kube-linter no-rolling-update-strategy; kube-score
        deployment-strategy
    """
    for workload in rendering.workloads:
        field = _STRATEGIES.get(workload.kind)
        if field is None or workload.manifest.is_left_out or subject.stands_in_defaults(workload.manifest):
            continue
        strategy = workload.manifest.get("spec", field)
        kind = strategy.get("type")
        unavailable = strategy.get("rollingUpdate", "maxUnavailable")
        strict = bool(subject.number("strict"))
        if kind.data is None and strict:
            yield Violation(f"{workload.kind} does not set spec.{field}.type; set it to RollingUpdate", at=kind)
        elif kind.data == "Recreate" and (strict or not _has_reason(workload, rendering, subject)):
            message = f"Recreate stops all pods before new ones start; set spec.{field}.type to RollingUpdate"
            yield Violation(message, at=kind)
        elif kind.data == "OnDelete":
            message = f"OnDelete leaves the old pods running after an upgrade; set spec.{field}.type to RollingUpdate"
            yield Violation(message, at=kind)
        elif unavailable.data == "100%" and workload.kind != "DaemonSet":
            yield Violation("maxUnavailable: 100% stops all pods at once; set it to a lower share", at=unavailable)


_STRATEGIES = {
    "Deployment": "strategy",
    "DeploymentConfig": "strategy",
    "StatefulSet": "updateStrategy",
    "DaemonSet": "updateStrategy",
}


def _needs_to_stop_first(workload: Workload) -> bool:
    """Whether an old and a new pod can't run side by side because they share a claim, a host path or a host port."""
    pod = workload.pod
    if pod.get("hostNetwork").data is True:
        return True
    if any(volume.get("persistentVolumeClaim") or volume.get("hostPath") for volume in pod.get("volumes").items()):
        return True
    return any(port.get("hostPort") for container in pod.all_containers for port in container.field("ports").items())


_SHARED = LazyPattern(r"\b(?:persistentVolumeClaim|hostPath|hostPort):")
"""Fields of a template that an old and a new pod may have to share."""


def _has_reason(workload: Workload, rendering: Rendering, subject: Subject) -> bool:
    """Whether the pods can't run side by side, here or with other values, or no client depends on them."""
    if _needs_to_stop_first(workload) or not _serves(workload, rendering):
        return True
    text = subject.template_text(workload.manifest)
    return text is not None and _SHARED.search(text) is not None


def _serves(workload: Workload, rendering: Rendering) -> bool:
    """Whether clients depend on the pods: there are several, or a Service selects them."""
    replicas = workload.manifest.get("spec", "replicas").integer()
    if replicas is not None and replicas > 1:
        return True
    return any(
        service.get("spec", "selector")
        and all(workload.pod_labels.get(key) == value.data for key, value in service.get("spec", "selector").entries())
        for service in rendering.of_kind("Service")
        if service.effective_namespace == workload.manifest.effective_namespace
    )
