"""The thing at a place of a chart, who reads it and what it renders to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from helm_constitution.check.pipeline import Examined
from helm_constitution.core.confidential import withheld
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.secret_lines import line_without_secrets, lines_without_secrets
from helm_constitution.core.secret_texts import without_secrets
from helm_constitution.helm.protocol import HelmEngine
from helm_constitution.locate.marked_render import MarkedRender
from helm_constitution.render.results import RenderedObjects
from helm_constitution.render.secret_values import hiding
from helm_constitution.report.markdown_text import block, code, prose
from helm_constitution.report.words import as_yaml
from helm_constitution.server.notes import Place
from helm_constitution.templates.uses import Printed
from helm_constitution.text.yaml_document import Span, View, YamlDocument, dotted

VALUES = "values.yaml"
_SCHEMA = "values.schema.json"
_SHOWN = 12
"""So many places or lines are shown before the rest is counted."""
_COMMENT = 2_000
"""Characters of a value's comment that are shown."""
_NAMED = LazyPattern(r"""\b(include|template|define|block)\s+(["`])(?P<name>[^"`\n]+)\2""")


class Thing(NamedTuple):
    """The thing at a place: a value by its path, or a named template by its name; at most one of them."""

    value: tuple[str, ...] = ()
    template: str = ""


class Lookup:
    """Answers questions about a chart as its last check saw it.

    Args:
        examined: that check.
        chart: the chart's folder, an absolute path.
        engine: renders with marks, to match template lines with rendered lines.
    """

    def __init__(self, examined: Examined, chart: Path, engine: HelmEngine) -> None:
        self._rendered = examined.rendered
        self._analysed = examined.rendered.analysed
        self._files = examined.rendered.chart.files
        self._chart = chart
        self._engine = engine

    def thing(self, file: str, line: int, column: int) -> Thing:
        """The thing at a place; line and column count from 1, in code points."""
        if file == VALUES:
            return Thing(value=self._key_at(line, column))
        if file == _SCHEMA:
            return Thing(value=self._property_at(line, column))
        text = self._line(file, line)
        for found in re.finditer(_NAMED.pattern, text):
            if found.start() <= column - 1 <= found.end():
                return Thing(template=found["name"])
        reads = [
            read
            for read in self._analysed.uses.reads
            if read.file == file and _holds(read.span, line, column) and read.path
        ]
        # The narrowest expression is the one that is meant; of one expression the longest path.
        reads.sort(key=lambda read: (_size(read.span), -len(read.path)))
        return Thing(value=_keys(reads[0].path)) if reads else Thing()

    def definitions(self, thing: Thing) -> list[Place]:
        """Where a value is set by default and described by the schema, or where a named template is defined."""
        if thing.template:
            return [
                self._place(template.path, template.span(define))
                for template in self._analysed.templates
                for name, define in template.defines.items()
                if name == thing.template
            ]
        found = []
        values = self._rendered.chart.values
        if values is not None:
            for length in range(len(thing.value), 0, -1):
                if (span := values.document.key_span(thing.value[:length])) is not None:
                    found.append(self._place(VALUES, span))
                    break
        schema = self._rendered.chart.schema_document
        if schema is not None and thing.value:
            path = tuple(step for key in thing.value for step in ("properties", key))
            if (span := schema.key_span(path)) is not None:
                found.append(self._place(_SCHEMA, span))
        return found

    def references(self, thing: Thing) -> list[Place]:
        """The places that read a value, something below or above it; or that call a named template."""
        if thing.template:
            return list(self._calls(thing.template))
        if not thing.value:
            return []
        size = len(thing.value)
        found = {
            self._place(read.file, read.span): None
            for read in self._analysed.uses.reads
            if read.path and _keys(read.path)[:size] == thing.value[: len(read.path)]
        }
        return sorted(found)

    def hover(self, file: str, line: int, column: int) -> str:
        """What is known about a place, as Markdown; empty if nothing is."""
        thing = self.thing(file, line, column)
        parts: list[str] = []
        if thing.value:
            parts.append(self._of_value(thing))
            if file == VALUES:
                lines = {(one.template.path, one.template.span(one.action).line) for one in self._printed(thing)}
                parts.append(self._rendered_lines(lines))
        elif thing.template:
            calls = len(self.references(thing))
            parts.append(f"Named template {code(thing.template)}, called {_times(calls)}")
        if file.startswith("templates/"):
            parts.append(self._deciding(file, line))
            parts.append(self._rendered_lines({(file, line)}))
        return "\n\n".join(part for part in parts if part)

    def _of_value(self, thing: Thing) -> str:
        values = self._rendered.chart.values
        key = values.by_path.get(thing.value) if values is not None else None
        lines = [f"**{code(dotted(thing.value))}**"]
        if key is not None:
            if key.comment is not None:
                lines.append(prose(without_secrets(key.comment.text), _COMMENT))
            shown = as_yaml({thing.value[-1]: withheld(key.value, thing.value)}) if _is_map(key.value) else ""
            default = withheld(key.value, thing.value)
            lines.append(block(shown.splitlines()) if shown else f"Default: {code(str(default))}")
        else:
            lines.append("No default in values.yaml")
        places = self.references(thing)
        named = [f"{os.path.relpath(place.path, self._chart)}:{place.line}" for place in places]
        lines.append(f"Read at {_some(named)}" if named else "No template reads it")
        return "\n\n".join(lines)

    def _deciding(self, file: str, line: int) -> str:
        """The values that a template line prints, and those that the conditions around it read."""
        template = next((one for one in self._analysed.templates if one.path == file), None)
        if template is None:
            return ""
        uses = self._analysed.uses
        printed = [
            _keys(one.path)
            for one in uses.printed
            if one.template is template and _is_on(template.span(one.action), line)
        ]
        heads = [
            branch
            for control, _ in template.controls
            if _is_on(template.span(control), line)
            for branch in control.branches
            if template.position(branch.start)[0] <= line
        ]
        reads = [read for read in uses.reads if read.template is template]
        decided = {
            (_keys(read.path), template.position(head.start)[0]): None
            for head in heads
            for read in reads
            if head.start <= read.node.start < head.end
        }
        shown = [dotted(path) for path in dict.fromkeys(printed) if path]
        lines = [f"Prints {_some(shown)}"] if shown else []
        if conditions := [f"{code(dotted(path))} (line {row})" for path, row in decided if path]:
            lines.append(f"Depends on {', '.join(conditions)}")
        return "\n\n".join(lines)

    def _printed(self, thing: Thing) -> Iterator[Printed]:
        size = len(thing.value)
        return (one for one in self._analysed.uses.printed if _keys(one.path)[:size] == thing.value)

    def _rendered_lines(self, lines: set[tuple[str, int]]) -> str:
        """What template lines render to, by scenario and object; also for lines of named templates."""
        documents: dict[tuple[str, str, str], tuple[YamlDocument, list[str]]] = {}
        for result in self._rendered.results:
            for manifest in result.rendering.manifests if result.rendering is not None else ():
                document = manifest.view.document
                scenarios = documents.setdefault(document.alike, (document, []))[1]
                scenarios.append(result.scenario.name)
        wanted = {file for file, _ in lines}
        partial = any(os.path.basename(file).startswith("_") for file in wanted)
        some = [one for one, _ in documents.values() if partial or one.file in wanted]
        if not some or not lines:
            return ""
        with MarkedRender(some, self._rendered, RenderedObjects(self._rendered.results), self._engine) as render:
            maps = render.run()
        shown: list[str] = []
        hide = hiding(self._rendered.chart, *{result.scenario.request: None for result in self._rendered.results})
        for key, found in maps.items():
            document, scenarios = documents[key]
            text = [
                hide(line_without_secrets(content))
                for number, content in enumerate(lines_without_secrets(document.text), 1)
                if (origin := found.origin(number)) is not None and (origin.file, origin.line) in lines
            ]
            if text:
                kind, name = (document.view.get(*path).string() or "" for path in (("kind",), ("metadata", "name")))
                shown += [f"# {kind} {name} ({', '.join(dict.fromkeys(scenarios))})", *text[:_SHOWN]]
        return f"Renders to\n\n{block(shown[: 3 * _SHOWN])}" if shown else ""

    def _calls(self, name: str) -> Iterator[Place]:
        for file, text in self._files.items():
            if not file.startswith("templates/"):
                continue
            for number, line in enumerate(text.split("\n"), 1):
                for found in re.finditer(_NAMED.pattern, line):
                    if found["name"] == name and found[1] in ("include", "template"):
                        yield self._place(file, Span(number, found.start() + 1, number, found.end() + 1))

    def _key_at(self, line: int, column: int) -> tuple[str, ...]:
        """The key whose line this is; of several on it, the one that begins last before the column."""
        values = self._rendered.chart.values
        keys = [key for key in values.keys() if key.span.line == line] if values is not None else []  # noqa: SIM118
        before = [key for key in keys if key.span.column <= column] or keys
        return _keys(max(before, key=lambda key: key.span.column).path) if before else ()

    def _property_at(self, line: int, column: int) -> tuple[str, ...]:
        """The value that the schema describes at a place: the innermost property around it."""
        document = self._rendered.chart.schema_document
        if document is None:
            return ()
        path: tuple[str, ...] = ()
        view = document.view
        while True:
            inside = [name for name, part in view.get("properties").entries() if _is_around(part, line, column)]
            if not inside:
                return path
            path, view = (*path, inside[0]), view.get("properties", inside[0])

    def _line(self, file: str, line: int) -> str:
        lines = self._files.get(file, "").split("\n")
        return lines[line - 1] if 1 <= line <= len(lines) else ""

    def _place(self, file: str, span: Span) -> Place:
        return Place(str(self._chart.joinpath(*file.split("/"))), *span)


def _keys(path: Iterable[object]) -> tuple[str, ...]:
    """The beginning of a path whose keys are written in the text."""
    found = []
    for step in path:
        if not isinstance(step, str):
            break
        found.append(step)
    return tuple(found)


def _holds(span: Span, line: int, column: int) -> bool:
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)


def _is_on(span: Span, line: int) -> bool:
    return span.line <= line <= span.end_line


def _is_around(part: View, line: int, column: int) -> bool:
    """Whether a place is in a map's entry: in its key or its value."""
    key, value = part.document.key_span(part.path), part.document.value_span(part.path)
    if key is None or value is None:
        return False
    return (key.line, key.column) <= (line, column) <= (value.end_line, value.end_column)


def _size(span: Span) -> tuple[int, int]:
    return span.end_line - span.line, span.end_column - span.column


def _is_map(value: object) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(map(code, names[:_SHOWN])) + (f" and {more} more" if more > 0 else "")
