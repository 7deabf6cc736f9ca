"""Checks charts for the commands that do."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from helm_constitution.check.answers import Parts, Reports
from helm_constitution.check.charts import charts_at
from helm_constitution.cli.options import CheckArguments
from helm_constitution.cli.progress import Progress
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.fleet.charts import Shown, check_charts
from helm_constitution.helm.choose import choose_engine
from helm_constitution.report.model import ChartReport, RunReport, worst

if TYPE_CHECKING:
    from helm_constitution.check.answers import Answers
    from helm_constitution.report.parts import PartForm

T = TypeVar("T")

Each: TypeAlias = Callable[[RunReport, bool], None]
"""Gets the report of a chart, as a run of its own, and whether it is one of several."""


class PartsRun(NamedTuple):
    """A run that gave a part of the report for each chart; ``whole`` is the report in pieces, or its end if parts are
    printed at once; ``failed`` are the reports of charts that could not be checked at all."""

    status: int
    whole: Iterable[str]
    failed: Sequence[ChartReport]


def run_checks(charts: Sequence[Path], arguments: CheckArguments, each: Each | None = None) -> RunReport:
    """Checks charts, in the current folder if no chart is given, with a bar on the terminal meanwhile.

    Args:
        charts: folders and packages.
        arguments: what the command line asks for.
        each: is called for each chart as soon as it is checked.

    Raises:
        ConstitutionError: where there is no engine, or a path names no chart.
    """
    with closing(_Run(charts, arguments)) as run:
        reports = []
        for report in run.answers(Reports()):
            reports.append(report)
            # The engine is asked after the first chart: what is no Kubernetes version is that chart's trouble.
            found = run.report()._replace(charts=(report,))
            if each is not None:
                each(found, run.several)
        return run.report()._replace(charts=tuple(reports))


def run_in_parts(
    charts: Sequence[Path], arguments: CheckArguments, form: PartForm, show: Callable[[str], None]
) -> PartsRun:
    """The same for a report that has a part for each chart.

    Args:
        charts: folders and packages.
        arguments: what the command line asks for.
        form: the report's form.
        show: gets each part as soon as it is there, where the form says so.

    Raises:
        ConstitutionError: where there is no engine, or a path names no chart.
    """
    with closing(_Run(charts, arguments)) as run:
        answers = Parts(form, run.report, several=run.several)
        parts = []
        for part in run.answers(answers):
            if form.at_once:
                show(part.text)
            parts.append(part._replace(text="") if form.at_once else part)
        status = worst(part.summary.gate for part in parts).status
        return PartsRun(status, form.whole(run.report(), parts), answers.failed)


class _Run:
    """A run's engine and charts."""

    def __init__(self, charts: Sequence[Path], arguments: CheckArguments) -> None:
        self._arguments = arguments
        self._engine = choose_engine(arguments.engine, arguments.limits)
        self._report: RunReport | None = None
        try:
            self._charts = charts_at(charts or (Path(),))
        except ConstitutionError:
            self.close()
            raise
        self.several = len(self._charts) > 1

    def report(self) -> RunReport:
        """The run without its charts."""
        if self._report is None:
            engine, options = self._engine, self._arguments.options
            kube = engine.kube_version(options.request)
            self._report = RunReport(engine.name, engine.version(), kube, (), options.day)
        return self._report

    def answers(self, answers: Answers[T]) -> Iterator[T]:
        """The answers as they come."""
        progress, arguments = Progress(), self._arguments
        start = functools.partial(choose_engine, arguments.engine)
        shown = Shown(progress.show, progress.show_charts)
        checks = check_charts(self._charts, self._engine, arguments.options, start, arguments.limits, shown, answers)
        try:
            with closing(checks):
                for answer in checks:
                    progress.clear()
                    yield answer
        finally:
            progress.clear()

    def close(self) -> None:
        """Ends the engine."""
        self._engine.close()
