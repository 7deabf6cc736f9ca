"""The upgrade note: what changed since the last release, what to do, old and new values side by side.

The pieces that the text report, the Markdown report and others put together; nothing here depends on their markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helm_constitution.core.model import Location
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.report.words import as_yaml

if TYPE_CHECKING:
    from helm_constitution.report.model import BaselineReport, ChangeReport

MAJOR = "MAJOR"
MINOR = "MINOR"


class Step(NamedTuple):
    """One thing that an upgrade asks of a user. ``before`` and ``after`` are YAML, empty where there is none."""

    what: str
    to_do: str
    before: str
    after: str
    old: Location | None
    new: Location | None


class UpgradeNote(NamedTuple):
    """What a user must know before an upgrade; ``summary`` is one sentence without a full stop."""

    summary: str
    steps: tuple[Step, ...]
    features: tuple[str, ...]
    defaults: tuple[str, ...]


def summary(baseline: BaselineReport, version: str) -> str:
    """The comparison in one sentence: with what, what changed, and whether the version shows it."""
    if baseline.version is None:
        return baseline.origin
    counts = _counts(baseline)
    if not baseline.changes:
        return f"nothing changed since {baseline.origin} (version {baseline.version})"
    text = f"since {baseline.origin} (version {baseline.version}): {counts}"
    if baseline.required_version is None:
        return text
    asked = f"requires version {baseline.required_version} or later"
    if baseline.commit_message is not None:
        return f"{text}; {asked}, which the release sets"
    return f"{text}; {asked}; the version is {version}" + ("" if baseline.enough else ": too small")


def upgrade_note(baseline: BaselineReport, version: str) -> UpgradeNote:
    """The note on upgrading from the baseline to the chart as it is."""
    breaking = [change for change in baseline.changes if change.step == MAJOR]
    return UpgradeNote(
        summary(baseline, version),
        tuple(_step(change) for change in breaking),
        tuple(change.what for change in baseline.changes if change.step == MINOR),
        tuple(change.what for change in baseline.changes if change.rule == "compat/default-changed"),
    )


def _step(change: ChangeReport) -> Step:
    return Step(
        change.what, change.advice, as_yaml(change.old_values), as_yaml(change.new_values), change.old, change.new
    )


def _counts(baseline: BaselineReport) -> str:
    breaking = sum(change.step == MAJOR for change in baseline.changes)
    features = sum(change.step == MINOR for change in baseline.changes)
    defaults = sum(change.rule == "compat/default-changed" for change in baseline.changes)
    parts = [
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in ((breaking, "breaking change"), (features, "addition"), (defaults, "changed default"))
        if count
    ]
    return ", ".join(parts) or "nothing that users notice"
