"""Repositories: their root, and what a report calls a file of one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from helm_constitution.core.model import Base

BULKY_FOLDERS = frozenset({".git", "node_modules"})
"""Folders of a repository that are large, often written, and hardly ever read by helm."""


def repository_root(folder: Path) -> Path | None:
    """The nearest folder, from this one upwards, that holds ``.git``; None outside a repository."""
    root = repository_above(os.path.abspath(folder))
    return Path(root) if root is not None else None


def repository_above(folder: str) -> str | None:
    """The same for an absolute path."""
    while not os.path.exists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def is_everybodys(folder: str) -> bool:
    """Whether everybody may write to a folder: a file there is anybody's."""
    try:
        return os.name == "posix" and bool(os.stat(folder).st_mode & stat.S_IWOTH)
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
