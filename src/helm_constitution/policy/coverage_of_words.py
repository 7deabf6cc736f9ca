"""What of a statement its rules leave open: the parts of it that none of their patterns speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterable

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.policy.clauses import without_parentheses
from helm_constitution.policy.demand_words import demands

Span = tuple[int, int]

_PART = LazyPattern(r"\s*(?:[,;]\s+(?:and\s+|or\s+|but\s+)?|\s(?:and|plus|as well as)\s)\s*", re.IGNORECASE)
_WORD = LazyPattern(r"[^\W_][\w./:-]*")
_SAYS_NOTHING = frozenset(
    [
        *(
            "the",
            "a",
            "an",
            "be",
            "is",
            "are",
            "of",
            "to",
            "in",
            "on",
            "by",
            "for",
            "with",
            "their",
            "its",
            "it",
            "all",
        ),
        *("each", "every", "where", "when", "possible", "applicable", "default", "defaults", "use", "used", "set"),
        *(
            "have",
            "has",
            "include",
            "define",
            "defined",
            "provide",
            "clear",
            "sensible",
            "so",
            "that",
            "as",
            "at",
            "both",
        ),
        *(
            "least",
            "most",
            "only",
            "must",
            "should",
            "shall",
            "may",
            "not",
            "no",
            "or",
            "and",
            "must not",
            "appropriate",
        ),
        *("explicitly", "proper", "etc", "e.g", "i.e", "such", "any", "them", "they", "these", "this", "from", "other"),
    ]
)


def left_open(text: str, start: int, spans: Iterable[Span]) -> tuple[str, ...]:
    """The parts of a statement that no pattern touches.

    Args:
        text: the statement, with what led to it.
        start: where its own words begin.
        spans: what the patterns matched.
    """
    spans = tuple(spans)
    plain = without_parentheses(text)
    first = next((demand for demand in demands(plain[start:])), None)
    begin = start + first.end if first is not None else start
    edges = [begin]
    for match in _PART.finditer(plain, begin):
        edges += [match.start(), match.end()]
    edges.append(len(plain))
    parts = []
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        words = [word for word in _WORD.findall(plain[begin:end].lower()) if word.strip(".-") not in _SAYS_NOTHING]
        touched = any(low < end and begin < high for low, high in spans)
        if begin == edges[0] and not touched and all(high <= begin for _, high in spans):
            continue  # "Probes MUST be set": what is demanded stands before the word
        if words and not touched and not plain[begin:end].lower().startswith("not "):
            parts.append(text[begin:end].strip(" .,;"))
    return tuple(parts)
