"""Where a statement means the opposite of its polarity: "Block hostPath", "not without limits", "privileged: false"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.policy.demand_words import demands, opening

Span = tuple[int, int]

_REFUSES = (
    r"(?:block|den(?:y|ies)|disable|disallow|forbid|prohibit|prevent|reject|refuse|ban|eliminate|remove|omit|skip|"
    r"(?:turn|switch) off|opt out of|flag|call out)(?:s|ing)?"
)
_DENIED = r"(?:blocked|denied|disabled|rejected|refused|prevented|removed|(?:turned |switched )?off)"
# Verbs count where they are what is demanded; behind "to" or "that" they only tell what something is for.
_VERB = LazyPattern(
    rf"[\s*_]*(?:(?:also|explicitly|always|strictly|be able to)\s+)?{_REFUSES}\b(?! by default)", re.IGNORECASE
)
_NEXT = LazyPattern(rf"(?:,|;|\band|[—–]| - )\s+(?=(?:and\s+)?{_REFUSES}\b)(?:and\s+)?", re.IGNORECASE)
_AVOID = LazyPattern(r"(?:,|\band)\s+avoid(?:ing)?\b", re.IGNORECASE)
_LACK = LazyPattern(
    r"\b(?:without|missing|lacking|lacks?(?: of)?|absence of|omit(?:s|ting)?|skip(?:s|ping)?|with no|instead of|"
    r"rather than|(?:ensur\w+|verif\w+|check\w*|confirm\w*|validat\w+)(?: that)? no)\b",
    re.IGNORECASE,
)
_ENDS = LazyPattern(
    r"[;|()—–]|:(?!\w)| - |\.(?:\s|$)|\b(?:with(?!out)|using|via|by|through|unless|except|because|so|which|that|where|"
    r"when|for|must|should|shall|may|is|are|in order)\b|\bto\s+(?!be\b)[a-z]",
    re.IGNORECASE,
)
_FALSE = LazyPattern(
    r"[\w.\[\]/-]+\s*(?::|=+| (?:is |be )?(?:set )?to)\s*(?:false|off|none)\b"
    r"|[\w.\[\]/-]+ (?:must|should|shall|is|are)(?: always)?(?: be)? (?:false|off)\b",
    re.IGNORECASE,
)
_TAIL = LazyPattern(
    rf"(?:must|should|shall|is|are)(?: not| never)?(?: be)?(?: \w+ly| always| also)? {_DENIED}\b"
    rf"|(?<=[a-z]) {_DENIED}(?=[\s.;,]*$)",
    re.IGNORECASE,
)
_CLAUSE = LazyPattern(r"[,;:|—–]\s")
_EXCEPTED = LazyPattern(
    r"\b(?:except(?:ing)?(?: for)?|excluding|apart from|other than|but (?:not|no|never|don['’]t|do not)"
    r"|(?:but|though|although|while|whereas)(?=[^,;.()]{1,60}?"
    r"(?:\b(?:is|are) not|\b(?:is|are)n['’]t|\bneed(?: not|n['’]t)|\b(?:do|does)(?: not|n['’]t) need"
    r"|\b(?:is|are|remains?) optional)\b))\s+(?=\S)",
    re.IGNORECASE,
)
_EXCEPTION_ENDS = LazyPattern(r"[,;()—–]|\.(?:\s|$)")


def turned(text: str, start: int, *, lacks: bool = False) -> list[Span]:
    """The stretches of a statement in which its polarity is the other one, in order.

    Args:
        text: the statement, with what led to it.
        start: where its own words begin.
        lacks: whether its first word means that the rest is missing.

    >>> [text[a:b] for text in ["Pods MUST NOT run without limits."] for a, b in turned(text, 0)]
    [' limits']
    """
    edges: dict[int, int] = {}

    def turn(begin: int, end: int) -> None:
        if begin < end:
            edges[begin] = edges.get(begin, 0) + 1
            edges[end] = edges.get(end, 0) + 1

    heads = list(_heads(text, start))
    for head in heads:
        turn(head, _scope(text, head))
    first = _first_word_end(text, start)
    if lacks:
        turn(first, _scope(text, first))
    for match in _LACK.finditer(text, first if lacks else start):
        if match.end() not in heads:
            turn(match.end(), _scope(text, match.end()))
    for match in _FALSE.finditer(text, start):
        turn(*match.span())
    for match in _TAIL.finditer(text, start):
        cuts = [cut.end() for cut in _CLAUSE.finditer(text, start, match.start())]
        turn(cuts[-1] if cuts else start, match.start())
    spans: list[Span] = []
    level, begin = 0, 0
    for edge in sorted(edges):
        if level % 2:
            spans.append((begin, edge))
        level, begin = level + edges[edge], edge
    return spans


def excepted(text: str, start: int) -> list[Span]:
    """The stretches of a statement that name what it does not demand, in order.

    Args:
        text: the statement, with what led to it.
        start: where its own words begin.

    >>> text = "Set requests and limits, except for CPU limits."
    >>> [text[a:b] for a, b in excepted(text, 0)]
    ['CPU limits']
    """
    spans = []
    for match in _EXCEPTED.finditer(text, start):
        end = _EXCEPTION_ENDS.search(text, match.end())
        spans.append((match.end(), end.start() if end is not None else len(text)))
    return spans


def _heads(text: str, start: int) -> Iterator[int]:
    """Where each verb ends that refuses what follows it."""
    places = {start, start + min(opening(text[start:]), len(text) - start)}
    places.update(start + demand.end for demand in demands(text[start:]) if not demand.imperative)
    places.update(match.end() for match in _NEXT.finditer(text, start))
    ends = {match.end() for place in places if (match := _VERB.match(text, place)) is not None}
    ends.update(match.end() for match in _AVOID.finditer(text, start))
    yield from sorted(ends)


def _first_word_end(text: str, start: int) -> int:
    word = re.compile(r"\W*\w+").match(text, start)
    return word.end() if word is not None else start


def _scope(text: str, begin: int) -> int:
    end = _ENDS.search(text, begin)
    return end.start() if end is not None else len(text)


def masked(text: str, spans: list[Span], *, inside: bool) -> str:
    """The text with all blanked out but the spans (or only them), each position kept."""
    kept: list[str] = []
    done = 0
    for begin, end in [*spans, (len(text), len(text))]:
        kept.append(" " * (begin - done) if inside else text[done:begin])
        kept.append(text[begin:end] if inside else " " * (end - begin))
        done = end
    return "".join(kept)
