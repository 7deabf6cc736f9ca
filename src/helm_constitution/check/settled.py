"""Findings with the waivers and debt of the team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helm_constitution.core.named_tuples import NamedTuple

if TYPE_CHECKING:
    from helm_constitution.core.model import Finding
    from helm_constitution.report.model import StaleWaiver


class Settled(NamedTuple):
    """Findings, those marked that are waived or accepted, and the waivers that fail the gate.

    ``until`` is the last day on which all this holds, an ISO date: when the next waiver expires; None for ever.
    """

    findings: tuple[Finding, ...]
    stale: tuple[StaleWaiver, ...] = ()
    until: str | None = None
