"""One page of HTML that needs nothing else: it works from a disk, in a mail and as a CI artefact."""

from __future__ import annotations

from base64 import b64encode
from importlib.resources import files

from helm_constitution.core.digest import sha256
from helm_constitution.core.model import Gate
from helm_constitution.report.html.coverage import coverage_section
from helm_constitution.report.html.elements import Html, joined, tag
from helm_constitution.report.html.findings import findings_section
from helm_constitution.report.html.overview import (
    fix_first_section,
    matrix,
    problems_section,
    scenarios_section,
    trend_section,
    unchecked_section,
    upgrade_section,
)
from helm_constitution.report.html.standing import standing_section
from helm_constitution.report.model import RunReport
from helm_constitution.report.words import counts, inert


def render(run: RunReport) -> str:
    """The report as one HTML document. A policy in it allows its own style and script alone, and no connection."""
    sections = [
        ("Could not check", "problems", problems_section(run)),
        ("Fix first", "fix-first", fix_first_section(run)),
        ("Overview", "overview", matrix(run)),
        ("Findings", "findings", findings_section(run)),
        ("Waivers and debt", "standing", standing_section(run)),
        ("Upgrading", "upgrade", upgrade_section(run)),
        ("Coverage", "coverage", coverage_section(run)),
        ("Trend", "trend", trend_section(run)),
        ("Unchecked", "unchecked", unchecked_section(run)),
        ("Scenarios", "scenarios", scenarios_section(run)),
    ]
    there = [(title, key, section) for title, key, section in sections if section]
    links = (tag("li", tag("a", title, href=f"#{key}")) for title, key, _ in there)
    body = tag(
        "body",
        tag("a", "Skip to the findings", href="#findings", class_="skip"),
        tag("header", _verdict(run), tag("nav", tag("ul", links), aria_label="Sections")),
        "\n",
        tag("main", [joined(section, Html("\n")) for _, _, section in there]),
        tag("footer", tag("p", _engine(run))),
        tag("script", Html(_asset("report.js"))),
    )
    head = _head(f"{run.gate.value.upper()} {_name(run)}")
    return inert(f'<!doctype html>\n<html lang="en">\n{head}\n{body}\n</html>\n')


def _head(title: str) -> Html:
    script = b64encode(sha256(_asset("report.js").encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{script}'; base-uri 'none'"
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="generator", content="helm-constitution"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("title", title),
        tag("style", Html(_asset("report.css"))),
    )


def _asset(name: str) -> str:
    return (files("helm_constitution") / "data" / name).read_text("utf-8")


def _name(run: RunReport) -> str:
    if len(run.charts) == 1:
        return f"{run.charts[0].name} {run.charts[0].version}"
    return f"{len(run.charts)} charts"


def _verdict(run: RunReport) -> Html:
    findings = [finding for chart in run.charts for finding in chart.findings]
    meaning = {
        Gate.PASS: "The gate passes",
        Gate.FAIL: "The gate fails",
        Gate.ERROR: "Something could not be checked",
    }[run.gate]
    heading = tag("h1", tag("span", run.gate.value.upper(), class_=f"badge {run.gate.value}"), f" {_name(run)}")
    documents = dict.fromkeys(
        f"{chart.constitution.file} {chart.constitution.version or ''}".strip()
        for chart in run.charts
        if chart.constitution is not None
    )
    held = f" · constitution: {', '.join(documents)}" if documents else ""
    return joined(heading, tag("p", f"{meaning}: {counts(findings)}{held}"))


def _engine(run: RunReport) -> str:
    day = f"Checked on {run.day}. " if run.day else ""
    return f"{day}Rendered by helm {run.helm} ({run.engine} engine) for Kubernetes {run.kube}."
