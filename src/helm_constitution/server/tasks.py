"""What the process that checks is asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from helm_constitution.core.model import Progress
from helm_constitution.core.unsaved import Unsaved
from helm_constitution.server.checker import Checker
from helm_constitution.server.notes import Place


class Superseded(Exception):
    """Newer text came: nobody waits for this task any more."""


class Task(Protocol):
    """Something to do with a checker, in its process."""

    def run(self, checker: Checker, still_counts: Progress) -> object:
        """Does it; ``still_counts`` raises Superseded where nobody waits any more."""
        ...


class CheckTask(NamedTuple):
    """One chart to check, see :meth:`Checker.check`; gives an Answer."""

    chart: Path
    scenarios: str
    texts: Unsaved
    is_draft: bool = False

    def run(self, checker: Checker, still_counts: Progress) -> object:
        """Checks it."""
        return checker.check(self.chart, self.scenarios, self.texts, still_counts, is_draft=self.is_draft)


class ForgetTask(NamedTuple):
    """A chart of which no file is open any more; gives nothing."""

    chart: Path

    def run(self, checker: Checker, still_counts: Progress) -> object:
        """Drops what is kept of it."""
        checker.forget(self.chart)
        return None


class FixTask(NamedTuple):
    """A chart's safe fixes, applied and proved on a copy; gives new texts by the files' paths in the chart."""

    chart: Path
    texts: Unsaved

    def run(self, checker: Checker, still_counts: Progress) -> object:
        """Fixes a copy."""
        texts: Mapping[str, str | None] = checker.fixed(self.chart, self.texts)
        return texts


class LookTask(NamedTuple):
    """A question about a place of a chart, given as in a Location; gives an Insight, None where nothing is known."""

    chart: Path
    file: str
    line: int
    column: int
    wants_hover: bool = False

    def run(self, checker: Checker, still_counts: Progress) -> object:
        """Answers it."""
        lookup = checker.lookup(self.chart)
        if lookup is None:
            return None
        if self.wants_hover:
            return Insight(hover=lookup.hover(self.file, self.line, self.column))
        thing = lookup.thing(self.file, self.line, self.column)
        return Insight(tuple(lookup.definitions(thing)), tuple(lookup.references(thing)))


class Insight(NamedTuple):
    """What is known of a place: where it is defined, where it is used, a text in Markdown."""

    definitions: tuple[Place, ...] = ()
    references: tuple[Place, ...] = ()
    hover: str = ""
