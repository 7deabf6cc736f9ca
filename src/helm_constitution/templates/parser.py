"""text/template's grammar (text/template/parse/parse.go of Go 1.26), with its own error messages.

Not checked: whether a function exists; helm checks that. Contents are read in one loop, without recursion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from helm_constitution.templates.expressions import KEYWORDS, MAX_DEPTH, ExpressionParser
from helm_constitution.templates.faults import Fault, quoted
from helm_constitution.templates.lexer import COMMENT, END, LEFT, RAW_STRING, RIGHT, SPACE, STRING, WORD
from helm_constitution.templates.literals import string_value
from helm_constitution.templates.nodes import (
    Action,
    Block,
    Branch,
    Break,
    Comment,
    Content,
    Continue,
    Define,
    If,
    Pipeline,
    Range,
    TemplateCall,
    Text,
    With,
)

_CONTROLS: Mapping[str, type[If | With | Range]] = {"if": If, "with": With, "range": Range}


class _Open:
    """A control, define or block whose end has not come yet, and the parser's state where it began."""

    def __init__(self, keyword: str, start: int, parser: Parser, outer: list[Content]) -> None:
        self.keyword = keyword
        self.start = start
        self.head_start = start
        self.head_end = 0
        self.pipeline: Pipeline | None = None
        self.name = ""
        self.branches: list[Branch] = []
        self.in_else = False
        self.outer = outer
        self.variables = parser.variables
        self.variables_count = len(parser.variables)
        self.ranges = parser.ranges


class Parser(ExpressionParser):
    """Reads one template; use it once.

    Raises:
        Fault: the text is not a valid template.
    """

    def __init__(self, text: str, path: str) -> None:
        super().__init__(text, path)
        self.ranges = 0
        self.defines: dict[str, Define] = {}
        self.crowded: list[tuple[int, int]] = []

    def parse(self) -> tuple[Content, ...]:
        """The template's contents; its named templates are in ``defines`` as well."""
        text, all_tokens = self.text, self.tokens
        nodes: list[Content] = []
        stack: list[_Open] = []
        cursor, trims = 0, False  # where the text before the next action begins, and whether its space goes
        while True:
            kind, start, end = all_tokens[self.index]
            if kind == COMMENT:
                trims_left = text[start + 2] == "-"
            elif kind == LEFT:
                trims_left = end - start == 3
            elif kind == END:
                trims_left = False
            else:
                self._comment_fault(start)
            if start > cursor:
                first, last = cursor, start
                if trims:
                    first = last - len(text[first:last].lstrip(SPACE))
                if trims_left:
                    last = first + len(text[first:last].rstrip(SPACE))
                if last > first:
                    nodes.append(Text(first, last))
            if kind == END:
                break
            if kind == COMMENT:
                nodes.append(Comment(start, end, text[start:end]))
                self.index += 1
                cursor, trims = end, text[end - 3] == "-"
                continue
            self.action_start, action_head = start, end
            self.index += 1
            kind, word_start, word_end = all_tokens[self.index]
            if kind == WORD and (word := text[word_start:word_end]) in KEYWORDS:
                self.index += 1
                nodes = self._keyword(word, word_start, start, stack, nodes)
            else:
                pipeline = self.pipeline("command", RIGHT)
                nodes.append(Action(start, all_tokens[self.index - 1][2], pipeline))
            _, cursor_start, cursor = all_tokens[self.index - 1]
            if word_start == action_head or all_tokens[self.index - 2][2] == cursor_start:
                only_text = kind in (STRING, RAW_STRING) and all_tokens[self.index - 2][1] == word_start
                if not only_text:
                    self.crowded.append((start, cursor))
            trims = text[cursor_start] == "-"
            self.action_start = -1
        if stack:
            raise Fault("unexpected EOF", len(text))
        return tuple(nodes)

    def _keyword(
        self, word: str, word_start: int, start: int, stack: list[_Open], nodes: list[Content]
    ) -> list[Content]:
        """Reads the rest of an action that begins with a keyword; returns the list for the next contents."""
        if word == "end":
            self._expect(RIGHT, "end")
            return self._end(start, stack, nodes)
        if word == "else":
            return self._else(start, stack, nodes)
        if word in ("break", "continue"):
            braced = f"{{{{{word}}}}}"
            self._expect(RIGHT, braced)
            if not self.ranges:
                raise Fault(f"{braced} outside {{{{range}}}}", start)
            nodes.append((Break if word == "break" else Continue)(start, self._closed_at()))
            return nodes
        if word == "template":
            name = self._name("template clause")
            pipeline = None
            if self.tokens[self.index][0] == RIGHT:
                self.index += 1
            else:
                pipeline = self.pipeline("template clause", RIGHT)
            nodes.append(TemplateCall(start, self._closed_at(), name, pipeline))
            return nodes
        if len(stack) >= MAX_DEPTH:
            raise Fault(f"nested deeper than {MAX_DEPTH} levels", start)
        opened = _Open(word, start, self, nodes)
        if word == "define":
            if stack:
                raise Fault("unexpected <define> in command", word_start)
            opened.name = self._name("define clause")
            self._expect(RIGHT, "define clause")
            self.variables, self.ranges = ["$"], 0
        elif word == "block":
            opened.name = self._name("block clause")
            opened.pipeline = self.pipeline("block clause", RIGHT)
            self.variables, self.ranges = ["$"], 0
        else:
            opened.pipeline = self.pipeline(word, RIGHT)
            if word == "range":
                self.ranges += 1
        opened.head_end = self._closed_at()
        stack.append(opened)
        return []

    def _else(self, start: int, stack: list[_Open], nodes: list[Content]) -> list[Content]:
        kind, word_start, word_end = self.tokens[self.index]
        word = self.text[word_start:word_end] if kind == WORD else ""
        chained = word in ("if", "with")
        if not chained:
            self._expect(RIGHT, "else")
        if not stack:
            raise Fault("unexpected {{else}}", start)
        opened = stack[-1]
        if opened.keyword in ("define", "block"):
            raise Fault(f"unexpected {{{{else}}}} in {opened.keyword} clause", start)
        if opened.in_else:
            raise Fault("expected end; found {{else}}", start)
        opened.branches.append(Branch(opened.head_start, opened.head_end, opened.pipeline, tuple(nodes)))
        if chained:
            if word != opened.keyword:
                raise Fault(f"unexpected <{word}> in input", word_start)
            self.index += 1
            opened.pipeline = self.pipeline(word, RIGHT)
        else:
            opened.pipeline = None
            opened.in_else = True
            self.ranges = opened.ranges
        opened.head_start, opened.head_end = start, self._closed_at()
        return []

    def _end(self, start: int, stack: list[_Open], nodes: list[Content]) -> list[Content]:
        if not stack:
            raise Fault("unexpected {{end}}", start)
        opened = stack.pop()
        end = self._closed_at()
        self.variables, self.ranges = opened.variables, opened.ranges
        if opened.keyword == "define":
            define = Define(opened.start, end, opened.name, opened.head_end, tuple(nodes))
            self._add(define, start)
            opened.outer.append(define)
        elif opened.keyword == "block":
            assert opened.pipeline is not None
            block = Block(opened.start, end, opened.name, opened.head_end, tuple(nodes), opened.pipeline)
            self._add(block, start)
            opened.outer.append(block)
        else:
            del self.variables[opened.variables_count :]
            branch = Branch(opened.head_start, opened.head_end, opened.pipeline, tuple(nodes))
            control = _CONTROLS[opened.keyword](opened.start, end, (*opened.branches, branch))
            opened.outer.append(control)
        return opened.outer

    def _add(self, define: Define, offset: int) -> None:
        known = self.defines.get(define.name)
        if known is None or self._is_empty(known):
            self.defines[define.name] = define
        elif not self._is_empty(define):
            raise Fault(f"template: multiple definition of template {quoted(define.name)}", offset)

    def _is_empty(self, define: Define) -> bool:
        return all(
            isinstance(node, Comment) or (isinstance(node, Text) and self.text[node.start : node.end].isspace())
            for node in define.body
        )

    def _closed_at(self) -> int:
        """Where the action just read ends."""
        return self.tokens[self.index - 1][2]

    def _name(self, context: str) -> str:
        kind, start, end = self.tokens[self.index]
        if kind not in (STRING, RAW_STRING):
            raise self._unexpected(self.index, context)
        self.index += 1
        return string_value(self.text, start, end)

    def _expect(self, kind: int, context: str) -> None:
        if self.tokens[self.index][0] != kind:
            raise self._unexpected(self.index, context)
        self.index += 1

    def _comment_fault(self, start: int) -> NoReturn:
        """Only an unfinished comment keeps ``{{`` from opening an action."""
        opened = self.text.index("/*", start)
        closed = self.text.find("*/", opened + 2)
        raise Fault("unclosed comment" if closed < 0 else "comment ends before closing delimiter", opened)
