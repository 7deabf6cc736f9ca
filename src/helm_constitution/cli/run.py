"""Checks charts for the commands that do."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from helm_constitution.cli.options import CheckArguments
from helm_constitution.cli.progress import Progress
from helm_constitution.fleet.charts import Shown, check_charts
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import HelmEngine
from helm_constitution.report.model import ChartReport, RunReport


def run_checks(charts: Sequence[Path], arguments: CheckArguments) -> RunReport:
    """Checks charts, in the current folder if no chart is given, with a bar on the terminal meanwhile.

    Raises:
        ConstitutionError: where there is no engine, or a path names no chart.
    """
    engine = choose_engine(arguments.engine, arguments.limits)
    try:
        reports = _reports(charts or (Path(),), engine, arguments)
        kube = engine.kube_version(arguments.options.request)
        return RunReport(engine.name, engine.version(), kube, reports, arguments.options.day)
    finally:
        engine.close()


def _reports(charts: Sequence[Path], engine: HelmEngine, arguments: CheckArguments) -> tuple[ChartReport, ...]:
    progress = Progress()
    shown = Shown(progress.show, progress.show_charts)
    start = functools.partial(choose_engine, arguments.engine)
    checks = check_charts(charts, engine, arguments.options, start, arguments.limits, shown)
    reports: list[ChartReport] = []
    try:
        with closing(checks):
            for report in checks:
                progress.clear()
                reports.append(report)
    finally:
        progress.clear()
    return tuple(reports)
