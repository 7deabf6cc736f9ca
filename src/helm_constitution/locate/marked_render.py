"""Finds out which template lines made the rendered documents that findings are about, by a marked render."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING

from helm_constitution.chart.edited_copy import edited_copy, folders_below, packages_of
from helm_constitution.kubernetes.documents import template_path
from helm_constitution.locate.markers import marked_sources
from helm_constitution.locate.source_map import Templates, source_map
from helm_constitution.templates import TemplateFile, parse_template
from helm_constitution.templates.analysis import RANDOM

if TYPE_CHECKING:
    from helm_constitution.helm.protocol import HelmEngine, Pending, RenderOutput
    from helm_constitution.locate.source_map import SourceMap, SourceMaps
    from helm_constitution.render.results import RenderedChart, RenderedObjects, ScenarioResult
    from helm_constitution.templates.analysis import AnalysedChart
    from helm_constitution.text.yaml_document import YamlDocument


class MarkedRender(AbstractContextManager["MarkedRender"]):
    """Helm at work on the template lines of documents, from its making on.

    One more render for each scenario that a document comes from. A second where helm rejects a template with its marks,
    which is left alone then; or where a document is another each time, to see in which lines.
    """

    def __init__(
        self, documents: Iterable[YamlDocument], rendered: RenderedChart, objects: RenderedObjects, engine: HelmEngine
    ) -> None:
        self._chart = rendered.chart
        self._engine = engine
        self._copies = ExitStack()
        self._scenarios = _scenarios(documents, rendered, objects)
        files = {document.file for scenario in self._scenarios for document in scenario.documents}
        real = {rendered.analysed.real_path(file) for file in files}
        self._templates = list(_templates(rendered.analysed, real)) if files else []
        self._marked = self._render(self._scenarios, marked_sources(self._templates))

    def __exit__(self, *_: object) -> None:
        self._copies.close()

    def run(self) -> SourceMaps:
        """Waits for helm. Gives the source map of each document that has one for certain."""
        templates = Templates(self._templates)
        marked = [render.result() for render in self._marked]
        rejected: set[str] = set()
        again: list[_Scenario] = []
        random: list[_Scenario] = []
        for scenario, output in zip(self._scenarios, marked, strict=True):
            scenario.match(output, templates)
            if scenario.is_complete:
                continue
            refused = {error.file for error in output.errors if error.file is not None} - scenario.faulty
            if refused:
                rejected |= refused
                again.append(scenario)
            elif output.ok and any(RANDOM.search(template.text) for template in self._templates):
                random.append(scenario)
        if again:
            sources = marked_sources(self._templates, rejected)
            for scenario, render in zip(again, self._render(again, sources), strict=True):
                scenario.match(render.result(), templates)
        for scenario, render in zip(random, self._render(random, {}), strict=True):
            scenario.match(marked[self._scenarios.index(scenario)], templates, render.result())
        return {key: found for scenario in self._scenarios for key, found in scenario.maps.items()}

    def _render(self, scenarios: Sequence[_Scenario], sources: Mapping[str, str]) -> list[Pending[RenderOutput]]:
        """Starts rendering the chart with these templates in place of its own; with none, as it is."""
        folder = self._chart.path
        if scenarios and sources:
            folder = self._copies.enter_context(edited_copy(self._chart, sources))
            self._copies.enter_context(self._engine.hold(folder))
        return [self._engine.render(folder, scenario.request) for scenario in scenarios]


class _Scenario:
    """A scenario with the documents of it that are to be located."""

    def __init__(self, result: ScenarioResult, chart_name: str) -> None:
        self.request = result.scenario.request
        self.documents: list[YamlDocument] = []
        self.maps: dict[tuple[str, str, str], SourceMap] = {}
        self.faulty = {error.file for error in result.errors}
        self._chart_name = chart_name
        self._texts: dict[str, list[str]] = {}  # what was rendered without marks
        for manifest in result.rendering.manifests if result.rendering is not None else ():
            texts = self._texts.setdefault(manifest.template, [])
            if manifest.view.document.text not in texts:
                texts.append(manifest.view.document.text)

    @property
    def is_complete(self) -> bool:
        """Whether each document has its source map."""
        return all(document.alike in self.maps for document in self.documents)

    def match(self, output: RenderOutput, templates: Templates, twin: RenderOutput | None = None) -> None:
        """Pairs each document with the marked one that has the same text, but for the lines that differ in the twin."""
        marked = self._by_file(output)
        twins = self._by_file(twin) if twin is not None else {}
        for document in self.documents:
            if document.alike in self.maps:
                continue
            texts, plain = marked.get(document.file, []), self._texts.get(document.file, [])
            index = plain.index(document.text) if document.text in plain else 0
            if twin is None:
                # Most likely the one in the same place.
                maps = (source_map(document.text, text, templates) for text in (*texts[index:], *texts[:index]))
                found = next((found for found in maps if found is not None), None)
            elif len(plain) == len(texts) == len(others := twins.get(document.file, [])) and document.text in plain:
                found = source_map(document.text, texts[index], templates, others[index])
            else:
                continue
            if found is not None:
                self.maps[document.alike] = found

    def _by_file(self, output: RenderOutput) -> dict[str, list[str]]:
        texts: dict[str, list[str]] = {}
        for text in output.documents:
            texts.setdefault(template_path(text.source, self._chart_name), []).append(text.text)
        return texts


def _scenarios(documents: Iterable[YamlDocument], rendered: RenderedChart, objects: RenderedObjects) -> list[_Scenario]:
    """The scenarios that the documents come from, in order."""
    found: dict[str, _Scenario] = {}
    for document in documents:
        name = objects.scenario_of(document)
        result = rendered.result_of(name) if name is not None else None
        if name is not None and result is not None:
            found.setdefault(name, _Scenario(result, rendered.chart.name)).documents.append(document)
    return list(found.values())


def _templates(analysed: AnalysedChart, files: set[str]) -> Iterator[TemplateFile]:
    """The templates to mark: those that made the documents, and every file with named templates.

    A folder in ``charts/`` counts with its named templates (library charts), a package only where it made a document;
    their paths are those in the top chart.
    """
    for template in analysed.templates:
        if template.path in files or template.defines:
            yield template
    for chart, prefix in folders_below(analysed.chart, ""):
        for path, text in chart.files.items():
            if path.startswith("templates/") and (prefix + path in files or "define" in text):
                yield parse_template(prefix + path, text)
    for chart, prefix in packages_of(analysed.chart) if any(file.startswith("charts/") for file in files) else ():
        if any(file.startswith(prefix) for file in files):
            for path, text in chart.files.items():
                if path.startswith("templates/") and (prefix + path in files or "define" in text):
                    yield parse_template(prefix + path, text)
