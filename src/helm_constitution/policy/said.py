"""What the words of a statement say: the text that patterns are matched with, and the parameters in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helm_constitution.core.model import Statement
    from helm_constitution.lint.rule import Rule

_TYPOGRAPHY = str.maketrans({"‐": "-", "‑": "-", "–": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " "})
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def text_of(statement: Statement) -> str:
    """What patterns are matched with: the text with what led to it, typography made plain."""
    text = statement.full_text
    return text if text.isascii() else text.translate(_TYPOGRAPHY)


def said_parameters(rule: Rule, statement: Statement) -> dict[str, int | str]:
    """The parameters that the words of a pinned statement set, the first pattern first."""
    values: dict[str, int | str] = {}
    for matcher in rule.enforces if rule.parameters else ():
        if "(?P<" in matcher.pattern and (found := matcher.search(text_of(statement))):
            values = {**parameters_of(rule, found), **values}
    return values


def parameters_of(rule: Rule, found: re.Match[str]) -> dict[str, int | str]:
    """The named groups that a statement filled, as the rule's parameters want them."""
    values: dict[str, int | str] = {}
    for group, text in found.groupdict().items():
        name = group.rstrip("0123456789").rstrip("_")  # "minimum_2" is another place of "minimum"
        if text is None or name not in rule.parameters:
            continue
        if isinstance(rule.parameters[name].default, str):
            values[name] = text
        elif text.lower() in _NUMBERS:
            values[name] = _NUMBERS.index(text.lower())
        elif text.isascii() and text.isdigit() and len(text) < 10:
            values[name] = int(text)
    return values
