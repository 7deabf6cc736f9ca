"""Markdown, for a comment on a pull request and for a job's summary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from helm_constitution.core.model import Finding, Gate, Verdict
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.report.budget import Detail, chosen, fill, key
from helm_constitution.report.files import (
    details_of,
    entries,
    place,
    place_of_trouble,
    shown,
    stale_waivers,
    trouble_message,
)
from helm_constitution.report.markdown_text import TEXT, code, prose, words
from helm_constitution.report.model import BaselineReport, ChartReport, PrincipleReport, RunReport, StatementReport
from helm_constitution.report.words import (
    as_yaml,
    asked,
    clean,
    counts,
    fix_words,
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
    suggested_lines,
    unchecked_reason,
)

LIMIT = 65_536
"""What GitHub takes of a comment, in characters; held to in bytes as well, which are more."""

_ENDING = 300
"""Bytes reserved for the text below the charts."""

_OPEN = 20
"""So many findings that fail the gate are shown at once; more are folded up."""

_COLUMNS = 20
"""Principles that the table of charts has columns for."""

_LINES = 30
"""Lines of one piece of YAML."""

_MARKS = {
    Verdict.PASS: "✅",
    Verdict.NOT_APPLICABLE: "➖",
    Verdict.UNCHECKED: "❔",
    Verdict.WARN: "⚠️",
    Verdict.WAIVED: "☑️",
    Verdict.DEBT: "🕒",
    Verdict.FAIL: "❌",
    Verdict.ERROR: "⛔",
}
_GATES = {Gate.PASS: "✅", Gate.FAIL: "❌", Gate.ERROR: "⛔"}


def render(run: RunReport) -> str:
    """The report as Markdown of at most :data:`LIMIT` bytes: what does not fit is counted."""
    head = [*_heading(run)]
    if len(run.charts) > 1:
        head += ["", *_overview(run), *(_row(chart, _keys(run)) for chart in run.charts)]
    unfolded = sum(chart.fails(finding) for chart in run.charts for finding in entries(chart)) <= _OPEN

    def section(number: int, detail: Detail) -> str:
        chart = run.charts[number]
        return "\n".join(["", *_chart(run, chart, _Shown(detail, chosen(chart, detail), unfolded))])

    def size(number: int, detail: Detail) -> int:
        # A space more for each line that a CI runner would obey.
        return len(inert(section(number, detail)).encode("utf-8")) + 1

    details = fill(run.charts, size, LIMIT - _ENDING - sum(len(line.encode("utf-8")) + 2 for line in head))
    if details is None:
        return _overview_alone(run)
    lines = [*head, *(section(number, detail) for number, detail in enumerate(details))]
    findings = sum(len(entries(chart)) for chart in run.charts)
    listed = sum(len(chosen(chart, detail)) for chart, detail in zip(run.charts, details, strict=True))
    if listed < findings:
        lines += ["", f"_{listed} of {findings} findings are listed; the other formats have all of them._"]
    return inert("\n".join(lines) + "\n")


class _Shown(NamedTuple):
    """What is shown of a chart: how much, the keys of its findings, and whether what fails the gate is unfolded."""

    detail: Detail
    keys: set[str]
    unfolded: bool


def _overview_alone(run: RunReport) -> str:
    """For so many charts that even their tables of principles are too long: a line a chart, as many as fit."""
    lines = [*_heading(run), "", *_overview(run)]
    room = LIMIT - 200 - sum(len(line.encode("utf-8")) + 1 for line in lines)
    charts = sorted(run.charts, key=lambda chart: (-chart.status, -chart.verdict))
    for number, chart in enumerate(charts):
        row = _row(chart, _keys(run))
        room -= len(row.encode("utf-8")) + 2
        if room < 0:
            lines += ["", f"… and {len(charts) - number} more charts."]
            break
        lines.append(row)
    lines += ["", "_No findings are listed, to fit in a comment; the other formats have all of them._"]
    return inert("\n".join(lines) + "\n")


def _keys(run: RunReport) -> list[str]:
    """The principles of all charts, by their keys."""
    return list(dict.fromkeys(principle.key for chart in run.charts for principle in chart.principles))[:_COLUMNS]


def _overview(run: RunReport) -> Iterator[str]:
    keys = _keys(run)
    yield f"| Chart | Gate | Findings |{''.join(f' {words(key)} |' for key in keys)}"
    yield f"| --- | --- | --- |{' --- |' * len(keys)}"


def _heading(run: RunReport) -> Iterator[str]:
    findings = [finding for chart in run.charts for finding in chart.findings]
    charts = "1 chart" if len(run.charts) == 1 else f"{len(run.charts)} charts"
    yield f"## helm-constitution: gate: {_gate(run.gate)}"
    yield ""
    yield f"{charts}: {counts(findings)}{_stale(run.charts)}"


def _row(chart: ChartReport, keys: Sequence[str]) -> str:
    marks = {principle.key: _MARKS[principle.verdict] for principle in chart.principles}
    found = counts(chart.findings) + _stale([chart])
    cells = "".join(f" {marks.get(key, '')} |" for key in keys)
    return f"| {words(chart.title)} | {_gate(chart.gate)} | {found} |{cells}"


def _stale(charts: Sequence[ChartReport]) -> str:
    count = sum(len(chart.stale) for chart in charts)
    return f", {count} stale waiver{'' if count == 1 else 's'}" if count else ""


def _gate(gate: Gate) -> str:
    return f"{_GATES[gate]} {gate.value}"


def _verdict(verdict: Verdict) -> str:
    return f"{_MARKS[verdict]} {verdict.label}"


def _chart(run: RunReport, chart: ChartReport, shown: _Shown) -> Iterator[str]:
    name = words(chart.title)
    yield f"### {name}: gate {_gate(chart.gate)}, verdict {_verdict(chart.verdict)}"
    yield ""
    document = chart.constitution
    held = f"{document.file} {document.version or ''}".strip() if document is not None else "no constitution"
    yield (
        f"{code(chart.path)}, checked against {words(held)}; "
        f"rendered by helm {words(run.helm)} ({words(run.engine)} engine) "
        f"for Kubernetes {words(run.kube)}"
    )
    if chart.scenarios:
        yield ""
        yield f"Scenarios: {words(scenarios(chart))}"
    for message, names in asked(chart).items():
        yield ""
        yield f"Needs input ({words(some(names))}): {prose(message)}"
    if (doubts := not_understood(chart)) is not None:
        yield ""
        yield prose(doubts)
    yield from _problems(chart)
    for notice in chart.notices:
        yield ""
        yield f"Note: {words(notice)}"
    if chart.baseline is not None:
        yield from _upgrade(chart, chart.baseline, shown.detail)
    if chart.principles and (len(run.charts) == 1 or shown.detail.of_all is None):
        yield ""
        yield "| Principle | Verdict | Evidence |"
        yield "| --- | --- | --- |"
        for principle in chart.principles:
            yield f"| {words(principle.title)} | {_verdict(principle.verdict)} | {words(principle.evidence)} |"
    for group in _groups(chart):
        if any(key(finding) in shown.keys for finding in group.findings):
            unfolded = shown.unfolded and any(chart.fails(finding) for finding in group.findings)
            yield from _folded(group.title, _counts(group.findings), _list(chart, group, shown), unfolded=unfolded)
    yield from _unchecked(chart, shown.detail)


def _upgrade(chart: ChartReport, baseline: BaselineReport, detail: Detail) -> Iterator[str]:
    """The upgrade note: what changed, what to do, old and new values side by side."""
    from helm_constitution.report.upgrade import upgrade_note

    note = upgrade_note(baseline, chart.version)
    yield ""
    yield f"#### Upgrading{f' from {words(baseline.version)}' if baseline.version else ''}"
    yield ""
    yield prose(note.summary)
    if not baseline.objects_compared:
        yield ""
        yield "No scenario rendered on both sides, so objects are not compared."
    if baseline.commit_message is not None and baseline.changes:
        yield ""
        yield "- For the commit's message:"
        yield ""
        yield from _indented(_fenced("text", baseline.commit_message))
    shown = 4 * detail.of_rule
    for step in note.steps[:shown]:
        yield ""
        yield f"- **breaking**: {prose(step.what)}{f'; {prose(step.to_do)}' if step.to_do else ''}"
        if step.before or step.after:
            yield from _indented(_side_by_side(step.before, step.after))
    if len(note.steps) > shown:
        yield ""
        yield f"- … {len(note.steps) - shown} more breaking changes"
    for title, texts in (("New", note.features), ("Changed defaults", note.defaults)):
        if texts and shown:
            more = f"- … {len(texts) - shown} more"
            lines = [*(f"- {prose(text)}" for text in texts[:shown]), *([more] if len(texts) > shown else [])]
            yield from _folded(title, str(len(texts)), iter(lines), unfolded=False)


def _side_by_side(before: str, after: str) -> Iterator[str]:
    """Two pieces of YAML in the cells of a table, as GitHub and GitLab show them: each in a paragraph of its own."""
    yield ""
    yield "<table><tr><th>before</th><th>after</th></tr><tr><td>"
    yield ""
    yield from _fenced("yaml", before or "# nothing")
    yield ""
    yield "</td><td>"
    yield ""
    yield from _fenced("yaml", after or "# nothing")
    yield ""
    yield "</td></tr></table>"


def _indented(lines: Iterable[str]) -> Iterator[str]:
    """Lines that belong to the item of a list above them; none begins with what a runner or a forge obeys."""
    return (f"  {line}".rstrip() for line in lines)


def _fenced(language: str, text: str) -> Iterator[str]:
    """Lines as code, in a fence that is longer than any in them; of very many the first."""
    lines = [clean(line)[:TEXT] for line in text.splitlines()]
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    yield f"{fence}{language}"
    yield from lines[:_LINES]
    if len(lines) > _LINES:
        yield f"# … {len(lines) - _LINES} more lines"
    yield fence


def _problems(chart: ChartReport) -> Iterator[str]:
    if chart.troubles:
        yield ""
        yield "**Could not check:**"
        yield ""
    for trouble in chart.troubles:
        found = place_of_trouble(chart, trouble)
        yield f"- {code(shown(found))}: {prose(trouble_message(chart, trouble))}"


def _counts(findings: Sequence[Finding]) -> str:
    return counts(findings).removeprefix("0 errors, ")


class _Group(NamedTuple):
    """Findings under one heading, by their rules, the worst first."""

    title: str
    findings: Sequence[Finding]

    @property
    def by_rule(self) -> Mapping[str, Sequence[Finding]]:
        """Each rule's findings."""
        found: dict[str, list[Finding]] = {}
        for finding in sorted(self.findings, key=lambda finding: -finding.severity):
            found.setdefault(finding.rule, []).append(finding)
        return found


def _groups(chart: ChartReport) -> Iterator[_Group]:
    """The findings of each principle, those of rules that were only selected, and those that don't count."""
    by_principle = homes(chart)
    named = [(principle.title, by_principle.get(id(principle), ())) for principle in chart.principles]
    for title, findings in (*named, ("Selected rules", by_principle.get(0, ()))):
        active = [finding for finding in findings if finding.active]
        if active:
            yield _Group(title, active)
    if stale := stale_waivers(chart):
        yield _Group("Stale waivers", stale)
    waived = [finding for finding in chart.findings if finding.waived is not None]
    debt = [finding for finding in chart.findings if not finding.active and finding.waived is None]
    for title, findings in (("Waived", waived), ("Debt", debt)):
        if findings:
            yield _Group(title, findings)


def _folded(title: str, summary: str, lines: Iterator[str], *, unfolded: bool) -> Iterator[str]:
    # The summary is HTML: it holds our own words alone.
    yield ""
    yield f"#### {words(title)}"
    yield ""
    yield f"<details{' open' if unfolded else ''}><summary>{summary}</summary>"
    yield ""
    yield from lines
    yield ""
    yield "</details>"


def _list(chart: ChartReport, group: _Group, shown: _Shown) -> Iterator[str]:
    """The findings that are shown; what has the same words is one entry with several places."""
    for rule, findings in group.by_rule.items():
        alike: dict[str, list[Finding]] = {}
        listed = [finding for finding in findings if key(finding) in shown.keys]
        for finding in listed:
            alike.setdefault(finding.message, []).append(finding)
        for message, those in alike.items():
            head = f"- **{label(those[0])}** {code(rule)}"
            if len(those) == 1:
                yield f"{head} at {_place(chart, those[0])}: {prose(message)}"
                yield from _suggestion(those[0])
            else:
                yield f"{head}: {prose(message)}"
                yield from (f"  - {_place(chart, finding)}" for finding in those)
            if shown.detail.of_all is None:
                yield from _parts(chart, those[0])
        if len(listed) < len(findings):
            yield f"- … {len(findings) - len(listed)} more of {code(rule)}"


def _parts(chart: ChartReport, finding: Finding) -> Iterator[str]:
    """The other rules and places that a finding includes, and the YAML that fixes all of them."""
    if rules := other_rules(finding):
        yield f"  - with {some([code(rule) for rule in rules], 6)}"
    if places := [code(shown(place(chart, location))) for location in other_places(finding)]:
        yield f"  - also at {some(places, 4)}"
    if finding.paste is not None:
        yield ""
        yield from _indented(_fenced("yaml", as_yaml(finding.paste)))


def _suggestion(finding: Finding) -> Iterator[str]:
    """What fixes a finding: as a block that a forge offers to commit where the report is shown beside the line."""
    told = fix_words(finding)
    if told is None:
        return
    yield f"  - Help: {prose(told)}"
    lines = suggested_lines(finding)
    if lines is not None and len(lines) <= _LINES:
        yield ""
        yield from _indented(_fenced("suggestion", "\n".join(lines)))
        yield ""


def _place(chart: ChartReport, finding: Finding) -> str:
    found = place(chart, finding.location)
    details = details_of(finding)
    inside = f", {code(found.inside)}" if found.inside is not None else ""
    return code(shown(found)) + inside + (f" ({words('; '.join(details))})" if details else "")


def _unchecked(chart: ChartReport, detail: Detail) -> Iterator[str]:
    reports = [
        (principle, report)
        for principle in chart.principles
        for report in principle.statements
        if is_partly_unchecked(report)
    ]
    if not reports:
        return
    count = f"{len(reports)} statement{'' if len(reports) == 1 else 's'}"
    if detail.of_all is not None:
        yield ""
        yield f"Unchecked: {count}"
        return
    yield from _folded("Unchecked", count, (_statement(*pair) for pair in reports), unfolded=False)


def _statement(principle: PrincipleReport, report: StatementReport) -> str:
    statement = report.statement
    reason = f" ({words(why)})" if (why := unchecked_reason(report)) else ""
    text = words(shorten(statement.full_text, 160))
    return f"- {words(principle.title)}, line {statement.line}, {statement.keyword}: {text}{reason}"
