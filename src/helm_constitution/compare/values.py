"""values.yaml of two releases: what went, was renamed, has another type, must now be given, has another default.

A value counts as a part of the interface only where templates read it: what nobody read is missed by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from helm_constitution.compare.changes import Change, Step
from helm_constitution.compare.defaults import breaking_defaults, image_changes
from helm_constitution.compare.metadata import accepted_minors
from helm_constitution.compare.release import FLAGS, Path, Side, kind_of, leaves, names_of, nested, shown, some, words
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.records import NamedTuple
from helm_constitution.kubernetes.versions import api_versions
from helm_constitution.templates.abstract import ANYTHING
from helm_constitution.text.yaml_document import dotted
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from helm_constitution.lint.subject import Facts

_PAIRS = LazyPattern(r"range\$\w+,\$\w+:=")
_ASKS_KIND = LazyPattern(r"kindIs|typeIs|kindOf|typeOf")
"""How templates ask for the type of a value; `lines` has them without spaces."""
_DEFINE = LazyPattern(r"\{\{-?\s*define\b")
_API_VERSIONS = LazyPattern(r"(?m)^apiVersion: *(.*?) *\r?$")
_OF_THE_APPLICATION = frozenset({"tag", "version", "appversion", "digest", "sha", "sha256", "imagetag"})
"""Keys that say which release of the application runs: that they move is what releases are for."""
_LIKE_ENOUGH = 3.0
_ALIKE = 0.5
"""The share of words that the paths of two values must have in common where no template line reads both alike."""
_SHARED_KEYS = 0.6
"""The share of a map's keys that must be found again under another name for the map to count as renamed."""


class _Difference(NamedTuple):
    """Where two trees of values part: keys that only one has, and values that differ."""

    removed: list[Path]
    added: list[Path]
    changed: list[Path]


def compare_values(old: Facts, new: Facts) -> Iterator[Change]:
    """Every change of the values, in the order of the old file, then of the new one."""
    yield from _Comparison(Side(old), Side(new)).changes()


class _Comparison:
    def __init__(self, old: Side, new: Side) -> None:
        self.old = old
        self.new = new

    def changes(self) -> Iterator[Change]:
        found = _Difference([], [], [])
        _differ(self.old.data, self.new.data, (), found)
        removed = [gone for path in found.removed for gone in self._gone(path)]
        removed += self._unread(self.old.data, ())
        removed += [path for path in self.old.shown_only if not self.new.has(path) and self._lost_readers(path)]
        removed = [path for path in removed if not any(_is_in(path, one) and path != one for one in removed)]
        added = [path for path in found.added if not self.old.reads(path) and self.new.reads(path)]
        added = [path for path in added if path[0] not in self.new.dependencies]
        renamed = _renames(self.old, self.new, removed, added)
        for path in removed:
            yield from self._removed(path, renamed)
        defaults: list[Path] = []
        for path in found.changed:
            if self.old.reads(path) and self.new.reads(path):
                if self._is_retyped(path):
                    yield self._retyped(path)
                else:
                    defaults.append(path)
        items = list(self._items_retyped(found.changed))
        yield from items
        yield from self._newly_required()
        yield from self._newly_switched(found.added)
        yield from image_changes(self.old, self.new)
        targets = set(renamed.values())
        for path in added:
            if not any(path[: len(target)] == target or target[: len(path)] == path for target in targets):
                yield Change(
                    "",
                    Step.MINOR,
                    f"value {dotted(path)} is new",
                    new=self.new.place(path),
                    new_values=nested(path, self.new.get(path)),
                    names=names_of(path),
                )
        # A list that most likely has another name now is no default that was dropped.
        dropped = [path for path in found.removed if self.old.reads(path) and self.new.reads(path)]
        moved = _moved_lists(self.old, self.new, dropped, added)
        for path, target in moved.items():
            yield self._renamed(path, target)
        defaults.extend(path for path in dropped if path not in moved and not any(_is_in(one, path) for one in removed))
        defaults.extend(path for path in found.added if self.old.reads(path) and self.new.reads(path))
        told = {name for change in items for name in change.names}
        for path in dict.fromkeys(path for path in defaults if dotted(path) not in told):
            breaking = list(breaking_defaults(self.old, self.new, path))
            yield from breaking
            if not breaking and path[-1].lower() not in _OF_THE_APPLICATION:
                yield self._default(path)

    def _gone(self, path: Path) -> Iterator[Path]:
        """What of a value that values.yaml no longer has did something, and no longer does: itself, or parts of it."""
        if path[0] in self.old.dependencies and path[0] in self.new.dependencies:
            yield from self._gone_from_dependency(path)
            return
        if not self.old.reads(path):
            return
        value = self.old.get(path)
        if (
            not self.new.reads(path)
            or self._is_flag_dropped(path)
            or self._left_loop(path)
            or (isinstance(value, dict | list) and self._is_printed_no_longer(path))
        ):
            if not self.old.decides_nothing(path) and not self._chose_api_version(path):
                yield path
        elif isinstance(value, dict) and not self.new.facts.uses.is_whole(path):
            for key in value:
                yield from self._gone((*path, key))

    def _gone_from_dependency(self, path: Path) -> Iterator[Path]:
        """What of a dependency's values this chart read too, and no longer does, where the dependency has none such."""
        value = self.old.get(path)
        if self.old.asks(path):
            if (
                not self.new.lines(path)
                and self.new.dependency_has(path) is False
                and not self.old.decides_nothing(path)
            ):
                yield path
        elif isinstance(value, dict):
            for key in value:
                yield from self._gone_from_dependency((*path, key))

    def _chose_api_version(self, path: Path) -> bool:
        """Whether a value only chose between versions of an API where this release has settled for one.

        It did so in named templates that only lines with `apiVersion:` called. The objects are the same in whichever
        version they are sent, if all clusters that kubeVersion accepts serve it.
        """
        names = self.old.named_templates(path)
        if not names or names & self.new.facts.define_texts.keys():
            return False
        served = api_versions(min(accepted_minors(self.new.chart.metadata.view.get("kubeVersion")) or (0,)))
        for template in self.old.facts.templates:
            callers = [line for line in template.text.split("\n") if any(f'"{name}"' in line for name in names)]
            callers = [line for line in callers if not _DEFINE.search(line)]
            settled = _API_VERSIONS.findall(self.new.chart.files.get(template.path) or "") if callers else []
            if not all(line.startswith("apiVersion:") for line in callers) or not all(one in served for one in settled):
                return False
        return True

    def _unread(self, data: Mapping[str, Json], path: Path) -> Iterator[Path]:
        """Values that values.yaml still has, that were read by their names, and that nothing reads any more."""
        for key, value in data.items():
            below = (*path, key)
            if self.new.has(below):
                if self._lost_readers(below) and self.old.lines(below):
                    yield below
                elif isinstance(value, dict):
                    yield from self._unread(value, below)

    def _lost_readers(self, path: Path) -> bool:
        """Whether a value did something, and no longer does."""
        if path[0] in self.old.dependencies or path[0] in self.new.dependencies:
            return False
        return self.old.reads(path) and not self.new.reads(path) and not self.old.decides_nothing(path)

    def _is_flag_dropped(self, path: Path) -> bool:
        """Whether a flag that templates asked for is now at most printed with the rest of its map."""
        return (
            path[-1] in FLAGS
            and isinstance(self.old.get(path), bool)
            and any("if" in line for line in self.old.lines(path))
            and not self.new.asks(path)
        )

    def _is_printed_no_longer(self, path: Path) -> bool:
        """Whether templates printed a value, and at most ask whether it is there."""
        return self.old.printing.prints(path) and not self.new.printing.may_print(path)

    def _is_looped(self, path: Path) -> bool:
        """Whether both releases read a value in a map that they go over."""
        return self.old.printing.reads_in_loop(path) and self.new.printing.reads_in_loop(path)

    def _left_loop(self, path: Path) -> bool:
        """Whether a key was read in a map that templates go over, and is no longer, though they go over it still."""
        return self.old.printing.reads_in_loop(path) and not (
            self.new.printing.reads_in_loop(path) or self.new.lines(path) or self.new.printing.prints_around(path)
        )

    def _newly_switched(self, added: list[Path]) -> Iterator[Change]:
        """Flags that are off by default, and without which settings of the last release do nothing any more."""
        for path in added:
            above = path[:-1]
            if (
                path[-1] in FLAGS
                and above
                and self.new.get(path) is False
                and isinstance(self.old.get(above), dict)
                and above[0] not in self.old.dependencies
                and self.old.reads(above)
                and not self.old.asks(path)
                and any("if" in line for line in self.new.lines(path))
                and not any(self._works_without(path, key) for key in self._settings(above))
            ):
                yield Change(
                    "compat/value-newly-required",
                    Step.MAJOR,
                    f"{dotted(above)} does nothing any more unless {dotted(path)} is true",
                    f"set {dotted(path)} to true where you set {dotted(above)}",
                    self.old.place(above),
                    self.new.place(path),
                    None,
                    nested(path, True),
                    names_of(path),
                )

    def _settings(self, above: Path) -> Iterator[Path]:
        """The keys of a map that both releases ask for."""
        value = self.old.get(above)
        for key in value if isinstance(value, dict) else ():
            if self.old.asks((*above, key)) and self.new.asks((*above, key)):
                yield (*above, key)

    def _works_without(self, flag: Path, path: Path) -> bool:
        """Whether a value is read somewhere that a flag needn't be true for."""
        return any(
            read.path == path and flag not in self.new.enters(read.template, read.node.start)
            for read in self.new.facts.uses.reads
        )

    def _removed(self, path: Path, renamed: Mapping[Path, Path]) -> Iterator[Change]:
        """The change of a value that went: one for the whole, or one for each part that has another new name."""
        value = self.old.get(path)
        target = renamed.get(path)
        parts = [leaf for leaf in leaves(path, value) if leaf in renamed] if target is None else []
        for leaf in parts:
            yield self._renamed(leaf, renamed[leaf])
        if target is not None:
            yield self._renamed(path, target)
        elif not parts or len(parts) < len(list(leaves(path, value))):
            announced = self.old.is_deprecated(path)
            stays = self.new.has(path)
            what = f"value {dotted(path)} is " + ("read by nothing any more" if stays else "removed")
            if isinstance(value, dict) and value:
                what += f" with all below it ({some(list(value))})" if not parts else ", partly"
            what += ", as its deprecation announced" if announced else ""
            yield Change(
                "compat/value-removed",
                Step.MAJOR,
                what,
                f"take {dotted(path)} out of your values" + ("" if stays else "; nothing reads it any more"),
                self.old.place(path),
                self.new.place(path),
                nested(path, value),
                {},
                names_of(path),
                announced,
            )

    def _renamed(self, path: Path, target: Path) -> Change:
        value = self.old.get(path)
        return Change(
            "compat/value-renamed",
            Step.MAJOR,
            f"value {dotted(path)} is removed; {dotted(target)} has most likely taken its place",
            f"set {dotted(target)} instead of {dotted(path)}",
            self.old.place(path),
            self.new.place(target),
            nested(path, value),
            nested(target, value if kind_of(value) == kind_of(self.new.get(target)) else self.new.get(target)),
            names_of(path),
            self.old.is_deprecated(path),
        )

    def _is_retyped(self, path: Path) -> bool:
        """Whether a value of the old type no longer does what it did."""
        before, after = self.old.get(path), self.new.get(path)
        if path[0] in self.old.dependencies:
            return False
        if before == "" and after in ([], {}):
            # What was printed is gone over now: helm stops at a text.
            old, new = self.old.lines(path), self.new.lines(path)
            return any("range" in line for line in new) and not any("range" in line or "toYaml" in line for line in old)
        if before is None and after == {}:
            # Nothing tells the type but its use: keys and values are gone over where it was printed as a list.
            old, new = self.old.lines(path), self.new.lines(path)
            return any(_PAIRS.search(line) for line in new) and any("toYaml" in line for line in old - new)
        if isinstance(before, dict) and before and after in (None, []):
            # Of keys that had names, a list is gone over now.
            named = [key for key in before if self.old.asks((*path, key))]
            return (
                bool(named)
                and any("range" in line for line in self.new.lines(path))
                and not any(self.new.asks((*path, key)) for key in named)
            )
        if isinstance(before, list) and isinstance(after, list) and before and after:
            before, after = before[0], after[0]  # a list's type is that of its items
        kinds = {kind_of(before), kind_of(after)}
        if len(kinds) < 2 or kinds <= {"text", "number"} or None in kinds:
            return False
        if before == "" or after == "" or (kinds == {"flag", "text"} and str(after).lower() in ("true", "false")):
            return False  # an empty text says nothing of the type
        if "map" in kinds and not isinstance(self.old.get(path), list) and self._is_looped(path):
            old_below, new_below = (side.printing.reads_below_in_loop(path) for side in (self.old, self.new))
            return old_below != new_below and not self.new.printing.prints_in_loop(path)
        old, new = self.old.lines(path), self.new.lines(path)
        if not old or not new or old <= new:
            return False  # the templates take it as they did
        if any(_ASKS_KIND.search(line) for line in new):
            return False  # they tell both apart
        return not all("toYaml" in line and "range" not in line for line in old | new)

    def _retyped(self, path: Path) -> Change:
        before, after = self.old.get(path), self.new.get(path)
        if isinstance(before, list) and isinstance(after, list):
            first, second = f"list of {kind_of(before[0])}s", f"list of {kind_of(after[0])}s"
        else:
            first, second = kind_of(before) or "list", kind_of(after) or "list"
        return Change(
            "compat/value-retyped",
            Step.MAJOR,
            f"value {dotted(path)} was a {first} and is a {second}",
            f"write {dotted(path)} as a {second}",
            self.old.place(path),
            self.new.place(path),
            nested(path, before),
            nested(path, after),
            names_of(path),
        )

    def _items_retyped(self, changed: list[Path]) -> Iterator[Change]:
        """Items of lists and maps that templates printed as they are, and in which they look for keys now."""
        for path in sorted(self.old.printing.printed_items - self.new.printing.printed):
            if self.old.printing.reads_below_item(path) or not self.new.printing.reads_below_item(path):
                continue
            if any(_is_in(one, path[:-1]) and self._is_retyped(one) for one in changed):
                continue  # told by the defaults
            above = path[: path.index(ANYTHING)]
            name = dotted(path[:-1]).replace(f".{ANYTHING}", "[]")
            yield Change(
                "compat/value-retyped",
                Step.MAJOR,
                f"items of {name} were printed as they are, and are maps now",
                f"write each item of {name} as a map",
                self.old.place(above),
                self.new.place(above),
                names=(name, dotted(above)),
            )

    def _newly_required(self) -> Iterator[Change]:
        for path, places in self.new.required.items():
            value = self.new.get(path)
            if path in self.old.required or value not in (None, "") or not self.old.reads(path):
                continue
            # Behind a value that the last release didn't know, and that is off, nobody is asked.
            met = [one for one in places if not any(self._is_new_and_off(flag) for flag in one.enters)]
            if not met:
                continue
            yield Change(
                "compat/value-newly-required",
                Step.MAJOR,
                f"value {dotted(path)} must now be given",
                f"set {dotted(path)}",
                self.old.place(path),
                met[0].place,
                None,
                nested(path, "…"),
                names_of(path),
            )

    def _is_new_and_off(self, path: Path) -> bool:
        return not self.old.has(path) and not self.old.asks(path) and not self.new.get(path)

    def _default(self, path: Path) -> Change:
        before, after = self.old.get(path), self.new.get(path)
        return Change(
            "compat/default-changed",
            Step.PATCH,
            f"the default of {dotted(path)} changes from {shown(before)} to {shown(after)}",
            f"set {dotted(path)} to {shown(before)} where the old default is wanted",
            self.old.place(path),
            self.new.place(path),
            nested(path, before),
            nested(path, after),
            names_of(path),
        )


def _differ(old: Json, new: Json, path: Path, found: _Difference) -> None:
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            if key not in new:
                found.removed.append((*path, key))
            else:
                _differ(value, new[key], (*path, key), found)
        found.added.extend((*path, key) for key in new if key not in old)
    elif old != new or type(old) is not type(new):
        found.changed.append(path)


def _maps(path: Path, value: Json) -> Iterator[Path]:
    """A map, and those in it."""
    if isinstance(value, dict) and value:
        yield path
        for key, part in value.items():
            yield from _maps((*path, key), part)


def _renames(old: Side, new: Side, removed: list[Path], added: list[Path]) -> dict[Path, Path]:
    """The new path of each removed value (a whole map, or a leaf) that is likely to live on elsewhere."""
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
            for leaf in leaves(path, new.get(path)):
                for word in words(leaf):
                    by_word.setdefault(word, []).append(leaf)
    scores: list[tuple[float, Path, Path]] = []
    for path in removed:
        if path in found:
            continue
        for leaf in leaves(path, old.get(path)):
            for other in dict.fromkeys(other for word in sorted(words(leaf)) for other in by_word.get(word, ())):
                if (leaf != path or _alike(leaf, other) < _ALIKE) and not old.printed_as(leaf) & new.printed_as(other):
                    continue  # the names of a map's keys and their defaults say little by themselves
                score = _likeness(old, new, leaf, other)
                if score >= _LIKE_ENOUGH:
                    scores.append((score, leaf, other))
    for _, path, target in sorted(scores, key=lambda one: -one[0]):
        if path not in found and target not in taken:
            found[path] = target
            taken.add(target)
    return found


def _moved_lists(old: Side, new: Side, dropped: list[Path], added: list[Path]) -> dict[Path, Path]:
    """Lists that values.yaml no longer has, each with a new value of the same (telling) name."""
    found: dict[Path, Path] = {}
    for path in dropped:
        if isinstance(old.get(path), list) and old.get(path) and len(words(path[-1:])) > 1:
            same = [other for other in added if words(other[-1:]) == words(path[-1:]) and new.get(other)]
            if len(same) == 1:
                found[path] = same[0]
    return found


def _is_in(path: Path, other: Path) -> bool:
    return path[: len(other)] == other


def _same_shape(old: Side, new: Side, path: Path, added: list[Path]) -> Path | None:
    """The new map, maybe inside of another new one, that has most of a removed map's keys, or is printed as it was."""
    mine = {leaf[len(path) :] for leaf in leaves(path, old.get(path))}
    if not isinstance(old.get(path), dict) or not old.get(path):
        return None
    best: tuple[float, Path] | None = None
    for other in (inner for root in added for inner in _maps(root, new.get(root))):
        theirs = {leaf[len(other) :] for leaf in leaves(other, new.get(other))}
        shared = mine & theirs
        share = len(shared) / len(mine)
        alike = _alike(path, other)
        is_same = len(mine) > 1 and (alike > 0.3 or (len(shared) >= 5 and share >= 0.8))
        if share >= _SHARED_KEYS and (is_same or (alike > 0.3 and old.printed_as(path) & new.printed_as(other))):
            best = max(best or (0.0, other), (share + alike, other))
    return best[1] if best else None


def _likeness(old: Side, new: Side, path: Path, other: Path) -> float:
    """How likely a removed value lives on under another path: by its use, its default, its name."""
    before, after = old.get(path), new.get(other)
    kinds = {kind_of(value) for value in (before, after) if value not in ("", None)}
    if len(kinds) > 1 and kinds != {"text", "number"}:
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
