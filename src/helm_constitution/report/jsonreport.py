"""The JSON report, version 1. Its shape is a contract: it may gain fields, never lose or change one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from helm_constitution import __version__
from helm_constitution.core.fixes import Fix
from helm_constitution.core.model import Finding, Location, Trouble, Waived
from helm_constitution.report.model import (
    BaselineReport,
    ChartReport,
    ChartSummary,
    ConstitutionReport,
    Counts,
    RunReport,
    worst,
)
from helm_constitution.report.words import as_yaml, json_text


def render(run: RunReport) -> str:
    """The report as JSON text, keys in the contract's order, findings in a fixed order."""
    return "".join(joined(run, [(chart_text(chart), chart.summary) for chart in run.charts]))


def chart_text(chart: ChartReport) -> str:
    """One chart of the report, indented as it is in there."""
    return _indented(json_text(_chart(chart)), "    ")


def joined(run: RunReport, charts: Sequence[tuple[str, ChartSummary]]) -> Iterator[str]:
    """The report of the charts of a run, piece by piece: that of a hundred charts has 20 MB.

    Args:
        run: has the engine.
        charts: the text of each chart, and what the summary says of it.
    """
    head = {
        "version": 1,
        "tool": {"name": "helm-constitution", "version": __version__},
        "engine": {"name": run.engine, "helm": run.helm, "kube": run.kube},
    }
    yield json_text(head).removesuffix("\n}\n") + ',\n  "charts": ['
    for number, (text, _) in enumerate(charts):
        yield ",\n    " if number else "\n    "
        yield text
    end = _indented(json_text(_summary([summary for _, summary in charts])), "  ")
    yield ("\n  " if charts else "") + f'],\n  "summary": {end}\n}}\n'


def _indented(text: str, by: str) -> str:
    return text.rstrip("\n").replace("\n", f"\n{by}")


def _summary(charts: Sequence[ChartSummary]) -> dict[str, str | int]:
    gate, found = worst(chart.gate for chart in charts), Counts.total(chart.counts for chart in charts)
    return {"gate": gate.value, "charts": len(charts), **found._asdict()}


def _chart(chart: ChartReport) -> dict[str, Any]:
    return {
        "name": chart.name,
        "version": chart.version,
        "path": chart.path,
        "gate": chart.gate.value,
        "verdict": chart.verdict.label,
        "constitution": None if chart.constitution is None else _constitution(chart.constitution),
        "scenarios": [
            {"name": result.name, "status": result.status.value, "message": result.message}
            for result in chart.scenarios
        ],
        "principles": [
            {
                "key": principle.key,
                "title": principle.title,
                "verdict": principle.verdict.label,
                "evidence": principle.evidence,
                "statements": [
                    {
                        "text": report.statement.text,
                        "lead": report.statement.lead or None,
                        "obligation": report.statement.obligation.name,
                        "forbids": report.statement.forbids,
                        "line": report.statement.line,
                        "rules": list(report.rules),
                        "verdict": report.verdict.label,
                        "reason": report.reason,
                        "open": list(report.open),
                    }
                    for report in principle.statements
                ],
            }
            for principle in chart.principles
        ],
        "findings": [_finding(finding) for finding in chart.findings],
        "problems": [_problem(trouble) for trouble in chart.troubles],
        "notices": list(chart.notices),
        "undemanded_rules": chart.undemanded,
        "baseline": None if chart.baseline is None else _baseline(chart.baseline),
        "stale_waivers": [
            {
                "waives": stale.waives,
                "reason": stale.reason,
                "base": stale.location.base.value,
                "file": stale.location.file,
                "line": stale.location.line,
            }
            for stale in chart.stale
        ],
        "inputs": [
            {"path": one.path, "type": one.kind, "placeholder": one.placeholder, "message": one.message}
            for one in chart.inputs
        ],
    }


def _constitution(constitution: ConstitutionReport) -> dict[str, Any]:
    return {
        "file": constitution.file,
        "version": constitution.version,
        "not_understood": [
            {"text": one.text, "line": one.line, "principle": one.principle, "reason": one.reason}
            for one in constitution.not_understood
        ],
    }


def _baseline(baseline: BaselineReport) -> dict[str, Any]:
    return {
        "origin": baseline.origin,
        "version": baseline.version,
        "required_version": baseline.required_version,
        "required_step": baseline.required_step,
        "enough": baseline.enough,
        "objects_compared": baseline.objects_compared,
        "commit_message": baseline.commit_message,
        "changes": [
            {
                "rule": change.rule or None,
                "step": change.step,
                "message": change.what,
                "advice": change.advice or None,
                "old": None if change.old is None else _place(change.old),
                "new": None if change.new is None else _place(change.new),
                "old_values": change.old_values,
                "new_values": change.new_values,
            }
            for change in baseline.changes
        ],
    }


def _place(location: Location) -> dict[str, Any]:
    return {
        "base": location.base.value,
        "file": location.file,
        "line": location.line,
        "column": location.column,
        "end_line": location.end_line,
        "end_column": location.end_column,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    thing = finding.object
    return {
        "rule": finding.rule,
        "principle": finding.principle,
        "statements": [{"principle": key, "line": line} for key, line in finding.statements],
        "severity": finding.severity.label,
        "message": finding.message,
        **_place(finding.location),
        "precision": finding.location.precision.value,
        "related": [
            {
                "base": related.location.base.value,
                "file": related.location.file,
                "line": related.location.line,
                "message": related.message,
            }
            for related in finding.related
        ],
        "object": None
        if thing is None
        else {
            "apiVersion": thing.api_version,
            "kind": thing.kind,
            "name": thing.name,
            "namespace": thing.namespace,
            "container": thing.container,
            "field": thing.field,
        },
        "scenarios": list(finding.scenarios),
        "waived": _waived(finding.waived),
        "debt": None if finding.debt is None else {"since": finding.debt.since},
        "fingerprint": finding.fingerprint,
        "fix": None if finding.fix is None else _fix(finding.fix),
        **_more(finding),
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "title": fix.title,
        "applicability": fix.applicability.value,
        "edits": [edit._asdict() for edit in fix.edits],
        "moves": [{"from": old, "to": new} for old, new in fix.moves],
    }


def _more(finding: Finding) -> dict[str, Any]:
    """What only some findings have: YAML to paste, parts."""
    more: dict[str, Any] = {}
    if finding.paste is not None:
        more["paste"] = as_yaml(finding.paste)
    if finding.parts:
        more["parts"] = [_finding(part) for part in finding.parts]
    return more


def _waived(waived: Waived | None) -> dict[str, Any] | None:
    if waived is None:
        return None
    return {
        "why_needed": waived.why_needed,
        "simpler_alternative_rejected_because": waived.simpler_alternative_rejected_because,
        "expires": waived.expires,
        "approved_by": waived.approved_by,
        "base": waived.location.base.value,
        "file": waived.location.file,
        "line": waived.location.line,
    }


def _problem(trouble: Trouble) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "kind": trouble.kind,
        "rule": trouble.rule,
        "scenario": trouble.scenario,
        "message": trouble.message,
        "file": trouble.file,
        "line": trouble.line,
    }
    if trouble.traceback is not None:
        problem["traceback"] = trouble.traceback
    return problem
