"""What a principle's verdict rests on, in a few words: what failed and how often, else what was checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from helm_constitution.core.model import Finding, Severity, Verdict

if TYPE_CHECKING:
    from helm_constitution.lint.run import RuleRun
    from helm_constitution.report.model import StatementReport

_SHOWN = 2
"""So many rules are named that found something."""


def evidence_of(
    runs: Mapping[str, RuleRun], findings: Mapping[str, Sequence[Finding]], statements: Sequence[StatementReport]
) -> str:
    """What a principle's verdict rests on.

    Args:
        runs: how the principle's rules went, by id.
        findings: of all rules, by rule id.
        statements: the verdicts on the principle's statements.
    """
    active = {rule: [one for one in findings.get(rule, ()) if one.active] for rule in runs}
    failed = {rule: those for rule, those in active.items() if any(one.severity > Severity.NOTE for one in those)}
    if failed:
        worst = sorted(failed, key=lambda rule: (-max(one.severity for one in failed[rule]), -len(failed[rule]), rule))
        texts = [_failure(runs[rule], failed[rule]) for rule in worst[:_SHOWN]]
        more = len(worst) - _SHOWN
        return "; ".join(texts) + (f"; and {more} more rule{'' if more == 1 else 's'}" if more > 0 else "")
    tallies = [tally for run in runs.values() for tally in run.tallies if tally.total]
    tallies.sort(key=lambda tally: (tally.good / tally.total, -tally.total))
    if tallies:
        counted = dict.fromkeys(f"{tally.good} of {tally.total} {tally.what}" for tally in tallies)
        return "; ".join(list(counted)[:_SHOWN])
    absent = [one for one in statements if one.verdict is Verdict.NOT_APPLICABLE]
    checked = [one for one in statements if one.verdict not in (Verdict.UNCHECKED, Verdict.NOT_APPLICABLE)]
    if checked:
        kept = sum(one.verdict is Verdict.PASS for one in checked)
        return f"{kept} of {len(checked)} checked statements kept"
    return "the chart has nothing of this kind" if len(absent) == len(statements) > 0 else "nothing here can be checked"


def _failure(run: RuleRun, findings: Sequence[Finding]) -> str:
    """What one rule found, by its own count where it has one, else by the number of its findings."""
    missed = [tally for tally in run.tallies if tally.good < tally.total]
    if missed:
        tally = min(missed, key=lambda one: (one.good / one.total, -one.total))
        return f"{tally.good} of {tally.total} {tally.what}"
    severity = max(one.severity for one in findings).label
    count = sum(one.severity.label == severity for one in findings)
    return f"{run.rule.id}: {count} {severity}{'' if count == 1 else 's'}"
