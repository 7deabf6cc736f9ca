"""``plan``: fills a spec-kit plan's *Constitution Check*, and its *Complexity Tracking*, from a check.

A check is a list (``- [ ] **Principle**: …``, or items that begin with a principle's title) or a table
(``| Principle | Gate | Status |``). What a check found goes into a part of its own between two comments; the tick of an
item, a status in one word and the rows of the configuration's waivers are written as well. Everything else stays as it
is, byte for byte: what authors wrote, line ends, trailing spaces, a missing final newline.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helm_constitution.check.configured import configured
from helm_constitution.cli.options import CheckArguments, check_options
from helm_constitution.cli.printing import say
from helm_constitution.cli.run import run_checks
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.files import held_alone, write_file
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Verdict, Waived
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.policy.find import find_configuration
from helm_constitution.policy.waivers import read_plan
from helm_constitution.report.markdown_text import code
from helm_constitution.report.model import ChartReport, PrincipleReport
from helm_constitution.report.words import clean, counts, homes
from helm_constitution.text.markdown_tables import Heading, Markdown, Row, Table, read_markdown

if TYPE_CHECKING:
    from helm_constitution.lint.rule import RuleModule
    from helm_constitution.policy.waiver import Waiver

CHECK = "Constitution Check"
TRACKING = "Complexity Tracking"

_HEADER = (
    "| Violation | Why Needed | Simpler Alternative Rejected Because |",
    "|-----------|------------|-------------------------------------|",
)
_KEPT = (Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.WAIVED)
_BEGIN, _END = "<!-- helm-constitution -->", "<!-- /helm-constitution -->"
_MARKED = LazyPattern(rf" ?{_BEGIN}.*?{_END}")
_STATUS = LazyPattern(r"status|verdict|result|outcome|compli\w+|pass(?:es|ed)?\??|pass\s*/\s*fail", re.IGNORECASE)
_ONE_WORD = LazyPattern(
    r"(?:[\s_]|\[[^\]]*\]|[^\w\s,.;:()|\[\]]|pass(?:ed|es)?|fail(?:ed|s)?|warn(?:ing)?|ok|yes|no|n/a|tbd|todo|pending|"
    r"open|unchecked|waived|debt|error|compliant|violated)*",
    re.IGNORECASE,
)
"""A status without more information than ours."""
_TICK = LazyPattern(r"^(\s*(?:[-*+]|\d+[.)])\s+)\[[ xX]\]")
_NESTED = LazyPattern(r"\s+(?:[-*+]|\d+[.)])\s")
_ITEM = LazyPattern(
    r" {0,3}(?:[-*+]|\d+[.)])\s+(?P<box>\[[ xX]\]\s+)?"
    r"(?:\*\*(?P<title>.+?):?\*\*|(?P<plain>[^\s*][^*]*?)\s*(?::(?:\s|$)|\s[–—-]\s|$))"
)
_NUMBER = LazyPattern(r"(?:[IVX]+|\d+)[.)]\s+")


@click.command("plan")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("chart", required=False, type=click.Path(path_type=Path))
@check_options
def command(arguments: CheckArguments, /, file: Path, chart: Path | None) -> int:
    """Fill the Constitution Check of a spec-kit plan from a check of CHART (default: the current folder).

    Adds the configuration's waivers to its Complexity Tracking. Everything else in FILE stays unchanged.
    """
    read_plan(file)
    run = run_checks((chart,) if chart is not None else (), arguments)
    if len(run.charts) > 1:
        message = f"a plan must be for one chart, but {len(run.charts)} were found; name one"
        raise ConfigurationError(message, file=str(chart or "."))
    (report,) = run.charts
    if report.constitution is None:
        raise ConfigurationError("; ".join(trouble.message for trouble in report.troubles), file=report.path)
    path, options = Path(report.path), arguments.options
    configuration = configured(find_configuration(path, options.configuration), path, options)
    modules, is_shared = configuration.modules, configuration.plan_is_shared
    # As it is now: somebody may have written to it during the check, or another chart's check fills it too.
    with held_alone((file,)):
        text = read_plan(file)
        filled = fill_plan(text, report, configuration.waivers, modules, file=str(file), is_shared=is_shared)
        if filled != text:
            write_file(file, filled, "the plan")
    kept = sum(principle.verdict in _KEPT for principle in report.principles)
    say(f"{file}: {kept} of {len(report.principles)} principles kept")
    for trouble in report.troubles:
        say(f"could not check: {trouble.message}", error=True)
    return 2 if run.status == 2 else 0


def fill_plan(
    text: str,
    report: ChartReport,
    waivers: Sequence[Waiver],
    modules: Sequence[RuleModule],
    *,
    file: str,
    is_shared: bool = False,
) -> str:
    """A plan's text with the outcome of a check in it; filled twice it is the same text.

    Args:
        text: the plan, line ends as they are.
        report: the chart as checked.
        waivers: those of the configuration; the ones that waive something become rows.
        modules: the rule modules, by whose titles and aliases an item is taken for a principle's.
        file: what messages call the plan.
        is_shared: whether other charts may have the same plan; the rows then name this one.

    Raises:
        ConfigurationError: where the plan has no Constitution Check.
    """
    plan = _Plan(text)
    heading = plan.heading(CHECK)
    if heading is None:
        raise ConfigurationError(f"must have the heading {CHECK!r}, like spec-kit's template for plans", file=file)
    plan.fill_check(heading, report, modules)
    rows = _rows(report, waivers, report.name if is_shared else None)
    if rows:
        plan = _Plan(plan.text)
        plan.fill_tracking(rows)
    return plan.text


class _Item(NamedTuple):
    """An item of the checklist: its title, and the lines that it takes, from 0. ``is_sure``: it looks like one of a
    check (a box and a bold title), so its title need not be the principle's word for word."""

    title: str
    start: int
    end: int
    is_sure: bool = True


class _CheckTable(NamedTuple):
    """A check as a table: its columns by number, its rows, and the line of its header."""

    principle: int
    status: int
    width: int
    rows: Sequence[Row]
    line: int


class _Plan:
    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.document: Markdown = read_markdown(text)
        self.newline = "\r" if "\r\n" in text else ""  # what stands before each \n

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def heading(self, title: str) -> Heading | None:
        return next((one for one in self.document.headings if one.text.casefold() == title.casefold()), None)

    def body(self, heading: Heading) -> tuple[int, int]:
        """The lines of a section, from 0, its subsections among them; blank lines at its end left out."""
        ends = (
            one.line - 1 for one in self.document.headings if one.line > heading.line and one.level <= heading.level
        )
        start, end = heading.line, next(ends, len(self.lines))
        while end > start and not self.lines[end - 1].strip():
            end -= 1
        return start, end

    def insert(self, index: int, lines: Sequence[str]) -> None:
        """Puts lines in; behind a last line without an end, they take its place as the last."""
        if index == len(self.lines):
            self.lines[-1] += self.newline
            self.lines[index:] = [*(line + self.newline for line in lines[:-1]), lines[-1]]
        else:
            self.lines[index:index] = [line + self.newline for line in lines]

    def replace(self, start: int, end: int, line: str) -> None:
        self.lines[start:end] = [line + ("" if end == len(self.lines) else self.newline)]

    def fill_check(self, heading: Heading, report: ChartReport, modules: Sequence[RuleModule]) -> None:
        start, end = self.body(heading)
        titles = {_plain(principle.title) for principle in report.principles}
        items = [item for item in self.items(start, end) if item.is_sure or _plain(item.title) in titles]
        table = self.check_table(start, end)
        rows = [_Item(row.cells[table.principle].text, row.line - 1, row.line) for row in table.rows] if table else []
        entries = [*items, *rows]
        mine = _assign(entries, report.principles, modules)
        there = {principle.key for principle in mine.values()}
        missing = [one for one in report.principles if one.key not in there]
        for number, principle in mine.items():
            if number < len(items):
                self.fill_item(entries[number], report, principle)
            elif table is not None:
                self.fill_row(entries[number].start, table, report, principle)
        if table is not None and not items:
            last = rows[-1].end if rows else table.line + 1
            self.insert(last, [_new_row(table, report, principle) for principle in missing])
        elif missing:
            lines = [_new_item(report, principle) for principle in missing]
            self.insert(items[-1].end if items else end, lines if items else ["", *lines])

    def check_table(self, start: int, end: int) -> _CheckTable | None:
        """The table of the check, between two lines: one with a column of principles and one of statuses."""
        for table in self.document.tables:
            if not start <= table.line - 1 < end:
                continue
            principle = next((n for n, name in enumerate(table.header) if "principle" in name.casefold()), None)
            status = next((n for n, name in enumerate(table.header) if _STATUS.fullmatch(name.strip())), None)
            if principle is not None and status is not None and principle != status:
                rows = [row for row in table.rows if len(row.cells) > max(principle, status)]
                return _CheckTable(principle, status, len(table.header), rows, table.line)
        return None

    def fill_item(self, item: _Item, report: ChartReport, principle: PrincipleReport) -> None:
        """Ticks an item, and puts what was found behind the paragraph that it begins with."""
        for index in range(item.start, item.end):
            self.lines[index] = _MARKED.sub("", self.lines[index])
        self.lines[item.start] = _TICK.sub(rf"\g<1>{_tick(principle)}", self.lines[item.start])
        last = item.start
        while last + 1 < item.end and not _NESTED.match(self.lines[last + 1]):
            last += 1
        line = self.lines[last]
        words = line.rstrip()
        self.lines[last] = f"{words} {_found(report, principle)}{line[len(words) :]}"

    def fill_row(self, index: int, table: _CheckTable, report: ChartReport, principle: PrincipleReport) -> None:
        """Puts what was found into the status of a row, behind what an author wrote there."""
        cells = _split(self.lines[index])
        number = table.status + (1 if not cells[0].strip() else 0)
        wrote = _MARKED.sub("", cells[number]).strip()
        kept = "" if _ONE_WORD.fullmatch(wrote) else f"{wrote} "
        cells[number] = f" {kept}{_found(report, principle)} "
        self.lines[index] = "|".join(cells)

    def items(self, start: int, end: int) -> list[_Item]:
        """The checklist's items; lines that are indented behind one belong to it."""
        items: list[_Item] = []
        for index in range(start, end):
            line = self.document.prose[index]
            if match := _ITEM.match(line):
                is_sure = match["box"] is not None and match["title"] is not None
                items.append(_Item(match["title"] or match["plain"], index, index + 1, is_sure))
            elif items and items[-1].end == index and line[:1] in " \t" and line.strip():
                items[-1] = items[-1]._replace(end=index + 1)
        return items

    def fill_tracking(self, rows: Sequence[tuple[str, str]]) -> None:
        heading = self.heading(TRACKING)
        if heading is None:
            blank = [] if not self.lines[-1] else [""]
            self.insert(len(self.lines), [*blank, f"## {TRACKING}", "", *_HEADER, *(row for _, row in rows), ""])
            return
        table = next((one for one in self.document.tables if one.heading == heading and len(one.header) >= 3), None)
        if table is None:
            self.insert(self.body(heading)[1], ["", *_HEADER, *(row for _, row in rows)])
            return
        self.fill_table(table, rows)

    def fill_table(self, table: Table, rows: Sequence[tuple[str, str]]) -> None:
        there = {row.cells[0].markup: row for row in table.rows}
        last = table.rows[-1].line if table.rows else table.line + 1
        if new := [row for violation, row in rows if violation not in there]:
            self.insert(last, new)
        for violation, text in rows:
            if violation in there:
                index = there[violation].line - 1
                self.replace(index, index + 1, text)
        for row in reversed(table.rows):
            if _is_placeholder(row):
                del self.lines[row.line - 1]


def _assign(
    items: Sequence[_Item], principles: Sequence[PrincipleReport], modules: Sequence[RuleModule]
) -> dict[int, PrincipleReport]:
    """Which item, by its number, is which principle's: that of its title, else the one that its title's words mean."""
    from helm_constitution.policy.statements import module_key

    found: dict[int, PrincipleReport] = {}
    by_title = {_plain(principle.title): principle for principle in principles}
    by_key = {principle.key: principle for principle in principles}
    taken: set[str] = set()
    for by_words in (False, True):
        for index, item in enumerate(items):
            if index in found or (by_words and not item.is_sure):
                continue
            known = by_key.get(module_key(item.title, modules) or "") if by_words else by_title.get(_plain(item.title))
            if known is not None and known.key not in taken:
                found[index] = known
                taken.add(known.key)
    return dict(sorted(found.items()))


def _plain(title: str) -> str:
    from helm_constitution.text.markdown_tables import plain

    text = plain(title)
    number = _NUMBER.match(text)
    return " ".join((text[number.end() :] if number else text).casefold().split())


def _tick(principle: PrincipleReport) -> str:
    return "[x]" if principle.verdict in _KEPT else "[ ]"


def _found(report: ChartReport, principle: PrincipleReport) -> str:
    """What was found of a principle, between the two comments that mark it."""
    findings = homes(report).get(id(principle), [])
    verdict = principle.verdict
    words = [principle.evidence] if principle.evidence else []
    if verdict is Verdict.UNCHECKED:
        unchecked = sum(one.verdict is Verdict.UNCHECKED for one in principle.statements)
        words.insert(0, f"unchecked, {unchecked} of {len(principle.statements)} statements")
    elif findings and verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE):
        words.insert(0, f"{verdict.label}, {counts(findings)}")
    else:
        words.insert(0, verdict.label)
    return f"{_BEGIN}{_escaped('; '.join(words))}{_END}"


def _new_item(report: ChartReport, principle: PrincipleReport) -> str:
    return f"- {_tick(principle)} **{_escaped(principle.title)}**: {_found(report, principle)}"


def _new_row(table: _CheckTable, report: ChartReport, principle: PrincipleReport) -> str:
    cells = [""] * table.width
    cells[table.principle] = _escaped(principle.title)
    cells[table.status] = _found(report, principle)
    return f"| {' | '.join(cells)} |"


_SPECIAL = LazyPattern(r"[\\`*_\[\]~<>|]|&(?=#?\w+;)")
_DIVIDER = LazyPattern(r"\\.|\|")


def _escaped(text: str) -> str:
    """A text as it reads, on one line of a list or a table: backslashes before what would be markup."""
    return _SPECIAL.sub(r"\\\g<0>", clean(" ".join(text.split())))


def _split(row: str) -> list[str]:
    """The parts of a table's row between its dividers, as they stand."""
    parts: list[str] = []
    start = 0
    for match in _DIVIDER.finditer(row):
        if match[0] == "|":
            parts.append(row[start : match.start()])
            start = match.end()
    return [*parts, row[start:]]


def _is_placeholder(row: Row) -> bool:
    """Whether a row is one of the template's examples: every cell in brackets."""
    texts = [cell.markup.strip() for cell in row.cells]
    return all(text.startswith("[") and text.endswith("]") for text in texts if text) and any(texts)


def _rows(report: ChartReport, waivers: Sequence[Waiver], chart: str | None) -> list[tuple[str, str]]:
    """Violation and row of each waiver that waives something and has both its reasons, in the findings' order."""
    by_place = {waiver.location: waiver for waiver in waivers}
    rows: dict[str, str] = {}
    for finding in report.singles:
        waived = finding.waived
        if waived is not None and waived.location in by_place and waived.simpler_alternative_rejected_because:
            violation = _violation(finding.rule, by_place[waived.location], chart)
            rows[violation] = f"| {violation} | {_escaped(waived.why_needed)} | {_simpler(waived)} |"
    return list(rows.items())


def _violation(rule: str, waiver: Waiver, chart: str | None) -> str:
    """The rule's id and what narrows the waiver, in the form that a plan's rows are read in."""
    narrowed = {
        "chart": chart,
        "file": waiver.file,
        "object": waiver.object,
        "container": waiver.container,
        "values": waiver.values,
    }
    places = [f"{name} {code(value)}" for name, value in narrowed.items() if value is not None]
    return f"{rule} ({', '.join(places)})" if places else rule


def _simpler(waived: Waived) -> str:
    text = _escaped(waived.simpler_alternative_rejected_because or "")
    return f"{text} (until {waived.expires})" if waived.expires else text
