"""The labels that identify the objects of a release."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    SHOULD,
    TEMPLATES,
    Chart,
    Group,
    LazyPattern,
    Manifest,
    Parameter,
    SetField,
    Subject,
    Violation,
    require,
    rule,
)

from .statements import BEST_PRACTICES

_RECOMMENDED = ("app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "helm.sh/chart")
_VERSION = "app.kubernetes.io/version"

_LABELS = ".labels"
_GIVEN = LazyPattern(r'\.labels" +(\S+)')
"""What a named template of labels is called with. The pattern begins with what is searched for fastest."""
_KEY = LazyPattern(r"[^\s,]+/[^\s,]+")

STANDARD_LABELS = (
    r"^(?!\W*(?:use|define|provide|have|include)\b.{0,20}_helpers)(?:.*\b(?:standard|recommended)\b.{0,40}?\blabels?\b"
    r"(?:.{0,40}?\blabels?\b.{0,20}?(?P<also>(?:(?:, |,? and )?[a-z0-9][a-z0-9.-]*\.[a-z]+/[\w.-]*\w)+))?"
    r"|.*\blabels?\b.{0,30}\b(?:standard|recommended)\b"
    r"|.*\b(?:include|carry|carries|have|has|set|apply|bear|use)\b.{0,60}\b(?:common|kubernetes|all) labels\b"
    r"|.*\b(?:all|every|each)\b.{0,40}\blabel(?:l)?ed\b|.*\blabel(?:l)?ed (?:properly|consistently|correctly)\b"
    r"|.*\blabels?\b.*(?:app\.kubernetes\.io/(?:\*|name|instance|managed-by)|helm\.sh/chart)"
    r"|.*(?:app\.kubernetes\.io/(?:\*|name|instance|managed-by)|helm\.sh/chart).*\blabels?\b)"
)


@rule(
    "helm/missing-label",
    scope=Manifest,
    default=MUST,
    needs={TEMPLATES},
    enforces=require(STANDARD_LABELS),
    umbrella=BEST_PRACTICES,
    evidence="objects have the standard labels",
    parameters={
        "also": Parameter(
            "", "labels besides the standard ones, separated by commas; every team has its own", adds_up=True
        )
    },
)
def missing_label(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Object lacks a standard label.

    Why: People and tools find the objects of a release by these labels: `kubectl get all -l
        app.kubernetes.io/instance=shop` leaves out an object without them, and so does a policy or a clean-up.
    Bad:
        metadata:
          name: {{ include "web.fullname" . }}
          labels:
            app: web
    Good:
        metadata:
          name: {{ include "web.fullname" . }}
          labels:
            {{- include "web.labels" . | nindent 4 }}
    Fix: Define app.kubernetes.io/name, app.kubernetes.io/instance, app.kubernetes.io/managed-by and helm.sh/chart in
        one named template, and include it in the metadata of every object.
        `fix --unsafe` includes the chart's named template of labels if the object has none of them and the chart
        passes it the root context.
    Source: Helm chart best practices, Labels and Annotations: Standard Labels
    """
    labels = manifest.get("metadata", "labels")
    present = labels.data if isinstance(labels.data, dict) else {}
    asked = (*_RECOMMENDED, *_KEY.findall(subject.text("also")))
    missing = [name for name in asked if not present.get(name)]
    if missing and not subject.given_by_values(manifest):
        what = f"the standard {'label' if len(missing) == 1 else 'labels'} {', '.join(missing)}"
        advice = "include the chart's labels template"
        helper = subject.derived(
            _labels_template, tuple(name for name in subject.define_texts if name.endswith(_LABELS))
        )
        text = f'{{{{- include "{helper}" . | nindent {{indent}} }}}}'
        # Beside a label that the named template prints too, one of them would stand twice.
        has_none = not any(present.get(name) for name in _RECOMMENDED)
        fix = SetField(text, raw=True) if helper is not None and has_none else None
        message = f"{manifest.kind} lacks {what}; {advice}"
        yield Violation(message, at=labels, group=_group(manifest, what, advice), fix=fix)


def _labels_template(chart: Chart, names: tuple[str, ...]) -> str | None:
    """The first named template of labels that gets the root context, not a `dict` with what else it needs."""
    given: dict[str, set[str]] = {}
    for file, text in chart.files.items():
        if file.startswith("templates/"):
            for found in _GIVEN.finditer(text):
                start = text.rfind('"', 0, found.start()) + 1
                if text.endswith(("include ", "template "), 0, start - 1):
                    given.setdefault(text[start : found.start()] + _LABELS, set()).add(found[1])
    return next((name for name in names if name not in given or given[name] & {".", "$"}), None)


def _group(manifest: Manifest, what: str, advice: str) -> Group:
    """The other objects that lack the same labels."""
    return Group(("label", what), f"{{count}} objects lack {what}; {advice} in {{items}}", str(manifest))


@rule(
    "helm/missing-version-label",
    scope=Manifest,
    default=SHOULD,
    needs={TEMPLATES},
    enforces=require(
        r"app\.kubernetes\.io/version"
        r"|(?=.*\blabels?\b).*(?:\b(?:recommended|standard)\b|app\.kubernetes\.io/)[^:]{0,80}[\s/,]version\b"
    ),
    umbrella=rf"{STANDARD_LABELS}|{BEST_PRACTICES}",
    evidence="objects have the version label",
)
def missing_version_label(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Object lacks the label app.kubernetes.io/version.

    Why: Without the label, only the image tags of the pods show which version of the application runs. Helm's guide
        calls the label optional; `helm create` sets it.
    Bad:
        labels:
          app.kubernetes.io/name: {{ include "web.name" . }}
          app.kubernetes.io/instance: {{ .Release.Name }}
    Good:
        labels:
          app.kubernetes.io/name: {{ include "web.name" . }}
          app.kubernetes.io/instance: {{ .Release.Name }}
          app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
    Fix: Add `app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}` to the named template of the common labels,
        not to the selector labels.
    Source: Helm chart best practices, Labels and Annotations: Standard Labels
    """
    labels = manifest.get("metadata", "labels")
    if labels.get(_VERSION).exists or not subject.chart.metadata.view.get("appVersion"):
        return
    if not subject.given_by_values(manifest):
        what, advice = f"the label {_VERSION}", "set it to .Chart.AppVersion"
        message = f"{manifest.kind} lacks {what}; {advice}"
        yield Violation(message, at=labels.get(_VERSION), group=_group(manifest, what, advice))
