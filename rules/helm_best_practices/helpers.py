"""What `helm create` lays down and users count on: the named templates of _helpers.tpl, NOTES.txt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import SHOULD, Problem, Subject, TextPlace, Unjudged, require, rule

from .statements import BEST_PRACTICES

# Each helper by the last parts of the names that public charts give it.
_HELPERS = (
    ("the chart's name", "name", re.compile(r"(?:^|[^a-z])(?:chart)?name$", re.IGNORECASE)),
    ("the full name of objects", "fullname", re.compile(r"full[-_.]?name|names\.full", re.IGNORECASE)),
    ("the common labels", "labels", re.compile(r"^(?!.*(?:selector|match)).*labels", re.IGNORECASE)),
    ("the selector labels", "selectorLabels", re.compile(r"selector|match[-_.]?labels", re.IGNORECASE)),
    ("the service account's name", "serviceAccountName", re.compile(r"service[-_.]?account", re.IGNORECASE)),
)
_CALL = re.compile(r"""\b(?:include|template)\s+["`]([^"`]+)["`]""")
_KIND = re.compile(r"^kind:[ \t]*[\"']?(\w*)", re.MULTILINE)
_SELECTED = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Service"})


@rule(
    "helm/missing-helper",
    default=SHOULD,
    enforces=require(
        r"_helpers\.tpl|\bname and fullname\b|\blabel selectors and common labels\b|\bservice account name resolution\b"
        r"|\b(?:named templates?|helpers?)\b[^.]{0,60}\b(?:full ?names?|labels|service ?account)\b"
    ),
    umbrella=BEST_PRACTICES,
)
def missing_helper(subject: Subject) -> Iterator[Problem]:
    """A chart has no named template for names, labels, selector labels or the service account.

    Why: What every object needs is then written out in each template, and one copy is forgotten when it changes: a
        selector that no longer matches its pods can't even be upgraded.
    Bad:
        metadata:
          name: {{ .Release.Name }}-{{ .Chart.Name }}
    Good:
        metadata:
          name: {{ include "web.fullname" . }}
    Fix: Define name, fullname, labels, selectorLabels and, where the chart has a service account, serviceAccountName
        in templates/_helpers.tpl, as `helm create` does, and include them.
    Source: Helm documentation, Named Templates; the chart that `helm create` makes
    """
    chart = subject.chart
    if chart.is_library:
        raise Unjudged("a library chart has no objects to name")
    kinds: set[str] = set()
    names: set[str] = set()
    partial: str | None = None
    for template in subject.templates:
        names.update(template.defines)
        names.update(_CALL.findall(template.text))
        if not template.is_partial:
            kinds.update(_KIND.findall(template.text))
        elif partial is None or template.path == "templates/_helpers.tpl":
            partial = template.path
    if not kinds:
        raise Unjudged("the chart's own templates make no objects")
    missing: list[tuple[str, str]] = []
    for what, name, pattern in _HELPERS:
        if name == "selectorLabels" and not kinds & _SELECTED:
            continue
        if name == "serviceAccountName" and "ServiceAccount" not in kinds:
            continue
        if not any(pattern.search(known) for known in names):
            missing.append((what, f'"{chart.name}.{name}"'))
    if missing:
        what, define = (_listed([entry[part] for entry in missing]) for part in (0, 1))
        opening = "no named template gives" if len(missing) == 1 else "no named templates give"
        yield Problem(
            f"{opening} {what}; define {define} in templates/_helpers.tpl",
            TextPlace(partial or "Chart.yaml"),
        )


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


@rule(
    "helm/no-notes",
    default=SHOULD,
    enforces=require(r"\bNOTES(?:\.txt)?\b|\bpost[- ]install(?:ation)? (?:notes|instructions)"),
    umbrella=BEST_PRACTICES,
)
def no_notes(subject: Subject) -> Iterator[Problem]:
    """A chart says nothing after its installation.

    Why: helm prints templates/NOTES.txt when a release is installed or upgraded: the one place where every user is told
        how to reach the application and what is left to do.
    Bad:
        templates/deployment.yaml
        templates/service.yaml
    Good:
        templates/NOTES.txt
        templates/deployment.yaml
        templates/service.yaml
    Fix: Write templates/NOTES.txt: how to reach the application, where its password is, which command comes next.
    Source: Helm documentation, Creating a NOTES.txt File; chart-verifier has-notes
    """
    if subject.chart.is_library:
        raise Unjudged("a library chart is not installed by itself")
    notes = subject.chart.files.get("templates/NOTES.txt")
    if notes is None:
        yield Problem("has no templates/NOTES.txt; helm prints nothing after an installation", TextPlace("Chart.yaml"))
    elif not notes.strip():
        yield Problem(
            "templates/NOTES.txt is empty; say how to reach the application", TextPlace("templates/NOTES.txt")
        )
