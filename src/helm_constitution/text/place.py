"""Symbolic places: what a rule names, and only later becomes file, line and column."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from helm_constitution.core.model import Base, Location
from helm_constitution.text.yaml_document import RenderedLine, Span, View


class TextPlace(NamedTuple):
    """A stretch of one of the chart's text files (a template, the README …). ``file`` is relative to ``base``."""

    file: str
    span: Span | None = None
    base: Base = Base.CHART


Place: TypeAlias = "View | TextPlace | RenderedLine | Location"
