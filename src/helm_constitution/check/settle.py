"""Settles findings: what the team has waived, and what it has accepted as debt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from helm_constitution.check.settled import Settled

if TYPE_CHECKING:
    from helm_constitution.check.setup import Policy
    from helm_constitution.core.model import Finding
    from helm_constitution.lint.run import RuleRun
    from helm_constitution.render.results import RenderedChart


def settle(
    findings: tuple[Finding, ...], runs: Sequence[RuleRun], policy: Policy, rendered: RenderedChart, day: str
) -> Settled:
    """The findings with the waivers and debt of the team.

    Args:
        findings: of all rules.
        runs: how the rules went.
        policy: the waivers and the debt.
        rendered: the chart.
        day: an ISO date, by which waivers expire.
    """
    settled = Settled(findings)
    if policy.waivers:
        from helm_constitution.check.apply_waivers import apply_waivers

        settled = apply_waivers(policy.waivers, findings, runs, rendered, day)
    if policy.debt:
        from helm_constitution.check.apply_debt import apply_debt

        settled = settled._replace(findings=apply_debt(policy.debt, settled.findings))
    return settled
