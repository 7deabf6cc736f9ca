"""Blocks of lines that stand in templates twice, as they are or with other names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate

from helm_constitution.api import (
    SHOULD,
    Parameter,
    Problem,
    Related,
    Span,
    Subject,
    Tally,
    TextPlace,
    forbid,
    require,
    rule,
)
from helm_constitution.lazy import LazyPattern
from helm_constitution.records import NamedTuple
from helm_constitution.templates import TemplateFile

from .statements import READABLE

_COPIES = r"\b(?:duplicat\w*|copy|copies|copied|copy-?past\w*|repeat\w*|DRY\b)"
_FRAGMENTS = r"\b(?:templates?|fragments?|logic|blocks?|yaml|snippets?|code)\b"

_NAMED = r"\b(?:include|named templates?|helpers?)\b"


class _Line(NamedTuple):
    """A line of a template that counts: its number from 1, its shape (what is left without names) and its names.

    ``weight`` is 1 for a line that says something of its own, 0 for what every object needs.
    """

    number: int
    shape: int
    names: tuple[str, ...]
    weight: int
    is_action: bool


class _Copy(NamedTuple):
    """Two equal runs of lines, as indexes into the list of all lines, and how the names differ."""

    first: int
    second: int
    length: int
    renamed: tuple[tuple[str, str], ...]


@rule(
    "templates/duplicated-block",
    default=SHOULD,
    enforces=(
        require(
            rf"\binclude\b.*(?:{_COPIES}).{{0,40}}(?:{_FRAGMENTS})|(?:{_FRAGMENTS}).{{0,60}}\binstead of (?:{_COPIES})"
        ),
        require(rf"\b(?:reusable|shared|common|repeated)\b.{{0,20}}(?:{_FRAGMENTS}).{{0,60}}(?:{_NAMED})"),
        forbid(
            rf"^(?!.*\b(?:keys?|env\w*|values|docs|documentation|tests?)\b)(?:.*\s)?(?:{_COPIES}).{{0,40}}(?:{_FRAGMENTS})"
        ),
    ),
    umbrella=READABLE,
    parameters={
        "lines": Parameter(6, "below that a call and a named template are no shorter than the copy"),
        "names": Parameter(2, "a component's name and one more; what differs in more is another block"),
    },
)
def duplicated_block(subject: Subject) -> Iterator[Problem | Tally]:
    """The same block of lines stands in templates twice, be it with other names.

    Why: A change to one copy is forgotten in the others; nobody can tell whether a difference is meant.
    Bad:
        # templates/server.yaml and templates/worker.yaml, with .Values.worker there
        {{- with .Values.server.nodeSelector }}
        nodeSelector:
          {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- with .Values.server.tolerations }}
        tolerations:
          {{- toYaml . | nindent 8 }}
        {{- end }}
        …
    Good:
        {{- include "web.scheduling" .Values.server | nindent 6 }}
    Fix: write the block once as a named template, give it what differs (`.Values.server`, or a `dict`), and include it
        in both places. Lines that each object needs (apiVersion, kind, metadata, labels), `end`, comments and plain
        list items don't count, nor do lines that set variables and blocks without any action.
    Source: Helm documentation, Named Templates; public charts' constitutions ("include rather than duplicating logic")
    """
    lines, names = subject.number("lines"), subject.number("names")
    templates = [template for template in subject.templates if _counts(template)]
    read = _Reader()
    everything: list[_Line] = []
    owner: list[int] = []
    for index, template in enumerate(templates):
        everything.extend(read.lines_of(template))
        owner.extend([index] * (len(everything) - len(owner)))
    found: dict[int, list[_Copy]] = {}
    for copy in _copies(everything, owner, lines, names):
        found.setdefault(owner[copy.second], []).append(copy)
    for index, copies in found.items():
        longest = max(copies, key=lambda copy: copy.length)
        first = templates[owner[longest.first]]
        yield _problem(subject, first, templates[index], everything, longest, len(copies) - 1)
    total = len(templates)
    yield Tally(total - len(found), total, "templates without copied blocks")


def _problem(
    subject: Subject,
    first: TemplateFile,
    second: TemplateFile,
    lines: Sequence[_Line],
    copy: _Copy,
    others: int,
) -> Problem:
    original = _span(first, lines[copy.first : copy.first + copy.length])
    here = _span(second, lines[copy.second : copy.second + copy.length])
    how = ""
    if copy.renamed:
        shown = [f"{new} for {old}" for old, new in copy.renamed if len(old) + len(new) < 60]
        how = f" with {' and '.join(shown)}" if len(shown) == len(copy.renamed) else " with other names"
    more = f" (and {others} more block{'s' if others > 1 else ''} in this file)" if others else ""
    message = (
        f"{here.end_line - here.line + 1} lines repeat {first.path}:{original.line}-{original.end_line}{how}{more}; "
        f'write them once as a named template, "{subject.chart.name}.{_name(second, here)}", and include it twice'
    )
    return Problem(message, TextPlace(second.path, here), (Related(TextPlace(first.path, original), "the same lines"),))


def _span(template: TemplateFile, lines: Sequence[_Line]) -> Span:
    texts = template.text.split("\n")
    last = texts[lines[-1].number - 1].rstrip()
    first = texts[lines[0].number - 1]
    return Span(lines[0].number, len(first) - len(first.lstrip()) + 1, lines[-1].number, len(last) + 1)


def _name(template: TemplateFile, span: Span) -> str:
    """A name for a block: its outermost key, if it is short enough to be about that alone, else the file's."""
    keys: list[tuple[int, int, str]] = []
    if span.end_line - span.line < _LONG:
        for text in template.text.split("\n")[span.line - 1 : span.end_line]:
            key, colon, _ = text.strip().removeprefix("- ").partition(":")
            if colon and key.isidentifier() and key not in _HEADER and key not in _VAGUE:
                keys.append((len(text) - len(text.lstrip()), len(keys), key))
    return min(keys)[2] if keys else template.path.rpartition("/")[2].partition(".")[0].lstrip("_")


_LONG = 20
_VAGUE = frozenset({"value", "type", "key", "path", "port", "host", "action", "interval"})


def _counts(template: TemplateFile) -> bool:
    """Whether a file's copies are told: not those of generated definitions and of notes."""
    return (
        template.tree is not None
        and not template.path.endswith("NOTES.txt")
        and "\nkind: CustomResourceDefinition" not in template.text
        and "{{" in template.text
    )


_HEADER = frozenset(
    {"apiVersion", "kind", "metadata", "name", "namespace", "labels", "annotations", "spec", "selector", "matchLabels"}
    | {"template", "data", "stringData", "rules", "subjects", "roleRef", "apiGroup", "apiGroups", "resources", "verbs"}
)
"""Keys that objects have in common whatever they are for."""

_NAMES = LazyPattern(r"([.$]\w[\w.]*|\"[^\"]*\")")
_WORD = LazyPattern(r"\w+")
_INDENT = LazyPattern(r"(n?indent) \d+")
_NOTHING = LazyPattern(r"\{\{-?\s*(?:end|else)\s*-?\}\}")
_COMMENT = LazyPattern(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}", re.DOTALL)


class _Taken(NamedTuple):
    """What a line's text says, wherever it stands; ``shape`` is None where the line doesn't count."""

    indentation: int
    is_control: bool
    shape: int | None
    names: tuple[str, ...] = ()
    weight: int = 0
    is_action: bool = False


class _Reader:
    """Reads the lines of templates; equal texts are taken apart once."""

    def __init__(self) -> None:
        self._shapes: dict[str, int] = {}
        self._known: dict[str, _Taken] = {}

    def lines_of(self, template: TemplateFile) -> list[_Line]:
        """The lines of a template that count, without comments, ends and blank lines."""
        text = template.text
        if "/*" in text:
            text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
        known, begins_metadata = self._known, self._metadata
        found: list[_Line] = []
        metadata = -1  # the indentation of the `metadata:` that a line stands below
        for number, line in enumerate(text.split("\n"), 1):
            taken = known.get(line)
            if taken is None:
                taken = known[line] = self._read(line)
            indentation, is_control, shape, names, weight, is_action = taken
            if metadata >= 0 and indentation <= metadata and not is_control:
                metadata = -1
            if shape is not None:
                found.append(_Line(number, shape, names, 0 if metadata >= 0 else weight, is_action))
                if shape == begins_metadata and names == ("",):
                    metadata = indentation
        return found

    @cached_property
    def _metadata(self) -> int:
        """The shape of ``metadata:``."""
        return self._shapes.setdefault("metadata:~", len(self._shapes))

    def _read(self, line: str) -> _Taken:
        text = line.strip()
        indentation = len(line) - len(line.lstrip())
        starts_action = text[:2] == "{{"
        if not text or text[0] == "#" or text == "---" or (starts_action and _NOTHING.fullmatch(text)):
            return _Taken(indentation, starts_action or not text, None)
        key, colon, rest = text.partition(":")
        if not colon or "{{" in key:
            key, rest = "", text
        names: list[str] = []
        is_action = "{{" in rest
        if is_action:
            if len(rest) <= _LONGEST:
                rest = self._without_names(rest, names)
        elif key:
            names.append(rest.strip())
            rest = "~"
        is_plain = (
            (key[2:] if key[:2] == "- " else key) in _HEADER
            or (not key and not is_action and text[:2] == "- ")
            or (is_action and rest.startswith(_INCLUDES))
            or (starts_action and "$" in text and _SETS.match(text) is not None)
        )
        shape = self._shapes.setdefault(f"{key}:{rest}", len(self._shapes))
        return _Taken(indentation, starts_action, shape, tuple(names), int(not is_plain), is_action)

    @staticmethod
    def _without_names(text: str, names: list[str]) -> str:
        """What is left of an action without the names in it, which are put into the list."""
        pieces = _NAMES.split(text)
        for index in range(1, len(pieces), 2):
            words = _WORD.findall(pieces[index])
            names.extend(words)
            first = pieces[index][0]
            pieces[index] = _WORD.sub("~", pieces[index]) if first == '"' else f"{first}~{len(words)}"
        text = "".join(pieces)
        return _INDENT.sub(r"\1", text) if "indent " in text else text


_LONGEST = 200
"""Characters of a line whose names are looked for; longer ones are queries and the like, equal or not."""
_INCLUDES = ("{{- include ", "{{ include ", "{{- define ", "{{ define ", "{{define ", "{{-define ")
"""Beginnings of lines that call a named template, as they should, or begin one."""
_SETS = LazyPattern(r"\{\{-? *\$\w+ *:?= ")
"""Lines that set a variable: what a named template sets, its caller doesn't see."""


class _Lines(NamedTuple):
    """All lines that count, part by part, and the index behind the last line of each line's file."""

    shapes: Sequence[int]
    names: Sequence[tuple[str, ...]]
    weights: Sequence[int]
    ends: Sequence[int]


def _copies(lines: Sequence[_Line], owner: Sequence[int], least: int, most_names: int) -> Iterator[_Copy]:
    """Runs of lines that stood before, each with the longest run before it that it repeats."""
    seen: dict[tuple[int, ...], list[int]] = {}
    sizes = Counter(owner)
    ends = dict(zip(sizes, accumulate(sizes.values()), strict=True))
    parts = _Lines(
        [line.shape for line in lines],
        [line.names for line in lines],
        [line.weight for line in lines],
        [ends[file] for file in owner],
    )
    shapes, weights = parts.shapes, parts.weights
    end_of_copy = 0
    for position in range(len(lines) - least + 1):
        if not weights[position]:
            continue
        earlier = seen.setdefault(tuple(shapes[position : position + least]), [])
        if earlier and position >= end_of_copy and 2 * sum(weights[position : position + least]) > least:
            copies = [_extended(parts, first, position, most_names) for first in earlier]
            copy = max(copies, key=lambda copy: (copy.length, -len(copy.renamed)))
            if copy.length >= least and _says_enough(lines[position : position + copy.length], least):
                yield copy
                end_of_copy = position + copy.length
        if len(earlier) < _CANDIDATES:
            earlier.append(position)


_CANDIDATES = 4
"""How many earlier places a block is compared with: more would cost time and tell the same."""


def _says_enough(run: Sequence[_Line], least: int) -> bool:
    """Whether enough lines say something of their own, half of them by actions."""
    weight = sum(line.weight for line in run)
    return weight >= least and 2 * sum(line.is_action for line in run if line.weight) >= least


def _extended(lines: _Lines, first: int, second: int, most_names: int) -> _Copy:
    """The longest run from here on, within one file each, in which only so many names differ."""
    shapes, names, _, ends = lines
    renamed: dict[tuple[str, str], None] = {}
    shown: tuple[tuple[str, str], ...] = ()
    length = 0
    limit = min(second - first, ends[first] - first, ends[second] - second)
    while length < limit and shapes[first + length] == shapes[second + length]:
        old, new = names[first + length], names[second + length]
        if old != new:
            for pair in zip(old, new, strict=True):
                if pair[0] != pair[1]:
                    renamed[pair] = None
            if len(renamed) > most_names:
                break
            shown = tuple(renamed)
        length += 1
    return _Copy(first, second, length, shown)
