"""The report for a person: principle by principle, each finding with the line to open, a closing table."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

from helm_constitution.core.model import Base, Finding, Location, Precision, Trouble, Verdict, Waived
from helm_constitution.render.scenarios import DEFAULTS
from helm_constitution.report.model import BaselineReport, ChartReport, PrincipleReport, RunReport, StatementReport
from helm_constitution.report.words import (
    as_yaml,
    asked,
    clean,
    counts,
    gate_line,
    homes,
    inert,
    is_partly_unchecked,
    label,
    not_understood,
    other_places,
    other_rules,
    scenarios,
    shorten,
    some,
    unchecked_reason,
)

SHOWN = 5
"""How many findings of one rule are shown under a principle before the rest is counted."""

_RESET = "\x1b[0m"
_STYLES = {
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "note": "\x1b[1;36m",
    "waived": "\x1b[1;34m",
    "debt": "\x1b[1;34m",
    "fail": "\x1b[1;31m",
    "unchecked": "\x1b[1;35m",
    "pass": "\x1b[1;32m",
    "warn": "\x1b[1;33m",
    "n/a": "\x1b[2m",
    "caret": "\x1b[1;31m",
}

Paint = Callable[[str, str], str]


def _plain(text: str, style: str) -> str:
    return text


def _coloured(text: str, style: str) -> str:
    return f"{_STYLES[style]}{text}{_RESET}" if style in _STYLES else text


def render(run: RunReport, *, colour: bool = False, full: bool = False) -> str:
    """The report as text.

    Args:
        run: what was checked.
        colour: with ANSI colours.
        full: without shortening long lists.
    """
    paint = _coloured if colour else _plain
    lines: list[str] = []
    if len(run.charts) > 1:
        lines += [_totals(run, paint), ""]
    for chart in run.charts:
        lines.extend(_chart(chart, run, paint, full))
        lines.append("")
    if len(run.charts) > 1:
        lines += [_totals(run, paint), ""]
    return inert("\n".join(lines))


def _chart(chart: ChartReport, run: RunReport, paint: Paint, full: bool) -> Iterator[str]:
    name = clean(f"{chart.name} {chart.version}".strip())
    yield paint(gate_line(name, chart.gate, chart.findings, _constitution(chart)), chart.gate.value)
    yield paint(f"chart: {clean(chart.path)}", "dim")
    yield paint(f"engine: {run.engine}, helm {clean(run.helm)}, Kubernetes {clean(run.kube)}", "dim")
    if chart.scenarios:
        yield paint(f"scenarios: {clean(scenarios(chart, full=full))}", "dim")
    for message, names in asked(chart).items():
        yield paint(f"needs input ({clean(some(names))}): {clean(message)}", "note")
    if chart.inputs:
        yield paint("inputs a user must give:", "note")
        for one in chart.inputs:
            yield f"  {clean(one.path)} ({one.kind}): {clean(shorten(one.message, 100))}"
    if (doubts := not_understood(chart)) is not None:
        yield paint(f"note: {doubts}", "unchecked")
    for notice in chart.notices:
        yield paint(f"note: {clean(notice)}", "note")
    if chart.baseline is not None:
        yield from _baseline(chart.baseline, chart.version, paint)
    by_principle = homes(chart)
    for principle in chart.principles:
        yield from _principle(chart, principle, by_principle.get(id(principle), []), paint, full)
    if by_principle.get(0):
        yield ""
        yield paint("Selected rules", "bold")
        yield from _kinds(chart, by_principle[0], paint, full)
    if chart.stale:
        yield ""
        yield from _stale(chart, paint)
    if chart.troubles:
        yield ""
        yield from _problems(chart, paint)
    yield ""
    yield from _table(chart, paint)
    yield ""
    yield _closing(chart, paint)


def _baseline(baseline: BaselineReport, version: str, paint: Paint) -> Iterator[str]:
    """What the chart was compared with, and what that asks of its version."""
    from helm_constitution.report.upgrade import summary

    yield paint(f"baseline: {clean(summary(baseline, version))}", "dim" if baseline.enough else "error")
    if not baseline.objects_compared:
        yield paint("note: no scenario rendered on both sides, so that objects are not compared", "note")
    if baseline.commit_message is not None and baseline.changes:
        yield "for the commit's message:"
        yield from (f"    {clean(line)}" for line in baseline.commit_message.splitlines())


def _constitution(chart: ChartReport) -> str:
    document = chart.constitution
    if document is None:
        return "none"
    version = f" {clean(document.version)}" if document.version else ""
    return f"built-in{version}" if document.builtin else f"{clean(document.file)}{version}"


def _problems(chart: ChartReport, paint: Paint) -> Iterator[str]:
    """What could not be judged, each once, with every scenario that it stopped."""
    scenarios: dict[Trouble, list[str]] = {}
    for trouble in chart.troubles:
        scenarios.setdefault(trouble._replace(scenario=None), []).append(trouble.scenario or DEFAULTS)
    for trouble, names in scenarios.items():
        place = f"{_open(chart, trouble.file)}{f':{trouble.line}' if trouble.line else ''}: " if trouble.file else ""
        word = "scenario" if len(names) == 1 else "scenarios"
        scenario = f" ({word} {clean(some(names))})" if names != [DEFAULTS] else ""
        yield paint("could not judge", "error") + f": {place}{clean(trouble.message)}{scenario}"
        if trouble.traceback:
            yield from (clean(line) for line in trouble.traceback.rstrip().splitlines())


def _stale(chart: ChartReport, paint: Paint) -> Iterator[str]:
    """The waivers that fail the gate."""
    for stale in chart.stale:
        kind = paint("stale waiver", "error")
        yield f"{paint(_shown(chart, stale.location), 'bold')}: {kind} of {clean(stale.waives)}: {clean(stale.reason)}"


def _principle(
    chart: ChartReport, principle: PrincipleReport, findings: Sequence[Finding], paint: Paint, full: bool
) -> Iterator[str]:
    unchecked = [report for report in principle.statements if is_partly_unchecked(report)]
    if not findings and not unchecked:
        return
    yield ""
    yield paint(clean(principle.title), "bold") + " · " + paint(principle.verdict.label, principle.verdict.label)
    yield from _kinds(chart, findings, paint, full)
    yield from _unchecked(unchecked, paint, full)


def _kinds(chart: ChartReport, findings: Sequence[Finding], paint: Paint, full: bool) -> Iterator[str]:
    """What is to mend first; what is waived, debt or a dependency's after it, the latter two counted."""
    active = [one for one in findings if one.active]
    waived = [one for one in findings if one.waived is not None]
    debt = [one for one in findings if not one.active and one.waived is None]
    foreign = [one for one in active if one.summary]
    if full or len(foreign) < 2:
        foreign = []
    else:
        active = [one for one in active if not one.summary]
    yield from _findings(chart, active, paint, full)
    yield from _findings(chart, waived, paint, full)
    if full:
        yield from _findings(chart, debt, paint, full)
    elif debt:
        rules = list(dict.fromkeys(finding.rule for finding in debt))
        yield f"  {paint('debt', 'debt')} {len(debt)} accepted: {clean(some(rules, 4))}; --all shows them"
    if foreign:
        yield from _dependencies(foreign, paint)


def _dependencies(findings: Sequence[Finding], paint: Paint) -> Iterator[str]:
    """What rules found in objects of dependencies, which the chart's author can't edit: a line for all."""
    names = list(dict.fromkeys(finding.dependency or "" for finding in findings))
    rules = list(dict.fromkeys(finding.rule for finding in findings))
    yield (
        f"  {paint('note', 'note')} in objects of {'dependencies' if len(names) > 1 else 'the dependency'} "
        f"{clean(some(names, 3))}: {clean(some(rules, 4))}; --all shows them"
    )


def _unchecked(reports: Sequence[StatementReport], paint: Paint, full: bool) -> Iterator[str]:
    """The statements of which nothing can be said, with the reason; many with one reason in one line."""
    by_reason: dict[tuple[Verdict, str], list[StatementReport]] = {}
    for report in reports:
        verdict = Verdict.ERROR if report.verdict is Verdict.ERROR else Verdict.UNCHECKED
        by_reason.setdefault((verdict, unchecked_reason(report, rules=full)), []).append(report)
    for (verdict, reason), those in by_reason.items():
        label, ending = paint(verdict.label, "unchecked"), f" ({clean(reason)})" if reason else ""
        if not full and len(those) > SHOWN - 2:
            yield f"  {label} {len(those)} statements{ending}; --all lists them"
            continue
        for report in those:
            text = clean(shorten(report.statement.text, 90))
            yield f"  {label} line {report.statement.line}, {report.statement.keyword}: {text}{ending}"


def _findings(chart: ChartReport, findings: Sequence[Finding], paint: Paint, full: bool) -> Iterator[str]:
    by_rule: dict[str, dict[tuple[object, ...], list[Finding]]] = {}
    for finding in sorted(findings, key=lambda finding: -finding.severity):
        alike = by_rule.setdefault(finding.rule, {})
        place = finding.location
        if finding.object is None and not full:  # the same words of several lines of one file
            place = Location(place.base, place.file)
        alike.setdefault((place, finding.message, finding.waived, finding.debt), []).append(finding)
    for rule, places in by_rule.items():
        groups = list(places.values())
        shown = groups if full or len(groups) <= SHOWN + 1 else groups[:SHOWN]
        for group in shown:
            yield from _finding(chart, group, paint)
        if len(shown) < len(groups):
            hidden = sum(len({finding.location for finding in group}) for group in groups[len(shown) :])
            yield paint(f"  … {hidden} more of {clean(rule)}; --all shows them", "dim")


def _finding(chart: ChartReport, group: Sequence[Finding], paint: Paint) -> Iterator[str]:
    """One place and message, with every object that it is wrong in."""
    finding = group[0]
    painted = paint(label(finding), label(finding))
    place = _shown(chart, finding.location)
    if finding.object is not None and finding.location.precision is Precision.FILE:
        place += " (line not certain)"
    yield f"  {paint(place, 'bold')}: {painted} {clean(finding.rule)}: {clean(finding.message)}"
    if finding.source_line is not None and finding.location.line is not None:
        yield from _source(finding.location, finding.source_line, paint)
    lines = [str(line) for line in dict.fromkeys(other.location.line for other in group[1:]) if line]
    lines = [line for line in lines if line != str(finding.location.line)]
    if lines:
        yield paint(f"        also at line{'s' if len(lines) > 1 else ''} {some(lines, 6)}", "dim")
    yield from _parts(chart, finding, paint)
    if not finding.summary:
        yield from _objects(group, paint)
    for related in finding.related:
        yield paint(f"        see {_shown(chart, related.location)}: {clean(related.message)}", "dim")
    if finding.waived is not None:
        yield from _reasons(chart, finding.waived, paint)
    elif finding.debt is not None:
        yield paint(f"        accepted on {clean(finding.debt.since)}", "dim")


def _parts(chart: ChartReport, finding: Finding, paint: Paint) -> Iterator[str]:
    """What a finding stands for besides its own rule and place, and the YAML that mends all of it."""
    if rules := other_rules(finding):
        yield paint(f"        with {clean(some(rules, 6))}", "dim")
    if places := other_places(finding):
        yield paint(f"        also at {some([_shown(chart, place) for place in places], 4)}", "dim")
    if finding.paste is not None:
        yield paint("        set:", "dim")
        yield from (f"          {clean(line)}" for line in as_yaml(finding.paste).splitlines())


def _reasons(chart: ChartReport, waived: Waived, paint: Paint) -> Iterator[str]:
    more = f" (until {waived.expires})" if waived.expires is not None else ""
    more += f" (approved by {waived.approved_by})" if waived.approved_by is not None else ""
    yield paint(f"        waived at {_shown(chart, waived.location)}{clean(more)}: {clean(waived.why_needed)}", "dim")
    if waived.simpler_alternative_rejected_because is not None:
        rejected = clean(waived.simpler_alternative_rejected_because)
        yield paint(f"        simpler alternative rejected: {rejected}", "dim")


def _objects(group: Sequence[Finding], paint: Paint) -> Iterator[str]:
    """The objects of findings at one place, each once, with the scenarios that it needs to be wrong."""
    scenarios: dict[str, dict[str, None]] = {}
    for finding in group:
        thing = finding.object
        parts = []
        if thing is not None:
            field = thing.field if len(group) == 1 else None
            parts = [
                f"{thing.kind} {thing.name}".strip(),
                f"container {thing.container}" if thing.container else "",
                field,
            ]
        text = ", ".join(part for part in parts if part)
        scenarios.setdefault(text, {}).update(dict.fromkeys(finding.scenarios))
    for text, names in scenarios.items():
        only = f"only with {some(list(names))}" if names and DEFAULTS not in names else ""
        line = f"in {text} ({only})" if text and only else f"in {text}" if text else only
        if line:
            yield paint(f"        {clean(line)}", "dim")


def _source(location: Location, text: str, paint: Paint) -> Iterator[str]:
    """The source line with a caret below; a long line is cut around the place."""
    assert location.line is not None
    column = location.column or 1
    width = 100
    start = max(0, column - 1 - width // 2) if len(text) > width else 0
    window = text[start : start + width].replace("\t", " ")
    end = location.end_column if location.end_line == location.line and location.end_column else column + 1
    length = max(1, min(end - column, start + width - column + 1, max(len(text) - column + 1, 1)))
    number = f"{location.line:>7}"
    yield paint(f"{number} | ", "dim") + clean(window)
    if location.precision is Precision.EXACT and location.column is not None:
        yield " " * (column - 1 - start + 10) + paint("^" * length, "caret")


def _shown(chart: ChartReport, location: Location) -> str:
    """A place as one can open it: file, line and column; what is less than exact says so."""
    if location.file is None:
        return "(no place)"
    text = _open(chart, location.file, location.base)
    if location.line is not None:
        text += f":{location.line}"
        if location.column is not None:
            text += f":{location.column}"
    if location.precision is Precision.PARENT:
        text += " (nearest parent)"
    return text


def _open(chart: ChartReport, file: str, base: Base = Base.CHART) -> str:
    if base is Base.BASELINE:
        return clean(f"baseline:{file}")
    if base is not Base.CHART:
        return clean(file)
    if chart.path.endswith((".tgz", ".tar.gz")):
        return clean(f"{chart.path}!{file}")
    return clean(os.path.normpath(os.path.join(chart.path, file)))


def _table(chart: ChartReport, paint: Paint) -> Iterator[str]:
    width = max((len(clean(principle.title)) for principle in chart.principles), default=0)
    for principle in chart.principles:
        verdict = paint(f"{principle.verdict.label:<9}", principle.verdict.label)
        yield f"{clean(principle.title):<{width}}  {verdict}  {clean(principle.evidence)}"


def _closing(chart: ChartReport, paint: Paint) -> str:
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
    return paint(text, "bold")


def _totals(run: RunReport, paint: Paint) -> str:
    findings = [finding for chart in run.charts for finding in chart.findings]
    return paint(gate_line(f"{len(run.charts)} charts", run.gate, findings), run.gate.value)
