"""Shared by the rules that compare releases: turns changes into violations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from helm_constitution.api import Group, Related, Severity, Subject, Unchecked, Violation, require

if TYPE_CHECKING:
    from helm_constitution.api import Change, Comparison

BREAKING = require(
    r"\bbreak(?:s|ing)?\b.{0,80}\bMAJOR\b|\bMAJOR\b.{0,80}\bbreak|\bbackwards?[- ]incompatib"
    r"|\b(?:bump|increment|increase|raise)s?\b.{0,60}\bMAJOR\b|\bMAJOR\b.{0,40}\b(?:bump|increment)"
)
"""Statements on which version a breaking change requires."""


def told(subject: Subject, rule: str, *, of_objects: bool = False) -> Iterator[Violation]:
    """The changes that a rule reports: at full severity if the version does not allow them, else as notes."""
    comparison = subject.comparison
    changes = [change for change in comparison.changes if change.rule == rule]
    if of_objects and not changes and not comparison.rendered and not subject.chart.is_library:
        raise Unchecked(f"objects can't be compared: {unrendered(comparison)}")
    for change in changes:
        yield problem_of(change, comparison)


def unrendered(comparison: Comparison) -> str:
    """Why no scenario could be compared."""
    failed = next((result.message for result in comparison.old.results if result.message), None)
    if failed is not None:
        return f"{comparison.origin} does not render: {failed}"
    return "no scenario rendered on both sides"


def problem_of(change: Change, comparison: Comparison) -> Violation:
    """A change as a violation at its new place, with the old place as a related one."""
    advice = f"; {change.advice}" if change.advice else ""
    at = change.new
    related: tuple[Related, ...] = ()
    if at is None:
        at = change.old
    elif change.old is not None:
        related = (Related(change.old, f"in {comparison.origin}"),)
    limit = Severity.NOTE if comparison.allows(change.step) else None
    return Violation(change.what + advice, at, related, at_most=limit, group=group_of(change))


def group_of(change: Change, lacks: str = "") -> Group:
    """Groups a change with what the documents lack about it into one finding.

    Args:
        change: the change.
        lacks: what one document lacks; empty for the change itself.
    """
    advice = f"; {change.advice}" if change.advice else ""
    return Group(("change", change.rule, change.what), f"{change.what} ({{items}}){advice}", lacks)
