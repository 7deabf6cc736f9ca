"""Whether the text report is coloured. ``--color`` may come before the command or behind it."""

from __future__ import annotations

import os
import sys

import click


class ColourChoice:
    """What ``--color`` says, wherever it was given; ``always``, ``never`` or ``auto``."""

    value: str = "auto"


def _choose(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.ensure_object(ColourChoice).value = value


color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    expose_value=False,
    callback=_choose,
    help="Colour in the text report; auto asks NO_COLOR, FORCE_COLOR and the terminal.",
)

pass_colour = click.make_pass_decorator(ColourChoice, ensure=True)


def is_coloured(choice: str) -> bool:
    """``--color``, then NO_COLOR, FORCE_COLOR, TERM=dumb, then whether standard output is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return os.environ.get("TERM") != "dumb" and sys.stdout.isatty()
