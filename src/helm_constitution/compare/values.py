"""values.yaml of two releases: values that were removed, renamed, retyped, newly required or given a new default.

Only values that templates read are part of the interface: removing a value that no template reads breaks nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from helm_constitution.compare.changes import Change, Step
from helm_constitution.compare.defaults import breaking_defaults, image_changes, is_new_release
from helm_constitution.compare.differences import Differences, differences
from helm_constitution.compare.metadata import accepted_minors
from helm_constitution.compare.release import (
    FLAGS,
    Path,
    Release,
    kind_of,
    leaf_paths,
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


def compare_values(old: RenderedChart, new: RenderedChart) -> Iterator[Change]:
    """Every change of the values, in the order of the old file, then of the new one."""
    yield from _ValueChanges(Release(old), Release(new)).changes()


class _ValueChanges:
    def __init__(self, old: Release, new: Release) -> None:
        self.old = old
        self.new = new

    def changes(self) -> Iterator[Change]:
        """Every change."""
        found = differences(self.old.data, self.new.data)
        removed = self._all_removed(found)
        moved_names = {path[-1] for path in removed if has_moved(self.old, self.new, path)}
        added = [path for path in found.added if not self.old.reads(path) and self.new.reads(path)]
        for leaf in (leaf for path in found.added for leaf in leaf_paths(path, self.new.get(path))):
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
        # A list that was probably renamed is not a default that was dropped.
        dropped = [path for path in found.removed if self._is_read_by_both(path)]
        moved = moved_lists(self.old, self.new, dropped, added)
        for path, target in moved.items():
            yield self._renamed(path, target)
        defaults.extend(path for path in dropped if path not in moved and not any(is_in(one, path) for one in removed))
        defaults.extend(
            path
            for path in found.added
            if self._is_read_by_both(path) and self.old.names(path) and not any(is_in(one, path) for one in targets)
        )
        told = {name for change in items for name in change.names}
        yield from self._defaults(path for path in defaults if dotted(path) not in told)

    def _is_read_by_both(self, path: Path) -> bool:
        return self.old.reads(path) and self.new.reads(path)

    def _all_removed(self, found: Differences) -> list[Path]:
        """The values that were removed or that no template reads any more, the outermost of each."""
        removed = [gone for path in found.removed for gone in self._gone(path)]
        removed += self._unread(self.old.data, ())
        removed += [path for path in self.old.shown_only if not self.new.has(path) and self._lost_readers(path)]
        # A dependency that was removed is one change, with its values.
        gone = self.old.dependencies - self.new.dependencies
        removed = [path for path in removed if path[0] not in gone]
        return [path for path in removed if not any(is_in(path, one) and path != one for one in removed)]

    def _added(self, added: Iterable[Path], targets: set[Path]) -> Iterator[Change]:
        """The new values, except the targets of renamed ones."""
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
        """The changed defaults, except below a dependency that was replaced by another chart: that is one change."""
        for path in dict.fromkeys(path for path in paths if not self.new.replaces(path[0], self.old)):
            breaking = list(breaking_defaults(self.old, self.new, path))
            yield from breaking
            if not (breaking or is_new_release(self.old, self.new, path) or self._is_nothing_still(path)):
                yield self._default(path)

    def _is_nothing_still(self, path: Path) -> bool:
        """Whether a value had no default and has none: `# secretName: x` became `secretName:`."""
        return self.old.get(path) is None and self.new.get(path) is None

    def _gone(self, path: Path) -> Iterator[Path]:
        """The parts of a value removed from values.yaml that had an effect and lost it, or the value itself."""
        if path[0] in self.old.dependencies and path[0] in self.new.dependencies:
            yield from self._gone_from_dependency(path)
            return
        if not self.old.reads(path):
            return
        value = self.old.get(path)
        if (
            not self._has_effect(path)
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
        """A dependency's values that this chart read too and no longer does, if the dependency has no such value."""
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
        """Whether a value only chose between versions of an API where this release has a fixed one.

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
        """Whether a value had an effect and lost it."""
        if path[0] in self.old.dependencies or path[0] in self.new.dependencies:
            return False
        return self.old.reads(path) and not self._has_effect(path) and not self.old.decides_nothing(path)

    def _has_effect(self, path: Path) -> bool:
        """Whether this release reads a value elsewhere than in notes that may warn of it."""
        return self.new.reads(path) and not self.new.decides_nothing(path)

    def _is_flag_dropped(self, path: Path) -> bool:
        """Whether a flag that templates tested is now at most printed with the rest of its map."""
        return (
            path[-1] in FLAGS
            and isinstance(self.old.get(path), bool)
            and any("if" in line for line in self.old.lines(path))
            and not self.new.asks(path)
        )

    def _is_printed_no_longer(self, path: Path) -> bool:
        """Whether templates printed a value, and now at most test whether it is set."""
        return self.old.printing.prints(path) and not self.new.printing.may_print(path)

    def _left_loop(self, path: Path) -> bool:
        """Whether templates that range over a map no longer read one of its keys."""
        return self.old.printing.reads_in_loop(path) and not (
            self.new.printing.reads_in_loop(path) or self.new.lines(path) or self.new.printing.prints_around(path)
        )

    def _newly_toggled(self, added: list[Path]) -> Iterator[Change]:
        """New flags, off by default, without which settings of the last release no longer have any effect."""
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
                    f"value {dotted(above)} no longer has any effect unless {dotted(path)} is true",
                    f"set {dotted(path)} to true if you set {dotted(above)}",
                    self.old.place(above),
                    self.new.place(path),
                    None,
                    nested(path, True),
                    names_of(path),
                )

    def _settings(self, above: Path) -> Iterator[Path]:
        """The keys of a map that both releases read by name."""
        value = self.old.get(above)
        for key in value if isinstance(value, dict) else ():
            if self.old.asks((*above, key)) and self.new.asks((*above, key)):
                yield (*above, key)

    def _works_without(self, flag: Path, path: Path) -> bool:
        """Whether a value is read somewhere that does not depend on a flag."""
        return any(
            read.path == path and flag not in self.new.enters(read.template, read.node.start)
            for read in self.new.analysed.uses.reads
        )

    def _removed(self, path: Path, renamed: Mapping[Path, Path]) -> Iterator[Change]:
        """The changes of a removed value: one for the whole, or one for each part that was renamed."""
        value = self.old.get(path)
        target = renamed.get(path)
        parts = [leaf for leaf in leaf_paths(path, value) if leaf in renamed] if target is None else []
        for leaf in parts:
            yield self._renamed(leaf, renamed[leaf])
        if target is not None:
            yield self._renamed(path, target)
        elif not parts or len(parts) < len(list(leaf_paths(path, value))):
            announced = self.old.is_deprecated(path)
            stays = self.new.has(path)
            has_keys = isinstance(value, dict) and bool(value)
            lost = "is no longer read" if stays else "was removed"
            what = f"value {dotted(path)} {'partly ' if has_keys and parts else ''}{lost}"
            if isinstance(value, dict) and value and not parts:
                what += f" with all values below it ({some(list(value))})"
            what += ", as its deprecation announced" if announced else ""
            yield Change(
                "compat/value-removed",
                Step.MAJOR,
                what,
                f"remove {dotted(path)} from your values: no template reads it any more",
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
            f"value {dotted(path)} was probably renamed to {dotted(target)}",
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
            f"value {dotted(path)} was a {first} and is now a {second}",
            f"change {dotted(path)} to a {second}",
            self.old.place(path),
            self.new.place(path),
            nested(path, before),
            nested(path, after),
            names_of(path),
        )

    def _items_retyped(self, changed: list[Path]) -> Iterator[Change]:
        """Items of lists and maps that templates printed as they are, and whose keys they read now."""
        for path in sorted(self.old.printing.printed_items - self.new.printing.printed):
            if self.old.printing.reads_below_item(path) or not self.new.printing.reads_below_item(path):
                continue
            if any(is_in(one, path[:-1]) and is_retyped(self.old, self.new, one) for one in changed):
                continue  # the changed defaults report it
            above = path[: path.index(ANYTHING)]
            name = dotted(path[:-1]).replace(f".{ANYTHING}", "[]")
            yield Change(
                "compat/value-retyped",
                Step.MAJOR,
                f"items of {name} were plain values and are now maps",
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
            # A new value that is off by default guards the requirement: nobody meets it without enabling that value.
            met = [one for one in places if not any(self._is_new_and_off(flag) for flag in one.enters)]
            if not met:
                continue
            yield Change(
                "compat/value-newly-required",
                Step.MAJOR,
                f"value {dotted(path)} is now required",
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
            f"default of {dotted(path)} changed from {old_default} to {new_default}",
            f"set {dotted(path)} to {shown(before, path)} to keep the old default",
            self.old.place(path),
            self.new.place(path),
            nested(path, before),
            nested(path, after),
            names_of(path),
        )
