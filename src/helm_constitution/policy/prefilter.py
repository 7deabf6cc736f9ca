"""Tells from a pattern's source which words a text must hold for it to match, without compiling it.

Compiling a regular expression takes a quarter of a millisecond, and the rules have hundreds; most of them are about
things that a given constitution doesn't speak of.
"""

from __future__ import annotations

import re
from functools import cache

from helm_constitution.core.lazy import LazyPattern

_TOKEN = LazyPattern(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?(?:P<\w+>|:|<?[=!]|P=\w+)?|[()|.^$]|[*+?]|\{\d*(?:,\d*)?\}|[^\\\[(){}|.^$*+?]+|.",
    re.DOTALL,
)
_SHORTEST = 3
_FOLDED = str.maketrans({"ı": "i", "İ": "i"})


def folded(text: str) -> str:
    """The text as :func:`needed_words`'s words are looked for in it."""
    return text.lower() if text.isascii() else text.translate(_FOLDED).casefold()


@cache
def needed_words(pattern: str) -> tuple[str, ...] | None:
    """Words of which a (folded) text holds at least one if the pattern, ignoring case, matches it.

    Returns:
        None where no such words can be told; the pattern must be tried then.

    >>> needed_words(r"non-?root|(?:liveness|readiness) probes?")
    ('root', 'liveness', 'readiness')
    """
    tokens = _TOKEN.findall(pattern)
    words, position = _alternatives(tokens, 0)
    return words if position == len(tokens) else None


def _alternatives(tokens: list[str], position: int) -> tuple[tuple[str, ...] | None, int]:
    """The words of what stands up to the closing parenthesis, or the end; all branches must have some."""
    words: list[str] = []
    known = True
    while True:
        branch, position = _sequence(tokens, position)
        if branch is None:
            known = False
        else:
            words.extend(branch)
        if position == len(tokens) or tokens[position] == ")":
            return (tuple(words) if known else None), position
        position += 1


def _sequence(tokens: list[str], position: int) -> tuple[tuple[str, ...] | None, int]:
    """The most telling words of one branch, where it ends."""
    best: tuple[str, ...] | None = None
    length = _SHORTEST - 1
    run = ""
    while position < len(tokens) and tokens[position] not in (")", "|"):
        token = tokens[position]
        position += 1
        inner: tuple[str, ...] | None = None
        literal = ""
        if token[0] == "(":
            if token.startswith("(?P="):
                position += 1
            else:
                inner, position = _alternatives(tokens, position)
                position += 1
                if token in ("(?!", "(?<!", "(?"):
                    inner = None  # what must not be there; "(?" alone sets flags
        elif token[0] == "\\":
            literal = token[1] if not token[1].isalnum() else ""
        elif token[0] not in "[.^$":
            literal = token
        quantifier = tokens[position] if position < len(tokens) and _is_quantifier(tokens[position]) else ""
        if quantifier:
            position += 1
            if position < len(tokens) and tokens[position] in ("?", "+"):
                position += 1  # lazy or possessive
            if quantifier[0] in "*?" or quantifier.startswith(("{0", "{,")):
                inner, literal = None, literal[:-1]
        if literal.isascii():
            run += literal.lower()
        if quantifier or not literal or not literal.isascii():
            if len(run) > length:
                best, length = (run,), len(run)
            run = ""
        if inner and (shortest := min(map(len, inner))) > length:
            best, length = inner, shortest
    if len(run) > length:
        best = (run,)
    return best, position


def _is_quantifier(token: str) -> bool:
    return token in ("*", "+", "?") or (token[0] == "{" and token[-1] == "}")
