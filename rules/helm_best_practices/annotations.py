"""Annotations that a team requires on its objects."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import OFF, TEMPLATES, LazyPattern, Manifest, Parameter, Subject, Violation, require, rule

_KEY = r"(?:[a-z0-9-]+\.)+[a-z]{2,}/[\w.-]*\w"
_KEYS = rf"{_KEY}(?:(?:,? and |, ){_KEY})*"
_KINDS = (
    r"ingress|service|deployment|stateful ?set|daemon ?set|job|cron ?job|namespace|persistent ?volume ?claim|"
    r"config ?map|secret|service ?account|workload"
)
_OF_A_KIND = rf"^(?=(?:.*?\b(?P<kind>{_KINDS})(?:es|s)?\b)?)"
_WORKLOADS = frozenset({"deployment", "statefulset", "daemonset", "job", "cronjob"})
_NAME = LazyPattern(_KEY)


@rule(
    "helm/missing-annotation",
    scope=Manifest,
    default=OFF,
    needs={TEMPLATES},
    enforces=(
        require(rf"{_OF_A_KIND}.*\bannotations?\b.{{0,30}}?(?P<annotations>{_KEYS})"),
        require(rf"{_OF_A_KIND}.*?(?P<annotations>{_KEYS}) annotations?\b"),
    ),
    parameters={
        "annotations": Parameter("", "every team has its own; separated by commas"),
        "kind": Parameter("", "the kind of object that needs them; workloads by default"),
    },
)
def missing_annotation(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Object lacks an annotation that the team requires.

    Why: Controllers and reports that read the annotation leave out the objects without it.
    Bad:
        kind: Deployment
        metadata:
          annotations: {}
    Good:
        kind: Deployment
        metadata:
          annotations:
            acme.test/contact: web-team
    Fix: Add the annotation to the template, or add commonAnnotations with a default to values.yaml. The rule checks
        nothing until its parameter `annotations` is set; `kind` is the kind of object that needs them (workloads by
        default).
    Source: Kubernetes documentation, Annotations
    """
    kind = manifest.kind.lower()
    wanted = re.sub(r"\s", "", subject.text("kind").lower())
    if kind not in (_WORKLOADS if wanted in ("", "workload") else {wanted}):
        return
    annotations = manifest.get("metadata", "annotations")
    present = annotations.data if isinstance(annotations.data, dict) else {}
    missing = [name for name in _NAME.findall(subject.text("annotations")) if name not in present]
    if missing and not subject.given_by_values(manifest):
        noun = "annotation" if len(missing) == 1 else "annotations"
        message = f"{manifest.kind} lacks the {noun} {', '.join(missing)}; add the {noun} to the template"
        yield Violation(message, at=annotations)
