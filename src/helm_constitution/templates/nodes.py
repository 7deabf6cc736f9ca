"""The parts of a Go template, as text/template's grammar names them.

Every node has its place: ``start`` and ``end`` are offsets into the template's text (code points, from 0, the
end exclusive). :meth:`helm_constitution.templates.TemplateFile.span` converts them to lines and columns. Nodes compare
by identity, and nobody changes them. They are written out because 25 dataclasses would cost 20 ms at every start, and
frozen ones double the time to read a template.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias


class Node:
    """A stretch of a template, from the offset ``start`` to ``end`` (exclusive); offsets count from 0."""

    __slots__ = ("end", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end


# --- expressions ---------------------------------------------------------------------------------------------------


class Identifier(Node):
    """A function's ``name``: ``include``."""

    __slots__ = ("name",)

    def __init__(self, start: int, end: int, name: str) -> None:
        self.start = start
        self.end = end
        self.name = name


class Dot(Node):
    """``.``"""

    __slots__ = ()


class Nil(Node):
    """``nil``"""

    __slots__ = ()


class Bool(Node):
    """``true`` or ``false``, as ``value``."""

    __slots__ = ("value",)

    def __init__(self, start: int, end: int, value: bool) -> None:
        self.start = start
        self.end = end
        self.value = value


class Number(Node):
    """A number or a character constant; ``value`` is None for a complex number."""

    __slots__ = ("value",)

    def __init__(self, start: int, end: int, value: int | float | None) -> None:
        self.start = start
        self.end = end
        self.value = value


class String(Node):
    """A string, quoted or raw; ``value`` has its escapes resolved."""

    __slots__ = ("value",)

    def __init__(self, start: int, end: int, value: str) -> None:
        self.start = start
        self.end = end
        self.value = value


class Field(Node):
    """``.Values.image.tag``: ``names`` are ``("Values", "image", "tag")``."""

    __slots__ = ("names",)

    def __init__(self, start: int, end: int, names: tuple[str, ...]) -> None:
        self.start = start
        self.end = end
        self.names = names


class Variable(Node):
    """``$``, ``$name`` or ``$name.a.b``; ``name`` begins with the dollar sign, ``names`` are the fields behind it."""

    __slots__ = ("name", "names")

    def __init__(self, start: int, end: int, name: str, names: tuple[str, ...]) -> None:
        self.start = start
        self.end = end
        self.name = name
        self.names = names


class Chain(Node):
    """Fields (``names``) of a pipeline in parentheses or of a bare call (``base``): ``(index .Values "a").b``."""

    __slots__ = ("base", "names")

    def __init__(self, start: int, end: int, base: Expression, names: tuple[str, ...]) -> None:
        self.start = start
        self.end = end
        self.base = base
        self.names = names


class Command(Node):
    """Operands (``args``) with spaces between them; a function or method that comes first is called with the rest."""

    __slots__ = ("args",)

    def __init__(self, start: int, end: int, args: tuple[Expression, ...]) -> None:
        self.start = start
        self.end = end
        self.args = args


class Pipeline(Node):
    """``commands`` with ``|`` between them. As an operand it is what parentheses hold.

    ``variables`` are those that it sets (two at most, in ``range``), with their dollar signs; ``assigns`` is true for
    ``=``, false for ``:=``.
    """

    __slots__ = ("assigns", "commands", "variables")

    def __init__(
        self, start: int, end: int, variables: tuple[str, ...], assigns: bool, commands: tuple[Command, ...]
    ) -> None:
        self.start = start
        self.end = end
        self.variables = variables
        self.assigns = assigns
        self.commands = commands


Expression: TypeAlias = Identifier | Dot | Nil | Bool | Number | String | Field | Variable | Chain | Pipeline
"""What an operand may be."""

# --- contents ------------------------------------------------------------------------------------------------------


class Text(Node):
    """The text between actions, without the space that trim markers take away; never empty."""

    __slots__ = ()


class Comment(Node):
    """``{{/* … */}}``; ``text`` has its delimiters."""

    __slots__ = ("text",)

    def __init__(self, start: int, end: int, text: str) -> None:
        self.start = start
        self.end = end
        self.text = text


class Action(Node):
    """``{{ pipeline }}``: prints the value of its ``pipeline``, or sets a variable."""

    __slots__ = ("pipeline",)

    def __init__(self, start: int, end: int, pipeline: Pipeline) -> None:
        self.start = start
        self.end = end
        self.pipeline = pipeline


class Branch(Node):
    """One arm of a control: its head ``{{ if … }}``, ``{{ else if … }}`` or ``{{ else }}``, and its ``body``.

    ``start`` and ``end`` are those of the head. ``pipeline`` is None for a plain ``{{ else }}``.
    """

    __slots__ = ("body", "pipeline")

    def __init__(self, start: int, end: int, pipeline: Pipeline | None, body: tuple[Content, ...]) -> None:
        self.start = start
        self.end = end
        self.pipeline = pipeline
        self.body = body


class Control(Node):
    """An ``if``, ``with`` or ``range`` with its arms (``branches``), from its head to the end of its ``{{ end }}``."""

    __slots__ = ("branches",)

    def __init__(self, start: int, end: int, branches: tuple[Branch, ...]) -> None:
        self.start = start
        self.end = end
        self.branches = branches


class If(Control):
    """``{{ if }} … {{ else if }} … {{ else }} … {{ end }}``"""

    __slots__ = ()


class With(Control):
    """``{{ with }} … {{ else with }} … {{ else }} … {{ end }}``"""

    __slots__ = ()


class Range(Control):
    """``{{ range }} … {{ else }} … {{ end }}``"""

    __slots__ = ()


class Break(Node):
    """``{{ break }}``"""

    __slots__ = ()


class Continue(Node):
    """``{{ continue }}``"""

    __slots__ = ()


class Define(Node):
    """``{{ define "name" }} … {{ end }}``: its ``name``, its ``body``; ``head_end`` is where its first action ends."""

    __slots__ = ("body", "head_end", "name")

    def __init__(self, start: int, end: int, name: str, head_end: int, body: tuple[Content, ...]) -> None:
        self.start = start
        self.end = end
        self.name = name
        self.head_end = head_end
        self.body = body


class Block(Define):
    """``{{ block "name" pipeline }} … {{ end }}``: defines a template and calls it there, with ``pipeline``."""

    __slots__ = ("pipeline",)

    def __init__(
        self, start: int, end: int, name: str, head_end: int, body: tuple[Content, ...], pipeline: Pipeline
    ) -> None:
        super().__init__(start, end, name, head_end, body)
        self.pipeline = pipeline


class TemplateCall(Node):
    """``{{ template "name" pipeline }}``: its ``name``; ``pipeline`` is None where nothing is passed."""

    __slots__ = ("name", "pipeline")

    def __init__(self, start: int, end: int, name: str, pipeline: Pipeline | None) -> None:
        self.start = start
        self.end = end
        self.name = name
        self.pipeline = pipeline


Content: TypeAlias = Text | Comment | Action | If | With | Range | Break | Continue | Define | Block | TemplateCall
"""What a template, a branch and a named template hold."""


def contents(nodes: Iterable[Content]) -> Iterator[Content]:
    """These contents and everything inside them, in the order of the text."""
    stack = [iter(nodes)]
    while stack:
        for node in stack[-1]:
            yield node
            if isinstance(node, Control):
                stack.append(item for branch in node.branches for item in branch.body)
                break
            if isinstance(node, Define):
                stack.append(iter(node.body))
                break
        else:
            stack.pop()


def pipelines(node: Node) -> Iterator[Pipeline]:
    """The pipelines of a content's own actions (not of nested contents), without those in their parentheses."""
    if isinstance(node, Control):
        for branch in node.branches:
            if branch.pipeline is not None:
                yield branch.pipeline
    elif isinstance(node, Action | Block):
        yield node.pipeline
    elif isinstance(node, TemplateCall) and (passed := node.pipeline) is not None:
        yield passed


def commands(pipeline: Pipeline) -> Iterator[Command]:
    """The commands of a pipeline and of all parentheses in it."""
    stack: list[Expression] = [pipeline]
    while stack:
        expression = stack.pop()
        if isinstance(expression, Chain):
            stack.append(expression.base)
        elif isinstance(expression, Pipeline):
            for command in expression.commands:
                yield command
                stack.extend(command.args)
