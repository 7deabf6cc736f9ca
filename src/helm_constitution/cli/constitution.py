"""``constitution``: looks at the document itself."""

from __future__ import annotations

from pathlib import Path

import click

from helm_constitution.cli.constitution_pin import pin
from helm_constitution.cli.options import policies_option, rule_modules, rules_option
from helm_constitution.cli.printing import say
from helm_constitution.policy.constitution import load_constitution, read_constitution
from helm_constitution.policy.faults import constitution_faults, constitution_remarks
from helm_constitution.policy.rule_selection import match
from helm_constitution.policy.show import show_lines

_file_argument = click.argument("file", required=False, type=click.Path(path_type=Path))


@click.group("constitution")
def command() -> None:
    """Inspect a constitution document."""


@command.command("show")
@_file_argument
@rules_option
@policies_option
def show(file: Path | None, folders: tuple[Path, ...], policies: tuple[Path, ...]) -> None:
    """Print each principle and statement with its obligation and the rules that enforce it.

    FILE defaults to the constitution that a check in this folder would use.
    """
    modules = rule_modules(folders, policies)
    document = load_constitution(Path(), file, modules)
    for line in show_lines(document, match(document, modules)):
        say(line)


@command.command("check")
@_file_argument
@rules_option
@policies_option
def check(file: Path | None, folders: tuple[Path, ...], policies: tuple[Path, ...]) -> int:
    """Find faults in the document: no principles, duplicates, unknown rules, an invalid version.

    Also lists sentences that look like demands but are not understood, and counts statements without a pin.
    """
    name, text = read_constitution(Path(), file)
    modules = rule_modules(folders, policies)
    faults = constitution_faults(text, name, modules)
    for line, message in (*faults, *constitution_remarks(text, modules)):
        say(f"{name}:{line}: {message}" if line else f"{name}: {message}")
    if faults:
        return 2
    click.echo(f"{name}: no faults")
    return 0


@command.command("pin")
@_file_argument
@click.option("--write", is_flag=True, help="Write the pins to FILE; nothing else in it changes.")
@rules_option
@policies_option
def pin_document(file: Path | None, write: bool, folders: tuple[Path, ...], policies: tuple[Path, ...]) -> int:
    """Propose a pin (the rules that enforce it) for each statement without one, and name what no rule checks.

    A pinned statement keeps its rules in later versions of this program.
    """
    return pin(file, rule_modules(folders, policies), write=write)
