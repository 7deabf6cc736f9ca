"""Regular expressions that are compiled when first used: rules have hundreds, and one chart needs few of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

_compile = re.compile


class LazyPattern:
    """A regular expression that is compiled when first used; otherwise a :class:`re.Pattern`.

    The first look-up of one of the compiled expression's attributes binds them all, so that later calls cost nothing.
    """

    _compiler: ClassVar[Callable[[str, int], re.Pattern[str]]] = re.compile

    def __init__(self, source: str, flags: int = 0) -> None:
        self._source = source
        self._flags = flags

    if TYPE_CHECKING:
        pattern: str
        flags: int
        groups: int
        groupindex: Mapping[str, int]

        def search(self, string: str, pos: int = 0, endpos: int = sys.maxsize) -> re.Match[str] | None:
            """As :meth:`re.Pattern.search`."""

        def match(self, string: str, pos: int = 0, endpos: int = sys.maxsize) -> re.Match[str] | None:
            """As :meth:`re.Pattern.match`."""

        def fullmatch(self, string: str, pos: int = 0, endpos: int = sys.maxsize) -> re.Match[str] | None:
            """As :meth:`re.Pattern.fullmatch`."""

        def finditer(self, string: str, pos: int = 0, endpos: int = sys.maxsize) -> Iterator[re.Match[str]]:
            """As :meth:`re.Pattern.finditer`."""

        def findall(self, string: str, pos: int = 0, endpos: int = sys.maxsize) -> list[Any]:
            """As :meth:`re.Pattern.findall`."""

        def split(self, string: str, maxsplit: int = 0) -> list[str | Any]:
            """As :meth:`re.Pattern.split`."""

        def sub(self, repl: str | Callable[[re.Match[str]], str], string: str, count: int = 0) -> str:
            """As :meth:`re.Pattern.sub`."""

        def subn(self, repl: str | Callable[[re.Match[str]], str], string: str, count: int = 0) -> tuple[str, int]:
            """As :meth:`re.Pattern.subn`."""

    else:

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            pattern = compiled(self._source, self._flags)
            self.__dict__.update({attribute: getattr(pattern, attribute) for attribute in _ATTRIBUTES})
            return getattr(pattern, name)


_ATTRIBUTES = (
    "search",
    "match",
    "fullmatch",
    "finditer",
    "findall",
    "split",
    "sub",
    "subn",
    "pattern",
    "flags",
    "groups",
    "groupindex",
)


def compiled(source: str, flags: int = 0) -> re.Pattern[str]:
    """An expression, compiled as lazy patterns are. Raises re.error."""
    return LazyPattern._compiler(source, flags)


@contextmanager
def compiled_by(compiler: Callable[[str, int], re.Pattern[str]]) -> Iterator[None]:
    """While it lasts, this compiles lazy patterns in place of ``re.compile``; it must give equal ones."""
    before = LazyPattern._compiler
    LazyPattern._compiler = compiler
    try:
        yield
    finally:
        LazyPattern._compiler = before


@contextmanager
def lazily_compiled() -> Iterator[None]:
    """While it lasts, what calls ``re.compile`` gets a lazy pattern: for importing a module of others that has many."""
    re.compile = LazyPattern  # type: ignore[assignment]
    try:
        yield
    finally:
        re.compile = _compile
