"""One line for each finding, for programs that read lines and for people who want to see much at once."""

from __future__ import annotations

from helm_constitution.report.files import details_of, entries, trouble_message
from helm_constitution.report.model import Counts, RunReport
from helm_constitution.report.text_findings import opened, shown_place
from helm_constitution.report.words import clean, gate_line, inert, label, not_understood


def render(run: RunReport) -> str:
    """``path:line:column: severity rule message`` for each finding, the worst first, below the verdict of its chart."""
    lines: list[str] = []
    for chart in run.charts:
        lines.append(gate_line(chart.title, chart.gate, Counts.of(chart.findings)))
        if (doubts := not_understood(chart)) is not None:
            lines.append(f"{chart.path}: note: {doubts}")
        for trouble in chart.troubles:
            line = f":{trouble.line}" if trouble.line else ""
            where = f"{opened(chart, trouble.file)}{line}" if trouble.file else chart.path
            lines.append(f"{where}: could not check: {trouble_message(chart, trouble)}")
        for finding in sorted(entries(chart), key=lambda one: (not one.active, -one.severity)):
            details = details_of(finding)
            ending = f" ({'; '.join(details)})" if details else ""
            where = shown_place(chart, finding.location)
            lines.append(f"{where}: {label(finding)} {finding.rule} {finding.message}{ending}")
    return inert("".join(f"{clean(line)}\n" for line in lines))
