"""Whether the changelog announces breaking changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from helm_constitution.api import (
    BASELINE,
    MUST,
    LazyPattern,
    Place,
    Related,
    Subject,
    TextPlace,
    Unchecked,
    View,
    Violation,
    matches_word,
    read_markdown,
    require,
    rule,
)

from ..documentation.changelog import changelog_file
from ..documentation.upgrading import upgrade_texts
from .changelog_fix import entry_of
from .comparing import group_of

if TYPE_CHECKING:
    from helm_constitution.api import Change

_MIGRATION = LazyPattern(
    r"```|^(?: {4}|\t)\S|->|→|=>|\b(?:use|set|instead|replaced? (?:by|with)|renam\w+|mov\w+|migrat\w+|delet\w+|apply"
    r"|remov\w+ (?:it|them)|(?:remove|take) \S+ (?:from|out)|chang\w+ to|must|need(?:s|ed)? to|no longer"
    r"|before (?:the )?upgrad\w+|kubectl)\b"
)
"""An example, or a word that introduces a migration step."""


@rule(
    "compat/changelog-silent",
    default=MUST,
    needs={BASELINE},
    enforces=(
        require(
            r"^(?!.*\b(?:channel|slack|e-?mail|meeting)\b).*"
            r"\bbreaking\b.{0,80}\b(?:changelog|documented|announced|listed|migration|release notes"
            r"|upgrade (?:notes|guide))"
        ),
        require(r"\b(?:changelog|migration (?:path|guide|steps))\b.{0,80}\bbreaking"),
    ),
)
def changelog_silent(subject: Subject) -> Iterator[Violation]:
    """Changelog does not mention a breaking change or how to migrate.

    Why: A MAJOR version tells users that something breaks; they look in the changelog for what it is and what to do.
    Bad:
        ## 2.0.0
        - Cleaned up the values.
    Good:
        ## 2.0.0
        ### Breaking changes
        - `replicas` is now `replicaCount`: set `replicaCount: 3` instead of `replicas: 3`.
    Fix: Name each value and object in CHANGELOG.md, in the upgrade section of the README or in the annotation
        artifacthub.io/changes, with the old and the new form.
        `fix --unsafe` writes what breaks, and what to do about it, into CHANGELOG.md.
    Source: Keep a Changelog 1.1.0; Artifact Hub annotations
    """
    comparison = subject.comparison
    if comparison.by_robot:
        raise Unchecked("a robot writes the changelog when it makes the release (release: bot)")
    breaking = [change for change in comparison.changes if change.step.name == "MAJOR"]
    if not breaking:
        return
    # A text may name a value as templates do.
    text = "\n".join(upgrade_texts(subject, subject.baseline)).replace(".Values.", "")
    place, where = _announcing(subject)
    silence = [change for change in breaking if not _is_named(change, text)]
    fix = entry_of(silence, place.file, subject) if silence and isinstance(place, TextPlace) else None
    for change in breaking:
        if change in silence:
            silent = f"{where} does not mention" if where else "no changelog mentions"
            group = group_of(change, f"{silent} it")
            message = f"{silent} that {change.what}; add an entry with the migration steps"
            yield Violation(message, place, _related(change), group=group, fix=fix)
        elif not _MIGRATION.search(text):
            teller = where or "the README"
            message = f"{teller} mentions {change.names[0]} without migration steps; describe what users have to change"
            group = group_of(change, f"{teller} gives no migration steps")
            yield Violation(message, place, _related(change), group=group)


def _announcing(subject: Subject) -> tuple[Place, str]:
    """Where the change belongs, and what the place is called; "" without a changelog and without the annotation."""
    file = changelog_file(subject)
    if file is not None:
        headings = [heading for heading in read_markdown(subject.chart.files[file]).headings if heading.level > 1]
        return TextPlace(file, headings[0].span if headings else None), file
    annotation: View = subject.chart.metadata.view.get("annotations", "artifacthub.io/changes")
    if annotation.exists:
        return annotation, "artifacthub.io/changes"
    return subject.chart.metadata.view.get("version"), ""


def _is_named(change: Change, text: str) -> bool:
    """Whether a text names what changed: the value or object itself, or a map around the value (`server.config`)."""
    names = [*change.names, *(above for name in change.names for above in _above(name))]
    return any(name and matches_word(name, text) for name in names)


def _above(name: str) -> Iterator[str]:
    """The paths above a value's, down to two keys: a single key is an ordinary word, unless in backticks."""
    steps = name.split(".")
    yield from (".".join(steps[:length]) for length in range(len(steps) - 1, 1, -1))
    if len(steps) > 1:
        yield f"`{steps[0]}`"


def _related(change: Change) -> tuple[Related, ...]:
    place = change.new if change.new is not None else change.old
    return () if place is None else (Related(place, change.what),)
