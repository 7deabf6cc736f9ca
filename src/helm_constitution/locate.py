"""From a symbolic place to file, line and column. What isn't known is said, never guessed."""

from __future__ import annotations

from helm_constitution.api import Place, TextPlace
from helm_constitution.model import NOWHERE, Base, Location, Precision
from helm_constitution.yamltree import Span, View


def locate(place: Place | None) -> Location:
    """The location of a place.

    A view of a missing part is located at its nearest existing parent (precision ``parent``); a view of a rendered
    object at the template's file.
    """
    if place is None:
        return NOWHERE
    if isinstance(place, Location):
        return place
    if isinstance(place, TextPlace):
        if place.span is None:
            return Location(place.base, place.file, precision=Precision.FILE)
        return _spanned(place.base, place.file, place.span, Precision.EXACT)
    return _located_view(place)


def _located_view(view: View) -> Location:
    document = view.document
    if document.rendered:
        return Location(document.base, document.file, precision=Precision.FILE)
    path, precision = view.path, Precision.EXACT
    while path:
        span = document.key_span(path)
        if span is not None:
            return _spanned(document.base, document.file, span, precision)
        path, precision = path[:-1], Precision.PARENT
    span = document.value_span(())
    if span is None:
        return Location(document.base, document.file, precision=Precision.FILE)
    # The root has no key of its own: its first line stands for it.
    first = Span(span.line, span.column, span.line, span.column + 1)
    return _spanned(document.base, document.file, first, precision if view.path else Precision.EXACT)


def _spanned(base: Base, file: str, span: Span, precision: Precision) -> Location:
    return Location(base, file, span.line, span.column, span.end_line, span.end_column, precision)
