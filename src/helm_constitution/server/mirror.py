"""A chart's folder with the texts that an editor has not saved yet: a copy in a temporary folder, kept up to date."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from helm_constitution.chart.helmignore import IgnoreRules, ignore_rules, parse_ignore_rules
from helm_constitution.core.errors import ChartError
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.scratch import kept_folder

_IGNORE = ".helmignore"


class _NoFile(NamedTuple):
    """What helm can't load: a link that leads nowhere or to its own parent, or (without a target) a pipe or device."""

    target: str | None

    def make(self, path: Path) -> None:
        """Makes something alike: the check reports it."""
        path.unlink(missing_ok=True)
        if self.target is not None:
            path.symlink_to(self.target)
        else:
            os.mkfifo(path)


_FOLDER = "/"
"""The state of a folder, and how its path ends. Empty ones count: ``helm lint`` looks for ``templates/``."""


class Mirror:
    """The copy of one chart: everything that helm reads. Only changes since the last time are written.

    Args:
        chart: the chart's folder.

    Raises:
        OSError: no folder can be created.
    """

    def __init__(self, chart: Path) -> None:
        self._chart = chart
        self._scratch = kept_folder()
        self.folder = self._scratch / (chart.resolve().name or "chart")
        self._written: dict[str, object] = {}

    def update(self, unsaved: Mapping[str, str]) -> Path:
        """Updates the copy to the chart with these texts, by their paths in the chart; returns its folder.

        Raises:
            ChartError: a file can't be read.
            OSError: the copy can't be written.
        """
        wanted: dict[str, object] = dict(_files(self._chart, self._rules(unsaved)))
        wanted.update(unsaved)
        wanted.update((f"{parent}/", _FOLDER) for path in unsaved for parent in _folders_above(path))
        for path in sorted(self._written.keys() - wanted.keys(), reverse=True):
            self._remove(path)
        for path, state in wanted.items():
            if self._written.get(path) == state:
                continue
            target = self.folder / path
            if path.endswith(_FOLDER):
                target.mkdir(parents=True, exist_ok=True)
                self._written[path] = state
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            before = self._written.pop(path, None)  # if this fails, the file may be incomplete
            if isinstance(before, _NoFile):
                target.unlink(missing_ok=True)
            if isinstance(state, _NoFile):
                state.make(target)
            elif isinstance(state, str):
                target.write_bytes(state.encode("utf-8", "surrogatepass"))
            else:
                try:
                    shutil.copyfile(self._chart / path, target)
                except FileNotFoundError:  # removed meanwhile
                    continue
                except OSError as error:
                    file = str(self._chart / path)
                    raise ChartError(f"can't be read: {error.strerror}", file=file) from error
            self._written[path] = state
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder

    def close(self) -> None:
        """Removes the copy."""
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _rules(self, unsaved: Mapping[str, str]) -> IgnoreRules:
        try:
            if _IGNORE in unsaved:
                return parse_ignore_rules(unsaved[_IGNORE], _IGNORE)
            return ignore_rules(str(self._chart), str(self._chart))
        except (ChartError, OSError):
            return IgnoreRules([])  # the check reports what is wrong with it

    def _remove(self, path: str) -> None:
        del self._written[path]
        target = self.folder / path
        if path.endswith(_FOLDER):
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)


def _folders_above(path: str) -> list[str]:
    return [str(parent) for parent in PurePosixPath(path).parents if parent.name]


def _files(chart: Path, rules: IgnoreRules) -> Iterator[tuple[str, tuple[int, ...] | str | _NoFile]]:
    """The files and folders in a folder by their paths in it, behind links too, each with what shows a change."""
    pending = [("", frozenset({os.path.realpath(chart)}))]
    while pending:
        prefix, above = pending.pop()
        try:
            entries = list(os.scandir(chart / prefix))
        except OSError:
            continue
        for entry in entries:
            try:
                if entry.is_dir():
                    place = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
                    if rules.skipped_in_copies(prefix + entry.name):
                        continue
                    if place in above:
                        yield prefix + entry.name, _NoFile(".")
                    else:
                        yield f"{prefix}{entry.name}/", _FOLDER
                        pending.append((f"{prefix}{entry.name}/", above | {place}))
                elif entry.is_file():
                    stat = entry.stat()
                    yield prefix + entry.name, (stat.st_mtime_ns, stat.st_size, stat.st_ino)
                elif not os.path.exists(entry.path):
                    if entry.is_symlink():  # else removed meanwhile
                        yield prefix + entry.name, _NoFile("nowhere")
                else:
                    yield prefix + entry.name, _NoFile(None)
            except OSError:
                continue
