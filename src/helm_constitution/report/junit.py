"""JUnit's XML: a suite for each chart, a case for each rule, and one for each statement that no rule checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from helm_constitution.core.model import Finding, Trouble, Verdict
from helm_constitution.report.files import message, place, place_of_trouble, shown, single_entries, trouble_message
from helm_constitution.report.model import ChartReport, RunReport
from helm_constitution.report.words import clean, inert, label, not_understood, shorten, unchecked_reason

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def render(run: RunReport) -> str:
    """The report as JUnit's readers take it.

    A rule's case fails where a finding of it fails the gate; other findings, the waived ones included, are its output.
    A rule that had nothing to check and a statement that no rule checks are skipped, with the reason.
    """
    from xml.etree import ElementTree

    root = ElementTree.Element("testsuites", name="helm-constitution")
    for chart in run.charts:
        root.append(_suite(chart, run))
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return inert(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n')


def _suite(chart: ChartReport, run: RunReport) -> Element:
    from xml.etree.ElementTree import Element, SubElement

    suite = Element("testsuite", name=clean(f"{chart.title} ({chart.path})"))
    properties = SubElement(suite, "properties")
    document = chart.constitution
    for name, value in (
        ("engine", f"{run.engine}, helm {run.helm}, Kubernetes {run.kube}"),
        ("constitution", f"{document.file} {document.version or ''}".rstrip() if document is not None else "none"),
        ("gate", chart.gate.value),
        ("verdict", chart.verdict.label),
        *([("not understood", doubts)] if (doubts := not_understood(chart)) is not None else []),
    ):
        SubElement(properties, "property", name=name, value=clean(value))
    cases = [*_rules(chart), *_problems(chart), *_unchecked(chart)]
    suite.extend(cases)
    suite.set("tests", str(len(cases)))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(sum(case.find(tag) is not None for case in cases)))
    return suite


def _case(chart: ChartReport, group: str, name: str) -> Element:
    from xml.etree.ElementTree import Element

    return Element("testcase", classname=clean(f"{chart.name}.{group}"), name=clean(name))


def _rules(chart: ChartReport) -> Iterator[Element]:
    from xml.etree.ElementTree import SubElement

    findings: dict[str, list[Finding]] = {report.rule: [] for report in chart.rules}
    for finding in single_entries(chart):
        findings.setdefault(finding.rule, []).append(finding)
    reasons = {report.rule: report.reason for report in chart.rules}
    crashed = {trouble.rule for trouble in chart.troubles}
    for rule, those in findings.items():
        if rule in crashed:
            continue  # among the problems
        case = _case(chart, rule.partition("/")[0], rule)
        failing = [finding for finding in those if chart.fails(finding)]
        others = [finding for finding in those if not chart.fails(finding)]
        reason = reasons.get(rule)
        if failing:
            count = f" (and {len(failing) - 1} more)" if len(failing) > 1 else ""
            kind = max(finding.severity for finding in failing).label
            element = SubElement(case, "failure", type=kind, message=message(chart, failing[0]) + count)
            element.text = _lines(chart, failing)
        elif reason is not None:
            SubElement(case, "skipped", message=clean(reason))
        if others:
            SubElement(case, "system-out").text = _lines(chart, others)
        yield case


def _lines(chart: ChartReport, findings: Sequence[Finding]) -> str:
    return "\n".join(
        f"{shown(place(chart, finding.location))}: {label(finding)}: {message(chart, finding)}" for finding in findings
    )


def _problems(chart: ChartReport) -> Iterator[Element]:
    from xml.etree.ElementTree import SubElement

    for trouble in chart.troubles:
        case = _case(chart, "problems", trouble.rule or _named(trouble))
        text = trouble_message(chart, trouble)
        SubElement(
            case, "error", type=trouble.kind, message=text
        ).text = f"{shown(place_of_trouble(chart, trouble))}: {text}"
        yield case


def _named(trouble: Trouble) -> str:
    return f"{trouble.kind} {trouble.scenario}" if trouble.scenario else trouble.kind


def _unchecked(chart: ChartReport) -> Iterator[Element]:
    """The statements that no rule checks, or only in part; of the others the rules' own cases say what there is to
    say."""
    from xml.etree.ElementTree import SubElement

    ran = {report.rule for report in chart.rules}
    for principle in chart.principles:
        for report in principle.statements:
            if report.open or (report.verdict is Verdict.UNCHECKED and ran.isdisjoint(report.rules)):
                text = shorten(report.statement.text, 90)
                case = _case(chart, principle.key, f"line {report.statement.line}, {report.statement.keyword}: {text}")
                SubElement(case, "skipped", message=clean(unchecked_reason(report, rules=True) or "unchecked"))
                yield case
