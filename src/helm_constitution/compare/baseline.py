"""The earlier release that a chart is compared with: a git revision, a folder or a package.

A baseline from git is written into a temporary folder, and helm renders it like any other chart.
"""

from __future__ import annotations

import os
import posixpath
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.chart.archive import MAX_UNPACKED
from helm_constitution.chart.discovery import find_charts
from helm_constitution.chart.sources import MAX_FILE, MAX_FILES
from helm_constitution.compare.git import Repository, TreeEntry
from helm_constitution.core.errors import BaselineError, ChartError, YamlSyntaxError
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.scratch import scratch_folder
from helm_constitution.text.semver import Version, parse_constraint, parse_version

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart

AUTO = "auto"
_NAMES_TRIED = 20
"""Tags in which a chart that has moved is looked for by its name, newest first."""
MAX_LINKS = 8
"""Symbolic links that lead to each other."""


class Source(NamedTuple):
    """Where a baseline comes from. ``origin`` is its name in reports; ``folder`` is None if the chart is not in it."""

    origin: str
    folder: Path | None


@contextmanager
def open_baseline(wanted: str, chart: Chart) -> Iterator[Source]:
    """Makes the baseline of a chart readable, for as long as the context lasts.

    Args:
        wanted: ``auto``, a git revision, the folder of a chart (or of charts, among which the chart is found by its
            name), or a packaged chart.
        chart: the chart as it is now.

    Raises:
        BaselineError: there is no such revision, no repository or no git; or it is not a chart.
        ChartError: a folder or package that can't be read.
    """
    if not wanted:
        raise BaselineError("--baseline must be auto, a git revision, a folder or a .tgz; it is empty")
    place = Path(wanted)
    if wanted != AUTO and place.is_dir() and (source := _in_folder(place, chart)) is not None:
        yield source
    elif wanted != AUTO and place.is_file() and wanted.endswith((".tgz", ".tar.gz")):
        from helm_constitution.chart.archive import unpack

        yield Source(wanted, unpack(place, wanted))
    elif wanted != AUTO and wanted.endswith((".tgz", ".tar.gz")):
        raise BaselineError("no such package; --baseline takes auto, a git revision, a folder or a .tgz", file=wanted)
    else:
        with scratch_folder() as scratch:
            yield _from_git(wanted, chart, scratch.resolve())


def _in_folder(place: Path, chart: Chart) -> Source | None:
    """A folder that is a chart, or the chart of this name in it; None if the folder contains no chart at all."""
    from helm_constitution.chart.loader import load_chart

    if (place / "Chart.yaml").is_file():
        return Source(str(place), place)
    try:
        found = find_charts(place)
    except ChartError:
        return None
    named = [folder for folder in found if folder.name == chart.name and load_chart(folder).name == chart.name]
    named = named or [folder for folder in found if load_chart(folder).name == chart.name]
    return Source(str(place), named[0] if named else None)


def _from_git(wanted: str, chart: Chart, scratch: Path) -> Source:
    shown = Path(chart.shown)
    repository = Repository(shown if shown.is_dir() else shown.resolve().parent)
    inside = os.path.relpath(os.path.realpath(shown), os.path.realpath(repository.root)).replace(os.sep, "/")
    inside = "" if inside == "." else f"{inside}/"
    if wanted == AUTO:
        origin, commit, tree, place = _newest_release(repository, chart, inside)
    else:
        commit = repository.commit_of(wanted)
        origin = wanted if commit.startswith(wanted) else f"{wanted} ({commit[:8]})"
        tree = repository.tree(commit)
        place = _place_in(repository, tree, inside, chart.name)
    if place is None:
        return Source(origin, None)
    folder = scratch / (posixpath.basename(place.rstrip("/")) or chart.name)
    write_folder(repository, tree, place, folder, origin)
    _borrow_dependencies(folder, chart)
    return Source(origin, folder)


def _newest_release(
    repository: Repository, chart: Chart, inside: str
) -> tuple[str, str, Sequence[TreeEntry], str | None]:
    """(name, commit, tree, the chart's folder) of the newest tag that contains the chart, else of the merge base."""
    head = repository.commit_of("HEAD")
    own = parse_version(chart.version, strict=False)
    for merged in (True, False):
        candidates = _release_tags(repository.tags(merged=merged), chart.name)
        if not merged and own is not None:
            # Releases of other branches: what came after this version is no ancestor of it.
            candidates = [tag for tag in candidates if tag[0].order < own.order]
        held = set(repository.holding((commit for _, _, commit in candidates), f"{inside}Chart.yaml"))
        for number, (_, name, commit) in enumerate(candidates):
            if commit not in held and number >= _NAMES_TRIED:
                continue
            tree = repository.tree(commit)
            place = _place_in(repository, tree, inside, chart.name)
            if place is None or (commit == head and _is_unchanged(repository, tree, place, chart)):
                continue  # what is being released at this moment is no earlier release of itself
            return f"tag {name}", commit, tree, place
    commit, branch = repository.merge_base()
    tree = repository.tree(commit)
    return f"merge base with {branch} ({commit[:8]})", commit, tree, _place_in(repository, tree, inside, chart.name)


def _release_tags(tags: Sequence[tuple[str, str]], chart: str) -> list[tuple[Version, str, str]]:
    """(version, tag, commit) of the tags that name releases of the chart, the newest first, pre-releases last.

    ``<chart>-1.2.3`` if the repository has such tags; else ``v1.2.3`` and ``1.2.3``.
    """
    prefix = f"{chart}-"
    of_chart: list[tuple[Version, str, str]] = []
    of_repository: list[tuple[Version, str, str]] = []
    for name, commit in tags:
        own = name.startswith(prefix)
        version = parse_version(name.removeprefix(prefix).removeprefix("v"))
        if version is not None:
            (of_chart if own else of_repository).append((version, name, commit))
    found = of_chart or of_repository
    return sorted(found, key=lambda tag: (not tag[0].pre, tag[0].order), reverse=True)


def _place_in(repository: Repository, tree: Sequence[TreeEntry], inside: str, name: str) -> str | None:
    """The chart's folder in a tree: where it is now, else where a chart of its name is; with a trailing slash.

    A folder whose chart had another name counts if no chart has this one.
    """
    charts = {
        entry.path.removesuffix("Chart.yaml"): entry.blob
        for entry in tree
        if entry.is_file and posixpath.basename(entry.path) == "Chart.yaml" and entry.size <= MAX_FILE
    }
    if inside in charts and _name_of(next(repository.blobs([charts[inside]]))) == name:
        return inside
    # What stands in a chart's own charts/ is a dependency.
    tops = {
        place: blob
        for place, blob in charts.items()
        if not any(place.startswith(f"{other}charts/") for other in charts if other != place)
    }
    names = zip(tops, map(_name_of, repository.blobs(tops.values())), strict=True)
    named = [place for place, found in names if found == name]
    if not named:
        return inside if inside in charts else None
    # Of several of that name, the one in a folder of the same name, then the one nearest to where the chart is now.
    steps = inside.rstrip("/").split("/")
    return min(
        named,
        key=lambda place: (
            place.rstrip("/").split("/")[-1] != steps[-1],
            -len(posixpath.commonprefix([place, inside])),
            place,
        ),
    )


def _name_of(chart_yaml: bytes) -> str | None:
    from helm_constitution.text.yaml import load_document

    try:
        return load_document(chart_yaml.decode("utf-8-sig"), "Chart.yaml").view.get("name").string()
    except (UnicodeDecodeError, YamlSyntaxError):
        return None


def _is_unchanged(repository: Repository, tree: Sequence[TreeEntry], place: str, chart: Chart) -> bool:
    """Whether the chart's files are those of the tree."""
    entries = [entry for entry in tree if entry.path.startswith(place) and entry.path[len(place) :] in chart.files]
    if len(entries) < len(chart.files):
        return False
    contents = repository.blobs(entry.blob for entry in entries)
    return all(
        content.decode("utf-8-sig", "replace") == chart.files[entry.path[len(place) :]]
        for entry, content in zip(entries, contents, strict=True)
        if entry.is_file
    )


def write_folder(repository: Repository, tree: Sequence[TreeEntry], place: str, folder: Path, origin: str) -> None:
    """Writes the files of a folder of a tree; links are replaced by their targets in the repository.

    Args:
        repository: contains the tree.
        tree: every entry.
        place: the folder in the tree, with a trailing slash; empty for the root.
        folder: the target.
        origin: the revision's name in messages.

    Raises:
        BaselineError: it is too large, or contains something that can't be written.
    """
    links = _Links(repository, tree, f"{place or 'the repository'} at {origin}")
    wanted: dict[str, TreeEntry] = {}
    for entry in tree:
        if entry.path.startswith(place):
            wanted.update((path[len(place) :], file) for path, file in links.followed(entry, MAX_LINKS))
    size = sum(entry.size for entry in wanted.values())
    if size > MAX_UNPACKED:
        raise BaselineError(
            f"{place or 'the repository'} at {origin} has {size // 1024**2} MiB, more than helm loads; pass the "
            "baseline as a packaged chart"
        )
    for path, content in zip(wanted, repository.blobs(entry.blob for entry in wanted.values()), strict=True):
        steps = path.split("/")
        if ".." in steps or ".git" in steps:
            raise BaselineError(f"{origin} contains a file at {path!r}, which is outside of the chart's folder")
        file = folder.joinpath(*steps)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        except OSError as error:
            raise BaselineError(f"{path!r} of {origin} can't be written into {folder}: {error.strerror}") from None


class _Links:
    """Follows the links of a tree within it.

    Args:
        repository: contains the tree.
        tree: every entry.
        shown: the name in messages of the part that is read.
    """

    def __init__(self, repository: Repository, tree: Sequence[TreeEntry], shown: str) -> None:
        self._by_path = {entry.path: entry for entry in tree}
        self._paths = sorted(self._by_path)
        links = [entry for entry in tree if entry.is_link]
        # All at once: git costs milliseconds a call.
        targets = repository.blobs(entry.blob for entry in links) if links else ()
        self._targets = {entry.path: os.fsdecode(target) for entry, target in zip(links, targets, strict=True)}
        self._shown = shown
        self._left = MAX_FILES

    def followed(self, entry: TreeEntry, depth: int) -> Iterator[tuple[str, TreeEntry]]:
        """(path, file) of an entry: itself, or the target of a link; nothing for a link that leads outside or nowhere.

        Args:
            entry: a file or a link.
            depth: links that may lead to links.

        Raises:
            BaselineError: links form a cycle or multiply the files.
        """
        self._left -= 1
        if self._left < 0:
            raise BaselineError(
                f"{self._shown} has more than {MAX_FILES:,} files with links followed; pass the baseline as a packaged "
                "chart"
            )
        if entry.is_file:
            yield entry.path, entry
        elif entry.is_link:
            if not depth:
                raise BaselineError(
                    f"{entry.path!r} is the last of more than {MAX_LINKS} symbolic links in a row; shorten them, or "
                    "pass the baseline as a packaged chart"
                )
            path = posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), self._targets[entry.path]))
            if entry.path.startswith(f"{path}/") or path == ".":
                raise BaselineError(
                    f"{entry.path!r} is a symbolic link to its own parent folder, and helm would follow it endlessly; "
                    "remove it, or pass the baseline as a packaged chart"
                )
            below = [path] if path in self._by_path else _below(self._paths, path)
            for one in below:
                for inside, file in self.followed(self._by_path[one], depth - 1):
                    yield entry.path + inside[len(path) :], file


def _below(paths: Sequence[str], folder: str) -> Sequence[str]:
    """Those of the sorted paths that lie in a folder."""
    start = bisect_left(paths, f"{folder}/")
    return paths[start : bisect_left(paths, f"{folder}0")]  # "0" comes behind "/"


def _borrow_dependencies(folder: Path, chart: Chart) -> None:
    """Without dependencies in git, takes the chart's current ones if the baseline's versions allow them."""
    from helm_constitution.chart.loader import load_chart

    for dependency in load_chart(folder).missing_dependencies:
        if dependency.name not in chart.subcharts:
            continue
        vendored = chart.subcharts[dependency.name]
        version, wanted = parse_version(vendored.version, strict=False), parse_constraint(dependency.version)
        target = folder / "charts" / vendored.path.name
        if version is not None and wanted is not None and wanted.accepts(version) and not target.exists():
            target.parent.mkdir(exist_ok=True)
            target.symlink_to(vendored.path.resolve())
