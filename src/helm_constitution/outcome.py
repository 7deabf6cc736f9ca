"""What a check says of a chart, ready for the report formats: plain facts, nothing that was needed to find them."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from helm_constitution.model import Finding, Statement, Trouble, Verdict

DEFAULTS = "defaults"
"""The scenario of the default values."""


class Status(enum.StrEnum):
    """How a scenario went."""

    RENDERED = "rendered"
    NEEDS_INPUT = "needs-input"
    FAILED = "failed"
    NOT_RUN = "not-run"


class ScenarioReport(NamedTuple):
    """How one scenario went; ``message`` is helm's or the chart's where it did not render."""

    name: str
    status: Status
    message: str | None


class ConstitutionReport(NamedTuple):
    """Which constitution a chart was held to."""

    file: str
    version: str | None
    builtin: bool


class StatementReport(NamedTuple):
    """What is said of one statement; ``reason`` tells why it is unchecked or in error."""

    statement: Statement
    rules: tuple[str, ...]
    verdict: Verdict
    reason: str | None


class PrincipleReport(NamedTuple):
    """What is said of one principle, and on what evidence."""

    key: str
    title: str
    verdict: Verdict
    evidence: str
    statements: tuple[StatementReport, ...]


class ChartReport(NamedTuple):
    """Everything that a report of one chart says."""

    name: str
    version: str
    path: str
    verdict: Verdict
    constitution: ConstitutionReport | None
    scenarios: tuple[ScenarioReport, ...]
    principles: tuple[PrincipleReport, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Trouble, ...]
    notices: tuple[str, ...] = ()
    undemanded: int = 0


class RunReport(NamedTuple):
    """What one run of the program says: the charts, and the engine that judged them."""

    engine: str
    helm: str
    kube: str
    charts: tuple[ChartReport, ...]
