"""What a baseline is by now: a revision, a folder and a package may be others tomorrow under the same name."""

from __future__ import annotations

import os
from pathlib import Path

from helm_constitution.check.contents import KeptContents, Unfit, files_of
from helm_constitution.compare.baseline import AUTO
from helm_constitution.compare.git import Repository
from helm_constitution.core.errors import BaselineError


def baseline_state(wanted: str, chart: Path | None, kept: KeptContents | None) -> tuple[object, ...] | None:
    """What tells whether a chart would be compared with the same baseline again.

    Args:
        wanted: the baseline as the user named it, see :func:`helm_constitution.compare.baseline.open_baseline`.
        chart: the chart's folder or package; None where it is in no repository on this machine.
        kept: digests of what folders and packages contained before; None to read them all.

    Returns:
        The content of the folder or package, the commit that the revision names; for ``auto`` what every branch and tag
        names, since any of them may become the baseline. None where none of them can be told.
    """
    parts: list[object] = []
    try:
        if wanted != AUTO and os.path.exists(wanted):
            contents = kept.digests(wanted) if kept is not None else files_of(wanted).digests()
            parts.append(contents.whole)
        # A folder without any chart is a revision of that name.
        if chart is not None and not os.path.isfile(wanted):
            parts.append(_named_in_git(wanted, chart))
    except BaselineError:
        pass  # a folder needs no repository, and without a baseline the check says so
    except (OSError, ValueError, Unfit):
        return None
    return tuple(parts) or None


def _named_in_git(wanted: str, chart: Path) -> str:
    """Raises BaselineError where there is no such revision."""
    repository = Repository(chart if chart.is_dir() else chart.resolve().parent)
    return repository.all_names() if wanted == AUTO else repository.commit_of(wanted)
