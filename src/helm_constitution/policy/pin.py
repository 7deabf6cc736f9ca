"""Pins for the statements of a constitution: the rules that each would be matched with, written behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from helm_constitution.core.errors import ConstitutionFileError
from helm_constitution.core.model import Base, Statement
from helm_constitution.core.records import NamedTuple
from helm_constitution.policy.constitution import Constitution, parse_constitution
from helm_constitution.policy.rule_selection import match
from helm_constitution.policy.statements import read_statements

if TYPE_CHECKING:
    from helm_constitution.lint.rule import RuleModule


class Proposal(NamedTuple):
    """What a pin behind one statement would say. ``end`` is where it would stand, as an offset in the document."""

    statement: Statement
    rules: tuple[str, ...]
    left_open: tuple[str, ...]
    end: int

    @property
    def pin(self) -> str:
        """The comment to write."""
        return f"<!-- rules: {', '.join(self.rules) or 'none'} -->"


def proposals(text: str, shown: str, modules: Sequence[RuleModule]) -> tuple[Proposal, ...]:
    """A pin for each statement that has none, in the document's order.

    Raises:
        ConstitutionFileError: where the document can't be used.
    """
    constitution = parse_constitution(text, shown, modules, base=Base.REPO)
    demands = match(constitution, modules)
    ends = read_statements(text, modules).ends
    found = []
    for (principle, statement), end in zip(constitution.statements, ends, strict=True):
        if not statement.pinned:
            rules = tuple(rule.id for rule in demands.of(principle, statement))
            found.append(Proposal(statement, rules, demands.left_open(principle, statement), end))
    return tuple(found)


def pinned_text(text: str, proposed: Sequence[Proposal]) -> str:
    """The document with the proposed pins; nothing else of it changes, and a pinned document stays as it is."""
    parts: list[str] = []
    done = 0
    for proposal in sorted(proposed, key=lambda proposal: proposal.end):
        end = proposal.end
        parts += [text[done:end], "" if text[:end].endswith((" ", "\t")) else " ", proposal.pin]
        done = end
        if text[end : end + 1] not in ("", "\n", "\r", " "):
            parts.append(" ")
    return "".join([*parts, text[done:]])


def check_pins(text: str, pinned: str, shown: str, modules: Sequence[RuleModule]) -> None:
    """Makes sure that pins have changed nothing but the pins.

    Raises:
        ConstitutionFileError: where the pinned document has other statements, which would be a fault of this program.
    """

    def read(document: str) -> list[tuple[str, str, int]]:
        found = parse_constitution(document, shown, modules).statements
        return [(principle.key, statement.full_text, statement.line) for principle, statement in found]

    if read(text) != read(pinned):
        raise ConstitutionFileError("can't be pinned without changing its statements; left unchanged", file=shown)


def unpinned(constitution: Constitution) -> tuple[Statement, ...]:
    """The statements without a pin: a new version of the program may match them with other rules."""
    return tuple(statement for _, statement in constitution.statements if not statement.pinned)


def pin_lines(proposed: Sequence[Proposal], shown: str) -> Iterator[str]:
    """The proposals, for a person to read."""
    for proposal in proposed:
        statement = proposal.statement
        yield f"{shown}:{statement.line}: {statement.keyword} {statement.full_text}"
        yield f"    {proposal.pin}"
        if not proposal.rules:
            yield "    no rule checks this"
        if proposal.left_open:
            yield f"    no rule checks: {'; '.join(proposal.left_open)}"
