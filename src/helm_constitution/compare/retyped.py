"""Values whose type changed, and whether a value of the old type still works."""

from __future__ import annotations

from helm_constitution.compare.release import Path, Release, kind_of
from helm_constitution.core.lazy import LazyPattern

_PAIRS = LazyPattern(r"range\$\w+,\$\w+:=")
_ASKS_KIND = LazyPattern(r"kindIs|typeIs|kindOf|typeOf")
"""How templates test the type of a value; `lines` has them without spaces."""


def is_retyped(mine: Release, theirs: Release, path: Path) -> bool:
    """Whether a value of the old type no longer works as before."""
    before, after = mine.get(path), theirs.get(path)
    if path[0] in mine.dependencies:
        return False
    if before == "" and after in ([], {}):
        # A value that was printed is now ranged over: helm fails on a string.
        old, new = mine.lines(path), theirs.lines(path)
        return any("range" in line for line in new) and not any("range" in line or "toYaml" in line for line in old)
    if before is None and after == {}:
        # Only its use shows the type: templates range over keys and values where they printed a list.
        old, new = mine.lines(path), theirs.lines(path)
        return any(_PAIRS.search(line) for line in new) and any("toYaml" in line for line in old - new)
    if isinstance(before, dict) and before and after in (None, []):
        # Templates read keys by name, and now range over a list.
        named = [key for key in before if mine.asks((*path, key))]
        return (
            bool(named)
            and any("range" in line for line in theirs.lines(path))
            and not any(theirs.asks((*path, key)) for key in named)
        )
    if isinstance(before, dict) and before and isinstance(after, str):
        # Templates read keys by name and no longer do; printing the map now would not give a string.
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
    if len(kinds) < 2 or kinds <= {"string", "number"} or None in kinds:
        return False
    if before == "" or after == "" or (kinds == {"boolean", "string"} and str(after).lower() in ("true", "false")):
        return False  # an empty string does not show the type
    if "map" in kinds and not isinstance(mine.get(path), list) and _is_looped(mine, theirs, path):
        old_below, new_below = (side.printing.reads_below_in_loop(path) for side in (mine, theirs))
        return old_below != new_below and not theirs.printing.prints_in_loop(path)
    old, new = mine.lines(path), theirs.lines(path)
    if not old or not new or old <= new:
        return False  # the templates read it as before
    if any(_ASKS_KIND.search(line) for line in new):
        return False  # they distinguish both types
    return not all("toYaml" in line and "range" not in line for line in old | new)


def _is_looped(mine: Release, theirs: Release, path: Path) -> bool:
    """Whether both releases read a value in a map that they range over."""
    return mine.printing.reads_in_loop(path) and theirs.printing.reads_in_loop(path)
