"""Compares two trees of values."""

from __future__ import annotations

from collections.abc import Mapping

from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.text.yaml_scalars import Json

Path = tuple[str, ...]


class Differences(NamedTuple):
    """The differences of two trees of values: keys that only one has, and different values."""

    removed: list[Path]
    added: list[Path]
    changed: list[Path]


def differences(old: Mapping[str, Json], new: Mapping[str, Json]) -> Differences:
    """The differences of two trees of values, each at the highest key that differs."""
    found = Differences([], [], [])
    _differ(old, new, (), found)
    return found


def _differ(old: Mapping[str, Json], new: Mapping[str, Json], path: Path, found: Differences) -> None:
    for key, before in old.items():
        here, after = (*path, key), new.get(key)
        if key not in new:
            found.removed.append(here)
        elif isinstance(before, dict) and isinstance(after, dict):
            _differ(before, after, here, found)
        elif before != after or type(before) is not type(after):
            found.changed.append(here)
    found.added.extend((*path, key) for key in new if key not in old)
