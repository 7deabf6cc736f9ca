"""Go templates as helm uses them: read once into trees with positions, for the rules and for what reads ``.Values``."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.records import record
from helm_constitution.templates.faults import Fault
from helm_constitution.templates.nodes import (
    Action,
    Block,
    Content,
    Control,
    Define,
    Node,
    Pipeline,
    TemplateCall,
    Text,
)
from helm_constitution.templates.parser import Parser
from helm_constitution.text.yaml_document import Span

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart


class TemplateSyntaxError(NamedTuple):
    """A file is not a valid template: text/template's message, with line and column (from 1, in code points)."""

    message: str
    """text/template's words."""
    line: int
    """The line, from 1."""
    column: int
    """The column, from 1."""


class Computed(NamedTuple):
    """A pipeline between braces, as written: an action's, a control's head, the argument of a named template.

    ``node`` is what it belongs to; ``named``: that is inside a named template.
    """

    pipeline: Pipeline
    """The pipeline."""
    text: str
    """The pipeline as written, without the braces."""
    node: Content
    named: bool

    @property
    def is_literal(self) -> bool:
        """Whether it only prints a text, as in ``{{ "{{" }}``; some charts print whole files so."""
        stages = self.pipeline.commands
        return self.text[:1] in ('"', "`") and len(stages) == 1 and len(stages[0].args) == 1


@record
class TemplateFile:
    """A file under ``templates/``. ``path`` is relative to the chart.

    ``tree`` holds the contents in order (its named templates among them), ``defines`` the named templates by name. A
    file with a syntax error has the ``error``, no tree and no named templates: helm refuses it as a whole. ``crowded``
    are the offsets of the actions that have no space between a brace and what it holds, except those that only print a
    text.
    """

    path: str
    text: str
    """The text as written."""
    tree: tuple[Content, ...] | None
    error: TemplateSyntaxError | None
    defines: Mapping[str, Define]
    crowded: Sequence[tuple[int, int]] = ()
    _lines: list[int] = field(default_factory=list, repr=False)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        lines = self._lines
        if not lines:
            lines.extend(_line_starts(self.text))
        line = bisect_right(lines, offset)
        return line, offset - lines[line - 1] + 1

    def span(self, node: Node) -> Span:
        """The place of a node."""
        return self.span_between(node.start, node.end)

    def span_between(self, start: int, end: int) -> Span:
        """The place of the text between two offsets."""
        return Span(*self.position(start), *self.position(end))

    def source(self, node: Node) -> str:
        """A node as written."""
        return self.text[node.start : node.end]

    @property
    def computed(self) -> Sequence[Computed]:
        """All pipelines in the order of the text. Most rules on templates look for a few of them, by their text."""
        return self._parts[0]

    @property
    def controls(self) -> Sequence[tuple[Control, int]]:
        """All controls in the order of the text, each with the number of those around it in its (named) template."""
        return self._parts[1]

    @cached_property
    def _parts(self) -> tuple[list[Computed], list[tuple[Control, int]]]:
        computed: list[Computed] = []
        controls: list[tuple[Control, int]] = []
        self._collect(self.tree or (), False, 0, computed, controls)
        return computed, controls

    def _collect(
        self,
        contents: Sequence[Content],
        named: bool,
        depth: int,
        computed: list[Computed],
        controls: list[tuple[Control, int]],
    ) -> None:
        text = self.text
        for node in contents:
            kind = type(node)
            if kind is Text:
                continue
            if kind is Action:
                pipeline: Pipeline | None = node.pipeline  # type: ignore[union-attr]
                if pipeline is not None:
                    computed.append(Computed(pipeline, text[pipeline.start : pipeline.end], node, named))
            elif isinstance(node, Control):
                controls.append((node, depth))
                for branch in node.branches:
                    if (pipeline := branch.pipeline) is not None:
                        computed.append(Computed(pipeline, text[pipeline.start : pipeline.end], node, named))
                    self._collect(branch.body, named, depth + 1, computed, controls)
            else:
                if isinstance(node, Block | TemplateCall) and (pipeline := node.pipeline) is not None:
                    computed.append(Computed(pipeline, text[pipeline.start : pipeline.end], node, named))
                if isinstance(node, Define):
                    self._collect(node.body, True, 0, computed, controls)

    @property
    def is_partial(self) -> bool:
        """Whether helm renders it to nothing: a file whose name begins with an underscore."""
        return self.path.rpartition("/")[2].startswith("_")


def _line_starts(text: str) -> list[int]:
    starts = [0]
    found = text.find("\n")
    while found >= 0:
        starts.append(found + 1)
        found = text.find("\n", found + 1)
    return starts


def parse_template(path: str, text: str) -> TemplateFile:
    """Reads one template; a syntax error is kept on the file."""
    parser = Parser(text, path)
    try:
        tree = parser.parse()
    except Fault as fault:
        file = TemplateFile(path, text, None, None, {})
        return TemplateFile(path, text, None, TemplateSyntaxError(fault.message, *file.position(fault.offset)), {})
    return TemplateFile(path, text, tree, None, parser.defines, parser.crowded)


Parse: TypeAlias = Callable[[str, str], TemplateFile]


def parse_templates(chart: Chart, parse: Parse = parse_template) -> tuple[TemplateFile, ...]:
    """Reads everything that helm loads as templates: every file under ``templates/``, in path order.

    ``parse`` reads one of them: :func:`parse_template`, or what remembers those that it read before.
    """
    return tuple(parse(path, chart.files[path]) for path in sorted(chart.files) if path.startswith("templates/"))


__all__ = ["Computed", "Parse", "TemplateFile", "TemplateSyntaxError", "parse_template", "parse_templates"]
