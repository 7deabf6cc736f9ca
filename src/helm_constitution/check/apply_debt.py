"""Which findings a team has accepted as debt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from helm_constitution.core.model import Debt, Finding

if TYPE_CHECKING:
    from helm_constitution.policy.debt import DebtEntry


def apply_debt(entries: Iterable[DebtEntry], findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, those marked that were accepted; what is waived stays that."""
    since = {entry.fingerprint: entry.since for entry in entries}
    return tuple(
        finding._replace(debt=Debt(since[finding.fingerprint]))
        if finding.fingerprint in since and finding.waived is None
        else finding
        for finding in findings
    )
