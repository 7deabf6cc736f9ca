"""What the expressions of a template stand for: pipelines, variables and calls of functions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from helm_constitution.templates.abstract import (
    ANYTHING,
    FILES,
    NOTHING,
    ROOT,
    FileText,
    Operand,
    Value,
    ordered,
)
from helm_constitution.templates.functions import FUNCTIONS, TOLERANT
from helm_constitution.templates.nodes import (
    Chain,
    Command,
    Dot,
    Expression,
    Field,
    Identifier,
    Number,
    Pipeline,
    String,
    Variable,
)
from helm_constitution.templates.value_access import ValueAccess

if TYPE_CHECKING:
    from helm_constitution.templates import TemplateFile

_METHODS = ("AsMap", "YAML")
"""What the values have at the top besides their keys: they are a Go type of their own."""
_HASHES = frozenset({"sha1sum", "sha256sum", "sha512sum", "adler32sum", "md5sum"})


class Evaluation(ValueAccess, ABC):
    """Evaluates expressions at the walk's current place, with its dot and variables; the functions' ``Evaluator``."""

    def __init__(self, chart_name: str, template: TemplateFile) -> None:
        super().__init__(chart_name, template)
        self.dot: Value = ROOT
        self.scopes: list[dict[str, Value]] = [{"$": ROOT}]
        self.changed = False

    # --- what needs the chart's files ---

    @property
    @abstractmethod
    def has_file_texts(self) -> bool:
        """Whether any template reads files of the chart."""

    @abstractmethod
    def call(self, name: str, argument: Value) -> Value:
        """Walks the named templates of that name; returns the output of those with lines of their own."""

    @abstractmethod
    def render(self, text: str, context: Value) -> None:
        """Walks a text that is not a file."""

    @abstractmethod
    def render_files(self, path: str, context: Value) -> None:
        """Walks the chart's files of that path that are templates."""

    @abstractmethod
    def texts_of_values(self) -> Sequence[str]:
        """The texts in values.yaml that hold actions."""

    # --- variables ---

    def _set(self, pipeline: Pipeline, value: Value) -> None:
        name = pipeline.variables[0]
        if pipeline.assigns:
            self._assign(name, value)
        else:
            self.scopes[-1][name] = value

    def _assign(self, name: str, value: Value) -> None:
        """Adds to what a variable may be: the assignment may not be reached, or be repeated."""
        for scope in reversed(self.scopes):
            if name in scope:
                old = scope[name]
                if not value <= old:
                    scope[name] = self.bounded(old | value)
                    self.changed = True
                return

    def _lookup(self, name: str) -> Value:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return NOTHING

    # --- expressions ---

    def _commands(self, pipeline: Pipeline) -> Value:
        """The value of a pipeline, without setting its variables."""
        stages = pipeline.commands
        if len(stages) == 1:
            return self._command(stages[0], None)
        optional, hashed = self.optional, self.hashed
        if not hashed:
            self.hashed = any(type(one.args[0]) is Identifier and one.args[0].name in _HASHES for one in stages[1:])
        value: Value | None = None
        # A stage may give nil where a later one takes it: up to the last of those.
        last = 0
        if not optional:
            for index, command in enumerate(stages):
                first = command.args[0]
                if index and type(first) is Identifier and first.name in TOLERANT:
                    last = index
        for index, command in enumerate(stages):
            if not optional:
                self.optional = index < last
            value = self._command(command, value)
        self.optional, self.hashed = optional, hashed
        assert value is not None
        return value

    def value(self, operand: Operand) -> Value:
        """What an operand stands for."""
        kind = type(operand)  # isinstance takes twice as long, and this is the most frequent call of all
        if kind is Field:
            names: tuple[str, ...] = operand.names  # type: ignore[union-attr]
            if self.dot is ROOT and names[0] == "Values" and len(names) > 1 and names[1] not in _METHODS:
                path = names[1:]
                self._read(path, operand, False)  # type: ignore[arg-type]
                return frozenset((path,))
            return self.access(self.dot, names, operand)  # type: ignore[arg-type]
        if kind is frozenset:
            return operand  # type: ignore[return-value]
        if kind is Pipeline:
            stages = operand.commands  # type: ignore[union-attr]
            value = self._command(stages[0], None) if len(stages) == 1 else self._commands(operand)  # type: ignore[arg-type]
            if operand.variables:  # type: ignore[union-attr]
                self._set(operand, value)  # type: ignore[arg-type]
            return value
        if kind is String:
            return frozenset((operand.value,))  # type: ignore[union-attr, arg-type]
        if kind is Variable:
            value = self._lookup(operand.name)  # type: ignore[union-attr]
            names = operand.names  # type: ignore[union-attr]
            return self.access(value, names, operand) if names else value  # type: ignore[arg-type]
        if kind is Dot:
            return self.dot
        if kind is Number:
            return NOTHING
        return self._other_value(operand)

    def _other_value(self, operand: Operand) -> Value:
        if isinstance(operand, Chain):
            # `(.Values.a).b` is nil where a is: that is what the parentheses are for.
            optional, self.optional = self.optional, True
            value = self.value(operand.base)
            self.optional = optional
            return self.access(value, operand.names, operand, quiet=True)
        if isinstance(operand, Identifier) and (handler := FUNCTIONS.get(operand.name)) is not None:
            return handler(self, [], operand)
        return NOTHING

    def _command(self, command: Command, piped: Value | None) -> Value:
        args = command.args
        first = args[0]
        if piped is None and len(args) == 1:
            return self.value(first)
        operands: list[Operand] = list(args[1:])
        if piped is not None:
            operands.append(piped)
        if type(first) is not Identifier:
            return self._method(first, operands)
        handler = FUNCTIONS.get(first.name)
        if handler is not None:
            return self.bounded(handler(self, operands, command))
        for operand in operands:
            if type(operand) is not Number and (value := self.value(operand)):
                self.take_whole(value)
        return NOTHING

    def _method(self, callee: Expression, operands: list[Operand]) -> Value:
        """A field with arguments: ``.Files.Get``, ``.Capabilities.APIVersions.Has``, ``.Values.PathValue``."""
        values = [self.value(operand) for operand in operands]
        if isinstance(callee, Field | Variable) and len(callee.names) >= 2:
            base = self.dot if isinstance(callee, Field) else self._lookup(callee.name)
            holder = self.access(base, callee.names[:-1], callee)
            if FILES in holder:
                paths = [path for value in values for path in value if isinstance(path, str)]
                return frozenset(FileText(path) for path in paths or (ANYTHING,))
            self.take_whole(holder, self.reached)
        else:
            self.take_whole(self.value(callee), self.reached)
        for value in values:
            self.take_whole(value)
        return NOTHING

    def tolerantly(self, operand: Operand) -> Value:
        """What an operand stands for where it may be nil."""
        optional, self.optional = self.optional, True
        value = self.value(operand)
        self.optional = optional
        return value

    def texts(self, operand: Operand) -> list[str]:
        """The texts that an operand may be; unknown parts are ANYTHING."""
        value = self.value(operand)
        texts = [element for element in ordered(value) if isinstance(element, str)]
        if not texts or len(texts) < len(value):
            self.take_whole(value)
            texts.append(ANYTHING)
        return texts
