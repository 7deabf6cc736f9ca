"""The statements of one block, before they are put into words: where each begins, what it demands, what it follows."""

from __future__ import annotations

import re

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Obligation, RulePin
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.policy.clauses import Clause, boundary, clauses, sentences
from helm_constitution.policy.demand_words import CONDITION, Demand, demands, is_plain, opening
from helm_constitution.policy.sections import Role
from helm_constitution.policy.unclear import INTRODUCES, is_foreign, permits, tells, why_unclear
from helm_constitution.policy.verbs import BOTH, VERBS

LABEL = LazyPattern(
    r"[*_]*(?:(?P<pre>NOT) )?(?P<word>MUST|SHALL|REQUIRED|SHOULD|RECOMMENDED|MAY|OPTIONAL|FORBIDDEN|PROHIBITED|NEVER|"
    r"ALWAYS|MANDATORY)(?P<neg> (?:NOT|NEVER))?[*_]*(?: *\([^()]*\)[*_]*)? *"
    r"(?::[*_]*(?![^\s\0])|(?=[\s\0]*$))\s*"
)
ASIDE = LazyPattern(
    r"[\W_]*?(?:(?P<mark>\*\*|__|\*|_)(?:rationale|important|why|examples?|evidence|background|history|motivation|refs?"
    r"|references|see also|further reading)\s*"
    r"(?:\([^()]*\)\s*)?[:.!]?(?P=mark)"
    r"|(?:rationale|important|why|example|evidence|background|history|motivation|refs|references|see also)"
    r"\s*(?:\([^()]*\)\s*)?[:–—])",
    re.IGNORECASE,
)
_NEGATED = LazyPattern(r"[*_\s]*(?:never|not(?!\s+only)|no|do\s+not|don['’]t|avoid|refrain)\b(?![-:])", re.IGNORECASE)
_NO = LazyPattern(r"no\b", re.IGNORECASE)
_REFUSES = LazyPattern(r"(?:flag|call out|reject)\b", re.IGNORECASE)
"""What is done about an item of what is forbidden: "Flag hardcoded names" is no bad practice."""
_IS_NOT = LazyPattern(r"\b(?:is|are|was|were|does|do|will) (?:not|never)\b(?! only)", re.IGNORECASE)
_CROSSED = LazyPattern(r"[\s*_]*[❌🚫⛔✗✘](?!.*[✅✔])", re.DOTALL)
_LACK = LazyPattern(r"[^\w\x01]*(?:no|missing|lack(?:ing)?(?: of)?|absence of|absent|without|un\w+ed)\b", re.IGNORECASE)
_TITLE = LazyPattern(r"\W*[A-Z]\S*(?:\s+(?:[A-Z]\S*|and|or|of|for|the|a|in|to|on|with|not))*\W*")
_EVERYWHERE = LazyPattern(
    r".*\b(?:on|for|in|per|to) (?:every|all|each)\b"
    r"|\W*(?:every|all|each) .*\b(?:has|have|uses?|carry|carries|includes?|declares?|defines?|sets?|runs?|keeps?)\b",
    re.IGNORECASE | re.DOTALL,
)
_EVERY = LazyPattern(r"\W*(?:every|each|all)\s+\S+\s+(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_WORD = LazyPattern(r"[a-z]+(?=(?P<object>\s+(?:its|their|the|an?|no|only)\b)?)")
_DOES = VERBS | {"run", "set", "use", "get", "pass"}
_BOLD = LazyPattern(r"\s*\*\*[^*]+[^*:]\*\*[.\s\0]*")
_RFC = LazyPattern(r"\b(?:RFC[ -]?(?:2119|8174)|BCP[ -]?14)\b")
_MODAL = LazyPattern(r"(?:must|shall|should)\b", re.IGNORECASE)
_FINITE = LazyPattern(r"(?!\W*(?:all|every|each|no)\b).*\b(?:is|are|was|were)\b", re.IGNORECASE | re.DOTALL)


_ASIDE_BEGINS = frozenset("rwiebhmsfRWIEBHMSF")


def is_aside(text: str) -> bool:
    """Whether a text is labelled as an explanation: "Rationale:", "*Example*"."""
    first = text[:1]
    if first.isalpha() and first not in _ASIDE_BEGINS:
        return False
    return not text.startswith(("**MUST", "**SHOULD")) and ASIDE.match(text) is not None


class Draft:
    """A statement in the making: where its text is in the block, and the pins behind it. ``subject`` is where the
    words stand that go before it, ``lead`` where the words do that it follows as an item does."""

    __slots__ = (
        *("end", "forbids", "inherited", "is_part", "lacks", "lead", "obligation", "pins", "sentence", "start"),
        "subject",
    )

    def __init__(self, start: int, end: int, obligation: Obligation, forbids: bool, *, inherited: bool = False) -> None:
        self.start = start
        self.end = end
        self.obligation = obligation
        self.forbids = forbids
        self.inherited = inherited
        self.is_part = False
        self.lacks = False
        self.sentence = start
        self.subject: tuple[int, int] | None = None
        self.lead: tuple[int, int] | None = None
        self.pins: list[RulePin] | None = None


def _tells_of_each(text: str) -> bool:
    """Whether a sentence tells what each thing of a kind does: "Every changed chart increments its version"."""
    match = _EVERY.match(text)
    if match is None or text.rstrip(" *_\0").endswith((":", "?")):
        return False
    ending = "" if text.lstrip(" *_").lower().startswith("all") else "s"
    for word in _WORD.finditer(match["rest"]):
        stem = word[0].removesuffix(ending)
        has_object = word["object"] is not None and stem in BOTH
        if word[0].endswith(ending) and (stem in _DOES or has_object):
            return True
    return False


def names_a_lack(text: str, role: Role) -> bool:
    """Whether an item of what is forbidden names what is missing: "No probes", "Missing notes"."""
    return role.forbids and _LACK.match(text) is not None


def joined_by_pins(drafts: list[Draft]) -> list[Draft]:
    """A sentence with one pin at its end is one statement, however many demands it holds: the pin speaks for all."""
    joined: list[Draft] = []
    for draft in drafts:
        last = joined[-1] if joined else None
        if last is not None and draft.pins is not None and last.pins is None and draft.sentence == last.sentence:
            last.end, last.pins, last.is_part = draft.end, draft.pins, False
        else:
            joined.append(draft)
    return joined


class Doubt(NamedTuple):
    """A stretch of a block that looks like a demand, and why it isn't understood."""

    start: int
    end: int
    reason: str


class Context(NamedTuple):
    """What leads a block. ``obligation`` and ``forbids`` come from the words that lead its list; else ``role``
    is its heading's. ``quiet``: only keywords in capitals demand. ``in_list``: it is an item. ``introduces``: in an
    introduction, where words in lower case may only tell."""

    obligation: Obligation | None
    forbids: bool
    role: Role
    quiet: bool
    in_list: bool
    doubts: bool
    introduces: bool = False


def drafts_of(visible: str, context: Context) -> tuple[list[Draft], list[Doubt]]:
    """The statements of a paragraph or a list item, in order, and what in it is not understood.

    Args:
        visible: the block's markup, its code blanked.
        context: what leads it.
    """
    if context.in_list and _CROSSED.match(visible):
        context = context._replace(role=Role(context.role.obligation or Obligation.MUST, True))
    reader = _Block(visible, context)
    label = LABEL.match(visible)
    start = 0
    if label is not None:
        start = label.end()
        reader.label(label)
    for begin, end in sentences(visible, start):
        sentence = visible[begin:end]
        if is_aside(sentence):
            break
        if ("RFC" in sentence or "BCP" in sentence) and _RFC.search(sentence):
            continue
        reader.sentence(begin, end, first=begin == start)
    if label is not None and not reader.drafts:
        reader.drafts.append(Draft(start, start, *reader.given))  # "**MUST**:" over bullets
    return reader.drafts, reader.doubts


_COMMON = {
    "MUST": (Obligation.MUST, False),
    "MUST NOT": (Obligation.MUST, True),
    "SHOULD": (Obligation.SHOULD, False),
    "SHOULD NOT": (Obligation.SHOULD, True),
    "MAY": (Obligation.MAY, False),
}


def _meaning(label: str) -> tuple[Obligation, bool]:
    """What a label means: "MUST NOT" forbids."""
    if label in _COMMON:
        return _COMMON[label]
    said = demands(f"It is {label} so.")
    return (said[0].obligation, said[0].forbids) if said else (Obligation.MAY, False)


class _Block:
    """Takes sentence after sentence. ``led`` is the statement of the block's label or list, which takes in what follows
    without a demand of its own."""

    def __init__(self, visible: str, context: Context) -> None:
        self.visible = visible
        self.context = context
        self.drafts: list[Draft] = []
        self.doubts: list[Doubt] = []
        self.led: Draft | None = None
        self.labelled = False
        obligation = context.obligation if context.obligation is not None else Obligation.MUST
        self.given = obligation, context.forbids
        self.default = context.obligation or context.role.obligation or Obligation.MUST

    def label(self, label: re.Match[str]) -> None:
        word = f"NOT {label['word']}" if label["pre"] else f"{label['word']}{label['neg'] or ''}"
        self.given = _meaning(word)
        self.labelled = True
        self.default = self.given[0]

    def sentence(self, begin: int, end: int, *, first: bool) -> None:
        visible, context = self.visible, self.context
        if first and self.labelled and is_plain(visible[begin:end]):
            self.led = Draft(begin, end, *self.given)
            self.drafts.append(self.led)
            return
        done = len(self.drafts)
        parts = clauses(visible, begin, end, self.default)
        if context.quiet or (not self.labelled and is_foreign(visible[begin:end])):
            kept = [part for part in parts if part.demand.explicit]
            if context.introduces and not kept and any(not part.demand.imperative for part in parts):
                self.doubts.append(Doubt(begin, end, INTRODUCES))
            parts = kept
        if first and (self.labelled or context.obligation is not None):
            self._led(begin, end, parts)
        elif self.led is not None and self._continues(parts):
            self.led.end = end
        elif parts:
            head = self._doubt_head(begin, parts[0].demand)
            self._own([parts[0]._replace(start=head), *parts[1:]])
        elif context.doubts and (
            (first and context.in_list and self._follows_heading(begin, end))
            or (_tells_of_each(visible[begin:end]) and not is_foreign(visible[begin:end]))
        ):
            self.led = Draft(
                begin, end, self.default, context.role.forbids or _IS_NOT.search(visible[begin:end]) is not None
            )
            self.led.lacks = names_a_lack(visible[begin:end], context.role)
            self.drafts.append(self.led)
        elif context.doubts and (
            reason := why_unclear(
                visible[begin:end],
                in_list=first and (context.in_list or self._is_bold(begin, end)),
            )
        ):
            self.doubts.append(Doubt(begin, end, reason))
        for draft in self.drafts[done:]:
            draft.sentence = begin

    def _is_bold(self, begin: int, end: int) -> bool:
        """Whether a sentence is set in bold as one, and more than a title."""
        sentence = self.visible[begin:end]
        is_title = end < len(self.visible.rstrip()) and _TITLE.fullmatch(sentence) is not None
        return _BOLD.fullmatch(sentence) is not None and not is_title

    def _continues(self, parts: list[Clause]) -> bool:
        """Whether a sentence belongs to the statement of the label or list before it."""
        if not parts:
            return self.drafts[-1] is self.led
        bare = len(parts) == 1 and parts[0].demand.imperative
        return bare and self.labelled and not self.given[1]

    def _led(self, begin: int, end: int, parts: list[Clause]) -> None:
        """The first sentence behind a label, or of an item in a list that demands."""
        obligation, forbids = self.given
        head = parts[0].demand if parts else None
        if head is not None and head.forbids and not forbids and self._turns(head, begin):
            cut = boundary(self.visible, begin, head)
            if cut is not None:  # "kept in a vault, never in git"
                self.led = Draft(begin, cut, obligation, False, inherited=not self.labelled)
                self.led.is_part = True
                self.drafts.append(self.led)
                self._own([parts[0]._replace(start=cut), *parts[1:]])
                return
        if head is not None and not self.labelled and not self._opens(head, begin):
            if head.explicit or _MODAL.match(self.visible, head.start):
                self._own(parts)
                return
            head = None
        if head is not None and head.explicit and not self.labelled:
            obligation = head.obligation
        denied = head is not None and head.forbids
        sentence = self.visible[begin:end]
        negated = (_NEGATED.match(sentence) or _NEGATED.match(sentence, opening(sentence))) is not None
        negated = negated or (head is None and _IS_NOT.search(sentence) is not None)
        stop = parts[0].end if len(parts) > 1 and head is not None else end
        self.led = Draft(begin, stop, obligation, forbids or denied or negated, inherited=not self.labelled)
        self.led.is_part = stop < end
        self.led.lacks = forbids and _LACK.match(sentence) is not None
        self.drafts.append(self.led)
        if stop < end:
            self._own(parts[1:])

    def _own(self, parts: list[Clause]) -> None:
        role = self.context.role
        for number, part in enumerate(parts):
            demand = part.demand
            obligation = demand.obligation
            if self.labelled and not demand.explicit and not _MODAL.match(self.visible, demand.start):
                obligation = self.given[0]  # "**SHOULD**: Pin tags; never use latest"
            refuses = _REFUSES.match(self.visible, demand.start) is not None
            turned = role.forbids and self.context.in_list and not number and demand.imperative and not refuses
            draft = Draft(part.start, part.end, obligation, demand.forbids or turned)
            draft.subject, draft.lead = part.subject, part.lead
            draft.lacks = (
                not number and self.context.in_list and names_a_lack(self.visible[part.start : part.end], role)
            )
            draft.is_part = len(parts) > 1
            self.drafts.append(draft)

    def _doubt_head(self, begin: int, demand: Demand) -> int:
        """Keeps what stands before words that forbid: "All secrets in a vault, never in git" demands that too.

        Returns:
            Where the sentence's first statement begins: "tabs, no spaces" forbids spaces alone.
        """
        if not demand.forbids or not self.context.doubts or not self._turns(demand, begin):
            return begin
        first = begin + opening(self.visible[begin : demand.start])
        cut = boundary(self.visible, first, demand)
        if cut is None or CONDITION.match(self.visible, first):
            return begin
        item = self.context.in_list and _NO.match(self.visible, demand.start) is not None
        if reason := why_unclear(self.visible[begin:cut], in_list=item):
            self.doubts.append(Doubt(begin, cut, reason))
            return demand.start if item else begin
        return begin

    def _turns(self, demand: Demand, begin: int) -> bool:
        """Whether what forbids stands behind something else that is demanded."""
        return not self._opens(demand, begin) and _MODAL.match(self.visible, demand.start) is None

    def _opens(self, demand: Demand, begin: int) -> bool:
        """Whether the words that demand are the first of the item: "NEVER committed"."""
        before = self.visible[begin : demand.start]
        return not before[min(opening(before), len(before)) :].strip(" *_\0") or demand.start == begin

    def _follows_heading(self, begin: int, end: int) -> bool:
        """Whether an item without a word of demand takes it from its heading: noun phrases under "Requirements"."""
        role = self.context.role
        sentence = self.visible[begin:end]
        if role.obligation is None and not (_EVERYWHERE.match(sentence) or _tells_of_each(sentence)):
            return False
        if is_foreign(self.visible[begin:end]) or permits(self.visible[begin:end]):
            return False
        sentence = self.visible[begin:end]
        if tells(sentence) or sentence.rstrip(" *_\0").endswith("?"):
            return False
        return role.forbids or role.states or _FINITE.match(sentence) is None or _IS_NOT.search(sentence) is not None
