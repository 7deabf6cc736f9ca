"""The group of commands. Each is a file beside this one, imported when it is called."""

from __future__ import annotations

import importlib

import click

from helm_constitution import __version__
from helm_constitution.cli.colour import color_option

COMMANDS = (
    "accept",
    "cache",
    "check",
    "completion",
    "constitution",
    "create",
    "explain",
    "fix",
    "fleet",
    "init",
    "plan",
    "rules",
    "schema",
    "server",
    "waive",
    "waivers",
)
"""The commands' names, sorted: each is ``command`` of the module of its name in this package."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"helm_constitution.cli.{cmd_name}").command
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="helm-constitution %(version)s")
@color_option
def cli() -> None:
    """Checks Helm charts against the principles that their team wrote down."""
