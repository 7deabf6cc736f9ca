"""Values of another type, and whether what users have for them still does what it did."""

from __future__ import annotations

from helm_constitution.compare.release import Path, Release, kind_of
from helm_constitution.core.lazy import LazyPattern

_PAIRS = LazyPattern(r"range\$\w+,\$\w+:=")
_ASKS_KIND = LazyPattern(r"kindIs|typeIs|kindOf|typeOf")
"""How templates ask for the type of a value; `lines` has them without spaces."""


def is_retyped(mine: Release, theirs: Release, path: Path) -> bool:
    """Whether a value of the old type no longer does what it did."""
    before, after = mine.get(path), theirs.get(path)
    if path[0] in mine.dependencies:
        return False
    if before == "" and after in ([], {}):
        # What was printed is gone over now: helm stops at a text.
        old, new = mine.lines(path), theirs.lines(path)
        return any("range" in line for line in new) and not any("range" in line or "toYaml" in line for line in old)
    if before is None and after == {}:
        # Nothing tells the type but its use: keys and values are gone over where it was printed as a list.
        old, new = mine.lines(path), theirs.lines(path)
        return any(_PAIRS.search(line) for line in new) and any("toYaml" in line for line in old - new)
    if isinstance(before, dict) and before and after in (None, []):
        # Of keys that had names, a list is gone over now.
        named = [key for key in before if mine.asks((*path, key))]
        return (
            bool(named)
            and any("range" in line for line in theirs.lines(path))
            and not any(theirs.asks((*path, key)) for key in named)
        )
    if isinstance(before, dict) and before and isinstance(after, str):
        # Keys that templates asked for, and no longer do; what they print of the map now is no text.
        named = [key for key in before if mine.asks((*path, key))]
        return bool(named) and not any(theirs.asks((*path, key)) for key in named)
    if before == "" and isinstance(after, dict) and after:
        # Keys that templates ask for now, of what users have as a text: helm stops there.
        named = [key for key in after if theirs.asks((*path, key))]
        asks_kind = any(_ASKS_KIND.search(line) for line in theirs.lines(path))
        return bool(named) and not asks_kind and not any(mine.asks((*path, key)) for key in named)
    if isinstance(before, list) and isinstance(after, list) and before and after:
        before, after = before[0], after[0]  # a list's type is that of its items
    kinds = {kind_of(before), kind_of(after)}
    if len(kinds) < 2 or kinds <= {"text", "number"} or None in kinds:
        return False
    if before == "" or after == "" or (kinds == {"flag", "text"} and str(after).lower() in ("true", "false")):
        return False  # an empty text says nothing of the type
    if "map" in kinds and not isinstance(mine.get(path), list) and _is_looped(mine, theirs, path):
        old_below, new_below = (side.printing.reads_below_in_loop(path) for side in (mine, theirs))
        return old_below != new_below and not theirs.printing.prints_in_loop(path)
    old, new = mine.lines(path), theirs.lines(path)
    if not old or not new or old <= new:
        return False  # the templates take it as they did
    if any(_ASKS_KIND.search(line) for line in new):
        return False  # they tell both apart
    return not all("toYaml" in line and "range" not in line for line in old | new)


def _is_looped(mine: Release, theirs: Release, path: Path) -> bool:
    """Whether both releases read a value in a map that they go over."""
    return mine.printing.reads_in_loop(path) and theirs.printing.reads_in_loop(path)
