"""Several charts, one after the other: one that can't be checked doesn't keep the others from it."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.chart.discovery import find_charts, repository_of
from helm_constitution.check.failed import failed_report
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.check.pipeline import run
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.helm.protocol import HelmEngine
from helm_constitution.report.model import ChartReport

if TYPE_CHECKING:
    from helm_constitution.core.model import Progress


def check_charts(
    paths: Sequence[Path], engine: HelmEngine, options: CheckOptions, progress: Progress | None = None
) -> Iterator[ChartReport]:
    """Checks every chart that the paths name, and gives each one's report as soon as it is there.

    Args:
        paths: charts, packaged charts, folders that hold charts.
        engine: lints and renders them.
        options: what is asked for, of each chart.
        progress: told how many of a chart's scenarios are done, and of how many.

    A chart that can't be checked has a report all the same, with what is wrong as its trouble.

    Raises:
        ConstitutionError: where a path names no chart.
    """
    charts = [chart for path in paths for chart in find_charts(path)]
    for chart in charts:
        try:
            report = run(CheckRequest(chart, engine, options, progress))
        except ConstitutionError as error:
            report = failed_report(chart, error)
        root, place = repository_of(chart)
        yield report._replace(root=root, place=place)
        if len(charts) > 1:
            gc.collect()  # objects and their parts know each other: nothing else gives a chart's memory back
