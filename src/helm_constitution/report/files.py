"""Findings for those who open them in a repository: paths from its root, with slashes, and one line for each."""

from __future__ import annotations

import os

from helm_constitution.core.model import DEFAULTS, NOWHERE, Base, Finding, Location, Precision, Severity, Trouble
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.report.model import ChartReport
from helm_constitution.report.words import clean, standing


class FilePlace(NamedTuple):
    """A file of the repository, and the place in it.

    ``path`` counts from the repository's root (absolute for a file outside it). ``location`` has no line where the file
    only represents the place; ``inside`` then names the place itself: a file in a packaged chart, or of the baseline.
    """

    path: str
    location: Location
    inside: str | None = None


def place(chart: ChartReport, location: Location) -> FilePlace:
    """The file of the repository that a location is in; where it is in none, that is the chart's Chart.yaml."""
    if location.file is None:
        return FilePlace(chart_file(chart), NOWHERE)
    if location.base is Base.BASELINE or (location.base is Base.CHART and is_packaged(chart)):
        line = f":{location.line}" if location.line is not None else ""
        return FilePlace(chart_file(chart), NOWHERE, f"{location.file}{line}")
    if location.base is Base.CHART:
        return FilePlace(_joined(chart.place, location.file), location)
    if location.base is Base.REPO:
        return FilePlace(_joined(location.file), location)
    return FilePlace(_within(location.file, chart.root), location)


def place_of_trouble(chart: ChartReport, trouble: Trouble) -> FilePlace:
    """Where to look at what could not be checked."""
    return place(chart, Location(Base.CHART, trouble.file, trouble.line))


def chart_file(chart: ChartReport) -> str:
    """The file that represents a chart as a whole: its Chart.yaml, or the package."""
    return _joined(chart.place) if is_packaged(chart) else _joined(chart.place, "Chart.yaml")


def shown(found: FilePlace) -> str:
    """A place as words: ``charts/web/values.yaml:12:3``; what is inside a package is in the message."""
    text = found.path
    if found.location.line is not None:
        text += f":{found.location.line}"
        if found.location.column is not None:
            text += f":{found.location.column}"
    return clean(text)


def message(chart: ChartReport, finding: Finding) -> str:
    """The message of a finding on one line, for formats that have no other field for its object and its standing."""
    found = place(chart, finding.location)
    text = finding.message if found.inside is None else f"{found.inside}: {finding.message}"
    details = details_of(finding)
    return clean(f"{text} ({'; '.join(details)})" if details else text)


STALE_WAIVER = "stale-waiver"
"""Shown instead of a rule for a waiver that fails the gate."""


def entries(chart: ChartReport) -> list[Finding]:
    """Everything that has a place: the findings, and each stale waiver as if it were one."""
    return [*chart.findings, *stale_waivers(chart)]


def single_entries(chart: ChartReport) -> list[Finding]:
    """As :func:`entries`, the findings one by one: for readers that tell them apart by rule and fingerprint."""
    return [*chart.singles, *stale_waivers(chart)]


def stale_waivers(chart: ChartReport) -> list[Finding]:
    """The waivers that have expired, or waive nothing that is left, as errors where they are written."""
    return [
        Finding(
            rule=STALE_WAIVER,
            principle="",
            statements=(),
            severity=Severity.ERROR,
            message=f"the waiver of {stale.waives} is stale: {stale.reason}",
            location=stale.location,
            fingerprint=f"{STALE_WAIVER} {stale.waives}",
        )
        for stale in chart.stale
    ]


def details_of(finding: Finding) -> list[str]:
    """The details after a finding's message: its object, how sure the place is, scenarios, why it doesn't count."""
    details: list[str] = []
    thing = finding.object
    if thing is not None and not finding.summary:
        details.append(f"{thing.kind} {thing.name}" + (f", container {thing.container}" if thing.container else ""))
    if finding.location.precision is Precision.PARENT:
        details.append("missing here")
    elif thing is not None and finding.location.precision is Precision.FILE:
        details.append("line not certain")
    if finding.scenarios and DEFAULTS not in finding.scenarios:
        more = len(finding.scenarios) - 2
        details.append(f"only with {', '.join(finding.scenarios[:2])}" + (f" and {more} more" if more > 0 else ""))
    if (reason := standing(finding)) is not None:
        details.append(reason)
    return details


def trouble_message(chart: ChartReport, trouble: Trouble) -> str:
    """What could not be checked, on one line."""
    inside = place_of_trouble(chart, trouble).inside
    text = trouble.message if inside is None else f"{inside}: {trouble.message}"
    return clean(text + (f" (scenario {trouble.scenario})" if trouble.scenario else ""))


def is_packaged(chart: ChartReport) -> bool:
    """Whether the chart is a package, whose files have no place of their own in a repository."""
    return chart.path.endswith((".tgz", ".tar.gz"))


def _joined(*parts: str) -> str:
    return os.path.normpath(os.path.join(*parts)).replace(os.sep, "/")


def _within(file: str, root: str) -> str:
    path = _joined(file)
    return (path.removeprefix(root.replace(os.sep, "/").rstrip("/") + "/") if root else path) or path
