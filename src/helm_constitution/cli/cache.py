"""``cache``: what is remembered of earlier checks."""

from __future__ import annotations

import time

import click

from helm_constitution.check.cache import CacheState, clean_cache, look_into_cache


@click.group("cache")
def command() -> None:
    """Show or remove the cached results of unchanged charts."""


@command.command("info")
def info() -> None:
    """Print the location, number and size of the cached reports and lint results."""
    state = look_into_cache()
    click.echo(f"{state.folder}: {_counted(state)}, {state.size / 1024:.0f} KiB")
    if state.oldest is not None:
        click.echo(f"oldest: {time.strftime('%Y-%m-%d', time.gmtime(state.oldest))}")


@command.command("clean")
def clean() -> None:
    """Remove all cached reports and lint results."""
    click.echo(f"removed {_counted(clean_cache())}")


def _counted(state: CacheState) -> str:
    reports = f"{state.reports} report{'' if state.reports == 1 else 's'}"
    return f"{reports} and {state.lints} lint result{'' if state.lints == 1 else 's'}"
