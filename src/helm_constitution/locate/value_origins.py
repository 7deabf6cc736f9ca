"""Which values set a rendered field: those that the action on its template line prints, found in the values files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from helm_constitution.core.model import Location, Precision
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.locate.in_block import lines_of_block
from helm_constitution.locate.resolve import in_line, key_column, key_on_line, locate, nearest
from helm_constitution.locate.source_map import Origin, SourceMaps
from helm_constitution.locate.template_keys import is_of_other_item, keys_above
from helm_constitution.locate.value_matching import (
    Value,
    alternatives,
    descend,
    documents_in,
    is_above,
    matching_part,
    part_of_object,
    value_by_name,
)
from helm_constitution.templates.abstract import ANYTHING
from helm_constitution.text.yaml_document import Path, RenderedLine, Span, View, YamlDocument, dotted

if TYPE_CHECKING:
    from helm_constitution.render.results import RenderedChart, RenderedObjects
    from helm_constitution.templates import TemplateFile
    from helm_constitution.templates.nodes import Define, Node
    from helm_constitution.templates.uses import Printed, PrintedDefine
    from helm_constitution.text.place import Place

MOST = 3
"""Values named for one finding; a line that reads more is a computation, and no one of them decides it."""


class ValueOrigin(NamedTuple):
    """A value that sets a rendered field.

    ``alone``: the field is this value, unchanged, or a part of it: that is the place to fix. ``path`` is the value's
    dotted path; ``text`` the value, if it is a text.
    """

    location: Location
    path: str
    alone: bool
    text: str = ""


class _Sought(NamedTuple):
    """The part of a rendered object to find; not ``exact`` if it is the parent of a missing one."""

    view: View
    exact: bool


class ValueOrigins:
    """Finds the lines and values that made the fields of one chart's renderings.

    Args:
        rendered: the chart.
        objects: the objects of its renderings.
        sources: the template lines of rendered documents, as far as known.
    """

    def __init__(self, rendered: RenderedChart, objects: RenderedObjects, sources: SourceMaps) -> None:
        self._rendered = rendered
        self._objects = objects
        self._sources = sources
        self._lines: dict[str, Mapping[tuple[str, int], Sequence[Printed]]] = {}
        self._defines: dict[tuple[str, int], list[PrintedDefine]] | None = None
        self._numbers: dict[str, dict[str, list[int]]] = {}
        self._texts: dict[tuple[str, Path], list[View]] = {}

    def place(self, place: Place | None) -> Location:
        """The location of a place: for a line that prints a named template's output, the line in that template.

        The marks show it, except in a named template whose text is used elsewhere, or parsed and printed as
        data: there the key is searched for, and only the file is named if the key occurs more than once.
        """
        location = locate(place, self._sources)
        if isinstance(place, RenderedLine) and location.line is None:
            return self._same_line(place, location)
        if not isinstance(place, View) or location.file is None or location.line is None:
            return location
        lines = self._sources.get(place.document.alike)
        if lines is None:
            return location
        path, _ = nearest(place)
        key = key_on_line(place.document, path)
        source = lines.source(Origin(location.file, location.line))
        if key is None or key_column(source, key) is not None or (path[-1:] != (key,) and source.lstrip()[:1] == "-"):
            return location
        keys = [step for step in (*path, *(() if path[-1:] == (key,) else (key,))) if isinstance(step, str)]
        candidates = 0
        found: dict[Location, None] = {}
        for template, define in self._printed_defines(location.file, location.line):
            first = template.span(define).line
            text = template.source(define).split("\n")
            for index, line in enumerate(text):
                column = key_column(line, key)
                if column is not None:
                    candidates += 1
                    above = keys_above(text, index)
                    is_other = is_of_other_item(text, index, place.document, path)
                    if keys[len(keys) - len(above) - 1 : -1] == above and not is_other:
                        part = in_line(location.base, template.path, first + index, line, column, location.precision)
                        found[part] = None
        if len(found) == 1:
            return next(iter(found))
        return Location(location.base, location.file, precision=Precision.FILE) if candidates else location

    def of(self, view: View, location: Location, scenario: str, part: str | None = None) -> list[ValueOrigin]:
        """The values behind a field of a rendered object; none if that isn't certain.

        Args:
            view: the field.
            location: its template line; the file alone if the line is unknown.
            scenario: the rendered scenario.
            part: the wrong part of the field's text; a value that contains it is the one to fix.
        """
        if location.file is None:
            return []
        path, span = nearest(view)
        sought = _Sought(view.document.view.get(*path), path == view.path)
        layers = self._rendered.values_of(scenario)
        if location.line is None and view.document.file.startswith("charts/"):
            return []
        if location.line is None:
            return self._whole(sought, layers, location.file) or self._item(sought, layers, location.file)
        found = self._deciding(sought, layers, self.on_line(location.file, location.line, view.document))
        if not found and isinstance(sought.view.data, dict | list) and span is not None:
            found = self._deciding(sought, layers, self._below(sought.view, span))
            if sought.exact:
                found = [decider for decider in found if decider.alone]  # others decide the first item alone
        if not found and part is not None:
            found = self._deciding(sought, layers, self._in_block(location.file, location.line, view.document))
        alone = [decider for decider in found if decider.alone]
        if not path:
            found = alone  # of a whole object the line says no more than its apiVersion
        if not found and not sought.exact:
            found = self._leaving_out(view.path[len(path)], path, layers, location, view.document)
        if not alone and part is not None:
            alone = [decider._replace(alone=True) for decider in found if part in decider.text]
        if len(alone) == 1:
            return alone
        return [decider._replace(alone=False) for decider in found] if len(found) <= MOST else []

    def _deciding(
        self, sought: _Sought, layers: Sequence[YamlDocument], printed: Iterable[Printed]
    ) -> list[ValueOrigin]:
        """The values in the output of a line, each with the part that may have become the field."""
        found: dict[Location, ValueOrigin] = {}
        for values in alternatives(layers, printed):
            for value in values if len(values) == 1 else self._choose(sought, values):
                decider = self._decider(sought, value)
                if decider is not None:
                    found[decider.location] = decider
        return list(found.values())

    def _decider(self, sought: _Sought, value: Value) -> ValueOrigin | None:
        view, name = value.view, dotted(value.path)
        if view is None:
            return None
        part = self._part(sought, view)
        if part is not None:
            # A map that is printed whole under a key of the template: that key is the parent of what is missing in it.
            alone = sought.exact or part.path != view.path or part.document is not view.document
            return ValueOrigin(_place(sought, part) if alone else locate(part), name, alone)
        if sought.exact != isinstance(view.data, dict | list):
            return ValueOrigin(locate(view), name, alone=False, text=_printed_text(view))
        return None

    def _part(self, sought: _Sought, value: View) -> View | None:
        """The part of a printed value that became the field: an equal part, at the same end of their paths."""
        for view in (value, *self._in_text(value)):
            part = matching_part(view, sought.view, in_text=view is not value)
            if part is not None:
                return part
        return None

    def _choose(self, sought: _Sought, values: Sequence[Value]) -> Sequence[Value]:
        """Of values that a line prints one after the other, the one that made the field; none if that isn't certain."""
        whole = [value for value in values if value.view is not None and is_above(value.view, sought.view)]
        if len(whole) == 1:
            return whole
        named = value_by_name(sought.view, values)
        if named is not None:
            return [named]
        if any(value.view is None for value in values):
            return []  # a default may have been printed instead
        same = [value for value in values if value.view is not None and self._part(sought, value.view) is not None]
        return same if len(same) == 1 else []

    def _whole(self, sought: _Sought, layers: Sequence[YamlDocument], file: str) -> list[ValueOrigin]:
        """The value that became the whole object, whichever line of its template prints it."""
        found: dict[Location, ValueOrigin] = {}
        printed = (one for one in self._rendered.analysed.uses.printed if one.template.path == file)
        for values in alternatives(layers, printed):
            for value in values:
                if value.view is not None:
                    for view in (value.view, *self._in_text(value.view)):
                        part = part_of_object(view, sought.view, self._objects, in_text=view is not value.view)
                        if part is not None:
                            place = _place(sought, part)
                            found[place] = ValueOrigin(place, dotted(value.path), alone=True)
        return list(found.values()) if len(found) == 1 else []

    def _item(self, sought: _Sought, layers: Sequence[YamlDocument], file: str) -> list[ValueOrigin]:
        """The only item of a printed list that matches the field's item, whichever line prints it."""
        start = next(
            (index for index, step in reversed(list(enumerate(sought.view.path))) if isinstance(step, int)), None
        )
        if start is None or not sought.view.document.view.get(*sought.view.path[: start + 1]).is_map:
            return []
        found: dict[Location, ValueOrigin] = {}
        printed = (
            one for one in self._rendered.analysed.uses.printed if one.template.path == file or one.template.is_partial
        )
        for values in alternatives(layers, printed):
            for value in values:
                if value.view is not None and value.view.is_list:
                    part = descend(value.view, sought.view, start, in_text=False)
                    if part is not None:
                        found[_place(sought, part)] = ValueOrigin(_place(sought, part), dotted(value.path), alone=True)
        return list(found.values()) if len(found) == 1 else []

    # --- the templates ---

    def _same_line(self, place: RenderedLine, location: Location) -> Location:
        """The only line of the template that matches the rendered line."""
        file, lines = place.document.file, self._rendered.chart.lines(place.document.file)
        known = self._numbers.get(file)
        if known is None:
            known = self._numbers[file] = {}
            for number, line in enumerate(lines, 1):
                known.setdefault(line.strip(), []).append(number)
        text = "".join(place.document.lines[place.line - 1 : place.line]).strip()
        same = known.get(text, [])
        if len(same) != 1 or not text:
            return location
        return in_line(location.base, file, same[0], lines[same[0] - 1], None, Precision.EXACT)

    def _printed_defines(self, file: str, line: int) -> Iterator[tuple[TemplateFile, Define]]:
        """The named templates whose output a line prints, and those that they print."""
        if self._defines is None:
            self._defines = {}
            for printed in self._rendered.analysed.uses.printed_defines:
                for number in _lines_of(printed.template, printed.action):
                    self._defines.setdefault((printed.template.path, number), []).append(printed)
        pending = [(file, line)]
        seen: set[Define] = set()
        while pending:
            for printed in self._defines.get(pending.pop(), ()):
                if printed.define not in seen:
                    seen.add(printed.define)
                    yield printed.origin, printed.define
                    pending.extend(
                        (printed.origin.path, number) for number in _lines_of(printed.origin, printed.define)
                    )

    def line_that_prints(self, view: View, location: Location, scenario: str, part: str) -> Location:
        """The line of a block scalar that prints a part of its text, if exactly one value does; else the location."""
        if location.file is None or location.line is None:
            return location
        path, _ = nearest(view)
        sought, layers = _Sought(view.document.view.get(*path), path == view.path), self._rendered.values_of(scenario)
        text = self._rendered.chart.lines(location.file)
        found = []
        for number in lines_of_block(location.line, lambda number: text[number - 1] if number <= len(text) else None):
            printed = self.on_line(location.file, number, view.document)
            if any(part in one.text for one in self._deciding(sought, layers, printed)):
                found.append(number)
        if len(found) != 1:
            return location
        return in_line(location.base, location.file, found[0], text[found[0] - 1], None, Precision.EXACT)

    def _in_block(self, file: str, line: int, document: YamlDocument) -> Iterator[Printed]:
        """The values that the lines of a block scalar print."""
        text = self._rendered.chart.lines(file)
        for number in lines_of_block(line, lambda number: text[number - 1] if number <= len(text) else None):
            yield from self.on_line(file, number, document)

    def on_line(self, file: str, line: int, document: YamlDocument) -> Sequence[Printed]:
        """The values that a template line prints into a document, by their paths in the chart's values."""
        owner = document.file.rpartition("/templates/")[0]  # of an alias, each has its own values
        known = self._lines.get(owner)
        if known is None:
            known = self._lines[owner] = self._printed(document.file)
        return known.get((file, line), ())

    def _printed(self, file: str) -> Mapping[tuple[str, int], Sequence[Printed]]:
        """The values that the templates of a rendered file's chart or dependency print, by the template's path in the
        chart and the line."""
        analysed = self._rendered.analysed
        found = analysed.vendored(file)
        if found is None:
            return analysed.uses.printed_on_lines
        dependency = found[0]

        def given(printed: Printed) -> Printed:
            is_global = printed.path[:1] == ("global",)
            return printed if is_global else printed._replace(path=(*dependency.values, *printed.path))

        lines = analysed.analysed_dependency(dependency).uses.printed_on_lines
        return {(dependency.folder + path, line): list(map(given, some)) for (path, line), some in lines.items()}

    def _below(self, field: View, span: Span) -> Iterator[Printed]:
        """The values that the line below a map's or list's key prints: all of it (if empty, say), or its first item."""
        document = field.document
        first = next(iter([*(part for _, part in field.entries()), *field.items()]), None)
        below = document.key_span(first.path) if first is not None else document.value_span(field.path)
        lines = self._sources.get(document.alike)
        if lines is None or below is None or below.line == span.line:
            return
        origin = lines.origin(below.line)
        if origin is not None:
            for printed in self.on_line(origin.file, origin.line, document):
                yield printed
                if printed.path[-1:] == (ANYTHING,):
                    yield printed._replace(path=printed.path[:-1])

    def _leaving_out(
        self, key: object, path: Path, layers: Sequence[YamlDocument], location: Location, document: YamlDocument
    ) -> list[ValueOrigin]:
        """The empty values because of which the template leaves out a key below the missing key's parent."""
        lines = self._rendered.chart.lines(location.file or "")
        if location.line is None or location.column is None:
            return []
        is_item = bool(path) and isinstance(path[-1], int)
        depth = location.column - 1 if is_item else None  # of the keys beside an item's first, or below a key
        for number in range(location.line + 1, len(lines) + 1):
            line = lines[number - 1]
            stripped = line.strip()
            if not stripped or stripped.startswith(("{{", "#")):
                continue
            own = len(line) - len(line.lstrip(" "))
            if own < (location.column if depth is None else depth):
                return []
            depth = own if depth is None else depth
            if own == depth and stripped.startswith(f"{key}:"):
                printed = (
                    one for each in (number, number + 1) for one in self.on_line(location.file or "", each, document)
                )
                values = (value for values in alternatives(layers, printed) for value in values)
                views = [
                    view for value in values if (view := value.view) is not None and view.data in ({}, [], "", None)
                ]
                return [ValueOrigin(locate(view), dotted(view.path), alone=False) for view in views[:MOST]]
        return []

    # --- the values ---

    def _in_text(self, value: View) -> list[View]:
        """The documents in a multi-line text value, each part at its place in the values file."""
        if not isinstance(value.data, str) or "\n" not in value.data:
            return []
        key = (value.document.file, value.path)
        found = self._texts.get(key)
        if found is None:
            found = self._texts[key] = list(documents_in(value))
        return found


def _lines_of(template: TemplateFile, node: Node) -> range:
    span = template.span(node)
    return range(span.line, span.end_line + 1)


def _place(sought: _Sought, part: View) -> Location:
    location = locate(part)
    return location if sought.exact else location._replace(precision=Precision.PARENT)


def _printed_text(view: View) -> str:
    """A scalar as a template prints it into a text: helm reads numbers as floats, and Go prints large ones by powers of
    ten."""
    number = view.integer()
    if number is None or abs(number) < 1_000_000:
        return view.string() or ""
    digits = str(abs(number))
    first, rest = digits[0], digits[1:].rstrip("0")
    return f"{'-' if number < 0 else ''}{first}{'.' if rest else ''}{rest}e+{len(digits) - 1:02d}"
