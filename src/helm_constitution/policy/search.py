"""Looks for the rules' patterns in the statements of a constitution."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Obligation, Statement
from helm_constitution.lint.rule import Matcher
from helm_constitution.policy.prefilter import folded, needed_words
from helm_constitution.policy.said import text_of
from helm_constitution.policy.turns import excepted, masked, turned

_TAG = LazyPattern(r"(?:\[[A-Z][\w.-]*\]|[A-Z][A-Z\d]*(?:-[A-Z\d]+)*-\d+\b(?:\s*[:.|])?)\s+")
"""What numbers a statement: "[REQ-01]", "K8S-003 |"."""
_EXAMPLE = LazyPattern(r"\((?:e\.?g\b|for example\b|for instance\b|such as\b)[^()]*\)", re.IGNORECASE)
_LABEL = LazyPattern(r"\s*(?!The\b)[A-Z][\w/& -]{1,30}(?: \([^()]*\))?: (?!true\b|false\b)(?=\S+ \S)")
# What a chart doesn't hold; "Each blueprint MUST have a README" asks nothing of it.
_ELSEWHERE = LazyPattern(
    r"(?:(?:each|every|all|any|no|the|a|an|these|those|new|reusable)\s+){0,2}(?:feature|implementation|task|agent)?\s*"
    r"(?:blueprints?|scenarios?|scripts?|specs?(?![.\w])|specifications?|plans?(?! to)|task lists?|skills?|prompts?|"
    r"commit messages?|branch(?:es)?|ADRs?|dashboards?|constitution check|runbooks?|Dockerfiles?|whether)\b",
    re.IGNORECASE,
)
_WORK = LazyPattern(
    r"(?:test|perform|audit|monitor|track|validate manifests?)\b|run (?:server|client|\S*(?:kubectl|dry))",
    re.IGNORECASE,
)
_SPEECH = LazyPattern(
    r"(?:(?:when|if|where|before|after)\b[^,]{3,80}, )?(?:cite|mention|summari[sz]e|answer|ask|tell|respond)\b",
    re.IGNORECASE,
)
"""What somebody says, not what a chart holds: "cite the best practice"."""
_PURPOSE = LazyPattern(
    r"(?:\b(?:for|(?:to|will|that|which) (?:ensure|support|achieve|guarantee|provide|prevent|allow|enforce|enable)s?"
    r"|ensuring|supporting|enabling|so (?:that|they|it|each))\b|\()[^;:.()]*$",
    re.IGNORECASE,
)
_PROGRAM = LazyPattern(
    r"\b(?:TypeScript|Python|JavaScript|C#|Java|React|Next\.js|FastAPI|try-catch|type hints?|snake_case|PEP ?8|ESLint)"
    r"(?!\w)"
)
_BLANK = " .,;:*"
_OF_TEMPLATES = frozenset({"values", "templates", "disclosure"})


class Source(enum.Enum):
    """Which words of a statement a pattern matches: its own, its label ("Security: …"), or its list's lead."""

    OWN = enum.auto()
    LABEL = enum.auto()
    LEAD = enum.auto()


def _untagged(text: str, start: int) -> str:
    """A text whose tag, before its own words, is blanked; each position is kept."""
    tag = _TAG.match(text, start)
    return text if tag is None else f"{text[:start]}{' ' * (tag.end() - start)}{text[tag.end() :]}"


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def own_start(statement: Statement) -> int:
    """Where a statement's own words begin in its text."""
    return len(statement.lead) + 1 if statement.lead else 0


def is_purpose(found: re.Match[str]) -> bool:
    """Whether a match ends in words that only say what something is for: "a budget for high availability"."""
    return _PURPOSE.search(found.string[: found.end()]) is not None


class Search:
    """Looks for patterns in the statements without a pin.

    Pattern by pattern, so that each is compiled once, and only where its words are spoken of. What speaks of other
    things than charts is left out, work to be done ("Test …") for all but the rules on tests, a program's own code for
    those on templates.
    """

    def __init__(self, statements: Sequence[Statement]) -> None:
        texts = [text_of(statement) for statement in statements]
        self.statements = statements
        self.texts = texts
        self.free: list[tuple[int, bool, str, str]] = []
        self.labels: dict[int, int] = {}
        self.turns: dict[int, tuple[str, str]] = {}
        self.examples: dict[int, str] = {}
        self.exceptions: dict[int, str] = {}
        self.work: set[int] = set()
        self.code: set[int] = set()
        for number, statement in enumerate(statements):
            if statement.pinned:
                continue
            start = own_start(statement)
            full = _untagged(texts[number], start)
            text = texts[number] = _EXAMPLE.sub(_blank, full) if "(" in full else full
            if text != full:
                spans = [match.span() for match in _EXAMPLE.finditer(full)]
                self.examples[number] = masked(full, spans, inside=True)
            if not statement.forbids:
                text = texts[number] = self._without_exceptions(number, text, start)
            label = _LABEL.match(text, start) if ": " in text else None
            first = start
            if label is not None:
                self.labels[number] = first = label.end()
            if _ELSEWHERE.match(text, first) or _SPEECH.match(text, first) or (start and _ELSEWHERE.match(text)):
                continue
            if _WORK.match(text, first):
                self.work.add(number)
            if _PROGRAM.search(text):
                self.code.add(number)
            if spans := turned(text, start, lacks=statement.lacks):
                self.turns[number] = masked(text, spans, inside=False), masked(text, spans, inside=True)
            self.free.append((number, statement.forbids, text, folded(full)))
        self.document = "\n".join(text for _, _, _, text in self.free)

    def _without_exceptions(self, number: int, text: str, start: int) -> str:
        """The text without what it excepts, nor what the next clause of its sentence refuses, which are kept."""
        spans = excepted(text, start)
        excluded = masked(text, spans, inside=True) if spans else ""
        if number + 1 < len(self.statements):
            following = self.statements[number + 1]
            if following.forbids and following.line == self.statements[number].line:
                excluded += following.text
        if excluded:
            self.exceptions[number] = excluded
        return masked(text, spans, inside=False) if spans else text

    def __call__(self, matcher: Matcher, module: str) -> Iterator[tuple[int, re.Match[str], Source]]:
        """The statements, by number, that the pattern matches in its polarity, and in which of their words.

        Args:
            matcher: the pattern.
            module: the key of its rule's module.
        """
        for number, text in self._candidates(matcher):
            if (number in self.work and module != "testing") or (number in self.code and module in _OF_TEMPLATES):
                continue
            if not matcher.permits and self.statements[number].obligation is Obligation.MAY:
                continue
            found = self._find(matcher, number, text, 0) or self._in_example(matcher, number)
            if found is None or (number in self.exceptions and matcher.search(self.exceptions[number])):
                continue
            source = Source.OWN
            start = own_start(self.statements[number])
            if start and found.end() <= start:
                own = self._find(matcher, number, text, start)
                found, source = (own, source) if own is not None else (found, Source.LEAD)
            label = self.labels.get(number, 0)
            if source is Source.OWN and found.end() - len(found.string) + len(text) < label:
                own = self._find(matcher, number, text, label)
                found, source = (own, source) if own is not None else (found, Source.LABEL)
            yield number, found, source

    def _find(self, matcher: Matcher, number: int, text: str, start: int) -> re.Match[str] | None:
        """Where the pattern matches words of its polarity, from a position on."""
        agrees = self.statements[number].forbids is matcher.forbids
        turns = self.turns.get(number)
        if turns is None:
            return matcher.search(text[start:]) if agrees else None
        looks_around = matcher.pattern.startswith("^(?")
        if not agrees:
            return None if looks_around and not matcher.search(text[start:]) else matcher.search(turns[1][start:])
        found = matcher.search(text[start:])
        if found is None or (looks_around and matcher.search(turns[1][start:])):
            return None  # it speaks of what is turned, and maybe of nothing else
        # A pattern that looks at the whole text first does not tell by its span which of the words it is about.
        if not looks_around and turns[0][start + found.start() : start + found.end()].strip(_BLANK):
            return found
        return matcher.search(turns[0][start:])

    def _in_example(self, matcher: Matcher, number: int) -> re.Match[str] | None:
        """Where the pattern matches what a statement gives as examples: by itself, not with the words around it."""
        if number not in self.examples or self.statements[number].forbids is not matcher.forbids:
            return None
        return matcher.search(self.examples[number])

    def opposed(self, matcher: Matcher) -> Iterator[int]:
        """The statements that forbid what the pattern demands."""
        for number, text in self._candidates(matcher, opposite=True):
            if matcher.search(text[own_start(self.statements[number]) :]) is None:
                continue
            if self._find(matcher, number, text, own_start(self.statements[number])) is None:
                yield number

    def _candidates(self, matcher: Matcher, *, opposite: bool = False) -> Iterator[tuple[int, str]]:
        words = needed_words(matcher.pattern)
        if words is not None:
            words = tuple(word for word in words if word in self.document)
            if not words:
                return
        for number, denied, text, plain in self.free:
            fits = number in self.turns or (denied is matcher.forbids) is not opposite
            if fits and (words is None or any(word in plain for word in words)):
                yield number, text
