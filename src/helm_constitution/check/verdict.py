"""Verdicts of statements and principles out of the runs of rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from helm_constitution.check.evidence import evidence_of
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
        reason = run.crash.message if run.crash else run.unchecked or run.not_applicable
        page = None if run.rule.id in own else run.rule.doc
        tag = run.rule.tag.value if run.rule.tag is not None else None
        yield RuleReport(run.rule.id, reason, page, run.not_applicable is None, int(run.rule.urgency), tag)


def findings_verdict(findings: Iterable[Finding], limit: Severity | None) -> Verdict | None:
    """What findings make of a verdict; None where they make nothing of it (there are none, or only notes).

    Args:
        findings: of one statement or more.
        limit: the weakest severity that fails the gate. Errors fail their statement in any case.
    """
    fails = min(limit or Severity.ERROR, Severity.ERROR)
    worst: Verdict | None = None
    for finding in findings:
        if finding.severity is Severity.NOTE and fails is not Severity.NOTE:
            continue
        if finding.waived is not None:
            verdict = Verdict.WAIVED
        elif finding.debt is not None:
            verdict = Verdict.DEBT
        else:
            verdict = Verdict.FAIL if finding.severity >= fails else Verdict.WARN
        worst = verdict if worst is None else max(worst, verdict)
    return worst


def principle_reports(
    constitution: Constitution,
    selection: RuleSelection,
    runs: Sequence[RuleRun],
    findings: Iterable[Finding],
    limit: Severity | None,
) -> Iterator[PrincipleReport]:
    """What reports say of each principle of a constitution.

    Args:
        constitution: the document.
        selection: the rules behind its statements.
        runs: how the rules went.
        findings: what they found, with the waivers and debt of the team.
        limit: the weakest severity that fails the gate; None where nothing does.
    """
    by_rule = {run.rule.id: run for run in runs}
    found: dict[str, list[Finding]] = {}
    breaking: dict[tuple[str, int], list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.rule, []).append(finding)
        for broken in finding.statements:
            breaking.setdefault(broken, []).append(finding)
    for principle in constitution.principles:
        reports: list[StatementReport] = []
        mine: dict[str, RuleRun] = {}
        for statement in principle.statements:
            rules = selection.of(principle, statement)
            ran = [by_rule[rule.id] for rule in rules if rule.id in by_rule]
            mine.update((run.rule.id, run) for run in ran)
            if rules:
                # Another rule's finding breaks the statement too where it tells what one of these rules finds.
                those = [finding for run in ran for finding in found.get(run.rule.id, ())]
                those += breaking.get((principle.key, statement.line), ())
                verdict, reason = _verdict(rules, ran, findings_verdict(those, limit))
            else:
                verdict, reason = Verdict.UNCHECKED, _no_rule(selection.opposite(principle, statement))
            names = tuple(rule.id for rule in rules)
            reports.append(
                StatementReport(statement, names, verdict, reason, selection.left_open(principle, statement))
            )
        worst = Verdict.of_parts((report.verdict for report in reports), empty=Verdict.UNCHECKED)
        yield PrincipleReport(principle.key, principle.title, worst, evidence_of(mine, found, reports), tuple(reports))


def _no_rule(opposite: Sequence[Rule]) -> str:
    if opposite:
        names = ", ".join(rule.id for rule in opposite)
        return f"no rule checks this; it forbids what {names} {'demands' if len(opposite) == 1 else 'demand'}"
    return "no rule checks this"


def _verdict(rules: Sequence[Rule], ran: Sequence[RuleRun], by_findings: Verdict | None) -> tuple[Verdict, str | None]:
    """A statement's verdict out of its rules' runs, and the reason where that is not the findings alone."""
    stopped = [(run.rule.id, run.crash) for run in ran if run.crash is not None]
    if stopped:
        # What a rule can't read is no fault of the rule.
        told = (f"{rule} crashed" if crash.kind == "crash" else crash.message for rule, crash in stopped)
        return Verdict.ERROR, "; ".join(dict.fromkeys(told))
    unchecked: dict[str, list[str]] = {}
    for run in ran:
        if run.unchecked is not None:
            unchecked.setdefault(run.unchecked, []).append(run.rule.id)
    names = {run.rule.id for run in ran}
    if off := [rule.id for rule in rules if rule.id not in names]:
        unchecked["switched off"] = off
    if unchecked:
        return by_findings or Verdict.UNCHECKED, _reasons(unchecked)
    if by_findings is not None:
        return by_findings, None
    absent: dict[str, list[str]] = {}
    for run in ran:
        if run.not_applicable is None:
            return Verdict.PASS, None
        absent.setdefault(run.not_applicable, []).append(run.rule.id)
    return Verdict.NOT_APPLICABLE, _reasons(absent)


def _reasons(rules: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{reason} ({', '.join(ids)})" for reason, ids in rules.items())
