"""Reports that have a part of its own for each chart: an unchanged chart's part need not be made again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from helm_constitution.core.addresses import documentation
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.report.model import ChartReport, ChartSummary, RunReport


class Part(NamedTuple):
    """The part of a report that is about one chart: its text, and what the end of the report says of the chart."""

    text: str
    summary: ChartSummary


class PartForm(NamedTuple):
    """A format of which each chart has a part.

    ``name`` tells it from every other one, with all options that change a part. ``part`` gives the text of a chart,
    which may be one of several. ``whole`` gives the report in pieces: all of it, or, where parts are printed
    ``at_once``, its end.
    """

    name: str
    at_once: bool
    part: Callable[[RunReport, ChartReport, bool], str]
    whole: Callable[[RunReport, Sequence[Part]], Iterable[str]]


def text_form(width: int, *, colour: bool, links: bool, full: bool) -> PartForm:
    """The text report, as :func:`helm_constitution.report.text.render` has it."""

    def part(run: RunReport, chart: ChartReport, several: bool) -> str:
        from helm_constitution.report import text
        from helm_constitution.report.style import Style

        return text.chart_text(run, chart, Style(width, colour, links), full=full, several=several)

    def end(run: RunReport, parts: Sequence[Part]) -> Iterable[str]:
        if len(parts) < 2:
            return ()
        from helm_constitution.report import text
        from helm_constitution.report.style import Style

        return (text.closing_text([part.summary for part in parts], Style(width, colour, links)),)

    address = documentation() if links else None
    return PartForm(repr(("text", width, colour, address, full)), True, part, end)


def json_form() -> PartForm:
    """The JSON report."""

    def part(run: RunReport, chart: ChartReport, several: bool) -> str:
        from helm_constitution.report.jsonreport import chart_text

        return chart_text(chart)

    def whole(run: RunReport, parts: Sequence[Part]) -> Iterable[str]:
        from helm_constitution.report.jsonreport import joined

        return joined(run, parts)

    return PartForm("json", False, part, whole)
