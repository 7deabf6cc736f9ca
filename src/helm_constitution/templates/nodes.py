"""The parts of a Go template, as text/template's grammar names them.

Every node knows where it stands: ``start`` and ``end`` are offsets into the template's text (code points, from 0, the
end exclusive). :meth:`helm_constitution.templates.TemplateFile.span` makes lines and columns of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, eq_default=False)
def _node(cls: type[_T]) -> type[_T]:
    """A dataclass that the type checker holds to be frozen.

    At run time it isn't: a frozen dataclass sets its fields one by one through ``object.__setattr__``, which would make
    reading a usual chart's 20,000 nodes take twice as long. Nodes compare and hash by identity.
    """
    return dataclass(slots=True, eq=False)(cls)


@_node
class Node:
    """A stretch of a template."""

    start: int
    end: int


# --- expressions ---------------------------------------------------------------------------------------------------


@_node
class Identifier(Node):
    """A function's name: ``include``."""

    name: str


@_node
class Dot(Node):
    """``.``"""


@_node
class Nil(Node):
    """``nil``"""


@_node
class Bool(Node):
    """``true`` or ``false``"""

    value: bool


@_node
class Number(Node):
    """A number or a character constant; ``value`` is None for a complex number."""

    value: int | float | None


@_node
class String(Node):
    """A string, quoted or raw, with its escapes resolved."""

    value: str


@_node
class Field(Node):
    """``.Values.image.tag``: ``names`` are ``("Values", "image", "tag")``."""

    names: tuple[str, ...]


@_node
class Variable(Node):
    """``$``, ``$name`` or ``$name.a.b``; ``name`` begins with the dollar sign."""

    name: str
    names: tuple[str, ...]


@_node
class Chain(Node):
    """Fields of a parenthesised pipeline or of a function's bare call: ``(index .Values "a").b``."""

    base: Expression
    names: tuple[str, ...]


@_node
class Command(Node):
    """Operands with spaces between them; the first is called with the others where it is a function or a method."""

    args: tuple[Expression, ...]


@_node
class Pipeline(Node):
    """Commands with ``|`` between them. As an operand it is what stands in parentheses.

    ``variables`` are those that it sets (two at most, in ``range``), with their dollar signs; ``assigns`` is true for
    ``=``, false for ``:=``.
    """

    variables: tuple[str, ...]
    assigns: bool
    commands: tuple[Command, ...]


Expression: TypeAlias = Identifier | Dot | Nil | Bool | Number | String | Field | Variable | Chain | Pipeline

# --- contents ------------------------------------------------------------------------------------------------------


@_node
class Text(Node):
    """What stands between actions, without the space that trim markers take away; never empty."""


@_node
class Comment(Node):
    """``{{/* … */}}``, with its delimiters."""

    text: str


@_node
class Action(Node):
    """``{{ pipeline }}``: prints the pipeline's value, or sets a variable."""

    pipeline: Pipeline


@_node
class Branch(Node):
    """One arm of a control: its head ``{{ if … }}``, ``{{ else if … }}`` or ``{{ else }}``, and what it holds.

    ``start`` and ``end`` are those of the head. ``pipeline`` is None for a plain ``{{ else }}``.
    """

    pipeline: Pipeline | None
    body: tuple[Content, ...]


@_node
class Control(Node):
    """An ``if``, ``with`` or ``range`` with all its arms, from its head to the end of its ``{{ end }}``."""

    branches: tuple[Branch, ...]


@_node
class If(Control):
    """``{{ if }} … {{ else if }} … {{ else }} … {{ end }}``"""


@_node
class With(Control):
    """``{{ with }} … {{ else with }} … {{ else }} … {{ end }}``"""


@_node
class Range(Control):
    """``{{ range }} … {{ else }} … {{ end }}``"""


@_node
class Break(Node):
    """``{{ break }}``"""


@_node
class Continue(Node):
    """``{{ continue }}``"""


@_node
class Define(Node):
    """``{{ define "name" }} … {{ end }}``; ``head_end`` is where its first action ends."""

    name: str
    head_end: int
    body: tuple[Content, ...]


@_node
class Block(Define):
    """``{{ block "name" pipeline }} … {{ end }}``: defines a template and calls it on the spot."""

    pipeline: Pipeline


@_node
class TemplateCall(Node):
    """``{{ template "name" pipeline }}``; ``pipeline`` is None where nothing is passed."""

    name: str
    pipeline: Pipeline | None


Content: TypeAlias = Text | Comment | Action | If | With | Range | Break | Continue | Define | Block | TemplateCall


def contents(nodes: Iterable[Content]) -> Iterator[Content]:
    """These contents and all that they hold, in the order of the text."""
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
    """The pipelines of a content's own actions (not of what it holds), without those in their parentheses."""
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
