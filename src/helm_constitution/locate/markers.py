"""The marked render: which line of which template made each line of a rendered document.

Helm doesn't report this. So the chart is rendered a second time from a copy whose template lines carry YAML comments
with their own file and line; without the comments, the output must match the plain rendering byte for byte. A document
that doesn't match is located by its file alone.

Three forms: `` #@7:42@`` ends line 42 of file 7. ``#@<7:42@`` on a line of its own stands before the line that it made;
``#@(7:42@`` does so only for lines without a mark of their own, if the template line prints something that may contain
marked lines. A stretch of lines without actions needs a single mark: `` #@7:42+100@`` says that the next 100 lines are
the template's as well, printed as they are.
"""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from helm_constitution.core.kept import Kept
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.templates import TemplateFile
from helm_constitution.templates.lines import ITEM, KEY, has_form
from helm_constitution.templates.nodes import (
    Action,
    Command,
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

_BLOCK_SCALAR = LazyPattern(r"(?:^|[:\-]|\s)[ \t]*[|>][-+0-9]*[ \t]*(?:#.*)?$")
_INDENTING = frozenset({"indent", "nindent"})
_STRETCH = 16
"""Lines without actions that one mark stands for, at least."""


def marked_sources(
    templates: Sequence[TemplateFile], skip: Iterable[str] = (), kept: Kept | None = None
) -> dict[str, str]:
    """The templates with their marks, by path; those with a syntax error and those in ``skip`` unchanged.

    File numbers in the marks are indexes into ``templates``. ``kept`` holds what was made of templates before.
    """
    kept = kept or Kept()
    left_alone = set(skip)
    unsafe = _unsafe_defines(templates, kept)
    unsafe.update(name for template in templates for name in kept.of(template, _formless_defines))
    return {
        template.path: template.text
        if template.tree is None or template.path in left_alone
        else kept.of(template, _marked, number, frozenset(unsafe.intersection(template.defines)))
        for number, template in enumerate(templates)
    }


def _formless_defines(template: TemplateFile) -> tuple[str, ...]:
    """The named templates in which a mark is useless: they print a part of a scalar, or only their argument.

    The line that includes them is the one to look at.
    """
    return tuple(name for name, define in template.defines.items() if not has_form(template, define))


def _unsafe_defines(templates: Sequence[TemplateFile], kept: Kept) -> set[str]:
    """The named templates that must not be marked.

    Those whose text is not only printed but compared, hashed, cut or parsed: a use is harmless where the whole action
    is ``include "name" …``, piped at most to indent and nindent; what an unsafe one includes is unsafe too.
    """
    unsafe: set[str] = set()
    includes: dict[str, set[str]] = {}
    known: set[str] = set()
    for template in templates:
        if template.tree is None:
            continue
        known.update(template.defines)
        for owner, name, harmless in kept.of(template, _all_calls):
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


def _all_calls(template: TemplateFile) -> frozenset[tuple[str | None, str, bool]]:
    """The named templates that a template calls: the named template around each call, the name, whether the call only
    prints it."""
    return frozenset(
        (owner, name, harmless)
        for owner, node in _owned(template.tree or (), None)
        if not isinstance(node, Text)
        for name, harmless in _calls(node)
    )


def _owned(nodes: Iterable[Content], owner: str | None) -> Iterator[tuple[str | None, Content]]:
    """Every content with the named template around it."""
    for node in nodes:
        yield owner, node
        if isinstance(node, Define):
            yield from _owned(node.body, node.name)
        elif isinstance(node, Control):
            for branch in node.branches:
                yield from _owned(branch.body, owner)


def _calls(node: Content) -> Iterator[tuple[str, bool]]:
    """The named templates that a content's own actions call, and whether marks in them do no harm: the actions only
    print them, or only their digest, which may change.

    The name is empty where it is computed and the text is used.
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
                yield target.value, command is printed or _is_hashed(command, pipeline)
            elif command is not printed and not _is_digest(pipeline):
                yield "", False


def _printed_include(pipeline: Pipeline) -> object:
    """The include of an action that only prints it, maybe indented; None for any other action.

    Its argument may come through the pipeline: ``dict "a" .Values | include "name" | nindent 4``.
    """
    if pipeline.variables:
        return None
    for command in reversed(pipeline.commands):
        head = command.args[0]
        if not isinstance(head, Identifier):
            return None
        if head.name not in _INDENTING:
            return command
    return None


def _is_hashed(include: Command, pipeline: Pipeline) -> bool:
    """Whether a pipeline gives nothing but the whole digest of an include: those are not compared."""
    if pipeline.variables or len(pipeline.commands) != 2 or pipeline.commands[0] is not include:
        return False
    function = pipeline.commands[1].args[0]
    return isinstance(function, Identifier) and function.name in ("sha256sum", "sha1sum", "sha512sum")


def _is_digest(pipeline: Pipeline) -> bool:
    functions = [command.args[0] for command in pipeline.commands]
    if len(functions) > 1 and isinstance(functions[-1], Identifier) and functions[-1].name == "trunc":
        functions.pop()
    last = functions[-1]
    return isinstance(last, Identifier) and last.name in ("sha256sum", "sha1sum", "sha512sum", "adler32sum")


def _marked(template: TemplateFile, number: int, unsafe: frozenset[str]) -> str:
    """The template's text with its marks. A line has none if a mark could change what is rendered."""
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
        ending = "\r" if line.endswith("\r") else ""
        line = line.removesuffix("\r")
        stripped = line.strip()
        indent = len(line) - len(line.lstrip(" "))
        trims = stripped.endswith("-}}")
        # What an action prints may be indented deeper than the action.
        ends_block = block_indent is not None and stripped and indent <= block_indent
        if ends_block and (not stripped.startswith("{{") or KEY.match(line)):
            block_indent = None
        before = after = is_key = False
        marked_line = line_number
        if stripped and block_indent is None and not shape.is_forbidden(position):
            begins_outside = not shape.is_in_action(position)
            is_key = begins_outside and ((":" in line and bool(KEY.match(line))) or bool(ITEM.match(line)))
            begins_block = is_key and ("|" in line or ">" in line) and bool(_BLOCK_SCALAR.search(line))
            continues = is_key and not begins_block and _continues(text, end, indent)
            last = position + len(line)
            if begins_outside and "{{" not in line:
                after = is_key and not (continues or trims)  # nothing is printed here: most lines of a large template
            elif not trims and not shape.is_in_action(last):
                printing = shape.output_at(position, last)
                after = printing is not None or (is_key and not continues)
                if printing is not None and printing < position:
                    # An action over several lines: the line that a person opens is the one it begins on.
                    marked_line = template.position(printing)[0]
            wanted = continues or ("{{" in line and (is_key or (after and stripped.startswith("{{"))))
            before = wanted and position > 0 and not previous_trims and not stripped.startswith("{{-")
            before = before and shape.is_live(position - 1)
            if begins_block:
                block_indent = _block_indent(line)
        if before:
            parts.append(f"{' ' * indent}#@{'<' if is_key else '('}{number}:{line_number}@\n")
        is_text = after and marked_line == line_number and "{{" not in line
        below = _stretch_below(text, end, shape) if is_text else ""
        count = below.count("\n")
        mark = f" #@{number}:{marked_line}{f'+{count}' if count else ''}@" if after else ""
        parts += (line, mark, ending, "\n" if end < len(text) else "", below)
        if below:
            line_number += count
            block_indent = _block_at_end(below, block_indent)
        if stripped or below:
            previous_trims = below.rstrip().endswith("-}}") if below else trims
        position = end + 1 + len(below)
    return "".join(parts)


def _stretch_below(text: str, end: int, shape: _Shape) -> str:
    """The lines below a line that one mark can stand for: within one text and one document, with their ends."""
    last = text.rfind("\n", end, shape.text_end(end))
    separator = text.find("\n---", end, last) if last > end else end
    below = text[end + 1 : (last if separator < 0 else separator) + 1]
    return below if below.count("\n") >= _STRETCH else ""


def _block_indent(line: str) -> int:
    """How far left the end of a block scalar stands at most, if it begins on a line."""
    lead = len(line) - len(line.lstrip(" -"))
    # What belongs to a key in an item is deeper than that key; what is the item itself, than its dash.
    return lead if line[lead] not in "|>" else line.rindex("-", 0, lead)


def _block_at_end(text: str, indent: int | None) -> int | None:
    """The same for the block scalar that goes on behind lines without actions, begun in them or, with this indent,
    before; None if there is none."""
    for line in text.split("\n"):
        if indent is not None:
            if not line.strip() or len(line) - len(line.lstrip(" ")) > indent:
                continue
            indent = None
        if ("|" in line or ">" in line) and (KEY.match(line) or ITEM.match(line)) and _BLOCK_SCALAR.search(line):
            indent = _block_indent(line)
    return indent


def _continues(text: str, end: int, indent: int) -> bool:
    """Whether the next line continues this one's plain scalar: deeper, and no key, item or action."""
    following_end = text.find("\n", end + 1)
    following = text[end + 1 : following_end if following_end >= 0 else len(text)]
    stripped = following.strip()
    if not stripped or stripped.startswith(("{{", "#")):
        return False
    deeper = len(following) - len(following.lstrip(" ")) > indent
    return deeper and not (":" in following and KEY.match(following)) and not ITEM.match(following)


class _Shape:
    """The places of text, output and controls in a template, by offset."""

    def __init__(self, template: TemplateFile, unsafe: frozenset[str]) -> None:
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
        self.forbidden.sort()
        self._text_starts = [start for start, _ in self.texts]
        self._action_starts = [start for start, _, _ in self.actions]

    def is_live(self, offset: int) -> bool:
        """Whether the character there is printed, not trimmed and not part of an action."""
        index = bisect_right(self._text_starts, offset) - 1
        return index >= 0 and offset < self.texts[index][1]

    def text_end(self, offset: int) -> int:
        """The end of the text that is printed there; the place itself if none is."""
        index = bisect_right(self._text_starts, offset) - 1
        return max(offset, self.texts[index][1]) if index >= 0 else offset

    def is_in_action(self, offset: int) -> bool:
        """Whether the place is inside an action's delimiters."""
        index = bisect_left(self._action_starts, offset) - 1
        return index >= 0 and self.actions[index][1] > offset

    def is_forbidden(self, offset: int) -> bool:
        """Whether the place is in a named template whose text is used."""
        # A define holds no define: the places don't overlap.
        index = bisect_right(self.forbidden, (offset, sys.maxsize)) - 1
        return index >= 0 and offset < self.forbidden[index][1]

    def output_at(self, start: int, end: int) -> int | None:
        """The beginning of the printing action that ends last on the line; None if there is none."""
        index = bisect_left(self._action_starts, end) - 1
        if index < 0:
            return None
        action_start, action_end, prints = self.actions[index]
        return action_start if prints and start < action_end <= end else None
