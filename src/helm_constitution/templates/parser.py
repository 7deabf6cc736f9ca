"""text/template's grammar (text/template/parse/parse.go of Go 1.26), with its own words for what it refuses.

Not checked: whether a function exists; that is helm's to know. Contents are read in one loop, only parentheses recurse.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NoReturn

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.templates.lexer import (
    ASSIGN,
    CHARACTER,
    COMMA,
    COMMENT,
    DECLARE,
    DOT,
    END,
    FAULT,
    FIELD,
    LEFT,
    LEFT_PAREN,
    NUMBER,
    PIPE,
    RAW_STRING,
    RIGHT,
    RIGHT_PAREN,
    SPACE,
    STRING,
    VARIABLE,
    WORD,
    tokens,
)
from helm_constitution.templates.nodes import (
    Action,
    Block,
    Bool,
    Branch,
    Break,
    Chain,
    Command,
    Comment,
    Content,
    Continue,
    Define,
    Dot,
    Expression,
    Field,
    Identifier,
    If,
    Nil,
    Number,
    Pipeline,
    Range,
    String,
    TemplateCall,
    Text,
    Variable,
    With,
)

MAX_DEPTH = 150
"""How deep parentheses and how deep controls may nest. text/template allows 10,000; templates in use stay below 15."""

_KEYWORDS = frozenset({"block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"})
_CONTROLS: Mapping[str, type[If | With | Range]] = {"if": If, "with": With, "range": Range}
_UNTERMINATED = {'"': "quoted string", "`": "raw quoted string", "'": "character constant"}
_ESCAPE_SOURCE = r"""\\(?:[abfnrtv\\"']|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3})"""
_ESCAPE = LazyPattern(_ESCAPE_SOURCE)
_ESCAPED = LazyPattern(rf"[^\\]*+(?:{_ESCAPE_SOURCE}[^\\]*+)*")
_SIMPLE_ESCAPES = {
    "a": b"\a", "b": b"\b", "f": b"\f", "n": b"\n", "r": b"\r", "t": b"\t", "v": b"\v", "\\": b"\\",
}  # fmt: skip
_OLD_OCTAL = LazyPattern(r"[+-]?0[0-7_]+")
_WORD = LazyPattern(r"(?:\.(?![0-9])|\$|(?=[^\W0-9]))\w*(?:\.[^\W0-9]\w*)*")
_DIGITS = (
    r"(?:0[xX][0-9a-fA-F_]*+\.?+[0-9a-fA-F_]*+(?:[pP][+-]?+[0-9_]*+)?|0[oO][0-7_]*+\.?+[0-7_]*+"
    r"|0[bB][01_]*+\.?+[01_]*+|[0-9_]*+\.?+[0-9_]*+(?:[eE][+-]?+[0-9_]*+)?)"
)
_NUMBER = LazyPattern(rf"(?=[+-]|\.?[0-9])[+-]?{_DIGITS}i?(?:[+-]{_DIGITS}i)?(?![\w+-])")
"""A number as far as text/template's lexer goes."""
_NUMBER_LIKE = LazyPattern(rf"(?=[+-]|\.?[0-9])[+-]?{_DIGITS}i?(?:\w|[+-]{_DIGITS}i?\w?)?")
_LITERALS = (Bool, Dot, Nil, Number, String)


class Fault(Exception):
    """Where a template breaks the grammar, and text/template's message."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class _Open:
    """A control, define or block whose end has not come yet, and how things stood where it began."""

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


class Parser:
    """Reads one template; use it once.

    Raises:
        Fault: where the text is no template.
    """

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.tokens = tokens(text)
        self.index = 0
        self.variables = ["$"]
        self.ranges = 0
        self.depth = 0
        self.action_start = -1
        self.defines: dict[str, Define] = {}
        self.crowded: list[tuple[int, int]] = []

    # --- contents ---

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
            if kind == WORD and (word := text[word_start:word_end]) in _KEYWORDS:
                self.index += 1
                nodes = self._keyword(word, word_start, start, stack, nodes)
            else:
                pipeline = self._pipeline("command", RIGHT)
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
        """Reads the rest of an action that a keyword leads; returns the list that the next contents go to."""
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
                pipeline = self._pipeline("template clause", RIGHT)
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
            opened.pipeline = self._pipeline("block clause", RIGHT)
            self.variables, self.ranges = ["$"], 0
        else:
            opened.pipeline = self._pipeline(word, RIGHT)
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
            opened.pipeline = self._pipeline(word, RIGHT)
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
            raise Fault(f"template: multiple definition of template {_quoted(define.name)}", offset)

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
            self._unexpected(self.index, context)
        self.index += 1
        return self._string(start, end)

    def _expect(self, kind: int, context: str) -> None:
        if self.tokens[self.index][0] != kind:
            self._unexpected(self.index, context)
        self.index += 1

    # --- expressions ---

    def _pipeline(self, context: str, closer: int, opening: int = -1) -> Pipeline:
        """Reads ``declarations? command ('|' command)*`` and the token that closes it.

        ``opening`` is where its parenthesis stands, for one in parentheses.
        """
        all_tokens, text, index = self.tokens, self.text, self.index
        kind, start, end = all_tokens[index]
        if opening < 0:
            opening = start
        variables: tuple[str, ...] = ()
        assigns = False
        while kind == VARIABLE:
            next_kind = all_tokens[index + 1][0]
            if next_kind in (DECLARE, ASSIGN):
                assigns = next_kind == ASSIGN
            elif next_kind != COMMA:
                break
            name, _, fields = text[start:end].partition(".")
            if fields:
                break  # a field can't be set; its operator is what is unexpected
            variables = (*variables, name)
            self.variables.append(name)
            index += 2
            kind, start, end = all_tokens[index]
            if next_kind != COMMA:
                break
            if context != "range" or len(variables) > 1:
                raise Fault(f"too many declarations in {context}", start)
            if kind not in (VARIABLE, RIGHT, RIGHT_PAREN):
                raise Fault("range can only initialize variables", start)
        commands: list[Command] = []
        args: list[Expression] = []
        while True:
            kind, start, end = all_tokens[index]
            operand: Expression
            if kind == FIELD:
                operand = Field(start, end, tuple(text[start + 1 : end].split(".")))
            elif kind == WORD:
                word = text[start:end]
                if word == "true" or word == "false":
                    operand = Bool(start, end, word == "true")
                elif word == "nil":
                    operand = Nil(start, end)
                elif word in _KEYWORDS:
                    self._unexpected(index, "operand" if args else context)
                else:
                    operand = Identifier(start, end, word)
            elif kind in (STRING, RAW_STRING):
                operand = String(start, end, self._string(start, end))
            elif kind == DOT:
                operand = Dot(start, end)
            elif kind == VARIABLE:
                names = text[start:end].split(".")
                if names[0] not in self.variables:
                    raise Fault(f"undefined variable {_quoted(names[0])}", start)
                operand = Variable(start, end, names[0], tuple(names[1:]))
            elif kind == LEFT_PAREN:
                if self.depth >= MAX_DEPTH:
                    raise Fault("max expression depth exceeded", start)
                self.depth += 1
                self.index = index + 1
                operand = self._pipeline("parenthesized pipeline", RIGHT_PAREN, start)
                self.depth -= 1
                index, end = self.index - 1, operand.end
            elif kind in (NUMBER, CHARACTER):
                operand = Number(start, end, self._number(kind, start, end))
            elif self._is_sign(index):
                raise Fault('illegal number syntax: "-"', start)
            elif kind == closer and not args:
                self.index = index + 1
                break
            else:
                self._unexpected(index, "operand" if args else context)
            index += 1
            kind, next_start, next_end = all_tokens[index]
            if kind == FIELD and next_start == end:
                if isinstance(operand, _LITERALS):
                    raise Fault(f"unexpected . after term {_quoted(text[operand.start : end])}", next_start)
                operand = Chain(operand.start, next_end, operand, tuple(text[next_start + 1 : next_end].split(".")))
                end = next_end
                index += 1
                kind, next_start, next_end = all_tokens[index]
            args.append(operand)
            if kind in (RIGHT, RIGHT_PAREN, PIPE):
                commands.append(Command(args[0].start, end, tuple(args)))
                if kind == PIPE:
                    index += 1
                elif next_start == end and text[end] == "-":
                    self._unexpected(index, "operand")
                elif kind == closer:
                    start, end = next_start, next_end
                    self.index = index + 1
                    break
                args = []
            elif next_start == end:
                self._unexpected(index, "operand")
        if not commands:
            raise Fault(f"missing value for {context}", start)
        if len(commands) > 1:
            for stage, command in enumerate(commands[1:], start=2):
                if isinstance(command.args[0], _LITERALS):
                    raise Fault(f"non executable command in pipeline stage {stage}", start)
        if closer == RIGHT_PAREN:
            return Pipeline(opening, end, variables, assigns, tuple(commands))
        return Pipeline(opening, commands[-1].end, variables, assigns, tuple(commands))

    def _string(self, start: int, end: int) -> str:
        quote, body = self.text[start], self.text[start + 1 : end - 1]
        if quote == "`":
            return body.replace("\r", "")
        return self._unquote(body, quote, start) if "\\" in body else body

    def _unquote(self, body: str, quote: str, start: int) -> str:
        """Resolves Go's escapes; bytes given one by one (``\\xe2\\x80``) are read as UTF-8 together."""
        if not _ESCAPED.fullmatch(body):
            raise Fault("invalid syntax", start)
        parts: list[bytes] = []
        cursor = 0
        for escape in _ESCAPE.finditer(body):
            parts.append(body[cursor : escape.start()].encode(errors="surrogatepass"))
            cursor = escape.end()
            code = escape[0][1:]
            point = 0
            if code in _SIMPLE_ESCAPES:
                parts.append(_SIMPLE_ESCAPES[code])
            elif code in ('"', "'"):
                point = ord(code) if code == quote else -1
            elif code[0] in "xuU":
                point = int(code[1:], 16)
            else:
                point = int(code, 8)
            is_byte = len(code) == 3
            if point < 0 or point > (0xFF if is_byte else 0x10FFFF) or 0xD800 <= point <= 0xDFFF:
                raise Fault("invalid syntax", start)
            if code not in _SIMPLE_ESCAPES:
                parts.append(bytes((point,)) if is_byte else chr(point).encode())
        parts.append(body[cursor:].encode(errors="surrogatepass"))
        return b"".join(parts).decode(errors="replace")

    def _number(self, kind: int, start: int, end: int) -> int | float | None:
        text = self.text[start:end]
        if kind == CHARACTER:
            character = self._unquote(text[1:-1], "'", start)
            if len(character) != 1:
                raise Fault(f"malformed character constant: {text}", start)
            return ord(character)
        if text.isdecimal() and (text[0] != "0" or text == "0") and len(text) < 19:
            return int(text)
        if not _NUMBER.fullmatch(text):
            like = _NUMBER_LIKE.match(text)
            raise Fault(f"bad number syntax: {_quoted(like[0] if like else text)}", start)
        if text.endswith("i"):
            return None
        try:
            whole = int(text.replace("_", ""), 8) if _OLD_OCTAL.fullmatch(text) else int(text, 0)
            if -(2**63) <= whole < 2**64:
                return whole
        except ValueError:
            pass  # not a whole number
        try:
            value = float.fromhex(text) if "x" in text.lower() else float(text)
        except (ValueError, OverflowError):
            value = math.inf
        if math.isinf(value):
            raise Fault(f"illegal number syntax: {_quoted(text)}", start)
        if not any(mark in text for mark in ".eEpP"):
            raise Fault(f"integer overflow: {_quoted(text)}", start)
        return value

    # --- faults ---

    def _is_sign(self, index: int) -> bool:
        """Whether it is ``-}}`` without a space before it: no delimiter then, but a lonely sign."""
        kind, start, _ = self.tokens[index]
        return kind == RIGHT and self.text[start] == "-" and self.tokens[index - 1][2] == start

    def _unexpected(self, index: int, context: str) -> NoReturn:
        """Says of the token what text/template would: its own fault, or that it can't stand in this context."""
        kind, start, end = self.tokens[index]
        text = self.text
        fault = ""
        if kind == END:
            fault = "unclosed action"
        elif kind == FAULT:
            fault = self._broken_token(start)
        elif self._is_sign(index):
            kind, end = NUMBER, start + 1
        elif kind == RIGHT and self.depth:
            fault = "unclosed left paren"
        elif kind == RIGHT_PAREN and not self.depth:
            fault = "unexpected right paren"
        if fault:
            line = text.count("\n", 0, start) + 1
            action_line = text.count("\n", 0, self.action_start) + 1
            if action_line != line:
                fault += "" if fault.endswith(" action") else " in action"
                fault += f" started at {self.path}:{action_line}"
            raise Fault(fault, start)
        shown = text[start:end]
        if kind in (LEFT, COMMENT):
            shown = "{"
        elif kind == RIGHT:
            shown = "}}"
        if shown in _KEYWORDS or shown in ("nil", "."):
            shown = f"<{shown}>"
        elif kind in (FIELD, VARIABLE):  # one token here, several there
            shown = _shortened(shown[: shown.index(".", 1)] if "." in shown[1:] else shown)
        else:
            shown = _shortened(shown)
        raise Fault(f"unexpected {shown} in {context}", start)

    def _broken_token(self, start: int) -> str:
        """What is wrong with the token that begins at a FAULT; empty where the character itself is unexpected."""
        text = self.text
        character = text[start]
        if character in _UNTERMINATED:
            return f"unterminated {_UNTERMINATED[character]}"
        if character == ":":
            return "expected :="
        if word := _WORD.match(text, start):
            return f"bad character {_code_point(text[word.end()])}"
        if number := _NUMBER_LIKE.match(text, start):
            return f"bad number syntax: {_quoted(number[0])}"
        if " " <= character <= "~":
            return ""
        return f"unrecognized character in action: {_code_point(character)}"

    def _comment_fault(self, start: int) -> NoReturn:
        """Only an unfinished comment keeps ``{{`` from opening an action."""
        opened = self.text.index("/*", start)
        closed = self.text.find("*/", opened + 2)
        raise Fault("unclosed comment" if closed < 0 else "comment ends before closing delimiter", opened)


def _quoted(text: str) -> str:
    """A text as Go's %q writes it, for what is printable; a very long one is cut."""
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    for character, escape in (("\\", r"\\"), ('"', r"\""), ("\n", r"\n"), ("\r", r"\r"), ("\t", r"\t")):
        shown = shown.replace(character, escape)
    return f'"{shown}"'


def _shortened(text: str) -> str:
    return _quoted(text[:10]) + "..." if len(text.encode(errors="replace")) > 10 else _quoted(text)


def _code_point(character: str) -> str:
    """A character as Go's %#U writes it."""
    number = f"U+{ord(character):04X}"
    return f"{number} '{character}'" if character.isprintable() else number
