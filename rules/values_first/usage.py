"""Values that no template reads, and reads of undefined values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from helm_constitution.api import (
    MUST,
    TEMPLATES,
    Chart,
    Json,
    LazyPattern,
    NotApplicable,
    Path,
    Related,
    Subject,
    Tag,
    Tally,
    TextPlace,
    Unchecked,
    ValueKey,
    Violation,
    dotted,
    forbid,
    require,
    rule,
)

_IN_TEMPLATES = LazyPattern(
    r"\btpl\b|\bin (?:a |the )?templates?\b|\btemplate (?:values|context|variables)\b", re.IGNORECASE
)
_FOR_OTHERS = LazyPattern(
    r"\b(?:not|never|isn't) (?:used|read) by (?:the|this) (?:\w+ )?chart\b|\bignored by (?:the|this) (?:\w+ )?chart\b",
    re.IGNORECASE,
)
_ANCHOR = LazyPattern(r":\s*&(\S+)")


FOR_EDITORS = frozenset({("$schema",), ("$id",), ("$comment",)})
"""Keys of a values file that editors and validators read."""


def _steps(path: Path) -> tuple[str, ...]:
    return tuple(str(step) for step in path)


@rule(
    "values/unused",
    default=MUST,
    needs={TEMPLATES},
    enforces=(
        forbid(r"\bvalues?\b.*\b(?:no (?:template|file) (?:reads|uses)|unused|unread|dead|nothing (?:reads|uses))\b"),
        forbid(r"\b(?:unused|dead|unread|orphaned)\b.*\b(?:values?|parameters?|keys?|settings?)\b"),
        require(r"\b(?:unused|dead|unread|orphaned) (?:values?|parameters?|keys?|settings?)\b.*\bremoved?\b"),
        require(r"\b(?:every|each|all)\b.*\b(?:values?|parameters?|keys?)\b.*\b(?:read|used|referenced) (?:by|in)\b"),
    ),
    tag=Tag.UNUSED,
)
def unused(subject: Subject) -> Iterator[Violation | Tally]:
    """Value is never used.

    Why: Users who set it expect a change, and nothing happens.
    Bad:
        # values.yaml; the templates read .Values.service.type only
        service:
          type: ClusterIP
          nodePort: 30080
    Good:
        service:
          type: ClusterIP
    Fix: Remove the key, or read it in the template that needs it. A value that templates, named templates, `tpl`
        strings or dependencies (their key, `global`, condition, tags, import-values) may read is not reported, nor is
        one whose comment says who else reads it ("not used by the chart").
    Source: Helm issues 7285, 8822 and 6422, which request this check
    """
    values = subject.chart.values
    if values is None or not values.keys():
        raise NotApplicable("the chart has no values")
    if subject.chart.is_library:
        raise NotApplicable("a library chart's values are read by the charts that use it")
    uses = subject.uses
    keys = values.keys()
    lines = values.document.lines
    dead: list[ValueKey] = []
    above: Path = ("",)  # the last key that no template reads: the keys below it are not reported again
    is_dead = False
    leaves = unread = 0
    for key in keys:
        if key.path[: len(above)] != above:
            if is_dead := not uses.is_read(_steps(key.path)) and key.path not in FOR_EDITORS:
                above = key.path
                is_dead = not _is_for_others(key, values.text, lines)
            if is_dead:
                dead.append(key)
        leaves += key.is_leaf
        unread += key.is_leaf and is_dead
    missed = _close(
        (".".join(_steps(key.path)) for key in dead), {".".join(path) for _, path in uses.missing(values.data)}
    )
    for key in dead:
        what = f"{key.name} is" if key.is_leaf else f"{key.name} and the keys below it are"
        meant = missed.get(".".join(_steps(key.path)))
        hint = f"did you mean {meant}, which the templates read?" if meant else "remove it, or read it in a template"
        yield Violation(f"value {what} never used; {hint}", values.document.view.get(*key.path))
    yield Tally(leaves - unread, leaves, "values read by templates")


def _is_for_others(key: ValueKey, text: str, lines: Sequence[str]) -> bool:
    """Whether others read a key: it has an anchor, or its comment says that templates in values or others read it."""
    if key.comment is not None and (
        (not key.value and _IN_TEMPLATES.search(key.comment.text)) or _FOR_OTHERS.search(key.comment.text)
    ):
        return True
    anchor = _ANCHOR.search(lines[key.span.line - 1][key.span.column - 1 :])
    return anchor is not None and re.search(rf"\*{re.escape(anchor[1])}(?!\S)", text) is not None


def _close(names: Iterable[str], others: Iterable[str]) -> dict[str, str]:
    """For each name, the similar one in the same map that it may be a misspelling of."""
    siblings: dict[str, list[str]] = {}
    for other in others:
        parent, _, last = other.rpartition(".")
        siblings.setdefault(parent, []).append(last)
    found = {}
    for name in names:
        parent, _, last = name.rpartition(".")
        candidates = [other for other in sorted(siblings.get(parent, ())) if _may_be_close(last, other)]
        if not candidates:
            continue
        import difflib

        near = difflib.get_close_matches(last, candidates, 1, _CLOSE)
        near = near or [other for other in candidates if _ends(last, other)]
        if near:
            found[name] = f"{parent}.{near[0]}" if parent else near[0]
    return found


_CLOSE = 0.8
"""The least share of common letters, in order, of a name and its misspelling."""


def _may_be_close(one: str, other: str) -> bool:
    """Whether two names share enough letters, in any order (most do not), or one ends in the other."""
    if _ends(one, other):
        return True
    common = sum(min(one.count(letter), other.count(letter)) for letter in set(one))
    return 2 * common >= _CLOSE * (len(one) + len(other))


def _ends(one: str, other: str) -> bool:
    """Whether one name is the other with something before it: ``imagePullPolicy`` and ``pullPolicy``."""
    short, long = (one, other) if len(one) < len(other) else (other, one)
    return len(short) > 8 and long.endswith(short[0].upper() + short[1:])


_MERGES = LazyPattern(
    r"\bset\s+\$?[\w.]*\s+\"Values\"|\bmerge(?:Overwrite)?\s[^}]*\.Values\b|\bmust(?:Merge|MergeOverwrite)\s[^}]*\.Values\b"
)


def _libraries_that_merge(chart: Chart) -> list[Chart]:
    """The library charts among the dependencies whose named templates write into ``.Values``."""
    return [
        library
        for library in chart.subcharts.values()
        if library.is_library
        and any(_MERGES.search(text) for file, text in library.files.items() if file.startswith("templates/"))
    ]


def _has(data: Json, path: Sequence[str]) -> bool:
    for step in path:
        if not isinstance(data, dict) or step not in data:
            return False
        data = data[step]
    return True


@rule(
    "values/undefined",
    default=MUST,
    needs={TEMPLATES},
    enforces=(
        require(r"\bexposed\b.*\b(?:via|through|in)\b.*\bvalues\b"),
        require(r"\b(?:every|each|all)\b.*\bvalues?\b.*\b(?:has|have)\b.*\bdefaults?\b"),
        require(r"\bsensible defaults? that\b|\bdefaults? (?:values? )?in `?values\.yaml\b"),
        require(
            r"\b(?:every|each|all)\b.{0,30}\bvalues?\b.{0,20}\b(?:appear|declared|defined|listed)\b.{0,20}\bvalues\.ya?ml"
        ),
        forbid(r"\b(?:not (?:present|defined|declared)|absent|missing)\b.{0,20}\bvalues\.ya?ml"),
        forbid(r"\b(?:undefined|undeclared|missing) (?:values?|keys?|parameters?)\b"),
    ),
)
def undefined(subject: Subject) -> Iterator[Violation]:
    """Template reads an undefined value.

    Why: Users can't see that the value exists, a misspelt name renders to nothing, and a missing map makes rendering
        fail.
    Bad:
        replicas: {{ .Values.replicas }}      (values.yaml has replicaCount)
    Good:
        replicas: {{ .Values.replicaCount }}
    Fix: Give the key a default in values.yaml, or guard the read with `default`, `if`, `with`, `hasKey`, `dig` or
        `required`.
    Source: Helm chart best practices, Values
    """
    chart = subject.chart
    if chart.is_library:
        raise NotApplicable("a library chart reads the values of the charts that use it")
    if not any(file.startswith("templates/") for file in chart.files):
        raise NotApplicable("the chart has no templates")
    data = chart.values.data if chart.values is not None else {}
    places: dict[tuple[str, ...], list[TextPlace]] = {}
    for read, missing in subject.uses.missing(data):
        places.setdefault(missing, []).append(TextPlace(read.file, read.span))
    if places and (merging := _libraries_that_merge(chart)):
        given = [library.values.data for library in merging if library.values is not None]
        if len(given) < len(merging):
            names = ", ".join(sorted(library.name for library in merging if library.values is None))
            raise Unchecked(f"library chart {names} merges its own values into .Values")
        places = {path: found for path, found in places.items() if not any(_has(data, path) for data in given)}
    keys = chart.values.keys() if chart.values is not None else ()
    known = {".".join(_steps(key.path)) for key in keys}
    meant = _close((".".join(path) for path in places), known)
    for path, found in places.items():
        found.sort(key=lambda place: (place.file, place.span.line if place.span else 0))
        near = meant.get(".".join(path))
        hint = f"did you mean {near}?" if near else "add a default there, or guard the read"
        related = tuple(Related(place, "also read here") for place in found[1:4])
        if chart.values is not None and chart.values.document.view.get(*path).exists:
            message = f".Values.{dotted(path)} is null in values.yaml, but a template reads its keys; set it to a map"
            yield Violation(message, found[0], related)
            continue
        yield Violation(f".Values.{dotted(path)} is not defined in values.yaml; {hint}", found[0], related)
