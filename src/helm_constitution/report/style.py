"""How the text report looks: width, colours, links, and lines that are wrapped between words."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.report.pages import rule_address
from helm_constitution.report.words import clean

_RESET = "\x1b[0m"
_STYLES = {
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "note": "\x1b[1;36m",
    "waived": "\x1b[1;34m",
    "debt": "\x1b[1;34m",
    "fail": "\x1b[1;31m",
    "unchecked": "\x1b[1;35m",
    "pass": "\x1b[1;32m",
    "warn": "\x1b[1;33m",
    "help": "\x1b[1;36m",
    "n/a": "\x1b[2m",
}


class Style(NamedTuple):
    """How to write: the width in columns, and whether colours and hyperlinks are understood."""

    width: int = 100
    colour: bool = False
    links: bool = False

    def paint(self, text: str, style: str) -> str:
        """The text in a colour, where there are colours."""
        return f"{_STYLES[style]}{text}{_RESET}" if self.colour and style in _STYLES and text else text

    def rule(self, rule: str) -> str:
        """A rule's id, which leads to its page where the terminal follows links."""
        shown = clean(rule)
        address = rule_address(rule) if self.links else None
        return shown if address is None else f"\x1b]8;;{address}\x1b\\{shown}\x1b]8;;\x1b\\"

    def wrapped(self, text: str, *, first: str = "", rest: str | None = None) -> Iterator[str]:
        """A text in lines that fit, cut between words alone.

        Args:
            text: what is cut.
            first: the text before the first line, counted without colours by its caller's own text.
            rest: the text before the others; as many spaces as ``first`` has characters, without it.
        """
        rest = " " * len(first) if rest is None else rest
        lines = textwrap.wrap(
            clean(text),
            max(self.width, 40),
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        yield from lines or [first.rstrip()]

    def place(self, text: str, indent: str) -> Iterator[str]:
        """``--> path:line:column`` with what is noted of it, in lines that fit."""
        first, *others = self.wrapped(text, first=f"{indent}--> ")
        yield first.replace("-->", self.paint("-->", "dim"), 1)
        yield from others
