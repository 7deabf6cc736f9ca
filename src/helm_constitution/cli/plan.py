"""``plan``: fills a spec-kit plan's *Constitution Check*, and its *Complexity Tracking*, from a check.

Only the checklist's items of the constitution's own principles and the table's rows of the configuration's waivers are
written. Everything else stays as it is, byte for byte: line ends, trailing spaces, a missing final newline.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from helm_constitution.cli.options import CheckArguments, check_options
from helm_constitution.cli.printing import say
from helm_constitution.cli.run import run_checks
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.files import write_file
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Verdict, Waived
from helm_constitution.lint.registry import known_modules
from helm_constitution.policy.configuration import load_configuration
from helm_constitution.policy.find import find_configuration
from helm_constitution.policy.waivers import read_plan
from helm_constitution.report.markdown import code, literal
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
_ITEM = LazyPattern(r" {0,3}[-*+] \[[ xX]\] \*\*(?P<title>.+?):?\*\*")
_NUMBER = LazyPattern(r"(?:[IVX]+|\d+)[.)]\s+")


@click.command("plan")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("chart", required=False, type=click.Path(path_type=Path))
@check_options
def command(arguments: CheckArguments, /, file: Path, chart: Path | None) -> int:
    """Fill the Constitution Check of a spec-kit plan from a check of CHART (default: the current folder).

    Its Complexity Tracking gets the configuration's waivers. Everything else in FILE stays as it is.
    """
    text = read_plan(file)
    run = run_checks((chart,) if chart is not None else (), arguments)
    if len(run.charts) > 1:
        message = f"a plan is of one chart, and here are {len(run.charts)}; name it"
        raise ConfigurationError(message, file=str(chart or "."))
    (report,) = run.charts
    path, options = Path(report.path), arguments.options
    found = find_configuration(path, options.configuration)
    configuration = load_configuration(found, path, known_modules(options.rules))
    modules, is_shared = configuration.modules, configuration.plan_is_shared
    filled = fill_plan(text, report, configuration.waivers, modules, file=str(file), is_shared=is_shared)
    if filled != text:
        write_file(file, filled, "the plan")
    kept = sum(principle.verdict <= Verdict.WAIVED for principle in report.principles)
    say(f"{file}: {kept} of {len(report.principles)} principles kept")
    for trouble in report.troubles:
        say(f"could not judge: {trouble.message}", error=True)
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
        raise ConfigurationError(f"has no heading {CHECK!r}; spec-kit's template for plans has one", file=file)
    plan.fill_check(heading, report, modules)
    rows = _rows(report, waivers, report.name if is_shared else None)
    if rows:
        plan = _Plan(plan.text)
        plan.fill_tracking(rows)
    return plan.text


class _Item(NamedTuple):
    """An item of the checklist: its title, and the lines that it takes, from 0."""

    title: str
    start: int
    end: int


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
        items = self.items(start, end)
        mine = _assign(items, report.principles, modules)
        missing = [one for one in report.principles if one.key not in {principle.key for principle in mine.values()}]
        lines = [_item_line(report, principle) for principle in missing]
        if lines:
            at = items[-1].end if items else end
            self.insert(at, lines if items else ["", *lines])
        for index in reversed(mine):
            self.replace(items[index].start, items[index].end, _item_line(report, mine[index]))

    def items(self, start: int, end: int) -> list[_Item]:
        """The checklist's items; lines that are indented behind one belong to it."""
        items: list[_Item] = []
        for index in range(start, end):
            line = self.document.prose[index]
            if match := _ITEM.match(line):
                items.append(_Item(match["title"], index, index + 1))
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
            if index in found:
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


def _item_line(report: ChartReport, principle: PrincipleReport) -> str:
    verdict = principle.verdict
    mark = "x" if verdict in (Verdict.PASS, Verdict.WAIVED) else " "
    findings = homes(report).get(id(principle), [])
    words = [principle.evidence] if principle.evidence else []
    if verdict is Verdict.UNCHECKED:
        unchecked = sum(one.verdict is Verdict.UNCHECKED for one in principle.statements)
        words.insert(0, f"unchecked, {unchecked} of {len(principle.statements)} statements")
    elif verdict is not Verdict.PASS:
        words.insert(0, f"{verdict.label}, {counts(findings)}" if findings else verdict.label)
    return f"- [{mark}] **{literal(clean(principle.title))}**: {literal(clean('; '.join(words)))}"


def _is_placeholder(row: Row) -> bool:
    """Whether a row is one of the template's examples: every cell in brackets."""
    texts = [cell.markup.strip() for cell in row.cells]
    return all(text.startswith("[") and text.endswith("]") for text in texts if text) and any(texts)


def _rows(report: ChartReport, waivers: Sequence[Waiver], chart: str | None) -> list[tuple[str, str]]:
    """Violation and row of each waiver that waives something and has both its reasons, in the findings' order."""
    by_place = {waiver.location: waiver for waiver in waivers}
    rows: dict[str, str] = {}
    for finding in report.findings:
        waived = finding.waived
        if waived is not None and waived.location in by_place and waived.simpler_alternative_rejected_because:
            violation = _violation(finding.rule, by_place[waived.location], chart)
            rows[violation] = f"| {violation} | {_cell(waived.why_needed)} | {_simpler(waived)} |"
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


def _cell(text: str) -> str:
    # An entity, because not every reader of tables knows an escaped backtick from one that begins code.
    return literal(clean(" ".join(text.split()))).replace("\\`", "&#96;")


def _simpler(waived: Waived) -> str:
    text = _cell(waived.simpler_alternative_rejected_because or "")
    return f"{text} (until {waived.expires})" if waived.expires else text
