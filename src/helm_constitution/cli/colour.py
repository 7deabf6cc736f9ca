"""Whether the text report is coloured. ``--color`` may come before the command or behind it."""

from __future__ import annotations

import os
import sys

import click


class ColourChoice:
    """The choice of ``--color``, wherever it was given; ``always``, ``never`` or ``auto``."""

    value: str = "auto"


def _choose(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.ensure_object(ColourChoice).value = value


color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    expose_value=False,
    callback=_choose,
    help="Colour in the text report; auto follows NO_COLOR, FORCE_COLOR and the terminal.",
)

pass_colour = click.make_pass_decorator(ColourChoice, ensure=True)


_FOLLOWS_LINKS = ("VTE_VERSION", "WT_SESSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION")
_PROGRAMS_WITH_LINKS = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper")


def is_linked(choice: str) -> bool:
    """Whether the terminal is known to follow hyperlinks (OSC 8); FORCE_HYPERLINK decides where it is set."""
    forced = os.environ.get("FORCE_HYPERLINK")
    if forced is not None:
        return forced not in ("", "0")
    if choice == "never" or not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return False
    known = os.environ.get("TERM_PROGRAM") in _PROGRAMS_WITH_LINKS
    return known or any(name in os.environ for name in _FOLLOWS_LINKS)


def is_coloured(choice: str) -> bool:
    """``--color``, then NO_COLOR, FORCE_COLOR, TERM=dumb, then whether standard output is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return os.environ.get("TERM") != "dumb" and sys.stdout.isatty()
