"""The files that reports are written into, and the options of every command that writes some."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

import click

from helm_constitution.core.errors import ConfigurationError

output_option = click.option(
    "--output",
    "outputs",
    type=click.Path(),
    multiple=True,
    metavar="[FORMAT=]FILE",
    help="Also write the report to a file, in this or another format. Can be repeated.",
)
force_option = click.option("--force", is_flag=True, help="Overwrite files that are not reports.")
fail_on_option = click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note", "never"]),
    help="The lowest severity that fails the gate.  [default: error, or the configuration's]",
)


def output_target(text: str, form: str, formats: Collection[str]) -> tuple[str, Path]:
    """The format and the file of an ``--output``; faults in them are reported before the check, not after.

    Args:
        text: as it was typed, ``[FORMAT=]FILE``.
        form: the format where it names none.
        formats: those that there are.

    Raises:
        ConfigurationError: an unknown format, or no file that could be written.
    """
    head, equals, tail = text.partition("=")
    if equals and head in formats:
        form, text = head, tail
    elif equals and head.isalpha():
        known = f"one of {', '.join(formats)}; for a file with that name, write ./{text}"
        raise ConfigurationError(f"--output {text}: unknown format {head!r}; {known}")
    file = Path(text)
    if not text or file.is_dir():
        raise ConfigurationError(f"--output {form}={text} must name a file")
    if not file.parent.is_dir():
        raise ConfigurationError("the report can't be written: no such folder", file=str(file.parent))
    return form, file


def refuse_to_replace(files: Iterable[Path | None]) -> None:
    """A file that is not a report stays as it is; that is reported before the check, not after.

    Raises:
        ConfigurationError: a file that holds something else.
    """
    if any(file is not None and file.exists() for file in files):
        from helm_constitution.report.earlier import may_be_replaced

        for file in files:
            if file is not None and not may_be_replaced(file):
                raise ConfigurationError("is not a report; --force overwrites it", file=str(file))
