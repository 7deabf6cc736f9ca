"""GitLab's Code Quality report, which a merge request shows: a JSON list of issues."""

from __future__ import annotations

from typing import Any

from helm_constitution.core.digest import sha256
from helm_constitution.core.model import NOWHERE, Severity
from helm_constitution.report.files import (
    FilePlace,
    chart_file,
    message,
    place,
    place_of_trouble,
    single_entries,
    trouble_message,
)
from helm_constitution.report.model import RunReport
from helm_constitution.report.words import clean, json_text, not_understood, standing

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def render(run: RunReport) -> str:
    """The report as GitLab reads it; what could not be checked is a blocker, what is waived or debt is ``info``.

    Each issue has its chart's gate besides. GitLab wants a line of each issue: one that is certain of no line begins
    at 1.
    """
    issues: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    for chart in run.charts:
        for trouble in chart.troubles:
            found, text = place_of_trouble(chart, trouble), trouble_message(chart, trouble)
            identity = f"{trouble.kind}\0{trouble.rule}\0{text}"
            issues.append(_issue(f"could-not-judge/{trouble.kind}", "blocker", found, text, identity, seen))
            issues[-1]["gate"] = chart.gate.value
        if (doubts := not_understood(chart)) is not None:
            found = FilePlace(chart_file(chart), NOWHERE)
            issues.append(_issue("constitution/not-understood", "info", found, doubts, chart.place, seen))
            issues[-1]["gate"] = chart.gate.value
        for finding in single_entries(chart):
            severity = _SEVERITIES[finding.severity] if standing(finding) is None else "info"
            found, text = place(chart, finding.location), message(chart, finding)
            issues.append(_issue(finding.rule, severity, found, text, f"{chart.place}\0{finding.fingerprint}", seen))
            issues[-1]["gate"] = chart.gate.value
    return json_text(issues)


def _issue(
    name: str, severity: str, found: FilePlace, text: str, identity: str, seen: dict[str, int]
) -> dict[str, Any]:
    lines = {"begin": found.location.line or 1}
    if found.location.end_line is not None:
        lines["end"] = found.location.end_line
    return {
        "description": text,
        "check_name": name,
        "fingerprint": _unique(f"{found.path}\0{identity}", seen),
        "severity": severity,
        "location": {"path": clean(found.path), "lines": lines},
    }


def _unique(identity: str, seen: dict[str, int]) -> str:
    """GitLab drops issues that share a fingerprint: a second of one identity gets one of its own."""
    seen[identity] = count = seen.get(identity, 0) + 1
    return sha256(f"{identity}\0{count}".encode("utf-8", "surrogatepass")).hexdigest()
