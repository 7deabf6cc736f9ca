"""The parts of `helm create` that users rely on: the named templates of _helpers.tpl, NOTES.txt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import (
    SHOULD,
    TEMPLATES,
    LazyPattern,
    NamedTuple,
    NotApplicable,
    Subject,
    TextPlace,
    Violation,
    require,
    rule,
)

from .statements import BEST_PRACTICES


class _Helper(NamedTuple):
    """A named template that `helm create` writes. ``pattern`` matches the names that public charts use for it; a chart
    needs it if it renders one of the kinds in ``needed_by``.
    """

    what: str
    name: str
    pattern: LazyPattern
    needed_by: frozenset[str] | None = None


def _helper(what: str, name: str, pattern: str, *needed_by: str) -> _Helper:
    return _Helper(what, name, LazyPattern(pattern, re.IGNORECASE), frozenset(needed_by) if needed_by else None)


_HELPERS = (
    _helper("the chart's name", "name", r"(?:^|[^a-z])(?:chart)?name$"),
    _helper("the full name of objects", "fullname", r"full[-_.]?name|names\.full"),
    _helper("the common labels", "labels", r"^(?!.*(?:selector|match)).*labels"),
    _helper(
        "the selector labels",
        "selectorLabels",
        r"selector|match[-_.]?labels",
        *("Deployment", "StatefulSet", "DaemonSet", "Service"),
    ),
    _helper("the service account's name", "serviceAccountName", r"service[-_.]?account", "ServiceAccount"),
)

_NAMES_THE_CHART = LazyPattern(r"\bdefault \.Chart\.Name\b|\bdefault \(?\.Chart\.Name\)? [$.]")


@rule(
    "helm/missing-helper",
    default=SHOULD,
    needs={TEMPLATES},
    enforces=require(
        r"_helpers\.tpl|\b(?:template|chart) helpers?\b|\bname and fullname\b"
        r"|\blabel selectors and common labels\b|\bservice account name resolution\b"
        r"|\blabels?\b.{0,30}\binclude\b.{0,40}\.labels\b"
        r"|\b(?:named templates?|helpers?)\b.{0,60}\b(?:full ?names?|labels|service ?account)\b"
    ),
    umbrella=BEST_PRACTICES,
)
def missing_helper(subject: Subject) -> Iterator[Violation]:
    """Chart lacks a standard named template.

    Why: Without named templates for names, labels, selector labels and the service account, every template repeats
        them, and a change misses one copy: a selector that no longer matches its pods can't even be upgraded.
    Bad:
        metadata:
          name: {{ .Release.Name }}-{{ .Chart.Name }}
    Good:
        metadata:
          name: {{ include "web.fullname" . }}
    Fix: Define name, fullname, labels, selectorLabels and, if the chart has a service account, serviceAccountName in
        templates/_helpers.tpl, as `helm create` does, and include them.
    Source: Helm documentation, Named Templates; the chart that `helm create` writes
    """
    chart = subject.chart
    if chart.is_library:
        raise NotApplicable("a library chart has no objects to name")
    templates = [template for template in subject.templates if not template.is_partial]
    kinds = {kind for template in templates for kind in _kinds(template.text)}
    if not kinds:
        return  # nothing to name
    names = list(subject.define_texts)
    if any(_NAMES_THE_CHART.search(text) and "Release.Name" not in text for text in subject.define_texts.values()):
        names.append("name")  # whatever it is called
    needed = [helper for helper in _HELPERS if helper.needed_by is None or kinds & helper.needed_by]
    missing = [helper for helper in needed if not any(helper.pattern.search(name) for name in names)]
    if missing and chart.dependencies:
        # Templates that are included but not defined in the chart come from a library.
        included = {name for template in subject.templates for name in _included(template.text)}
        missing = [helper for helper in missing if not any(helper.pattern.search(name) for name in included)]
    if missing:
        what = _listed([helper.what for helper in missing])
        define = _listed([f'"{chart.name}.{helper.name}"' for helper in missing])
        partials = [template.path for template in subject.templates if template.is_partial]
        place = "templates/_helpers.tpl" if "templates/_helpers.tpl" in partials else next(iter(partials), "Chart.yaml")
        opening = "chart has no named template for" if len(missing) == 1 else "chart has no named templates for"
        yield Violation(
            f"{opening} {what}; define {define} in templates/_helpers.tpl",
            TextPlace(place),
        )


def _kinds(text: str) -> Iterator[str]:
    """The kinds of the objects in a template."""
    for part in f"\n{text}".split("\nkind:")[1:]:
        yield part.partition("\n")[0].strip().strip("\"'")


def _included(text: str) -> Iterator[str]:
    """The named templates that a template includes."""
    for part in text.split('include "')[1:]:
        yield part.partition('"')[0]


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


@rule(
    "helm/no-notes",
    default=SHOULD,
    enforces=require(r"\bNOTES\.txt\b|\bpost[- ]install(?:ation)? (?:notes|instructions)"),
    umbrella=BEST_PRACTICES,
)
def no_notes(subject: Subject) -> Iterator[Violation]:
    """Chart has no NOTES.txt, or an empty one.

    Why: helm prints templates/NOTES.txt after each installation and upgrade: it tells every user how to reach the
        application and what to do next.
    Bad:
        templates/deployment.yaml
        templates/service.yaml
    Good:
        templates/NOTES.txt
        templates/deployment.yaml
        templates/service.yaml
    Fix: Add templates/NOTES.txt: how to reach the application, where its password is, which command to run next.
    Source: Helm documentation, Creating a NOTES.txt File; chart-verifier has-notes
    """
    if subject.chart.is_library:
        raise NotApplicable("a library chart is not installed by itself")
    notes = subject.chart.files.get("templates/NOTES.txt")
    if notes is None and subject.chart.is_ignored("templates/NOTES.txt"):
        yield Violation(
            ".helmignore excludes templates/NOTES.txt, so helm prints nothing after an installation;"
            " remove the pattern from .helmignore",
            TextPlace(".helmignore"),
        )
    elif notes is None:
        yield Violation(
            "chart has no templates/NOTES.txt; add one that explains how to reach the application",
            TextPlace("Chart.yaml"),
        )
    elif not notes.strip():
        yield Violation(
            "templates/NOTES.txt is empty; explain how to reach the application", TextPlace("templates/NOTES.txt")
        )
