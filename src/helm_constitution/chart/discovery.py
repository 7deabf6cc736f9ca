"""Which charts are meant. Apart from what reads a chart: a remembered report needs none of that."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from helm_constitution.core.errors import ChartError

_SKIPPED_FOLDERS = frozenset({"node_modules", "testdata"})


def find_charts(path: Path) -> list[Path]:
    """The charts that a CHART argument stands for.

    A packaged chart or a folder with Chart.yaml stands for itself; another folder for the charts in it, at any depth,
    in path order (not what a chart has in its own ``charts/``, nor hidden folders, ``testdata`` and ``node_modules``
    below the folder given).

    Raises:
        ChartError: where there is no chart; the message says what is missing.
    """
    shown = str(path)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise ChartError("no such chart: neither a folder nor a packaged chart", file=shown) from None
    except (OSError, ValueError) as error:
        raise ChartError(f"can't be read: {_reason(error)}", file=shown) from error
    if not stat.S_ISDIR(mode):
        if path.name == "Chart.yaml":
            raise ChartError(f"give the chart's folder, {path.parent}, not its Chart.yaml", file=shown)
        if not path.name.endswith((".tgz", ".tar.gz")):
            raise ChartError("not a chart: a chart is a folder with Chart.yaml or a packaged .tgz", file=shown)
        return [path]
    found: list[Path] = []
    pending = [shown]
    while pending:
        folder = pending.pop()
        below: list[str] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name == "Chart.yaml":
                        found.append(Path(folder))
                        break
                    if entry.is_dir(follow_symlinks=False) and not _is_skipped(entry.name):
                        below.append(entry.path)
                else:
                    pending.extend(below)
        except OSError as error:
            raise ChartError(f"can't be read: {_reason(error)}", file=folder) from error
    if not found:
        raise ChartError(f"not a chart: no Chart.yaml in {shown} or in a folder below it", file=shown)
    return sorted(found)


def charts_of(files: Iterable[Path]) -> list[Path]:
    """The charts that changed files belong to, each once, in path order; none for a file of no chart.

    A file belongs to the chart in the nearest folder above it, within its repository, and what lies in a chart's
    ``charts/`` to the chart that holds it. A constitution, a configuration or a debt file outside any chart rules
    those below its folder. What :func:`find_charts` passes over in a folder is passed over here too.
    """
    found = {chart for file in files for chart in _charts_of(os.path.abspath(file))}
    return sorted(Path(_as_typed(chart)) for chart in found)


def _charts_of(file: str) -> list[str]:
    from helm_constitution.policy.configuration import DEBT_FILE_NAME, FILE_NAME
    from helm_constitution.policy.constitution import repository_root

    folder, name = os.path.split(file)
    root = str(repository_root(Path(folder)) or os.getcwd())
    chart = _chart_above(folder, root)
    if chart is not None:
        parts = os.path.relpath(chart, root).split(os.sep)
        return [] if any(_is_skipped(part) for part in parts if part != os.curdir) else [chart]
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


def _is_skipped(name: str) -> bool:
    return name.startswith(".") or name in _SKIPPED_FOLDERS


def _as_typed(place: str) -> str:
    """Relative to the current folder where it lies in it."""
    inside = os.path.relpath(place)
    return place if inside == os.pardir or inside.startswith(os.pardir + os.sep) else inside


def repository_of(chart: Path) -> tuple[str, str]:
    """The root of a chart's repository, an absolute path, and the chart's path from it, with slashes.

    Outside a repository the current folder counts as the root; a chart above or beside that one has its own folder as
    root.
    """
    from helm_constitution.policy.constitution import repository_root

    place = os.path.abspath(chart)
    root = str(repository_root(chart) or os.getcwd())
    inside = os.path.relpath(place, root)
    if inside == os.pardir or inside.startswith(os.pardir + os.sep):
        root = place if os.path.isdir(place) else os.path.dirname(place)
        inside = os.path.relpath(place, root)
    return root, inside.replace(os.sep, "/")


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
