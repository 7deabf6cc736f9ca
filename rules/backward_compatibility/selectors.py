"""What can't change in an installed release: selectors, names and claims; and how its pods are replaced."""

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
"""Kinds whose names may hold a version: a Job and a Pod can't be changed, so a new one is made on each upgrade."""

_CHANGING_KEYS = {
    "helm.sh/chart": "changes with every version of the chart",
    "app.kubernetes.io/version": "changes with every version of the application",
}
_CHECKSUM = LazyPattern(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})\Z")
# What gives another value on each upgrade, by how it stands in a template: plain text, because all of it is searched.
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
    """A selector, a volume claim template or an object's name holds what changes with every release of the chart.

    Why: Kubernetes refuses to change a selector or a claim template, so the next `helm upgrade` fails; under a new name
        the object is made anew, and what the old one held is gone.
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
    problems = [problem for template in subject.templates for problem in _changing_in_text(template, defines)]
    if not problems and not subject.rendered:
        raise not_rendered(subject)
    yield from problems
    for rendering in subject.renderings:
        for manifest in rendering.manifests:
            if not manifest.is_left_out:
                yield from _changing_in_object(manifest, subject)


def _changing_in_object(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Versions and checksums, which show in what is rendered."""
    versions = _versions(manifest, subject)
    for view, what in _unchangeable(manifest):
        key = str(view.path[-1])
        reason = _CHANGING_KEYS.get(key) or _changing(view.string() or "", versions)
        if reason is None and key.startswith("checksum/"):
            reason = "is a checksum"
        if reason is not None:
            fix = Fix(f"take {key} out of it, not applied because {what}", (), Applicability.DISPLAY)
            yield Violation(f"{what}, and {key} {reason}", at=view, fix=fix)
    if manifest.kind in _NAMED_BY_VERSION or manifest.hooks:
        return
    for version, whose in versions:
        if version.count(".") >= 2 and _holds(manifest.name, version):
            message = f"the name holds {whose}: each release of the chart makes a new object and removes the old"
            yield Violation(message, at=manifest.get("metadata", "name"))
            return


def _unchangeable(manifest: Manifest) -> Iterator[tuple[View, str]]:
    """The labels and annotations that an upgrade can't change, or that lose the running pods when it does."""
    selector = manifest.get("spec", "selector")
    if manifest.kind in _SELECTING:
        for _, value in selector.get("matchLabels").entries():
            yield value, "the selector can't be changed by an upgrade"
    elif manifest.kind == "Service" and not manifest.group:
        for _, value in selector.entries():
            yield value, "an upgrade makes the selector miss the pods that still run"
    if manifest.kind == "StatefulSet":
        for claim in manifest.get("spec", "volumeClaimTemplates").items():
            for part in ("labels", "annotations"):
                for _, value in claim.get("metadata", part).entries():
                    yield value, "a volume claim template can't be changed by an upgrade"


def _versions(manifest: Manifest, subject: Subject) -> list[tuple[str, str]]:
    chart = subject.chart_of(manifest)
    if chart is None:
        return []
    versions = [(chart.version.replace("+", "_"), "the chart's version")]
    app_version = chart.metadata.view.get("appVersion").string()
    if app_version and app_version.removeprefix("v") != chart.version:
        versions.append((app_version.removeprefix("v").replace("+", "_"), "the appVersion"))
    return [(version, whose) for version, whose in versions if version.count(".") >= 1 and len(version) >= 3]


def _changing(value: str, versions: list[tuple[str, str]]) -> str | None:
    for version, whose in versions:
        if value.removeprefix("v") == version or (version.count(".") >= 2 and _holds(value, version)):
            return f"holds {whose}"
    return "is a checksum" if _CHECKSUM.match(value) else None


def _holds(text: str, version: str) -> bool:
    """Whether a name holds a version, as written or with hyphens for dots."""
    for form in (version, version.replace(".", "-")):
        start = text.find(form)
        if start > 0 and text[start - 1] in "-_v" and not text[start + len(form) : start + len(form) + 1].isdigit():
            return True
    return False


def _changing_call(text: str) -> str | None:
    """What in a template gives another value on each upgrade: a random function, the time, the revision."""
    found = [name for sign, name in _CHANGING_CALLS.items() if sign in text]
    return max(found, key=len) if found else None


def _changing_in_text(template: TemplateFile, defines: Mapping[str, str]) -> Iterator[Violation]:
    """Random values, the revision and the time, which a single rendering can't tell from fixed ones.

    ``defines`` are the named templates that hold such a call, with the call.
    """
    if template.is_partial or (not defines and _changing_call(template.text) is None):
        return
    lines = list(key_lines(template.text))
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
                call, through = defines[included], f' by way of "{included}"'
        if call is not None:
            where = "the name" if in_name else f"{line.key} in the selector"
            message = f"{where} comes from {call}{through} and differs with every upgrade"
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
    """A workload's selector doesn't match the labels of its own pods.

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
        yield Violation("the selector is empty, which Kubernetes rejects; select the pods' labels", at=selector)
    for part in wanted.unmet(labels):
        if not part.is_map:
            key = str(part.path[-1])
            found = f"have {key}: {labels[key]}" if key in labels else f"lack {key}"
            yield Violation(f"the selector asks for {key}: {part.data}, but its own pods {found}", at=part)
        else:
            values = [value.data for value in part.get("values").items()]
            asked = f"{part.get('key').data} {part.get('operator').data}{f' {values}' if values else ''}"
            yield Violation(f"the selector asks for {asked}, which its own pods' labels don't match", at=part)


@rule(
    "compat/update-strategy",
    scope=Rendering,
    default=SHOULD,
    enforces=require(
        r"^(?!.*\brecreate\b).*(?:\brolling[- ]?updates?\b|\bzero[- ]downtime\b"
        r"|\bwithout (?:downtime|interruption)\b|\bupdate[- ]strateg"
        r"|\bhigh(?:ly)?[- ]availab)"
    ),
    umbrella=_UPGRADABLE,
    parameters={
        "strict": Parameter(
            0, "RollingUpdate needn't be written, and Recreate may have a reason; 1 wants RollingUpdate written out"
        )
    },
)
def update_strategy(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """An upgrade stops all pods of a workload at once, or doesn't reach them at all.

    Why: With Recreate, or 100% unavailable, nothing serves until the new pods are ready; with OnDelete the old pods run
        on until somebody deletes them.
    Bad:
        strategy:
          type: Recreate
    Good:
        strategy:
          type: RollingUpdate
          rollingUpdate:
            maxUnavailable: 0
            maxSurge: 1
    Fix: Use RollingUpdate. Recreate isn't reported where it has a reason: the pods share a volume claim or a port of
        their node, or do so with other values; or there is one pod that no Service leads to.
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
            yield Violation(f"leaves {field}.type to Kubernetes; write RollingUpdate", at=kind)
        elif kind.data == "Recreate" and (strict or not _has_reason(workload, rendering, subject)):
            yield Violation("Recreate stops all pods before new ones start; use RollingUpdate", at=kind)
        elif kind.data == "OnDelete":
            yield Violation("OnDelete leaves the old pods running after an upgrade; use RollingUpdate", at=kind)
        elif unavailable.data == "100%" and workload.kind != "DaemonSet":
            yield Violation("maxUnavailable 100% stops all pods at once; allow fewer", at=unavailable)


_STRATEGIES = {
    "Deployment": "strategy",
    "DeploymentConfig": "strategy",
    "StatefulSet": "updateStrategy",
    "DaemonSet": "updateStrategy",
}


def _needs_to_stop_first(workload: Workload) -> bool:
    """Whether an old and a new pod can't run side by side: they share a claim, a path or a port of a node."""
    pod = workload.pod
    if pod.get("hostNetwork").data is True:
        return True
    if any(volume.get("persistentVolumeClaim") or volume.get("hostPath") for volume in pod.get("volumes").items()):
        return True
    return any(port.get("hostPort") for container in pod.all_containers for port in container.field("ports").items())


_SHARED = LazyPattern(r"\b(?:persistentVolumeClaim|hostPath|hostPort):")
"""What an old and a new pod may have to share, as a template writes it."""


def _has_reason(workload: Workload, rendering: Rendering, subject: Subject) -> bool:
    """Whether the pods can't run side by side, here or with other values, or nobody waits for them."""
    if _needs_to_stop_first(workload) or not _serves(workload, rendering):
        return True
    text = subject.template_text(workload.manifest)
    return text is not None and _SHARED.search(text) is not None


def _serves(workload: Workload, rendering: Rendering) -> bool:
    """Whether somebody waits for an answer: there are several pods, or a Service leads to them."""
    replicas = workload.manifest.get("spec", "replicas").integer()
    if replicas is not None and replicas > 1:
        return True
    return any(
        service.get("spec", "selector")
        and all(workload.pod_labels.get(key) == value.data for key, value in service.get("spec", "selector").entries())
        for service in rendering.of_kind("Service")
        if service.effective_namespace == workload.manifest.effective_namespace
    )
