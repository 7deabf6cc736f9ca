"""Charts as a run names them, and the report of one of them beside others: one that can't be checked is reported so."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.chart.discovery import find_charts, repository_of
from helm_constitution.check.failed import failed_report
from helm_constitution.check.options import CheckRequest
from helm_constitution.check.pipeline import check_anew
from helm_constitution.core.errors import ConstitutionError, unforeseen
from helm_constitution.report.model import ChartReport

if TYPE_CHECKING:
    from helm_constitution.check.cache import Cache


def charts_at(paths: Iterable[Path]) -> list[Path]:
    """Every chart that the paths name: charts, packaged charts, folders that hold charts.

    Raises:
        ConstitutionError: where a path names no chart.
    """
    return [chart for path in paths for chart in find_charts(path)]


def placed(chart: Path, report: ChartReport) -> ChartReport:
    """A report with the chart's place in its repository."""
    root, place = repository_of(chart)
    return report._replace(root=root, place=place)


def check_alone(request: CheckRequest, cache: Cache | None = None) -> ChartReport:
    """Checks the only chart, which its cache doesn't answer: one that can't be checked has a report all the same, with
    what is wrong as its trouble."""
    try:
        return check_anew(request, cache)
    except ConstitutionError as error:
        return failed_report(request.chart, error)


def check_beside_others(request: CheckRequest, cache: Cache | None) -> ChartReport:
    """Checks one of several charts, which its cache doesn't answer: whatever goes wrong is its own report's trouble."""
    try:
        return check_anew(request, cache)
    except ConstitutionError as error:
        return failed_report(request.chart, error)
    except Exception as error:  # noqa: BLE001 - a fault of the program costs one chart, not those beside it
        return failed_report(request.chart, ConstitutionError(_unexpected(error, debug=request.options.debug)))


def _unexpected(error: Exception, *, debug: bool) -> str:
    if debug:
        import traceback

        sys.stderr.write("".join(traceback.format_exception(error)))
    return unforeseen(error) + ("" if debug else "; --debug shows where")
