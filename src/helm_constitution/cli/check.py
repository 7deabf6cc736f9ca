"""``check``: the gate."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helm_constitution.check.failed import UNREADABLE
from helm_constitution.cli.cluster import ClusterArguments, cluster_options, with_cluster
from helm_constitution.cli.colour import ColourChoice, color_option, is_coloured, is_linked, pass_colour
from helm_constitution.cli.options import CheckArguments, charts_argument, check_options
from helm_constitution.cli.outputs import fail_on_option, force_option, output_option, output_target, refuse_to_replace
from helm_constitution.cli.printing import say
from helm_constitution.cli.run import Each, run_checks, run_in_parts
from helm_constitution.core.files import write_file
from helm_constitution.report import FORMATS
from helm_constitution.report.model import ChartReport, EarlierRun, RunReport
from helm_constitution.report.parts import PartForm, json_form, text_form

if TYPE_CHECKING:
    from helm_constitution.report.style import Style


@click.command("check")
@charts_argument
@check_options
@cluster_options
@click.option(
    "--changed",
    is_flag=True,
    help="Take changed files as arguments, and check the chart of each once; skip files outside charts. Without "
    "arguments, take the files staged in git.",
)
@click.option(
    "--changed-since",
    "since",
    metavar="REF",
    help="Check the charts whose files changed since HEAD branched off a git revision (in CI: the target branch).",
)
@click.option(
    "--coverage",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the template coverage of the scenarios to a file, in lcov format.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="The format of the report on standard output.",
)
@output_option
@click.option(
    "--history",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A folder of earlier JSON reports, ordered by name, for the trend in the HTML report.",
)
@force_option
@click.option("--all", "full", is_flag=True, help="Show every finding in the text report.")
@fail_on_option
@color_option
@pass_colour
def command(
    colour: ColourChoice,
    arguments: CheckArguments,
    /,
    charts: tuple[Path, ...],
    *,
    changed: bool,
    cluster: ClusterArguments,
    since: str | None,
    coverage: Path | None,
    fail_on: str | None,
    force: bool,
    form: str,
    full: bool,
    history: Path | None,
    outputs: tuple[str, ...],
) -> int:
    """Check charts: folders, packaged .tgz files, or folders that contain charts (default: the current folder).

    Exit status: 0 the gate passes, 1 findings at or above --fail-on, 2 something could not be checked.
    """
    targets = [output_target(text, form, FORMATS) for text in outputs]
    if not force:
        refuse_to_replace([*(file for _, file in targets), coverage])
    html = "html" in {form, *(target for target, _ in targets)}
    earlier = _history(history) if html and history is not None else ()
    options = arguments.options._replace(coverage=coverage is not None or html, sources=html, fail_on=fail_on)
    arguments = with_cluster(arguments._replace(options=options), cluster)
    if changed or since:
        charts = _changed_charts(since, charts)
    is_empty = not charts and bool(changed or since)
    form_of_parts = None if targets or coverage is not None else _form_of_parts(form, colour.value, full=full)
    if form_of_parts is not None and not is_empty:
        return _print_parts(charts, arguments, form_of_parts)
    at_once = form == "text" and all(target != "text" for target, _ in targets)
    each = _printer(colour.value, full=full) if at_once else None
    run = RunReport("none", "", "", ()) if is_empty else run_checks(charts, arguments, each)
    run = run._replace(history=earlier)
    for chart in run.charts:
        _say_what_failed(chart)
    _write(run, targets, coverage)
    if at_once:
        _print_closing(run, colour.value)
    elif not any(target == form for target, _ in targets):
        click.echo(_rendered(run, form), nl=False)
    return run.status


def _form_of_parts(form: str, choice: str, *, full: bool) -> PartForm | None:
    """The form of a report that has a part for each chart; None for other formats."""
    if form == "text":
        return text_form(_width(), colour=is_coloured(choice), links=is_linked(choice), full=full)
    return json_form() if form == "json" else None


def _print_parts(charts: Sequence[Path], arguments: CheckArguments, form: PartForm) -> int:
    # Text as it is: what is coloured was asked for, in a pipe as well.
    run = run_in_parts(charts, arguments, form, lambda text: click.echo(text, nl=False, color=True))
    for chart in run.failed:
        _say_what_failed(chart)
    for text in run.whole:
        click.echo(text, nl=False, color=True)
    return run.status


def _write(run: RunReport, targets: Sequence[tuple[str, Path]], coverage: Path | None) -> None:
    """Writes the report's files."""
    for target, file in targets:
        write_file(file, _rendered(run, target), "the report")
    if coverage is not None:
        from helm_constitution.report import lcov

        write_file(coverage, lcov.render(run), "the coverage")


def _changed_charts(since: str | None, files: tuple[Path, ...]) -> tuple[Path, ...]:
    """The charts that changed files belong to; names them on standard error."""
    from helm_constitution.check.changed import changed_charts

    charts = changed_charts(files, since)
    if not charts:
        which = "given" if files else "changed" if since else "staged"
        say(f"nothing to check: no {which} file belongs to a chart", error=True)
        return ()
    names = ", ".join(str(chart) for chart in charts)
    say(f"changed: {len(charts)} chart{'' if len(charts) == 1 else 's'}: {names}", error=True)
    return tuple(charts)


def _say_what_failed(chart: ChartReport) -> None:
    """Says on standard error why a chart could not be checked at all: its report may go into a file."""
    for trouble in chart.troubles:
        if trouble.kind == UNREADABLE:
            inside = f"{chart.path}{os.sep}{trouble.file}" if trouble.file else ""
            place = (f"{inside}:{trouble.line}: " if trouble.line else f"{inside}: ") if inside else ""
            say(f"helm-constitution: error: {place}{trouble.message}", error=True)


def _history(folder: Path) -> tuple[EarlierRun, ...]:
    from helm_constitution.report.history import read_history

    return read_history(folder)


def _printer(choice: str, *, full: bool) -> Each:
    """What prints the text report of each chart as soon as it is there."""

    def show(run: RunReport, is_one_of_several: bool) -> None:
        from helm_constitution.report import text

        (chart,) = run.charts
        # As it is: what is coloured was asked for, in a pipe as well.
        shown = text.chart_text(run, chart, _style(choice), full=full, several=is_one_of_several)
        click.echo(shown, nl=False, color=True)

    return show


def _print_closing(run: RunReport, choice: str) -> None:
    from helm_constitution.report import text

    summaries = [chart.summary for chart in run.charts]
    click.echo(text.closing_text(summaries, _style(choice)), nl=False, color=True)


def _style(choice: str) -> Style:
    """How the terminal wants it: its width, or that of $COLUMNS; 100 columns where there is no terminal."""
    from helm_constitution.report.style import Style

    return Style(_width(), is_coloured(choice), is_linked(choice))


def _width() -> int:
    """As shutil.get_terminal_size, whose import costs 4 ms."""
    with contextlib.suppress(ValueError):
        if (columns := int(os.environ.get("COLUMNS", "0"))) > 0:
            return columns
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 100  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return 100


def _rendered(run: RunReport, form: str) -> str:
    if form == "text":
        from helm_constitution.report import text

        return text.render(run, full=True)
    from helm_constitution.report import renderer

    return renderer(form)(run)
