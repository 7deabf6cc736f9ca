"""CEL expressions as text: the names in them, and how one is combined with the variables of its policy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from helm_constitution.core.lazy import LazyPattern

_HIDDEN = LazyPattern(
    r"[bB]?[rR][bB]?(?:"  # raw, where a backslash is one
    r"'{3}[\s\S]*?'{3}"
    r'|"{3}[\s\S]*?"{3}'
    r"|'[^'\n]*'"
    r'|"[^"\n]*")'
    r"|'{3}(?:\\.|[^\\])*?'{3}"
    r'|"{3}(?:\\.|[^\\])*?"{3}'
    r"|'(?:\\.|[^'\\\n])*'"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|//[^\n]*"
)
"""Texts and comments."""
_VARIABLE = LazyPattern(r"(?<![\w.])variables\s*\.\s*([A-Za-z_]\w*)")
_HAS_VARIABLE = LazyPattern(r"(?<![\w.])has\s*\(\s*variables\s*\.\s*([A-Za-z_]\w*)\s*\)")
_FORMAT = LazyPattern(
    r"(?<![\w.])format\s*\.\s*(?:(\w+)\s*\(\s*\)|named\s*\(\s*(\"[^\"\n]*\"|'[^'\n]*')\s*\)\s*\.\s*value\s*\(\s*\))"
    r"\s*\.\s*validate\s*\("
)
_PREFIX = "__variable_"


def without_texts(expression: str) -> str:
    """An expression with blanked-out texts and comments; each character keeps its place.

    >>> without_texts("object.a == 'b.c' // d")
    "object.a == '   '     "
    """
    return _HIDDEN.sub(lambda found: _blank(found.group()), expression)


def _blank(text: str) -> str:
    """A text with its quotes left; a comment is blanked as a whole."""
    if text.startswith("//"):
        return " " * len(text)
    start = min(text.find(quote) for quote in "'\"" if quote in text)
    inner = "".join("\n" if sign == "\n" else " " for sign in text[start + 1 : -1])
    return f"{text[: start + 1]}{inner}{text[-1]}"


def names(expression: str, word: str) -> bool:
    """Whether an expression names a variable or a field path (``request.userInfo``) outside of its texts.

    >>> names("object.authorizer == 'authorizer'", "authorizer"), names("has(request.userInfo.uid)", "request.userInfo")
    (False, True)
    """
    pattern = r"\s*\??\.\s*".join(re.escape(part) for part in word.split("."))
    return re.search(rf"(?<![\w.]){pattern}(?!\w)", without_texts(expression)) is not None


def variables_in(expression: str) -> tuple[str, ...]:
    """The names of the variables that an expression reads.

    >>> variables_in("variables.a + variables.b > variables.a && 'variables.c' != ''")
    ('a', 'b')
    """
    return tuple(dict.fromkeys(found.group(1) for found in _VARIABLE.finditer(without_texts(expression))))


def composed(expression: str, variables: Mapping[str, str]) -> str:
    """An expression with the variables that it reads, each evaluated when first read, as Kubernetes does.

    Args:
        expression: may name ``variables.x``.
        variables: the expressions of the policy's variables, in order; each may read those before it.

    >>> composed("variables.a > 1", {"a": "object.b", "c": "2"})
    'cel.bind(__variable_a, object.b\\n, __variable_a > 1\\n)'
    """
    made = _rewritten(expression)
    read = set(variables_in(expression))
    for name in reversed(list(variables)):
        if name in read:
            read.update(variables_in(variables[name]))
            made = f"cel.bind({_PREFIX}{name}, {_rewritten(variables[name])}\n, {made}\n)"
    return made


def _rewritten(expression: str) -> str:
    """An expression as the library can evaluate it: names for variables, a function for formats."""
    edits = [*_variable_edits(expression), *_format_edits(expression)]
    for start, end, text in sorted(edits, reverse=True):
        expression = expression[:start] + text + expression[end:]
    return expression


def _variable_edits(expression: str) -> Iterator[tuple[int, int, str]]:
    blank = without_texts(expression)
    asked = [found.span() for found in _HAS_VARIABLE.finditer(blank)]
    yield from ((start, end, "true") for start, end in asked)
    for found in _VARIABLE.finditer(blank):
        if not any(start <= found.start() < end for start, end in asked):
            yield found.start(), found.end(), f"{_PREFIX}{found.group(1)}"


def _format_edits(expression: str) -> Iterator[tuple[int, int, str]]:
    """``format.uuid().validate(x)`` returns an optional, which no function written in Python can."""
    blank = without_texts(expression)
    for found in _FORMAT.finditer(expression):
        close = _closing(blank, found.end())
        if close is not None and blank[found.start()] == "f":
            name = f'"{found.group(1)}"' if found.group(1) else found.group(2)
            yield found.start(), found.end(), f"optional.ofNonZeroValue(__validate({name}, "
            yield close, close + 1, "))"


def _closing(blank: str, start: int) -> int | None:
    """The place of the parenthesis that closes the one before ``start``."""
    depth = 1
    for place in range(start, len(blank)):
        depth += {"(": 1, ")": -1}.get(blank[place], 0)
        if depth == 0:
            return place
    return None
