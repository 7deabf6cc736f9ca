"""Lines for the user, outside reports."""

from __future__ import annotations

import click


def say(line: str, *, error: bool = False) -> None:
    """Prints a line that may hold a chart's texts: without control characters, and without effect on a terminal.

    Args:
        line: the line, without its end.
        error: whether it goes to standard error.
    """
    from helm_constitution.report.words import clean, inert

    click.echo(inert(clean(line)), err=error)
