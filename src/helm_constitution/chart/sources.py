"""Where the files of a chart come from: a folder, a package, memory."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator
from typing import Protocol

from helm_constitution.chart.archive import MAX_DEPTH, MAX_UNPACKED, Budget, read_entries
from helm_constitution.chart.helmignore import IgnoreRules
from helm_constitution.chart.reading import ReadFiles, read_file, reason_of
from helm_constitution.core.errors import ChartError
from helm_constitution.core.lazy import LazyPattern

MAX_FILES = 20_000
"""Files in a chart's folder; more come from links that multiply it, or from a folder that is not a chart."""


MAX_FILE = 5 * 1024 * 1024
"""Bytes; Helm 3 refuses a larger file (MaxDecompressedFileSize). Larger ones are not read here; helm says the rest."""


ALWAYS_SHOWN = LazyPattern(r"(?:readme|changelog|license)(?:\.\w+)?\Z", re.IGNORECASE)


class Source(Protocol):
    """Where a chart's files come from."""

    path: str
    """The folder, or the package."""
    shown: str

    def read(self) -> tuple[dict[str, bytes], dict[str, Source], list[str]]:
        """The chart's own files; those in ``charts/`` by entry name; files too large to read."""
        ...

    def chart_yaml(self) -> bytes | None:
        """Chart.yaml alone."""
        ...


class _Tree:
    """What the chart and all that is in its ``charts/`` share: how much has been read already, and what before."""

    def __init__(self, read: ReadFiles) -> None:
        self.read = read
        self.entries = 0
        self.budget = Budget()


class FolderSource:
    """A chart's folder. ``prefix`` is its path in the top chart, whose ``.helmignore`` applies to everything below.

    ``trail`` identifies the folders that it lies in, as far as the top chart's (device and inode). ``read`` are files
    as an earlier load read them.
    """

    def __init__(
        self,
        path: str,
        prefix: str,
        rules: IgnoreRules,
        shown: str,
        trail: tuple[tuple[int, int], ...] = (),
        tree: _Tree | None = None,
        read: ReadFiles | None = None,
    ) -> None:
        self.path = path
        self.prefix = prefix
        self.rules = rules
        self.shown = shown
        self._trail = trail
        self._tree = tree or _Tree(read or ReadFiles())

    def chart_yaml(self) -> bytes | None:
        try:
            return read_file(os.path.join(self.path, "Chart.yaml"), self._name("Chart.yaml"))
        except FileNotFoundError:
            return None

    def read(self) -> tuple[dict[str, bytes], dict[str, Source], list[str]]:
        files: dict[str, bytes] = {}
        large: list[str] = []
        subcharts: dict[str, Source] = {}
        total = 0
        for name, full, state in self._walk(self.path, "", self._trail):
            size = state.st_size
            if name.startswith("charts/"):
                subcharts[name.removeprefix("charts/")] = self._subchart(name, full)
            elif size > MAX_FILE:
                large.append(name)
            else:
                total += size
                if total > MAX_UNPACKED:
                    raise ChartError(
                        f"the chart's files are larger than {MAX_UNPACKED // 1024**2} MiB in total, helm's limit; "
                        "exclude what doesn't belong to the chart in .helmignore",
                        file=self.shown,
                    )
                try:
                    files[name] = self._tree.read.read(full, self._name(name), state)
                except FileNotFoundError:
                    continue  # removed meanwhile
        return files, subcharts, large

    def _name(self, name: str) -> str:
        return f"{self.shown}/{name}"

    def _subchart(self, name: str, full: str) -> Source:
        if not os.path.isdir(full):
            return PackageSource(full, self._name(name), self._tree.budget)
        trail = self._trail
        for place in (self.path, os.path.join(self.path, "charts")):
            trail = (*trail, _identity(os.stat(place)))
        if _identity(os.stat(full)) in trail:
            raise _endless(self._name(name))
        return FolderSource(full, f"{self.prefix}{name}/", self.rules, self._name(name), trail, self._tree)

    def _walk(
        self, folder: str, inside: str, trail: tuple[tuple[int, int], ...]
    ) -> Iterator[tuple[str, str, os.stat_result]]:
        """(path in the chart, path on disk, state) of each file; an entry of ``charts/`` as a whole.

        ``trail`` identifies the folders on the way (device and inode), this one excluded.
        """
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
            place = os.stat(folder)
        except OSError as error:
            raise ChartError(f"can't be read: {reason_of(error)}", file=self._name(inside.rstrip("/"))) from error
        below = (*trail, _identity(place))
        if below[-1] in trail:
            raise _endless(self._name(inside.rstrip("/")))
        if len(trail) > MAX_DEPTH:
            raise ChartError(f"folders are nested more than {MAX_DEPTH} deep", file=self.shown)
        self._tree.entries += len(entries)
        if self._tree.entries > MAX_FILES:
            raise ChartError(
                f"more than {MAX_FILES:,} files; check that this is the chart's folder, and where its links point",
                file=self.shown,
            )
        for entry in entries:
            name = inside + entry.name
            try:
                state = entry.stat()
            except FileNotFoundError:
                if not entry.is_symlink():
                    continue  # removed meanwhile
                raise ChartError("a broken symbolic link: helm can't load the chart", file=self._name(name)) from None
            except OSError as error:
                raise ChartError(f"can't be read: {reason_of(error)}", file=self._name(name)) from error
            is_folder = stat.S_ISDIR(state.st_mode)
            if self.rules.ignores(self.prefix + name, is_folder):
                if not inside and not is_folder and ALWAYS_SHOWN.match(name):
                    yield name, entry.path, state
            elif inside == "charts/":
                if entry.name[0] not in "._" and (is_folder or name.endswith(".tgz")):
                    if not is_folder and not stat.S_ISREG(state.st_mode):
                        raise _not_plain(self._name(name))
                    if not is_folder or self._holds_files(entry.path, name, below):
                        yield name, entry.path, state
            elif is_folder:
                yield from self._walk(entry.path, f"{name}/", below)
            elif stat.S_ISREG(state.st_mode):
                yield name, entry.path, state
            else:
                raise _not_plain(self._name(name))

    def _holds_files(self, folder: str, name: str, trail: tuple[tuple[int, int], ...]) -> bool:
        """Whether helm loads anything of a folder in ``charts/``: one without files is no chart to it."""
        counted = self._tree.entries  # each file is counted when the subchart is read
        found = next(self._walk(folder, f"{name}/", trail), None) is not None
        self._tree.entries = counted
        return found


def _identity(state: os.stat_result) -> tuple[int, int]:
    return state.st_dev, state.st_ino


def _endless(shown: str) -> ChartError:
    return ChartError("a symbolic link to its own parent folder: helm would follow it endlessly", file=shown)


def _not_plain(shown: str) -> ChartError:
    return ChartError("not a regular file (a device, a pipe or a socket): helm can't load the chart", file=shown)


class PackageSource:
    """A packaged chart in ``charts/``, read in memory."""

    def __init__(self, path: str, shown: str, budget: Budget, data: bytes | None = None) -> None:
        self.path = path
        self.shown = shown
        self._budget = budget
        self._data = data

    def _entries(self) -> Iterator[tuple[str, bytes]]:
        if self._data is not None:
            yield from read_entries(io.BytesIO(self._data), self.shown, self._budget)
            return
        try:
            with open(self.path, "rb") as stream:
                yield from read_entries(stream, self.shown, self._budget)
        except OSError as error:
            raise ChartError(f"can't be read: {reason_of(error)}", file=self.shown) from error

    def chart_yaml(self) -> bytes | None:
        return next((content for name, content in self._entries() if name == "Chart.yaml"), None)

    def read(self) -> tuple[dict[str, bytes], dict[str, Source], list[str]]:
        return FilesSource(dict(self._entries()), self.path, self.shown, self._budget).read()


class FilesSource:
    """A chart's files in memory."""

    def __init__(self, files: dict[str, bytes], path: str, shown: str, budget: Budget) -> None:
        self.files = files
        self._budget = budget
        self.path = path
        self.shown = shown

    def chart_yaml(self) -> bytes | None:
        return self.files.get("Chart.yaml")

    def read(self) -> tuple[dict[str, bytes], dict[str, Source], list[str]]:
        own: dict[str, bytes] = {}
        below: dict[str, dict[str, bytes]] = {}
        subcharts: dict[str, Source] = {}
        large: list[str] = []
        for name, content in self.files.items():
            if not name.startswith("charts/"):
                if len(content) > MAX_FILE:
                    large.append(name)
                else:
                    own[name] = content
                continue
            entry, slash, rest = name.removeprefix("charts/").partition("/")
            if entry[0] in "._":
                continue
            if slash:
                below.setdefault(entry, {})[rest] = content
            elif entry.endswith(".tgz"):
                subcharts[entry] = PackageSource(self.path, f"{self.shown}/{name}", self._budget, content)
        for entry, files in below.items():
            subcharts[entry] = FilesSource(files, self.path, f"{self.shown}/charts/{entry}", self._budget)
        return own, subcharts, large
