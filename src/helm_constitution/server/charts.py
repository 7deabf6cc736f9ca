"""Which charts a file concerns."""

from __future__ import annotations

import os
from pathlib import Path

from helm_constitution.chart.discovery import find_charts
from helm_constitution.core.errors import ChartError
from helm_constitution.core.unsaved import Unsaved, is_there
from helm_constitution.policy.find import DEBT_FILE_NAME, FILE_NAME, NAMES

_MANIFEST = "Chart.yaml"


def is_chart(folder: Path, unsaved: Unsaved) -> bool:
    """Whether a folder has a Chart.yaml, on the disk or not saved yet."""
    return is_there(folder / _MANIFEST, unsaved)


def chart_of(file: Path, unsaved: Unsaved) -> Path | None:
    """The chart that a file belongs to: for one of a dependency in ``charts/``, the chart around it.

    Args:
        file: an absolute path; the file need not exist.
        unsaved: texts that are not saved yet: a Chart.yaml may be among them.
    """
    found = next((folder for folder in file.parents if is_chart(folder, unsaved)), None)
    while found is not None and found.parent.name == "charts" and is_chart(found.parent.parent, unsaved):
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
    """The charts in a folder of the workspace, without those in folders that can't be read."""
    try:
        return [chart for chart in find_charts(Path(os.path.abspath(folder)), skip_unreadable=True) if chart.is_dir()]
    except ChartError:
        return []
