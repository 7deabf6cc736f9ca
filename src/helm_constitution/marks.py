"""The marked render: which line of which template made each line of a rendered document.

Helm doesn't say. So the chart is rendered a second time from a copy whose template lines carry YAML comments with their
own file and line; what is left when the comments are taken out again must be, letter for letter, the plain rendering.
A document where it is not is located by its file alone.

Two forms: ``#@<7:42@`` on a line of its own stands before line 42 of file 7, `` #@7:42@`` ends that line.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from helm_constitution.templates import TemplateFile
from helm_constitution.templates.nodes import (
    Action,
    Comment,
    Content,
    Control,
    Define,
    Identifier,
    Pipeline,
    String,
    TemplateCall,
    Text,
    commands,
    contents,
    pipelines,
)

_BEFORE = re.compile(r"[ \t]*#@<(\d+):(\d+)@")
_AFTER = re.compile(r" ?#@(\d+):(\d+)@")
_DIGEST = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{128})\b")
_KEY = re.compile(
    r"""[ \t]*(?:- +)*(?:"[^"\n]*"|'[^'\n]*'|[^\s#'"{}\[\],&*!|>%@`-][^\s#{}]*|-[^\s#{}]+)[ \t]*:(?=[ \t]|$)"""
)
_ITEM = re.compile(r"[ \t]*-(?:[ \t]|$)")
_BLOCK_SCALAR = re.compile(r"(?:^|[:\-]|\s)[ \t]*[|>][-+0-9]*[ \t]*(?:#.*)?$")
_INDENTING = frozenset({"indent", "nindent"})


class Origin(NamedTuple):
    """A line of a template: the file's path in the chart, the line from 1."""

    file: str
    line: int
    begins: bool = False
    """Whether the mark stood before the line's output: what follows up to the line's other mark is all of it."""


def marked_sources(templates: Sequence[TemplateFile], skip: Iterable[str] = ()) -> dict[str, str]:
    """The templates with their marks, by path; those with a syntax error and those in ``skip`` as they are.

    File numbers in the marks are indexes into ``templates``.
    """
    left_alone = set(skip)
    unsafe = _unsafe_defines(templates)
    return {
        template.path: template.text
        if template.tree is None or template.path in left_alone
        else _marked(template, number, unsafe)
        for number, template in enumerate(templates)
    }


def _unsafe_defines(templates: Sequence[TemplateFile]) -> set[str]:
    """The named templates whose text is not only printed but compared, hashed, cut or parsed.

    A use is harmless where the whole action is ``include "name" …``, piped at most to indent and nindent. What an
    unsafe one includes is as unsafe.
    """
    unsafe: set[str] = set()
    includes: dict[str, set[str]] = {}
    known: set[str] = set()
    for template in templates:
        if template.tree is None:
            continue
        known.update(template.defines)
        for owner, node in _owned(template.tree, None):
            for name, harmless in _calls(node):
                if not harmless:
                    unsafe.add(name)
                if owner is not None:
                    includes.setdefault(owner, set()).add(name)
    if "" in unsafe:  # an include whose name is computed may call any
        return known
    pending = list(unsafe)
    while pending:
        for name in includes.get(pending.pop(), ()):
            if name not in unsafe:
                unsafe.add(name)
                pending.append(name)
    return unsafe


def _owned(nodes: Iterable[Content], owner: str | None) -> Iterator[tuple[str | None, Content]]:
    """Every content with the named template that it stands in."""
    for node in nodes:
        yield owner, node
        if isinstance(node, Define):
            yield from _owned(node.body, node.name)
        elif isinstance(node, Control):
            for branch in node.branches:
                yield from _owned(branch.body, owner)


def _calls(node: Content) -> Iterator[tuple[str, bool]]:
    """The named templates that a content's own actions call, and whether they only print them.

    The name is empty where it is computed and the text is used; ``include (print $.Template.BasePath …) | sha256sum``
    names a whole file and changes nothing but the digest.
    """
    if isinstance(node, TemplateCall):
        yield node.name, True
    for pipeline in pipelines(node):
        printed = _printed_include(pipeline) if isinstance(node, Action) else None
        for command in commands(pipeline):
            head = command.args[0]
            if not isinstance(head, Identifier) or head.name != "include" or len(command.args) < 2:
                continue
            target = command.args[1]
            if isinstance(target, String):
                yield target.value, command is printed
            elif command is not printed and not _is_file_digest(pipeline):
                yield "", False


def _printed_include(pipeline: Pipeline) -> object:
    """The include of an action that prints it, indented at most; None for any other action."""
    first, *others = pipeline.commands
    if pipeline.variables:
        return None
    for command in others:
        head = command.args[0]
        if not isinstance(head, Identifier) or head.name not in _INDENTING:
            return None
    return first


def _is_file_digest(pipeline: Pipeline) -> bool:
    last = pipeline.commands[-1].args[0]
    return isinstance(last, Identifier) and last.name in ("sha256sum", "sha1sum", "sha512sum", "adler32sum")


def _marked(template: TemplateFile, number: int, unsafe: set[str]) -> str:
    """The template's text with its marks. Where a line has none, a mark could change what is rendered."""
    text = template.text
    shape = _Shape(template, unsafe)
    parts: list[str] = []
    block_indent: int | None = None  # of the key whose block scalar the lines below belong to
    previous_trims = False
    position = line_number = 0
    while position <= len(text):
        line_number += 1
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end]
        stripped = line.strip()
        indent = len(line) - len(line.lstrip(" "))
        trims = stripped.endswith("-}}")
        if block_indent is not None and stripped and not stripped.startswith("{{") and indent <= block_indent:
            block_indent = None
        before = after = False
        marked_line = line_number
        if stripped and block_indent is None and not line.endswith("\r") and not shape.is_forbidden(position):
            is_key = not shape.is_in_action(position) and bool(_KEY.match(line) or _ITEM.match(line))
            if not trims and not shape.is_in_action(end):
                printing = shape.output_at(position, end)
                after = printing is not None or (is_key and not _continues(text, end, indent))
                if printing is not None and printing < position:
                    # An action over several lines: the line that a person opens is the one it begins on.
                    marked_line = template.position(printing)[0]
            before = is_key and "{{" in line and not previous_trims and position > 0 and shape.is_live(position - 1)
            if is_key and not stripped.endswith("}}") and _BLOCK_SCALAR.search(line):
                block_indent = indent
        if before:
            parts.append(f"{' ' * indent}#@<{number}:{line_number}@\n")
        parts.append(line)
        if after:
            parts.append(f" #@{number}:{marked_line}@")
        if end < len(text):
            parts.append("\n")
        if stripped:
            previous_trims = trims
        position = end + 1
    return "".join(parts)


def _continues(text: str, end: int, indent: int) -> bool:
    """Whether the next line goes on with this one's plain scalar: deeper, and no key, item or action."""
    following_end = text.find("\n", end + 1)
    following = text[end + 1 : following_end if following_end >= 0 else len(text)]
    stripped = following.strip()
    if not stripped or stripped.startswith(("{{", "#")):
        return False
    deeper = len(following) - len(following.lstrip(" ")) > indent
    return deeper and not _KEY.match(following) and not _ITEM.match(following)


class _Shape:
    """Where in a template text, output and controls stand, by offset."""

    def __init__(self, template: TemplateFile, unsafe: set[str]) -> None:
        assert template.tree is not None
        self.texts: list[tuple[int, int]] = []
        self.actions: list[tuple[int, int, bool]] = []  # start, end, whether it prints
        self.forbidden: list[tuple[int, int]] = []
        for node in contents(template.tree):
            if isinstance(node, Text):
                self.texts.append((node.start, node.end))
            elif isinstance(node, Action):
                self.actions.append((node.start, node.end, not node.pipeline.variables))
            elif isinstance(node, TemplateCall):
                self.actions.append((node.start, node.end, True))
            elif isinstance(node, Control):
                self.actions.extend((branch.start, branch.end, False) for branch in node.branches)
            elif isinstance(node, Comment):
                self.actions.append((node.start, node.end, False))
            elif isinstance(node, Define):
                self.actions.append((node.start, node.head_end, False))
                if node.name in unsafe:
                    self.forbidden.append((node.start, node.end))
        self.actions.sort()
        self.texts.sort()
        self._text_starts = [start for start, _ in self.texts]
        self._action_starts = [start for start, _, _ in self.actions]

    def is_live(self, offset: int) -> bool:
        """Whether the character there is printed, not trimmed and not part of an action."""
        index = bisect_right(self._text_starts, offset) - 1
        return index >= 0 and offset < self.texts[index][1]

    def is_in_action(self, offset: int) -> bool:
        """Whether the place is inside an action's delimiters."""
        index = bisect_left(self._action_starts, offset) - 1
        return index >= 0 and self.actions[index][1] > offset

    def is_forbidden(self, offset: int) -> bool:
        """Whether the place is in a named template whose text is used."""
        return any(low <= offset < high for low, high in self.forbidden)

    def output_at(self, start: int, end: int) -> int | None:
        """Where the action begins that prints and is the last thing to end on the line; None where there is none."""
        index = bisect_left(self._action_starts, end) - 1
        if index < 0:
            return None
        action_start, action_end, prints = self.actions[index]
        return action_start if prints and start < action_end <= end else None


def printing_lines(template: TemplateFile) -> list[int]:
    """The lines (from 1, in order) that print anything: an action that does, or text that is neither blank nor comment.

    An action over several lines prints on the line where it ends: there its mark stands.
    """
    found: set[int] = set()
    for node in contents(template.tree or ()):
        if isinstance(node, TemplateCall) or (isinstance(node, Action) and not node.pipeline.variables):
            found.add(template.position(node.end - 1)[0])
        elif isinstance(node, Text):
            first = template.position(node.start)[0]
            for number, line in enumerate(template.text[node.start : node.end].split("\n"), first):
                if line.strip() and not line.lstrip().startswith("#"):
                    found.add(number)
    return sorted(found)


class Templates:
    """The templates that were marked, with what reading the marks needs of each, worked out when first asked for."""

    def __init__(self, files: Sequence[TemplateFile]) -> None:
        self.files = files
        self._by_path = {file.path: file for file in files}
        self._printing: dict[str, list[int]] = {}
        self._lines: dict[str, list[str]] = {}

    def printing_between(self, file: str, after: int, until: int) -> list[int]:
        """The lines of a file behind ``after`` up to and with ``until`` that print."""
        lines = self._printing.get(file)
        if lines is None:
            lines = self._printing[file] = printing_lines(self._by_path[file])
        return lines[bisect_right(lines, after) : bisect_right(lines, until)]

    def line(self, origin: Origin) -> str:
        """A template line's text."""
        lines = self._lines.get(origin.file)
        if lines is None:
            lines = self._lines[origin.file] = self._by_path[origin.file].text.split("\n")
        return lines[origin.line - 1]


class LineMap:
    """For each line of one rendered document, the template line that made it, where that is certain."""

    def __init__(self, origins: Sequence[Origin | None], templates: Templates) -> None:
        self._origins = origins
        self._templates = templates

    def origin(self, line: int) -> Origin | None:
        """The template line of a rendered line (from 1).

        A line without a mark of its own is part of a longer output: certain only where a single line of one template
        that prints lies between its neighbours' marks.
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
        printing = self._templates.printing_between(after.file, before.line, after.line)
        return Origin(after.file, printing[0]) if len(printing) == 1 else None

    def source(self, origin: Origin) -> str:
        """The template line's text."""
        return self._templates.line(origin)


def line_map(plain: str, marked: str, templates: Templates) -> LineMap | None:
    """The origins of a rendered document's lines.

    Args:
        plain: the document as rendered.
        marked: the same document, rendered from :func:`marked_sources`.
        templates: in the order that was marked.

    Returns:
        None where the two differ in more than marks and digests.
    """
    bare, origins = _unmark(marked, templates.files)
    if bare != plain and _comparable(bare) != _comparable(plain):
        return None
    return LineMap(origins, templates)


def _comparable(text: str) -> list[str]:
    """The lines without digests (of a file that was marked) and without blanks at their ends (before a mark)."""
    return [line.rstrip() for line in _DIGEST.sub("", text).split("\n")]


def _unmark(marked: str, templates: Sequence[TemplateFile]) -> tuple[str, list[Origin | None]]:
    """The text without its marks, and the first mark of each of its lines."""
    origins: list[Origin | None] = []
    lines: list[str] = []
    waiting: Origin | None = None
    for raw in marked.split("\n"):
        if "#@" not in raw:
            origins.append(waiting)
            lines.append(raw)
            waiting = None
            continue
        before = _BEFORE.fullmatch(raw)
        if before is not None:
            waiting = waiting or Origin(templates[int(before[1])].path, int(before[2]), begins=True)
            continue
        first = _AFTER.search(raw)
        if first is not None and waiting is None:
            waiting = Origin(templates[int(first[1])].path, int(first[2]))
        origins.append(waiting)
        lines.append(_AFTER.sub("", raw))
        waiting = None
    return "\n".join(lines), origins
