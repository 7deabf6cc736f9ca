"""The values that templates print, and the ones that they read in the maps and lists of a ``range``."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.templates.abstract import ANYTHING

if TYPE_CHECKING:
    from helm_constitution.templates.uses import ValueUses

Path = tuple[str, ...]

NOTES = "templates/NOTES.txt"
_DUMPS = LazyPattern(r"\b(?:to[A-Z]\w+|tpl)\b")


class Printing:
    """The values that templates print, and read in maps and lists; ANYTHING stands for keys known only at run time."""

    def __init__(self, uses: ValueUses) -> None:
        self._uses = uses

    @cached_property
    def _looped(self) -> tuple[Path, ...]:
        """The paths that are read in maps over which templates ``range``."""
        uses = self._uses
        read = uses.tested | {one.path for one in uses.printed}
        return tuple(path for path in read if ANYTHING in path[1:] and path[0] != ANYTHING)

    @cached_property
    def _dumped(self) -> tuple[Path, ...]:
        """The paths that are printed with everything below them."""
        return tuple(
            one.path
            for one in self._uses.printed
            if ANYTHING in one.path or _DUMPS.search(one.template.source(one.action))
        )

    def reads_in_loop(self, path: Path) -> bool:
        """Whether templates ``range`` over a map above a value, and read its key or something below it there."""
        return any(len(one) >= len(path) and _meets(one, path) for one in self._looped)

    def reads_below_in_loop(self, path: Path) -> bool:
        """Whether they read something below the value there."""
        return any(len(one) > len(path) and _meets(one, path) for one in self._looped)

    def prints_in_loop(self, path: Path) -> bool:
        """Whether they print the value itself there."""
        return any(len(one) == len(path) and ANYTHING in one and _meets(one, path) for one in self.printed)

    def prints_around(self, path: Path) -> bool:
        """Whether templates print a whole map that contains a value."""
        return any(len(one) < len(path) and _meets(one, path) for one in self._dumped)

    @cached_property
    def printed(self) -> frozenset[Path]:
        """The paths that templates print, other than notes; ANYTHING stands for keys that are known at run time."""
        return frozenset(one.path for one in self._uses.printed if one.template.path != NOTES)

    def prints(self, path: Path) -> bool:
        """Whether templates print a value or a part of it."""
        return any(one[: len(path)] == path for one in self.printed)

    def may_print(self, path: Path) -> bool:
        """Whether templates may print a value: with a map around it, or in a way that can't be followed."""
        uses = self._uses
        above = [path[:length] for length in range(len(path) + 1)]
        return any(part in uses.whole or part in uses.reached for part in above) or any(
            _meets(one, path) for one in self.printed
        )

    @cached_property
    def printed_items(self) -> frozenset[Path]:
        """The items of lists and maps that templates print individually, as texts; ANYTHING stands for each."""
        return frozenset(
            one.path
            for one in self._uses.printed
            if one.path[-1:] == (ANYTHING,)
            and one.path[0] != ANYTHING
            and one.path in self.printed
            and not _DUMPS.search(one.template.source(one.action))
        )

    def reads_below_item(self, path: Path) -> bool:
        """Whether templates read a key in these items."""
        return any(len(one) > len(path) and one[: len(path)] == path for one in self._looped)


def _meets(pattern: Path, path: Path) -> bool:
    """Whether two paths may agree as far as both go; the first has keys that are known only at run time."""
    return all(step in (key, ANYTHING) for step, key in zip(pattern, path, strict=False))
