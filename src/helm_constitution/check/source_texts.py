"""The texts of a chart's files, for reports that show findings in their source."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from helm_constitution.core.model import Base

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.report.model import ChartReport


def with_sources(report: ChartReport, chart: Chart, without_secrets: Callable[[str, str], str]) -> ChartReport:
    """The report with the text of each file that a finding or the coverage names.

    Args:
        report: the chart's report.
        chart: has the files.
        without_secrets: hides what no report may show, of a file and its text.
    """
    places = [place for one in report.findings for place in (one.location, *(other.location for other in one.related))]
    names = {place.file for place in places if place.base is Base.CHART and place.file and place.line is not None}
    names.update(file.path for file in report.coverage or ())
    texts = {name: chart.files[name] for name in sorted(names & chart.files.keys())}
    return report._replace(sources={name: without_secrets(name, text) for name, text in texts.items()})
