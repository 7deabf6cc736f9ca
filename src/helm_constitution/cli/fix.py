"""``fix``: applies the fixes of what check finds, and keeps those that rendering proves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from helm_constitution.chart.discovery import repository_of
from helm_constitution.check.changed import changed_charts
from helm_constitution.check.charts import charts_at
from helm_constitution.check.options import CheckRequest
from helm_constitution.cli.colour import color_option
from helm_constitution.cli.options import CheckArguments, charts_argument, check_options, complete_rules, named_rules
from helm_constitution.cli.printing import say
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.core.fixes import Applicability
from helm_constitution.core.model import Gate
from helm_constitution.fix.candidates import Candidate, candidates
from helm_constitution.fix.diff import unified
from helm_constitution.fix.files import ChangedMeanwhile
from helm_constitution.fix.session import Fixed, fix_chart
from helm_constitution.helm.choose import choose_engine


@click.command("fix")
@charts_argument
@check_options
@click.option(
    "--changed",
    is_flag=True,
    help="Take changed files as arguments, and fix the chart of each once; skip files outside charts. Without "
    "arguments, take the files staged in git.",
)
@click.option("--unsafe", is_flag=True, help="Also apply fixes that change the rendered objects.")
@click.option("--diff", is_flag=True, help="Print the changes as a diff; write nothing.")
@click.option(
    "--only",
    multiple=True,
    shell_complete=complete_rules,
    metavar="IDS",
    help="Fix the findings of these rules only: ids or modules, separated by commas. Can be repeated.",
)
@color_option
def command(
    arguments: CheckArguments,
    /,
    charts: tuple[Path, ...],
    *,
    changed: bool,
    diff: bool,
    only: tuple[str, ...],
    unsafe: bool,
) -> int:
    """Fix the findings in charts: folders, or folders that contain charts (default: the current folder).

    Safe fixes leave the rendered output unchanged, byte for byte; --unsafe applies the others too. Every scenario is
    rendered again, and a fix is kept only if its finding is gone and there is no new one.

    Exit status: 0 done, 1 with --diff something would change, 2 a chart could not be checked or written.
    """
    applicable = {Applicability.SAFE, *((Applicability.UNSAFE,) if unsafe else ())}
    rules = named_rules(only, arguments.options)
    engine = choose_engine(arguments.engine, arguments.limits)
    status = 0
    try:
        for chart in changed_charts(charts, affected=False) if changed else charts_at(charts or (Path(),)):
            try:
                fixed = fix_chart(CheckRequest(chart, engine, arguments.options), applicable, rules)
                if not diff:
                    fixed.source.write(fixed.files)
            except (ConstitutionError, ChangedMeanwhile) as error:
                say(f"helm-constitution: error: {error}", error=True)
                status = 2
                continue
            if diff:
                _show_differences(chart, fixed)
            for line in _told(chart, fixed, unsafe=unsafe):
                say(line, error=diff)
            for trouble in fixed.after.troubles if fixed.after.gate is Gate.ERROR else ():
                say(f"{chart}: could not be checked: {trouble.message}", error=True)
            changes = 1 if diff and fixed.files else 0
            status = max(status, 2 if fixed.after.gate is Gate.ERROR else changes)
    finally:
        engine.close()
    return status


def _show_differences(chart: Path, fixed: Fixed) -> None:
    """Prints what changes, as ``git apply`` takes it; a terminal gets it without control characters."""
    _, place = repository_of(chart)
    for file, content in sorted(fixed.files.items()):
        path = file if place == "." else f"{place}/{file}"
        for line in unified(path, fixed.source.original(file), content):
            if sys.stdout.isatty():
                say(line)
            else:
                click.echo(f"{line}\n".encode(), nl=False)


def _told(chart: Path, fixed: Fixed, *, unsafe: bool) -> Iterator[str]:
    """What became of each fix, then the counts."""
    for one in fixed.applied:
        yield f"fixed: {_where(chart, one)}: {one.rules}: {one.fix.title}"
    for taken in fixed.taken_back:
        where = _where(chart, taken.candidate)
        yield f"reverted: {where}: {taken.candidate.rules}: {taken.candidate.fix.title}: {taken.reason}"
    by_hand = candidates(fixed.after.findings, (Applicability.DISPLAY,))
    for one in by_hand:
        yield f"manual: {_where(chart, one)}: {one.rules}: {one.fix.title}"
    left = candidates(fixed.after.findings, (Applicability.UNSAFE,)) if not unsafe else []
    more = f", {len(left)} more with --unsafe" if left else ""
    count = len(fixed.applied)
    # Each by itself: one fix may be a part of what the report shows as one finding.
    before, after = (sum(one.active for one in report.singles) for report in (fixed.before, fixed.after))
    yield (
        f"{chart}: {count} fix{'' if count == 1 else 'es'} applied, {len(fixed.taken_back)} reverted"
        f"{more}; {before} finding{'' if before == 1 else 's'} before, {after} after"
    )


def _where(chart: Path, candidate: Candidate) -> str:
    fix, found = candidate.fix, candidate.findings[0].location
    if fix.moves and not fix.edits:
        return str(chart / fix.moves[0][0])
    file, line = fix.edits[0][:2] if fix.edits else (found.file or "", found.line)
    return f"{chart / file}{'' if line is None else f':{line}'}"
