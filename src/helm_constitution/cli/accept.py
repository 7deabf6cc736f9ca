"""``accept``: takes today's findings into the debt files of their charts, or takes out those that were fixed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from helm_constitution.check.debt_change import Change, accepted, pruned
from helm_constitution.check.options import today
from helm_constitution.cli.options import CheckArguments, charts_argument, check_options
from helm_constitution.cli.printing import say
from helm_constitution.cli.run import run_checks
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.files import held_alone, write_file
from helm_constitution.policy.debt import DebtEntry, chart_key, debt_text, read_debt
from helm_constitution.policy.find import find_configuration, find_debt
from helm_constitution.report.model import ChartReport


@click.command("accept")
@charts_argument
@click.option("--prune", is_flag=True, help="Remove what was fixed; add nothing.")
@click.option("--force", is_flag=True, help="Replace a file that accept did not write.")
@check_options
def command(arguments: CheckArguments, /, charts: tuple[Path, ...], prune: bool, force: bool) -> int:
    """Accept today's findings as debt: check shows them, but fails only on new ones.

    They are stored in .helm-constitution-debt.yaml, beside the configuration, else beside Chart.yaml. Give the same
    options as to check, to get the same findings.
    """
    options = arguments.options._replace(debt=not force)
    run = run_checks(charts, arguments._replace(options=options))
    full = options.scenarios == "full"
    for line in accept_findings(run.charts, options.configuration, today(), prune=prune, force=force, full=full):
        say(line)
    return 0


def accept_findings(
    reports: Sequence[ChartReport],
    configuration: Path | None,
    today: str,
    *,
    prune: bool = False,
    force: bool = False,
    full: bool = False,
) -> list[str]:
    """Writes the debt files of charts that were checked; gives a line on each chart, for the user.

    Args:
        reports: as checked just now.
        configuration: the one that was named on the command line.
        today: an ISO date.
        prune: take out what was fixed, instead of adding what is found.
        force: replace a file that isn't ours.
        full: whether every scenario was rendered.

    Raises:
        ConfigurationError: where a chart could not be checked, or a file is not ours; nothing is written then.
    """
    for report in reports:
        for trouble in report.troubles:
            if trouble.fatal:
                place = f"{report.path}/{trouble.file}" if trouble.file else report.path
                message = f"could not be checked, nothing was written: {trouble.message}"
                raise ConfigurationError(message, file=place, line=trouble.line)
    files = {report.path: _debt_file(report, configuration) for report in reports}
    # Two programs at once, each with its chart, would otherwise lose what the first one writes.
    with held_alone(files.values()):
        ledgers = {file: _read(file, force) for file in dict.fromkeys(files.values())}
        lines: list[str] = []
        for report in reports:
            file, chart = files[report.path], Path(report.path)
            key = chart_key(file, chart)
            entries = ledgers[file].get(key, ())
            change = pruned(entries, report, full=full) if prune else accepted(entries, report, today, full=full)
            ledgers[file][key] = change.entries
            lines.append(_line(report, change, prune))
        for file, ledger in ledgers.items():
            if prune:
                gone = [key for key in ledger if not (file.parent / key).exists()]
                lines.extend(f"{key}: chart is gone, {_findings(len(ledger.pop(key)))} removed" for key in gone)
            lines.extend(_written(file, ledger))
    return lines


def _debt_file(report: ChartReport, configuration: Path | None) -> Path:
    chart = Path(report.path)
    return find_debt(chart, find_configuration(chart, configuration))


def _read(file: Path, force: bool) -> dict[str, Sequence[DebtEntry]]:
    if not file.exists():
        return {}
    try:
        return dict(read_debt(file))
    except ConfigurationError:
        if force:
            return {}
        raise


def _line(report: ChartReport, change: Change, prune: bool) -> str:
    parts = [] if prune else [f"{_findings(change.added)} accepted"]
    if change.before:
        parts.append(f"{change.before} left" if prune else f"{change.before} before")
    if change.fixed:
        parts.append(f"{change.fixed} fixed and removed" if prune else f"{change.fixed} fixed (see --prune)")
    elif prune:
        parts.append("nothing was fixed")
    if change.unknown:
        parts.append(f"{change.unknown} not covered by this check (rule switched off, scenario not rendered)")
    return f"{report.path}: {', '.join(parts)}"


def _findings(count: int) -> str:
    return f"{count} finding{'' if count == 1 else 's'}"


def _written(file: Path, ledger: dict[str, Sequence[DebtEntry]]) -> list[str]:
    """Writes the file where something is in it; an empty one goes."""
    if not any(ledger.values()):
        if not file.exists():
            return []
        try:
            file.unlink()
        except OSError as error:
            raise ConfigurationError(f"can't be removed: {error.strerror}", file=str(file)) from None
        return [f"no debt left: {_shown(file)} removed"]
    text = debt_text(ledger)
    if file.exists() and file.read_bytes() == text.encode():
        return []
    write_file(file, text, "the debt")
    return [f"written: {_shown(file)}"]


def _shown(file: Path) -> str:
    here = Path.cwd()
    return str(file.relative_to(here)) if file.is_relative_to(here) else str(file)
