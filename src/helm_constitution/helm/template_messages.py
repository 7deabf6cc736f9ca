"""Helm's errors about templates that it can't parse or execute, with the place."""

from __future__ import annotations

import re
from collections.abc import Sequence

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.helm.message_parts import in_chart, plain
from helm_constitution.helm.protocol import FailureKind, HelmMessage

_PARSE_ERROR = LazyPattern(r"parse error (?:at|in) \((.+?)(?::(\d+))?(?::(\d+))?\): (.*)", re.DOTALL)
_UNCLOSED = LazyPattern(r"(.*) started at (.+?):(\d+)", re.DOTALL)
_EXECUTION_ERROR = LazyPattern(r"execution error (at|in) \((.+?)(?::(\d+))?(?::(\d+))?\): (.*)", re.DOTALL)
# Helm 3 puts the whole way to the error on one line, Helm 4 each step on three.
_STEP = LazyPattern(r"template: ([^\s:<>\"][^:<>\"\n]*):(\d+)(?::(\d+))?: ")
_STEP_LINES = LazyPattern(
    r"^([^\s:][^:\n]*):(\d+)(?::(\d+))?\n(?:  executing \".*\" at <(.*)>:\n)?(?=    |  \S)", re.MULTILINE
)
_EXECUTING = LazyPattern(r"executing \"[^\"]*\" at <(.*?)>: (.*)", re.DOTALL)
_CALLING = LazyPattern(r"error calling \w+:\s+")
_NO_TEMPLATE = LazyPattern(r"(?:template: )?(no template \".*\") associated with template \".*\"")


def template_message(text: str) -> HelmMessage | None:
    """The message in an error of text/template or of a function that it calls; None for any other text."""
    if ":" not in text:
        return None
    if match := _PARSE_ERROR.fullmatch(text):
        file, line, column, words = match.groups()
        if unclosed := _UNCLOSED.fullmatch(words):
            words, file, line = unclosed.groups()
        return _placed(words, FailureKind.TEMPLATE, file, line, column)
    if match := _EXECUTION_ERROR.fullmatch(text):
        how, file, line, column, words = match.groups()
        kind = FailureKind.REQUIRED if how == "at" else FailureKind.TEMPLATE
        return _placed(words, kind, file, line, column)
    if text.startswith("template: ") and (steps := list(_STEP.finditer(text))):
        words = text[steps[-1].end() :]
        expression = None
        if executing := _EXECUTING.fullmatch(words):
            expression, words = executing.groups()
        return _executed(steps, expression, words)
    steps = list(_STEP_LINES.finditer(text))
    if steps and steps[0].start() == 0:
        words = " ".join(line.strip() for line in text[steps[-1].end() :].split("\n"))
        return _executed(steps, steps[-1][4], words)
    if text.startswith("rendering template failed: "):
        return plain(text, None, FailureKind.TEMPLATE)
    return None


def _executed(steps: Sequence[re.Match[str]], expression: str | None, words: str) -> HelmMessage:
    """The innermost step that is a file is the place; the message names the expression."""
    while calling := _CALLING.match(words):
        words = words[calling.end() :]
    if missing := _NO_TEMPLATE.fullmatch(words):
        words = missing[1]
    if expression is not None:
        words = f"{words} at <{expression}>"
    if "/" not in steps[-1][1]:
        words = f"{words}, in a text that tpl renders"
    place = next((step for step in reversed(steps) if "/" in step[1]), steps[-1])
    return _placed(words, FailureKind.TEMPLATE, place[1], place[2], place[3])


def _placed(words: str, kind: FailureKind, source: str, line: str | None, column: str | None) -> HelmMessage:
    message = plain(words, in_chart(source), kind)
    if message.file is None or line is None:
        return message
    # text/template counts lines from 1 and columns from 0.
    return message._replace(line=int(line), column=None if column is None else int(column) + 1)
