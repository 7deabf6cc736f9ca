"""Keeps compiled regular expressions from one check to the next: a check uses 200, and compiling them is a sixth of it.

What is kept is what Python's compiler makes of an expression's text: numbers, which the matcher verifies before it uses
them. They are in the folder of the cache, sealed like everything there, for one version of Python and of this program.
What isn't there, or isn't understood, is compiled as always.
"""

from __future__ import annotations

import _sre  # type: ignore[import-not-found]
import contextlib
import os
import re
import sys
from array import array
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterator
from typing import Any, TypeAlias

from helm_constitution import __version__
from helm_constitution.check.private_folder import PrivateFolder
from helm_constitution.core.lazy import compiled_by
from helm_constitution.core.user_dirs import cache_folder

KEPT = 2000
"""Expressions kept; where there are more, those that the last check didn't use go."""
PATTERNS = ".patterns"
"""How the file's name ends."""
_PROBE = r"(?P<a>[b-dß]+|\w)(?:(?<!x)\bé{2,3}$|(?i:q.*?))?\1"

Compiled: TypeAlias = "tuple[int, int, dict[str, int], str]"
"""What becomes a pattern again: flags, the number of groups, their names and the code in base64."""


class KeptPatterns:
    """The expressions of earlier checks, and those that are compiled meanwhile.

    Args:
        place: the folder of sealed files.
    """

    def __init__(self, place: str) -> None:
        self._place = place
        self._known: dict[str, Any] | None = None
        self._used: dict[str, Any] = {}
        self._made: dict[str, re.Pattern[str]] = {}
        self._understands: bool | None = None
        self._has_new = False

    def compile(self, source: str, flags: int = 0) -> re.Pattern[str]:
        """As ``re.compile``. Raises re.error."""
        name = f"{int(flags)}:{source}"
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = self._kept(name, source) or self._new(name, source, int(flags))
        return made

    def keep(self) -> None:
        """Writes what is new for the next check; where that fails nothing is lost but time."""
        folder = PrivateFolder.open(self._place) if self._has_new else None
        if folder is not None:
            import json

            known = {**(self._known or {}), **self._used}
            content = json.dumps(known if len(known) <= KEPT else self._used, separators=(",", ":"))
            with contextlib.suppress(OSError):
                folder.write(_name(folder), content.encode())

    def _kept(self, name: str, source: str) -> re.Pattern[str] | None:
        if self._known is None:
            self._known = _read(self._place)
        parts = self._known.get(name)
        if parts is None:
            return None
        try:
            made = _pattern(source, parts)
        except (ImportError, AttributeError, TypeError, ValueError, OverflowError, RuntimeError):
            return None
        self._used[name] = parts
        return made

    def _new(self, name: str, source: str, flags: int) -> re.Pattern[str]:
        if self._understands is None:
            self._understands = understands_python()
        if not self._understands or flags & re.DEBUG:
            return re.compile(source, flags)
        try:
            parts = _parts(source, flags)
        except re.error:
            return re.compile(source, flags)  # says where, as always
        self._used[name] = parts
        self._has_new = True
        return _pattern(source, parts)


@contextlib.contextmanager
def kept_patterns() -> Iterator[None]:
    """While it lasts, lazy patterns are those of earlier checks where they are known; at its end, new ones are kept."""
    patterns = KeptPatterns(os.path.join(cache_folder(), "reports"))
    with compiled_by(patterns.compile):
        yield
    patterns.keep()


def understands_python() -> bool:
    """Whether patterns of kept code equal Python's own: what is used of its compiler is not documented."""
    try:
        return _pattern(_PROBE, _parts(_PROBE, 0)) == re.compile(_PROBE)
    except Exception:  # noqa: BLE001 - whatever another Python has in its place
        return False


def _parts(source: str, flags: int) -> Compiled:
    """What Python's compiler gives to the matcher. Raises re.error."""
    parsed = re._parser.parse(source, flags)  # type: ignore[attr-defined]
    code = re._compiler._code(parsed, flags)  # type: ignore[attr-defined]
    state = parsed.state
    return flags | state.flags, state.groups - 1, state.groupdict, b2a_base64(array("I", code), newline=False).decode()


def _pattern(source: str, parts: Compiled) -> re.Pattern[str]:
    flags, groups, names, code = parts
    by_number = {number: name for name, number in names.items()}
    numbers = memoryview(a2b_base64(code)).cast("I").tolist()
    if groups > len(numbers):
        raise ValueError("there are no groups without code")
    of_groups = tuple(by_number.get(number) for number in range(groups + 1))
    made: re.Pattern[str] = _sre.compile(source, flags, numbers, groups, names, of_groups)
    return made


def _read(place: str) -> dict[str, Any]:
    import json

    folder = PrivateFolder.open(place)
    content = folder.read(_name(folder)) if folder is not None else None
    try:
        known = json.loads(content) if content is not None else {}
    except (ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}


def _name(folder: PrivateFolder) -> str:
    return folder.digest(f"{__version__} {sys.version} {sys.byteorder}".encode()) + PATTERNS
