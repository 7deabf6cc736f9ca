"""The named templates of a chart and, once they are called, of its dependencies."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING

from helm_constitution.templates import Parse, TemplateFile
from helm_constitution.templates.abstract import ANYTHING, pattern_of
from helm_constitution.templates.lines import has_form
from helm_constitution.templates.nodes import Define

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart


class NamedTemplates:
    """Finds named templates by name. ``by_name`` are those known so far, each with its file."""

    def __init__(self, chart: Chart, templates: tuple[TemplateFile, ...], parse: Parse) -> None:
        self.by_name: dict[str, list[tuple[TemplateFile, Define]]] = {}
        self._chart = chart
        self._parse = parse
        self._dependency_texts: dict[str, str] | None = None
        self._forms: dict[Define, bool] = {}
        for template in templates:
            self.register(template)

    def register(self, template: TemplateFile) -> None:
        """Adds those that a file defines."""
        for name, define in template.defines.items():
            self.by_name.setdefault(name, []).append((template, define))

    def copied(self) -> NamedTemplates:
        """Those known so far, to go on with."""
        new = copy.copy(self)
        new.by_name = {name: list(entries) for name, entries in self.by_name.items()}
        new._forms = dict(self._forms)
        new._dependency_texts = dict(self._dependency_texts) if self._dependency_texts is not None else None
        return new

    def find(self, name: str) -> list[tuple[TemplateFile, Define]]:
        """The named templates that a name may mean: the chart's own, else those of its dependencies."""
        if ANYTHING not in name:
            found = self.by_name.get(name)
            if found is None and self._search_dependencies(name):
                found = self.by_name.get(name)
            return found or []
        self._search_dependencies(max(name.split(ANYTHING), key=len))
        pattern = pattern_of(name)
        return [entry for known, entries in self.by_name.items() if pattern.fullmatch(known) for entry in entries]

    def _search_dependencies(self, name: str) -> bool:
        """Reads the dependencies' files that mention a name; returns whether any of them are new."""
        if self._dependency_texts is None:
            self._dependency_texts = dict(_dependency_texts(self._chart, "charts/"))
        paths = [path for path, text in self._dependency_texts.items() if name in text]
        for path in paths:
            self.register(self._parse(path, self._dependency_texts.pop(path)))
        return bool(paths)

    def are_same(self, chart: Chart) -> bool:
        """Whether a chart has the same dependencies, as far as they were looked at."""
        if self._dependency_texts is None:
            return list(chart.subcharts) == list(self._chart.subcharts)
        return dict(_dependency_texts(chart, "charts/")) == dict(_dependency_texts(self._chart, "charts/"))

    def has_form(self, template: TemplateFile, define: Define) -> bool:
        """Whether a named template has lines of its own; see :func:`helm_constitution.templates.lines.has_form`."""
        found = self._forms.get(define)
        if found is None:
            found = self._forms[define] = has_form(template, define)
        return found


def _dependency_texts(chart: Chart, folder: str) -> Iterator[tuple[str, str]]:
    """The templates of the dependencies that define named templates, by their paths in the chart."""
    for name, dependency in chart.subcharts.items():
        for path, text in dependency.files.items():
            if path.startswith("templates/") and "define" in text:
                yield f"{folder}{name}/{path}", text
        yield from _dependency_texts(dependency, f"{folder}{name}/charts/")
