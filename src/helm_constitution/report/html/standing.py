"""Waivers and debt: what may stay, why, until when, and how old it is."""

from __future__ import annotations

from datetime import date

from helm_constitution.core.model import Finding, Waived
from helm_constitution.report.html.elements import Html, joined, table, tag
from helm_constitution.report.html.sources import shown_place
from helm_constitution.report.model import ChartReport, RunReport


def standing_section(run: RunReport) -> Html:
    """The waivers by their last day, and the debt by its age; nothing where there is neither."""
    parts = [_stale(run), _waivers(run), _debt(run)]
    if not any(parts):
        return Html()
    return tag("section", tag("h2", "Waivers and debt"), parts, id="standing")


def _stale(run: RunReport) -> Html:
    rows = [
        (tag("code", stale.waives), stale.reason, tag("code", shown_place(chart, stale.location)), chart.name)
        for chart in run.charts
        for stale in chart.stale
    ]
    heads = ("Waiver of", "Why it fails the gate", "Where", "Chart")
    return table("Waivers that are stale", heads, rows, visible=True) if rows else Html()


def _waivers(run: RunReport) -> Html:
    found: dict[tuple[str, str, Waived], list[Finding]] = {}
    charts: dict[tuple[str, str, Waived], ChartReport] = {}
    for chart in run.charts:
        for finding in chart.findings:
            if finding.waived is not None:
                key = (chart.path, finding.rule, finding.waived)
                found.setdefault(key, []).append(finding)
                charts[key] = chart
    rows = []
    for key in sorted(found, key=lambda key: (key[2].expires or "9999", key[0], key[1])):
        _, rule, waived = key
        reason = waived.why_needed
        if waived.simpler_alternative_rejected_because:
            reason += f" Simpler alternative rejected: {waived.simpler_alternative_rejected_because}"
        if waived.approved_by:
            reason += f" Approved by {waived.approved_by}."
        place = joined(tag("code", shown_place(charts[key], waived.location)))
        rows.append((tag("code", rule), _last_day(waived.expires, run.day), reason, str(len(found[key])), place))
    heads = ("Rule", "Last day", "Why", "Findings", "Written in")
    return table("Waivers, earliest expiry first", heads, rows, visible=True) if rows else Html()


def _debt(run: RunReport) -> Html:
    found: dict[tuple[str, str, str], int] = {}
    for chart in run.charts:
        for finding in chart.findings:
            if not finding.active and finding.waived is None and finding.debt is not None:
                key = (finding.debt.since, chart.name, finding.rule)
                found[key] = found.get(key, 0) + 1
    rows = [
        (tag("code", rule), _age(since, run.day), str(count), name)
        for (since, name, rule), count in sorted(found.items())
    ]
    return table("Debt, oldest first", ("Rule", "Since", "Findings", "Chart"), rows, visible=True) if rows else Html()


def _last_day(expires: str | None, today: str) -> str:
    days = _days(today, expires)
    if expires is None:
        return "none"
    return expires if days is None else f"{expires} (in {days} days)" if days >= 0 else f"{expires} (expired)"


def _age(since: str, today: str) -> str:
    days = _days(since, today)
    return since if days is None else f"{since} ({days} days ago)"


def _days(first: str | None, last: str | None) -> int | None:
    """The days from one ISO date to another; None where one is none."""
    try:
        return (date.fromisoformat(last or "") - date.fromisoformat(first or "")).days
    except ValueError:
        return None
