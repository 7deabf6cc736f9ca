"""What a constitution demands: its text split into principles and statements.

The grammar is a contract (the README tells it to users):

- A *principle* is a section (the nearest heading) that holds a statement. Sections titled Governance hold none, nor do
  those below them. Its key is one of the ten where the title or an alias matches, else a slug of the title.
- A *statement* is a block led by ``**MUST**:``, or else a sentence with an upper-case keyword of RFC 2119; the first
  keyword of a sentence counts. A later sentence with a keyword is a statement of its own. Bullets under a colon behind
  a statement are statements with its obligation and polarity, the text before the colon is then none; bullets below
  such a bullet likewise. A table's row is read like a bullet.
- *Rationale* and *IMPORTANT* paragraphs (also at a paragraph's end), quoted keywords, code and HTML comments are none.
- A *pin*, ``<!-- rules: security/root-user -->``, belongs to the last statement before it in its section; behind a
  colon, to the bullets that have no pin of their own. ``<!-- rules: none -->`` says that no rule enforces it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Obligation, Principle, RulePin, Statement
from helm_constitution.policy.prefilter import folded, needed_words
from helm_constitution.text.markdown_blocks import MARK, Block, Comment, Kind, read, without_code
from helm_constitution.text.markdown_tables import plain

if TYPE_CHECKING:
    from helm_constitution.lint.rule import RuleModule

_OBLIGATIONS = {
    "MUST": Obligation.MUST,
    "SHALL": Obligation.MUST,
    "REQUIRED": Obligation.MUST,
    "SHOULD": Obligation.SHOULD,
    "RECOMMENDED": Obligation.SHOULD,
    "MAY": Obligation.MAY,
    "OPTIONAL": Obligation.MAY,
}
_DENIED = {
    "REQUIRED": (Obligation.MAY, False),
    "RECOMMENDED": (Obligation.SHOULD, True),
    "OPTIONAL": (Obligation.MUST, False),
}
"""What "NOT REQUIRED" and the like say."""

_WORDS = "|".join(_OBLIGATIONS)
# No keyword is a part of another word or identifier, nor one in quotes (the key words "MUST", "SHOULD" … of RFC 2119).
_KEYWORD = LazyPattern(
    rf"(?<![A-Za-z0-9\"'“‘-])(?<![A-Za-z0-9]_)(?:(?P<pre>NOT|not)[\s*_]+)?(?P<word>{_WORDS})"
    r"(?![A-Za-z0-9-]|_[A-Za-z0-9])"
    r"(?P<neg>[\s*_]+(?:also\s+)?(?:NOT|NEVER|not|never)\b(?![\s*_]+only\b)|\s+(?:be\s+avoided|avoid|refrain)\b)?"
)
_LABEL = LazyPattern(
    rf"[*_]*(?:(?P<pre>NOT) )?(?P<word>{_WORDS})(?P<neg> (?:NOT|NEVER))?[*_]*(?: *\([^()]*\)[*_]*)? *"
    r"(?::[*_]*(?![^\s\0])|(?=[\s\0]*$))\s*"
)
_ASIDE = LazyPattern(
    r"[\W_]*?(?:(?P<mark>\*\*|__|\*|_)(?:rationale|important)\s*(?:\([^()]*\)\s*)?[:.!]?(?P=mark)"
    r"|(?:rationale|important)\s*(?:\([^()]*\)\s*)?[:–—])",
    re.IGNORECASE,
)
_NEGATED = LazyPattern(r"[*_\s]*(?:never|not(?!\s+only)|no|do\s+not|don['’]t|avoid|refrain)\b(?![-:])", re.IGNORECASE)
_NOTHING = LazyPattern(r"[*_\s]*(?:(?:under|in)\s+no|no|none|neither|nothing|never)\b[^:,;–—]*$", re.IGNORECASE)
_RFC = LazyPattern(r"\b(?:RFC[ -]?(?:2119|8174)|BCP[ -]?14)\b")
_PARENTHESES = LazyPattern(r"\([^()]*\)")
_SENTENCE_END = LazyPattern(r"[.!?]+[)\]\"'”’*_]*(?=[\s\0])")
_ABBREVIATION = LazyPattern(r"\b(?:e\.g|i\.e|vs|cf|approx|incl|resp|No|Fig|Sec)\.$")
_PIN = LazyPattern(r"\s*rules?\s*:")
_PIN_NAME = LazyPattern(r"[^\s,;]+")
_VERSION = LazyPattern(r"(?:\*\*|__)?version(?:\*\*|__)?\s*:(?:\*\*|__)?\s*([^|\n\0]*)", re.IGNORECASE)
_PLACEHOLDER = LazyPattern(r"\[[A-Z0-9]+(?:_[A-Z0-9]+)+\](?!\()")
_NUMBERING = LazyPattern(
    r"[\W_]*(?:(?i:principle|article|section|chapter|rule|part) +)?"
    r"(?:\d+(?:\.\d+)+ +|(?:[IVX]+|\d+(?:\.\d+)*|[A-Z](?=[.)])) *[.):–—-]+ +)"
)
_NON_NEGOTIABLE = LazyPattern(r"\s*\(\s*non[- ]?negotiable\s*\)", re.IGNORECASE)
_NO_SLUG = LazyPattern(r"[\W_]+")
_BLANK = " \n*_" + MARK


class Fault(NamedTuple):
    """Something wrong with the document. ``line`` is 0 where it is the whole of it; a fatal one keeps it from use."""

    line: int
    message: str
    fatal: bool = True


class Reading:
    """What was read of a document. ``version`` stands as written."""

    def __init__(self) -> None:
        self.principles: tuple[Principle, ...] = ()
        self.version: str | None = None
        self.version_line = 0
        self.faults: list[Fault] = []


class _Section:
    def __init__(self, title: str, line: int, level: int, parent: _Section | None, *, skipped: bool) -> None:
        self.title = title
        self.line = line
        self.level = level
        self.parent = parent
        self.skipped = skipped
        self.statements: list[Statement] = []


class _Draft:
    """A statement in the making: where its text stands in the block, and the pins behind it."""

    def __init__(self, start: int, end: int, obligation: Obligation, forbids: bool, *, inherited: bool = False) -> None:
        self.start = start
        self.end = end
        self.obligation = obligation
        self.forbids = forbids
        self.inherited = inherited
        self.pins: list[RulePin] | None = None


class _Lead(NamedTuple):
    """What the bullets below a block take from it; without an obligation they need a keyword of their own."""

    depth: int
    obligation: Obligation | None = None
    forbids: bool = False
    text: str = ""
    pins: list[RulePin] | None = None
    skipped: bool = False


def is_placeholder(text: str) -> bool:
    """Whether the text holds a placeholder of spec-kit's template, such as ``[PRINCIPLE_1_NAME]``."""
    return _PLACEHOLDER.search(text) is not None


def read_statements(text: str, modules: Sequence[RuleModule]) -> Reading:
    """Splits a constitution into principles and statements; never fails, but names the document's faults.

    Args:
        text: the document, Markdown.
        modules: the rule modules, whose titles and aliases give a principle its key.
    """
    prose = read(text)
    reader = _Reader()
    blocks = prose.blocks
    for index, block in enumerate(blocks):
        reader.take(block, blocks[index + 1] if index + 1 < len(blocks) else None)
    reading = reader.reading
    if prose.unclosed is not None:
        line, what = prose.unclosed
        reading.faults.append(Fault(line, f"this {what} is never closed: everything behind it would be passed over"))
    reading.faults.extend(_duplicates(reader.sections))
    holders = [section for section in reader.sections if section.statements]
    for line, name in reader.placeholders:
        reading.faults.append(Fault(line, f"the template's placeholder {name} is not filled in", fatal=not holders))
    if not holders and not any(fault.fatal for fault in reading.faults):
        message = "holds no principle: no statement with MUST, SHOULD or MAY, in capitals, outside Governance"
        reading.faults.append(Fault(0, message))
    reading.principles = tuple(
        Principle(key, section.title, section.line, tuple(section.statements))
        for section, key in zip(holders, _keys(holders, modules), strict=True)
    )
    return reading


class _Reader:
    """Takes block after block. ``leads`` are the blocks whose bullets are being read, outermost first."""

    def __init__(self) -> None:
        self.reading = Reading()
        self.section = _Section("Constitution", 1, 0, None, skipped=False)
        self.sections = [self.section]
        self.leads: list[_Lead] = []
        self.placeholders: list[tuple[int, str]] = []

    def take(self, block: Block, following: Block | None) -> None:
        text = block.text
        if block.kind is Kind.UNDERLINED and _KEYWORD.search(without_code(text)):
            block.kind, block.depth = Kind.TEXT, 0  # "Charts MUST be linted." with a rule under it
        elif block.kind is Kind.HEADING and _LABEL.fullmatch(text):
            block.kind, block.depth = Kind.TEXT, 0  # "### MUST" over bullets
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
        if "ersion" in text[:12] and (match := _VERSION.match(text)) and not _KEYWORD.search(text):
            words = plain(match.group(1)).split()
            if words:
                self.reading.version, self.reading.version_line = words[0], block.line
        if not self.section.skipped:
            has_bullets = following is not None and following.kind is Kind.ITEM and following.depth > block.depth
            self._statements(block, text, has_bullets)

    def _enter(self, block: Block, text: str) -> None:
        self.leads.clear()
        title = _title(text)
        parent: _Section | None = self.section
        while parent is not None and parent.level >= block.depth:
            parent = parent.parent
        name = title.casefold()
        aside = name == "rationale" or name.lstrip("0123456789 ").startswith("governance")
        skipped = aside or (parent is not None and parent.skipped)
        self.section = _Section(title, block.line, block.depth, parent, skipped=skipped)
        self.sections.append(self.section)

    def _statements(self, block: Block, text: str, has_bullets: bool) -> None:
        over = self.leads[-1] if self.leads else _Lead(0)
        if over.skipped or _ASIDE.match(text):
            drafts = []
            below = _Lead(block.depth, skipped=True)
        else:
            drafts = _drafts(text, over if block.kind is Kind.ITEM else _Lead(0))
            below = _Lead(block.depth)
        self._pin(block, text, drafts)
        last = drafts[-1] if drafts else None
        if has_bullets and last is not None and not text[last.end :].strip(_BLANK):
            words = text[last.start : last.end].strip(_BLANK)
            if not words or words.endswith(":"):
                below = self._lead(block, text, last, over)
                drafts.pop()
            elif last.inherited:
                below = self._lead(block, text, last, over)
        self.section.statements.extend(
            statement for draft in drafts if (statement := _statement(block, text, draft, over)).text
        )
        if has_bullets:
            self.leads.append(below)

    def _lead(self, block: Block, text: str, draft: _Draft, over: _Lead) -> _Lead:
        """What the bullets below a statement take from it."""
        words = _words(text[draft.start : draft.end])
        if draft.inherited:
            words = f"{over.text} {words}"
        pins = over.pins if draft.inherited and draft.pins is None else draft.pins
        return _Lead(block.depth, draft.obligation, draft.forbids, words.strip(), pins)

    def _pin(self, block: Block, text: str, drafts: Sequence[_Draft]) -> None:
        """Hands each pin to the last statement before it: in its block, else in the section."""
        position = -1
        for comment in block.comments:
            position = text.index(MARK, position + 1)
            if not (match := _PIN.match(comment.text)):
                continue
            pins = _rule_pins(comment, match.end())
            before = [draft for draft in drafts if draft.start <= position]
            if before:
                before[-1].pins = [*(before[-1].pins or ()), *pins]
            elif self.section.statements:
                last = self.section.statements[-1]
                self.section.statements[-1] = last._replace(pins=(*last.pins, *pins), pinned=True)
            else:
                message = "this names rules but stands behind no statement; put it at a statement's end"
                self.reading.faults.append(Fault(comment.line, message))


def _rule_pins(comment: Comment, start: int) -> list[RulePin]:
    names = comment.text[start:]
    line = comment.line + comment.text.count("\n", 0, start)
    pins = [RulePin(match.group(), line + names.count("\n", 0, match.start())) for match in _PIN_NAME.finditer(names)]
    return [] if [pin.rule for pin in pins] == ["none"] else pins


def _statement(block: Block, text: str, draft: _Draft, over: _Lead) -> Statement:
    pins = over.pins if draft.inherited and draft.pins is None else draft.pins
    return Statement(
        text=_words(text[draft.start : draft.end]),
        obligation=draft.obligation,
        forbids=draft.forbids,
        line=_line(block, text, draft.start),
        pins=tuple(pins or ()),
        lead=over.text if draft.inherited else "",
        pinned=pins is not None,
    )


def _drafts(text: str, lead: _Lead) -> list[_Draft]:
    """The statements of one block: of its label (or the lead above it), and of its sentences with keywords."""
    visible = without_code(text)
    label = _LABEL.match(visible)
    start = label.end() if label else 0
    given: tuple[Obligation, bool] | None = None
    if label:
        given = _meaning(label)
    elif lead.obligation is not None:
        given = lead.obligation, lead.forbids
    drafts: list[_Draft] = []
    led: _Draft | None = None
    for begin, end in _sentences(visible, start):
        sentence = visible[begin:end]
        if _ASIDE.match(sentence):
            break
        keyword = _KEYWORD.search(sentence)
        if keyword is not None and ("RFC" in sentence or "BCP" in sentence) and _RFC.search(sentence):
            keyword = None
        if begin == start and given is not None and (label or keyword is None):
            obligation, forbids = given
            negated = _meaning(keyword, sentence)[1] if keyword is not None else False
            forbids = forbids or negated or _NEGATED.match(sentence) is not None
            led = _Draft(begin, end, obligation, forbids, inherited=label is None)
            drafts.append(led)
        elif keyword is not None:
            drafts.append(_Draft(begin, end, *_meaning(keyword, sentence)))
        elif led is not None and drafts[-1] is led:
            led.end = end
    if label and not drafts:
        drafts.append(_Draft(start, start, *_meaning(label)))  # "**MUST**:" over bullets
    return drafts


def _meaning(keyword: re.Match[str], sentence: str = "") -> tuple[Obligation, bool]:
    """What a keyword (or label) says, and whether it forbids."""
    word = keyword["word"]
    if keyword["pre"] and word in _DENIED:
        return _DENIED[word]
    return _OBLIGATIONS[word], bool(keyword["neg"]) or _NOTHING.match(sentence[: keyword.start()]) is not None


def _sentences(visible: str, start: int) -> Iterator[tuple[int, int]]:
    """Where each sentence begins and ends; the marks behind a sentence belong to it. Code is blanked out already."""
    if "(" in visible:
        for _ in range(2):  # a full stop between parentheses ends nothing, nor between those inside them
            visible = _PARENTHESES.sub(lambda part: "\x02" * len(part.group()), visible)
    begin, length = start, len(visible)
    for match in _SENTENCE_END.finditer(visible, start):
        following = match.end()
        while following < length and (visible[following].isspace() or visible[following] == MARK):
            following += 1
        if following == length:
            break
        if visible[following].islower() or visible[following] in ",;:–—-":
            continue
        if _ABBREVIATION.search(visible[max(begin, match.start() - 8) : match.start() + 1]):
            continue
        yield begin, following
        begin = following
    if begin < length:
        yield begin, length


def _words(markup: str) -> str:
    """The text without markup, on one line."""
    text = markup.replace(MARK, "")
    # Most statements have code spans at most: these few lines halve the time that a constitution takes to read.
    if not any(sign in text for sign in "*_[<\\&"):
        return " ".join(text.replace("`", "").split())
    return " ".join(plain(text).split())


def _line(block: Block, text: str, offset: int) -> int:
    return block.lines[text.count("\n", 0, offset)]


def _title(markup: str) -> str:
    """A heading without its number and "(NON-NEGOTIABLE)"."""
    full = _words(markup)
    title = _NON_NEGOTIABLE.sub("", full) if "(" in full else full
    if number := _NUMBERING.match(title):
        title = title[number.end() :]
    return title.strip() or full


def _duplicates(sections: Sequence[_Section]) -> Iterator[Fault]:
    seen: dict[tuple[int, str], _Section] = {}
    for section in sections[1:]:
        if section.skipped or not section.title:
            continue
        first = seen.setdefault((id(section.parent), section.title.casefold()), section)
        if first is not section:
            message = f"two sections are titled {section.title!r} (lines {first.line} and {section.line}); rename one"
            yield Fault(section.line, message)


def _keys(sections: Sequence[_Section], modules: Sequence[RuleModule]) -> list[str]:
    """Each principle's key: a module's for the first title that matches, else a slug, with its parents' if needed."""
    keys: dict[_Section, str] = {}
    given: set[str] = set()
    for section in sections:
        key = module_key(section.title, modules)
        if key is not None and key not in given:
            given.add(key)
            keys[section] = key
    others = [section for section in sections if section not in keys]
    slugs = {section: _slug(section) for section in others}
    above = {section: _above(section) for section in others}
    reserved = {module.key for module in modules}
    while True:
        counts = Counter(slugs.values())
        unclear = [section for section in others if counts[slugs[section]] > 1 or slugs[section] in reserved]
        unclear = [section for section in unclear if above[section] is not None]
        if not unclear:
            break
        for section in unclear:
            if (parent := above[section]) is not None:
                slugs[section] = f"{_slug(parent)}-{slugs[section]}"
                above[section] = _above(parent)
    for section in others:
        key, number = slugs[section], 1
        while key in reserved:
            number += 1
            key = f"{slugs[section]}-{number}"
        reserved.add(key)
        keys[section] = key
    return [keys[section] for section in sections]


def _above(section: _Section) -> _Section | None:
    """The section that this one stands in, if that has a heading."""
    return section.parent if section.parent is not None and section.parent.level else None


def _slug(section: _Section) -> str:
    return _NO_SLUG.sub("-", section.title.lower()).strip("-") or "section"


def module_key(title: str, modules: Sequence[RuleModule]) -> str | None:
    """The module whose title this is, else the one whose title or alias stands first in it."""
    name = folded(title)
    for module in modules:
        if module.title.casefold() == name:
            return module.key
    best: tuple[int, str] | None = None
    for module in modules:
        for pattern in (re.escape(module.title), *module.aliases):
            words = needed_words(pattern)
            if words is not None and not any(word in name for word in words):
                continue
            match = re.search(pattern, title, re.IGNORECASE)
            if match is not None and (best is None or match.start() < best[0]):
                best = match.start(), module.key
    return best[1] if best else None
