"""``fleet``: very many charts, from wherever they are."""

from __future__ import annotations

import functools
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helm_constitution.cli.options import CheckArguments, check_options
from helm_constitution.cli.outputs import fail_on_option, force_option, output_option, output_target, refuse_to_replace
from helm_constitution.cli.printing import say
from helm_constitution.cli.progress import Progress
from helm_constitution.core.files import write_file
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.fleet.bring import placed_report
from helm_constitution.fleet.charts import Workers, start_workers
from helm_constitution.fleet.done import Done, done_with, report_of
from helm_constitution.fleet.results import Results
from helm_constitution.fleet.run import check_fleet
from helm_constitution.fleet.sources import places as places_of
from helm_constitution.fleet.tables import write_tables
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import HelmEngine
from helm_constitution.report import FORMATS, matrix, renderer
from helm_constitution.report.matrix import Matrix, Row
from helm_constitution.report.model import ChartReport, RunReport

if TYPE_CHECKING:
    from helm_constitution.fleet.place import Place

_FORMS = (*FORMATS, "csv")
_OF_ROWS = ("text", "json", "markdown", "csv")
"""The formats that show the matrix; the others show every chart's findings, as a check's report does."""


class _Checked(NamedTuple):
    """The rows of the matrix, and the reports where a format needs them."""

    matrix: Matrix
    run: RunReport


@click.command("fleet")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@check_options
@click.option(
    "--newest",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="How many of the newest versions to check of each chart in a Helm repository, a registry or git tags.",
)
@click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder for each chart's report and the tables; an interrupted run resumes from it.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Check the charts on the workers of a Dask scheduler (tcp://HOST:PORT) instead of on this machine.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMS),
    default="text",
    show_default=True,
    help="The report on standard output: the matrix of charts and principles as text, json, markdown or csv; every "
    "chart's findings in the other formats.",
)
@output_option
@force_option
@click.option("--all", "full", is_flag=True, help="Show every chart and rule in the text report.")
@fail_on_option
def command(
    arguments: CheckArguments,
    /,
    sources: tuple[str, ...],
    *,
    fail_on: str | None,
    force: bool,
    form: str,
    full: bool,
    newest: int,
    outputs: tuple[str, ...],
    results: Path | None,
    scheduler: str | None,
) -> int:
    """Check the charts of many sources, and show which principles they follow.

    SOURCE is a folder or a package; git+REPOSITORY[@REVISION] (a pattern like v* matches tags); the address of a Helm
    repository, with #CHART for one of its charts; oci://HOST/PATH/CHART[:VERSION]; or @FILE, a list with one source on
    each line.

    Exit status: 0 the gate passes, 1 findings at or above --fail-on, 2 something could not be checked.
    """
    targets = [output_target(text, form, _FORMS) for text in outputs]
    if not force:
        refuse_to_replace(file for _, file in targets)
    arguments = arguments._replace(options=arguments.options._replace(fail_on=fail_on, cache=False))
    places = places_of(sources, newest, results / "git" if results is not None else None)
    wanted = {form, *(target for target, _ in targets)}
    checked = _checked(places, arguments, results, scheduler, reports=not wanted.issubset(_OF_ROWS))
    if results is not None:
        files = write_tables(results, checked.matrix)
        say(f"results: {', '.join(map(str, files))}", error=True)
    for target, file in targets:
        write_file(file, _rendered(checked, target, full=True), "the report")
    if not any(target == form for target, _ in targets):
        click.echo(_rendered(checked, form, full=full), nl=False)
    return checked.matrix.gate.status


def _checked(
    places: Sequence[Place], arguments: CheckArguments, folder: Path | None, scheduler: str | None, *, reports: bool
) -> _Checked:
    """Checks the charts, with a bar on the terminal meanwhile; keeps their reports where they are needed."""
    engine = choose_engine(arguments.engine, arguments.limits)
    try:
        results = Results(folder, engine, arguments.options, reports=reports) if folder is not None else None
        packs = reports or results is not None
        names = engine.name, engine.version(), engine.kube_version(arguments.options.request)
        rows: dict[int, Row] = {}
        found: dict[int, ChartReport] = {}
        with closing(_workers(len(places), engine, arguments, scheduler, packs=packs)) as workers:
            for number, done in _shown(check_fleet(places, results, workers), places):
                rows[number] = done.row
                if reports and (report := report_of(done)) is not None:
                    found[number] = placed_report(places[number], report)
    finally:
        engine.close()
    ordered = tuple(rows[number] for number in sorted(rows))
    run = RunReport(*names, tuple(found[number] for number in sorted(found)))
    return _Checked(Matrix(*names, ordered), run)


def _shown(found: Generator[tuple[int, Done], None, None], places: Sequence[Place]) -> Iterable[tuple[int, Done]]:
    progress = Progress()
    try:
        with closing(found):
            for count, (number, done) in enumerate(found, 1):
                progress.show_charts(count, len(places), places[number].shown)
                yield number, done
    finally:
        progress.clear()


def _workers(
    charts: int, engine: HelmEngine, arguments: CheckArguments, scheduler: str | None, *, packs: bool
) -> Workers[Done]:
    if scheduler is None:
        start = functools.partial(choose_engine, arguments.engine)
        finish = functools.partial(done_with, packs=packs)
        return start_workers(charts, engine, arguments.options, start, arguments.limits, finish)
    from helm_constitution.fleet.scheduler import Cluster

    return Cluster.connect(scheduler, engine, arguments.options, arguments.limits, packs=packs)


def _rendered(checked: _Checked, form: str, *, full: bool) -> str:
    if form == "text":
        return matrix.text(checked.matrix, full=full)
    if form == "json":
        return matrix.json(checked.matrix)
    if form == "markdown":
        return matrix.markdown(checked.matrix)
    if form == "csv":
        rows = list(matrix.charts_table(checked.matrix))
        return matrix.as_csv(rows, [*matrix.CHART_COLUMNS, *checked.matrix.columns])
    return renderer(form)(checked.run)
