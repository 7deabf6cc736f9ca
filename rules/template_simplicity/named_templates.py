"""Named templates: what they are called, and whether a comment tells what they do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from helm_constitution.api import (
    MUST,
    SHOULD,
    TEMPLATES,
    Chart,
    Comment,
    Content,
    Define,
    Group,
    LazyPattern,
    Span,
    Subject,
    Tally,
    TemplateFile,
    Text,
    TextPlace,
    Urgency,
    Violation,
    forbid,
    require,
    rule,
)

from .statements import BEST_PRACTICES, READABLE

_NAMED = r"\b(?:named|helper|partial) templates?\b|\bhelpers?\b|\b_helpers\.tpl\b|\bdefined? templates?\b"


@rule(
    "templates/define-undocumented",
    default=SHOULD,
    needs={TEMPLATES},
    enforces=(
        require(
            rf"(?:{_NAMED}).{{0,60}}\b(?:document|comment)|\bcomments?\b.{{0,40}}(?:{_NAMED})"
            rf"|\bdocument(?:s|ed)?\b.{{0,20}}(?:{_NAMED})"
        ),
        forbid(rf"\bundocumented (?:{_NAMED})"),
    ),
    umbrella=f"{BEST_PRACTICES}|{READABLE}",
)
def define_undocumented(subject: Subject) -> Iterator[Violation | Tally]:
    """Named template has no comment.

    Why: A call, `include "web.endpoint" (list $ .name)`, shows neither what it expects nor what it returns; without a
        comment each reader has to work it out from the body.
    Bad:
        {{- define "web.endpoint" -}}
    Good:
        {{/* The URL of a service. Given a list: the root context, the service's name. */}}
        {{- define "web.endpoint" -}}
    Fix: Write a template comment right above the `define`, or at its beginning: what it returns, and what `.` has to be
        if it is not the root context.
    Source: Helm chart best practices, Templates ("Template comments should be used when documenting features of a
        template, such as explaining a defined template")
    """
    good = total = 0
    for template, before, define in _definitions(subject):
        total += 1
        if _is_documented(template, before, define):
            good += 1
        else:
            message = (
                f'named template "{define.name}" has no comment; describe its argument and its result above the define'
            )
            several = "{count} named templates have no comment; describe argument and result above each define: {items}"
            group = Group(("define-undocumented", template.path), several, define.name)
            yield Violation(message, TextPlace(template.path, _head(template, define)), group=group)
    yield Tally(good, total, "named templates documented")


@rule(
    "templates/define-unprefixed",
    default=MUST,
    needs={TEMPLATES},
    enforces=(
        require(
            rf"(?:{_NAMED}|\btemplate names?\b|\bdefines?\b).{{0,80}}"
            r"\b(?:prefix|namespace[ds]?\b|(?:begin|start)s? with)"
            rf"|\b(?:prefix|namespace)\w*\b.{{0,60}}(?:{_NAMED})"
            r"|\btemplates\b.{0,20}\bnamespaced\b"
        ),
        forbid(rf"\bunprefixed (?:{_NAMED})"),
    ),
    umbrella=BEST_PRACTICES,
    urgency=Urgency.COLLISION,
)
def define_unprefixed(subject: Subject) -> Iterator[Violation | Tally]:
    """Named template is not prefixed with the chart name.

    Why: Named templates are global: if two charts of a release define `labels`, both use the one that helm loads last,
        and the other chart's objects change without a warning.
    Bad:
        {{- define "labels" -}}
    Good:
        {{- define "web.labels" -}}
    Fix: Prefix the name with the chart's name and a dot, and change its calls. If the chart's name has three words or
        more, two of them or the initials are enough. A template that overrides one of a dependency, or that a
        dependency calls, keeps its name. Names of a library chart are not reported, because other charts call them.
    Source: Helm chart best practices, Templates ("all defined template names should be namespaced")
    """
    chart = subject.chart
    if chart.is_library:
        return
    prefixes = {_plain(chart.name), *_short_forms(chart.name)}
    prefixes.update(_plain(name) for dependency in chart.dependencies for name in (dependency.name, dependency.key))
    good = total = 0
    definitions = [(template, define) for template, _, define in _definitions(subject)]
    heads = Counter(define.name.partition(".")[0] for _, define in definitions)
    wrong = {define.name.partition(".")[0] for _, define in definitions if define.name.endswith(_OF_A_CHART)}
    called: frozenset[str] | None = None
    for template, define in definitions:
        total += 1
        head = define.name.partition(".")[0]
        # `k8s-web.labels` is as unmistakable as `web.labels`.
        if f"-{chart.name}-" in f"-{head}-" or any(_plain(part) in prefixes for part in _beginnings(define.name)):
            good += 1
        else:
            if called is None:
                called = subject.derived(_called_by_dependencies)
            if define.name in called:
                good += 1
                continue
            is_usual = head in wrong or 2 * heads[head] > len(definitions) > 1
            better = _proposal(define.name, chart.name, is_usual)
            message = f'named template "{define.name}" is not prefixed with the chart name; rename it to "{better}"'
            several = f'{{count}} named templates lack the chart name as prefix; rename them (as "{better}"): {{items}}'
            group = Group(("prefix", head if "." in define.name else ""), several, define.name)
            yield Violation(message, TextPlace(template.path, _head(template, define)), group=group)
    yield Tally(good, total, "named templates named after the chart")


_OF_A_CHART = ".chart"
"""The names of `helm create` for templates of the whole chart (`ingester.labels` is one of a component)."""
_CALL = LazyPattern(r"""(?:include|template)\s+["`]([^"`]+)["`]""")


def _called_by_dependencies(chart: Chart) -> frozenset[str]:
    """The named templates that the charts in ``charts/`` call, at any depth."""
    names: set[str] = set()
    for subchart in chart.subcharts.values():
        for path, text in subchart.files.items():
            if path.startswith("templates/"):
                names.update(_CALL.findall(text))
        names |= _called_by_dependencies(subchart)
    return frozenset(names)


def _definitions(subject: Subject) -> Iterator[tuple[TemplateFile, Sequence[Content], Define]]:
    """Every named template, with its file and what stands before it there."""
    for template in subject.templates:
        contents = template.tree or ()
        for index, node in enumerate(contents):
            if isinstance(node, Define):
                yield template, contents[max(0, index - 2) : index], node


def _head(template: TemplateFile, define: Define) -> Span:
    return template.span_between(define.start, define.head_end)


_NO_DOCUMENTATION = LazyPattern(r"\bvim?:|-\*-|copyright|SPDX-|licen[cs]e|constitution:\s*allow\b", re.IGNORECASE)
_WORDS = LazyPattern(r"[^\W\d_]{2,}")


def _is_documented(template: TemplateFile, before: Sequence[Content], define: Define) -> bool:
    text = ""
    if before and isinstance(before[-1], Text):
        text = template.source(before[-1])
        before = before[:-1]
    if not text.strip():
        above = before[-1] if before else None
        gap = template.text[above.end : define.start] if above is not None else ""
        if isinstance(above, Comment) and gap.count("\n") <= 2 and says_something(above.text):
            return True
    elif text.rstrip(" \t\r\n").rpartition("\n")[2].lstrip().startswith("#") and says_something(text):
        return True  # a YAML comment: a partial's text goes nowhere, so it serves as well
    first = next((node for node in define.body if not isinstance(node, Text) or template.source(node).strip()), None)
    return isinstance(first, Comment) and says_something(first.text)


def says_something(comment: str) -> bool:
    """Whether a comment is more than an editor's mode line, a licence, a waiver or a ruler."""
    return bool(_WORDS.search(comment)) and not _NO_DOCUMENTATION.search(comment)


def _plain(name: str) -> str:
    """A name as it is compared: `argo-cd`, `argoCd` and `argocd` are the same."""
    return re.sub(r"[^a-z0-9]+", "", name.lower())


def _short_forms(chart: str) -> Iterator[str]:
    """What authors call a chart with a long name: two words and more of its beginning or end, or three initials."""
    words = re.findall(r"[a-z0-9]+", chart.lower())
    for length in range(2, len(words)):
        yield "".join(words[:length])
        yield "".join(words[-length:])
    if len(words) > 2:
        yield "".join(word[0] for word in words)


def _beginnings(name: str) -> Iterator[str]:
    """A name's beginnings that end where a part of it does."""
    for match in re.finditer(r"[./_:-]|$", name):
        yield name[: match.start()]


def _proposal(name: str, chart: str, is_usual: bool) -> str:
    """The name with the chart's before it, or in place of a first part that stands for the chart.

    That is a piece of the chart's name, or the first part of most of the chart's named templates (``is_usual``).
    """
    head, dot, rest = name.partition(".")
    replaced = dot and rest and (is_usual or _plain(head) in _plain(chart))
    return f"{chart}.{rest if replaced else name}".rstrip(".")
