"""What a constitution demands: its text split into principles and statements.

The grammar is a contract (docs/constitution.md describes it to users):

- A *principle* is a section (the nearest heading) that holds a statement. Sections titled Governance, Amendments,
  History or Examples hold none, nor do those below them; in an introduction (the document's own heading, Purpose,
  Scope …) only keywords in capitals count. Its key is one of the ten where the title or an alias matches, else a slug.
- A *statement* is a block led by ``**MUST**:``, or else a clause that demands something: by a keyword of RFC 2119, by
  *forbidden*, *never*, *mandatory*, *not allowed* …, as "no …", or as an imperative. Each clause of a sentence that
  demands is a statement of its own, with the sentence's subject where it has none. Bullets under a colon behind a
  statement are statements with its obligation and polarity, the text before the colon is then none; bullets below
  such a bullet likewise. Bullets without such a word take it from a heading that has one ("Requirements", "Forbidden
  practices"). A table's row is read like a bullet; a cell *Yes*, *Recommended* or *MUST NOT* gives its obligation, and
  columns at its end that give reasons are left out. A line that begins with a sign (✅, ❌) is a bullet.
- What looks like a demand without being understood (another language, a rule without a word of demand) is kept apart.
- *Rationale*, *Example* and *IMPORTANT* paragraphs (also at a paragraph's end), quoted keywords, code and HTML comments
  are none.
- A *pin*, ``<!-- rules: security/root-user -->``, belongs to the last statement before it in its section; behind a
  colon, to the bullets that have no pin of their own. ``<!-- rules: none -->`` says that no rule enforces it, and
  ``helm/no-icon (default)`` that a rule has its own default weight there, where that is weaker; a number or text in
  ``templates/nesting-depth (limit=2)`` sets a parameter before the statement's own words do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Obligation, Principle, RulePin, Statement
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.policy.demand_words import demands, first_demand
from helm_constitution.policy.drafts import (
    LABEL,
    Context,
    Doubt,
    Draft,
    drafts_of,
    is_aside,
    joined_by_pins,
)
from helm_constitution.policy.pins import pins_of
from helm_constitution.policy.rows import drafts_of_row
from helm_constitution.policy.sections import Kind as SectionKind
from helm_constitution.policy.sections import Section, bare_title, demanding, keys_of, kind_of, repeated, role_of
from helm_constitution.policy.sections import module_key as module_key
from helm_constitution.policy.unclear import TITLE
from helm_constitution.text.markdown_blocks import MARK, Block, Kind, read, without_code
from helm_constitution.text.markdown_tables import plain

if TYPE_CHECKING:
    from helm_constitution.lint.rule import RuleModule

_VERSION = LazyPattern(r"(?:\*\*|__)?version(?:\*\*|__)?\s*:(?:\*\*|__)?\s*([^|\n\0]*)", re.IGNORECASE)
_ABOUT = LazyPattern(
    r"[\W_]*(?:version|ratified|last (?:amended|updated)|status|authors?|date|effective)\b[*_]*\s*:", re.IGNORECASE
)
_HEAD = LazyPattern(
    r"[\W_]*(?:role|purpose|trigger|activates when|applies to|audience|owners?|in[- ]scope|out[- ]of[- ]scope|related)"
    r"\b[*_]*\s*:",
    re.IGNORECASE,
)
_ENTRY = LazyPattern(
    r"[\W_]*(?:v?\d+\.\d+|\d{4}-\d|(?:added|changed|fixed|removed|deprecated|updated|renamed|introduced|clarified|initial)\b)",
    re.IGNORECASE,
)
_TITLE = LazyPattern(r"\s*(\*\*|__)[^*\n]+\1[\s:\0]*")
_PLACEHOLDER = LazyPattern(r"\[[A-Z0-9]+(?:_[A-Z0-9]+)+\](?!\()")
_OBJECT = LazyPattern(r"[A-Za-z]{3,}\W+[A-Za-z]")
_HANGING = LazyPattern(r"[\s,;:–—|-]+(?:(?:and|but|or|while|whereas|so)[\s,]*)?$", re.IGNORECASE)
_BLANK = " \n*_" + MARK


MAX_LENGTH = 5_000
"""Characters of a statement: patterns look for words that are far apart."""


class Fault(NamedTuple):
    """Something wrong with the document. ``line`` is 0 where it is the whole of it; a fatal one keeps it from use."""

    line: int
    message: str
    fatal: bool = True


class NotUnderstood(NamedTuple):
    """A part of a document that looks like a demand and is no statement. ``principle`` is the key of the principle that
    it belongs to, empty where the section holds no statement; ``section`` is its heading."""

    text: str
    line: int
    principle: str
    section: str
    reason: str


class Reading:
    """What was read of a document. ``version`` is as written; ``places`` holds for each statement, in order, its
    block and where it ends there.
    """

    def __init__(self) -> None:
        self.principles: tuple[Principle, ...] = ()
        self.not_understood: tuple[NotUnderstood, ...] = ()
        self.places: tuple[tuple[Block, int], ...] = ()
        self.version: str | None = None
        self.version_line = 0
        self.faults: list[Fault] = []


class Lead(NamedTuple):
    """What the bullets below a block take from it; without an obligation they need a word of their own."""

    depth: int
    obligation: Obligation | None = None
    forbids: bool = False
    text: str = ""
    pins: list[RulePin] | None = None
    skipped: bool = False
    quiet: bool = False


_NO_LEAD = Lead(0)


def is_placeholder(text: str) -> bool:
    """Whether the text holds a placeholder of spec-kit's template, such as ``[PRINCIPLE_1_NAME]``."""
    return _PLACEHOLDER.search(text) is not None


def read_statements(text: str, modules: Sequence[RuleModule]) -> Reading:
    """Splits a constitution into principles and statements; never fails, but names the document's faults.

    Args:
        text: the document, Markdown.
        modules: the rule modules, whose titles and aliases give a principle its key.
    """
    reader = BlockReader(text)
    reading = reader.reading
    if reader.unclosed is not None:
        line, what = reader.unclosed
        reading.faults.append(Fault(line, f"this {what} is never closed: everything after it would be skipped"))
    for first, again in repeated(reader.sections):
        message = f"two sections are titled {again.title!r} (lines {first.line} and {again.line}); rename one"
        reading.faults.append(Fault(again.line, message))
    reader.doubts.extend((one, one.title, one.line, TITLE) for one in demanding(reader.sections))
    reader.doubts.sort(key=lambda doubt: doubt[2])
    holders = [section for section in reader.sections if section.statements]
    for line, name in reader.placeholders:
        reading.faults.append(Fault(line, f"the template's placeholder {name} is not filled in", fatal=not holders))
    if not holders and not any(fault.fatal for fault in reading.faults):
        reading.faults.append(Fault(0, _nothing(reader.doubts)))
    for statement in (one for section in holders for one in section.statements if len(one.text) > MAX_LENGTH):
        reading.faults.append(Fault(statement.line, f"a statement of more than {MAX_LENGTH:,} characters; split it"))
    keys = dict(zip(holders, keys_of(holders, modules), strict=True))
    reading.principles = tuple(
        Principle(key, section.title, section.line, tuple(section.statements)) for section, key in keys.items()
    )
    reading.places = tuple(place for section in holders for place in section.places)
    reading.not_understood = tuple(
        NotUnderstood(words, line, keys.get(section, ""), section.title, reason)
        for section, words, line, reason in reader.doubts
    )
    return reading


_Doubts = list[tuple[Section, str, int, str]]


def _nothing(doubts: _Doubts) -> str:
    """What to say of a document without a statement."""
    if not doubts:
        return "contains no principle: no statement with MUST, SHOULD, MAY or the like, outside Governance"
    places = list(dict.fromkeys(str(line) for _, _, line, _ in doubts))
    lines = ", ".join(places[:5]) + (" …" if len(places) > 5 else "")
    what = "its one demand is not" if len(doubts) == 1 else f"its {len(doubts)} demands are not"
    it = "it" if len(doubts) == 1 else "them"
    return f"{what} understood (line{'s' * (len(places) > 1)} {lines}); write {it} in English with MUST, SHOULD or MAY"


class BlockReader:
    """Reads a document, block after block. ``leads`` are the blocks whose bullets are being read, outermost first."""

    def __init__(self, text: str) -> None:
        prose = read(text)
        self.unclosed = prose.unclosed
        self.reading = Reading()
        self.placeholders: list[tuple[int, str]] = []
        self.doubts: _Doubts = []
        self.leads: list[Lead] = []
        self.table: Lead | None = None
        for block in prose.blocks:
            self._retype(block)
        levels = [block.depth for block in prose.blocks if block.kind in (Kind.HEADING, Kind.UNDERLINED)]
        self.is_titled = levels.count(1) == 1 and len(levels) > 1 and levels[0] == 1
        kind = SectionKind.INTRODUCTION if self.is_titled else SectionKind.NORMATIVE
        self.section = Section("Constitution", 1, 0, None, kind)
        self.sections = [self.section]
        for number, block in enumerate(prose.blocks):
            self._take(block, prose.blocks[number + 1] if number + 1 < len(prose.blocks) else None)

    def _retype(self, block: Block) -> None:
        if block.kind is Kind.UNDERLINED and demands(without_code(block.text)):
            block.kind, block.depth = Kind.TEXT, 0  # "Charts MUST be linted." with a rule under it
        elif block.kind is Kind.HEADING and LABEL.fullmatch(block.text):
            block.kind, block.depth = Kind.TEXT, 0  # "### MUST" over bullets

    def _take(self, block: Block, following: Block | None) -> None:
        text = block.text
        if "[" in text:
            visible = without_code(text)
            found = _PLACEHOLDER.finditer(visible)
            self.placeholders.extend((_line(block, text, match.start()), match.group()) for match in found)
        if block.kind in (Kind.HEADING, Kind.UNDERLINED):
            self._enter(block, text)
            return
        while self.leads and self.leads[-1].depth >= block.depth:
            self.leads.pop()
        if block.kind is Kind.BREAK:
            return
        if "ersion" in text[:12] and (match := _VERSION.match(text)) and not demands(without_code(text)):
            words = plain(match.group(1)).split()
            if words:
                self.reading.version, self.reading.version_line = words[0], block.line
        if not self.section.skipped and not (self.section.logs and (block.kind is Kind.ROW or _ENTRY.match(text))):
            self._statements(block, text, following)
        if block.kind is not Kind.ROW and (following is None or following.kind is not Kind.ROW):
            self.table = None

    def _enter(self, block: Block, text: str) -> None:
        self.leads.clear()
        self.table = None
        title = bare_title(words_of(text))
        parent: Section | None = self.section
        while parent is not None and parent.level >= block.depth:
            parent = parent.parent
        kind = kind_of(title, parent, introduces=self.is_titled and block.depth == 1)
        self.section = Section(title, block.line, block.depth, parent, kind)
        self.sections.append(self.section)

    def _context(self, block: Block, over: Lead) -> Context:
        in_list = block.kind in (Kind.ITEM, Kind.ROW)
        quiet = self.section.kind is SectionKind.INTRODUCTION or over.quiet or (in_list and self.section.role.quiet)
        introduces = self.section.kind is SectionKind.INTRODUCTION and self.section.level == 1
        obligation = over.obligation if in_list else None
        role = self.section.role if in_list else self.section.weight
        return Context(
            obligation, in_list and over.forbids, role, quiet, in_list, not quiet and not self.section.tells, introduces
        )

    def _statements(self, block: Block, text: str, following: Block | None) -> None:
        over = self.leads[-1] if self.leads else _NO_LEAD
        if block.kind is Kind.ROW and self.table is not None:
            over = self.table
        has_bullets = following is not None and following.kind is Kind.ITEM and following.depth > block.depth
        has_rows = following is not None and following.kind is Kind.ROW and block.kind is not Kind.ROW
        drafts: list[Draft] = []
        doubts: list[Doubt] = []
        below = Lead(block.depth, quiet=over.quiet) if has_bullets or has_rows else _NO_LEAD
        if over.skipped or is_aside(text):
            below = Lead(block.depth, skipped=True)
        elif block.kind is Kind.ROW:
            drafts, doubts = drafts_of_row(without_code(text), self._context(block, over), block.header)
        elif (over.obligation is not None or not _is_about(text)) and not (
            has_bullets and following is not None and _is_title(text, following.text)
        ):
            drafts, doubts = drafts_of(without_code(text), self._context(block, over))
        self._pin(block, text, drafts)
        drafts = joined_by_pins(drafts)
        if has_bullets or has_rows:
            remedies = (
                has_bullets and following is not None and bool(drafts) and _has_remedy(drafts[-1], text, following)
            )
            if not remedies:
                below, drafts, doubts = self._lead(block, text, drafts, doubts, below, over)
        for draft in drafts:
            if (statement := _statement(block, text, draft, over)).text:
                self.section.statements.append(statement)
                self.section.places.append((block, draft.end))
        for doubt in doubts:
            words = words_of(text[doubt.start : doubt.end])
            self.doubts.append((self.section, words, _line(block, text, doubt.start), doubt.reason))
        if has_bullets:
            self.leads.append(below)
        self.table = below if has_rows else self.table

    def _lead(
        self, block: Block, text: str, drafts: list[Draft], doubts: list[Doubt], below: Lead, over: Lead
    ) -> tuple[Lead, list[Draft], list[Doubt]]:
        """What the bullets or rows below a block take from it, and what of the block remains a statement."""
        last = drafts[-1] if drafts else None
        ending = text.rstrip(_BLANK)
        if last is not None and not text[last.end :].strip(_BLANK):
            words = text[last.start : last.end].strip(_BLANK)
            if not words or words.endswith(":"):
                return self._taken(block, text, last, over), drafts[:-1], doubts
            if last.inherited:
                return self._taken(block, text, last, over), drafts, doubts
        elif not below.skipped and last is None and ending.endswith(":"):
            role = role_of(words_of(ending))
            if role.obligation is not None or role.quiet:
                return Lead(block.depth, role.obligation, role.forbids, "", None, False, role.quiet), drafts, []
        return below, drafts, doubts

    def _taken(self, block: Block, text: str, draft: Draft, over: Lead) -> Lead:
        """What the bullets below a statement take from it."""
        words = _composed(text, draft)
        if draft.inherited:
            words = f"{over.text} {words}"
        pins = over.pins if draft.inherited and draft.pins is None else draft.pins
        return Lead(block.depth, draft.obligation, draft.forbids, words.strip(), pins)

    def _pin(self, block: Block, text: str, drafts: Sequence[Draft]) -> None:
        """Hands each pin to the last statement before it: in its block, else in the section."""
        position = -1
        for comment in block.comments:
            position = text.index(MARK, position + 1)
            if (pins := pins_of(comment)) is None:
                continue
            before = [draft for draft in drafts if draft.start <= position]
            if before:
                before[-1].pins = [*(before[-1].pins or ()), *pins]
            elif self.section.statements:
                last = self.section.statements[-1]
                self.section.statements[-1] = last._replace(pins=(*last.pins, *pins), pinned=True)
            else:
                message = "this comment names rules but follows no statement; put it at the end of one"
                self.reading.faults.append(Fault(comment.line, message))


def _has_remedy(draft: Draft, text: str, below: Block) -> bool:
    """Whether a list names what to do instead of what its lead forbids: "Never hardcode secrets:", not "Never:"."""
    if not draft.forbids:
        return False
    found = demands(without_code(text[draft.start : draft.end]))
    first = first_demand(without_code(below.text))
    says_what = bool(found) and _OBJECT.search(text, draft.start + found[-1].end, draft.end) is not None
    return says_what and first is not None and first.imperative and not first.forbids


def _is_about(text: str) -> bool:
    """Whether a block describes the document: its version, its purpose, whom it is for."""
    if text.startswith("**MUST") or ":" not in text[:40] or LABEL.match(text):
        return False
    if _ABOUT.match(text):
        return True
    return _HEAD.match(text) is not None and not any(demand.explicit for demand in demands(without_code(text)))


def _is_title(text: str, below: str) -> bool:
    """Whether an item is only the title of the demands below it: "**[K8S-1] Resource limits**"."""
    return (
        _TITLE.fullmatch(text) is not None
        and not demands(text)
        and (text[2] == "[" or bool(demands(without_code(below))))
    )


def _statement(block: Block, text: str, draft: Draft, over: Lead) -> Statement:
    pins = over.pins if draft.inherited and draft.pins is None else draft.pins
    lead = over.text if draft.inherited else ""
    if draft.lead is not None:
        lead = words_of(text[slice(*draft.lead)])
    return Statement(
        text=_composed(text, draft),
        obligation=draft.obligation,
        forbids=draft.forbids,
        line=_line(block, text, draft.start),
        pins=tuple(pins or ()),
        lead=lead,
        pinned=pins is not None,
        lacks=draft.lacks,
    )


def _composed(text: str, draft: Draft) -> str:
    """A statement's words, with the subject that it shares with the clause before it."""
    words = words_of(text[draft.start : draft.end])
    if draft.subject is not None:
        words = f"{words_of(text[slice(*draft.subject)])} {words}"
    return _HANGING.sub("", words) if draft.is_part else words


def words_of(markup: str) -> str:
    """The text without markup, on one line."""
    text = markup
    if MARK in text:
        for sign in ",;:":
            text = text.replace(f" {MARK}{sign}", sign)  # a pin behind a clause
        text = text.replace(MARK, "")
    # Most statements have code spans at most: these few lines halve the time that a constitution takes to read.
    if not any(sign in text for sign in "*_[<\\&"):
        return " ".join(text.replace("`", "").split())
    return " ".join(plain(text).split())


def _line(block: Block, text: str, offset: int) -> int:
    return block.lines[text.count("\n", 0, offset)]
