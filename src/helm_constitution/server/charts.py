"""Which charts a file concerns."""

from __future__ import annotations

import os
from pathlib import Path

from helm_constitution.chart.discovery import find_charts
from helm_constitution.core.errors import ChartError
from helm_constitution.policy.find import DEBT_FILE_NAME, FILE_NAME, NAMES

_MANIFEST = "Chart.yaml"


def chart_of(file: Path) -> Path | None:
    """The chart that a file belongs to: for one of a dependency in ``charts/``, the chart around it.

    Args:
        file: an absolute path; the file need not exist.
    """
    found = next((folder for folder in file.parents if (folder / _MANIFEST).is_file()), None)
    if found is None:
        return file.parent if file.name == _MANIFEST else None
    while found.parent.name == "charts" and (found.parent.parent / _MANIFEST).is_file():
        found = found.parent.parent
    return found


def ruled_folder(file: Path) -> Path | None:
    """The folder below which a policy file applies to every chart, judging by its name; None for any other file."""
    if file.name in (FILE_NAME, DEBT_FILE_NAME):
        return file.parent
    for name in NAMES:
        parts = Path(name).parts
        if file.parts[-len(parts) :] == parts:
            return file.parents[len(parts) - 1]
    return None


def charts_below(folder: Path) -> list[Path]:
    """The charts in a folder of the workspace; none if it has none, or can't be read."""
    try:
        return [chart for chart in find_charts(Path(os.path.abspath(folder))) if chart.is_dir()]
    except ChartError:
        return []
