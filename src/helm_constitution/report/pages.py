"""The pages of rules, as reports show them and lead to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helm_constitution.core.addresses import documentation
from helm_constitution.report.model import ChartReport


def pages_of(charts: Sequence[ChartReport]) -> Mapping[str, str]:
    """The docstring of each rule: those of the program, and those of teams' own that ran."""
    from helm_constitution.lint import registry

    pages = {report.rule: report.page for chart in charts for report in chart.rules if report.page}
    pages.update((rule.id, rule.doc) for rule in registry.rules())
    return pages


def rule_address(rule: str) -> str | None:
    """The address of the page of one of the program's own rules; None for any other rule."""
    from helm_constitution.lint import registry

    if all(known.id != rule for known in registry.rules()):
        return None
    return f"{documentation()}/rules/{rule}.md"
