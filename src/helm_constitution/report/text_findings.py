"""The findings in the text report: what is wrong, where, the source line, what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from helm_constitution.core.model import DEFAULTS, Base, Finding, Location, Precision, Waived
from helm_constitution.report.model import ChartReport
from helm_constitution.report.style import Style
from helm_constitution.report.words import (
    as_yaml,
    clean,
    fix_words,
    label,
    more_of,
    other_places,
    other_rules,
    parted,
    some,
)

PLACES = 4
"""Other places of one rule that are named before the rest is counted."""


def shown_place(chart: ChartReport, location: Location) -> str:
    """A place as one can open it: file, line and column."""
    if location.file is None:
        return "(no place)"
    text = opened(chart, location.file, location.base)
    if location.line is not None:
        text += f":{location.line}"
        if location.column is not None:
            text += f":{location.column}"
    return text


def opened(chart: ChartReport, file: str, base: Base = Base.CHART) -> str:
    """A file's path, as one can open it from where the program was started."""
    if base is Base.BASELINE:
        return clean(f"baseline:{file}")
    if base is not Base.CHART:
        return clean(file)
    if chart.path.endswith((".tgz", ".tar.gz")):
        return clean(f"{chart.path}!{file}")
    return clean(os.path.normpath(os.path.join(chart.path, file)))


def certainty(finding: Finding) -> str:
    """How certain a place is that is not exact, in parentheses after it."""
    if finding.location.precision is Precision.PARENT:
        return " (missing here)"
    if finding.object is not None and finding.location.precision is Precision.FILE:
        return " (line not certain)"
    return ""


def block(chart: ChartReport, findings: Sequence[Finding], style: Style) -> Iterator[str]:
    """The findings of one rule: the first one in full, the places of the others.

    Args:
        chart: has them.
        findings: of equal severity and standing, at least one.
        style: how to write.
    """
    finding = findings[0]
    wrong, to_do = parted(finding.message)
    kind = label(finding)
    head = f"{kind}[{clean(finding.rule)}]: "
    lines = list(style.wrapped(f"{head}{wrong}", rest="    "))
    coloured = f"{style.paint(kind, kind)}[{style.rule(finding.rule)}]: "
    yield lines[0].replace(head, coloured, 1) if lines[0].startswith(head) else lines[0]
    yield from lines[1:]
    yield from style.place(f"{shown_place(chart, finding.location)}{certainty(finding)}", "  ")
    if finding.source_line is not None and finding.location.line is not None:
        yield from _excerpt(finding, style)
    yield from _besides(chart, finding, style)
    yield from _others(chart, findings[1:], finding, style)
    if to_do:
        yield from painted(style.wrapped(f"help: {to_do}", first="   = ", rest="     "), "help:", "help", style)
    if finding.paste is not None:
        if not to_do:
            yield f"   = {style.paint('help:', 'help')} set"
        yield from (f"         {clean(line)}" for line in as_yaml(finding.paste).splitlines())
    if (told := fix_words(finding)) is not None:
        yield from painted(style.wrapped(f"fix: {told}", first="   = ", rest="     "), "fix:", "help", style)


def painted(lines: Iterator[str], word: str, kind: str, style: Style) -> Iterator[str]:
    """Lines with the first one's leading word in a colour."""
    for number, line in enumerate(lines):
        yield line if number else line.replace(word, style.paint(word, kind), 1)


def _besides(chart: ChartReport, finding: Finding, style: Style) -> Iterator[str]:
    """The object, the scenarios, the other places of one finding, and why it doesn't count."""
    if not finding.summary and (text := object_of(finding)):
        yield from _note(f"in {text}", style)
    if rules := other_rules(finding):
        yield from _note(f"with {some(rules, 6)}", style)
    if places := other_places(finding):
        yield from _note(f"also at {some([shown_place(chart, place) for place in places], PLACES)}", style)
    for related in finding.related:
        yield from _note(f"{related.message}: {shown_place(chart, related.location)}", style)
    if finding.waived is not None:
        yield from _reasons(chart, finding.waived, style)
    elif finding.debt is not None:
        yield from _note(f"accepted on {finding.debt.since}", style)


def object_of(finding: Finding) -> str:
    """The object that a finding is about, and the scenarios that it needs to be wrong."""
    thing = finding.object
    parts: list[str] = []
    if thing is not None:
        parts += [f"{thing.kind} {thing.name}".strip(), f"container {thing.container}" if thing.container else ""]
    text = ", ".join(part for part in parts if part)
    if finding.scenarios and DEFAULTS not in finding.scenarios:
        only = f"only with {some(list(finding.scenarios))}"
        return f"{text} ({only})" if text else only
    return text


def _reasons(chart: ChartReport, waived: Waived, style: Style) -> Iterator[str]:
    more = f" (until {waived.expires})" if waived.expires is not None else ""
    more += f" (approved by {waived.approved_by})" if waived.approved_by is not None else ""
    yield from _note(f"waived at {shown_place(chart, waived.location)}{more}: {waived.why_needed}", style)
    if waived.simpler_alternative_rejected_because is not None:
        yield from _note(f"simpler alternative rejected: {waived.simpler_alternative_rejected_because}", style)


def _others(chart: ChartReport, others: Sequence[Finding], first: Finding, style: Style) -> Iterator[str]:
    """The other places of the rule, each with what is wrong there if that is something else."""
    for other in others[:PLACES]:
        text = f"also at {shown_place(chart, other.location)}{certainty(other)}"
        if other.message != first.message:
            text += f": {parted(other.message)[0]}"
        elif (thing := object_of(other)) and thing != object_of(first):
            text += f" ({thing})"
        yield from _note(text, style)
    if len(others) > PLACES:
        more, them = more_of(len(others) - PLACES, "place")
        yield from _note(f"and at {more}; --all shows {them}", style)


def _note(text: str, style: Style) -> Iterator[str]:
    for line in style.wrapped(text, first="   = ", rest="     "):
        yield style.paint(line, "dim")


def _excerpt(finding: Finding, style: Style) -> Iterator[str]:
    """The source line in a frame, with carets below the place; a long line is cut around it."""
    location, text = finding.location, finding.source_line or ""
    assert location.line is not None
    number = str(location.line)
    gutter = " " * max(len(number), 2)
    column = location.column or 1
    width = max(style.width, 40) - len(gutter) - 4
    start = max(0, column - 1 - width // 2) if len(text) > width else 0
    window = clean(text[start : start + width])
    bar = style.paint("|", "dim")
    yield f"{gutter} {bar}"
    yield f"{style.paint(f'{number:>{len(gutter)}}', 'dim')} {bar} {window}".rstrip()
    if location.precision is Precision.EXACT and location.column is not None:
        end = location.end_column if location.end_line == location.line and location.end_column else len(text) + 1
        length = max(1, min(end - column, start + width - column + 1, max(len(text) - column + 1, 1)))
        carets = " " * (column - 1 - start) + style.paint("^" * length, label(finding))
        yield f"{gutter} {bar} {carets}"
