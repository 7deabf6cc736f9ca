"""Sentences, and the clauses of a sentence that demand something each by itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Obligation
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.policy.demand_words import Demand, demands, first_demand, opening
from helm_constitution.text.markdown_blocks import MARK

_PARENTHESES = LazyPattern(r"\([^()]*\)")
_SENTENCE_END = LazyPattern(r"[.!?]+[)\]\"'”’*_]*(?=[\s\0])")
_FILE = LazyPattern(r"[\w-]+\.(?:ya?ml|json|tpl|txt|md)\b")
_ABBREVIATION = LazyPattern(r"\b(?:e\.g|i\.e|vs|cf|approx|incl|resp|No|Fig|Sec)\.$")
# Where a clause may begin, the surest first.
_BOUNDARIES = (
    LazyPattern(r"[;|]\s+(?:and\s+|but\s+|or\s+)?|\s[–—-]\s|:\s+"),
    LazyPattern(r",\s+(?:and|but|or|while|whereas|so)\s+"),
    LazyPattern(r"\s(?:and|but|while|whereas)\s+"),
    LazyPattern(r",\s+"),
)
_PRONOUN = LazyPattern(r"(?:they|it|these|those|this|all of them|which)\s+(?=\S)", 2)
_NO_SUBJECT = LazyPattern(r"[\s*_]*(?:(?:also|therefore|then|thus|so|and|but|or)[\s*_]+)*$", 2)
_LIST = LazyPattern(r"(?::|\s[–—])\s+(?=no\s)|:\s+(?=[^:]*[,;]\s+no\s)", 2)
# "no keys, passwords or tokens" is one item; one that demands begins in a way that shows it.
_ITEMS = LazyPattern(
    r"(?:,\s+(?:and\s+|or\s+)?|;\s+(?:and\s+)?|\s+and\s+)(?=(?:no|never|non-?\w+|read-?only|only|always|all|every|drop|use|with)\b)",
    2,
)
_LABELLED = LazyPattern(r"[\s*_]*(?:[*_][^*_]{1,60}[*_]+|\x01+[*_]*)\s*(?::|–|—| - )", 2)
_NO_ITEM = LazyPattern(r"(?:no|never)\b", 2)


class Clause(NamedTuple):
    """A part of a sentence that demands something. ``subject`` stands at the sentence's beginning, where the part has
    none of its own; ``lead`` is where the words before its colon begin and end.
    """

    start: int
    end: int
    demand: Demand
    subject: tuple[int, int] | None = None
    lead: tuple[int, int] | None = None


def sentences(visible: str, start: int = 0) -> Iterator[tuple[int, int]]:
    """Where each sentence begins and ends; the marks behind a sentence belong to it. Code is blanked out already."""
    visible = without_parentheses(visible)
    begin, length = start, len(visible)
    for match in _SENTENCE_END.finditer(visible, start):
        following = match.end()
        while following < length and (visible[following].isspace() or visible[following] == MARK):
            following += 1
        if following == length:
            break
        if (visible[following].islower() and not _FILE.match(visible, following)) or visible[following] in ",;:–—-":
            continue
        if _ABBREVIATION.search(visible[max(begin, match.start() - 8) : match.start() + 1]):
            continue
        yield begin, following
        begin = following
    if begin < length:
        yield begin, length


def without_parentheses(visible: str) -> str:
    """The text with what stands between parentheses blanked out, each position kept."""
    if "(" in visible:
        for _ in range(2):
            visible = _PARENTHESES.sub(lambda part: "\x02" * len(part.group()), visible)
    return visible


def clauses(visible: str, begin: int, end: int, default: Obligation) -> list[Clause]:
    """The clauses of a sentence that demand something, in order; empty where none does.

    Args:
        visible: the block's text, its code blanked.
        begin: where the sentence begins.
        end: where it ends.
        default: the obligation of an imperative.
    """
    sentence = without_parentheses(visible[begin:end])
    found = demands(sentence, default)
    if not found:
        return []
    label = opening(sentence)
    if found[0].forbids and found[0].end < label and (behind := clauses(visible, begin + label, end, default)):
        # "**No blind spots**: Every app must have probes" demands both
        return [Clause(begin, begin + label, _moved(found[0], begin)), *behind]
    kept = [found[0]]
    starts = [0]
    for demand in found[1:]:
        cut = boundary(sentence, kept[-1].end, demand)
        if cut is None and demand.forbids and not kept[-1].forbids and not demand.explicit:
            cut = demand.start  # "kept in a vault never in git"
        if cut is None:
            continue
        kept.append(demand)
        starts.append(cut)
    subject = _subject(sentence, kept[0])
    parts: list[Clause] = []
    for number, demand in enumerate(kept):
        start = starts[number]
        stop = starts[number + 1] if number + 1 < len(kept) else len(sentence)
        needed = subject if number and not demand.imperative and _needs_subject(sentence, start, demand) else None
        if number and demand.imperative and _LABELLED.match(sentence):
            needed = 0, label  # "values.yaml — document each key; group by concern"
        if needed is not None and (pronoun := _PRONOUN.match(sentence, start)):
            start = pronoun.end()
        whose = (begin + needed[0], begin + needed[1]) if needed is not None else None
        parts.append(Clause(begin + start, begin + stop, _moved(demand, begin), whose))
    return [part for clause in parts for part in _with_items(visible, sentence, begin, clause)]


def _moved(demand: Demand, by: int) -> Demand:
    return demand._replace(start=demand.start + by, end=demand.end + by)


def boundary(sentence: str, after: int, demand: Demand) -> int | None:
    """Where the clause of a demand begins, if ``after`` stands in another one; None where both are of one."""
    for pattern in _BOUNDARIES:
        cut = None
        for match in pattern.finditer(sentence, after, demand.start):
            cut = match.end()
        if cut is not None:
            return cut
        last = sentence[max(after, demand.start - 8) : demand.start]
        if last.endswith((", ", "; ", ": ", " and ", " but ", "— ", "– ")):
            return demand.start
    return None


def _subject(sentence: str, demand: Demand) -> tuple[int, int] | None:
    if demand.imperative:
        return None
    start = opening(sentence)
    if start >= demand.start:
        start = 0
    return (start, demand.start) if sentence[start : demand.start].strip(" *_\0") else None


def _needs_subject(sentence: str, start: int, demand: Demand) -> bool:
    if start == demand.start and sentence.startswith("no ", start):
        return False  # "no tabs"
    return _NO_SUBJECT.match(sentence[start : demand.start]) is not None or bool(_PRONOUN.match(sentence, start))


def _with_items(visible: str, sentence: str, begin: int, clause: Clause) -> Iterator[Clause]:
    """A clause as it is, or else its head and the items behind its colon, where one of them is a "no …"."""
    offset = clause.start - begin
    own = sentence[offset : clause.end - begin]
    opened = _LIST.search(own, clause.demand.end - clause.start)
    if opened is None:
        yield clause
        return
    head = (clause.start, begin + offset + opened.start() + 1)
    yield clause._replace(end=head[1])
    edges = [opened.end(), *(match.end() for match in _ITEMS.finditer(own, opened.end()))]
    edges.append(len(own))
    for start, stop in pairwise(edges):
        if not own[start:stop].strip(" .,;*_\0"):
            continue
        first = first_demand(own[start:stop])
        forbids = _NO_ITEM.match(own, start) is not None or (first is not None and first.forbids)
        place = begin + offset + start
        demand = Demand(
            place, place, clause.demand.obligation, forbids or clause.demand.forbids, clause.demand.explicit
        )
        yield Clause(place, begin + offset + stop, demand, lead=head)
