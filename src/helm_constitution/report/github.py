"""Annotations for GitHub Actions: workflow commands, one a line, that show findings beside the lines of a pull request.

A step shows ten errors, ten warnings and ten notices, so the worst come first, and of these one of each rule before a
second.
"""

from __future__ import annotations

from helm_constitution.core.model import NOWHERE, Severity
from helm_constitution.report.files import (
    FilePlace,
    chart_file,
    entries,
    message,
    place,
    place_of_trouble,
    trouble_message,
)
from helm_constitution.report.model import ChartReport, Counts, RunReport
from helm_constitution.report.words import clean, gate_line, not_understood, standing

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(run: RunReport) -> str:
    """The report as workflow commands: each chart's gate, what could not be checked, then findings, the worst first.

    What is waived or debt comes last, as a notice.
    """
    lines = [_gate(chart) for chart in run.charts]
    lines += [
        _command("error", place_of_trouble(chart, trouble), "could not check", trouble_message(chart, trouble))
        for chart in run.charts
        for trouble in chart.troubles
    ]
    earlier: dict[tuple[Severity, str], int] = {}
    ranked = []
    for chart in run.charts:
        for finding in entries(chart):
            key = finding.severity, finding.rule
            earlier[key] = earlier.get(key, -1) + 1
            ranked.append(((standing(finding) is not None, -finding.severity, earlier[key]), chart, finding))
    ranked.sort(key=lambda one: one[0])
    for _, chart, finding in ranked:
        command = _COMMANDS[finding.severity] if standing(finding) is None else "notice"
        found = place(chart, finding.location)
        lines.append(_command(command, found, finding.rule, message(chart, finding)))
    return "".join(f"{line}\n" for line in lines)


def _gate(chart: ChartReport) -> str:
    """A notice with the gate's answer, at the chart's own file."""
    name = chart.title
    doubts = not_understood(chart)
    text = gate_line(name, chart.gate, Counts.of(chart.findings)) + (f"; {doubts}" if doubts else "")
    return _command("notice", FilePlace(chart_file(chart), NOWHERE), f"gate: {chart.gate.value}", text)


def _command(command: str, found: FilePlace, title: str, text: str) -> str:
    location = found.location
    properties: dict[str, str | int | None] = {"file": found.path, "line": location.line, "endLine": location.end_line}
    if location.end_line == location.line:  # GitHub takes columns of one line only
        properties.update(col=location.column, endColumn=location.end_column)
    properties["title"] = title
    given = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value is not None)
    return f"::{command} {given}::{_data(text)}"


def _data(text: str) -> str:
    return clean(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
