"""A report as a check could have made it."""

from __future__ import annotations

import re
from typing import Any

from helm_constitution.core.model import (
    Base,
    Finding,
    Location,
    ObjectRef,
    Obligation,
    Precision,
    RelatedLocation,
    Severity,
    Statement,
    Status,
    Trouble,
    Verdict,
    Waived,
)
from helm_constitution.report.model import (
    ChartReport,
    ConstitutionReport,
    PrincipleReport,
    RuleReport,
    RunReport,
    ScenarioReport,
    StaleWaiver,
    StatementReport,
)

ROOT = Finding(
    rule="security/root-user",
    principle="security",
    statements=(("security", 61),),
    severity=Severity.ERROR,
    message="runs as root unless the image says otherwise",
    location=Location(Base.CHART, "templates/deployment.yaml", 31, 11, 31, 27, Precision.EXACT),
    related=(RelatedLocation(Location(Base.CHART, "values.yaml", 44, 1), "set by `securityContext`"),),
    object=ObjectRef("apps/v1", "Deployment", "web", None, "web", "spec.template.spec.containers[0].securityContext"),
    scenarios=("defaults",),
    fingerprint="f" * 32,
    source_line="          securityContext:",
)

WAIVED = Waived(
    "the vendor's image",
    "there is no other",
    "2027-01-31",
    Location(Base.REPO, ".helm-constitution.yaml", 12),
)
STALE = StaleWaiver("security/root-user", "it expired on 2026-01-31", WAIVED.location)


def finding(**changes: Any) -> Finding:
    """The finding above with other parts."""
    return ROOT._replace(**changes)


def statement(text: str, line: int, verdict: Verdict, *rules: str, reason: str | None = None) -> StatementReport:
    """A statement that must hold, and what was said of it."""
    return StatementReport(Statement(text, Obligation.MUST, False, line), rules, verdict, reason)


def chart(*findings: Finding, troubles: tuple[Trouble, ...] = (), **changes: Any) -> ChartReport:
    """A chart that is held to two principles."""
    kept = statement(
        "Containers run as non-root.", 61, Verdict.FAIL if findings else Verdict.PASS, "security/root-user"
    )
    open_ = statement("Clusters are tried.", 70, Verdict.UNCHECKED, reason="no rule checks this")
    report = ChartReport(
        name="web",
        version="1.2.3",
        path="charts/web",
        verdict=Verdict.FAIL if findings else Verdict.UNCHECKED,
        constitution=ConstitutionReport("constitution.md", "1.0.0", False),
        scenarios=(ScenarioReport("defaults", Status.RENDERED, None),),
        principles=(
            PrincipleReport("security", "Security by Default", kept.verdict, "1 of 2 containers", (kept,)),
            PrincipleReport("testing", "Testing", Verdict.UNCHECKED, "nothing here can be checked", (open_,)),
        ),
        findings=findings,
        troubles=troubles,
        undemanded=3,
        rules=(RuleReport("security/root-user"), RuleReport("security/latest-tag")),
        root="/home/user/repository",
        place="charts/web",
    )
    return report._replace(**changes)


def run(*charts: ChartReport) -> RunReport:
    """A run over charts."""
    return RunReport("cli", "v4.3.1", "v1.36.0", charts)


def commands(report: str) -> list[str]:
    """The lines that a CI runner would take for commands."""
    return [line for line in report.splitlines() if line.strip().startswith("::") or re.search(r"##\w*\[", line)]


def steering(report: str) -> list[str]:
    """The characters that a terminal would obey, or that are no text."""
    return [character for character in report if character != "\n" and not character.isprintable()]
