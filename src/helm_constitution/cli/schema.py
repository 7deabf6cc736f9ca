"""``schema``: the configuration's JSON Schema."""

from __future__ import annotations

from pathlib import Path

import click

_FILE = Path(__file__).parent.parent / "data" / "configuration.schema.json"


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of .helm-constitution.yaml, for editors."""
    click.echo(_FILE.read_text("utf-8"), nl=False)
