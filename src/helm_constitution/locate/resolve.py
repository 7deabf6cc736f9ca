"""From a symbolic place to file, line and column. Unknown parts are reported as such, never guessed."""

from __future__ import annotations

from helm_constitution.core.model import NOWHERE, Base, Location, Precision
from helm_constitution.locate.source_map import NO_SOURCES, SourceMaps
from helm_constitution.text.place import Place, TextPlace
from helm_constitution.text.yaml_document import Path, RenderedLine, Span, View, YamlDocument


def locate(place: Place | None, sources: SourceMaps = NO_SOURCES) -> Location:
    """The location of a place.

    A view of a missing part is located at its nearest existing parent (precision ``parent``). A view of a rendered
    object is located in the template, if the marked render proved the line; otherwise at the template's file.

    Args:
        place: the place that a rule reports.
        sources: the template lines of rendered documents, as far as known.
    """
    if place is None:
        return NOWHERE
    if isinstance(place, Location):
        return place
    if isinstance(place, TextPlace):
        if place.span is None:
            return Location(place.base, place.file, precision=Precision.FILE)
        return _spanned(place.base, place.file, place.span, Precision.EXACT)
    if isinstance(place, RenderedLine):
        return _line_in_template(place, sources)
    path, span = nearest(place)
    precision = Precision.EXACT if path == place.path else Precision.PARENT
    document = place.document
    if span is None:
        return Location(document.base, document.file, precision=Precision.FILE)
    if document.rendered:
        return _in_template(document, path, span, precision, sources)
    return _spanned(document.base, document.file, span, precision)


def at_baseline(place: Place | None) -> bool:
    """Whether a place is in the baseline, not in the chart that is checked."""
    if place is None:
        return False
    return (place.base if isinstance(place, TextPlace | Location) else place.document.base) is Base.BASELINE


def nearest(view: View) -> tuple[Path, Span | None]:
    """The path and span of the view's part, or of its nearest existing parent.

    The root has no key of its own: its first line stands for it.
    """
    path = view.path
    while path:
        span = view.document.key_span(path)
        if span is not None:
            return path, span
        path = path[:-1]
    span = view.document.value_span(())
    return (), None if span is None else Span(span.line, span.column, span.line, span.column + 1)


def _in_template(document: YamlDocument, path: Path, span: Span, precision: Precision, sources: SourceMaps) -> Location:
    """The template line that made a rendered line; the file alone if that is not certain."""
    nowhere = Location(document.base, document.file, precision=Precision.FILE)
    lines = sources.get(document.alike)
    origin = lines.origin(span.line) if lines is not None else None
    if lines is None or origin is None:
        return nowhere
    source = lines.source(origin)
    column = None
    key = key_on_line(document, path)
    if key is not None:
        column = key_column(source, key)
        if column is None and "{{" not in source:
            return nowhere
    return in_line(document.base, origin.file, origin.line, source, column, precision)


def _line_in_template(place: RenderedLine, sources: SourceMaps) -> Location:
    """The template line that made a line that is not YAML."""
    document = place.document
    lines = sources.get(document.alike)
    origin = lines.origin(place.line) if lines is not None else None
    if lines is None or origin is None:
        return Location(document.base, document.file, precision=Precision.FILE)
    source = lines.source(origin)
    return in_line(document.base, origin.file, origin.line, source, None, Precision.EXACT)


def key_on_line(document: YamlDocument, path: Path) -> str | None:
    """The key with which the text at ``path`` begins: its own, or the first of an item that is a map."""
    if path and isinstance(path[-1], str):
        return path[-1]
    return document.first_key(path)


def key_column(source: str, key: str) -> int | None:
    """Where ``key:`` begins in a template line (from 0), quoted or not; None if the line only prints it."""
    for form in (f"{key}:", f'"{key}":', f"'{key}':"):
        found = source.find(form)
        while found >= 0:
            if found == 0 or source[found - 1] in " \t-{,":
                return found
            found = source.find(form, found + 1)
    return None


def in_line(base: Base, file: str, line: int, source: str, column: int | None, precision: Precision) -> Location:
    """The location of the rest of a template line, from a column (from 0) or its first character."""
    start = len(source) - len(source.lstrip()) if column is None else column
    end = max(len(source.rstrip()), start + 1)
    return Location(base, file, line, start + 1, line, end + 1, precision)


def _spanned(base: Base, file: str, span: Span, precision: Precision) -> Location:
    return Location(base, file, span.line, span.column, span.end_line, span.end_column, precision)
