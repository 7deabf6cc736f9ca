"""Which branches of the templates the scenarios entered, shown in the source."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.report.html.elements import Html, tag
from helm_constitution.report.html.sources import numbered
from helm_constitution.report.model import ChartReport, FileCoverage, RunReport
from helm_constitution.report.words import some

_NAMED = 4
"""So many scenarios that entered a branch are named."""


def coverage_section(run: RunReport) -> Html:
    """The templates of each chart of which it is known what was entered; nothing where it was not measured."""
    charts = [chart for chart in run.charts if chart.coverage]
    if not charts:
        return Html()
    return tag(
        "section",
        tag("h2", "Template coverage"),
        tag("p", "✓ rendered by a scenario · ✗ rendered by none · lines without a sign print nothing by themselves"),
        (_chart(chart, named=len(run.charts) > 1) for chart in charts),
        id="coverage",
    )


def _chart(chart: ChartReport, *, named: bool) -> Html:
    heading = tag("h3", chart.title) if named else Html()
    files = (_file(chart, file) for file in chart.coverage or () if file.lines)
    return tag("div", heading, files)


def _file(chart: ChartReport, file: FileCoverage) -> Html:
    entered = sum(branch.entered for branch in file.branches)
    what = f"{entered} of {len(file.branches)} branches" if file.branches else "no branches"
    lines = sum(inside for _, inside in file.lines)
    summary = tag("summary", tag("code", file.path), f" · {what}, {lines} of {len(file.lines)} lines")
    source = (chart.sources or {}).get(file.path)
    body = tag("pre", tag("code", _lines(file, source))) if source is not None else Html()
    return tag("details", summary, body)


def _lines(file: FileCoverage, source: str) -> Iterator[Html]:
    known = dict(file.lines)
    told = {branch.line: _told(branch.entered, branch.scenarios) for branch in file.branches}
    for number, content in enumerate(source.removesuffix("\n").split("\n"), 1):
        inside = known.get(number)
        sign, kind = (" ", "") if inside is None else ("✓", "hit") if inside else ("✗", "missed")
        if number in told and any(branch.line == number and not branch.entered for branch in file.branches):
            sign, kind = "✗", "missed"
        yield numbered(number, content, sign, kind, told.get(number, ""))


def _told(entered: bool, scenarios: tuple[str, ...]) -> str:
    if not entered:
        return "← no scenario enters this branch"
    return f"← entered by {some(scenarios, _NAMED)}" if scenarios else "← entered"
