"""What template functions need from the interpreter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from helm_constitution.templates.abstract import Guards, Operand, Value
    from helm_constitution.templates.nodes import Node


class Evaluator(Protocol):
    """Evaluates operands at the walk's current place, and records what they read.

    ``guards`` are the paths that conditions around this place test, ``touched`` what the current condition or template
    reads; with ``optional`` nil is allowed here. ``tested``, ``compared``, ``provided`` and ``whole`` collect what
    :class:`helm_constitution.templates.uses.ValueUses` reports about the values; ``reached`` are the paths below which
    keys are computed at run time. ``dot`` and ``scopes`` are the contents of ``.`` and the variables; ``changed`` is
    set once a variable gets another content.
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
        """Whether any template reads files of the chart."""

    def value(self, operand: Operand) -> Value:
        """What an operand stands for."""

    def tolerantly(self, operand: Operand) -> Value:
        """What an operand stands for where it may be nil."""

    def texts(self, operand: Operand) -> list[str]:
        """The texts that an operand may be; unknown parts are ANYTHING."""

    def access(self, value: Value, names: tuple[str, ...], node: Node, *, quiet: bool = False) -> Value:
        """The fields of a value; reads of values paths are recorded, as guarded if ``quiet``."""

    def parts(self, value: Value) -> tuple[Value, Value]:
        """What the keys and the items of a value may be."""

    def some_part(self, value: Value) -> Value:
        """The possible values of an unknown key or index."""

    def bounded(self, value: Value) -> Value:
        """The value, if it is small enough to follow; otherwise it counts as read."""

    def take_whole(self, value: Value, into: set[tuple[str, ...]] | None = None) -> None:
        """Counts everything below a value as read; with ``into``, in that collection."""

    def call(self, name: str, argument: Value) -> Value:
        """Walks the named templates of that name; returns the output of those with lines of their own."""

    def render(self, text: str, context: Value) -> None:
        """Walks a text that is not a file."""

    def render_files(self, path: str, context: Value) -> None:
        """Walks the chart's files of that path that are templates."""

    def texts_of_values(self) -> Sequence[str]:
        """The texts in values.yaml that hold actions."""


Function: TypeAlias = "Callable[[Evaluator, list[Operand], Node], Value]"
"""A function of text/template, sprig or helm: what a call with these operands stands for; ``node`` is the call."""
