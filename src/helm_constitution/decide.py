"""Which values decide a rendered field: the reads of ``.Values`` on its template line, found in the values files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from helm_constitution.errors import YamlSyntaxError
from helm_constitution.model import Base, Location, Precision
from helm_constitution.yamltree import Path, View, YamlDocument, dotted, load_document

if TYPE_CHECKING:
    from helm_constitution.subject import Facts
    from helm_constitution.templates.uses import ValueRead

MOST = 3
"""Values named for one finding; a line that reads more is a computation, and no one of them decides it."""


class Decider(NamedTuple):
    """A value that decides a rendered field. ``alone`` says that the field is this value, unchanged."""

    view: View
    alone: bool

    @property
    def path(self) -> str:
        """The value's path."""
        return dotted(self.view.path)


class Deciders:
    """Looks up what decides the fields of one chart's renderings."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._layers: dict[str, tuple[YamlDocument, ...]] = {}
        self._reads: dict[tuple[str, int], list[ValueRead]] | None = None

    def of(self, view: View, location: Location, scenario: str) -> list[Decider]:
        """The values behind a field of a rendered object; none where that isn't certain.

        Args:
            view: the field.
            location: its template line.
            scenario: the scenario that was rendered.
        """
        if location.file is None or location.line is None:
            return []
        layers = self._layers_of(scenario)
        exact = location.precision is Precision.EXACT
        found: dict[Path, Decider] = {}
        for read in self._on_line(location.file, location.line):
            value = _lookup(layers, read.path)
            if value is None:
                continue
            if exact:
                part = _matching(value, view) if isinstance(value.data, dict | list) else value
                if part is not None:
                    found[part.path] = Decider(part, part.data == view.data and not isinstance(part.data, dict | list))
            elif isinstance(value.data, dict | list):
                # A field is missing in what this map prints: that map is where to add it.
                found[value.path] = Decider(value, alone=False)
        deciders = list(found.values())
        alone = [decider for decider in deciders if decider.alone]
        if len(alone) == 1:
            return alone
        return [Decider(decider.view, alone=False) for decider in deciders] if len(deciders) <= MOST else []

    def _on_line(self, file: str, line: int) -> list[ValueRead]:
        if self._reads is None:
            self._reads = {}
            for read in self._facts.uses.reads:
                span = read.span
                for number in range(span.line, span.end_line + 1):
                    self._reads.setdefault((read.file, number), []).append(read)
        return self._reads.get((file, line), [])

    def _layers_of(self, scenario: str) -> tuple[YamlDocument, ...]:
        """The values files of a scenario, the one that wins first."""
        layers = self._layers.get(scenario)
        if layers is None:
            layers = self._layers[scenario] = tuple(self._documents(scenario))
        return layers

    def _documents(self, scenario: str) -> Iterator[YamlDocument]:
        chart = self._facts.chart
        for result in self._facts.results:
            if result.scenario.name == scenario:
                for file in reversed(result.scenario.request.values_files):
                    inside = os.path.relpath(file, chart.path)
                    base = Base.ABSOLUTE if inside.startswith("..") else Base.CHART
                    try:
                        shown = str(file) if base is Base.ABSOLUTE else inside.replace(os.sep, "/")
                        yield load_document(file.read_text("utf-8"), shown, base=base)
                    except (OSError, UnicodeDecodeError, YamlSyntaxError):
                        continue  # helm has read it, in its own way; no place is claimed in it
        if chart.values is not None:
            yield chart.values.document


def _lookup(layers: tuple[YamlDocument, ...], path: tuple[str, ...]) -> View | None:
    for document in layers:
        view = document.view.get(*path)
        if path and view.exists:
            return view
    return None


def _matching(value: View, field: View) -> View | None:
    """The part of a printed map or list that became the field: by the end of its path, with the same content."""
    for length in range(len(field.path), 0, -1):
        part = value.get(*field.path[-length:])
        if part.exists and part.data == field.data:
            return part
    return value if value.data == field.data else None
