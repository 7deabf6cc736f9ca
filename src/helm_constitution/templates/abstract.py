"""What an expression of a template may stand for, as :mod:`helm_constitution.templates.interpreter` sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from helm_constitution.templates.nodes import Define, Expression

ANYTHING = "\0"
"""In a known text, the parts that are only known at run time."""
TEMPLATES = "\1"
"""``.Template.BasePath``"""


class Built:
    """Something that compares by its parts. (Not a tuple: those are the values paths.)"""

    __slots__ = ("_parts",)

    def __init__(self, *parts: object) -> None:
        self._parts = parts

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Built) and other._parts == self._parts

    def __hash__(self) -> int:
        return hash(self._parts)


class Root(Built):
    """A root context; ``prefix`` is the path of its ``.Values`` in the chart's."""

    __slots__ = ("prefix",)

    def __init__(self, prefix: tuple[str, ...]) -> None:
        super().__init__(prefix)
        self.prefix = prefix


class Record(Built):
    """A dict that a template builds; ``rest`` are the values of unknown keys."""

    __slots__ = ("depth", "entries", "rest", "weight")

    def __init__(self, entries: Mapping[str, Value], rest: Value) -> None:
        super().__init__(frozenset(entries.items()), rest)
        self.entries = entries
        self.rest = rest
        self.weight, self.depth = _measured(rest, *entries.values())

    def get(self, key: str) -> Value:
        """The value of a key."""
        return self.rest | self.entries.get(key, NOTHING)


class Sequence(Built):
    """A list that a template builds: its first items, and what the others may be."""

    __slots__ = ("depth", "items", "others", "weight")

    def __init__(self, items: tuple[Value, ...], others: Value) -> None:
        super().__init__(items, others)
        self.items = items
        self.others = others
        self.weight, self.depth = _measured(others, *items)

    @property
    def any_item(self) -> Value:
        """What any of its items may be."""
        return self.others.union(*self.items)


class Item(Built):
    """A part of the values that is reached through keys known only at run time: what ``range`` goes over.

    The path holds ANYTHING for these keys. The map or list around it was counted as read.
    """

    __slots__ = ("path",)

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__(path)
        self.path = path


class Made(Built):
    """The output of a named template, or a part of its parsed output."""

    __slots__ = ("define",)

    def __init__(self, define: Define) -> None:
        super().__init__(define)
        self.define = define


class FileText(Built):
    """The text of one of the chart's files; the path may hold unknown parts."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Mark:
    """A value that is only itself."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


FILES = Mark("files")
"""``.Files``"""
CALLER = Mark("caller")
"""What an unknown caller passes: its ``.Values`` are the chart's, everything else is unknown as well."""

# A values path is a plain tuple, a known text a plain str: most values are one of these.
Element: TypeAlias = "tuple[str, ...] | str | Root | Record | Sequence | Item | Made | FileText | Mark"
Value: TypeAlias = "frozenset[Element]"
Operand: TypeAlias = "Expression | Value"
Guards: TypeAlias = "frozenset[tuple[str, ...]]"

NOTHING: Value = frozenset()
"""What holds no part of the values: a number, a text that is not known, what was already counted as read."""
ROOT: Value = frozenset((Root(()),))
MAX_ELEMENTS = 24
"""What a value may be at most; where it may be more, it isn't followed any further."""

MAX_STEPS = 300_000
"""Contents that are walked in all; the largest of 60 public charts takes 20,000."""
MAX_WEIGHT = 1000
"""Elements that a value may hold at all depths, each counted as often as it is met on the way down."""
MAX_DEPTH = 50
"""How deep dicts and lists may lie in each other where they are followed."""


def _measured(*parts: Value) -> tuple[int, int]:
    """The weight and depth of a dict or list with these parts."""
    weight = depth = 0
    for part in parts:
        for element in part:
            if isinstance(element, Record | Sequence):
                weight += element.weight
                depth = max(depth, element.depth)
            else:
                weight += 1
    return weight + 1, depth + 1


def is_too_much(value: Value) -> bool:
    """Whether a value is too large to follow: ``dict "a" $d "b" $d`` doubles it each time."""
    if len(value) > MAX_ELEMENTS:
        return True
    weight = 0
    for element in value:
        if isinstance(element, Record | Sequence):
            weight += element.weight
            if element.depth > MAX_DEPTH:
                return True
    return weight > MAX_WEIGHT


def ordered(value: Value) -> list[Element]:
    """The elements in the same order in each run: the order of sets depends on the hash seed."""
    return sorted(value, key=_rank) if len(value) > 1 else list(value)


def _rank(element: Element) -> tuple[int, object]:
    if isinstance(element, tuple):
        return 0, element
    if isinstance(element, str):
        return 1, element
    if isinstance(element, Root):
        return 2, element.prefix
    if isinstance(element, Item):
        return 3, element.path
    if isinstance(element, FileText):
        return 4, element.path
    if isinstance(element, Made):
        return 5, (element.define.name, element.define.start, element.define.end)
    if isinstance(element, Mark):
        return 6, element.name
    if isinstance(element, Sequence):
        return 7, (*(_ranks(item) for item in element.items), _ranks(element.others))
    return 8, (*((key, _ranks(element.entries[key])) for key in sorted(element.entries)), ("", _ranks(element.rest)))


def _ranks(value: Value) -> tuple[tuple[int, object], ...]:
    return tuple(_rank(element) for element in ordered(value))


def list_of(items: Value) -> Value:
    """A list of which only the possible items are known."""
    return frozenset((Sequence((), items),))


def paths_of(value: Value) -> list[tuple[str, ...]]:
    """The values paths among the elements, except the values as a whole."""
    return [element for element in ordered(value) if type(element) is tuple and element]


def pattern_of(text: str) -> re.Pattern[str]:
    """What matches a text with unknown parts."""
    return re.compile(".*".join(re.escape(part) for part in text.split(ANYTHING)), re.DOTALL)


def widened(value: Value) -> Value:
    """A value without its known texts, for calls that have too many of them."""
    return frozenset(
        ANYTHING
        if isinstance(element, str)
        else Record({name: widened(entry) for name, entry in element.entries.items()}, widened(element.rest))
        if isinstance(element, Record)
        else Sequence(tuple(widened(item) for item in element.items), widened(element.others))
        if isinstance(element, Sequence)
        else element
        for element in value
    )
