"""Blocks of lines that stand in templates twice, as they are or with other names."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate

from helm_constitution.api import (
    SHOULD,
    TEMPLATES,
    NamedTuple,
    Parameter,
    Related,
    Span,
    Subject,
    Tally,
    TemplateFile,
    TextPlace,
    Violation,
    forbid,
    require,
    rule,
)

from .block_reader import _HEADER, _LONG, _VAGUE, BlockReader, FileLines, Lines, _counts
from .duplicate_fix import included_twice
from .statements import READABLE

_COPIES = r"\b(?:duplicat\w*|copy|copies|copied|copy-?past\w*|repeat\w*|DRY\b)"
_FRAGMENTS = r"\b(?:templates?|fragments?|logic|blocks?|yaml|snippets?|code)\b"

_NAMED = r"\b(?:include|named templates?|helpers?)\b"


class _Copy(NamedTuple):
    """Two equal runs of lines, as indexes into the list of all lines, and how the names differ.

    ``ends`` are the numbers of their last lines, with the `end`s that belong to them.
    """

    first: int
    second: int
    length: int
    renamed: tuple[tuple[str, str], ...]
    ends: tuple[int, int] = (0, 0)


@rule(
    "templates/duplicated-block",
    default=SHOULD,
    needs={TEMPLATES},
    enforces=(
        require(
            rf"\binclude\b.*(?:{_COPIES}).{{0,40}}(?:{_FRAGMENTS})|(?:{_FRAGMENTS}).{{0,60}}\binstead of (?:{_COPIES})"
        ),
        require(rf"\b(?:reusable|shared|common|repeated)\b.{{0,20}}(?:{_FRAGMENTS}).{{0,60}}(?:{_NAMED})"),
        forbid(
            rf"^(?!.*\b(?:keys?|env\w*|values|docs|documentation|metadata|tests?)\b)(?:.*\s)?(?:{_COPIES}).{{0,40}}(?:{_FRAGMENTS})"
        ),
    ),
    umbrella=READABLE,
    parameters={
        "lines": Parameter(6, "a named template and its call are no shorter than fewer lines"),
        "names": Parameter(2, "a component's name and one more; blocks that differ in more names are not copies"),
    },
)
def duplicated_block(subject: Subject) -> Iterator[Violation | Tally]:
    """Block of template lines is duplicated.

    Why: A change to one copy is easily forgotten in the others, and later nobody can tell whether a difference is
        intended.
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
    Fix: Move the block to a named template, pass the differences as its argument (`.Values.server`, or a `dict`), and
        include it in both places. Lines that each object needs (apiVersion, kind, metadata, labels), `end`, comments,
        plain list items, lines that set variables and blocks without any action are not counted; a block begins and
        ends within one branch of an `if`, `with` or `range`. Copies that differ in a few names are reported too.
        `fix --unsafe` does so if the lines are equal and have one key that names them.
    Source: Helm documentation, Named Templates; public charts' constitutions ("include rather than duplicating logic")
    """
    lines, names = subject.number("lines"), subject.number("names")
    templates = [template for template in subject.templates if _counts(template)]
    files = tuple(subject.derived_from(template, FileLines) for template in templates)
    arms = tuple(subject.derived_from(template, FileArms) for template in templates)
    everything, found = subject.derived_from(files, _found, arms, lines, names)
    for copies in found.values():
        longest = max(copies, key=lambda copy: copy.length)
        yield _problem(subject, templates, everything, longest, len(copies) - 1)
    total = len(templates)
    yield Tally(total - len(found), total, "templates without copied blocks")


def _found(
    files: tuple[FileLines, ...], arms: tuple[FileArms, ...], lines: int, names: int
) -> tuple[Lines, Mapping[int, Sequence[_Copy]]]:
    """The lines of all files, and the copies that begin in each, by the file's index."""
    reader = BlockReader()
    for file in files:
        reader.add(file)
    everything = reader.lines
    found: dict[int, list[_Copy]] = {}
    for candidate in _copies(everything, lines, names):
        copy = _whole(candidate, everything, arms, lines)
        if copy is not None:
            found.setdefault(everything.owners[copy.second], []).append(copy)
    return everything, found


def _problem(subject: Subject, templates: Sequence[TemplateFile], lines: Lines, copy: _Copy, others: int) -> Violation:
    first, second = (templates[lines.owners[position]] for position in (copy.first, copy.second))
    original, here = _span(lines, copy.first, copy.ends[0]), _span(lines, copy.second, copy.ends[1])
    how = ""
    if copy.renamed:
        shown = [f"{new} for {old}" for old, new in copy.renamed if len(old) + len(new) < 60]
        how = f" with {' and '.join(shown)}" if len(shown) == len(copy.renamed) else " with other names"
    more = f" (and {others} more block{'s' if others > 1 else ''} in this file)" if others else ""
    name = _name(lines.texts[lines.owners[copy.second]], here)
    called = f', "{subject.chart.name}.{name}",' if name else ""
    message = (
        f"{here.end_line - here.line + 1} lines repeat {first.path}:{original.line}-{original.end_line}{how}{more}; "
        f"move them to a named template{called} and include it twice"
    )
    fix = None
    if name and not copy.renamed:
        files, called = subject.chart.files, f"{subject.chart.name}.{name}"
        fix = included_twice(called, files, (first.path, original), (second.path, here))
    related = (Related(TextPlace(first.path, original), "the original lines"),)
    return Violation(message, TextPlace(second.path, here), related, fix=fix)


def _span(lines: Lines, position: int, last: int) -> Span:
    """Where a run of lines stands in its file."""
    texts = lines.texts[lines.owners[position]]
    first = lines.numbers[position]
    start = texts[first - 1]
    return Span(first, len(start) - len(start.lstrip()) + 1, last, len(texts[last - 1].rstrip()) + 1)


def _name(texts: Sequence[str], span: Span) -> str:
    """A name for a block: its outermost key, if it is short enough to be about that alone; else none."""
    keys: list[tuple[int, str]] = []
    if span.end_line - span.line < _LONG:
        for text in texts[span.line - 1 : span.end_line]:
            key, colon, _ = text.strip().removeprefix("- ").partition(":")
            if colon and key.isidentifier() and key not in _HEADER:
                keys.append((len(text) - len(text.lstrip()), key))
    outermost = {key for depth, key in keys if depth == min(keys)[0]}
    name = outermost.pop() if len(outermost) == 1 else ""
    return "" if name in _VAGUE else name


def _copies(lines: Lines, least: int, most_names: int) -> Iterator[_Copy]:
    """Runs of lines that stood before, each with the longest run before it that it repeats."""
    seen: dict[tuple[str, ...], list[int]] = {}
    shapes, weights = lines.shapes, lines.weights
    end_of_copy = 0
    for position in _candidates(shapes, least):
        if not weights[position]:
            continue
        run = tuple(shapes[position : position + least])
        earlier = seen.get(run)
        if earlier is None:
            seen[run] = [position]
            continue
        if position >= end_of_copy and 2 * sum(weights[position : position + least]) > least:
            copies = [_extended(lines, first, position, most_names) for first in earlier]
            copy = max(copies, key=lambda copy: (copy.length, -len(copy.renamed)))
            if copy.length >= least and _says_enough(lines, position, position + copy.length, least):
                yield copy
                end_of_copy = position + copy.length
        if len(earlier) < _CANDIDATES:
            earlier.append(position)


def _candidates(shapes: Sequence[str], least: int) -> Iterator[int]:
    """Where runs of lines begin that may stand elsewhere: none of their lines has a shape of its own."""
    counts = Counter(shapes)
    begin = 0
    for end, shape in enumerate(shapes):
        if counts[shape] == 1:
            yield from range(begin, end - least + 1)
            begin = end + 1
    yield from range(begin, len(shapes) - least + 1)


class FileArms:
    """In which arm of an `if`, `with`, `range` or `define` each line of a file begins; 0 is the file itself."""

    def __init__(self, template: TemplateFile) -> None:
        self._template = template

    @cached_property
    def of_lines(self) -> list[int]:
        """The arms of a file's lines, with one more behind the last."""
        template = self._template
        starts = [0, *accumulate(len(text) + 1 for text in template.text.split("\n"))]
        regions = [(define.head_end, define.end) for define in template.defines.values()]
        for control, _ in template.controls:
            ends = (*(branch.start for branch in control.branches[1:]), control.end)
            regions.extend((branch.end, end) for branch, end in zip(control.branches, ends, strict=True))
        found = [0] * len(starts)
        for arm, (start, end) in enumerate(sorted(regions), 1):
            first, behind = bisect_left(starts, start), bisect_left(starts, end)
            found[first:behind] = [arm] * (behind - first)
        return found


def _whole(copy: _Copy, lines: Lines, arms: Sequence[FileArms], least: int) -> _Copy | None:
    """What of a copy can be a named template: the longest run in it that no arm begins or ends within.

    A block that begins inside an `if` and ends behind it can't be taken out of the file.
    """
    for length in range(copy.length, least - 1, -1):
        for start in range(copy.length - length + 1):
            first, second = copy.first + start, copy.second + start
            if (end := _end(first, first + length - 1, lines, arms)) is None:
                continue
            if (other_end := _end(second, second + length - 1, lines, arms)) is None:
                continue
            if not _says_enough(lines, second, second + length, least):
                continue
            renamed = {
                pair: None
                for old, new in zip(
                    lines.taken[first : first + length], lines.taken[second : second + length], strict=True
                )
                for pair in zip(old.names, new.names, strict=True)
                if pair[0] != pair[1]
            }
            return _Copy(first, second, length, tuple(renamed), (end, other_end))
    return None


def _end(start: int, last: int, lines: Lines, arms: Sequence[FileArms]) -> int | None:
    """The last line of a block that begins and ends in one arm, given its first and last line that count; else None."""
    owner = lines.owners[start]
    of_lines = arms[owner].of_lines
    arm = of_lines[lines.numbers[start] - 1]
    behind = lines.numbers[last + 1] if last + 1 < lines.ends[owner] else len(of_lines)
    for line in range(lines.numbers[last], behind):
        if of_lines[line] == arm:
            return line
    return None


_CANDIDATES = 4
"""How many earlier places a block is compared with: more would cost time and find the same."""


def _says_enough(lines: Lines, start: int, end: int, least: int) -> bool:
    """Whether enough lines say something of their own, half of them by actions."""
    weights = lines.weights[start:end]
    actions = sum(taken.is_action for taken, weight in zip(lines.taken[start:end], weights, strict=True) if weight)
    return sum(weights) >= least and 2 * actions >= least


def _extended(lines: Lines, first: int, second: int, most_names: int) -> _Copy:
    """The longest run from here on, within one file each, in which only so many names differ."""
    taken, ends, owners = lines.taken, lines.ends, lines.owners
    renamed: dict[tuple[str, str], None] = {}
    shown: tuple[tuple[str, str], ...] = ()
    length = 0
    limit = min(second - first, ends[owners[first]] - first, ends[owners[second]] - second)
    while length < limit:
        old, new = taken[first + length], taken[second + length]
        if old is not new:
            if old.shape != new.shape:
                break
            if old.names != new.names:
                for pair in zip(old.names, new.names, strict=True):
                    if pair[0] != pair[1]:
                        renamed[pair] = None
                if len(renamed) > most_names:
                    break
                shown = tuple(renamed)
        length += 1
    return _Copy(first, second, length, shown)
