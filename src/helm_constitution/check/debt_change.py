"""What a check changes in a chart's debt: findings that are accepted now, and entries whose findings were fixed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helm_constitution.core.model import Status
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.policy.debt import DebtEntry
from helm_constitution.report.model import ChartReport


class Change(NamedTuple):
    """What ``accept`` does to one chart's entries.

    ``entries`` are those after it. ``added`` is how many findings are new, as a report counts them: those that one edit
    fixes as one. ``before`` is how many entries stay, ``fixed`` how many have no finding any more, ``unknown`` how many
    were not checked now.
    """

    entries: tuple[DebtEntry, ...]
    added: int
    before: int
    fixed: int
    unknown: int


def accepted(entries: Sequence[DebtEntry], report: ChartReport, today: str, *, full: bool = False) -> Change:
    """The entries with what is found now added; those of fixed findings stay until they are pruned.

    Args:
        entries: the chart's entries until now.
        report: the chart as checked; its findings may be marked as debt or not.
        today: an ISO date.
        full: whether every scenario was rendered.
    """
    fixed, unknown = _gone(entries, report, full)
    known = {entry.fingerprint for entry in entries}
    fresh = [
        [one for one in finding.singles if one.waived is None and one.fingerprint not in known]
        for finding in report.findings
    ]
    new = [DebtEntry.of(one, today) for some in fresh for one in some]
    return Change((*entries, *new), sum(map(bool, fresh)), len(entries), len(fixed), len(unknown))


def pruned(entries: Sequence[DebtEntry], report: ChartReport, *, full: bool = False) -> Change:
    """The entries without those of fixed findings; one that this check could not have found again stays."""
    fixed, unknown = _gone(entries, report, full)
    gone = {entry.fingerprint for entry in fixed}
    kept = tuple(entry for entry in entries if entry.fingerprint not in gone)
    return Change(kept, 0, len(kept), len(fixed), len(unknown))


def _gone(entries: Sequence[DebtEntry], report: ChartReport, full: bool) -> tuple[list[DebtEntry], list[DebtEntry]]:
    """The entries of findings that are gone: the fixed ones, and those that this check did not look for."""
    found = {finding.fingerprint for finding in report.singles if finding.waived is None}
    waived = {finding.fingerprint for finding in report.singles if finding.waived is not None}
    judged = {run.rule for run in report.rules if run.reason is None}
    status = {scenario.name: scenario.status for scenario in report.scenarios}

    def was_looked_for(scenario: str) -> bool:
        if scenario in status:
            return status[scenario] is Status.RENDERED
        return full or ("/" in scenario and not (Path(report.path) / scenario).exists())

    fixed: list[DebtEntry] = []
    unknown: list[DebtEntry] = []
    for entry in entries:
        if entry.fingerprint not in found:
            looked = entry.rule in judged and all(map(was_looked_for, entry.scenarios))
            (fixed if looked or entry.fingerprint in waived else unknown).append(entry)
    return fixed, unknown
