"""Verdicts of statements and principles out of the runs of rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from helm_constitution.core.model import Finding, Severity, Verdict
from helm_constitution.report.model import PrincipleReport, RuleReport, StatementReport

if TYPE_CHECKING:
    from helm_constitution.lint.rule import Rule
    from helm_constitution.lint.run import RuleRun
    from helm_constitution.policy.constitution import Constitution
    from helm_constitution.policy.rule_selection import RuleSelection


def gate_limit(fail_on: str) -> Severity | None:
    """The weakest severity that fails the gate; None where nothing does."""
    return None if fail_on == "never" else Severity[fail_on.upper()]


def finding_order(finding: Finding) -> tuple[object, ...]:
    """By which findings are sorted in reports."""
    thing = finding.object
    return (
        finding.principle,
        -finding.severity,
        finding.rule,
        finding.location.file or "",
        finding.location.line or 0,
        finding.location.column or 0,
        (thing.kind, thing.name, thing.container or "", thing.field or "") if thing else (),
        finding.message,
    )


def rule_reports(runs: Iterable[RuleRun]) -> Iterator[RuleReport]:
    """What reports say of each rule."""
    from helm_constitution.lint import registry

    own = {rule.id for rule in registry.rules()}
    for run in runs:
        reason = run.crash.message if run.crash else run.unchecked
        yield RuleReport(run.rule.id, reason, None if run.rule.id in own else run.rule.doc)


def principle_reports(
    constitution: Constitution,
    selection: RuleSelection,
    runs: Sequence[RuleRun],
    findings: Iterable[Finding],
) -> Iterator[PrincipleReport]:
    """What reports say of each principle of a constitution."""
    by_rule = {run.rule.id: run for run in runs}
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.rule, []).append(finding)
    for principle in constitution.principles:
        reports: list[StatementReport] = []
        mine: dict[str, RuleRun] = {}
        for statement in principle.statements:
            rules = selection.of(principle, statement)
            ran = [by_rule[rule.id] for rule in rules if rule.id in by_rule]
            mine.update((run.rule.id, run) for run in ran)
            verdict, reason = _verdict(rules, ran, [finding for run in ran for finding in found.get(run.rule.id, ())])
            reports.append(StatementReport(statement, tuple(rule.id for rule in rules), verdict, reason))
        worst = max((report.verdict for report in reports), default=Verdict.UNCHECKED)
        evidence = _evidence(list(mine.values()), reports)
        yield PrincipleReport(principle.key, principle.title, worst, evidence, tuple(reports))


def _verdict(
    rules: Sequence[Rule], ran: Sequence[RuleRun], all_findings: Iterable[Finding]
) -> tuple[Verdict, str | None]:
    """A statement's verdict out of its rules' runs, and the reason where it is not the findings."""
    if not rules:
        return Verdict.UNCHECKED, "no rule checks this"
    crashed = [run.rule.id for run in ran if run.crash is not None]
    if crashed:
        return Verdict.ERROR, f"{', '.join(crashed)} crashed"
    findings = [finding for finding in all_findings if finding.severity > Severity.NOTE]
    if any(finding.active for finding in findings):
        return Verdict.FAIL, None
    if len(ran) < len(rules):
        names = {run.rule.id for run in ran}
        off = [rule.id for rule in rules if rule.id not in names]
        return Verdict.UNCHECKED, f"switched off: {', '.join(off)}"
    unchecked: dict[str, list[str]] = {}
    for run in ran:
        if run.unchecked is not None:
            unchecked.setdefault(run.unchecked, []).append(run.rule.id)
    if unchecked:
        return Verdict.UNCHECKED, "; ".join(f"{reason} ({', '.join(ids)})" for reason, ids in unchecked.items())
    if any(finding.debt is not None for finding in findings):
        return Verdict.DEBT, None
    return Verdict.WAIVED if findings else Verdict.PASS, None


def _evidence(runs: Sequence[RuleRun], reports: Sequence[StatementReport]) -> str:
    """What a principle's verdict rests on: what its rules counted, worst share first, else the statements kept."""
    tallies = [tally for run in runs for tally in run.tallies if tally.total]
    tallies.sort(key=lambda tally: (tally.good / tally.total, -tally.total))
    if tallies:
        texts = dict.fromkeys(f"{tally.good} of {tally.total} {tally.what}" for tally in tallies)
        return "; ".join(list(texts)[:2])
    checked = [report for report in reports if report.verdict is not Verdict.UNCHECKED]
    kept = sum(report.verdict is Verdict.PASS for report in checked)
    if not checked:
        return "nothing here can be checked"
    return f"{kept} of {len(checked)} checked statements kept"
