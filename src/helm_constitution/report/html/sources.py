"""Stretches of source text with the place in question marked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from helm_constitution.core.model import Base, Finding, Location, Precision
from helm_constitution.report.html.elements import Html, joined, tag
from helm_constitution.report.model import ChartReport
from helm_constitution.report.words import clean

_AROUND = 2
"""Lines that are shown before and behind the place."""
_LONGEST = 8
"""Lines of the place itself that are shown."""
_WIDEST = 600
"""Characters of a line that are shown: a file of one line may have thousands of findings."""
_PANES = 3
"""Places of one finding that are shown side by side."""


SourceLines: TypeAlias = Mapping[str, Sequence[str]]
"""The lines of a chart's files, by their paths in the chart."""


def source_lines(chart: ChartReport) -> SourceLines:
    """The lines of the files that the report holds; made once, because a file may have thousands of findings."""
    return {file: text.split("\n") for file, text in (chart.sources or {}).items()}


def panes(chart: ChartReport, finding: Finding, lines: SourceLines) -> Html:
    """The source lines of a finding beside those that it names besides: the template and the value."""
    pieces = [_pane(chart, finding.location, "", lines, finding.source_line)]
    pieces += [_pane(chart, one.location, one.message, lines) for one in finding.related[: _PANES - 1]]
    return tag("div", pieces, class_="panes")


def shown_place(chart: ChartReport, location: Location) -> str:
    """A place as one can open it."""
    if location.file is None:
        return "no place in a file"
    file = location.file
    if location.base is Base.BASELINE:
        file = f"baseline:{file}"
    elif location.base is Base.CHART:
        packaged = chart.path.endswith((".tgz", ".tar.gz"))
        file = f"{chart.path}!{file}" if packaged else os.path.normpath(os.path.join(chart.path, file))
    line = f":{location.line}" if location.line is not None else ""
    column = f":{location.column}" if line and location.column is not None else ""
    return f"{file}{line}{column}"


def _pane(
    chart: ChartReport, location: Location, told: str, sources: SourceLines, source_line: str | None = None
) -> Html:
    caption = joined(f"{told}: " if told else "", tag("code", shown_place(chart, location)))
    if location.precision is Precision.PARENT:
        caption = joined(caption, " (missing here)")
    lines = list(_lines(sources, location, source_line))
    body = tag("pre", tag("code", lines)) if lines else ""
    return tag("figure", tag("figcaption", caption), body)


def _lines(sources: SourceLines, location: Location, source_line: str | None) -> Iterator[Html]:
    if location.line is None:
        return
    lines = sources.get(location.file or "") if location.base is Base.CHART else None
    if lines is None:
        if source_line is not None:
            yield _line(location.line, source_line, location)
        return
    last = min(location.end_line or location.line, location.line + _LONGEST, len(lines))
    for number in range(max(1, location.line - _AROUND), min(len(lines), last + _AROUND) + 1):
        inside = location.line <= number <= last
        yield _line(number, lines[number - 1], location if inside else None)


def _line(number: int, content: str, location: Location | None) -> Html:
    gutter = tag("span", f"{number:>4} ", class_="number")
    if location is None:
        return joined(tag("span", gutter, content[:_WIDEST], class_="line"), Html("\n"))
    if len(content) > _WIDEST:
        content, location = _cut(number, content, location)
    first = location.column if number == location.line and location.column is not None else 1
    end = location.end_column if number == location.end_line and location.end_column is not None else len(content) + 1
    begin = first - 1 if location.precision is Precision.EXACT and end > first else 0
    stop = end - 1 if location.precision is Precision.EXACT and end > first else len(content)
    if begin == 0 or not content[begin:stop].strip():
        begin = len(content) - len(content.lstrip())
        stop = max(stop, len(content)) if stop <= begin else stop
    # Cleaned before it is cut: columns count characters, of which cleaning keeps the number.
    shown = clean(content)
    marked = joined(shown[:begin], tag("mark", shown[begin:stop] or " "), shown[stop:])
    return joined(tag("span", gutter, marked, class_="line here"), Html("\n"))


def _cut(number: int, content: str, location: Location) -> tuple[str, Location]:
    """The part of a long line around the place in it, and where it is there."""
    column = location.column if number == location.line and location.column is not None else 1
    start = max(0, column - 1 - _WIDEST // 4)
    moved = location._replace(
        column=location.column - start if location.column is not None else None,
        end_column=location.end_column - start if location.end_column is not None else None,
    )
    return content[start : start + _WIDEST], moved if number == location.line else location


def numbered(number: int, content: str, sign: str, kind: str, told: str = "") -> Html:
    """A line of a whole file with a sign in front of it.

    Args:
        number: its number.
        content: the line.
        sign: a character that shows its state.
        kind: its class.
        told: the text after it.
    """
    gutter = tag("span", f"{sign} {number:>4} ", class_="number")
    behind = tag("span", f"  {told}", class_="told") if told else ""
    return joined(tag("span", gutter, content, behind, class_=f"line {kind}"), Html("\n"))
