"""Compares the chart's version with what changed since the last release."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from helm_constitution.api import (
    BASELINE,
    MUST,
    Fix,
    Related,
    Subject,
    Unchecked,
    Violation,
    require,
    rule,
    set_value,
)

from ..documentation.changelog import new_entry
from .comparing import BREAKING

if TYPE_CHECKING:
    from helm_constitution.api import Comparison, Version

RAISED = require(
    r"\b(?:bump|increment|increase|raise)s?\b.{0,60}\bversion\b"
    r"|\bversions?\b.{0,40}\b(?:bumped|incremented|increased|raised)\b"
)
"""Statements that require a new version with each change."""

_REASONS = 5
"""Changes listed with a version; the rule of each change reports the rest."""


def _versioned(subject: Subject) -> tuple[Comparison, Version, Version]:
    """The comparison and both versions, if people write these and both are semantic versions."""
    comparison = subject.comparison
    if comparison.by_robot:
        raise Unchecked("a bot sets the version when it creates the release (release: bot)")
    old, new = comparison.old_version, comparison.new_version
    if old is None:
        raise Unchecked(f'version "{comparison.old.chart.version}" of {comparison.origin} is not a semantic version')
    if new is None:
        raise Unchecked(f'version "{subject.chart.version}" is not a semantic version')
    return comparison, old, new


def _reasons(comparison: Comparison) -> tuple[Related, ...]:
    """The changes that require the largest increment, each with both places."""
    related: list[Related] = []
    for change in comparison.changes:
        if change.step is comparison.required_step and len(related) < 2 * _REASONS:
            related.extend(
                Related(place, change.what + (f" (in {comparison.origin})" if place is change.old else ""))
                for place in (change.new, change.old)
                if place is not None
            )
    return tuple(related)


def _raised(subject: Subject, comparison: Comparison) -> Fix | None:
    """Sets the version that the changes require, with a changelog entry that names them."""
    metadata, version = subject.chart.metadata, str(comparison.required_version)
    edits = set_value(metadata, ("version",), version)
    if edits is None:
        return None
    entry = new_entry(subject, version, [_told(change.what, change.advice) for change in comparison.changes])
    return Fix(f"set version: {version}", (*edits, *((entry,) if entry is not None else ())))


def _told(what: str, advice: str) -> str:
    return f"{what}; {advice}" if advice else what


@rule(
    "compat/version-unchanged",
    default=MUST,
    needs={BASELINE},
    enforces=(
        BREAKING,
        RAISED,
        require(
            r"\b(?:every|each|any) change\b.{0,60}\bversion"
            r"|\bversion[- ](?:bump|increment)|\b(?:modified|changed)\b.{0,20}\bnew version\b"
        ),
        require(r"\bversion\b.{0,30}\bincrements?\b.{0,20}\bchange"),
        require(r"\bcharts?(?: releases?| versions?)\b.{0,30}\bimmutable\b"),
    ),
)
def version_unchanged(subject: Subject) -> Iterator[Violation]:
    """Chart changed but its version did not.

    Why: A repository keeps one package per version: the change is never published, or two different charts share one
        version.
    Bad:
        # values.yaml changed since web-1.2.0
        version: 1.2.0
    Good:
        version: 1.2.1
    Fix: Raise the version as far as the report says. If a bot does that, set `release: bot` in .helm-constitution.yaml.
        `fix --unsafe` sets it and starts a changelog entry with the changes.
    Source: Semantic Versioning 2.0.0, 3; chart-testing check-version-increment; Helm documentation, Charts and
        Versioning
    """
    comparison, old, new = _versioned(subject)
    if old.order == new.order and comparison.differs:
        message = f"chart changed since {comparison.origin}, but its version is still {new}; set version to"
        at = subject.chart.metadata.view.get("version")
        fix = _raised(subject, comparison)
        yield Violation(f"{message} {comparison.required_version}", at, _reasons(comparison), fix=fix)


@rule(
    "compat/version-too-small",
    default=MUST,
    needs={BASELINE},
    enforces=(
        BREAKING,
        require(r"\b(?:MINOR|PATCH)\b.{0,20}\bversion\b|\bbreaking changes?\b.{0,20}\bchart\W+version\b"),
    ),
)
def version_too_small(subject: Subject) -> Iterator[Violation]:
    """Version increment is too small for the change.

    Why: Users install a PATCH without reading and expect a MINOR to be compatible; breaking changes belong in a MAJOR
        version.
    Bad:
        # replicaCount was renamed to replicas since 1.2.0
        version: 1.2.1
    Good:
        version: 2.0.0
    Fix: Raise the version as far as the message says, or stay compatible: read the old value besides the new one.
        Before 1.0.0 a MINOR version may break, and a PATCH may add features.
        `fix --unsafe` sets it and starts a changelog entry with the changes.
    Source: Semantic Versioning 2.0.0, 6 to 8; Helm documentation, Charts and Versioning
    """
    comparison, old, new = _versioned(subject)
    if new.order <= old.order or comparison.allows(comparison.required_step):
        return
    count = sum(change.step is comparison.required_step for change in comparison.changes)
    kind = "breaks users" if comparison.required_step.name == "MAJOR" else "adds features"
    times = f" in {count} places" if count > 1 else ""
    yield Violation(
        f"version {new} is only a {comparison.step.name} increment over {old}, but the change {kind}{times}; "
        f"set version to {comparison.required_version}",
        subject.chart.metadata.view.get("version"),
        _reasons(comparison),
        fix=_raised(subject, comparison),
    )


@rule(
    "compat/version-backwards",
    default=MUST,
    needs={BASELINE},
    enforces=(BREAKING, require(r"\bversions?\b.{0,40}\b(?:increas|go(?:es)? up|grow|rise)")),
)
def version_backwards(subject: Subject) -> Iterator[Violation]:
    """Version is lower than that of the last release.

    Why: Helm installs the highest version in the repository: nobody gets the new chart.
    Bad:
        # the last release was 1.10.0
        version: 1.9.1
    Good:
        version: 1.10.1
    Fix: Continue from the last release. Compare a release of an older line with its predecessor: `--baseline
        web-1.9.0`.
    Source: Semantic Versioning 2.0.0, 11; chart-testing check-version-increment
    """
    comparison, old, new = _versioned(subject)
    if new.order < old.order:
        message = f"version {new} is lower than {old}, the version of {comparison.origin}; raise it above {old}"
        related = (Related(comparison.old.chart.metadata.view.get("version"), f"the version of {comparison.origin}"),)
        yield Violation(message, subject.chart.metadata.view.get("version"), related)
