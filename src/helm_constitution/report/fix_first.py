"""What to fix first: the findings that one edit fixes, the most urgent edits first."""

from __future__ import annotations

from helm_constitution.core.model import Base, Finding, Location, Precision
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.report.model import ChartReport

AT_MOST = 5


class Edit(NamedTuple):
    """One thing to do: where, and the findings that it fixes, the most urgent first."""

    location: Location
    findings: tuple[Finding, ...]

    @property
    def size(self) -> int:
        """How many findings it fixes."""
        return sum(len(finding.singles) for finding in self.findings)

    @property
    def size_note(self) -> str:
        """What follows the place: how many findings it fixes, if they are several."""
        return f" (fixes {self.size} findings)" if self.size > 1 else ""


def fix_first(chart: ChartReport, at_most: int = AT_MOST) -> list[Edit]:
    """The most urgent edits of a chart, by the urgency of their rules; then those that fix most.

    Only of findings that fail the gate, if any does.
    """
    active = [finding for finding in chart.findings if finding.active and not finding.summary]
    failing = [finding for finding in active if chart.fails(finding)] or active
    urgency = {report.rule: report.urgency for report in chart.rules}
    groups: dict[object, list[Finding]] = {}
    for finding in failing:
        groups.setdefault(_edited(finding), []).append(finding)

    def rank(finding: Finding) -> tuple[int, int]:
        return -urgency.get(finding.rule, 0), -finding.severity

    edits = [Edit(_place(those[0]), tuple(sorted(those, key=rank))) for those in groups.values()]
    return sorted(edits, key=lambda edit: (*rank(edit.findings[0]), -edit.size))[:at_most]


def _place(finding: Finding) -> Location:
    """Where to edit: the line of values.yaml that sets what is wrong, else the place itself."""
    if finding.location.base is Base.CHART and (finding.location.file or "").startswith("templates/"):
        for related in finding.related:
            if related.location.base is Base.CHART and related.location.file == "values.yaml":
                return related.location
    return finding.location


def _edited(finding: Finding) -> object:
    """What one edits for a finding; findings with the same are one thing to do."""
    place = _place(finding)
    if place.line is None or place.precision is Precision.PARENT:
        # What is missing at one place may be several things.
        return place.file, place.line, finding.group.key if finding.group is not None else finding.rule
    return place.file, place.line
