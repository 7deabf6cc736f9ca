"""The charts that changed files belong to."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from helm_constitution.chart.discovery import _as_typed, find_charts, is_skipped
from helm_constitution.compare.git import Repository
from helm_constitution.core.errors import ChartError
from helm_constitution.core.repository import repository_root


def changed_charts(files: Sequence[Path], since: str | None = None) -> list[Path]:
    """The charts to check where something changed: those of the files given, else of the files that git names.

    Args:
        files: changed files; none: ask git, in the current folder, for what is staged.
        since: a revision; git then names what changed since HEAD left it, too.

    Raises:
        BaselineError: where git can't be asked.
    """
    if files and since is None:
        return charts_of(files)
    return charts_of([*files, *Repository(Path()).changed(since)])


def charts_of(files: Iterable[Path]) -> list[Path]:
    """The charts that changed files belong to, each once, in path order; none for a file of no chart.

    A file belongs to the chart in the nearest folder above it, within its repository, and what lies in a chart's
    ``charts/`` to the chart that holds it. A constitution, a configuration or a debt file outside any chart rules
    those below its folder. What :func:`find_charts` passes over in a folder is passed over here too.
    """
    found = {chart for file in files for chart in _charts_of(os.path.abspath(file))}
    return sorted(Path(_as_typed(chart)) for chart in found)


def _charts_of(file: str) -> list[str]:
    from helm_constitution.policy.find import DEBT_FILE_NAME, FILE_NAME

    folder, name = os.path.split(file)
    root = str(repository_root(Path(folder)) or os.getcwd())
    chart = _chart_above(folder, root)
    if chart is not None:
        parts = os.path.relpath(chart, root).split(os.sep)
        return [] if any(is_skipped(part) for part in parts if part != os.curdir) else [chart]
    if name == "constitution.md" and folder.endswith(os.path.join(".specify", "memory")):
        folder = os.path.dirname(os.path.dirname(folder))
    elif name not in ("constitution.md", FILE_NAME, DEBT_FILE_NAME):
        return []
    try:
        return [str(found) for found in find_charts(Path(folder))]
    except ChartError:
        return []


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
