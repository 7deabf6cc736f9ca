"""The sections of a constitution: titles, keys, and what a heading means for the list below it."""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Obligation, Statement
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.policy.demand_words import first_demand
from helm_constitution.policy.prefilter import folded, needed_words
from helm_constitution.text.markdown_blocks import Block

if TYPE_CHECKING:
    from helm_constitution.lint.rule import RuleModule

_NUMBERING = LazyPattern(
    r"[\W_]*(?:(?i:principle|article|section|chapter|rule|part) +)?"
    r"(?:\d+(?:\.\d+)+ +|(?:[IVX]+|\d+(?:\.\d+)*|[A-Z](?=[.)])) *[.):–—-]+ +)"
)
_NON_NEGOTIABLE = LazyPattern(r"\s*\(\s*non[- ]?negotiable\s*\)", re.IGNORECASE)
_NO_SLUG = LazyPattern(r"[\W_]+")
_SKIPPED = LazyPattern(
    r"[\W\d_]*(?:governance\b|rationale$|(?:\w+ )?history$|amendments?(?: (?:process|procedure|history|log))?$|"
    r"ratification$|sync impact report\b|(?:(?:good|bad) )?examples?$)",
    re.IGNORECASE,
)
_INTRODUCTION = LazyPattern(
    r"[\W\d_]*(?:(?:\w+ ){0,3}?(?:purpose|preamble|introduction|overview|background|motivation|mission|vision)\b"
    r"(?! rules)|(?:(?:the|our|project|document|system|business|design|technical|phase \w+) ){0,2}"
    r"(?:goals|objectives|intent|scope|"
    r"glossary|definitions|terminology|references|summary|context)\b(?! rules)|about\b|"
    r"how to (?:use|read)\b)",
    re.IGNORECASE,
)
_TELLS = LazyPattern(
    r"\b(?:success(?: metrics)?|deliverables?|milestones?|roadmap|bonus\w*|achievements?|precedence|"
    r"(?:deployment |work)?flow|types)[\W_]*$|\bbonus\b",
    re.IGNORECASE,
)
_BOTH_WAYS = LazyPattern(r"\bdo(?:['’]?s)?\b.{0,8}\bdon['’]?ts?\b", re.IGNORECASE)
_LOGS = LazyPattern(r"[\W\d_]*(?:change ?log|release notes)$", re.IGNORECASE)
_DO = LazyPattern(r"[\W_]*(?:do(?:['’]?s)?|always(?: do)?)[\W_]*$", re.IGNORECASE)
_PERMITS = LazyPattern(r"\b(?:permitted|(?<!not )allowed)\b", re.IGNORECASE)
_FORBIDS = LazyPattern(
    r"\b(?:forbidden|prohibited|disallowed|banned|prohibitions?|not allowed|anti-?patterns|don['’]?ts|"
    r"(?:bad|worst|wrong) practices|never (?:do|use) (?:this|these)|(?:practices|things|what) (?:to avoid|not to do))\b"
    r"|\b(?:must nots?|do not|don['’]?t|never(?: do)?|avoid|red (?:lines|flags))[\W_]*$"
    r"|^[\W\d_]*(?:never|do not|don['’]?t|avoid) \w+[\W_]*$",
    re.IGNORECASE,
)
_DEMANDS = LazyPattern(
    r"\b(?:required|requirements?|mandatory|mandates?|must[- ]haves?|musts?|obligations?|non-?negotiables?|"
    r"rules?|standards?|constraints?|polic(?:y|ies)|guardrails?|invariants?|conventions?)\b",
    re.IGNORECASE,
)
_STATES = LazyPattern(
    r"\b(?:check ?lists?|(?<!success )criteria|definition of done|quality gates?|invariants?)\b", re.IGNORECASE
)
_ADVISES = LazyPattern(r"\b(?:guidelines?|recommend\w+|best practices|preferences|preferred|shoulds?)\b", re.IGNORECASE)


class Role(NamedTuple):
    """What a heading, a column's title or a label means for the list below it. ``quiet``: only keywords in capitals
    demand there. ``states``: its items describe the state that is demanded ("RBAC is minimal")."""

    obligation: Obligation | None = None
    forbids: bool = False
    quiet: bool = False
    states: bool = False


def role_of(title: str) -> Role:
    """What a heading means for its list: "Forbidden practices" forbids, "Requirements" demands.

    >>> role_of("Forbidden practices").forbids
    True
    """
    if _BOTH_WAYS.search(title):
        return Role()
    if _DO.match(title):
        return Role(Obligation.MUST)
    if _FORBIDS.search(title):
        return Role(Obligation.MUST, True)
    if _PERMITS.search(title):
        return Role(quiet=True)
    if _ADVISES.search(title):
        return Role(Obligation.SHOULD)
    if _STATES.search(title):
        return Role(Obligation.MUST, states=True)
    return Role(Obligation.MUST) if _DEMANDS.search(title) else Role()


class Kind(enum.Enum):
    """How a section is read: as demands, for keywords in capitals only (an introduction), or not at all."""

    NORMATIVE = enum.auto()
    INTRODUCTION = enum.auto()
    SKIPPED = enum.auto()


class Section:
    """A heading and the text below it up to the next one. ``level`` is 0 for the document itself. ``tells`` is true
    where its lists describe results or steps: an item without a word that demands is none there. ``logs`` is true of a
    changelog, whose entries are history."""

    def __init__(self, title: str, line: int, level: int, parent: Section | None, kind: Kind) -> None:
        self.title = title
        self.line = line
        self.level = level
        self.parent = parent
        self.kind = kind
        self.statements: list[Statement] = []
        self.places: list[tuple[Block, int]] = []
        self.role = role_of(title) if level else Role()
        self.tells: bool = _TELLS.search(title) is not None or (
            parent is not None and parent.level > 1 and parent.tells
        )
        if self.role == Role() and parent is not None and parent.level > 1:
            self.role = parent.role
        self.weight = Role(self.role.obligation)
        self.logs: bool = _LOGS.match(title) is not None or (parent is not None and parent.level > 1 and parent.logs)
        self.tells = self.tells or self.logs

    @property
    def skipped(self) -> bool:
        """Whether nothing in it counts."""
        return self.kind is Kind.SKIPPED


def kind_of(title: str, parent: Section | None, *, introduces: bool) -> Kind:
    """How a section is read. ``introduces`` is true for a document's own heading with others below it."""
    is_top = parent is None or parent.level <= 1
    if _SKIPPED.match(title) or (is_top and _LOGS.match(title)) or (parent is not None and parent.skipped):
        return Kind.SKIPPED
    inherited = parent is not None and parent.level > 1 and parent.kind is Kind.INTRODUCTION
    if introduces or inherited or _INTRODUCTION.match(title):
        return Kind.INTRODUCTION
    return Kind.NORMATIVE


def bare_title(full: str) -> str:
    """A heading's words without their number and "(NON-NEGOTIABLE)"."""
    title = _NON_NEGOTIABLE.sub("", full) if "(" in full else full
    if number := _NUMBERING.match(title):
        title = title[number.end() :]
    return title.strip() or full


def repeated(sections: Sequence[Section]) -> Iterator[tuple[Section, Section]]:
    """Each section whose title is used a second time under one parent, with the first of that title."""
    seen: dict[tuple[int, str], Section] = {}
    for section in sections[1:]:
        if section.skipped or not any(map(str.isalnum, section.title)):  # "# ------" is a line
            continue
        first = seen.setdefault((id(section.parent), section.title.casefold()), section)
        if first is not section:
            yield first, section


_LOUD = LazyPattern(r"\b(?:MUST|SHALL|SHOULD)(?: NOT)? [a-z]")
_SAID = LazyPattern(r"\w\W+(?:must|shall|should)(?: not)? [a-z]", re.IGNORECASE)


def demanding(sections: Sequence[Section]) -> Iterator[Section]:
    """The sections whose headings demand something as a sentence does: with a keyword in capitals, or, where no
    statement stands below, in other words ("No privileged containers")."""
    holding: set[Section | None] = set()
    for section in sections:
        above: Section | None = section if section.statements else None
        while above is not None:
            holding.add(above)
            above = above.parent
    for section in sections[1:]:
        if section.kind is not Kind.NORMATIVE:
            continue
        first = None if section in holding or section.role.forbids else first_demand(section.title)
        is_said = section not in holding and _SAID.search(section.title) is not None
        if _LOUD.search(section.title) or is_said or (first is not None and first.forbids):
            yield section


def keys_of(sections: Sequence[Section], modules: Sequence[RuleModule]) -> list[str]:
    """Each principle's key: a module's for the first title that matches, else a slug, with its parents' if needed."""
    keys: dict[Section, str] = {}
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


def _above(section: Section) -> Section | None:
    """The section that contains this one, if that has a heading."""
    return section.parent if section.parent is not None and section.parent.level else None


def _slug(section: Section) -> str:
    return _NO_SLUG.sub("-", section.title.lower()).strip("-") or "section"


def module_key(title: str, modules: Sequence[RuleModule]) -> str | None:
    """The module whose title this is, else the one whose title or alias comes first in it."""
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
