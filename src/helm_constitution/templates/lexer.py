"""Go templates cut into tokens, as text/template/parse/lex.go cuts them, by one regular expression.

Two deviations, neither of which changes which texts are valid templates: adjacent fields (``.Values.image.tag``,
``$.Values.a``) are one token, and words are what Python's ``\\w`` holds, a few exotic numerals more than Go's letters
and digits.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from helm_constitution.core.lazy import LazyPattern

# The kinds of tokens are the numbers of the groups of the expression below.
END, COMMENT, RIGHT, FIELD, WORD, VARIABLE, STRING, PIPE, LEFT_PAREN, RIGHT_PAREN = range(10)
NUMBER, DOT, DECLARE, ASSIGN, RAW_STRING, CHARACTER, COMMA, LEFT, FAULT = range(10, 19)

Token: TypeAlias = tuple[int, int, int]
"""Kind, start and end. The space behind a token is not part of it."""

SPACE = " \t\r\n"
"""What text/template takes for space."""

# Only repeats of single characters are possessive. Where an iteration of a possessive or atomic group fails halfway,
# Python before 3.11.5 continues behind that half instead of before it (gh-100061, gh-106052). So groups repeat
# greedily, and what follows a group can match only behind its last iteration.
_TERMINATOR = r"(?=[ \t\r\n.,|:()]|\}\}|\Z)"
_FIELD = r"\.[^\W0-9]\w*+"
_END_OF_FIELDS = r"(?=[ \t\r\n,|:()]|\}\}|\.(?![^\W0-9])|\Z)"
_TOKENS = LazyPattern(
    rf"""
    (?:
        (\{{\{{(?:-[ \t\r\n])?/\*[^*]*+\*++(?:[^*/][^*]*+\*++)*/(?:[ \t\r\n]-)?\}}\}})
      | (-?\}}\}})
    )[^{{]*+(?:\{{(?!\{{)[^{{]*+)*              # the text up to the next action
  | (?:
        ((?:{_FIELD})+{_END_OF_FIELDS})
      | ([^\W0-9]\w*+{_TERMINATOR})
      | (\$\w*+(?:{_FIELD})*{_END_OF_FIELDS})
      | ("[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*")
      | (\|)
      | (\()
      | (\))
      | ([+-]?\.?[0-9][\w.]*+(?:(?<=[eEpP])[+-][\w.]*+)*(?:[+-](?!\}}\}})[\w.]*)?|[+-][\w.+-]*)  # checked later
      | (\.{_TERMINATOR})
      | (:=)
      | (=)
      | (`[^`]*+`)
      | ('[^'\\\n]*+(?:\\[^\n][^'\\\n]*+)*')
      | (,)
      | (\{{\{{(?!(?:-[ \t\r\n])?/\*)(?:-(?=[ \t\r\n]))?)
      | (.).*+                                    # a fault: nothing behind it counts
    )[ \t\r\n]*+
    """,
    re.VERBOSE | re.DOTALL,
)


def tokens(text: str) -> list[Token]:
    """The tokens of a template; its text is what lies between a RIGHT or COMMENT and the next LEFT or COMMENT.

    A FAULT is a character that no token begins with, or the first one of an unfinished token; nothing is read behind
    it. The list ends with a token END at the text's end.
    """
    result: list[Token] = []
    first = text.find("{{")
    if first >= 0:
        result = [(kind, *match.span(kind)) for match in _TOKENS.finditer(text, first) if (kind := match.lastindex)]
    result.append((END, len(text), len(text)))
    return result
