"""Finds the template lines that made the rendered documents with findings, by a marked render."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property
from typing import TYPE_CHECKING

from helm_constitution.chart.edited_copy import edited_copy, folders_below, packages_of
from helm_constitution.core.deadline import OutOfTime, part_limit
from helm_constitution.kubernetes.documents import template_path
from helm_constitution.locate.markers import marked_sources
from helm_constitution.locate.source_map import Templates, source_map, trimmed, unmarked
from helm_constitution.templates.analysis import calls_random
from helm_constitution.templates.cheap_keys import cheap_keys, with_cheap_keys

if TYPE_CHECKING:
    from helm_constitution.helm.protocol import HelmEngine, Pending, RenderOutput
    from helm_constitution.locate.source_map import SourceMap, SourceMaps
    from helm_constitution.render.results import RenderedChart, RenderedObjects, ScenarioResult
    from helm_constitution.templates import TemplateFile
    from helm_constitution.templates.analysis import AnalysedChart
    from helm_constitution.text.yaml_document import YamlDocument


class MarkedRender(AbstractContextManager["MarkedRender"]):
    """A running render that finds the template lines of documents; it starts on creation.

    One more render for each scenario that a document comes from. A second one if helm rejects a template with its
    marks, which is then left unmarked; or if a document is random, to find its random lines: it runs beside the first
    for a random Secret.
    """

    def __init__(
        self, documents: Iterable[YamlDocument], rendered: RenderedChart, objects: RenderedObjects, engine: HelmEngine
    ) -> None:
        self._chart = rendered.chart
        self._engine = engine
        self._kept = rendered.analysed.kept
        self._copies = ExitStack()
        self._scenarios = _scenarios(documents, rendered, objects)
        files = {document.file for scenario in self._scenarios for document in scenario.documents}
        real = {rendered.analysed.real_path(file) for file in files}
        self._templates = list(marked_templates(rendered.analysed, real)) if files else []
        self._needless = _needless(rendered.analysed, real)
        self._keys = {template.path: tuple(cheap_keys(template).items()) for template in self._templates}
        self.cut: str | None = None
        self.rejected: set[str] = set()
        """The templates that helm rejects with marks."""
        self._sources: dict[str, str] = {}
        try:
            with part_limit():
                self._sources = self._cheap(marked_sources(self._templates, kept=self._kept))
        except OutOfTime as limit:
            self._give_up(limit)
        self._marked = self._render(self._scenarios, self._sources, self._needless)
        self._twins: dict[_Scenario, Pending[RenderOutput]] = {}
        if self._is_random:
            # Other objects call a named template that could make a secret, which few of them do.
            secrets = (
                scenario
                for scenario in self._scenarios
                for document in scenario.documents
                for manifest in objects.in_document(document)
                if manifest.kind == "Secret" and rendered.analysed.is_random(manifest)
            )
            self._start_twins(dict.fromkeys(secrets))

    def __exit__(self, *_: object) -> None:
        self._copies.close()

    def done(self) -> bool:
        """Whether helm has rendered with marks."""
        return all(pending.done() for pending in (*self._marked, *self._twins.values()))

    def run(self) -> SourceMaps:
        """Waits for helm. Returns the source map of each document for which it is certain; ``cut`` then says whether
        there was time for all."""
        templates = Templates(self._templates)
        marked = self._matched(self._scenarios, self._marked, templates)
        if self._needless:
            # A template that was left out may have been read by another one, or have changed values on its way.
            left = [scenario for scenario in self._scenarios if not scenario.is_complete]
            by_twin = [scenario for scenario in left if marked[scenario].ok and self._is_random]
            self._match_twins(by_twin, marked, templates)
            left = [scenario for scenario in left if not scenario.is_complete]
            marked.update(self._matched(left, self._render(left, self._sources), templates))
        again: list[_Scenario] = []
        random: list[_Scenario] = []
        for scenario in self._scenarios:
            if scenario.is_complete:
                continue
            output = marked[scenario]
            refused = {error.file for error in output.errors if error.file is not None} - scenario.faulty
            if refused:
                self.rejected |= refused
                again.append(scenario)
            elif output.ok and self._is_random:
                random.append(scenario)
        if again:
            sources = self._cheap(marked_sources(self._templates, self.rejected))
            self._matched(again, self._render(again, sources), templates)
        self._match_twins(random, marked, templates)
        return {key: found for scenario in self._scenarios for key, found in scenario.maps.items()}

    @cached_property
    def _is_random(self) -> bool:
        """Whether a template's output is random."""
        return any(self._kept.of(template.text, calls_random) for template in self._templates)

    def _matched(
        self, scenarios: Sequence[_Scenario], renders: Sequence[Pending[RenderOutput]], templates: Templates
    ) -> dict[_Scenario, RenderOutput]:
        """Matches each scenario with its render; returns the rendered documents."""
        outputs = {}
        for scenario, render in zip(scenarios, renders, strict=True):
            outputs[scenario] = render.result()
            self._match(scenario, outputs[scenario], templates)
        return outputs

    def _match(
        self, scenario: _Scenario, output: RenderOutput, templates: Templates, twin: RenderOutput | None = None
    ) -> None:
        if self.cut is None:
            try:
                with part_limit():
                    scenario.match(output, templates, twin)
            except OutOfTime as limit:
                self._give_up(limit)

    def _give_up(self, limit: OutOfTime) -> None:
        """Leaves the documents that have no source map yet without one."""
        self.cut = f"finding the template lines {limit}"
        for scenario in self._scenarios:
            scenario.documents.clear()

    def _match_twins(
        self, scenarios: Sequence[_Scenario], marked: Mapping[_Scenario, RenderOutput], templates: Templates
    ) -> None:
        """Pairs random documents by a second rendering without marks, which shows their random lines."""
        self._start_twins(scenario for scenario in scenarios if scenario not in self._twins)
        for scenario in scenarios:
            self._match(scenario, marked[scenario], templates, self._twins[scenario].result())

    def _start_twins(self, scenarios: Iterable[_Scenario]) -> None:
        """Starts to render scenarios without marks once more."""
        scenarios = list(scenarios)
        keys = {one.path: one.text for one in self._templates if self._keys[one.path]}
        self._twins.update(zip(scenarios, self._render(scenarios, self._cheap(keys)), strict=True))

    def _cheap(self, sources: Mapping[str, str]) -> dict[str, str]:
        """The templates without RSA keys, which are slow: no line depends on a key's text."""
        return {path: with_cheap_keys(text, self._keys[path]) for path, text in sources.items()}

    def _render(
        self, scenarios: Sequence[_Scenario], sources: Mapping[str, str], without: Collection[str] = ()
    ) -> list[Pending[RenderOutput]]:
        """Starts rendering the chart with these templates in place of its own, without some; with none, unchanged."""
        folder = self._chart.path
        if scenarios and sources:
            folder = self._copies.enter_context(edited_copy(self._chart, sources, without))
            self._copies.enter_context(self._engine.hold(folder))
        return [self._engine.render(folder, scenario.request) for scenario in scenarios]


class _Scenario:
    """A scenario with those of its documents that are to be located."""

    def __init__(self, result: ScenarioResult, chart_name: str) -> None:
        self.request = result.scenario.request
        self.documents: list[YamlDocument] = []
        self.maps: dict[tuple[str, str, str], SourceMap] = {}
        self.faulty = {error.file for error in result.errors}
        self._chart_name = chart_name
        self._texts: dict[str, dict[str, int]] = {}  # what was rendered without marks, by file, with its place there
        for manifest in result.rendering.manifests if result.rendering is not None else ():
            texts = self._texts.setdefault(manifest.template, {})
            texts.setdefault(manifest.view.document.text, len(texts))

    @property
    def is_complete(self) -> bool:
        """Whether each document has its source map."""
        return all(document.alike in self.maps for document in self.documents)

    def match(self, output: RenderOutput, templates: Templates, twin: RenderOutput | None = None) -> None:
        """Pairs each document with the marked one that has the same text, except the lines that differ in the twin."""
        marked = {file: _Marked(texts, templates) for file, texts in self._by_file(output).items()}
        twins = self._by_file(twin) if twin is not None else {}
        for document in self.documents:
            if document.alike in self.maps:
                continue
            ours, plain = marked.get(document.file), self._texts.get(document.file, {})
            if ours is None:
                continue
            index, found = plain.get(document.text), None
            if twin is None:
                found = ours.source_map(document.text, index or 0)
            elif index is not None and len(plain) == len(ours.texts) == len(others := twins.get(document.file, [])):
                found = source_map(document.text, ours.texts[index], templates, others[index])
            if found is not None:
                self.maps[document.alike] = found

    def _by_file(self, output: RenderOutput) -> dict[str, list[str]]:
        texts: dict[str, list[str]] = {}
        for text in output.documents:
            texts.setdefault(template_path(text.source, self._chart_name), []).append(text.text)
        return texts


class _Marked:
    """The marked documents of one file, in order."""

    def __init__(self, texts: Sequence[str], templates: Templates) -> None:
        self.texts = texts
        self._templates = templates

    def source_map(self, plain: str, likely: int) -> SourceMap | None:
        """The source map of a document, from the equal marked one: most likely the one at this index."""
        found = source_map(plain, self.texts[likely], self._templates) if likely < len(self.texts) else None
        if found is None and (same := self._by_text.get(trimmed(plain))) is not None:
            found = source_map(plain, same, self._templates)
        return found

    @cached_property
    def _by_text(self) -> dict[str, str]:
        """The first one of each text without marks."""
        return {unmarked(text, self._templates): text for text in reversed(self.texts)}


def _scenarios(documents: Iterable[YamlDocument], rendered: RenderedChart, objects: RenderedObjects) -> list[_Scenario]:
    """The scenarios that the documents come from, in order."""
    found: dict[str, _Scenario] = {}
    for document in documents:
        name = objects.scenario_of(document)
        result = rendered.result_of(name) if name is not None else None
        if name is not None and result is not None:
            if name not in found:
                found[name] = _Scenario(result, rendered.chart.name)
            found[name].documents.append(document)
    return list(found.values())


def marked_templates(analysed: AnalysedChart, files: set[str]) -> Iterator[TemplateFile]:
    """The templates to mark: those that made the documents, and every file with named templates.

    A folder in ``charts/`` counts with its named templates (library charts), a package only where it made a document;
    their paths are those in the top chart.
    """
    for template in analysed.templates:
        if template.path in files or template.defines:
            yield template
    packages = packages_of(analysed.chart) if any(file.startswith("charts/") for file in files) else ()
    asked = (one for one in packages if any(file.startswith(one[1]) for file in files))
    for chart, prefix in (*folders_below(analysed.chart, ""), *asked):
        for path, text in chart.files.items():
            if path.startswith("templates/") and (prefix + path in files or "define" in text):
                yield analysed.parsed(prefix + path, text)


def _needless(analysed: AnalysedChart, files: set[str]) -> frozenset[str]:
    """The chart's own templates that made none of the documents and that no other one calls.

    Only helm knows which of them change values while rendering, or are read under a computed name: what is rendered
    without them counts only if the text is the same.
    """
    if not files:
        return frozenset()
    others = [
        template.path
        for template in analysed.templates
        if template.path not in files and not template.defines and template.path.endswith((".yaml", ".yml"))
    ]
    read = [text for path, text in analysed.chart.files.items() if path.startswith("templates/") and "BasePath" in text]
    return frozenset(path for path in others if not any(path.rpartition("/")[2] in text for text in read))
