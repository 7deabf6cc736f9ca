"""What a run gives for each chart: its report, or its part of the run's report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from helm_constitution.check.charts import placed
from helm_constitution.check.failed import UNREADABLE
from helm_constitution.report.model import ChartReport
from helm_constitution.report.parts import Part

if TYPE_CHECKING:
    from helm_constitution.check.cache import Cache
    from helm_constitution.check.kept_report import KeptReport
    from helm_constitution.report.model import RunReport
    from helm_constitution.report.parts import PartForm

T_co = TypeVar("T_co", covariant=True)


class Answers(Protocol[T_co]):
    """Makes a chart's answer of its report."""

    def kept(self, chart: Path, kept: KeptReport) -> T_co | None:
        """The answer for an unchanged chart; None where what is kept of it is no use."""
        ...

    def made(self, chart: Path, report: ChartReport, cache: Cache | None) -> T_co:
        """The answer for a chart that was checked just now, and the cache that may keep it."""
        ...


class Reports:
    """Answers with reports."""

    def kept(self, chart: Path, kept: KeptReport) -> ChartReport | None:
        """See Answers."""
        report = kept.report()
        return placed(chart, report) if report is not None else None

    def made(self, chart: Path, report: ChartReport, cache: Cache | None) -> ChartReport:
        """See Answers."""
        return placed(chart, report)


class Parts:
    """Answers with parts of a report.

    Args:
        form: the report's form.
        run: the run without its charts; called when there is a report of one.
        several: whether a chart is one of several.
    """

    def __init__(self, form: PartForm, run: Callable[[], RunReport], *, several: bool) -> None:
        self._form = form
        self._run = run
        self._several = several
        self.failed: list[ChartReport] = []
        """The reports of charts that could not be checked at all."""

    def kept(self, chart: Path, kept: KeptReport) -> Part | None:
        """See Answers."""
        name = self._name()
        part = kept.part(name)
        if part is None and (report := kept.report()) is not None:
            part = self._part(placed(chart, report))
            kept.keep_part(name, part)
        return part

    def made(self, chart: Path, report: ChartReport, cache: Cache | None) -> Part:
        """See Answers."""
        if any(trouble.kind == UNREADABLE for trouble in report.troubles):
            self.failed.append(report)
        part = self._part(placed(chart, report))
        if cache is not None and report.mark:
            cache.keep_part(report.mark, self._name(), part)
        return part

    def _part(self, report: ChartReport) -> Part:
        return Part(self._form.part(self._run(), report, self._several), report.summary)

    def _name(self) -> str:
        return repr((self._form.name, self._run(), self._several))
