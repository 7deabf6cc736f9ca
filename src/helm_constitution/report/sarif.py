"""SARIF 2.1.0 (OASIS, errata 01), as code scanning and editors read it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from helm_constitution import __version__
from helm_constitution.core.digest import sha256
from helm_constitution.core.fixes import Fix
from helm_constitution.core.model import Base, Finding, Location, Severity
from helm_constitution.report.files import (
    STALE_WAIVER,
    FilePlace,
    details_of,
    is_packaged,
    place,
    place_of_trouble,
    single_entries,
    trouble_message,
)
from helm_constitution.report.model import ChartReport, RunReport
from helm_constitution.report.pages import pages_of, rule_address
from helm_constitution.report.words import (
    clean,
    is_partly_unchecked,
    json_text,
    not_understood,
    shorten,
    standing,
    unchecked_reason,
)

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "helmConstitution/v1"
"""The name of our fingerprint; ``primaryLocationLineHash`` is left to the program that uploads."""

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_STALE = "A waiver has expired or is unused: renew it or remove it."
_ROOT = "%SRCROOT%"
_RESULTS = 25_000
"""Results that code scanning takes; of more it takes none."""

_DESCRIPTION = 1024
"""Characters that code scanning takes of a description."""


def render(run: RunReport) -> str:
    """The report as one SARIF run.

    URIs count from the repository's root. Rules are described where there are results of them. Notifications of the
    invocation list what could not be checked and which statements nothing checks. Of more results than code scanning
    takes the weakest are left out, with a notification that counts them.
    """
    found = [(chart, finding) for chart in run.charts for finding in single_entries(chart)]
    kept = set(sorted(range(len(found)), key=lambda number: -found[number][1].severity)[:_RESULTS])
    shown = [pair for number, pair in enumerate(found) if number in kept]
    notifications = [notification for chart in run.charts for notification in _notifications(chart)]
    if len(shown) < len(found):
        text = f"{len(found) - len(shown)} more findings, the least severe, are omitted; the json format has them"
        notifications.append({"level": "warning", "descriptor": {"id": "left-out"}, "message": {"text": text}})
    rules = list(dict.fromkeys(finding.rule for _, finding in shown))
    index = {rule: number for number, rule in enumerate(rules)}
    document = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "helm-constitution",
                        "semanticVersion": __version__,
                        "rules": list(_rules(rules, run.charts)),
                    }
                },
                "properties": {
                    "gate": run.gate.value,
                    "charts": [
                        {
                            "name": clean(chart.name),
                            "path": clean(chart.path),
                            "gate": chart.gate.value,
                            "verdict": chart.verdict.label,
                        }
                        for chart in run.charts
                    ],
                },
                "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {
                        "executionSuccessful": run.status != 2,
                        "exitCode": run.status,
                        "toolExecutionNotifications": notifications,
                    }
                ],
                "results": [_result(chart, finding, index[finding.rule]) for chart, finding in shown],
            }
        ],
    }
    return json_text(document)


def _rules(ids: list[str], charts: Sequence[ChartReport]) -> Iterator[dict[str, Any]]:
    """Descriptions of rules, out of their pages; a rule of which there is no page has its id alone."""
    from helm_constitution.text.rule_page import sections_of, title_of

    pages = {STALE_WAIVER: _STALE, **pages_of(charts)}
    for rule_id in ids:
        page = pages.get(rule_id, "")
        heading, parts = clean(title_of(page) or rule_id), sections_of(page)
        why = " ".join(parts.get("Why", "").split())
        description: dict[str, Any] = {
            "id": clean(rule_id),
            "shortDescription": {"text": shorten(heading, _DESCRIPTION)},
            "fullDescription": {"text": shorten(f"{heading} {why[:1].upper()}{why[1:]}", _DESCRIPTION)},
            "help": {"text": _help(parts, markdown=False) or heading},
        }
        if (address := rule_address(rule_id)) is not None:
            description["helpUri"] = address
        if parts:
            description["help"]["markdown"] = _help(parts, markdown=True)
        if "/" in rule_id:
            description["properties"] = {"tags": [clean(rule_id.partition("/")[0])]}
        yield description


def _help(parts: Any, *, markdown: bool) -> str:
    """A rule's page below its title."""
    texts = []
    for name, text in parts.items():
        if name in ("Bad", "Good"):
            texts.append(f"**{name}**\n\n```yaml\n{text}\n```" if markdown else f"{name}:\n\n{text}")
        else:
            told = " ".join(text.split())
            texts.append(f"**{name}**: {told}" if markdown else f"{name}: {told}")
    return "\n\n".join(texts)


def _result(chart: ChartReport, finding: Finding, index: int) -> dict[str, Any]:
    found = place(chart, finding.location)
    text = finding.message if found.inside is None else f"{found.inside}: {finding.message}"
    details = [detail for detail in details_of(finding) if detail != standing(finding)]
    result: dict[str, Any] = {
        "ruleId": clean(finding.rule),
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(f"{text} ({'; '.join(details)})" if details else text)},
        "locations": [_location(found)],
        "partialFingerprints": {FINGERPRINT: _fingerprint(chart, finding)},
    }
    thing = finding.object
    if thing is not None:
        name = "/".join(part for part in (thing.kind, thing.namespace, thing.name, thing.container) if part)
        result["locations"][0]["logicalLocations"] = [{"fullyQualifiedName": clean(name), "kind": "resource"}]
    related = [(place(chart, other.location), other.message) for other in finding.related]
    if related:
        result["relatedLocations"] = [
            {"id": number, **_location(place_), "message": {"text": _message(told)}}
            for number, (place_, told) in enumerate(related, 1)
        ]
    if (suppression := _suppression(chart, finding)) is not None:
        result["suppressions"] = [suppression]
    # A fix of a packaged chart has no file that a reader could change.
    if finding.fix is not None and finding.fix.edits and not finding.fix.moves and not is_packaged(chart):
        result["fixes"] = [_fix(chart, finding.fix)]
    result["properties"] = {
        "chart": clean(chart.name),
        "principle": clean(finding.principle),
        "precision": finding.location.precision.value,
        "scenarios": [clean(name) for name in finding.scenarios],
        "statements": [f"{clean(key)}:{line}" for key, line in finding.statements],
    }
    return result


def _fix(chart: ChartReport, fix: Fix) -> dict[str, Any]:
    """A fix: one change for each file. SARIF has no other name for a file, and no field for how safe a fix is."""
    changes: dict[str, dict[str, Any]] = {}
    for edit in fix.edits:
        found = place(chart, Location(Base.CHART, edit.file, *edit[1:5]))
        location = _location(found)["physicalLocation"]
        change = changes.setdefault(edit.file, {"artifactLocation": location["artifactLocation"], "replacements": []})
        change["replacements"].append({"deletedRegion": location["region"], "insertedContent": {"text": edit.text}})
    return {
        "description": {"text": _message(fix.title)},
        "artifactChanges": list(changes.values()),
        "properties": {"applicability": fix.applicability.value},
    }


def _suppression(chart: ChartReport, finding: Finding) -> dict[str, Any] | None:
    """A waiver, or debt. A comment in a file of the chart suppresses in the source, all else from outside."""
    reason = standing(finding)
    if reason is None:
        return None
    suppression: dict[str, Any] = {"kind": "external", "status": "accepted", "justification": clean(reason)}
    if finding.waived is not None:
        suppression["location"] = _location(place(chart, finding.waived.location))
        if finding.waived.location.base is Base.CHART:
            suppression["kind"] = "inSource"
    return suppression


def _location(found: FilePlace) -> dict[str, Any]:
    """A file, and the region where there is one: a result without a certain line is about the whole file."""
    location = found.location
    artifact = {"uri": _uri(found.path), "uriBaseId": _ROOT}
    if os.path.isabs(found.path) or found.path.startswith("../"):
        del artifact["uriBaseId"]
    physical: dict[str, Any] = {"artifactLocation": artifact}
    if location.line is not None:
        column = location.column or 1
        physical["region"] = {
            "startLine": location.line,
            "startColumn": column,
            "endLine": location.end_line or location.line,
            "endColumn": location.end_column or column,
        }
    return {"physicalLocation": physical}


def _uri(path: str) -> str:
    text = quote(path, safe="/", errors="surrogateescape")
    return f"file://{text}" if path.startswith("/") else text


def _message(text: str) -> str:
    """A plain text message, in which ``[text](1)`` would be a link."""
    return clean(text).replace("](", "] (")


def _fingerprint(chart: ChartReport, finding: Finding) -> str:
    """That of the finding, apart from that of another chart's like finding."""
    return sha256(f"{chart.place}\0{finding.fingerprint}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _notifications(chart: ChartReport) -> Iterator[dict[str, Any]]:
    for trouble in chart.troubles:
        yield {
            "level": "error",
            "descriptor": {"id": f"could-not-judge/{trouble.kind}"},
            "message": {"text": _message(trouble_message(chart, trouble))},
            "locations": [_location(place_of_trouble(chart, trouble))],
        }
    if (doubts := not_understood(chart)) is not None:
        yield {"level": "note", "descriptor": {"id": "not-understood"}, "message": {"text": _message(doubts)}}
    for notice in chart.notices:
        yield {"level": "note", "descriptor": {"id": "notice"}, "message": {"text": _message(notice)}}
    for principle in chart.principles:
        for report in principle.statements:
            if is_partly_unchecked(report):
                statement = report.statement
                reason = f" ({why})" if (why := unchecked_reason(report, rules=True)) else ""
                text = f"{principle.title}, line {statement.line}, {statement.keyword}: {statement.text}{reason}"
                yield {"level": "note", "descriptor": {"id": "unchecked"}, "message": {"text": _message(text)}}
