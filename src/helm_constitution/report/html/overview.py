"""The verdict, the charts × principles, what is unchecked, the scenarios, the comparison and the trend."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from helm_constitution.report.fix_first import Edit, fix_first
from helm_constitution.report.html.elements import Child, Html, badge, joined, table, tag
from helm_constitution.report.html.findings import anchor, groups
from helm_constitution.report.html.sources import shown_place
from helm_constitution.report.model import ChartReport, EarlierRun, PrincipleReport, RunReport
from helm_constitution.report.upgrade import Step, upgrade_note
from helm_constitution.report.words import counts, is_partly_unchecked, not_understood, parted, unchecked_reason


def matrix(run: RunReport) -> Html:
    """Each chart's verdict by principle; of a single chart the evidence as well."""
    if len(run.charts) == 1:
        return _principles(run.charts[0])
    titles = dict.fromkeys(principle.title for chart in run.charts for principle in chart.principles)
    rows = [
        (
            chart.title,
            badge(chart.gate.value),
            counts(chart.findings),
            *_cells(number, chart, titles),
        )
        for number, chart in enumerate(run.charts)
    ]
    heads = ("Chart", "Gate", "Findings", *titles)
    return tag(
        "section", tag("h2", "Charts and principles"), table("Charts and principles", heads, rows), id="overview"
    )


def _cells(number: int, chart: ChartReport, titles: dict[str, None]) -> Iterator[Child]:
    principles = {principle.title: principle for principle in chart.principles}
    linked = _with_findings(chart)
    for title in titles:
        principle = principles.get(title)
        yield _verdict(number, principle, linked) if principle is not None else ""


def _with_findings(chart: ChartReport) -> set[str]:
    """The keys of the principles that the page has findings of."""
    return {group.key for group in groups(chart)}


def _verdict(number: int, principle: PrincipleReport, linked: set[str]) -> Html:
    mark = badge(principle.verdict.label)
    if principle.key in linked:
        return tag("a", mark, href=f"#{anchor(number, principle.key)}")
    return mark


def _principles(chart: ChartReport) -> Html:
    linked = _with_findings(chart)
    rows = [(principle.title, _verdict(0, principle, linked), principle.evidence) for principle in chart.principles]
    heads = ("Principle", "Verdict", "Evidence")
    return tag("section", tag("h2", "Principles"), table("Principles", heads, rows), id="overview")


def unchecked_section(run: RunReport) -> Html:
    """The statements that could not be checked, with the reasons, and the sentences that were not understood."""
    rows = [
        (
            chart.name,
            f"{principle.title}, line {report.statement.line}",
            _statement(report.statement.keyword, report.statement.full_text),
            unchecked_reason(report),
        )
        for chart in run.charts
        for principle in chart.principles
        for report in principle.statements
        if is_partly_unchecked(report)
    ]
    heads = ("Chart", "Statement", "Text", "Why unchecked")
    summary = tag("summary", f"{len(rows)} statement{'' if len(rows) == 1 else 's'} unchecked, at least in part")
    inner = tag("details", summary, table("Unchecked statements", heads, rows)) if rows else ""
    doubts = [_doubts(chart) for chart in run.charts if not_understood(chart) is not None]
    return tag("section", tag("h2", "Unchecked"), inner, doubts, id="unchecked") if rows or doubts else Html()


def _doubts(chart: ChartReport) -> Html:
    """The sentences of a chart's constitution that look like demands and could not be read as such."""
    assert chart.constitution is not None
    rows = [(f"line {one.line}", one.text, one.reason) for one in chart.constitution.not_understood]
    summary = tag("summary", f"{chart.name}: {not_understood(chart)}")
    return tag("details", summary, table("Sentences not understood", ("Place", "Text", "Why not understood"), rows))


def _statement(keyword: str, words: str) -> Html:
    return joined(tag("b", f"{keyword}: "), words)


def fix_first_section(run: RunReport) -> Html:
    """The most urgent edits of each chart, as many as the text report names."""
    several = len(run.charts) > 1
    parts: list[Html] = []
    for chart in run.charts:
        if edits := fix_first(chart):
            steps = tag("ol", (_edit(chart, edit) for edit in edits))
            summary = tag("summary", chart.title)
            parts.append(tag("details", summary, steps) if several else steps)
    return tag("section", tag("h2", "Fix first"), parts, id="fix-first") if parts else Html()


def _edit(chart: ChartReport, edit: Edit) -> Html:
    first = edit.findings[0]
    wrong, to_do = parted(first.message)
    place = joined(tag("code", shown_place(chart, edit.location)), edit.size_note)
    return tag("li", f"{wrong} ", tag("code", first.rule), tag("p", place, f": {to_do}" if to_do else ""))


def scenarios_section(run: RunReport) -> Html:
    """How each scenario went, the inputs that a user must give, and what could not be checked."""
    rendered = [
        (chart.name, tag("code", one.name), one.status.value, one.message or "")
        for chart in run.charts
        for one in chart.scenarios
    ]
    inputs = [
        (tag("code", one.path), one.kind, one.message, chart.name) for chart in run.charts for one in chart.inputs
    ]
    notices = [tag("li", f"{chart.name}: {notice}") for chart in run.charts for notice in chart.notices]
    return tag(
        "section",
        tag("h2", "Scenarios"),
        table("Scenarios", ("Chart", "Scenario", "Status", "Message"), rendered) if rendered else "",
        table("Inputs a user must give", ("Value", "Type", "Message", "Chart"), inputs, visible=True) if inputs else "",
        tag("ul", notices) if notices else "",
        id="scenarios",
    )


def problems_section(run: RunReport) -> Html:
    """What could not be checked, the first thing to look at."""
    items = []
    for chart in run.charts:
        for trouble in chart.troubles:
            line = f":{trouble.line}" if trouble.line else ""
            place = tag("code", f"{trouble.file}{line}") if trouble.file else Html()
            scenario = f" (scenario {trouble.scenario})" if trouble.scenario else ""
            more = tag("pre", [joined(one, Html("\n")) for one in (trouble.traceback or "").splitlines()])
            trace = more if trouble.traceback else ""
            items.append(tag("li", f"{chart.name}: ", place, f" {trouble.message}{scenario}", trace))
    return tag("section", tag("h2", "Could not check"), tag("ul", items), id="problems") if items else Html()


def upgrade_section(run: RunReport) -> Html:
    """The comparison of each chart with its baseline, and what to do when upgrading."""
    parts = [_upgrade(chart) for chart in run.charts if chart.baseline is not None]
    return tag("section", tag("h2", "Upgrading"), parts, id="upgrade") if parts else Html()


def _upgrade(chart: ChartReport) -> Html:
    assert chart.baseline is not None
    note = upgrade_note(chart.baseline, chart.version)
    parts: list[Child] = [tag("h3", chart.title), tag("p", note.summary)]
    parts += [_step(step) for step in note.steps]
    for title, texts in (("New", note.features), ("Changed defaults", note.defaults)):
        if texts:
            parts += [tag("h4", title), tag("ul", [tag("li", one) for one in texts])]
    if chart.baseline.commit_message is not None:
        lines = [joined(line, Html("\n")) for line in chart.baseline.commit_message.splitlines()]
        parts += [tag("h4", "For the commit's message"), tag("pre", lines)]
    return tag("div", *parts)


def _step(step: Step) -> Html:
    to_do = f"; {step.to_do}" if step.to_do else ""
    sides = [
        tag("figure", tag("figcaption", title), tag("pre", [joined(line, Html("\n")) for line in yaml.splitlines()]))
        for title, yaml in (("before", step.before), ("after", step.after))
        if yaml
    ]
    return tag(
        "div", tag("p", badge("breaking"), f" {step.what}{to_do}"), tag("div", sides, class_="panes"), class_="step"
    )


_SHOWN = 12
"""Earlier reports that the table of the trend has columns for."""


def trend_section(run: RunReport) -> Html:
    """The findings of each principle in earlier reports and in this one; nothing without earlier ones."""
    if not run.history:
        return Html()
    titles: dict[str, str] = {}
    now: dict[str, int] = {}
    for chart in run.charts:
        for group in groups(chart):
            active = sum(finding.active for finding in group.findings)
            now[group.key] = now.get(group.key, 0) + active
        titles.update((principle.key, principle.title) for principle in chart.principles)
    history = run.history[-_SHOWN:]
    earlier = [_of_charts(one, {chart.name for chart in run.charts}) for one in history]
    keys = [*titles, *sorted({key for counts in (*earlier, now) for key in counts} - set(titles))]
    rows: list[tuple[Child, ...]] = []
    for key in keys:
        numbers = [counts.get(key, 0) for counts in (*earlier, now)]
        rows.append((titles.get(key, key), _line(numbers), *map(str, numbers)))
    totals = [sum(counts.values()) for counts in (*earlier, now)]
    rows.append(("All", _line(totals), *map(str, totals)))
    heads = ("Principle", "Trend", *(one.label for one in history), "now")
    return tag(
        "section", tag("h2", "Trend"), table("Active findings by principle", heads, rows, visible=True), id="trend"
    )


def _of_charts(earlier: EarlierRun, charts: Collection[str]) -> dict[str, int]:
    """The findings of an earlier report by principle, of these charts alone."""
    found: dict[str, int] = {}
    for (chart, key), count in earlier.findings.items():
        if chart in charts:
            found[key] = found.get(key, 0) + count
    return found


def _line(numbers: Sequence[int]) -> Html:
    """A small curve of the numbers in the table's cells."""
    top, width, height = max(*numbers, 1), 96, 24
    step = width / max(len(numbers) - 1, 1)
    points = " ".join(
        f"{index * step:.1f},{height - 2 - (height - 4) * one / top:.1f}" for index, one in enumerate(numbers)
    )
    curve = tag("polyline", points=points, fill="none", stroke="currentColor", stroke_width=2)
    told = f"from {numbers[0]} to {numbers[-1]}"
    return tag("svg", curve, viewBox=f"0 0 {width} {height}", width=width, height=height, role="img", aria_label=told)
