"""Waivers: why a finding may stay, written in the configuration, in place, or in a plan's Complexity Tracking.

A waived finding stays in every report, with its reasons. A waiver that has expired, or that waives nothing although its
rule did run, fails the gate.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Base, Location
from helm_constitution.core.repository import place_of
from helm_constitution.core.suggest import closest
from helm_constitution.core.unsaved import NO_TEXTS, Unsaved, content_of
from helm_constitution.policy.reader import known_rule
from helm_constitution.policy.waiver import Waiver

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.lint.rule import RuleModule
    from helm_constitution.policy.reader import SectionReader
    from helm_constitution.text.yaml_document import View

KEYS = (
    "rule",
    "principle",
    "chart",
    "file",
    "object",
    "container",
    "values",
    "why_needed",
    "simpler_alternative_rejected_because",
    "expires",
    "approved_by",
)

SECURITY = "security"
"""The module, and the principle, whose findings are waived one by one."""

COMPLEXITY_TRACKING = "complexity tracking"
"""The heading of a plan's table of waivers, in lower case."""


# --- in the configuration ---------------------------------------------------------------------------------------------


def read_waivers(view: View, reader: SectionReader) -> tuple[Waiver, ...]:
    """The waivers of the configuration that are for the reader's chart; all are looked at.

    Raises:
        ConfigurationError: with file and line, where one is not complete or names what doesn't exist.
    """
    if not view.is_list:
        raise reader.fault("waivers must be a list of maps", view)
    found = []
    for part in view.items():
        waiver = _read_waiver(part, reader)
        if _is_for(part.get("chart"), reader):
            found.append(waiver)
    return tuple(found)


def _read_waiver(view: View, reader: SectionReader) -> Waiver:
    reader.only_keys(view, KEYS, "key of a waiver", "a waiver must be a map")
    texts = {key: _text(part, reader) for key, part in view.entries() if key != "expires"}
    rule, principle = texts.get("rule"), texts.get("principle")
    if (rule is None) is (principle is None):
        raise reader.fault("a waiver must name a rule or a principle", view)
    if rule is not None:
        reader.known_rule(rule, view.get("rule"))
    if principle == SECURITY:
        raise reader.fault("security findings must be waived one by one: name the rule", view.get("principle"))
    for key in ("why_needed", "simpler_alternative_rejected_because"):
        if key not in texts:
            raise reader.fault(f"a waiver needs {key}", view)
    if _is_too_broad(rule, texts):
        raise reader.fault(_ONE_BY_ONE, view)
    if "container" in texts and "object" not in texts:
        raise reader.fault("container requires object: name the object too", view.get("container"))
    if "object" in texts and "/" not in texts["object"]:
        raise reader.fault("object must be a kind and a name, like Deployment/web", view.get("object"))
    base, file = place_of(reader.chart, Path(os.path.abspath(reader.file)))
    return Waiver(
        rule=rule,
        principle=principle,
        why_needed=texts["why_needed"],
        simpler_alternative_rejected_because=texts["simpler_alternative_rejected_because"],
        location=Location(base, file, reader.line(view)),
        file=texts.get("file"),
        object=texts.get("object"),
        container=texts.get("container"),
        values=texts.get("values"),
        expires=_date(view.get("expires"), reader),
        approved_by=texts.get("approved_by"),
    )


_ONE_BY_ONE = "security findings must be waived one by one: name the file, object or values path"


def _is_too_broad(rule: str | None, narrowed_by: Collection[str]) -> bool:
    return rule is not None and rule.startswith(f"{SECURITY}/") and not {"file", "object", "values"} & {*narrowed_by}


def require_known_principles(waivers: Iterable[Waiver], principles: Collection[str], file: Path) -> None:
    """Raises ConfigurationError, with the configuration's file, for a waiver of a principle that doesn't exist."""
    for waiver in waivers:
        if waiver.principle is not None and waiver.principle not in principles:
            near = closest(waiver.principle, list(principles))
            known = ", ".join(key for key in principles if key != SECURITY)
            hint = f"did you mean {near!r}?" if near is not None else f"known: {known}"
            message = f"unknown principle {waiver.principle!r} in a waiver; {hint}"
            raise ConfigurationError(message, file=str(file), line=waiver.location.line)


def _text(view: View, reader: SectionReader) -> str:
    text = (view.string() or "").strip()
    if not text:
        raise reader.fault(f"{view.path[-1]} must be a non-empty string; write it in quotes", view)
    return text


def _date(view: View, reader: SectionReader) -> str | None:
    if not view.exists:
        return None
    text = view.string() or ""
    if _is_day(text):
        return text
    raise reader.fault("expires must be a date like 2030-12-31", view)


def _is_day(text: str) -> bool:
    """Whether a text is an ISO date."""
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_for(chart: View, reader: SectionReader) -> bool:
    """Whether a waiver is for the reader's chart; one that names none is for the chart beside the configuration."""
    if not chart.exists:
        if not reader.is_there("Chart.yaml"):
            raise reader.fault("the waiver must name its chart relative to this file, like `chart: charts/web`", chart)
        return reader.chart_path == "."
    name = str(chart.data).removeprefix("./").rstrip("/") or "."
    if not reader.is_there(name):
        raise reader.fault(f"no such chart: {name}; write its path relative to this file", chart)
    return reader.chart_path == name


# --- in place ---------------------------------------------------------------------------------------------------------

_COMMENT = LazyPattern(
    r"\{\{-?\s*/\*\s*constitution:[ \t]*allow\b(?P<block>(?:[^*]|\*(?!/))*)\*/\s*-?\}\}"
    r"|(?:(?<=\s)|^)#+[ \t]*constitution:[ \t]*allow\b(?P<line>[^\n]*)",
    re.MULTILINE,
)
_QUOTED = LazyPattern(r"(?<!\w)(?:\"(?:\\.|[^\"\\])*(\")?|'(?:''|[^'])*(')?)")
"""A text in quotes, or what begins like one and doesn't end; the group is its end."""
_IS_COMMENT = LazyPattern(r"\s*(?:#|\{\{-?\s*/\*.*\*/\s*-?\}\}\s*\Z)")
_YAML = (".yaml", ".yml", ".tpl")


def comment_waivers(chart: Chart, modules: Sequence[RuleModule]) -> tuple[Waiver, ...]:
    """The waivers in the comments of a chart's YAML files and templates.

    Raises:
        ConfigurationError: with file and line, for a comment without a rule or a reason, or with an unknown rule.
    """
    found: list[Waiver] = []
    for file, text in chart.files.items():
        if "constitution:" in text and (file.endswith(_YAML) or file.startswith("templates/")):
            found.extend(_comments(file, text, os.path.join(chart.shown, file), modules))
    return tuple(found)


def _comments(file: str, text: str, shown: str, modules: Sequence[RuleModule]) -> Iterator[Waiver]:
    lines = text.split("\n")
    for match in _COMMENT.finditer(text):
        first = text.count("\n", 0, match.start()) + 1
        last = first + match.group().count("\n")
        before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if match["line"] is not None and _ends_in_quotes(before):
            continue  # a text that only looks like a comment
        after = text[match.end() :].partition("\n")[0]
        covered = range(first, last + 1)
        if not before.strip() and not after.strip():
            end = last
            while end < len(lines) and _IS_COMMENT.match(lines[end]):
                end += 1
            covered = range(first, end + 2)
        ids, dashes, reason = (match["line"] if match["block"] is None else match["block"]).partition("--")
        reason = " ".join(reason.split())
        rules = ids.replace(",", " ").split()
        place = Location(Base.CHART, file, first)
        if not dashes or not reason or not rules:
            form = "`# constitution: allow RULE -- reason`"
            raise ConfigurationError(f"a waiver must name a rule and a reason: {form}", file=shown, line=first)
        for rule in rules:
            try:
                known_rule(rule, modules)
            except ConfigurationError as error:
                raise ConfigurationError(error.message, file=shown, line=first) from None
            yield Waiver(rule, None, reason, None, place, file=file, lines=covered)


def _ends_in_quotes(line: str) -> bool:
    """Whether a text in quotes begins in a line and doesn't end there."""
    opened = next((quoted.start() for quoted in _QUOTED.finditer(line) if quoted.lastindex is None), None)
    return opened is not None and line[max(0, opened - 1) : opened] in ("", *"\t :[{,(-")


# --- in a plan --------------------------------------------------------------------------------------------------------

_ROW = LazyPattern(r"[*_`\s]*(?P<rule>(?P<module>[a-z][a-z0-9-]*)/[\w-]+)[*_`]*\s*(?:\((?P<places>[^)]*)\))?")
_UNTIL = LazyPattern(r"\s*\(until:? ([^()]*)\)", re.IGNORECASE)
_DAY = LazyPattern(r"[\W\d]+|.*\b20\d\d\b.*", re.DOTALL)
_PLACE = LazyPattern(r"\b(chart|file|object|container|values)\s+`([^`]+)`")
_NO_PLACE = LazyPattern(
    r"\w*[\s:=]*`[^`]*`?\Z|(?:chart|file|object|container|values)s?[\s:=]+(?:[^\s`]+\Z|[^\s`]*[/.]\w)"
)
"""What is meant to narrow a waiver, and would not: another word, or a name without backticks."""


def plan_waivers(
    file: Path, chart: Path, name: str, modules: Sequence[RuleModule], *, is_shared: bool, unsaved: Unsaved = NO_TEXTS
) -> tuple[Waiver, ...]:
    """The waivers in the Complexity Tracking of a plan: the rows whose violation begins with a rule's id.

    Args:
        file: the plan.
        chart: the chart's folder or package.
        name: the chart's name; rows that name another chart are left out.
        modules: the rule modules that there are.
        is_shared: whether other charts have the same plan.
        unsaved: texts as an editor has them.

    Raises:
        ConfigurationError: with file and line, where the plan can't be read, a row lacks a reason, or its rule doesn't
            exist.
    """
    from helm_constitution.text.markdown_tables import read_markdown

    text = read_plan(file, unsaved)
    base, inside = place_of(chart, Path(os.path.abspath(file)))
    known = {rule.id for module in modules for rule in module.rules}
    keys = {module.key for module in modules}
    found: list[Waiver] = []
    for table in read_markdown(text).tables:
        if table.heading is None or table.heading.text.lower() != COMPLEXITY_TRACKING:
            continue
        for row in table.rows:
            match = _ROW.match(row.cells[0].markup)
            if match is None or match["module"] not in keys:
                continue
            if match["rule"] not in known:
                try:
                    known_rule(match["rule"], modules)
                except ConfigurationError as error:
                    raise ConfigurationError(error.message, file=str(file), line=row.line) from None
            why, simpler = ([cell.text.strip() for cell in row.cells[1:3]] + ["", ""])[:2]
            if not _is_filled(why) or not _is_filled(simpler):
                message = "a waiver needs both reasons: why it is needed, and why a simpler alternative was rejected"
                raise ConfigurationError(message, file=str(file), line=row.line)
            try:
                (why, first), (simpler, second) = _until(why), _until(simpler)
                places = _places(match["places"] or "")
                if _is_too_broad(match["rule"], places):
                    raise ValueError(_ONE_BY_ONE)
            except ValueError as error:
                raise ConfigurationError(str(error), file=str(file), line=row.line) from None
            expires = min((day for day in (first, second) if day is not None), default=None)
            of_chart = places.pop("chart", None)
            if of_chart not in (None, name):
                continue
            place = Location(base, inside, row.line)
            shared = is_shared and of_chart is None
            found.append(Waiver(match["rule"], None, why, simpler, place, is_shared=shared, expires=expires, **places))
    return tuple(found)


def _until(text: str) -> tuple[str, str | None]:
    """A reason without the last day that may stand in it, and that day. Raises ValueError for a day that is none."""
    for match in _UNTIL.finditer(text):
        if not _DAY.fullmatch(match[1]):
            continue  # "(until the vendor's image runs as another user)"
        if not _is_day(match[1]):
            raise ValueError(f"`until {match[1]}` must be a date like 2030-12-31")
        return (text[: match.start()] + text[match.end() :]).strip(), match[1]
    return text, None


def _places(text: str) -> dict[str, Any]:
    """What narrows a row, by its kind. Raises ValueError for what is meant to narrow it and can't be read."""
    for part in map(str.strip, _PLACE.sub("", text).replace(";", ",").split(",")):
        if _NO_PLACE.match(part):
            form = "chart, file, object, container or values, with the name in backticks"
            raise ValueError(f"`{part.replace('`', '')}` is not a place: write {form}")
    return dict(_PLACE.findall(text))


def read_plan(file: Path, unsaved: Unsaved = NO_TEXTS) -> str:
    """The text of a plan, line ends as they are.

    Raises:
        ConfigurationError: where it can't be read.
    """
    try:
        return content_of(file, unsaved).decode()
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"not UTF-8 at byte {error.start}; save it as UTF-8", file=str(file)) from None
    except OSError as error:
        raise ConfigurationError(f"the plan can't be read: {error.strerror}", file=str(file)) from None


def _is_filled(text: str) -> bool:
    """Whether a cell is filled in: spec-kit's template has words in brackets."""
    return bool(text) and not (text.startswith("[") and text.endswith("]"))


# --- what they waive --------------------------------------------------------------------------------------------------
