"""Notes in the form of the Language Server Protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lsprotocol import types

from helm_constitution.core.model import Severity
from helm_constitution.core.tags import Tag
from helm_constitution.report.pages import rule_address
from helm_constitution.server.notes import Note, Place
from helm_constitution.server.positions import EditorRange, Positions

SOURCE = "helm-constitution"
"""What diagnostics name as their source."""

_SEVERITIES: Mapping[Severity, types.DiagnosticSeverity] = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
_TAGS: Mapping[Tag, types.DiagnosticTag] = {
    Tag.UNUSED: types.DiagnosticTag.Unnecessary,
    Tag.DEPRECATED: types.DiagnosticTag.Deprecated,
}


class Texts:
    """Converts places to an editor's, for one answer: the texts and the addresses of files, each read once.

    Args:
        positions: of a file, by its path.
        uri: the address of a file, by its path.
    """

    def __init__(self, positions: Callable[[str], Positions], uri: Callable[[str], str]) -> None:
        self._read = positions
        self._positions: dict[str, Positions] = {}
        self._pages: dict[str, str | None] = {}
        self.uri = uri

    def positions(self, path: str) -> Positions:
        """Converts places in a file."""
        if path not in self._positions:
            self._positions[path] = self._read(path)
        return self._positions[path]

    def page_of(self, rule: str) -> str | None:
        """The address of a rule's page."""
        if rule not in self._pages:
            self._pages[rule] = rule_address(rule)
        return self._pages[rule]

    def range_of(self, place: Place) -> types.Range:
        """The stretch of a place in its file."""
        return to_range(self.positions(place.path).to_editor(*place[1:]))

    def location_of(self, place: Place) -> types.Location:
        """The place with its file."""
        return types.Location(self.uri(place.path), self.range_of(place))


def to_range(found: EditorRange) -> types.Range:
    """A stretch in the form of the protocol."""
    return types.Range(types.Position(found.line, found.character), types.Position(found.end_line, found.end_character))


def diagnostic(note: Note, texts: Texts) -> types.Diagnostic:
    """A note as a diagnostic of its file."""
    address = texts.page_of(note.code) if note.finding is not None else None
    related = [types.DiagnosticRelatedInformation(texts.location_of(place), text) for place, text in note.related]
    return types.Diagnostic(
        range=texts.range_of(note.place),
        message=note.message,
        severity=_SEVERITIES[note.severity],
        code=note.code,
        code_description=types.CodeDescription(address) if address is not None else None,
        source=SOURCE,
        related_information=related or None,
        tags=[_TAGS[note.tag]] if note.tag is not None else None,
    )
