"""What a check changes in a chart's debt: findings that are accepted now, and entries whose findings were fixed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from helm_constitution.core.model import Status
from helm_constitution.policy.debt import DebtEntry
from helm_constitution.report.model import ChartReport


class Change(NamedTuple):
    """What ``accept`` does to one chart's entries: those after it, and how many are new, mended, or not judged now."""

    entries: tuple[DebtEntry, ...]
    added: int
    mended: int
    unknown: int


def accepted(entries: Sequence[DebtEntry], report: ChartReport, today: str, *, full: bool = False) -> Change:
    """The entries with what is found now added; those of mended findings stay until they are pruned.

    Args:
        entries: the chart's entries until now.
        report: the chart as checked; its findings may be marked as debt or not.
        today: an ISO date.
        full: whether every scenario was rendered.
    """
    mended, unknown = _gone(entries, report, full)
    known = {entry.fingerprint for entry in entries}
    fresh = [one for one in report.singles if one.waived is None and one.fingerprint not in known]
    new = [DebtEntry.of(finding, today) for finding in fresh]
    return Change((*entries, *new), len(new), len(mended), len(unknown))


def pruned(entries: Sequence[DebtEntry], report: ChartReport, *, full: bool = False) -> Change:
    """The entries without those of mended findings; one that this check could not have found again stays."""
    mended, unknown = _gone(entries, report, full)
    gone = {entry.fingerprint for entry in mended}
    kept = tuple(entry for entry in entries if entry.fingerprint not in gone)
    return Change(kept, 0, len(mended), len(unknown))


def _gone(entries: Sequence[DebtEntry], report: ChartReport, full: bool) -> tuple[list[DebtEntry], list[DebtEntry]]:
    """The entries of findings that aren't there any more: those that are mended, and those that nobody looked for."""
    found = {finding.fingerprint for finding in report.singles if finding.waived is None}
    waived = {finding.fingerprint for finding in report.singles if finding.waived is not None}
    judged = {run.rule for run in report.rules if run.reason is None}
    status = {scenario.name: scenario.status for scenario in report.scenarios}

    def was_looked_for(scenario: str) -> bool:
        if scenario in status:
            return status[scenario] is Status.RENDERED
        return full or ("/" in scenario and not (Path(report.path) / scenario).exists())

    mended: list[DebtEntry] = []
    unknown: list[DebtEntry] = []
    for entry in entries:
        if entry.fingerprint not in found:
            looked = entry.rule in judged and all(map(was_looked_for, entry.scenarios))
            (mended if looked or entry.fingerprint in waived else unknown).append(entry)
    return mended, unknown
