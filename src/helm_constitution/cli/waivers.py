"""``waivers``: lists the waivers of charts, with their age, what they are used for and their last day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click

from helm_constitution.chart.loader import load_chart
from helm_constitution.check.options import CheckRequest
from helm_constitution.check.setup import load_policy
from helm_constitution.cli.options import CheckArguments, charts_argument, check_options
from helm_constitution.cli.printing import say
from helm_constitution.cli.run import run_checks
from helm_constitution.compare.git import Repository
from helm_constitution.core.errors import BaselineError
from helm_constitution.core.model import Base
from helm_constitution.helm.choose import choose_engine
from helm_constitution.policy.waiver import Waiver
from helm_constitution.report.model import ChartReport
from helm_constitution.report.text_findings import shown_place


@click.command("waivers")
@charts_argument
@check_options
def command(arguments: CheckArguments, /, charts: tuple[Path, ...]) -> int:
    """List the waivers of charts: how old each is, how many findings it covers, and its last day.

    Exit status: 0 no waiver fails the gate, 1 one has expired or is unused, 2 a chart could not be checked.
    """
    run = run_checks(charts, arguments)
    status = 0
    engine = choose_engine(arguments.engine, arguments.limits)
    try:
        for report in run.charts:
            request = CheckRequest(Path(report.path), engine, arguments.options)
            lines = list(_waivers(report, request, arguments.options.day))
            say(f"{report.path}: {len(lines)} waiver{'' if len(lines) == 1 else 's'}")
            for line in lines:
                say(f"  {line}")
            status = max(status, report.status if report.status == 2 else int(bool(report.stale)))
    finally:
        engine.close()
    return status


def _waivers(report: ChartReport, request: CheckRequest, day: str) -> Iterator[str]:
    chart = request.chart
    if chart.is_file():
        from helm_constitution.chart.archive import unpack

        chart = unpack(chart, str(chart))
    policy = load_policy(request, load_chart(chart, shown=str(request.chart)))
    singles = [single for finding in report.findings for single in finding.singles]
    stale = {one.location: one.reason for one in report.stale}
    for waiver in policy.waivers:
        used = sum(single.waived is not None and single.waived.location == waiver.location for single in singles)
        where = shown_place(report, waiver.location)
        parts = [f"used for {used} finding{'' if used == 1 else 's'}", _age(waiver, request.chart, day)]
        parts.append(f"last day {waiver.expires}" if waiver.expires else "no last day")
        if (reason := stale.get(waiver.location)) is not None:
            parts.append(f"stale: {reason}")
        yield f"{waiver.waives}{_scope(waiver)} ({where}): {', '.join(parts)}: {waiver.why_needed}"


def _scope(waiver: Waiver) -> str:
    texts = [f"{word} {text}" for word, text in waiver.scope.items()]
    return f" [{', '.join(texts)}]" if texts else ""


def _age(waiver: Waiver, chart: Path, day: str) -> str:
    """Since when it is in the repository, by git; a waiver that isn't committed is new."""
    place = waiver.location
    if place.file is None or place.line is None or place.base is Base.ABSOLUTE:
        return "age unknown"
    folder = chart if chart.is_dir() else chart.parent
    try:
        repository = Repository(folder)
        root = folder if place.base is Base.CHART else repository.root
        since = repository.day_of_line(root / place.file, place.line)
    except BaselineError:
        return "age unknown"
    if since is None:
        return "not committed"
    days = (date.fromisoformat(day) - date.fromisoformat(since)).days
    return f"{max(days, 0)} day{'' if days == 1 else 's'} old"
