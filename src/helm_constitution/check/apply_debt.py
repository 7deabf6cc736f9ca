"""Which findings a team has accepted as debt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from helm_constitution.core.model import Debt
from helm_constitution.policy.debt import Entry

if TYPE_CHECKING:
    from helm_constitution.lint.run import RuleRun


def apply_debt(entries: Sequence[Entry], runs: Sequence[RuleRun]) -> None:
    """Marks the findings that were accepted; what is waived stays that."""
    since = {entry.fingerprint: entry.since for entry in entries}
    for run in runs:
        run.findings = [
            finding._replace(debt=Debt(since[finding.fingerprint]))
            if finding.fingerprint in since and finding.waived is None
            else finding
            for finding in run.findings
        ]
