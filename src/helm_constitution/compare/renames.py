"""Values that were probably renamed."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.compare.release import Path, Release, kind_of, leaf_paths, words
from helm_constitution.text.yaml_scalars import Json

_LIKE_ENOUGH = 3.0


_ALIKE = 0.5
"""The share of words that the paths of two values must have in common if no template line reads both alike."""


_SHARED_KEYS = 0.6
"""The share of a map's keys that the new map must have for the map to count as renamed."""


def renames_of(old: Release, new: Release, removed: list[Path], added: list[Path]) -> dict[Path, Path]:
    """The new path of each removed value (a whole map, or a leaf) that was probably renamed."""
    found: dict[Path, Path] = {}
    taken: set[Path] = set()
    for path in removed:
        target = _same_shape(old, new, path, [other for other in added if other not in taken])
        if target is not None:
            found[path] = target
            taken.add(target)
    by_word: dict[str, list[Path]] = {}
    for path in added:
        if path not in taken:
            for leaf in leaf_paths(path, new.get(path)):
                for word in words(leaf):
                    by_word.setdefault(word, []).append(leaf)
    scores: list[tuple[float, Path, Path]] = []
    for path in removed:
        if path in found:
            continue
        for leaf in leaf_paths(path, old.get(path)):
            for other in dict.fromkeys(other for word in sorted(words(leaf)) for other in by_word.get(word, ())):
                if (leaf != path or _alike(leaf, other) < _ALIKE) and not old.printed_as(leaf) & new.printed_as(other):
                    continue  # the names of a map's keys and their defaults are weak evidence by themselves
                score = _likeness(old, new, leaf, other)
                if score >= _LIKE_ENOUGH:
                    scores.append((score, leaf, other))
    for _, path, target in sorted(scores, key=lambda one: -one[0]):
        if path not in found and target not in taken:
            found[path] = target
            taken.add(target)
    return found


def moved_lists(old: Release, new: Release, dropped: list[Path], added: list[Path]) -> dict[Path, Path]:
    """Lists that values.yaml no longer has, each with a new value of the same (telling) name."""
    found: dict[Path, Path] = {}
    for path in dropped:
        if isinstance(old.get(path), list) and old.get(path) and len(words(path[-1:])) > 1:
            same = [other for other in added if words(other[-1:]) == words(path[-1:]) and new.get(other)]
            if len(same) == 1:
                found[path] = same[0]
    return found


def has_moved(old: Release, new: Release, path: Path) -> bool:
    """Whether templates read a value by its name, and now one of that name elsewhere: templates that compute keys at
    run time (``index .Values.server $scope``) may read the old one, but could do so before."""
    if not old.lines(path) or new.lines(path) or new.analysed.uses.is_whole(path):
        return False
    return any(one[-1:] == path[-1:] and is_named_anew(old, new, one) for one in leaf_paths((), new.data))


def is_named_anew(old: Release, new: Release, path: Path) -> bool:
    """Whether a value is new, and templates newly read it by its name."""
    return not old.has(path) and bool(new.lines(path)) and not old.lines(path)


def is_in(path: Path, other: Path) -> bool:
    return path[: len(other)] == other


def _same_shape(old: Release, new: Release, path: Path, added: list[Path]) -> Path | None:
    """The new map, maybe inside another new one, that has most of a removed map's keys, or is printed the same way."""
    mine = {leaf[len(path) :] for leaf in leaf_paths(path, old.get(path))}
    if not isinstance(old.get(path), dict) or not old.get(path):
        return None
    best: tuple[float, Path] | None = None
    for other in (inner for root in added for inner in _maps(root, new.get(root))):
        theirs = {leaf[len(other) :] for leaf in leaf_paths(other, new.get(other))}
        shared = mine & theirs
        share = len(shared) / len(mine)
        alike = _alike(path, other)
        is_same = len(mine) > 1 and (alike > 0.3 or (len(shared) >= 5 and share >= 0.8))
        if share >= _SHARED_KEYS and (is_same or (alike > 0.3 and old.printed_as(path) & new.printed_as(other))):
            best = max(best or (0.0, other), (share + alike, other))
    return best[1] if best else None


def _likeness(old: Release, new: Release, path: Path, other: Path) -> float:
    """How likely a removed value was renamed to another path: by its use, its default, its name."""
    before, after = old.get(path), new.get(other)
    kinds = {kind_of(value) for value in (before, after) if value not in ("", None)}
    if len(kinds) > 1 and kinds != {"string", "number"}:
        return 0.0
    score = 2.0 * _alike(path, other)
    if path[-1] == other[-1]:
        score += 1.0
    mine = words(path[-1:])
    if len(mine) > 1 and mine == words(other[-1:]):
        score += 1.5
    if before == after and before and before is not True:
        score += 1.5
    if score > 0 and old.printed_as(path) & new.printed_as(other):
        score += 3.0
    return score


def _alike(path: Path, other: Path) -> float:
    """The share of words that two paths have in common."""
    mine, theirs = words(path), words(other)
    return len(mine & theirs) / max(len(mine | theirs), 1)


def _maps(path: Path, value: Json) -> Iterator[Path]:
    """A map, and those in it."""
    if isinstance(value, dict) and value:
        yield path
        for key, part in value.items():
            yield from _maps((*path, key), part)
