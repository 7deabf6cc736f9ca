"""Reads command lines that documents show, without running them."""

from __future__ import annotations

import shlex

import click

from helm_constitution.cli.main import cli


def parse(arguments: str) -> None:
    """Parses what follows the program's name.

    Raises:
        click.UsageError: where a command, an option or an argument does not exist or is missing.
    """
    words = shlex.split(arguments)
    command: click.Command = cli
    # click remembers a command's help option from the first context: it must have the program's own settings.
    context = click.Context(cli, **cli.context_settings)
    while isinstance(command, click.Group) and words:
        name = words.pop(0)
        inner = command.get_command(context, name)
        if inner is None:
            message = f"no such command: {name}"
            raise click.UsageError(message)
        command, context = inner, click.Context(inner, parent=context)
    command.make_context(command.name, words, parent=context.parent)
