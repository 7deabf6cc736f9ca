"""A fleet at a glance: the matrix of charts and principles, and which rules how many charts break.

One row is kept of each chart, not its report: a fleet may have a hundred thousand.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence

from helm_constitution import __version__
from helm_constitution.core.model import PRINCIPLE_KEYS, Gate, Severity
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.report.markdown_text import words
from helm_constitution.report.model import ChartReport
from helm_constitution.report.words import clean, inert, json_text, shorten

_ROWS = 40
"""Charts that the text shows at most; the worst."""
_RULES = 15
_MARKDOWN_ROWS = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet reads as a formula at the start of a cell."""

CHART_COLUMNS = ("path", "name", "version", "gate", "verdict", "errors", "warnings", "notes", "problem")
"""What the table of charts has of each, before its principles."""
RULE_COLUMNS = ("rule", "charts", "findings")


class Row(NamedTuple):
    """One chart: counts of active findings by severity, the verdict of each principle by its key, active findings by
    rule, and what kept it from being checked."""

    path: str
    name: str
    version: str
    gate: Gate
    verdict: str
    errors: int
    warnings: int
    notes: int
    principles: dict[str, str]
    rules: dict[str, int]
    problem: str | None


class BrokenRule(NamedTuple):
    """A rule: how many charts break it, and its findings in all of them."""

    rule: str
    charts: int
    findings: int


class Matrix(NamedTuple):
    """The charts of a fleet, and the engine that rendered them."""

    engine: str
    helm: str
    kube: str
    rows: tuple[Row, ...]

    @property
    def gate(self) -> Gate:
        """The gate's answer for all charts: that of the worst."""
        return max((row.gate for row in self.rows), key=lambda gate: gate.status, default=Gate.PASS)

    @property
    def columns(self) -> list[str]:
        """The principles' keys: the ten in their order, then those of other constitutions as they come."""
        found = dict.fromkeys(key for row in self.rows for key in row.principles)
        return [*(key for key in PRINCIPLE_KEYS if key in found), *(key for key in found if key not in PRINCIPLE_KEYS)]

    def broken_rules(self) -> list[BrokenRule]:
        """The rules that any chart breaks, those of the most charts first."""
        charts: Counter[str] = Counter()
        findings: Counter[str] = Counter()
        for row in self.rows:
            charts.update(row.rules.keys())
            findings.update(row.rules)
        ordered = sorted(charts, key=lambda rule: (-charts[rule], -findings[rule], rule))
        return [BrokenRule(rule, charts[rule], findings[rule]) for rule in ordered]


def row_of(chart: ChartReport) -> Row:
    """What the matrix keeps of a chart's report."""
    active = [finding for finding in chart.findings if finding.active]
    severities = Counter(finding.severity for finding in active)
    return Row(
        chart.path,
        chart.name,
        chart.version,
        chart.gate,
        chart.verdict.label,
        severities[Severity.ERROR],
        severities[Severity.WARNING],
        severities[Severity.NOTE],
        {principle.key: principle.verdict.label for principle in chart.principles},
        dict(Counter(finding.rule for finding in active)),
        next((trouble.message for trouble in chart.troubles if trouble.fatal), None),
    )


def text(matrix: Matrix, *, full: bool = False) -> str:
    """For a terminal: totals, the rules that most charts break, and the worst charts (``full``: all of them)."""
    lines = [_totals(matrix), f"engine: {matrix.engine}, helm {clean(matrix.helm)}, Kubernetes {clean(matrix.kube)}"]
    broken = matrix.broken_rules()
    if broken:
        lines += ["", "Rules by the charts that break them"]
        lines += [f"  {one.charts:6} {one.rule} ({one.findings})" for one in (broken if full else broken[:_RULES])]
        if not full and len(broken) > _RULES:
            lines.append(f"  … and {len(broken) - _RULES} more rules")
    shown = _worst(matrix.rows) if not full else list(matrix.rows)
    columns = matrix.columns
    lines += ["", "Charts"]
    for row in shown if full else shown[:_ROWS]:
        told = f"{row.errors} errors, {row.warnings} warnings" if row.problem is None else shorten(row.problem, 100)
        lines.append(f"{row.gate.value.upper():5} {clean(f'{row.path} ({row.name} {row.version})')}: {clean(told)}")
        bad = [
            f"{key} {row.principles[key]}" for key in columns if row.principles.get(key) not in (None, "pass", "n/a")
        ]
        if bad:
            lines.append(f"      {', '.join(bad)}")
    if not full and len(shown) > _ROWS:
        lines.append(f"… and {len(shown) - _ROWS} more charts; --all shows them")
    lines += ["", _totals(matrix)]
    return inert("\n".join(lines) + "\n")


def markdown(matrix: Matrix) -> str:
    """The matrix as a table, and the rules as another; the worst charts where there are too many for a page."""
    columns = matrix.columns
    lines = [f"## helm-constitution: {_totals(matrix)}", ""]
    lines += [f"| Chart | Gate | {' | '.join(columns)} |", f"| --- | --- |{' --- |' * len(columns)}"]
    rows = matrix.rows if len(matrix.rows) <= _MARKDOWN_ROWS else _worst(matrix.rows)[:_MARKDOWN_ROWS]
    for row in rows:
        cells = " | ".join(row.principles.get(key, "") for key in columns)
        lines.append(f"| {words(row.path)} | {row.gate.value} | {cells} |")
    if len(rows) < len(matrix.rows):
        lines += ["", f"… and {len(matrix.rows) - len(rows)} more charts."]
    lines += ["", "| Rule | Charts | Findings |", "| --- | --- | --- |"]
    lines += [f"| {words(one.rule)} | {one.charts} | {one.findings} |" for one in matrix.broken_rules()]
    return inert("\n".join(lines) + "\n")


def json(matrix: Matrix) -> str:
    """The matrix as JSON, version 1: it may gain fields, never lose or change one."""
    gates = Counter(row.gate for row in matrix.rows)
    return json_text(
        {
            "version": 1,
            "tool": {"name": "helm-constitution", "version": __version__},
            "engine": {"name": matrix.engine, "helm": matrix.helm, "kube": matrix.kube},
            "fleet": [
                {**_totals_of(row), "principles": row.principles, "rules": row.rules, "problem": row.problem}
                for row in matrix.rows
            ],
            "rules": [one._asdict() for one in matrix.broken_rules()],
            "summary": {
                "gate": matrix.gate.value,
                "charts": len(matrix.rows),
                **{gate.value: gates[gate] for gate in Gate},
            },
        }
    )


def charts_table(matrix: Matrix) -> Iterator[dict[str, str | int]]:
    """The matrix as rows of a table, every row with the same columns."""
    columns = matrix.columns
    for row in matrix.rows:
        principles = {key: row.principles.get(key, "") for key in columns}
        yield {**_totals_of(row), "problem": row.problem or "", **principles}


def _totals_of(row: Row) -> dict[str, str | int]:
    """What JSON and the table both begin a chart with."""
    return {
        "path": row.path,
        "name": row.name,
        "version": row.version,
        "gate": row.gate.value,
        "verdict": row.verdict,
        "errors": row.errors,
        "warnings": row.warnings,
        "notes": row.notes,
    }


def rules_table(matrix: Matrix) -> Iterator[dict[str, str | int]]:
    """The broken rules as rows of a table."""
    for one in matrix.broken_rules():
        yield {"rule": one.rule, "charts": one.charts, "findings": one.findings}


def as_csv(rows: Sequence[dict[str, str | int]], header: Sequence[str]) -> str:
    """Rows as CSV (RFC 4180). No cell is a formula to a spreadsheet, and none breaks a line."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in header])
    return out.getvalue()


def _cell(value: str | int) -> str | int:
    if isinstance(value, int):
        return value
    return clean(f"'{value}" if value.startswith(_FORMULA) else value)


def _totals(matrix: Matrix) -> str:
    gates = Counter(row.gate for row in matrix.rows)
    counted = ", ".join(f"{gates[gate]} {gate.value}" for gate in Gate if gates[gate])
    count = len(matrix.rows)
    return f"{matrix.gate.value.upper()}  {count} chart{'' if count == 1 else 's'}: {counted or 'none'}"


def _worst(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-row.gate.status, -row.errors, -row.warnings))
