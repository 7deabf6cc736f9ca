"""Are the named lines the right ones? The line that is named for a field is edited, and the field must change.

``python -m tests.edits [--fields N] [--seed S] CHART…`` judges charts: counts how many fields of their rendered objects
have a line, edits the lines of so many fields each (0: of all), and lists those that did not change. Nothing here knows
how the program finds the lines.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from helm_constitution.chart.loader import load_chart
from helm_constitution.core.errors import ConstitutionError, YamlSyntaxError
from helm_constitution.core.model import Base, Location, Precision
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import HelmEngine, Limits, RenderRequest
from helm_constitution.kubernetes.manifests import Rendering
from helm_constitution.locate.marked_render import MarkedRender
from helm_constitution.locate.resolve import key_on_line
from helm_constitution.locate.value_origins import ValueOrigins
from helm_constitution.render.conclude import conclude
from helm_constitution.render.results import RenderedChart, RenderedObjects
from helm_constitution.render.scenarios import Scenario
from helm_constitution.templates.analysis import AnalysedChart
from helm_constitution.text.yaml import load_documents
from helm_constitution.text.yaml_document import View, dotted

_ACTION = re.compile(r"\{\{-?[^{}]*-?\}\}")


@dataclass
class Places:
    """How many fields of a chart's objects have a line, and what came of editing some of them."""

    documents: int = 0
    located: int = 0
    fields: int = 0
    exact: int = 0
    by_values: int = 0
    confirmed: int = 0
    inconclusive: int = 0
    refuted: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.documents} documents, {self.located} with lines; {self.fields} fields, {self.exact} with a line,"
            f" {self.by_values} placed in values; edited: {self.confirmed} changed, {len(self.refuted)} did not,"
            f" {self.inconclusive} could not be rendered"
        )


class Editor:
    """Edits lines in a copy of a chart and renders it again.

    Args:
        chart: the chart's folder.
        folder: an empty folder for the copy.
        engine: renders.
    """

    def __init__(self, chart: Path, folder: Path, engine: HelmEngine) -> None:
        self.copy = folder / chart.name
        shutil.copytree(chart, self.copy, symlinks=True)
        self.engine = engine
        self.request = RenderRequest()
        loaded = load_chart(self.copy)
        output = engine.render(self.copy, self.request).result()
        result = conclude(Scenario("defaults", self.request), output, loaded.name)
        self.chart = RenderedChart(AnalysedChart(loaded), (result,))
        self.rendering: Rendering | None = result.rendering
        self.before = self._documents()

    def judge(self, fields: int, seed: int) -> Places:
        """Places every field, and edits the lines of so many (0: of all)."""
        places = Places()
        if self.rendering is None:
            return places
        own = [manifest for manifest in self.rendering.manifests if manifest.dependency is None]
        documents = dict.fromkeys(manifest.view.document for manifest in own)
        objects = RenderedObjects(self.chart.results)
        with MarkedRender(documents, self.chart, objects, self.engine) as marked:
            sources = marked.run()
        places.documents = len(documents)
        places.located = sum(document.alike in sources for document in documents)
        origins = ValueOrigins(self.chart, objects, sources)
        placed: list[tuple[View, Location]] = []
        for manifest in own:
            for view in manifest.view.walk():
                if view.path == manifest.view.path:
                    continue
                places.fields += 1
                location = origins.place(view)
                if location.precision is not Precision.EXACT:
                    continue
                places.exact += 1
                placed.append((view, location))
                decided = origins.of(view, location, "defaults")
                if len(decided) == 1 and decided[0].alone:
                    places.by_values += 1
                    if decided[0].location.precision is Precision.EXACT:
                        placed.append((view, decided[0].location))
        chosen = placed if not fields else random.Random(seed).sample(placed, min(fields, len(placed)))
        for view, location in chosen:
            self._edit(view, location, places)
        return places

    def _edit(self, view: View, location: Location, places: Places) -> None:
        assert location.file is not None
        file = self.copy / location.file
        if location.base is not Base.CHART or location.line is None or not file.is_file():
            return
        healthy = file.read_bytes().decode()
        lines = healthy.split("\n")
        changed = _edited(lines[location.line - 1], location, view)
        file.write_bytes("\n".join([*lines[: location.line - 1], changed, *lines[location.line :]]).encode())
        try:
            after = self._documents()
        except ConstitutionError:
            after = None
        finally:
            file.write_bytes(healthy.encode())
        if after is None or changed == lines[location.line - 1]:
            places.inconclusive += 1
        elif self._value(after, view) == self._value(self.before, view):
            words = f"{location.file}:{location.line}: {lines[location.line - 1].strip()}"
            places.refuted.append(f"{view.document.file} {dotted(view.path)}: {words}")
        else:
            places.confirmed += 1

    def _value(self, documents: dict[str, list[object]] | None, view: View) -> object:
        """What stands at a field's path in the same object."""
        after = (documents or {}).get(view.document.file, [])
        same = [one for one in after if _identity(one) == _identity(view.document.data)]
        if not same and len(after) == 1:  # it has a random name, or was given another
            same = after
        data: object = same[0] if same else None
        for step in view.path:
            if isinstance(data, dict) and step in data:
                data = data[str(step)]
            elif isinstance(data, list) and isinstance(step, int) and step < len(data):
                data = data[step]
            else:
                return None
        return ("there", data)

    def _documents(self) -> dict[str, list[object]] | None:
        """The data of all documents by their template; None where the chart doesn't render."""
        output = self.engine.render(self.copy, self.request).result()
        if not output.ok:
            return None
        found: dict[str, list[object]] = {}
        try:
            for text in output.documents:
                file = text.source.partition("/")[2]
                found.setdefault(file, []).extend(one.data for one in load_documents(text.text, file))
        except YamlSyntaxError:
            return None
        return found


def _identity(data: object) -> object:
    """What an object is called; a list of objects is known by its first."""
    if isinstance(data, dict) and isinstance(data.get("items"), list) and data["items"]:
        return _identity(data["items"][0])
    metadata = data.get("metadata") if isinstance(data, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return (data.get("kind"), name) if isinstance(data, dict) else None


def _edited(line: str, location: Location, view: View) -> str:
    """The line with another key, another value, or without what it prints: whatever makes the field another."""
    assert location.column is not None
    start = location.column - 1
    key = key_on_line(view.document, view.path)
    if key is not None and line[start:].lstrip("\"'").startswith(key):
        quote = line[start] if line[start] in "\"'" else ""
        if location.file is not None and not location.file.endswith("values.yaml"):
            return line[: start + len(quote)] + "edited-" + line[start + len(quote) :]
    if isinstance(view.data, str) and len(view.data) > 2 and line.count(view.data) == 1 and key is None:
        return line.replace(view.data, "edited")
    head, colon, _ = line.partition(": ")
    if colon and "{{" not in head:
        return f"{head}: {_other(view.data)}"
    if re.match(r" *- ", line) and "{{" not in line:
        return f"{line[: len(line) - len(line.lstrip(' -'))]}{_other(view.data)}"
    bare = _ACTION.sub("", line)
    return bare if bare != line else ""


def _other(data: object) -> str:
    """Another value of the same type, as YAML."""
    if isinstance(data, bool):
        return str(not data).lower()
    if isinstance(data, int | float):
        return str(data + 1)
    if isinstance(data, dict):
        return "{edited: value}"
    if isinstance(data, list):
        return "[edited]"
    return '"edited"'


def main(arguments: Sequence[str] | None = None) -> int:
    """Judges the charts of the command line. Exit status 1 where a line was wrong."""
    parser = argparse.ArgumentParser(prog="tests.edits", description="Edits the lines named for fields.")
    parser.add_argument("charts", nargs="+", type=Path)
    parser.add_argument("--fields", type=int, default=60, help="fields to edit in each chart, 0 for all (60)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    engine = choose_engine("embedded", Limits())
    total: Counter[str] = Counter()
    try:
        for line in _judged(options.charts, engine, options.fields, options.seed, total):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    finally:
        engine.close()
    sys.stdout.write(", ".join(f"{count} {name}" for name, count in total.items()) + "\n")
    return 1 if total["refuted"] else 0


def _judged(charts: Sequence[Path], engine: HelmEngine, fields: int, seed: int, total: Counter[str]) -> Iterator[str]:
    for chart in charts:
        with tempfile.TemporaryDirectory() as folder:
            try:
                places = Editor(chart, Path(folder), engine).judge(fields, seed)
            except ConstitutionError as error:
                yield f"{chart.name}: {error}"
                continue
        total["charts"] += places.documents > 0
        for name in ("documents", "located", "fields", "exact", "by_values", "confirmed", "inconclusive"):
            total[name] += getattr(places, name)
        total["refuted"] += len(places.refuted)
        yield f"{chart.name}: {places}"
        for words in places.refuted:
            yield f"    {words}"


if __name__ == "__main__":
    sys.exit(main())
