"""Regular expressions that are compiled once for all runs.

One chart needs some 150 of them, which would be an eighth of the time that a check takes. So what they are compiled to
is kept in the user's cache folder, as Python keeps what modules are compiled to.
"""

from __future__ import annotations

import marshal
import os
import re
import sys
from functools import cache
from typing import Any, TypeAlias

_Code: TypeAlias = tuple[int, bytes, int, dict[str, int], tuple[str | None, ...]]
"""What ``_sre.compile`` is given besides the source: flags, code, number of groups, groups by name, names by group."""

MOST = 3000
"""Expressions kept. Where there are more, most are of older versions of this program."""


class Expressions:
    """The compiled expressions of this run and, in a file, those of earlier ones."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._codes: dict[tuple[str, int], _Code] = {}
        self._compiled: dict[tuple[str, int], re.Pattern[str]] = {}
        self._is_new = False
        try:
            with open(file, "rb") as stream:
                kept = marshal.loads(stream.read())
            self._codes = kept if isinstance(kept, dict) else {}
        except (OSError, EOFError, ValueError, TypeError):
            return  # none yet, or a damaged file: all are compiled

    def compile(self, source: str, flags: int = 0) -> re.Pattern[str]:
        """As ``re.compile``."""
        key = (source, int(flags))
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = self._compiled[key] = self._assembled(key) or re.compile(source, flags)
        return compiled

    def keep(self) -> None:
        """Writes down what this run has compiled. Where that fails, nothing is lost but time."""
        if not self._is_new:
            return
        codes = self._codes
        if len(codes) > MOST:
            codes = {key: code for key, code in codes.items() if key in self._compiled}
        part = f"{self._file}.{os.getpid()}"
        try:
            os.makedirs(os.path.dirname(self._file), mode=0o700, exist_ok=True)
            with open(part, "wb") as stream:
                stream.write(marshal.dumps(codes))
            os.replace(part, self._file)
            self._is_new = False
        except OSError:
            return

    def _assembled(self, key: tuple[str, int]) -> re.Pattern[str] | None:
        """What ``re.compile`` gives, which puts it together the same way. None where another Python does otherwise."""
        try:
            code = self._codes.get(key)
            if code is None:
                code = self._codes[key] = _code(*key)
                self._is_new = True
            flags, words, groups, by_name, by_number = code
            engine: Any = sys.modules["_sre"]
            compiled: re.Pattern[str] = engine.compile(
                key[0], flags, memoryview(words).cast("I").tolist(), groups, by_name, by_number
            )
        except (KeyError, AttributeError, RuntimeError, TypeError, ValueError):
            return None
        return compiled


def _code(source: str, flags: int) -> _Code:
    from array import array

    parsed: Any = sys.modules["re._parser"].parse(source, flags)
    words = array("I", sys.modules["re._compiler"]._code(parsed, flags))
    state = parsed.state
    names = dict(state.groupdict)
    numbers: list[str | None] = [None] * int(state.groups)
    for name, number in names.items():
        numbers[number] = name
    return flags | int(state.flags), words.tobytes(), int(state.groups) - 1, names, tuple(numbers)


@cache
def _expressions() -> Expressions:
    from helm_constitution.places import cache_folder

    magic = getattr(sys.modules.get("_sre"), "MAGIC", 0)
    return Expressions(os.path.join(cache_folder(), f"expressions-{sys.implementation.cache_tag}-{magic}"))


def compile_kept(source: str, flags: int = 0) -> re.Pattern[str]:
    """As ``re.compile``, but from what an earlier run has kept, where it has."""
    return _expressions().compile(source, flags)


def keep_compiled() -> None:
    """Keeps what was compiled in this run for the next one."""
    _expressions().keep()
