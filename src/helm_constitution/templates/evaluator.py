"""What the functions of a template need of the interpreter that evaluates it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from helm_constitution.templates.abstract import Guards, Operand, Value
    from helm_constitution.templates.nodes import Node


class Evaluator(Protocol):
    """Evaluates operands where the walk through the templates stands, and notes what that reads.

    ``guards`` are the paths that conditions around this place asked for, ``touched`` what the condition or template at
    work reads; with ``optional`` nil does no harm here. ``tested``, ``compared``, ``provided`` and ``whole`` collect
    what :class:`helm_constitution.templates.uses.ValueUses` tells of the values; ``reached`` are the paths below which
    keys are computed at run time. ``dot`` and ``scopes`` are what ``.`` and the variables hold; ``changed`` is set
    where a variable has come to hold something else.
    """

    guards: Guards
    touched: set[tuple[str, ...]] | None
    optional: bool
    tested: set[tuple[str, ...]]
    compared: dict[tuple[str, ...], dict[str, None]]
    provided: set[tuple[str, ...]]
    whole: set[tuple[str, ...]]
    reached: set[tuple[str, ...]]
    dot: Value
    scopes: list[dict[str, Value]]
    changed: bool

    @property
    def has_file_texts(self) -> bool:
        """Whether the templates read files of the chart at all."""

    def value(self, operand: Operand) -> Value:
        """What an operand stands for."""

    def tolerantly(self, operand: Operand) -> Value:
        """What an operand stands for where nil does no harm."""

    def texts(self, operand: Operand) -> list[str]:
        """The texts that an operand may be; what isn't known of them is ANYTHING."""

    def access(self, value: Value, names: tuple[str, ...], node: Node, *, quiet: bool = False) -> Value:
        """The fields of a value; reads of values paths are noted, as guarded where ``quiet``."""

    def parts(self, value: Value) -> tuple[Value, Value]:
        """What the keys and the items of a value may be."""

    def some_part(self, value: Value) -> Value:
        """What may stand under a key or index that isn't known."""

    def bounded(self, value: Value) -> Value:
        """A value that is followed further: one that may be too much counts as read instead."""

    def take_whole(self, value: Value, into: set[tuple[str, ...]] | None = None) -> None:
        """Counts everything below a value as read; with ``into``, as reached or the like."""

    def call(self, name: str, argument: Value) -> Value:
        """Walks the named templates of that name; returns those with lines of their own as what was made."""

    def render(self, text: str, context: Value) -> None:
        """Walks a text that is no file."""

    def render_files(self, path: str, context: Value) -> None:
        """Walks the chart's files of that path that are templates."""

    def texts_of_values(self) -> Sequence[str]:
        """The texts in values.yaml that hold actions."""


Function: TypeAlias = "Callable[[Evaluator, list[Operand], Node], Value]"
"""A function of text/template, sprig or helm: what a call with these operands stands for; ``node`` is the call."""
