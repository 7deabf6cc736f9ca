"""``cache``: what is remembered of earlier checks."""

from __future__ import annotations

import time

import click

from helm_constitution.check.cache import CacheState, clean_cache, look_into_cache


@click.group("cache")
def command() -> None:
    """Show or remove the cached results of unchanged charts, and compiled regular expressions."""


@command.command("info")
def info() -> None:
    """Print the location, number and size of what is cached."""
    state = look_into_cache()
    click.echo(f"{state.folder}: {_counted(state)}, {state.size / 1024:.0f} KiB")
    if state.oldest is not None:
        click.echo(f"oldest: {time.strftime('%Y-%m-%d', time.gmtime(state.oldest))}")


@command.command("clean")
def clean() -> None:
    """Remove everything that is cached."""
    click.echo(f"removed {_counted(clean_cache())}")


def _counted(state: CacheState) -> str:
    kinds = (
        ("report", state.reports),
        ("report part", state.parts),
        ("lint result", state.lints),
        ("line map", state.lines),
        ("chart state", state.states),
        ("pattern file", state.patterns),
    )
    return ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in kinds)
