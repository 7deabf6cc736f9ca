"""Text of others (charts, constitutions, helm) on its way into a report: it may be anything, and steers nothing.

A terminal obeys escape sequences, and a CI runner obeys lines: that of GitHub or Azure takes ``::command::`` at the
start of a line, ``##[command]`` and ``##vso[command]`` anywhere in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from helm_constitution.core.fixes import Applicability, Edit
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Finding, Gate, Location, Status, Verdict
from helm_constitution.report.model import ChartReport, Counts, StatementReport

_COMMAND = LazyPattern(r"^(\s*:)(?=:)|(#)(?=#\w*\[)", re.MULTILINE)
_RULES = LazyPattern(r" \([a-z]+/[\w-]+(?:, [a-z]+/[\w-]+)*\)")
_PLAIN = LazyPattern(r"[A-Za-z]\w*", re.ASCII)
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_CUT = LazyPattern(r"; (?![^`]*`(?:[^`]*`[^`]*`)*[^`]*\Z)")
"""What divides what is wrong from what to do: the first semicolon outside code."""
_UNUSUAL = LazyPattern(r"[^\n -~]|#(?=#)")


_SCENARIOS = 6
"""So many scenarios are named one by one."""


def clean(text: str) -> str:
    """The text on one line, without control characters, and without what turns the direction of writing."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else " " if character.isspace() else "�" for character in text)


def shorten(text: str, width: int) -> str:
    """The text on one line, cut at ``width`` with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def parted(message: str) -> tuple[str, str]:
    """What is wrong, and what to do about it; the latter empty where the message does not say."""
    found = re.search(_CUT.pattern, message)
    return (message, "") if found is None else (message[: found.start()], message[found.end() :])


def inert(report: str) -> str:
    """A report without lines that a CI runner reads as commands: a space is put into each."""
    if "::" not in report and "##" not in report:
        return report
    return _COMMAND.sub(lambda found: f"{found[0]} ", report)


def json_text(document: Any) -> str:
    """A document as JSON text in which what does not print, and ``##``, is escaped: what is read back is the same."""
    import json

    return _UNUSUAL.sub(_escaped, json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _escaped(found: re.Match[str]) -> str:
    import json

    character = found[0]
    if character == "#":
        return "\\u0023"
    return character if character.isprintable() else json.dumps(character)[1:-1]


def label(finding: Finding) -> str:
    """How a finding counts, in a word: its severity, or that it is waived or debt."""
    if finding.active:
        return finding.severity.label
    return "waived" if finding.waived is not None else "debt"


def fix_words(finding: Finding) -> str | None:
    """What the fix of a finding does, and which command applies it; None where it has none, or doesn't count.

    Of several findings as one, what the fixes of all of them do.
    """
    fixes = [single.fix for single in finding.singles if single.fix is not None]
    if not fixes or not finding.active:
        return None
    how = {
        Applicability.SAFE: "`fix` does this",
        Applicability.UNSAFE: "`fix --unsafe` does this",
        Applicability.DISPLAY: "apply manually",
    }
    by_kind: dict[Applicability, dict[str, None]] = {}
    for fix in fixes:
        by_kind.setdefault(fix.applicability, {})[clean(fix.title)] = None
    return "; ".join(f"{some(list(titles), 5)} ({how[kind]})" for kind, titles in by_kind.items())


def suggested_lines(finding: Finding) -> list[str] | None:
    """What the finding's source line becomes by its fix; None where the fix changes more than that line."""
    fix, place, line = finding.fix, finding.location, finding.source_line
    if fix is None or finding.parts or line is None or len(fix.edits) != 1 or fix.moves:
        return None
    edit: Edit = fix.edits[0]
    if edit.file != place.file or not edit.line == edit.end_line == place.line:
        return None
    return f"{line[: edit.column - 1]}{edit.text}{line[edit.end_column - 1 :]}".split("\n")


def standing(finding: Finding) -> str | None:
    """Why a finding does not count, in a few words: its waiver's reason, or since when it is debt; else None."""
    if finding.waived is not None:
        until = f" (until {finding.waived.expires})" if finding.waived.expires is not None else ""
        return f"waived: {finding.waived.why_needed}{until}"
    if finding.debt is not None:
        return f"debt since {finding.debt.since}"
    return None


def homes(chart: ChartReport) -> dict[int, list[Finding]]:
    """Which principle each finding belongs to: that of its first statement in the document; 0 for none."""
    by_statement = {
        (principle.key, report.statement.line): principle
        for principle in chart.principles
        for report in principle.statements
    }
    found: dict[int, list[Finding]] = {}
    for finding in chart.findings:
        places = [by_statement[statement] for statement in finding.statements if statement in by_statement]
        found.setdefault(id(places[0]) if places else 0, []).append(finding)
    return found


def more_of(count: int, noun: str) -> tuple[str, str]:
    """``2 more places`` and the pronoun for them."""
    return (f"1 more {noun}", "it") if count == 1 else (f"{count} more {noun}s", "them")


def counts(findings: Iterable[Finding]) -> str:
    """How many findings there are of each severity, and how many don't count: ``1 error, 2 warnings, 1 waived``."""
    return counted(Counts.of(findings))


def counted(found: Counts) -> str:
    """The same for findings that are counted."""
    texts = [
        f"{count} {word}{'' if count == 1 else 's'}"
        for word, count in (("error", found.errors), ("warning", found.warnings), ("note", found.notes))
        if count or word == "error"
    ]
    if found.waived:
        texts.append(f"{found.waived} waived")
    if found.debt:
        texts.append(f"{found.debt} in debt")
    return ", ".join(texts)


def other_rules(finding: Finding) -> list[str]:
    """The rules of a finding's parts besides its own."""
    return [rule for rule in dict.fromkeys(part.rule for part in finding.parts) if rule != finding.rule]


def other_places(finding: Finding) -> list[Location]:
    """The lines of a finding's parts besides its own."""
    own = finding.location.file, finding.location.line
    places = {(part.location.file, part.location.line): part.location for part in finding.parts}
    return [location for line, location in places.items() if line != own]


def some(names: Sequence[str], shown: int = 2) -> str:
    """The first of several names, and how many more there are."""
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")


def scenarios(chart: ChartReport, *, full: bool = False) -> str:
    """Every scenario where they are few; else how many went how, with the names of those that didn't render."""
    names: dict[Status, list[str]] = {}
    for result in chart.scenarios:
        names.setdefault(result.status, []).append(result.name)
    if full or len(chart.scenarios) <= _SCENARIOS:
        return ", ".join(
            result.name + ("" if result.status is Status.RENDERED else f" ({result.status.value})")
            for result in chart.scenarios
        )
    return ", ".join(
        f"{len(those)} {status.value}" + ("" if status is Status.RENDERED else f" ({some(those)})")
        for status, those in names.items()
    )


def asked(chart: ChartReport) -> dict[str, list[str]]:
    """What the chart itself asks its user for, in its own words, and the scenarios that it stops."""
    found: dict[str, list[str]] = {}
    for result in chart.scenarios:
        if result.status is Status.NEEDS_INPUT:
            found.setdefault(result.message or "", []).append(result.name)
    return found


def gate_line(name: str, gate: Gate, counts: Counts, constitution: str = "") -> str:
    """The gate's answer in a line: ``FAIL  web 0.1.0: 3 errors, 12 warnings (constitution: built-in 1.0.0)``."""
    held = f" (constitution: {constitution})" if constitution else ""
    found = "could not be checked" if gate is Gate.ERROR and not any(counts) else counted(counts)
    return f"{gate.value.upper()}  {name}: {found}{held}"


def not_understood(chart: ChartReport) -> str | None:
    """How many sentences of a chart's constitution could not be read as demands, and where to see them."""
    count = len(chart.constitution.not_understood) if chart.constitution is not None else 0
    if not count:
        return None
    what = "1 sentence of the constitution is" if count == 1 else f"{count} sentences of the constitution are"
    return f"{what} not understood: `helm-constitution constitution check` lists {'it' if count == 1 else 'them'}"


def is_partly_unchecked(report: StatementReport) -> bool:
    """Whether a statement, or a part of it, could not be checked, so that a report names it with the reason."""
    if report.verdict is Verdict.NOT_APPLICABLE:
        return False
    return report.reason is not None or bool(report.open) or report.verdict is Verdict.UNCHECKED


def unchecked_reason(report: StatementReport, *, rules: bool = False) -> str:
    """Why a statement, or a part of it, could not be checked.

    Args:
        report: the statement.
        rules: name the rules that say so.
    """
    parts = []
    if report.reason:
        parts.append(report.reason if rules else without_rules(report.reason))
    if report.open:
        parts.append(f"partly checked; no rule checks: {'; '.join(report.open)}")
    return "; ".join(parts)


def without_rules(reason: str) -> str:
    """A statement's reason without the rules that gave it, which JSON names."""
    return _RULES.sub("", reason)


def as_yaml(values: Mapping[str, object] | None) -> str:
    """Values as a user would write them into a file; empty where there are none."""
    if not values:
        return ""
    if all(map(_is_plain, _leaves(values))):
        # Reports of unchanged charts are written without PyYAML, which takes 25 ms to import.
        return "".join(_block(values, ""))
    from helm_constitution.text.pyyaml import yaml

    return str(yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, width=100))


def _leaves(value: object) -> Iterator[object]:
    """The keys and the scalars of a value; an empty map, or a list of anything but scalars, counts as one."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield str(key) if isinstance(key, str) else None
            yield from _leaves(item)
    elif isinstance(value, list) and value and not any(isinstance(item, list | Mapping) for item in value):
        yield from value
    else:
        yield value


def _is_plain(value: object) -> bool:
    """Whether YAML writes a scalar as this program does, without quotes: a word that means nothing else, a number."""
    if isinstance(value, str):
        return len(value) < 60 and value.lower() not in _WORDS and _PLAIN.fullmatch(value) is not None
    return type(value) in (bool, int)


def _block(values: Mapping[str, object], indent: str) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield f"{indent}{key}:\n"
            yield from _block(value, f"{indent}  ")
        elif isinstance(value, list):
            yield f"{indent}{key}:\n"
            yield from (f"{indent}- {_scalar(item)}\n" for item in value)
        else:
            yield f"{indent}{key}: {_scalar(value)}\n"


def _scalar(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
