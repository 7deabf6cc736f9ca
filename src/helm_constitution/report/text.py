"""The report for a person: the verdict, what to fix first, the findings with the line to open, the principles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helm_constitution.core.model import DEFAULTS, Finding, Trouble, Verdict
from helm_constitution.report.fix_first import fix_first
from helm_constitution.report.model import (
    BaselineReport,
    ChartReport,
    ChartSummary,
    Counts,
    RunReport,
    StatementReport,
    worst,
)
from helm_constitution.report.style import Style
from helm_constitution.report.text_findings import block, opened, painted, shown_place
from helm_constitution.report.words import (
    asked,
    clean,
    counts,
    gate_line,
    inert,
    is_partly_unchecked,
    label,
    more_of,
    not_understood,
    parted,
    scenarios,
    shorten,
    some,
    standing,
    unchecked_reason,
)

LINES = 85
"""Lines of findings of a single chart; of what doesn't fit the rules are named, and ``--all`` shows it."""
_LINES_OF_SEVERAL = 40
_INPUTS = 6
_WAIVERS = 10
_KINDS = ("error", "warning", "note", "waived", "debt")


def render(run: RunReport, *, colour: bool = False, full: bool = False, width: int = 100, links: bool = False) -> str:
    """The report as text.

    Args:
        run: what was checked.
        colour: with ANSI colours.
        full: without shortening long lists.
        width: columns of the terminal.
        links: with hyperlinks from rules to their pages.
    """
    style = Style(width, colour, links)
    parts = [chart_text(run, chart, style, full=full) for chart in run.charts]
    return "".join([*parts, closing_text([chart.summary for chart in run.charts], style)])


def chart_text(run: RunReport, chart: ChartReport, style: Style, *, full: bool = False, several: bool = False) -> str:
    """One chart of a run; an empty line divides it from the next of several.

    Args:
        run: has the engine.
        chart: one of its charts, or one that is to be.
        style: how to write.
        full: everything.
        several: it is one of several charts, which :func:`closing_text` has a table of.
    """
    several = several or len(run.charts) > 1
    lines = [*_head(run, chart, style, full), *_fix_first(chart, style)]
    lines += _findings(chart, style, full, _LINES_OF_SEVERAL if several else LINES)
    lines += _stale(chart, style)
    lines += _unchecked(chart, style, full)
    if not several:
        table = list(_principles(chart, style))
        lines += ["", *table] if table else []
    lines += ["", *_lines(_closing(chart), "bold", style), *([""] if several else [])]
    return inert("".join(f"{line}\n" for line in lines))


def closing_text(charts: Sequence[ChartSummary], style: Style) -> str:
    """The end of a report of several charts: a table of charts and principles, and the verdict of all."""
    if len(charts) < 2:
        return ""
    gate, found = worst(chart.gate for chart in charts), Counts.total(chart.counts for chart in charts)
    totals = style.paint(gate_line(f"{len(charts)} charts", gate, found), gate.value)
    return inert("".join(f"{line}\n" for line in (*_matrix(charts, style), totals)))


# --- what was checked -------------------------------------------------------------------------------------------------


def _head(run: RunReport, chart: ChartReport, style: Style, full: bool) -> Iterator[str]:
    name = clean(chart.title)
    document = _constitution(chart)
    found = Counts.of(chart.findings)
    verdict = gate_line(name, chart.gate, found, document)
    fits = len(verdict) <= style.width
    yield style.paint(verdict if fits else gate_line(name, chart.gate, found), chart.gate.value)
    if not fits:
        yield from _lines(f"constitution: {document}", "dim", style)
    yield style.paint(f"chart: {clean(chart.path)}", "dim")
    engine = f"engine: {run.engine}, helm {run.helm}, Kubernetes {run.kube}"
    yield style.paint(clean(engine), "dim")
    if chart.scenarios:
        yield from _lines(f"scenarios: {scenarios(chart, full=full)}", "dim", style)
    yield from _problems(chart, style)
    for message, names in asked(chart).items():
        yield from _lines(f"needs input ({some(names)}): {message}", "note", style)
    if chart.inputs:
        yield style.paint("inputs a user must give:", "note")
        shown = chart.inputs if full else chart.inputs[:_INPUTS]
        for one in shown:
            yield from style.wrapped(f"{one.path} ({one.kind}): {shorten(one.message, 200)}", first="  ", rest="    ")
        if len(shown) < len(chart.inputs):
            yield f"  … {len(chart.inputs) - len(shown)} more; --all lists them"
    if (doubts := not_understood(chart)) is not None:
        yield from _lines(f"note: {doubts}", "unchecked", style)
    for notice in chart.notices:
        yield from _lines(f"note: {notice}", "note", style)
    if chart.baseline is not None:
        yield from _baseline(chart.baseline, chart.version, style)


def _lines(text: str, kind: str, style: Style) -> Iterator[str]:
    for line in style.wrapped(text, rest="  "):
        yield style.paint(line, kind)


def _constitution(chart: ChartReport) -> str:
    document = chart.constitution
    if document is None:
        return "none"
    version = f" {clean(document.version)}" if document.version else ""
    return f"built-in{version}" if document.builtin else f"{clean(document.file)}{version}"


def _baseline(baseline: BaselineReport, version: str, style: Style) -> Iterator[str]:
    """What the chart was compared with, and which version that requires."""
    from helm_constitution.report.upgrade import summary

    yield from _lines(f"baseline: {summary(baseline, version)}", "dim" if baseline.enough else "error", style)
    if not baseline.objects_compared:
        yield style.paint("note: no scenario rendered on both sides, so objects are not compared", "note")
    if baseline.commit_message is not None and baseline.changes:
        yield "for the commit message:"
        yield from (f"    {clean(line)}" for line in baseline.commit_message.splitlines())


def _problems(chart: ChartReport, style: Style) -> Iterator[str]:
    """What could not be checked, each once, with every scenario that it stopped."""
    stopped: dict[Trouble, list[str]] = {}
    for trouble in chart.troubles:
        stopped.setdefault(trouble._replace(scenario=None), []).append(trouble.scenario or DEFAULTS)
    for trouble, names in stopped.items():
        place = f"{opened(chart, trouble.file)}{f':{trouble.line}' if trouble.line else ''}: " if trouble.file else ""
        word = "scenario" if len(names) == 1 else "scenarios"
        scenario = f" ({word} {some(names)})" if names != [DEFAULTS] else ""
        yield from _lines(f"could not check: {place}{trouble.message}{scenario}", "error", style)
        if trouble.traceback:
            yield from (clean(line) for line in trouble.traceback.rstrip().splitlines())


# --- what to do -------------------------------------------------------------------------------------------------------


def _fix_first(chart: ChartReport, style: Style) -> Iterator[str]:
    edits = fix_first(chart)
    if not edits:
        return
    yield ""
    yield style.paint("Fix first", "bold")
    for number, edit in enumerate(edits, 1):
        first = edit.findings[0]
        wrong, to_do = parted(first.message)
        place = shown_place(chart, edit.location)
        yield from style.wrapped(f"{shorten(wrong, 160)} [{first.rule}]", first=f"{number:>2}. ")
        yield from style.place(f"{place}{edit.size_note}", "    ")
        if to_do:
            help_lines = style.wrapped(f"help: {shorten(to_do, 200)}", first="    ")
            yield from painted(help_lines, "help:", "help", style)


def _findings(chart: ChartReport, style: Style, full: bool, room: int) -> Iterator[str]:
    """The findings by weight and rule, as many as there is room for; debt and dependencies are counted."""
    foreign = [one for one in chart.findings if one.summary and one.active]
    foreign = [] if full or len(foreign) < 2 else foreign
    debt = [] if full else [one for one in chart.findings if label(one) == "debt"]
    waived = [] if full else [one for one in chart.findings if one.waived is not None]
    counted = {id(one) for one in (*foreign, *debt, *waived)}
    groups = _groups([one for one in chart.findings if id(one) not in counted], full)
    left: dict[str, int] = {}
    for group in groups:
        lines = list(block(chart, group, style))
        room -= len(lines) + 1
        if full or (room >= 0 and not left):
            yield ""
            yield from lines
        else:
            left[group[0].rule] = left.get(group[0].rule, 0) + len(group)
    if left or debt or foreign or waived:
        yield ""
    if left:
        named = ", ".join(f"{rule} ({count})" if count > 1 else rule for rule, count in left.items())
        more, them = more_of(sum(left.values()), "finding")
        text = f"… and {more}: {named}; --all shows {them}"
        yield from _lines(text, "dim", style)
    yield from _waived(chart, waived, style)
    if debt:
        rules = list(dict.fromkeys(finding.rule for finding in debt))
        yield from _lines(f"debt: {len(debt)} accepted: {some(rules, 4)}; --all shows them", "debt", style)
    if foreign:
        yield from _dependencies(foreign, style)


def _groups(findings: Sequence[Finding], full: bool) -> list[list[Finding]]:
    """The findings of each rule that count alike; with ``full`` each finding by itself."""
    found: dict[object, list[Finding]] = {}
    ordered = sorted(findings, key=lambda one: _KINDS.index(label(one)))
    for number, finding in enumerate(ordered):
        key = number if full else (label(finding), finding.rule, finding.waived)
        found.setdefault(key, []).append(finding)
    return list(found.values())


def _waived(chart: ChartReport, findings: Sequence[Finding], style: Style) -> Iterator[str]:
    """The waivers in use, each with a finding and why that may stay."""
    groups = _groups(findings, full=False)
    for group in groups[:_WAIVERS]:
        first = group[0]
        more = f" (and {len(group) - 1} more)" if len(group) > 1 else ""
        text = f"waived[{first.rule}]: {shown_place(chart, first.location)}: {parted(first.message)[0]}{more}"
        yield from _lines(f"{text}: {(standing(first) or '').removeprefix('waived: ')}", "waived", style)
    if len(groups) > _WAIVERS:
        yield from _lines(f"… and {len(groups) - _WAIVERS} more waivers; --all shows them", "waived", style)


def _dependencies(findings: Sequence[Finding], style: Style) -> Iterator[str]:
    """What rules found in objects of dependencies, which are outside the chart author's control: a line for all."""
    names = list(dict.fromkeys(finding.dependency or "" for finding in findings))
    rules = list(dict.fromkeys(finding.rule for finding in findings))
    which = "dependencies" if len(names) > 1 else "the dependency"
    text = f"note: in objects of {which} {some(names, 3)}: {some(rules, 4)}; --all shows them"
    yield from _lines(text, "note", style)


def _stale(chart: ChartReport, style: Style) -> Iterator[str]:
    """The waivers that fail the gate."""
    for stale in chart.stale:
        yield ""
        yield f"{style.paint('error', 'error')}: stale waiver of {clean(stale.waives)}: {clean(stale.reason)}"
        yield from style.place(shown_place(chart, stale.location), "  ")


def _unchecked(chart: ChartReport, style: Style, full: bool) -> Iterator[str]:
    """The statements that could not be checked, with the reason; many with one reason in one line."""
    by_reason: dict[tuple[Verdict, str], list[StatementReport]] = {}
    for principle in chart.principles:
        for report in principle.statements:
            if is_partly_unchecked(report):
                verdict = Verdict.ERROR if report.verdict is Verdict.ERROR else Verdict.UNCHECKED
                by_reason.setdefault((verdict, unchecked_reason(report, rules=full)), []).append(report)
    if by_reason:
        yield ""
    for (verdict, reason), those in by_reason.items():
        ending = f" ({reason})" if reason else ""
        if not full and len(those) > 1:
            yield from _lines(f"{verdict.label}: {len(those)} statements{ending}; --all lists them", "unchecked", style)
            continue
        for report in those:
            text = shorten(report.statement.text, 90)
            line = f"{verdict.label}: line {report.statement.line}, {report.statement.keyword}: {text}{ending}"
            yield from _lines(line, "unchecked", style)


# --- tables -----------------------------------------------------------------------------------------------------------


def _principles(chart: ChartReport, style: Style) -> Iterator[str]:
    width = max((len(clean(principle.title)) for principle in chart.principles), default=0)
    for principle in chart.principles:
        verdict = style.paint(f"{principle.verdict.label:<9}", principle.verdict.label)
        room = max(style.width - width - 13, 20)
        yield f"{clean(principle.title):<{width}}  {verdict}  {clean(shorten(principle.evidence, room))}".rstrip()


def _matrix(charts: Sequence[ChartSummary], style: Style) -> Iterator[str]:
    """Charts and principles: a row for each chart, a column for each principle."""
    keys = list(dict.fromkeys(key for chart in charts for key in chart.principles))
    names = [shorten(clean(chart.title), 30) for chart in charts]
    width = max(len(name) for name in names)
    column = max(5, min(9, (style.width - width - 8) // max(len(keys), 1) - 1))
    heads = " ".join(f"{clean(key)[:column]:<{column}}" for key in keys)
    yield style.paint(f"{'':<{width}}  gate   {heads}".rstrip(), "bold")
    for chart, name in zip(charts, names, strict=True):
        verdicts = chart.principles
        cells = (style.paint(f"{verdicts.get(key, '')[:column]:<{column}}", verdicts.get(key, "")) for key in keys)
        yield f"{name:<{width}}  {style.paint(f'{chart.gate.value:<5}', chart.gate.value)}  {' '.join(cells)}".rstrip()
    yield ""


def _closing(chart: ChartReport) -> str:
    found = counts(chart.findings)
    statements = [report for principle in chart.principles for report in principle.statements]
    unchecked = sum(report.verdict is Verdict.UNCHECKED for report in statements)
    stale = f", {len(chart.stale)} stale waiver{'s' if len(chart.stale) > 1 else ''}" if chart.stale else ""
    absent = sum(report.verdict is Verdict.NOT_APPLICABLE for report in statements)
    partly = sum(is_partly_unchecked(report) for report in statements) - unchecked
    count = f"{len(statements)} statement{'' if len(statements) == 1 else 's'}"
    text = f"gate: {chart.gate.value}; {found}{stale}; {count}, {unchecked} unchecked"
    if partly:
        text += f", {partly} in part"
    if absent:
        text += f", {absent} n/a"
    if chart.undemanded:
        text += f"; {chart.undemanded} rules not demanded by this constitution"
    return text
