"""Places in a text as the program counts them, from 1 in code points, and as editors do, from 0 in their own units."""

from __future__ import annotations

import re
from typing import Literal

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.text.edits import BYTE_ORDER_MARK

_LINE_END = LazyPattern(r"\r\n|\n|\r")

Encoding = Literal["utf-8", "utf-16", "utf-32"]
"""What an editor counts in a line: bytes, units of two bytes, code points."""


class EditorRange(NamedTuple):
    """A stretch of a text as an editor counts: lines and characters from 0, the end exclusive."""

    line: int
    character: int
    end_line: int
    end_character: int


class Positions:
    """Converts places in one text. Lines end as the protocol defines: not at U+2028, which only YAML counts.

    Args:
        text: the file's text. Only some editors send a byte order mark, which the program does not count.
        encoding: the editor's units.
    """

    def __init__(self, text: str, encoding: Encoding) -> None:
        self.text = text
        self.lines = _lines(text)
        self._encoding = encoding
        self._mark = 1 if text.startswith(BYTE_ORDER_MARK) else 0

    def to_editor(
        self, line: int | None, column: int | None, end_line: int | None = None, end_column: int | None = None
    ) -> EditorRange:
        """The stretch of a location. Without columns it is the line's text; without a line the first line's.

        A place outside the text is clamped to it: the file may have changed since.
        """
        row = min(max((line or 1) - 1, 0), len(self.lines) - 1)
        text = self.lines[row]
        if column is None:
            shown = text.rstrip()
            indent = len(shown) - len(shown.lstrip())
            return EditorRange(row, self._units(text[:indent]), row, self._units(shown))
        character = self._units(text[: self._index(row, column)])
        if end_line is None or end_column is None or (end_line, end_column) <= (line or 1, column):
            return EditorRange(row, character, row, max(self._units(text.rstrip()), character))
        last = min(max(end_line - 1, row), len(self.lines) - 1)
        end = self._units(self.lines[last][: self._index(last, end_column)])
        return EditorRange(row, character, last, max(end, character) if last == row else end)

    def point(self, line: int, column: int) -> tuple[int, int]:
        """A place as an editor counts it; the line after the last one is the text's end."""
        if line > len(self.lines):
            return len(self.lines) - 1, self._units(self.lines[-1])
        return line - 1, self._units(self.lines[line - 1][: self._index(line - 1, column)])

    def between(self, start: int, end: int) -> EditorRange:
        """The stretch between two offsets."""
        return EditorRange(*self._at(start), *self._at(end))

    def _at(self, offset: int) -> tuple[int, int]:
        lines = _lines(self.text[:offset])
        return len(lines) - 1, self._units(lines[-1])

    def from_editor(self, line: int, character: int) -> tuple[int, int]:
        """Line and column of a place that an editor names; a place after a line's end is its end."""
        if line >= len(self.lines):
            return len(self.lines), len(self.lines[-1]) + 1
        text = self.lines[line]
        before = self._index(line, 1)
        for index, letter in enumerate(text):
            width = self._units(letter)
            if character < width:
                return line + 1, max(index - before, 0) + 1
            character -= width
        return line + 1, len(text) - before + 1

    def _index(self, row: int, column: int) -> int:
        return column - 1 + (self._mark if row == 0 else 0)

    def _units(self, text: str) -> int:
        if self._encoding == "utf-32" or text.isascii():
            return len(text)
        if self._encoding == "utf-8":
            return len(text.encode("utf-8", "surrogatepass"))
        return len(text) + sum(letter > "\uffff" for letter in text)


def _lines(text: str) -> list[str]:
    return re.split(_LINE_END.pattern, text) if "\r" in text else text.split("\n")
