"""Finds out which template lines made the rendered documents that findings are about, by a marked render."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.marks import Templates, line_map, marked_sources
from helm_constitution.templates import TemplateFile, parse_template

if TYPE_CHECKING:
    from helm_constitution.chart import Chart
    from helm_constitution.helm.protocol import HelmEngine, RenderOutput
    from helm_constitution.scenarios import Scenario, ScenarioResult
    from helm_constitution.subject import Facts
    from helm_constitution.yamltree import YamlDocument

TRIES = 2
"""Marked renders of one scenario: a template that helm rejects with its marks is left alone the second time."""


def trace(documents: Iterable[YamlDocument], facts: Facts, engine: HelmEngine) -> None:
    """Gives each document its ``lines``; where that isn't certain the document keeps none.

    One more render for each scenario that a document comes from, two where helm rejects a marked template.
    """
    wanted: dict[str, list[YamlDocument]] = {}
    for document in documents:
        if document.manifests:
            wanted.setdefault(document.manifests[0].scenario, []).append(document)
    if not wanted:
        return
    results = {result.scenario.name: result for result in facts.results}
    files = {document.file for group in wanted.values() for document in group}
    sources = list(_sources(facts, files))
    skip: set[str] = set()
    for _ in range(TRIES):
        pending = {name: results[name] for name in wanted}
        rejected = _render(pending, wanted, sources, skip, facts.chart, engine)
        if not rejected - skip:
            return
        skip |= rejected


def _sources(facts: Facts, files: set[str]) -> Iterator[TemplateFile]:
    """The templates to mark: those that made the documents, and every file with named templates.

    A folder in ``charts/`` counts with its named templates (library charts); its paths are those in the top chart.
    """
    for template in facts.templates:
        if template.path in files or template.defines:
            yield template
    for chart, prefix in _folders(facts.chart, ""):
        for path, text in chart.files.items():
            if path.startswith("templates/") and (prefix + path in files or path.endswith(".tpl")):
                yield parse_template(prefix + path, text)


def _folders(chart: Chart, prefix: str) -> Iterator[tuple[Chart, str]]:
    for subchart in chart.subcharts.values():
        if subchart.path.is_dir():
            inner = f"{prefix}charts/{subchart.path.name}/"
            yield subchart, inner
            yield from _folders(subchart, inner)


def _render(
    pending: Mapping[str, ScenarioResult],
    wanted: Mapping[str, Sequence[YamlDocument]],
    sources: Sequence[TemplateFile],
    skip: set[str],
    chart: Chart,
    engine: HelmEngine,
) -> set[str]:
    """Renders the marked chart for each scenario; returns the templates that helm rejected with their marks."""
    rejected: set[str] = set()
    templates = Templates(sources)
    with tempfile.TemporaryDirectory(prefix="helm-constitution-") as scratch:
        copy = Path(scratch) / chart.path.resolve().name
        _copy(chart, copy, marked_sources(sources, skip))
        renders = {name: engine.render(copy, result.scenario.request) for name, result in pending.items()}
        for name, render in renders.items():
            output = render.result()
            if not output.ok:
                rejected |= {error.file for error in output.errors if error.file is not None}
            _match(wanted[name], output, chart.name, templates, pending[name].scenario)
    return rejected


def _match(
    documents: Sequence[YamlDocument],
    output: RenderOutput,
    chart_name: str,
    templates: Templates,
    scenario: Scenario,
) -> None:
    """Pairs each document with the marked one that has the same text."""
    from helm_constitution.manifests import template_path

    by_file: dict[str, list[str]] = {}
    for text in output.documents:
        by_file.setdefault(template_path(text.source, chart_name)[0], []).append(text.text)
    for document in documents:
        for marked in by_file.get(document.file, ()):
            document.lines = line_map(document.text, marked, templates)
            if document.lines is not None:
                break


def _copy(chart: Chart, folder: Path, sources: Mapping[str, str]) -> None:
    """A copy of the chart that helm can render: its files, marked where they are; the rest of ``charts/`` by links."""
    texts = dict(chart.files)
    for subchart, prefix in _folders(chart, ""):
        if any(path.startswith(prefix) for path in sources):
            texts.update((prefix + path, text) for path, text in subchart.files.items())
    texts.update(sources)
    made: set[str] = set()
    for path, text in texts.items():
        place = os.path.join(folder, *path.split("/"))
        parent = os.path.dirname(place)
        if parent not in made:
            os.makedirs(parent, exist_ok=True)
            made.add(parent)
        with open(place, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    for path in chart.undecodable:
        _link(chart.path / path, folder / path)
    dependencies = chart.path / "charts"
    if dependencies.is_dir():
        for entry in os.scandir(dependencies):
            _link(Path(entry.path), folder / "charts" / entry.name)


def _link(source: Path, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(source.resolve())
