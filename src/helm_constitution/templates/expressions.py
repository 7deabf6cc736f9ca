"""Expressions of text/template's grammar: pipelines, commands and their operands. Only parentheses recurse."""

from __future__ import annotations

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.templates.faults import Fault, code_point, quoted, shortened
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
    STRING,
    VARIABLE,
    WORD,
    tokens,
)
from helm_constitution.templates.literals import NUMBER_LIKE, number_value, string_value
from helm_constitution.templates.nodes import (
    Bool,
    Chain,
    Command,
    Dot,
    Expression,
    Field,
    Identifier,
    Nil,
    Number,
    Pipeline,
    String,
    Variable,
)

MAX_DEPTH = 150
"""How deep parentheses and how deep controls may nest. text/template allows 10,000; templates in use stay below 15."""

KEYWORDS = frozenset({"block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"})
_RESERVED = KEYWORDS | {"true", "false", "nil"}
_UNTERMINATED = {'"': "quoted string", "`": "raw quoted string", "'": "character constant"}
_WORD = LazyPattern(r"(?:\.(?![0-9])|\$|(?=[^\W0-9]))\w*(?:\.[^\W0-9]\w*)*")
_LITERALS = (Bool, Dot, Nil, Number, String)


class ExpressionParser:
    """Reads the expressions of one template, token by token.

    ``index`` is the next token, ``variables`` are those declared so far, ``action_start`` is where the current action
    begins.
    """

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.tokens = tokens(text)
        self.index = 0
        self.variables = ["$"]
        self.depth = 0
        self.action_start = -1

    def pipeline(self, context: str, closer: int, opening: int = -1) -> Pipeline:
        """Reads ``declarations? command ('|' command)*`` and the token that closes it.

        ``opening`` is the place of its parenthesis, for one in parentheses.

        Raises:
            Fault: it is not a pipeline.
        """
        all_tokens, text = self.tokens, self.text
        kind, start, end = all_tokens[self.index]
        if opening < 0:
            opening = start
        variables, assigns = self._declarations(context) if kind == VARIABLE else ((), False)
        index = self.index
        commands: list[Command] = []
        args: list[Expression] = []
        operand: Expression
        while True:
            kind, start, end = all_tokens[index]
            # The frequent operands first, and here: a call for each would take a tenth longer.
            if kind == FIELD:
                operand = Field(start, end, tuple(text[start + 1 : end].split(".")))
            elif kind == WORD and (word := text[start:end]) not in _RESERVED:
                operand = Identifier(start, end, word)
            elif kind in (STRING, RAW_STRING):
                operand = String(start, end, string_value(text, start, end))
            elif kind == LEFT_PAREN:
                operand = self._parenthesized(index)
                index, end = self.index - 1, operand.end
            elif kind == closer and not args and not self._is_sign(index):
                self.index = index + 1
                break
            else:
                operand = self._operand(index, "operand" if args else context)
            index += 1
            kind, next_start, next_end = all_tokens[index]
            if kind == FIELD and next_start == end:
                operand = self._chain(operand, index)
                end = next_end
                index += 1
                kind, next_start, next_end = all_tokens[index]
            args.append(operand)
            if kind in (RIGHT, RIGHT_PAREN, PIPE):
                commands.append(Command(args[0].start, end, tuple(args)))
                if kind == PIPE:
                    index += 1
                elif next_start == end and text[end] == "-":
                    raise self._unexpected(index, "operand")
                elif kind == closer:
                    start, end = next_start, next_end
                    self.index = index + 1
                    break
                args = []
            elif next_start == end:
                raise self._unexpected(index, "operand")
        if len(commands) != 1:
            self._check_stages(commands, context, start)
        if closer == RIGHT:
            end = commands[-1].end
        return Pipeline(opening, end, variables, assigns, tuple(commands))

    def _declarations(self, context: str) -> tuple[tuple[str, ...], bool]:
        """Reads the variables that a pipeline sets, up to their operator; and whether that assigns to known ones."""
        variables: tuple[str, ...] = ()
        assigns = False
        index = self.index
        kind, start, end = self.tokens[index]
        while kind == VARIABLE:
            next_kind = self.tokens[index + 1][0]
            if next_kind in (DECLARE, ASSIGN):
                assigns = next_kind == ASSIGN
            elif next_kind != COMMA:
                break
            name, _, fields = self.text[start:end].partition(".")
            if fields:
                break  # a field can't be set; its operator is what is unexpected
            variables = (*variables, name)
            self.variables.append(name)
            index += 2
            kind, start, end = self.tokens[index]
            if next_kind != COMMA:
                break
            if context != "range" or len(variables) > 1:
                raise Fault(f"too many declarations in {context}", start)
            if kind not in (VARIABLE, RIGHT, RIGHT_PAREN):
                raise Fault("range can only initialize variables", start)
        self.index = index
        return variables, assigns

    def _parenthesized(self, index: int) -> Pipeline:
        start = self.tokens[index][1]
        if self.depth >= MAX_DEPTH:
            raise Fault("max expression depth exceeded", start)
        self.depth += 1
        self.index = index + 1
        pipeline = self.pipeline("parenthesized pipeline", RIGHT_PAREN, start)
        self.depth -= 1
        return pipeline

    def _operand(self, index: int, context: str) -> Expression:
        """The operands that are less frequent, each of one token."""
        kind, start, end = self.tokens[index]
        if kind == VARIABLE:
            names = self.text[start:end].split(".")
            if names[0] not in self.variables:
                raise Fault(f"undefined variable {quoted(names[0])}", start)
            return Variable(start, end, names[0], tuple(names[1:]))
        if kind == DOT:
            return Dot(start, end)
        if kind in (NUMBER, CHARACTER):
            return Number(start, end, number_value(self.text[start:end], kind, start))
        if kind == WORD:
            word = self.text[start:end]
            if word == "nil":
                return Nil(start, end)
            if word == "true" or word == "false":
                return Bool(start, end, word == "true")
        elif self._is_sign(index):
            raise Fault('illegal number syntax: "-"', start)
        raise self._unexpected(index, context)

    def _chain(self, base: Expression, index: int) -> Chain:
        """An operand with the fields right behind it."""
        _, start, end = self.tokens[index]
        if isinstance(base, _LITERALS):
            raise Fault(f"unexpected . after term {quoted(self.text[base.start : start])}", start)
        return Chain(base.start, end, base, tuple(self.text[start + 1 : end].split(".")))

    def _check_stages(self, commands: list[Command], context: str, start: int) -> None:
        if not commands:
            raise Fault(f"missing value for {context}", start)
        for stage, command in enumerate(commands[1:], start=2):
            if isinstance(command.args[0], _LITERALS):
                raise Fault(f"non executable command in pipeline stage {stage}", start)

    # --- faults ---

    def _is_sign(self, index: int) -> bool:
        """Whether it is ``-}}`` without a space before it: not a delimiter then, but a single sign."""
        kind, start, _ = self.tokens[index]
        return kind == RIGHT and self.text[start] == "-" and self.tokens[index - 1][2] == start

    def _unexpected(self, index: int, context: str) -> Fault:
        """The error of text/template for the token: its own fault, or that it is not allowed in this context."""
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
            return Fault(fault, start)
        shown = text[start:end]
        if kind in (LEFT, COMMENT):
            shown = "{"
        elif kind == RIGHT:
            shown = "}}"
        if shown in KEYWORDS or shown in ("nil", "."):
            shown = f"<{shown}>"
        elif kind in (FIELD, VARIABLE):  # one token here, several there
            shown = shortened(shown[: shown.index(".", 1)] if "." in shown[1:] else shown)
        else:
            shown = shortened(shown)
        return Fault(f"unexpected {shown} in {context}", start)

    def _broken_token(self, start: int) -> str:
        """What is wrong with the token that begins at a FAULT; empty where the character itself is unexpected."""
        text = self.text
        character = text[start]
        if character in _UNTERMINATED:
            return f"unterminated {_UNTERMINATED[character]}"
        if character == ":":
            return "expected :="
        if word := _WORD.match(text, start):
            return f"bad character {code_point(text[word.end()])}"
        if number := NUMBER_LIKE.match(text, start):
            return f"bad number syntax: {quoted(number[0])}"
        if " " <= character <= "~":
            return ""
        return f"unrecognized character in action: {code_point(character)}"
