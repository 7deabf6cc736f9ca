"""Sentences that look like demands and are not understood: in another language, or without a word that demands."""

from __future__ import annotations

import re

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.policy.demand_words import opening

FOREIGN = "not in English"
INTRODUCES = "in an introduction only MUST, SHOULD and MAY in capitals demand"
TITLE = "a heading is no statement; write it below"
VAGUE = "no word says whether it is demanded"

_ENGLISH_TEXT = """
the of to and for with be is are on by or not all every each must should shall from at that this it its use
only never when as into than which if have has their they we our you your but can will any through where these
"""
_ENGLISH = frozenset(_ENGLISH_TEXT.split())
_OTHER_TEXT = """
der das und nicht muss müssen darf dürfen soll sollen sollte sollten kein keine keinen keiner werden wird mit
für auf ist sind nur immer niemals nie verboten erforderlich verpflichtend müssen sein eine einen het een moet
moeten mag niet zijn altijd nooit verboden verplicht voor wordt worden geen le les une doit doivent est sont
avec dans pour être jamais toujours interdit interdite interdits obligatoire obligatoires et aux ne pas el los
las una debe deben para por sin nunca siempre prohibido prohibidos prohibida obligatorio ser y esta não deve
devem com sempre proibido proibidos obrigatório os são uma il gli devono essere vietato obbligatorio sono
della mai musi muszą nie jest są zawsze nigdy musí nesmí vždy skal ska måste får inte aldrig och og ikke
alltid zorunlu olmalı olmalıdır asla
"""
_OTHER = frozenset(_OTHER_TEXT.split())
_WORD = LazyPattern(r"[^\W\d_]+")
_SPLIT = LazyPattern(r"[^\w]+")
_BEGINS_BROADLY = LazyPattern(
    r"(?:all|every|each|any|only|both|one \w+ per|a single|exactly|at least|at most|minimum|maximum|everything|nothing|"
    r"nobody)\b",
    re.IGNORECASE,
)
_PASSIVE = LazyPattern(
    r"\b(?:is|are|gets?) (?:\w+ly |only |always )?(?:\w+ed|built|kept|set|run|written|driven|given|made|held|sealed)\b"
    r"(?: |\W*$)|\bcan(?:not|['’]t)\b|\bcan not\b|\bonly\b",
    re.IGNORECASE,
)
_PERMITS = LazyPattern(r"[\W_]*(?:permitted|allowed|optional)\b", re.IGNORECASE)
_TELLS = LazyPattern(
    r"(?:this|that|these|those|it|they|because|rationale|since|we|our|there|such|here|see|when reading|for example|"
    r"e\.g|without|why|note|what|how)\b",
    re.IGNORECASE,
)


def is_foreign(text: str) -> bool:
    """Whether a text is written in another language than English, judging by its words.

    >>> is_foreign("Container dürfen nicht als root laufen.")
    True
    """
    if text.isascii() and _OTHER.isdisjoint(_SPLIT.split(text.lower())):
        return False
    words = [word.lower() for word in _WORD.findall(text)]
    letters = sum(map(len, words))
    if letters and not text.isascii():
        latin = sum(1 for word in words for sign in word if sign < "\u0250")
        if latin * 2 < letters:
            return True
    other = sum(word in _OTHER for word in words)
    return other > 0 and other > sum(word in _ENGLISH for word in words)


def permits(text: str) -> bool:
    """Whether a sentence is labelled as something that may be done."""
    return _PERMITS.match(text) is not None


def tells(text: str) -> bool:
    """Whether a sentence begins as one that only informs: "This rule covers …", "See …"."""
    return _TELLS.match(text, opening(text)) is not None


def why_unclear(text: str, *, in_list: bool) -> str | None:
    """Why a sentence without a word that demands may be one all the same; None where it only informs.

    Args:
        text: the sentence, its code blanked.
        in_list: whether it is a list item, which in a list of rules needs no verb at all.
    """
    if is_foreign(text):
        return FOREIGN
    words = text[opening(text) :]
    if permits(text) or text.rstrip(" *_\0").endswith("?"):
        return None
    if in_list:
        return VAGUE if len(_WORD.findall(text)) > 1 and not _TELLS.match(words) else None
    if _TELLS.match(words) or words.rstrip(" *_\0").endswith(":"):
        return None
    return VAGUE if _BEGINS_BROADLY.match(words) or _PASSIVE.search(words) else None
