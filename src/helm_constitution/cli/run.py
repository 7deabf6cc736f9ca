"""Checks charts for the commands that do."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

from helm_constitution.cli.options import CheckArguments
from helm_constitution.cli.progress import Progress
from helm_constitution.fleet.charts import Shown, check_charts
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import HelmEngine
from helm_constitution.report.model import ChartReport, RunReport

Each: TypeAlias = Callable[[RunReport, bool], None]
"""Gets the report of a chart, as a run of its own, and whether it is one of several."""


def run_checks(charts: Sequence[Path], arguments: CheckArguments, each: Each | None = None) -> RunReport:
    """Checks charts, in the current folder if no chart is given, with a bar on the terminal meanwhile.

    Args:
        charts: folders and packages.
        arguments: what the command line asks for.
        each: is called for each chart as soon as it is checked.

    Raises:
        ConstitutionError: where there is no engine, or a path names no chart.
    """
    engine = choose_engine(arguments.engine, arguments.limits)
    try:
        run = RunReport(engine.name, engine.version(), "", (), arguments.options.day)
        reports = []
        for report, is_one_of_several in _reports(charts or (Path(),), engine, arguments):
            # Asked after the first chart: what is no Kubernetes version is that chart's trouble.
            run = run._replace(kube=engine.kube_version(arguments.options.request)) if not run.kube else run
            reports.append(report)
            if each is not None:
                each(run._replace(charts=(report,)), is_one_of_several)
        return run._replace(charts=tuple(reports))
    finally:
        engine.close()


def _reports(
    charts: Sequence[Path], engine: HelmEngine, arguments: CheckArguments
) -> Iterator[tuple[ChartReport, bool]]:
    """The reports as they come, each with whether there are others."""
    progress = Progress()
    several = False

    def show_charts(done: int, total: int, path: str) -> None:
        nonlocal several
        several = True
        progress.show_charts(done, total, path)

    start = functools.partial(choose_engine, arguments.engine)
    shown = Shown(progress.show, show_charts)
    checks = check_charts(charts, engine, arguments.options, start, arguments.limits, shown)
    try:
        with closing(checks):
            for report in checks:
                progress.clear()
                yield report, several
    finally:
        progress.clear()
