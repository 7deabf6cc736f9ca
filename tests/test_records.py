"""Our named tuples do what typing's do."""

from __future__ import annotations

import copy
import pickle
import typing
from typing import Any

import pytest

from helm_constitution.records import NamedTuple


class Ours(NamedTuple):
    """A place."""

    file: str
    line: int | None = None
    marks: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """As text."""
        return f"{self.file}:{self.line}"

    @classmethod
    def of(cls, file: str) -> Ours:
        """By its file."""
        return cls(file, 1)


class Theirs(typing.NamedTuple):
    """A place."""

    file: str
    line: int | None = None
    marks: tuple[str, ...] = ()


class Plain(NamedTuple):
    """One without defaults, that shows itself in its own way."""

    name: str

    def __str__(self) -> str:
        return f"<{self.name}>"


def test_fields_defaults_and_methods() -> None:
    ours = Ours("a", marks=("x",))
    assert (ours.file, ours.line, ours.marks, ours.shown) == ("a", None, ("x",), "a:None")
    assert Ours.of("b") == Ours(file="b", line=1)
    assert Ours.__doc__ == "A place."
    assert str(Plain("n")) == "<n>"


def test_the_same_as_typings() -> None:
    ours: Any = Ours("a", 2)
    theirs: Any = Theirs("a", 2)
    assert ours == theirs == ("a", 2, ())
    assert hash(ours) == hash(theirs)
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert ours._asdict() == theirs._asdict()
    assert ours._replace(line=3) == theirs._replace(line=3)
    assert type(ours._replace(line=3)) is Ours
    assert Ours._make(["a", 2, ()]) == theirs
    assert (Ours._fields, Ours._field_defaults) == (Theirs._fields, Theirs._field_defaults)
    assert Ours("a", 1) < Ours("a", 2)


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValueError, match="unexpected field names"):
        Ours("a")._replace(column=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="file"):
        Ours(line=1)  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        setattr(Ours("a"), "column", 1)  # noqa: B010 - what a type checker refuses
    with pytest.raises(AttributeError):
        setattr(Ours("a"), "file", "b")  # noqa: B010


def test_copies() -> None:
    ours = Ours("a", 2, ("x",))
    assert pickle.loads(pickle.dumps(ours, 5)) == ours
    assert type(pickle.loads(pickle.dumps(ours, 5))) is Ours
    assert copy.deepcopy(ours) == ours


def test_patterns() -> None:
    match Ours("a", 2):
        case Ours(file, line):
            assert (file, line) == ("a", 2)
