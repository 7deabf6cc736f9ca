"""``constitution``: looks at the document itself."""

from __future__ import annotations

from pathlib import Path

import click

from helm_constitution.cli.options import rule_modules, rules_option
from helm_constitution.cli.printing import say
from helm_constitution.policy.constitution import load_constitution, read_constitution
from helm_constitution.policy.faults import constitution_faults
from helm_constitution.policy.rule_selection import match, show_lines

_file_argument = click.argument("file", required=False, type=click.Path(path_type=Path))


@click.group("constitution")
def command() -> None:
    """Look at a constitution itself."""


@command.command("show")
@_file_argument
@rules_option
def show(file: Path | None, folders: tuple[Path, ...]) -> None:
    """Print each principle, statement, obligation and the rules that enforce it.

    FILE is the constitution; without it the one that a check in this folder would use.
    """
    modules = rule_modules(folders)
    document = load_constitution(Path(), file, modules)
    for line in show_lines(document, match(document, modules)):
        say(line)


@command.command("check")
@_file_argument
@rules_option
def check(file: Path | None, folders: tuple[Path, ...]) -> int:
    """Find faults in the document: no principles, duplicates, unknown rules, a version that is not semantic."""
    name, text = read_constitution(Path(), file)
    faults = constitution_faults(text, name, rule_modules(folders))
    for line, message in faults:
        say(f"{name}:{line}: {message}" if line else f"{name}: {message}")
    if faults:
        return 2
    click.echo(f"{name}: no faults")
    return 0
