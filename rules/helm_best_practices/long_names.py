"""Names that are too long for Kubernetes with a long release name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from helm_constitution.api import (
    MUST,
    TEMPLATES,
    Manifest,
    Rendering,
    Subject,
    TemplateFile,
    Urgency,
    View,
    Violation,
    parse_template,
    require,
    rule,
)

from ..name_evaluator import Evaluator, Unknown
from ..yaml_text import Line, key_lines
from .statements import BEST_PRACTICES

LONGEST_RELEASE = 53
"""The most characters that Helm allows in a release name."""

_LABEL = 63
_LONGEST = 253
_LIMITS: Mapping[str, tuple[int, str]] = {
    "CronJob": (52, "the names of its Jobs begin with it"),
    "Job": (_LABEL, "it becomes the label job-name"),
    "Namespace": (_LABEL, "it becomes part of host names"),
    "Service": (_LABEL, "it becomes part of host names"),
    "StatefulSet": (52, "with a hash appended, it becomes the label controller-revision-hash"),
}


@rule(
    "helm/long-name",
    scope=Rendering,
    default=MUST,
    needs={TEMPLATES},
    enforces=require(
        r"\bnames?\b.{0,60}\b(?:63|53|52|253) characters\b|\b(?:long|longest) (?:release )?names?\b"
        r"|\btrunc(?:ate[ds]?)?\b.{0,40}\bnames?\b|\bnames?\b.{0,40}\btrunc(?:ate[ds]?)?\b"
    ),
    umbrella=BEST_PRACTICES,
    tests=True,
    urgency=Urgency.BROKEN,
)
def long_name(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Object name or label is too long with a long release name.

    Why: The chart works with a short release name; with a long one, the installation fails, or worse, the object is
        created and its pods never are.
    Bad:
        kind: Service
        metadata:
          name: {{ include "web.fullname" . }}-headless      # the full name alone may have 63 characters
    Good:
        kind: Service
        metadata:
          name: {{ include "web.fullname" . | trunc 54 | trimSuffix "-" }}-headless
    Fix: Truncate the full name so that the longest suffix fits: 63 characters for a Service, a Job and a label, 52 for
        a StatefulSet and a CronJob, 253 for everything else.
    Source: Helm documentation, a release name has at most 53 characters; Kubernetes documentation, Object Names and
        IDs; Labels and Selectors
    """
    if rendering.scenario != "defaults":
        return
    evaluators: tuple[Evaluator, Evaluator] | None = None
    for manifest in rendering.manifests:
        if manifest.dependency is not None:
            continue
        for view, limit, why in _at_risk(manifest, rendering.release_name):
            if evaluators is None:
                evaluators = (
                    Evaluator(subject, rendering.release_name, rendering.namespace),
                    Evaluator(subject, "r" * LONGEST_RELEASE, rendering.namespace),
                )
            longest, is_whole = _longest(manifest, view, subject, evaluators)
            if longest > limit:
                is_name = view.path[-1] == "name" and view.path[-2:-1] == ("metadata",)
                what = f"{manifest.kind} name" if is_name else f"label {view.path[-1]}"
                reason = f" ({why})" if why else ""
                yield Violation(
                    f"{what} has {longest} characters with a {LONGEST_RELEASE}-character release name;"
                    f" {_WHOLE if is_whole else _PART} {limit} characters{reason}",
                    at=view,
                )


def _at_risk(manifest: Manifest, release: str) -> Iterator[tuple[View, int, str]]:
    """Names and labels that may be too long: (place, limit, why)."""
    limit, why = _LIMITS.get(manifest.kind, (_LONGEST, ""))
    name = manifest.get("metadata", "name")
    if _may_exceed(name, release, limit):
        yield name, limit, why
    places = [manifest.get("metadata", "labels"), manifest.get("spec", "selector", "matchLabels")]
    if manifest.kind != "Pod":
        places.extend(workload.pod_metadata.get("labels") for workload in manifest.workloads)
    for place in places:
        for _, value in place.entries():
            if _may_exceed(value, release, _LABEL):
                yield value, _LABEL, ""


def _may_exceed(view: View, release: str, limit: int) -> bool:
    text = view.string() or ""
    grown = text.count(release) * (LONGEST_RELEASE - len(release))
    return grown > 0 and len(text) + grown > limit


_WHOLE = "truncate it with trunc to at most"
_PART = "truncate the part before the suffix with trunc, so that all of it has at most"


def _longest(
    manifest: Manifest, view: View, subject: Subject, evaluators: tuple[Evaluator, Evaluator]
) -> tuple[int, bool]:
    """The text's length with the longest release name (0 if unknown), and whether one action prints all of it."""
    short, long = evaluators
    for template, line in _sources(manifest, view, subject):
        try:
            # A result other than helm's comes from another line, or is beyond what the evaluator knows.
            if short.text(line.value, template) == view.data:
                is_whole = line.value.endswith("}}") and line.value.rfind("{{") == 0
                return len(long.text(line.value, template)), is_whole
        except Unknown:
            continue
    return 0, False


def _sources(manifest: Manifest, view: View, subject: Subject) -> Iterator[tuple[TemplateFile, Line]]:
    """The lines that may have printed a name or label: of the object's template, or of a named one."""
    key = view.path[-1]
    for template in subject.templates:
        if template.path == manifest.template:
            for line in subject.derived_from(template.text, key_lines):
                if line.key == key and (key != "name" or line.parents == ("metadata",)) and "{{" in line.value:
                    yield template, line
    if key != "name":
        for name, text in subject.define_texts.items():
            if f"{key}:" in text:
                template = parse_template(name, text)
                lines = subject.derived_from(text, key_lines)
                yield from ((template, line) for line in lines if line.key == key and "{{" in line.value)
