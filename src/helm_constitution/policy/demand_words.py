"""The words of a sentence that demand something: which obligation they give, and whether they forbid.

RFC 2119's words count in any case where they demand ("must be set"), not where they describe ("the required values").
Other words with the same meaning count too (forbidden, never, mandatory), "no …" and the imperative.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Obligation
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.policy.verbs import BOTH, IMPERATIVES, NOUNS, VERBS

_MUST, _SHOULD, _MAY = Obligation.MUST, Obligation.SHOULD, Obligation.MAY


class Demand(NamedTuple):
    """Words that demand. ``explicit`` is a keyword in capitals, which counts also where its list demands otherwise;
    ``imperative`` is a verb that begins a sentence, which has no obligation and no subject of its own."""

    start: int
    end: int
    obligation: Obligation
    forbids: bool
    explicit: bool = False
    imperative: bool = False


_WORDS = {
    "must": (_MUST, False),
    "shall": (_MUST, False),
    "should": (_SHOULD, False),
    "may": (_MAY, False),
    "required": (_MUST, False),
    "mandatory": (_MUST, False),
    "obligatory": (_MUST, False),
    "compulsory": (_MUST, False),
    "recommended": (_SHOULD, False),
    "encouraged": (_SHOULD, False),
    "preferred": (_SHOULD, False),
    "optional": (_MAY, False),
    "forbidden": (_MUST, True),
    "non-compliant": (_MUST, True),
    "noncompliant": (_MUST, True),
    "prohibited": (_MUST, True),
    "disallowed": (_MUST, True),
    "banned": (_MUST, True),
    "unacceptable": (_MUST, True),
    "discouraged": (_SHOULD, True),
    "never": (_MUST, True),
    "always": (_MUST, False),
    "allowed": (_MAY, False),
    "permitted": (_MAY, False),
    "acceptable": (_MAY, False),
}
_DENIED: dict[str, tuple[Obligation, bool] | None] = {
    "required": (_MAY, False),
    "mandatory": (_MAY, False),
    "obligatory": (_MAY, False),
    "compulsory": (_MAY, False),
    "recommended": (_SHOULD, True),
    "encouraged": (_SHOULD, True),
    "preferred": (_SHOULD, True),
    "optional": (_MUST, False),
    "allowed": (_MUST, True),
    "permitted": (_MUST, True),
    "acceptable": (_MUST, True),
}
"""What "NOT REQUIRED" and the like say; the others say nothing where they are denied."""

_MODALS = ("must", "shall", "should")
KEYWORDS = ("MUST", "SHALL", "REQUIRED", "SHOULD", "RECOMMENDED", "MAY", "OPTIONAL")
_LOUD = frozenset((*KEYWORDS, "FORBIDDEN", "PROHIBITED", "DISALLOWED", "BANNED", "MANDATORY", "NEVER", "ALWAYS"))
_NOT = r"(?:n['’]t\b|[\s*_]+(?:also\s+)?(?:not|never)\b(?![\s*_]+only\b)|\s+(?:be\s+avoided|avoid|refrain)\b)"
# No keyword is a part of another word or identifier, nor one in quotes (the key words "MUST", "SHOULD" … of RFC 2119).
_WORD = LazyPattern(
    r"(?<![A-Za-z0-9\"'“‘-])(?<![A-Za-z0-9]_)(?:(?P<pre>not)[\s*_]+(?:\w+ly[\s*_]+)?)?"
    rf"(?P<word>{'|'.join(_WORDS)})(?!(?!n['’]t\b)[A-Za-z0-9-]|_[A-Za-z0-9])(?P<neg>{_NOT})?"
    r"|(?<!\w)(?P<verb>requires?|warrants?|needs? to|has to|have to|ought to)(?!\w)(?P<neg2>\s+not\b)?",
    re.IGNORECASE,
)
# "must be forbidden", "is strictly forbidden": one demand.
_SAME_VERB = LazyPattern(r"[\s*_]*(?:(?:be|also|strictly|explicitly|ever|always|been|are|is)[\s*_]*)*", re.IGNORECASE)
_DESCRIBED = LazyPattern(
    r"(?:\b(?:is|are|be|being|remains?|stays?|was|were)\s+(?:\w+ly\s+|always\s+|also\s+)?|[:|(–—]\s*|^[\s*_]*)$",
    re.IGNORECASE,
)
_DEMANDED_OF = LazyPattern(
    r"[*_]*\s*(?:for\s+(?:all|every|each|any)\b|on\s+(?:all|every|each)\b|in\s+(?:all|every|each)\b|[.;|)!]|$)"
)
_IF = LazyPattern(r"\b(?:if|when|where|as|whenever|unless|once|wherever)\s*$", re.IGNORECASE)
_SUBORDINATE = LazyPattern(
    r"\b(?:that|which|who|whose|what|whatever|whether|if|when|where|whenever|unless|because|since|until|than)\b[^,;:.]*$",
    re.IGNORECASE,
)
# "Containers that run as root must …": the clause behind "that" has its verb already.
_RELATIVE = LazyPattern(
    r"(?<!\bmeans )(?<!\bsays )(?<!\bso )(?<!\bsuch )(?<!\bknow )(?<!\bclear )(?<!\btrue )(?<!\bassume )"
    r"\b(?:that|which|who)\s+(?:\S+\s+){2,}(?:(?:is|are|be)\s+(?:\w+ly\s+)?)?$",
    re.IGNORECASE,
)
_IF_FIRST = LazyPattern(r"[\W_]*(?:if|when|whenever|where|once|unless)\b.{12}", re.IGNORECASE)
_WHOM = LazyPattern(r"\b(?:you|we|they|one)\s*$", re.IGNORECASE)
_NOTE = LazyPattern(r"^[\W_]*(?:please\s+)?(?:note|remember|be aware)\s+that\b", re.IGNORECASE)
_NOTHING = LazyPattern(
    r"[*_\s]*(?:(?:under|in)\s+no|no|none|neither|nothing|nobody|never)\b(?:(?!\s-\s)[^:,;–—])*$", re.IGNORECASE
)
_ONLY = LazyPattern(r"\bonly\b[^,;]*$", re.IGNORECASE)
_HEDGED = LazyPattern(r"\b(?:almost|nearly|not|nor|has|have|had|is|are)\s*$", re.IGNORECASE)
_STATUS = LazyPattern(r"\b[45]\d\d[\s*_]*$")  # "403 Forbidden"
_A_WORD = LazyPattern(r"\b(?:an?|the)\s*$", re.IGNORECASE)

# What may stand before the first word of a sentence: a number, an emoji, a label ("**Secrets**:", "K-001 |").
OPENING = LazyPattern(
    r"(?:[^\w\x01(]|_)*(?:\d+(?:\.\d+)*[.)]\s+)?(?:[A-Z]{1,4}-?\d{1,4}\s*[|:.]\s*)?[^\w\x01(]*"
    r"(?:(?<=[*_])[^*_\n|]{1,60}?(?::[*_]+|[*_]+[\s\0]*(?:\([^()]*\)[\s\0]*)?(?::|–|—|-\s|→))[^\w\x01(]*"
    r"|(?P<plain>[A-Z][\w/&.-]{0,20}(?:,? [\w/&.-]{1,20}){0,3})[\s\0]*:\s+[^\w\x01(]*)?"
)
_NO = LazyPattern(
    r"(?:no|none of|neither|zero)\b(?![-:,.]|\s+(?:op|one|longer|matter|exceptions?|need|doubt)\b)", re.IGNORECASE
)
_DONT = LazyPattern(
    r"(?P<hard>(?:do|does|did)[\s*_]+not\b|don['’]t\b|cannot\b|must\s+not\b|absolute\s+prohibition\b|prohibition\s+of\b)"
    r"|(?P<soft>avoid\b|refrain\b)",
    re.IGNORECASE,
)
_OBJECT = LazyPattern(
    r"[*_]*\s+[*_]*(?:the|an?|all|any|each|every|only|both|no|one|its|their|your|it|them|this|these|at|to|as|in|into|"
    r"with|for|up|on|against|before|after|from|by|and|or|explicit|specific|standard|appropriate|\w+ly)\b|"
    r"[*_]*\s+[\x01`]|"
    r"[*_]*\s*[/,]\s*\w+",
    re.IGNORECASE,
)
_THING = LazyPattern(
    r"[*_]*\s+[*_]*(?:the|an?|all|any|each|every|only|both|no|its|their|your|it|them|this|these|\w+ly)\b"
    r"|[*_]*\s+[\x01`]",
    re.IGNORECASE,
)
_FINITE = LazyPattern(
    r"\b(?:is|are|was|were|has|have|had|does|do(?! not)|can|will|would|could|go(?:es)?|lives?|stands?)\b", re.IGNORECASE
)
CONDITION = LazyPattern(
    r"(?:when(?:ever)?|if|before|after|once|where(?:ver)?|until|for|in|on|during)\b[^,;:.]{3,160},\s+(?:then\s+)?",
    re.IGNORECASE,
)
_BREAK = LazyPattern(r"[;:,–—]| - ")
_DASH = LazyPattern(r" (?:[—–]|->?|→) ")
_CONTRAST = LazyPattern(r"\b(?:but|yet|however,?|though)\s+(?=(?:do[\s*_]+not|don['’]t|avoid|no)\b)", re.IGNORECASE)
"""Before what a sentence refuses after it demanded something: "set requests but do not set CPU limits"."""
_SEGMENT = LazyPattern(r"; | (?:[—–]|->?|→) |, (?=no )")
_FIRST = LazyPattern(r"[A-Za-z]+")
_LED = LazyPattern(r"[^A-Za-z\x01]*(?P<verb>[A-Za-z]+)\s+\S")
"""A label that begins as a demand does: "**Require owners** - whom to ask"."""
_LEADING = VERBS | {"block", "drop", "limit", "lint", "pin", "run", "scan", "set", "use"}
_DASHED = LazyPattern(r"[*_]\s*(?:[–—→]|-)\s*$")
_MARKUP = " *_:\n\0"
_SOFT = {"prefer": _SHOULD, "favor": _SHOULD, "favour": _SHOULD, "consider": _SHOULD, "try": _SHOULD, "aim": _SHOULD}


def opening(text: str) -> int:
    """Where the first word of a sentence begins, after its number and label."""
    match = OPENING.match(text)
    if match is None:
        return 0
    word = _FIRST.search(match["plain"] or "")
    if word is not None and (word.group().lower() in VERBS or word.group() in ("Use", "Set")):
        return match.start("plain")  # "Keep secrets safe: …"
    return match.end()


def first_demand(text: str, default: Obligation = _MUST) -> Demand | None:
    """What the first words of a sentence demand: "no …", "do not …", "avoid …" or an imperative.

    Args:
        text: a sentence, its code blanked.
        default: the obligation of an imperative, which has none of its own.
    """
    start = opening(text)
    if not text[start:].strip(_MARKUP) and (match := _FIRST.search(text)):
        start = match.start()  # "**Drop all capabilities:**" is no label: it says all there is
    if condition := CONDITION.match(text, start):
        start = _behind_condition(text, condition.end())
    if (
        (label := _LED.match(text[:start].rstrip(" *_")))
        and _DASHED.search(text[:start])
        and label["verb"].lower() in _LEADING
    ):
        return Demand(label.start("verb"), label.end("verb"), default, False, imperative=True)
    for begin in (len(text) - len(text.lstrip(" *_\0[\"'✅❌•-")), start):
        if match := _NO.match(text, begin):
            return Demand(begin, match.end(), default, True)
        if match := _DONT.match(text, begin):
            return Demand(begin, match.end(), default if match["hard"] else min(default, _SHOULD), True)
    match = _FIRST.match(text, start)
    word = match.group().lower() if match is not None else ""
    if match is None:
        return None
    if word in _SOFT:
        return Demand(start, match.end(), min(default, _SOFT[word]), False, imperative=True)
    if word not in IMPERATIVES or text[match.end() : match.end() + 1] in ("-", "'", "’", ":", "("):
        return None
    if word in NOUNS and not _THING.match(text, match.end()):
        return None
    if word in BOTH and not _OBJECT.match(text, match.end()) and _FINITE.search(text, match.end()):
        return None
    return Demand(start, match.end(), default, False, imperative=True)


def _behind_condition(text: str, start: int) -> int:
    """Where the clause behind a condition begins: "When removing, renaming or moving an app, search …"."""
    begin = start
    for _ in range(3):
        word = _FIRST.match(text, begin)
        if word is not None and word.group().lower() in IMPERATIVES:
            return begin
        comma = text.find(", ", begin)
        if comma < 0 or comma > start + 160:
            break
        begin = comma + 2
    return start


def demands(text: str, default: Obligation = _MUST) -> list[Demand]:
    """Every place of a sentence that demands something, in order; words of one verb group are one place.

    Args:
        text: a sentence, its code and the parentheses' contents blanked.
        default: the obligation of an imperative.
    """
    found = _without_contrasts(text, default)
    return _with_contrasts(text, found, default) if found else found


def _without_contrasts(text: str, default: Obligation) -> list[Demand]:
    found = [demand for demand in _words(text) if demand is not None]
    if "; " in text or _DASH.search(text) or ", no " in text:
        found = _with_segments(text, found, default)
    first = first_demand(text, default)
    if first is None or (found and found[0].start <= first.end):
        return found
    noun = text[first.start : first.end].lower() in BOTH and not _OBJECT.match(text, first.end)
    said = text[found[0].start : found[0].end].lower() if found else ""
    if noun and found and said not in ("never", "always") and not _BREAK.search(text, first.end, found[0].start):
        return found  # "Upgrade notes SHOULD …"
    if found and first.forbids and _NOTHING.match(text[first.start : found[0].start]):
        return found  # "No container MAY …": the keyword's own polarity says it
    return [first, *found]


def _with_segments(text: str, found: list[Demand], default: Obligation) -> list[Demand]:
    """Adds what the parts behind a semicolon or a dash demand by their first words, and "no …" behind a comma."""
    all_of = list(found)
    cuts = [match.end() for match in _SEGMENT.finditer(text)]
    tells = _FINITE.search(text) is not None
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        if any(start <= demand.start < end for demand in all_of):
            continue
        first = first_demand(text[start:end], default)
        behind = text[start - 2]
        if first is None or (behind == "," and (tells or ":" in text[:start])):
            continue
        word = text[start + first.start : start + first.end].lower()
        is_remedy = word in BOTH and any(demand.forbids for demand in found)
        is_verb = is_remedy or word in VERBS or word == "use" or _THING.match(text, start + first.end) is not None
        if behind != ";" and not first.forbids and not is_verb:
            continue  # what stands behind a dash is more often an explanation
        all_of.append(first._replace(start=first.start + start, end=first.end + start))
    return sorted(all_of)


def _with_contrasts(text: str, found: list[Demand], default: Obligation) -> list[Demand]:
    """Adds what the parts behind "but" and the like refuse by their first words."""
    refused = []
    for start in (match.end() for match in _CONTRAST.finditer(text)):
        first = first_demand(text[start:], default)
        if first is not None and first.forbids and not any(demand.start == start + first.start for demand in found):
            refused.append(first._replace(start=start + first.start, end=start + first.end))
    return sorted([*found, *refused]) if refused else found


_TOKEN = LazyPattern(r"[a-z]+")
_MORE = "mustn shouldn compliant require requires warrant warrants needs need has have ought"
_TOKENS = frozenset((*_WORDS, *_MORE.split()))


_TURNING = _TOKENS | frozenset(
    ("no", "none", "neither", "zero", "not", "do", "don", "does", "did", "cannot", "avoid", "refrain", "prohibition")
)


def is_plain(text: str) -> bool:
    """Whether a sentence surely has no words that demand but an imperative's: what a label demands is all of it."""
    return "; " not in text and _TURNING.isdisjoint(_TOKEN.findall(text.lower()))


def _words(text: str) -> Iterator[Demand | None]:
    last: Demand | None = None
    if _TOKENS.isdisjoint(_TOKEN.findall(text.lower())):
        return  # far quicker than the pattern, and most sentences have none of them
    for match in _WORD.finditer(text):
        demand = _verb(match, text) if match["verb"] else _keyword(match, text)
        if demand is None:
            continue
        if last is not None and _SAME_VERB.fullmatch(text, last.end, demand.start):
            forbids = last.forbids or demand.forbids
            last = last._replace(end=demand.end, forbids=forbids, explicit=last.explicit or demand.explicit)
            continue
        yield last
        last = demand
    yield last


def _is_subordinate(before: str) -> bool:
    """Whether what follows stands in a clause with "if", "that" or the like; "If it breaks you must …" is the other."""
    clause = _SUBORDINATE.search(before)
    if clause is None or (_WHOM.search(before) and _IF_FIRST.match(before)):
        return False
    return _RELATIVE.search(before, max(0, clause.start() - 8)) is None


def _verb(match: re.Match[str], text: str) -> Demand | None:
    """ "requires", "needs to": a demand in a main clause only, and where it isn't denied."""
    before = text[: match.start()]
    before = _NOTE.sub("", before)
    if _is_subordinate(before) or re.search(r"(?:\bnot|n['’]t|\bto|\bwould|\bcan|\bwill)[\s*_]*$", before):
        return None
    if not re.search(r"\w", before):
        return None  # an imperative, or a heading's "Requires:"
    return Demand(match.start(), match.end(), _MUST, bool(match["neg2"]))


def _keyword(match: re.Match[str], text: str) -> Demand | None:
    word = match["word"]
    name = word.lower()
    before = text[: match.start()]
    before = _NOTE.sub("", before)
    loud = word.isupper() and word in _LOUD
    start, end = match.span()
    if name in ("allowed", "permitted", "acceptable"):
        if match["pre"] or _NOTHING.match(before):
            return Demand(start, end, _MUST, True, loud)
        return Demand(start, end, _MUST, False, loud) if _ONLY.search(before) else None
    if match["pre"]:
        said = _DENIED.get(name)
        if said is None or (not loud and said[0] is _MAY):
            return None
        return Demand(start, end, *said, loud)
    obligation, forbids = _WORDS[name]
    forbids = forbids or bool(match["neg"]) or _NOTHING.match(before) is not None
    if name == "may":
        only = re.match(r"[\s*_]+only\b", text[end:], re.IGNORECASE) is not None
        if forbids or only:
            return Demand(start, end, _MUST, forbids, loud)
        return Demand(start, end, _MAY, False, loud) if loud else None
    if loud:
        return Demand(start, end, obligation, forbids, True)
    if (_A_WORD.search(before) and name != "always") or not _demands(name, match, text, before):
        return None
    return Demand(start, end, obligation, forbids)


def _demands(name: str, match: re.Match[str], text: str, before: str) -> bool:
    """Whether a word in lower case demands where it stands."""
    forbidding = _WORDS[name][1]
    if name in _MODALS:
        return not _is_subordinate(before)
    if name == "optional":
        return False
    if name in ("never", "always"):
        hedged = _HEDGED.search(before) if name == "always" else re.search(r"\b(?:has|have|had)\s*$", before)
        return not hedged and not _is_subordinate(before)
    if _IF.search(before) or (forbidding and _STATUS.search(before)):
        return False
    if name in (
        "mandatory",
        "non-compliant",
        "noncompliant",
        "forbidden",
        "prohibited",
        "disallowed",
        "banned",
        "unacceptable",
        "discouraged",
    ):
        return not _is_subordinate(before)
    if _is_subordinate(before):
        return False
    if _DESCRIBED.search(before):
        return not re.match(r"[\s*_]+by\b", text[match.end() :])
    return name == "required" and _DEMANDED_OF.match(text, match.end()) is not None and bool(before.strip(" *_"))
