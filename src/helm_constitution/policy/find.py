"""Finds the files of a team: configuration, debt, constitution."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from helm_constitution.core.errors import ConfigurationError, ConstitutionFileError
from helm_constitution.core.repository import is_everybodys, repository_above
from helm_constitution.core.unsaved import NO_TEXTS, Unsaved, is_there

FILE_NAME = ".helm-constitution.yaml"
WRONG_NAME = ".helm-constitution.yml"
"""Refused, since it would be passed over."""
DEBT_FILE_NAME = ".helm-constitution-debt.yaml"


def find_configuration(chart: Path, explicit: Path | None, unsaved: Unsaved = NO_TEXTS) -> Path | None:
    """The configuration's file: the one given, else the nearest from the chart up to the repository's root.

    A file in ``unsaved`` counts as one on the disk, here and below: an editor has new files before they are saved.

    Raises:
        ConfigurationError: where a file with the ending ``.yml`` would be passed over.
    """
    if explicit is not None:
        return explicit
    found, other = find_above(chart, FILE_NAME, unsaved), find_above(chart, WRONG_NAME, unsaved)
    if other is not None and (found is None or other.parent.is_relative_to(found.parent)):
        is_beside = found is not None and found.parent == other.parent
        way_out = "move its keys there, and remove it" if is_beside else "rename it"
        raise ConfigurationError(f"must be called {FILE_NAME}; {way_out}", file=str(other))
    return found


def find_debt(chart: Path, configuration: Path | None, unsaved: Unsaved = NO_TEXTS) -> Path:
    """The file with a chart's accepted findings; where there is none yet, the one to write.

    That is the nearest one from the chart up to the repository's root; else beside the configuration, else beside
    Chart.yaml (or the package).
    """
    if (found := find_above(chart, DEBT_FILE_NAME, unsaved)) is not None:
        return found
    if configuration is not None:
        return configuration.parent / DEBT_FILE_NAME
    return (chart if chart.is_dir() else chart.parent) / DEBT_FILE_NAME


def find_above(chart: Path, name: str, unsaved: Unsaved = NO_TEXTS) -> Path | None:
    """The nearest file of a name from a chart up to its repository's root; None where there is none.

    Outside a repository the search ends below the first folder that everybody may write to, as for constitutions.
    """
    place = os.path.realpath(chart)
    folders = _searched(place if os.path.isdir(place) else os.path.dirname(place))
    # No Path for each folder that has no such file: most have none.
    return next((Path(folder, name) for folder in folders if is_there(os.path.join(folder, name), unsaved)), None)


def _searched(start: str) -> Iterator[str]:
    """The folders that may hold a file of the team, from one upwards: an absolute path."""
    root, folder = repository_above(start), start
    while root is not None or folder == start or not is_everybodys(folder):
        yield folder
        above = os.path.dirname(folder)
        if above == folder or folder == root:
            return
        folder = above


NAMES = (".specify/memory/constitution.md", "constitution.md")
"""Where a folder may keep its constitution, the first before the second."""


ASK_FOR_BUILT_IN = "built-in"
"""What a user writes in place of a file to have it where the repository has a constitution of its own."""


def find_constitution(chart: Path, explicit: Path | None = None, unsaved: Unsaved = NO_TEXTS) -> Path | None:
    """The file that rules a chart: the one given, else the nearest from the chart's folder up to its repository's root.

    Outside a repository the search ends below the first folder above the chart that everybody may write to (such as
    ``/tmp``): a constitution there would be anybody's.

    Args:
        chart: a chart's folder, or a packaged chart (its folder counts then).
        explicit: what the user named; ``built-in`` where there is no file of that name is the built-in one.
        unsaved: texts as an editor has them.

    Returns:
        None where the built-in constitution applies.

    Raises:
        ConstitutionFileError: where the named file doesn't exist.
    """
    if explicit is not None:
        if not is_there(explicit, unsaved):
            if str(explicit) == ASK_FOR_BUILT_IN:
                return None
            problem = (
                "is a folder; name the file in it"
                if explicit.is_dir()
                else f"no such constitution; {ASK_FOR_BUILT_IN} chooses the one of helm-constitution itself"
            )
            raise ConstitutionFileError(problem, file=str(explicit))
        return explicit
    start = os.path.abspath(chart)
    for folder in _searched(start if os.path.isdir(start) else os.path.dirname(start)):
        for name in NAMES:
            if is_there(os.path.join(folder, name), unsaved):
                return Path(folder, name)
    return None


def as_typed(file: Path) -> str:
    """Relative to the current folder where the file lies in it."""
    here = os.getcwd()
    return os.path.relpath(file, here) if os.path.commonpath((here, file)) == here else str(file)
