"""Repositories: their root, and what a report calls a file of one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from helm_constitution.core.model import Base


def repository_root(folder: Path) -> Path | None:
    """The nearest folder, from this one upwards, that holds ``.git``; None outside a repository."""
    start = Path(os.path.abspath(folder))
    return next((parent for parent in (start, *start.parents) if (parent / ".git").exists()), None)


def is_everybodys(folder: Path) -> bool:
    """Whether everybody may write to a folder: a file there is anybody's."""
    try:
        return os.name == "posix" and bool(folder.stat().st_mode & stat.S_IWOTH)
    except OSError:
        return True


def place_of(chart: Path, file: Path) -> tuple[Base, str]:
    """What a report calls a file beside or above a chart, and what that is relative to.

    Args:
        chart: the chart's folder or package.
        file: an absolute path.

    Returns:
        The path from the chart, else from the chart's repository, else the absolute one.
    """
    folder = Path(os.path.abspath(chart))
    if file.is_relative_to(folder):
        return Base.CHART, file.relative_to(folder).as_posix()
    root = repository_root(folder)
    if root is not None and file.is_relative_to(root):
        return Base.REPO, file.relative_to(root).as_posix()
    return Base.ABSOLUTE, str(file)
