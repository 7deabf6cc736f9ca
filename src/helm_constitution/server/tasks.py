"""The tasks of the process that checks."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from helm_constitution.core.model import StillCounts
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.unsaved import Unsaved
from helm_constitution.server.checker import Checker
from helm_constitution.server.notes import Place


class Superseded(Exception):
    """Newer text has arrived: the result of this task is no longer needed."""


class Task(Protocol):
    """A task for a checker, in its process."""

    def run(self, checker: Checker, still_counts: StillCounts) -> object:
        """Runs it; ``still_counts`` raises Superseded if the result is no longer needed."""
        ...


class CheckTask(NamedTuple):
    """One chart to check, see :meth:`Checker.check`; returns an Answer."""

    chart: Path
    scenarios: str
    texts: Unsaved
    is_draft: bool = False

    def run(self, checker: Checker, still_counts: StillCounts) -> object:
        """Checks the chart."""
        return checker.check(self.chart, self.scenarios, self.texts, still_counts, is_draft=self.is_draft)


class ForgetTask(NamedTuple):
    """A chart without open files; returns nothing."""

    chart: Path

    def run(self, checker: Checker, still_counts: StillCounts) -> object:
        """Drops the chart's data."""
        checker.forget(self.chart)
        return None


class FixTask(NamedTuple):
    """A chart's safe fixes, applied and proved on a copy, see :meth:`Checker.fixed`; returns FixedTexts."""

    chart: Path
    texts: Unsaved
    rules: tuple[str, ...] = ()

    def run(self, checker: Checker, still_counts: StillCounts) -> object:
        """Fixes a copy."""
        return checker.fixed(self.chart, self.texts, self.rules)


class LookTask(NamedTuple):
    """A question about a place of a chart, given as in a Location; returns an Insight, None if nothing is known."""

    chart: Path
    file: str
    line: int
    column: int
    wants_hover: bool = False

    def run(self, checker: Checker, still_counts: StillCounts) -> object:
        """Answers the question."""
        lookup = checker.lookup(self.chart)
        if lookup is None:
            return None
        if self.wants_hover:
            return Insight(hover=lookup.hover(self.file, self.line, self.column))
        thing = lookup.thing(self.file, self.line, self.column)
        return Insight(tuple(lookup.definitions(thing)), tuple(lookup.references(thing)))


class Insight(NamedTuple):
    """What is known about a place: where it is defined, where it is used, a text in Markdown."""

    definitions: tuple[Place, ...] = ()
    references: tuple[Place, ...] = ()
    hover: str = ""
