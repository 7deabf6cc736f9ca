"""The parts of Markdown that a constitution needs: headings, paragraphs, list items and table rows, with their lines.

Code blocks hold no prose. HTML comments are removed from the text and kept separately, with a mark in the place of
each. Any text can be read; text that isn't Markdown is a paragraph.
"""

from __future__ import annotations

import enum
import re

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.named_tuples import NamedTuple

MARK = "\0"
"""Stands in a block's text where a comment stood."""


CELL = " | "
"""Stands between the cells of a row."""


class Kind(enum.Enum):
    """What a block is. An UNDERLINED heading may as well be a paragraph with a rule under it; the reader can't tell."""

    HEADING = enum.auto()
    UNDERLINED = enum.auto()
    TEXT = enum.auto()
    ITEM = enum.auto()
    ROW = enum.auto()
    BREAK = enum.auto()


class Comment(NamedTuple):
    """An HTML comment: its text, and the line (from 1) on which it begins."""

    text: str
    line: int


class Block:
    """A stretch of prose, or (BREAK) code or a rule between two. ``depth`` is a heading's level, else how many list
    items it stands in (an item itself counts). ``header`` holds the titles of a row's columns, if there are any."""

    __slots__ = ("comments", "depth", "header", "kind", "lines", "parts")

    def __init__(self, kind: Kind, depth: int) -> None:
        self.kind = kind
        self.depth = depth
        self.parts: list[str] = []
        self.lines: list[int] = []
        self.comments: list[Comment] = []
        self.header: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The markup, its lines joined by newlines."""
        return "\n".join(self.parts)

    @property
    def line(self) -> int:
        """The line that it begins in, from 1; a BREAK has none."""
        return self.lines[0]


class Prose(NamedTuple):
    """The blocks of a text, and what hides the rest of it: the line and kind of a comment or fence never closed."""

    blocks: list[Block]
    unclosed: tuple[int, str] | None


_NEWLINE = LazyPattern(r"\r\n?|\n")
_QUOTE = LazyPattern(r"(?: {0,3}> ?)+")
_FENCE = LazyPattern(r" *(`{3,}(?=[^`]*$)|~{3,})")
_ATX = LazyPattern(r"(#{1,6})(?: +(.*?))?(?: +#+)? *$")
_UNDERLINE = LazyPattern(r"(?:=+|-+) *$")
_RULE = LazyPattern(r"([-*_])(?: *\1){2,} *$")
_ITEM = LazyPattern(r"(?:[-*+•]|(\d{1,9})[.)])(?: +|$)")
_TASK = LazyPattern(r"\[[ xX]\] ")
_SIGNS = frozenset("✅☑✔❌✗✘🚫⛔▪●‣")
"""Signs that people begin lines with where Markdown wants a bullet; such a line is an item, and keeps its sign."""
_PIPE = LazyPattern(r"(?<!\\)\|")
_CODE = LazyPattern(r"``+.*?``+|`[^`]*`", re.DOTALL)
# A line that opens so begins a block, also without a blank line above it.
_LABEL = LazyPattern(
    r"(\*\*|__)[^*_]{1,60}(?::\1|\1 ?:)"
    r"|(?:(?:MUST|SHALL|SHOULD)(?: NOT)?|REQUIRED|RECOMMENDED|MAY|OPTIONAL|FORBIDDEN|PROHIBITED|IMPORTANT|Rationale) ?:"
)


def read(text: str) -> Prose:
    """Reads a text; never fails.

    >>> [(block.kind.name, block.text) for block in read("# Security\\n\\nPods MUST\\nrun as non-root.\\n").blocks]
    [('HEADING', 'Security'), ('TEXT', 'Pods MUST\\nrun as non-root.')]
    """
    reader = _Reader()
    for number, line in enumerate(_NEWLINE.split(text.removeprefix("\ufeff").replace(MARK, "\ufffd")), 1):
        reader.take(number, line)
    if reader.fence:
        return Prose(reader.blocks, (reader.fence_line, "code fence"))
    if reader.comment is not None:
        return Prose(reader.blocks, (reader.comment_line, "comment"))
    return Prose(reader.blocks, None)


_KEYWORD = LazyPattern(
    r"(?<=[a-z])(?<!\buse)(?<!\bword)(?<!\bwords)(?<!\bthe)(?<!\band)(?<!\bor)(?<!\bwith)[ \n]"
    r"`(?:MUST|SHALL|SHOULD|MAY)(?: NOT)?`[ \n](?=[a-z])(?!(?:and|or|means?|for|is|in|to|statements?|rules?)\b)"
)


def without_code(text: str) -> str:
    """The text with code spans blanked out, each position kept; a keyword within a sentence stays: "X `MUST` be Y"."""
    if "`" not in text:
        return text
    text = _KEYWORD.sub(lambda span: span.group().replace("`", " "), text)
    return _CODE.sub(lambda span: "\x01" * len(span.group()), text)


class _Reader:
    """Takes line after line. ``items`` holds the indents of the list items that the current line may stand in."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.current: Block | None = None
        self.items: list[int] = []
        self.fence = ""
        self.fence_line = 0
        self.comment: list[str] | None = None
        self.comment_line = 0
        self.header: tuple[str, ...] = ()

    def take(self, number: int, line: str) -> None:
        if self.fence:
            closing = line.strip(" \t>")
            if closing.startswith(self.fence) and not closing.strip(self.fence[0]):
                self.fence = ""
            return
        if "\t" in line:
            line = line.expandtabs(4)
        if ">" in line and (quote := _QUOTE.match(line)):
            line = line[quote.end() :]
        comments: list[Comment] = []
        if self.comment is not None:
            head, closed, line = line.partition("-->")
            self.comment.append(head)
            if not closed:
                return
            comments.append(Comment("\n".join(self.comment), self.comment_line))
            self.comment = None
            line = MARK + line
        elif self._opens_fence(number, line):
            self._leave_items(len(line) - len(line.lstrip(" ")))
            self._break(len(self.items))
            return
        if "<!--" in line:
            line = self._without_comments(number, line, comments)
        self._place(number, line, comments)

    def _opens_fence(self, number: int, line: str) -> bool:
        if ("```" not in line and "~~~" not in line) or not (match := _FENCE.match(line)):
            return False
        self.fence, self.fence_line = match.group(1), number
        return True

    def _without_comments(self, number: int, line: str, comments: list[Comment]) -> str:
        """The line with a mark for each comment that ends in it; one that doesn't gets its mark where it ends."""
        done = 0
        while (start := without_code(line).find("<!--", done)) >= 0:
            end = line.find("-->", start + 4)
            if end < 0:
                self.comment, self.comment_line = [line[start + 4 :]], number
                return line[:start]
            comments.append(Comment(line[start + 4 : end], number))
            line = line[:start] + MARK + line[end + 3 :]
            done = start + 1
        return line

    def _place(self, number: int, line: str, comments: list[Comment]) -> None:
        stripped = line.strip()
        if not stripped:
            if self.comment is None:
                self.current = None
            return
        if not stripped.strip(" " + MARK):
            self._append_marks(number, stripped, comments)
            return
        indent = len(line) - len(line.lstrip(" "))
        current = self.current
        first = stripped[0]
        if indent <= 3:
            if first == "#" and (match := _ATX.match(stripped)):
                self.items.clear()
                self._open(Kind.HEADING, len(match.group(1)), number, (match.group(2) or "").strip(), comments)
                self.current = None
                return
            paragraph = current if current is not None and current.kind is Kind.TEXT and not current.depth else None
            if first in "=-" and paragraph is not None and _UNDERLINE.match(stripped):
                paragraph.kind, paragraph.depth = Kind.UNDERLINED, 1 if first == "=" else 2
                self.current = None
                self.items.clear()
                return
        if first in "-*_" and _RULE.match(stripped):
            self.items.clear()
            self._break(0)
        elif first == "|":
            self._row(number, stripped, comments)
        elif current is None and not self.items and indent >= 4:
            self._break(0)  # an indented code block
        elif (match := _ITEM.match(stripped)) and self._may_begin(match):
            self._item(number, indent, stripped[match.end() :], comments)
        elif first in _SIGNS:
            self._item(number, indent, stripped, comments)
        elif current is not None and not _LABEL.match(stripped):
            self._append(current, number, stripped, comments)
        elif current is not None:
            self._open(Kind.TEXT, current.depth, number, stripped, comments)
        else:
            self._leave_items(indent)
            self._open(Kind.TEXT, len(self.items), number, stripped, comments)

    def _may_begin(self, item: re.Match[str]) -> bool:
        """As CommonMark has it, only a list that begins with 1 may cut into a paragraph ("… of\\n2024. Then")."""
        in_paragraph = self.current is not None and self.current.kind is Kind.TEXT and not self.current.depth
        return not in_paragraph or item.group(1) in (None, "1")

    def _item(self, number: int, indent: int, content: str, comments: list[Comment]) -> None:
        self._leave_items(indent)
        self.items.append(indent)
        if task := _TASK.match(content):
            content = content[task.end() :]
        fenced = self._opens_fence(number, content)
        self._open(Kind.ITEM, len(self.items), number, "" if fenced else content, comments)
        if fenced:
            self.current = None

    def _row(self, number: int, stripped: str, comments: list[Comment]) -> None:
        self.current = None
        if "-" in stripped and not stripped.strip("|:- "):
            if self.blocks and self.blocks[-1].kind is Kind.ROW:
                self.header = tuple(self.blocks.pop().text.split(CELL))
            return
        cells = [cell.strip() for cell in _PIPE.split(stripped.strip("|"))]
        self._open(Kind.ROW, 0, number, CELL.join(cells), comments)
        self.blocks[-1].header = self.header
        self.current = None

    def _open(self, kind: Kind, depth: int, number: int, text: str, comments: list[Comment]) -> None:
        if kind is not Kind.ROW:
            self.header = ()
        self.current = Block(kind, depth)
        self.blocks.append(self.current)
        self._append(self.current, number, text, comments)

    def _append(self, block: Block, number: int, text: str, comments: list[Comment]) -> None:
        block.parts.append(text)
        block.lines.append(number)
        block.comments.extend(comments)

    def _append_marks(self, number: int, marks: str, comments: list[Comment]) -> None:
        """A comment on a line of its own belongs to the block above, also over a blank line, and ends nothing."""
        if self.blocks and self.blocks[-1].kind in (Kind.TEXT, Kind.ITEM, Kind.ROW, Kind.UNDERLINED):
            self._append(self.blocks[-1], number, marks, comments)
        else:
            self._open(Kind.TEXT, 0, number, marks, comments)
            self.current = None

    def _leave_items(self, indent: int) -> None:
        while self.items and indent < self.items[-1] + 2:
            self.items.pop()

    def _break(self, depth: int) -> None:
        self.current = None
        self.header = ()
        self.blocks.append(Block(Kind.BREAK, depth))
