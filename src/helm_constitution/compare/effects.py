"""The fields that the keys of a user's values file set in the objects of two releases, found by rendering without them.

A key that set fields of the earlier release, and none of this one, is ignored; one that sets other fields has another
meaning. Nothing is concluded from texts that programs read (configuration, arguments, variables): there the same
setting may well have moved from one to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.text.yaml_document import Path, dotted, value_at
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from helm_constitution.helm.protocol import RenderRequest
    from helm_constitution.kubernetes.manifests import Rendering

Field = tuple[str, ...]
"""Kind, namespace and name of an object, and the way to a scalar in it: keys, and names of items that have one."""

MOST_RENDERS = 200
"""The limit of renderings for the search; effects beyond it are not reported."""
_OF_PROGRAMS = frozenset({"args", "command", "env", "data", "stringData", "binaryData", "annotations", "labels"})
_IDENTITY = 3


class Trial(NamedTuple):
    """How both releases render with a user's values, without them, and with any other values in their place.

    ``old`` and ``new`` return None if helm rejects the values.
    """

    old: Callable[[dict[str, Json]], Rendering | None]
    new: Callable[[dict[str, Json]], Rendering | None]


class Filling(NamedTuple):
    """How both releases render with more values on top of a scenario that both render, whose ``request`` it has."""

    request: RenderRequest
    trial: Trial


class Effect(NamedTuple):
    """A key that set ``before`` (a field of the earlier release) and sets ``after``, or nothing, in this one."""

    path: Path
    before: str
    after: str | None


def lost_effects(values: dict[str, Json], defaults: dict[str, Json], trial: Trial) -> Iterator[Effect]:
    """The keys that set a field of the earlier release, and no field or another one in this release.

    Args:
        values: the user's file.
        defaults: this release's own values; a key that repeats its default has no effect to lose.
        trial: renders both releases.
    """
    old, new = _Side(trial.old, values), _Side(trial.new, values)
    if not old.fields or not new.fields:
        return
    lost = old.decided_by([()]) - new.decided_by([()])
    lost -= old.random if lost else frozenset()
    for path in _deciding(old, list(_leaves((), values)), lost) if lost else ():
        if value_at(defaults, path) == value_at(values, path):
            continue
        before, after = old.decided_by([path]) - old.random, new.decided_by([path]) - new.random
        if not after:
            yield Effect(path, shown_field(min(before)), None)
        elif _is_elsewhere(before, after, old, new):
            yield Effect(path, shown_field(min(before)), shown_field(min(after)))


class _Side:
    """One release, with the user's values."""

    def __init__(self, render: Callable[[dict[str, Json]], Rendering | None], values: dict[str, Json]) -> None:
        self._render = render
        self._values = values
        self.left = MOST_RENDERS
        self.fields = self._fields(values)

    def _fields(self, values: dict[str, Json]) -> dict[Field, Json]:
        """Every scalar; none if helm rejects the values."""
        rendering = self._render(values)
        return {} if rendering is None else fields_of(rendering)

    @cached_property
    def random(self) -> frozenset[Field]:
        """The fields that change with each rendering."""
        return differing(self.fields, self._fields(self._values))

    def decided_by(self, paths: Sequence[Path]) -> frozenset[Field]:
        """The fields that change without some of the values; ``()`` stands for all of them."""
        self.left -= 1
        values: Json = self._values
        for path in paths:
            values = _without(values, path) if path else {}
        return differing(self.fields, self._fields(values if isinstance(values, dict) else {}))


def _deciding(side: _Side, paths: Sequence[Path], lost: frozenset[Field]) -> Iterator[Path]:
    """The keys that set some of these fields, found by leaving out ever smaller parts of the file."""
    fields = side.decided_by(paths) & lost if paths and side.left > 0 else frozenset()
    if not fields:
        return
    if len(paths) == 1:
        yield paths[0]
        return
    middle = len(paths) // 2
    yield from _deciding(side, paths[:middle], fields)
    yield from _deciding(side, paths[middle:], fields)


def _is_elsewhere(before: frozenset[Field], after: frozenset[Field], old: _Side, new: _Side) -> bool:
    """Whether two sets of fields have no field in common, whatever objects and items they are in."""
    mine, theirs = ({bare(field) for field in fields} for fields in (before, after))
    if mine & theirs or any(_OF_PROGRAMS & set(steps) for steps in mine | theirs):
        return False
    # The same field may have another name in another API version.
    kinds = {field[0] for field in before}
    return _api_versions(old.fields, kinds) == _api_versions(new.fields, kinds)


def fields_of(rendering: Rendering) -> dict[Field, Json]:
    """Every scalar of the objects that a release consists of."""
    found: dict[Field, Json] = {}
    for manifest in rendering.manifests:
        if not manifest.hooks:
            for path, value in _scalars((), manifest.view.data):
                found[(*manifest.identity, *path)] = value
    return found


def _scalars(path: Field, data: Json) -> Iterator[tuple[Field, Json]]:
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from _scalars((*path, key), value)
    elif isinstance(data, list) and data:
        for index, value in enumerate(data):
            name = value.get("name") if isinstance(value, dict) else None
            yield from _scalars((*path, f"[{name if isinstance(name, str) else index}]"), value)
    else:
        yield path, data


def differing(one: dict[Field, Json], other: dict[Field, Json]) -> frozenset[Field]:
    """The fields that only one of two renderings has, or that differ."""
    missing = object()
    keys = one.keys() | other.keys()
    return frozenset(field for field in keys if one.get(field, missing) != other.get(field, missing))


def bare(field: Field) -> Field:
    """The way to a field, without the object and the items of lists that it is in."""
    return tuple(step for step in field[_IDENTITY:] if not step.startswith("["))


def _api_versions(fields: dict[Field, Json], kinds: set[str]) -> set[tuple[str, Json]]:
    return {
        (field[0], value) for field, value in fields.items() if field[0] in kinds and bare(field) == ("apiVersion",)
    }


def shown_field(field: Field) -> str:
    """A field for use in a sentence: ``spec.replicas of Deployment web``."""
    kind, _, name, *steps = field
    return f"{dotted(tuple(steps)).replace('.[', '[')} of {kind} {name}"


def _leaves(path: Path, data: Json) -> Iterator[Path]:
    """The keys of a file, including those in list items."""
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from _leaves((*path, key), value)
    elif isinstance(data, list) and any(isinstance(item, dict) for item in data):
        for index, value in enumerate(data):
            yield from _leaves((*path, index), value)
    elif path:
        yield path


def _without(data: Json, path: Path) -> Json:
    """Values without one key; maps that become empty stay, and list items keep their index."""
    first, rest = path[0], path[1:]
    if isinstance(data, dict) and isinstance(first, str):
        if not rest:
            return {key: value for key, value in data.items() if key != first}
        return {**data, first: _without(data.get(first), rest)}
    if isinstance(data, list) and isinstance(first, int):
        return [_without(item, rest) if index == first and rest else item for index, item in enumerate(data)]
    return data
