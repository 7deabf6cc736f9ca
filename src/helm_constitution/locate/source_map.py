"""For each line of a rendered document the template line that made it, read from the marks."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.templates import TemplateFile
from helm_constitution.templates.nodes import Action, Content, Control, Define, TemplateCall, Text

_BEFORE = LazyPattern(r"[ \t]*#@([<(])(\d{1,9}):(\d{1,9})@")
_AFTER = LazyPattern(r"#@(\d{1,9}):(\d{1,9})(?:\+(\d{1,9}))?@")
_ALL_AFTER = LazyPattern(r" ?#@\d{1,9}:\d{1,9}(?:\+\d{1,9})?@")
# 63 characters fit a label.
_DIGEST = LazyPattern(r"\b(?:[0-9a-f]{63,64}|[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{128})\b")


class Origin(NamedTuple):
    """A line of a template: the file's path in the chart, the line from 1."""

    file: str
    line: int
    begins: bool = False
    """Whether the mark stood before the line's output: what follows up to the line's other mark is all of it."""


def nodes_of(nodes: Iterable[Content]) -> Iterator[Content]:
    """These contents and those inside their controls, except the contents of named templates."""
    for node in nodes:
        yield node
        if isinstance(node, Control):
            for branch in node.branches:
                yield from nodes_of(branch.body)


class _Outline:
    """The printing lines of a template, and the named template that each belongs to."""

    def __init__(self, template: TemplateFile) -> None:
        self.printing: dict[Define | None, list[int]] = {}
        self._defines: list[tuple[int, int, Define]] = []
        self._lines_of(template, template.tree or (), None)

    def _lines_of(self, template: TemplateFile, nodes: Iterable[Content], owner: Define | None) -> None:
        found: set[int] = set()
        for node in nodes_of(nodes):
            if isinstance(node, Define):
                first, last = template.position(node.start)[0], template.position(node.end - 1)[0]
                self._defines.append((first, last, node))
                self._lines_of(template, node.body, node)
            elif isinstance(node, TemplateCall) or (isinstance(node, Action) and not node.pipeline.variables):
                # An action over several lines prints on the one where it begins, as its mark says.
                found.add(template.position(node.start)[0])
            elif isinstance(node, Text):
                first = template.position(node.start)[0]
                for number, line in enumerate(template.text[node.start : node.end].split("\n"), first):
                    if line.strip() and not line.lstrip().startswith("#"):
                        found.add(number)
        self.printing[owner] = sorted(found)

    def owner(self, line: int) -> Define | None:
        """The named template that a line belongs to; if nested, the inner one."""
        inside = [(last - first, define) for first, last, define in self._defines if first <= line <= last]
        return min(inside, key=lambda found: found[0])[1] if inside else None


class Templates:
    """The templates that were marked, with the data for reading the marks of each, computed on first use."""

    def __init__(self, files: Sequence[TemplateFile]) -> None:
        self.files = files
        self._by_path = {file.path: file for file in files}
        self._outlines: dict[str, _Outline] = {}
        self._lines: dict[str, list[str]] = {}

    def printing_between(self, before: Origin, after: Origin) -> list[int]:
        """The lines that print between two marks of one file, including the second's own; none if these are in
        different named templates.

        A line whose mark stands at its end has printed all that it prints.
        """
        outline = self._outline(after.file)
        owner = outline.owner(after.line)
        if outline.owner(before.line) is not owner:
            return []
        lines = outline.printing[owner]
        first = bisect_left(lines, before.line) if before.begins else bisect_right(lines, before.line)
        return lines[first : bisect_right(lines, after.line)]

    def _outline(self, file: str) -> _Outline:
        outline = self._outlines.get(file)
        if outline is None:
            outline = self._outlines[file] = _Outline(self._by_path[file])
        return outline

    def path(self, number: str) -> str:
        """The path of a template by its number in a mark; empty if the chart prints the mark itself."""
        return self.files[int(number)].path if int(number) < len(self.files) else ""

    def line(self, origin: Origin) -> str:
        """A template line's text."""
        return self.lines(origin.file)[origin.line - 1]

    def lines(self, file: str) -> Sequence[str]:
        """A template's lines."""
        lines = self._lines.get(file)
        if lines is None:
            lines = self._lines[file] = self._by_path[file].text.split("\n")
        return lines


class SourceMap:
    """For each line of one rendered document, the template line that made it, if certain."""

    def __init__(self, origins: Sequence[Origin | None], templates: Templates) -> None:
        self._origins = origins
        self._templates = templates

    @property
    def origins(self) -> Sequence[Origin | None]:
        """The template line that each rendered line's own mark names."""
        return self._origins

    def origin(self, line: int) -> Origin | None:
        """The template line of a rendered line (from 1).

        A line without a mark of its own is part of a longer output: certain only if a single printing line of one
        template lies between its neighbours' marks.
        """
        if not 1 <= line <= len(self._origins):
            return None
        found = self._origins[line - 1]
        if found is not None:
            return found
        before = next((origin for origin in reversed(self._origins[: line - 1]) if origin is not None), None)
        after = next((origin for origin in self._origins[line:] if origin is not None), None)
        if before is None or after is None or before.file != after.file:
            return None
        if before.begins and before.line == after.line:
            return after
        printing = self._templates.printing_between(before, after)
        return Origin(after.file, printing[0]) if len(printing) == 1 else None

    def source(self, origin: Origin) -> str:
        """The template line's text."""
        return self._templates.line(origin)


SourceMaps: TypeAlias = Mapping[tuple[str, str, str], SourceMap]
"""Source maps by what documents that scenarios render alike have in common
(:attr:`helm_constitution.text.yaml_document.YamlDocument.alike`)."""

NO_SOURCES: SourceMaps = {}


def source_map(plain: str, marked: str, templates: Templates, twin: str | None = None) -> SourceMap | None:
    """The origins of a rendered document's lines.

    Args:
        plain: the document as rendered.
        marked: the same document, rendered from :func:`marked_sources`.
        templates: in the order in which they were marked.
        twin: the document rendered once more without marks, if it is random.

    Returns:
        None if the two differ in more than marks and digests.
    """
    bare, origins = _unmark(marked, templates)
    if bare != plain:
        # Something in the form of a mark that the chart itself prints is missing as well: then no line is claimed.
        first, lines = _trimmed(bare)
        if not _alike(lines, _comparable(plain), twin):
            return None
        origins = origins[first:]
    return SourceMap(origins, templates)


def unmarked(marked: str, templates: Templates) -> str:
    """The part of a marked document that equals the plain one: its text without marks, :func:`trimmed`."""
    return trimmed(_unmark(marked, templates)[0])


def trimmed(text: str) -> str:
    """A document without digests, which a mark may have changed, and without blanks at its ends and its lines' ends."""
    return "\n".join(_trimmed(text)[1])


def _trimmed(text: str) -> tuple[int, list[str]]:
    """The lines of a document, from the first that isn't blank, and the number of lines before it.

    Helm takes blanks from both ends of a document, where a mark may have kept them.
    """
    lines = _comparable(text)
    first = next((number for number, line in enumerate(lines) if line), 0)
    return first, [lines[first].lstrip(), *lines[first + 1 :]]


def _alike(bare: Sequence[str], plain: Sequence[str], twin: str | None) -> bool:
    """Whether the lines are the same, except those that differ in the twin too, after the same key."""
    if twin is None or bare == plain:
        return bare == plain
    others = _comparable(twin)
    if not len(bare) == len(plain) == len(others):
        return False
    return all(
        mine == line or (line != other and mine.partition(":")[0] == line.partition(":")[0] == other.partition(":")[0])
        for mine, line, other in zip(bare, plain, others, strict=True)
    )


def _comparable(text: str) -> list[str]:
    """The lines without digests (of a file that was marked) and without blanks at their ends (before a mark)."""
    return [line.rstrip() for line in _DIGEST.sub("", text).rstrip().split("\n")]


def _without_marks(line: str, first: re.Match[str] | None) -> str:
    """A line without its marks and the blank before each; most lines have one, at the end."""
    if first is not None and first.end() == len(line):
        return line[: first.start()].removesuffix(" ")
    return _ALL_AFTER.sub("", line)


def _unmark(marked: str, templates: Templates) -> tuple[str, list[Origin | None]]:
    """The text without its marks, and the first mark of each of its lines."""
    origins: list[Origin | None] = []
    lines: list[str] = []
    made: Origin | None = None  # the origins that the marks before a line give
    weak = False
    raws = marked.split("\n")
    index = 0
    while index < len(raws):
        raw = raws[index]
        index += 1
        if "#@" not in raw:
            origins.append(made)
            lines.append(raw)
            made = None
            continue
        before = _BEFORE.fullmatch(raw) if raw.lstrip(" \t").startswith("#@") else None
        if before is not None:
            if made is None or weak:
                made = Origin(templates.path(before[2]), int(before[3]), begins=True)
                weak = before[1] == "("
            continue
        first = _AFTER.search(raw)
        if first is not None and (made is None or weak):
            own = Origin(templates.path(first[1]), int(first[2]))
            made = made if made is not None and made[:2] == own[:2] else own
        origins.append(made)
        lines.append(_without_marks(raw, first))
        made = None
        if first is not None and first[3] is not None and (file := templates.path(first[1])):
            line = int(first[2])
            same = _same_lines(raws[index : index + int(first[3])], templates.lines(file)[line : line + int(first[3])])
            origins.extend(Origin(file, number) for number in range(line + 1, line + same + 1))
            lines.extend(raws[index : index + same])
            index += same
    return "\n".join(lines), origins


def _same_lines(rendered: Sequence[str], written: Sequence[str]) -> int:
    """How many of these lines, from the first, are rendered as written, but for the blanks around them."""
    if rendered == written:
        return len(rendered)
    pairs = enumerate(zip(rendered, written, strict=False))
    shorter = min(len(rendered), len(written))
    return next((number for number, (one, other) in pairs if one.strip() != other.strip()), shorter)
