"""values.yaml of two releases: what went, was renamed, has another type, must now be given, has another default.

A value counts as a part of the interface only where templates read it: what nobody read is missed by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from helm_constitution.compare.changes import Change, Step
from helm_constitution.compare.defaults import breaking_defaults, image_changes
from helm_constitution.compare.metadata import accepted_minors
from helm_constitution.compare.release import (
    FLAGS,
    Path,
    Release,
    kind_of,
    leaves,
    names_of,
    nested,
    shown,
    shown_apart,
    some,
)
from helm_constitution.compare.renames import has_moved, is_in, is_named_anew, moved_lists, renames_of
from helm_constitution.compare.retyped import is_retyped
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.kubernetes.versions import api_versions
from helm_constitution.templates.abstract import ANYTHING
from helm_constitution.text.yaml_document import dotted
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from helm_constitution.render.results import RenderedChart

_DEFINE = LazyPattern(r"\{\{-?\s*define\b")
_API_VERSIONS = LazyPattern(r"(?m)^apiVersion: *(.*?) *\r?$")
_OF_THE_APPLICATION = frozenset({"tag", "version", "appversion", "digest", "sha", "sha256", "imagetag"})
"""Keys that say which release of the application runs: that they move is what releases are for."""


class _Difference(NamedTuple):
    """Where two trees of values part: keys that only one has, and values that differ."""

    removed: list[Path]
    added: list[Path]
    changed: list[Path]


def compare_values(old: RenderedChart, new: RenderedChart) -> Iterator[Change]:
    """Every change of the values, in the order of the old file, then of the new one."""
    yield from _ValueChanges(Release(old), Release(new)).changes()


class _ValueChanges:
    def __init__(self, old: Release, new: Release) -> None:
        self.old = old
        self.new = new

    def changes(self) -> Iterator[Change]:
        """Every change."""
        found = _Difference([], [], [])
        _differ(self.old.data, self.new.data, (), found)
        removed = self._all_removed(found)
        moved_names = {path[-1] for path in removed if has_moved(self.old, self.new, path)}
        added = [path for path in found.added if not self.old.reads(path) and self.new.reads(path)]
        for leaf in (leaf for path in found.added for leaf in leaves(path, self.new.get(path))):
            if leaf[-1] in moved_names and leaf not in added and is_named_anew(self.old, self.new, leaf):
                added.append(leaf)
        added = [path for path in added if path[0] not in self.new.dependencies]
        renamed = renames_of(self.old, self.new, removed, added)
        for path in removed:
            yield from self._removed(path, renamed)
        defaults: list[Path] = []
        for path in found.changed:
            if self._is_read_by_both(path):
                if is_retyped(self.old, self.new, path):
                    yield self._retyped(path)
                else:
                    defaults.append(path)
        items = list(self._items_retyped(found.changed))
        yield from items
        yield from self._newly_required()
        yield from self._newly_toggled(found.added)
        yield from image_changes(self.old, self.new)
        targets = set(renamed.values())
        yield from self._added(added, targets)
        # A list that most likely has another name now is no default that was dropped.
        dropped = [path for path in found.removed if self._is_read_by_both(path)]
        moved = moved_lists(self.old, self.new, dropped, added)
        for path, target in moved.items():
            yield self._renamed(path, target)
        defaults.extend(path for path in dropped if path not in moved and not any(is_in(one, path) for one in removed))
        defaults.extend(
            path
            for path in found.added
            if self._is_read_by_both(path) and not any(is_in(target, path) for target in targets)
        )
        told = {name for change in items for name in change.names}
        yield from self._defaults(path for path in defaults if dotted(path) not in told)

    def _is_read_by_both(self, path: Path) -> bool:
        return self.old.reads(path) and self.new.reads(path)

    def _all_removed(self, found: _Difference) -> list[Path]:
        """The values that are gone, or that nothing reads any more, the outermost of each."""
        removed = [gone for path in found.removed for gone in self._gone(path)]
        removed += self._unread(self.old.data, ())
        removed += [path for path in self.old.shown_only if not self.new.has(path) and self._lost_readers(path)]
        return [path for path in removed if not any(is_in(path, one) and path != one for one in removed)]

    def _added(self, added: Iterable[Path], targets: set[Path]) -> Iterator[Change]:
        """The values that are new, but for those that others became."""
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

    def _defaults(self, paths: Iterable[Path]) -> Iterator[Change]:
        """The defaults that are others now."""
        for path in dict.fromkeys(paths):
            breaking = list(breaking_defaults(self.old, self.new, path))
            yield from breaking
            if not breaking and path[-1].lower() not in _OF_THE_APPLICATION and not self._is_nothing_still(path):
                yield self._default(path)

    def _is_nothing_still(self, path: Path) -> bool:
        """Whether a value said nothing and says nothing: `# secretName: x` became `secretName:`."""
        return self.old.get(path) is None and self.new.get(path) is None

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
            or has_moved(self.old, self.new, path)
            or (isinstance(value, dict | list) and self._is_printed_no_longer(path))
        ):
            if not self.old.decides_nothing(path) and not self._chose_api_version(path):
                yield path
        elif isinstance(value, dict) and not self.new.analysed.uses.is_whole(path):
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
        if not names or names & self.new.analysed.define_texts.keys():
            return False
        served = api_versions(min(accepted_minors(self.new.chart.metadata.view.get("kubeVersion")) or (0,)))
        for template in self.old.analysed.templates:
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

    def _left_loop(self, path: Path) -> bool:
        """Whether a key was read in a map that templates go over, and is no longer, though they go over it still."""
        return self.old.printing.reads_in_loop(path) and not (
            self.new.printing.reads_in_loop(path) or self.new.lines(path) or self.new.printing.prints_around(path)
        )

    def _newly_toggled(self, added: list[Path]) -> Iterator[Change]:
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
            for read in self.new.analysed.uses.reads
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
            if any(is_in(one, path[:-1]) and is_retyped(self.old, self.new, one) for one in changed):
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
        old_default, new_default = shown_apart(before, after, path)
        return Change(
            "compat/default-changed",
            Step.PATCH,
            f"the default of {dotted(path)} changes from {old_default} to {new_default}",
            f"set {dotted(path)} to {shown(before, path)} where the old default is wanted",
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
