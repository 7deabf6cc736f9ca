"""Finds the charts that an argument stands for. Separate from loading: a cached report needs none of that."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from helm_constitution.core.errors import ChartError
from helm_constitution.core.repository import BULKY_FOLDERS, repository_above

_SKIPPED_FOLDERS = BULKY_FOLDERS | {"testdata"}


def find_charts(path: Path, *, skip_unreadable: bool = False) -> list[Path]:
    """The charts that a CHART argument stands for.

    A packaged chart or a folder with Chart.yaml stands for itself; another folder for the charts in it, at any depth,
    in path order (not what a chart has in its own ``charts/``, nor hidden folders but ``.helm``, ``testdata`` and
    ``node_modules`` below the folder given).

    Args:
        path: what was given as CHART.
        skip_unreadable: whether folders below it that can't be read are left out.

    Raises:
        ChartError: there is no chart; the message names what is missing.
    """
    shown = str(path)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if shown.startswith("oci:"):  # Path makes one slash of two
            address = shown.replace("oci:/", "oci://", 1)
            message = f"a chart in a registry must be pulled first: run `helm pull {address}`, then check the .tgz"
            raise ChartError(message, file=address) from None
        raise ChartError("no such chart: neither a folder nor a packaged chart", file=shown) from None
    except (OSError, ValueError) as error:
        raise ChartError(f"can't be read: {_reason(error)}", file=shown) from error
    if not stat.S_ISDIR(mode):
        if path.name == "Chart.yaml":
            raise ChartError(f"must be the chart's folder, {path.parent}, not its Chart.yaml", file=shown)
        if not path.name.endswith((".tgz", ".tar.gz")):
            raise ChartError("not a chart: a chart is a folder with Chart.yaml or a packaged .tgz", file=shown)
        return [path]
    found: list[Path] = []
    pending = [shown]
    skipped: list[str] = []
    while pending:
        folder = pending.pop()
        below: list[str] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name == "Chart.yaml":
                        found.append(Path(folder))
                        break
                    if entry.is_dir(follow_symlinks=False):
                        (skipped if is_skipped(entry.name) else below).append(entry.path)
                else:
                    pending.extend(below)
        except OSError as error:
            if not skip_unreadable:
                raise ChartError(f"can't be read: {_reason(error)}", file=folder) from error
    if not found:
        raise ChartError(f"not a chart: no Chart.yaml in {shown} or in a folder below it{_hint(skipped)}", file=shown)
    return sorted(found)


def is_skipped(name: str) -> bool:
    """Whether no chart is looked for in a folder of this name."""
    return (name.startswith(".") and name != ".helm") or name in _SKIPPED_FOLDERS


_FIRST = ("Chart.yaml", "*/Chart.yaml")


def _hint(skipped: list[str]) -> str:
    """Where there are charts that were not searched for."""
    holding = [folder for folder in sorted(skipped) if any(any(Path(folder).glob(one)) for one in _FIRST)]
    return f"; hidden folders and test data are skipped unless named: {', '.join(holding)}" if holding else ""


def _as_typed(place: str) -> str:
    """Relative to the current folder where it lies in it."""
    inside = os.path.relpath(place)
    return place if inside == os.pardir or inside.startswith(os.pardir + os.sep) else inside


def repository_of(chart: Path) -> tuple[str, str]:
    """The root of a chart's repository, an absolute path, and the chart's path from it, with slashes.

    Outside a repository the current folder counts as the root; a chart above or beside that one has its own folder as
    root.
    """
    place = os.path.abspath(chart)
    root = repository_above(place) or os.getcwd()
    inside = os.path.relpath(place, root)
    if inside == os.pardir or inside.startswith(os.pardir + os.sep):
        root = place if os.path.isdir(place) else os.path.dirname(place)
        inside = os.path.relpath(place, root)
    return root, inside.replace(os.sep, "/")


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
