"""The charts that changed files belong to."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from helm_constitution.chart.discovery import _as_typed, find_charts, is_skipped
from helm_constitution.check.contents import MAX_BYTES, Unfit, read_content
from helm_constitution.compare.git import Repository
from helm_constitution.core.errors import ChartError, ConfigurationError
from helm_constitution.core.repository import repository_root


def changed_charts(files: Sequence[Path], since: str | None = None, *, affected: bool = True) -> list[Path]:
    """The charts to check where something changed: those of the files given, else of the files that git names.

    Args:
        files: changed files; none: ask git, in the current folder, for what is staged.
        since: a revision; git then names what changed since HEAD left it, too.
        affected: also the charts that only depend on what changed, see :func:`affected_charts`.

    Raises:
        BaselineError: where git can't be asked.
    """
    if not files or since is not None:
        files = [*files, *Repository(Path()).changed(since)]
    return affected_charts(files) if affected else charts_of(files)


def charts_of(files: Iterable[Path]) -> list[Path]:
    """The charts that changed files belong to, each once, in path order; none for a file of no chart.

    A file belongs to the charts in the folders above it, within its repository, and what lies in a chart's
    ``charts/`` to the chart that holds it. A constitution, a configuration or a debt file outside any chart rules
    those below its folder. A folder, which is what git names of a submodule, stands for the charts in it. What
    :func:`find_charts` passes over in a folder is passed over here too.
    """
    return _as_shown({chart for file in files for chart in _charts_of(os.path.abspath(file))})


def affected_charts(files: Iterable[Path]) -> list[Path]:
    """The same, with the charts whose configuration names a changed file, and those that use a changed chart from its
    folder: as a dependency at ``file://``, or by a link in ``charts/``."""
    changed = [os.path.abspath(file) for file in files]
    found = {chart for file in changed for chart in _charts_of(file)}
    for root in {_root_of(os.path.dirname(file)) for file in changed}:
        try:
            charts = [str(chart) for chart in find_charts(Path(root), skip_unreadable=True)]
        except ChartError:
            continue
        outside = [file for file in changed if not _charts_above(os.path.dirname(file), root)]
        configurations = {chart: _configuration_of(chart) for chart in charts} if outside else {}
        naming = {file for file in {*configurations.values()} if file is not None and _names_one(file, outside)}
        found.update(chart for chart, file in configurations.items() if file in naming)
        used = {chart: _used_by(chart) for chart in charts if chart not in found}
        places = set(map(os.path.realpath, found))
        while more := {chart for chart, uses in used.items() if chart not in found and uses & places}:
            found |= more
            places.update(map(os.path.realpath, more))
    return _as_shown(found)


def _as_shown(charts: Iterable[str]) -> list[Path]:
    return sorted(Path(_as_typed(chart)) for chart in charts)


def _configuration_of(chart: str) -> Path | None:
    """A chart's configuration, also one whose name is wrong: the check finds the words for that."""
    from helm_constitution.policy.find import find_configuration

    try:
        return find_configuration(Path(chart), None)
    except ConfigurationError as error:
        return Path(error.file) if error.file is not None else None


def _names_one(configuration: Path, files: Sequence[str]) -> bool:
    """Whether a configuration names one of these files, or a folder that holds it; or may, judging by its text."""
    text, folder = _text(str(configuration)), os.path.dirname(os.path.realpath(configuration))
    names: set[str] = set()
    for file in files:
        parts = os.path.relpath(file, folder).split(os.sep)
        up = parts.count(os.pardir)
        names.update("/".join(parts[:length]) for length in range(up + 1, len(parts) + 1))
    # Most names are nowhere in the text, which is found out in less time than an expression is compiled.
    return any(
        name in text and re.search(rf"(?<![\w./-])(?:\./)?{re.escape(name)}/?(?![\w/:-])", text) is not None
        for name in names
    )


def _used_by(chart: str) -> set[str]:
    """The folders of the charts that a chart uses where they are."""
    declared = _text(os.path.join(chart, "Chart.yaml")) + _text(os.path.join(chart, "requirements.yaml"))
    found = {os.path.join(chart, place) for place in re.findall(r"file://([^\s\"'#,}]+)", declared)}
    with contextlib.suppress(OSError), os.scandir(os.path.join(chart, "charts")) as entries:
        found.update(entry.path for entry in entries if entry.is_symlink())
    return set(map(os.path.realpath, found))


def _text(file: str) -> str:
    """A file's text; empty where it can't be read: the check finds the words for that."""
    try:
        return read_content(file, MAX_BYTES).decode("utf-8", "replace")
    except (OSError, Unfit):
        return ""


def _charts_of(file: str) -> list[str]:
    from helm_constitution.policy.find import DEBT_FILE_NAME, FILE_NAME, WRONG_NAME

    folder, name = os.path.split(file)
    root = _root_of(folder)
    if charts := _charts_above(folder, root):
        return [chart for chart in charts if not any(map(is_skipped, _parts(chart, root)))]
    if os.path.isdir(file):
        folder = file
    elif name == "constitution.md" and folder.endswith(os.path.join(".specify", "memory")):
        folder = os.path.dirname(os.path.dirname(folder))
    elif name not in ("constitution.md", FILE_NAME, WRONG_NAME, DEBT_FILE_NAME):
        return []
    try:
        return [str(found) for found in find_charts(Path(folder))]
    except ChartError:
        return []


def _root_of(folder: str) -> str:
    return str(repository_root(Path(folder)) or os.getcwd())


def _parts(folder: str, root: str) -> list[str]:
    """The names of the folders from the root to a folder."""
    return [part for part in os.path.relpath(folder, root).split(os.sep) if part != os.curdir]


def _charts_above(folder: str, root: str) -> list[str]:
    """The folders with Chart.yaml, from this one up to the repository's root; of a subchart the top chart."""
    found = []
    chart = _chart_above(folder, root)
    while chart is not None:
        found.append(chart)
        chart = _chart_above(os.path.dirname(chart), root)
    return found


def _chart_above(folder: str, root: str) -> str | None:
    """The nearest folder with Chart.yaml, from this one up to the repository's root; of a subchart the top chart."""
    chart = _nearest(folder, root)
    while chart is not None and os.path.basename(os.path.dirname(chart)) == "charts":
        holder = os.path.dirname(os.path.dirname(chart))
        if not _is_within(holder, root) or not os.path.isfile(os.path.join(holder, "Chart.yaml")):
            break
        chart = holder
    return chart


def _nearest(folder: str, root: str) -> str | None:
    while _is_within(folder, root):
        if os.path.isfile(os.path.join(folder, "Chart.yaml")):
            return folder
        if folder == root:
            break
        folder = os.path.dirname(folder)
    return None


def _is_within(folder: str, root: str) -> bool:
    return folder == root or folder.startswith(root.rstrip(os.sep) + os.sep)
