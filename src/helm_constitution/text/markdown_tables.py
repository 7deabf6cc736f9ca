"""The parts of Markdown that READMEs and changelogs need: headings, tables and code blocks, with their lines.

Tables are those of GitHub Flavored Markdown and plain HTML ones (helm-docs writes either). Any text can be read: other
forms are skipped.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.text.yaml_document import Span


class Heading(NamedTuple):
    """A heading: ``level`` 1 to 6, ``text`` free of markup, ``line`` counted from 1, ``end_column`` exclusive."""

    level: int
    text: str
    line: int
    end_column: int

    @property
    def span(self) -> Span:
        """The heading's line."""
        return Span(self.line, 1, self.line, self.end_column)


class Cell(NamedTuple):
    """A table's cell: its markup and its place. Most cells are never looked into, so they are read when asked."""

    markup: str
    """The Markdown or HTML of the cell."""
    span: Span
    """Its place."""

    @property
    def text(self) -> str:
        """The text without markup."""
        return plain(self.markup)

    @property
    def code(self) -> tuple[str, ...]:
        """The contents of its code spans (and of HTML's ``code`` and ``pre``)."""
        if "`" not in self.markup and "<" not in self.markup:
            return ()
        return tuple(_code_text(match) for match in _CODE.finditer(self.markup))

    @property
    def is_code(self) -> bool:
        """Whether it is one code span and nothing else."""
        match = _CODE.match(self.markup)
        return match is not None and match.end() == len(self.markup)


class Row(NamedTuple):
    """A row of a table; it may hold fewer or more cells than the header."""

    cells: tuple[Cell, ...]
    """Its cells."""
    line: int
    """Its line, from 1."""


class Table(NamedTuple):
    """A table. ``heading`` is the nearest heading above it."""

    header: tuple[str, ...]
    """The texts of the header's cells."""
    rows: tuple[Row, ...]
    """The rows below the header."""
    line: int
    """The header's line, from 1."""
    heading: Heading | None


class CodeBlock(NamedTuple):
    """A fenced code block. ``line`` is that of its first line of code, counted from 1."""

    language: str
    """The word behind the fence, in lower case; empty where there is none."""
    lines: tuple[str, ...]
    """The lines of code."""
    line: int


class Markdown(NamedTuple):
    """What was found in a text, in its order. ``prose`` is the text with code blocks and comments blanked out."""

    headings: tuple[Heading, ...]
    """Its headings."""
    tables: tuple[Table, ...]
    """Its tables."""
    code: tuple[CodeBlock, ...]
    """Its fenced code blocks."""
    prose: tuple[str, ...]


_FENCE = LazyPattern(r"\s*(?:>\s*)*(?:[-*+]\s+|\d+[.)]\s+)?(`{3,}|~{3,})(?=[^`]*\Z)\s*([^`\s]*)")
_ATX = LazyPattern(r" {0,3}(#{1,6})(?:[ \t]+(.*))?\Z")
_SETEXT = LazyPattern(r" {0,3}(=+|-+)[ \t]*\Z")
_HTML_HEADING = LazyPattern(r"\s*<h([1-6])\b[^>]*>(.*?)</h\1>\s*\Z", re.IGNORECASE)
_DELIMITER = LazyPattern(r"\|?\s*(?::?-+:?\s*\|\s*)*:?-+:?\s*\|?\Z")
_CODE_FORMS = r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)|<(code|pre)\b[^<>]*>([^<]*(?:<(?!/?\3\b)[^<]*)*)</\3>"
_CODE = LazyPattern(_CODE_FORMS, re.DOTALL)
# Whichever comes first: an escaped backtick begins no code, and a backslash in code escapes nothing.
_CODE_OR_ESCAPE = LazyPattern(_CODE_FORMS + r"|\\([!-/:-@\[-`{-~])", re.DOTALL)
_LINK = LazyPattern(
    r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\](?:\([^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s+[\"'(][^)]*)?\)|\[[^\[\]]*\])"
)
_TAG = LazyPattern(r"</?[A-Za-z][^<>]*>")
_HTML_PART = LazyPattern(r"<(/?)(table|tr|th|td)\b[^<>]*>", re.IGNORECASE)
_DIVIDER = LazyPattern(r"\\.|\|")
_MARKUP = LazyPattern(r"[`\[*_<\\&]")
_EMPHASIS = (
    LazyPattern(r"(?<!\\)\*\*([^*\s](?:[^*]*[^*\s])?)\*\*"),
    LazyPattern(r"(?<![\\\w])__([^_\s](?:[^_]*[^_\s])?)__(?!\w)"),
    LazyPattern(r"(?<![\\*])\*([^*\s](?:[^*]*[^*\s])?)\*(?!\*)"),
    LazyPattern(r"(?<![\\\w])_([^_\s](?:[^_]*[^_\s])?)_(?!\w)"),
)
_NOT_A_PARAGRAPH = LazyPattern(r"\s*(?:[-*+>|#]|\d+[.)]\s|<)")
# Where an inline part was already read it is put aside behind this mark, so that nothing reads it twice.
_ASIDE = LazyPattern("\ue000(\\d+)\ue001")


def read_markdown(text: str) -> Markdown:
    """Reads a text; never fails.

    >>> [heading.text for heading in read_markdown("# Web\\n\\nInstalling\\n---\\n").headings]
    ['Web', 'Installing']
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    prose, code = _without_code(lines)
    headings: list[Heading] = []
    tables: list[Table] = []
    number = 0
    while number < len(prose):
        line = prose[number]
        number += 1
        if not line or line.isspace():
            continue
        heading = _heading(line, prose[number - 2] if number > 1 else "", number)
        if heading is not None:
            headings.append(heading)
        elif "|" in line and number < len(prose) and _DELIMITER.match(prose[number].strip()) and "-" in prose[number]:
            header = _cells(line, number)
            if len(header) == len(_split(prose[number])):
                rows = tuple(_rows(prose, number + 1))
                names = tuple(cell.text for cell in header)
                tables.append(Table(names, rows, number, headings[-1] if headings else None))
                number += 1 + len(rows)
    if any("<table" in line.lower() for line in prose):
        tables.extend(_html_tables(prose, headings))
        tables.sort(key=lambda table: table.line)
    return Markdown(tuple(headings), tuple(tables), tuple(code), tuple(prose))


def plain(markup: str) -> str:
    """A line's text without markup: links by their text, code without its ticks, escapes and entities resolved."""
    if not _MARKUP.search(markup):
        return markup.strip()
    if markup[0] == markup[-1] == "`" and markup.count("`") == 2:
        return markup[1:-1].strip()
    kept: list[str] = []

    def put_aside(match: re.Match[str]) -> str:
        kept.append(match.group(5) or _code_text(match))
        return f"\ue000{len(kept) - 1}\ue001"

    text = markup.replace("\ue000", "").replace("\ue001", "")
    text = _CODE_OR_ESCAPE.sub(put_aside, text)
    text = _LINK.sub(r"\1", text)
    text = _TAG.sub(lambda match: " " if match.group()[1:3].lower() == "br" else "", text)
    for emphasis in _EMPHASIS:
        text = emphasis.sub(r"\1", text)
    if "&" in text and ";" in text:
        from html import unescape

        text = unescape(text)
    return _ASIDE.sub(lambda match: kept[int(match.group(1))], text).strip()


def _code_text(match: re.Match[str]) -> str:
    if match.group(3):
        from html import unescape

        return unescape(_TAG.sub("", match.group(4))).strip()
    content = match.group(2)
    if len(content) > 2 and content[0] == content[-1] == " " and content.strip():
        return content[1:-1]
    return content


def _without_code(lines: list[str]) -> tuple[list[str], list[CodeBlock]]:
    prose = list(lines)
    blocks: list[CodeBlock] = []
    fence = language = ""
    start = 0
    in_comment = False
    for index, line in enumerate(lines):
        if fence:
            prose[index] = ""
            stripped = line.strip().lstrip("> ")
            if stripped.startswith(fence) and not stripped.strip(fence[0]):
                blocks.append(CodeBlock(language, tuple(lines[start:index]), start + 1))
                fence = ""
            continue
        if in_comment or "<!--" in line:
            prose[index], in_comment = _without_comment(line, in_comment)
        visible = prose[index]
        if ("```" in visible or "~~~" in visible) and (match := _FENCE.match(visible)):
            prose[index] = ""
            fence, language, start = match.group(1), match.group(2).lower(), index + 1
    if fence:
        blocks.append(CodeBlock(language, tuple(lines[start:]), start + 1))
    return prose, blocks


def _without_comment(line: str, inside: bool) -> tuple[str, bool]:
    """The line without its HTML comments (blanks keep the columns), and whether one is still open at its end."""
    kept: list[str] = []
    done = 0
    while done < len(line):
        found = line.find("-->" if inside else "<!--", done)
        cut = len(line) if found < 0 else found + 3 * inside
        kept.append(" " * (cut - done) if inside else line[done:cut])
        inside = inside == (found < 0)
        done = cut
    return "".join(kept).rstrip(), inside


def _heading(line: str, above: str, number: int) -> Heading | None:
    """The heading that ends at this line (an underlined one stands above it)."""
    stripped = line.lstrip()
    if stripped[0] == "#":
        if match := _ATX.match(line):
            text = (match.group(2) or "").strip()
            body = text.rstrip("#")
            text = body if not body or body[-1] in " \t" else text  # "## Values ##" is closed, "## C#" is not
            return Heading(len(match.group(1)), plain(text), number, len(line) + 1)
    elif stripped[0] in "=-":
        if above and not above.isspace() and _SETEXT.match(line) and not _NOT_A_PARAGRAPH.match(above):
            return Heading(1 if stripped[0] == "=" else 2, plain(above), number - 1, len(above) + 1)
    elif stripped[0] == "<" and (match := _HTML_HEADING.match(line)):
        return Heading(int(match.group(1)), plain(match.group(2)), number, len(line) + 1)
    return None


def _split(line: str) -> list[tuple[int, str]]:
    """The cells of a row, each with its offset; a pipe behind a backslash divides nothing, even in code."""
    parts: list[tuple[int, str]] = []
    start = 0
    for match in _DIVIDER.finditer(line):
        if match.group() == "|":
            parts.append((start, line[start : match.start()]))
            start = match.end()
    parts.append((start, line[start:]))
    if not parts[0][1].strip() and len(parts) > 1:
        parts.pop(0)
    if not parts[-1][1].strip() and len(parts) > 1:
        parts.pop()
    return parts


def _cells(line: str, number: int) -> tuple[Cell, ...]:
    return tuple(_cell(raw, number, offset) for offset, raw in _split(line))


def _cell(raw: str, number: int, offset: int) -> Cell:
    content = raw.strip()
    column = offset + 1 + (raw.index(content) if content else 0)
    return Cell(content.replace("\\|", "|"), Span(number, column, number, column + len(content)))


def _rows(prose: list[str], start: int) -> Iterator[Row]:
    for index in range(start, len(prose)):
        line = prose[index]
        if "|" not in line or line.lstrip().startswith((">", "# ")):
            return
        yield Row(_cells(line, index + 1), index + 1)


def _html_tables(prose: list[str], headings: list[Heading]) -> Iterator[Table]:
    text = "\n".join(prose)
    starts = [0]
    for line in prose:
        starts.append(starts[-1] + len(line) + 1)
    header: list[str] = []
    rows: list[Row] = []
    row: list[Cell] = []
    table_line = 0
    opened: tuple[str, int] | None = None

    def place(offset: int) -> tuple[int, int]:
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    for match in [*_HTML_PART.finditer(text), None]:
        name = "" if match is None else match.group(2).lower()
        closes = match is not None and bool(match.group(1))
        if opened is not None:  # every part ends an open cell: closing tags may be left out
            kind, start = opened
            cell = _html_cell(text[start : len(text) if match is None else match.start()], place(start))
            if kind == "th":
                header.append(cell.text)
            elif table_line:
                row.append(cell)
            opened = None
        if match is None or name in ("table", "tr"):
            if row:
                rows.append(Row(tuple(row), row[0].span.line))
                row = []
            if match is None or name == "table":
                if table_line and header and rows:
                    above = [heading for heading in headings if heading.line < table_line]
                    yield Table(tuple(header), tuple(rows), table_line, above[-1] if above else None)
                header, rows = [], []
                table_line = place(match.start())[0] if match is not None and not closes else 0
        elif not closes:
            opened = (name, match.end())


def _html_cell(raw: str, start: tuple[int, int]) -> Cell:
    line, column = start
    leading = raw[: len(raw) - len(raw.lstrip())]
    if "\n" in leading:
        line, column = line + leading.count("\n"), len(leading) - leading.rfind("\n")
    else:
        column += len(leading)
    content = raw.strip()
    first, *more = content.split("\n")
    end = (line + len(more), len(more[-1]) + 1) if more else (line, column + len(first))
    return Cell(content, Span(line, column, *end))
