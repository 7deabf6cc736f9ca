"""Symbolic places: what a rule names, and only later becomes file, line and column."""

from __future__ import annotations

from typing import TypeAlias

from helm_constitution.core.model import Base, Location
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.text.yaml_document import RenderedLine, Span, View


class TextPlace(NamedTuple):
    """A stretch of one of the chart's text files (a template, the README …). ``file`` is relative to ``base``.

    ``TextPlace("README.md", Span(3, 1, 3, 12))`` is columns 1 to 11 of line 3.
    """

    file: str
    span: Span | None = None
    """The stretch; None for the file as a whole."""
    base: Base = Base.CHART


Place: TypeAlias = "View | TextPlace | RenderedLine | Location"
"""What a rule may give as a place. The program turns it into file, line and column."""
