"""Named tuples behave as those of ``typing``."""

from __future__ import annotations

import ast
import copy
import inspect
import pickle
import re
import typing
from collections.abc import Callable
from typing import Any, get_type_hints

import pytest

from helm_constitution.core.named_tuples import NamedTuple
from tests.structure import sources


class Ours(NamedTuple):
    """What both have."""

    name: str
    sizes: tuple[int, ...] = ()
    last: Ours | None = None

    @property
    def size(self) -> int:
        """All sizes."""
        return sum(self.sizes)

    def renamed(self, name: str) -> Ours:
        """The same with another name."""
        return self._replace(name=name)

    @classmethod
    def of(cls, text: str) -> Ours:
        """One by its name."""
        return cls(text)


class Theirs(typing.NamedTuple):
    """What both have."""

    name: str
    sizes: tuple[int, ...] = ()
    last: Theirs | None = None

    @property
    def size(self) -> int:
        """All sizes."""
        return sum(self.sizes)


class Empty(NamedTuple):
    pass


class Alone(NamedTuple):
    one: int

    def __str__(self) -> str:
        return f"<{self.one}>"


class Derived(Ours):
    """Has what it is made of."""


def test_fields_defaults_and_order_are_those_of_typing() -> None:
    kinds: tuple[Any, ...] = (Ours, Theirs)
    for kind in kinds:
        assert kind._fields == kind.__match_args__ == ("name", "sizes", "last")
        assert kind._field_defaults == {"sizes": (), "last": None}
        assert kind.__slots__ == ()
        assert kind.__doc__ == "What both have."
        assert type(kind) is type
        assert issubclass(kind, tuple)
    ours, theirs = (inspect.signature(kind).parameters.values() for kind in (Ours, Theirs))
    assert [(each.name, each.default, each.kind) for each in ours] == [
        (each.name, each.default, each.kind) for each in theirs
    ]
    assert get_type_hints(Alone) == {"one": int}
    assert Alone.__doc__ == "Alone(one)"
    assert Alone.one.__doc__ == Theirs.name.__doc__ == "Alias for field number 0"


def test_values_are_those_of_a_tuple() -> None:
    ours, theirs = Ours("a", (1, 2)), Theirs("a", (1, 2))
    assert tuple(ours) == tuple(theirs) == ("a", (1, 2), None)
    assert hash(ours) == hash(theirs)
    assert (ours.name, ours.sizes, ours.last, ours.size) == ("a", (1, 2), None, 3)
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert ours._asdict() == theirs._asdict()
    assert ours.renamed("b") == ("b", (1, 2), None)
    assert type(ours.renamed("b")) is Ours
    assert Ours._make(["a", (), None]) == Ours.of("a") == Ours(name="a")
    assert (Empty(), repr(Empty()), str(Alone(1)), repr(Alone(1))) == ((), "Empty()", "<1>", "Alone(one=1)")
    name, *others = ours
    assert (name, others) == ("a", [(1, 2), None])


def test_a_class_pattern_matches_by_position() -> None:
    match Ours("a", (1,)):
        case Ours(name, (size,)):
            assert (name, size) == ("a", 1)


def test_a_copy_and_a_pickled_one_are_equal() -> None:
    one = Ours("a", (1,), Ours("b"))
    for again in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert again == one
        assert type(again) is Ours


def test_a_derived_class_keeps_its_own_type() -> None:
    derived = Derived("a")._replace(sizes=(4,))
    assert type(derived) is Derived
    assert derived.size == 4
    assert repr(derived) == "Derived(name='a', sizes=(4,), last=None)"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda kind: kind(),
        lambda kind: kind("a", (), None, 1),
        lambda kind: kind("a", wrong=1),
        lambda kind: kind("a", name="b"),
        lambda kind: kind._make(["a"]),
        lambda kind: setattr(kind("a"), "name", "b"),
        lambda kind: setattr(kind("a"), "wrong", "b"),
    ],
)
def test_errors_are_those_of_typing(wrong: Callable[[Any], object]) -> None:
    with pytest.raises((TypeError, AttributeError)) as theirs:
        wrong(Theirs)
    with pytest.raises(theirs.type, match=re.escape(str(theirs.value).replace("Theirs", "Ours"))):
        wrong(Ours)


def test_what_is_no_field_is_not_replaced() -> None:
    kind: Any = Ours
    with pytest.raises(TypeError, match="unexpected field names: \\['wrong'\\]"):
        kind._replace(kind("a"), wrong=1)


def test_the_program_uses_no_other_named_tuples() -> None:
    found = {
        source.path
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "typing"
        if any(alias.name == "NamedTuple" for alias in node.names)
    }
    assert found == {"src/helm_constitution/core/named_tuples.py"}
