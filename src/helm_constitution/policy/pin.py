"""Pins for the statements of a constitution: the rules that each would be matched with, written behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from helm_constitution.core.errors import ConstitutionFileError
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Base, Statement
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.policy.constitution import Constitution, parse_constitution
from helm_constitution.policy.rule_selection import match, pins
from helm_constitution.policy.statements import read_statements
from helm_constitution.text.markdown_blocks import MARK, Block, Kind

if TYPE_CHECKING:
    from helm_constitution.lint.rule import RuleModule


_LINE = LazyPattern(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$")
_HANGING = LazyPattern(r"(?:[\s,;:–—|\0-]+(?:and|but|or|while|whereas|so)?[\s,\0]*)$", re.IGNORECASE)


class Proposal(NamedTuple):
    """The pin that one statement would get. ``end`` is its place, as an offset in the document."""

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
    lines = _LINE.findall(text)
    ends = [_offset(lines, block, end) for block, end in read_statements(text, modules).places]
    found = []
    by_statement = pins(constitution, modules)
    for (principle, statement), end, rules in zip(constitution.statements, ends, by_statement, strict=True):
        if not statement.pinned:
            found.append(Proposal(statement, rules, demands.left_open(principle, statement), end))
    return tuple(found)


def _offset(lines: Sequence[str], block: Block, end: int) -> int:
    """Where a statement that ends there in its block ends in the document, behind its last word."""
    before = _HANGING.sub("", block.text[:end])
    row = before.count("\n")
    while row and not block.parts[row].strip(" " + MARK):
        row -= 1
    column = len(before) - before.rfind("\n") - 1
    number = block.lines[row] - 1
    start = sum(map(len, lines[:number]))
    line = lines[number].rstrip("\r\n")
    part = block.parts[row]
    if block.kind is Kind.ROW:
        whole = line.rstrip()
        return start + len(whole.removesuffix("|").rstrip() if whole.endswith("|") else whole)
    base = line.find(part) if MARK not in part else -1
    if base >= 0 and row == before.count("\n"):
        return start + base + min(column, len(part.rstrip()))
    if base < 0 and row == before.count("\n") and (cut := _behind_comments(line, part, column)) is not None:
        return start + cut
    return start + len(line.rstrip())


def _behind_comments(line: str, part: str, column: int) -> int | None:
    """The column in a line whose comments stand as marks in the part of the block; None where it is unknown."""
    texts = part.split(MARK)
    position = line.find(texts[0])
    seen = 0
    for text in texts:
        position = line.find(text, position)
        if position < 0:
            return None
        if column <= seen + len(text):
            return position + column - seen
        position += len(text)
        seen += len(text) + 1
        position = line.find("-->", position) + 3
    return None


def pinned_text(text: str, proposed: Sequence[Proposal]) -> str:
    """The document with the proposed pins; nothing else of it changes, and a pinned document stays as it is."""
    parts: list[str] = []
    done = 0
    for proposal in sorted(proposed, key=lambda proposal: proposal.end):
        end = proposal.end
        parts += [text[done:end], "" if text[:end].endswith((" ", "\t")) else " ", proposal.pin]
        done = end
        if text[end : end + 1].isalnum():
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
