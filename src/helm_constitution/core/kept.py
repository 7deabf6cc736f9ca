"""What was made of a text or of a parsed file, for the next check of the same contents."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Concatenate, ParamSpec, TypeVar

_T = TypeVar("_T")
_C = TypeVar("_C", bound=Hashable)
_P = ParamSpec("_P")

_ROUNDS = 4
"""Checks after which what none of them asked for is dropped: a text that is broken for a moment asks for nothing."""


class Kept:
    """Results by the content that they were made of. A single check has one of its own; an editor's has that of the
    check before."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], Any] = {}
        self._asked: dict[tuple[object, ...], int] = {}
        self._round = 0

    def of(self, content: _C, make: Callable[Concatenate[_C, _P], _T], *args: _P.args, **named: _P.kwargs) -> _T:
        """``make(content, *args, **named)``, made once; all of it must be hashable, because together it is the key."""
        key = (make, content, args, *named.items())
        if key not in self._made:
            self._made[key] = make(content, *args, **named)
        self._asked[key] = self._round
        found: _T = self._made[key]
        return found

    def end_round(self) -> None:
        """Ends a check: drops what the last ones did not ask for."""
        self._round += 1
        for key in [key for key, asked in self._asked.items() if asked < self._round - _ROUNDS]:
            del self._made[key], self._asked[key]
