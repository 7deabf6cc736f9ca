"""Fetches a chart of a fleet, from wherever it is, and checks it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.check.charts import check_beside_others, placed
from helm_constitution.check.failed import failed_report
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.core.scratch import scratch_folder
from helm_constitution.fleet.place import Kind, Place

if TYPE_CHECKING:
    from helm_constitution.check.cache import Cache
    from helm_constitution.check.options import CheckRequest
    from helm_constitution.report.model import ChartReport


@contextmanager
def brought(place: Place) -> Iterator[Path]:
    """The chart as a folder or a package, for as long as the context lasts.

    Raises:
        ConstitutionError: it can't be fetched.
    """
    if place.kind is Kind.LOCAL:
        yield Path(place.where)
        return
    try:
        with scratch_folder() as folder:
            yield _brought_into(place, folder)
    except OSError as error:
        raise ConstitutionError(f"can't be fetched: {error.strerror or error}", file=place.shown) from None


def _brought_into(place: Place, folder: Path) -> Path:
    if place.kind is Kind.GIT:
        from helm_constitution.fleet.git_charts import write_chart

        return write_chart(place, folder)
    from helm_constitution.fleet.helm_charts import pull

    return pull(place, folder)


def check_place(place: Place, request: CheckRequest, cache: Cache | None) -> ChartReport:
    """Checks a chart of several, wherever it is; any error is part of its own report.

    Args:
        place: the chart.
        request: the options; its chart is ignored.
        cache: the cache, which has no answer for it.
    """
    try:
        with brought(place) as chart:
            report = check_beside_others(request._replace(chart=chart), cache)
    except ConstitutionError as error:
        return failed_place(place, error)
    return report if place.kind is Kind.LOCAL else report._replace(path=place.shown)


def failed_place(place: Place, error: ConstitutionError) -> ChartReport:
    """The report of a chart that could not be checked."""
    own = ConstitutionError(error.message) if error.file == place.shown else error
    return failed_report(Path(place.shown), own)._replace(path=place.shown)


def placed_report(place: Place, report: ChartReport) -> ChartReport:
    """A report with the chart's place in its repository; a fetched chart has none on this machine."""
    if place.kind is Kind.LOCAL:
        return placed(Path(place.where), report)
    return report._replace(root="", place=place.shown.replace(os.sep, "/"))
