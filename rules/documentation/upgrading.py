"""What the documentation says since the last release: of its values, and on upgrading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from helm_constitution.api import (
    BASELINE,
    MUST,
    Heading,
    LazyPattern,
    NotApplicable,
    Related,
    Severity,
    Subject,
    TextPlace,
    Version,
    Violation,
    require,
    rule,
)

from .changelog import changelog_file
from .readme import UPGRADE_FILE, UPGRADING
from .readme_file import parsed, readme_of

_PROSE = LazyPattern(r"(?:[^/]+|docs?/.+)\.(?:md|markdown|txt|rst|adoc)(?:\.gotmpl)?\Z|readme\Z|changelog\Z")
_INTERFACE = ("compat/value-removed", "compat/value-renamed", "compat/value-retyped", "compat/default-changed")
_CHANGES = "artifacthub.io/changes"
_SHOWN = 3


def _prose(files: Mapping[str, str]) -> dict[str, str]:
    """The texts that a chart brings for people, by their paths in lower case."""
    return {path.lower(): text for path, text in files.items() if _PROSE.match(path.lower())}


def upgrade_texts(new: Subject, old: Subject) -> Iterator[str]:
    """The lines that are new since the last release in the changelog, the annotation, and on upgrading elsewhere."""
    before = _prose(old.chart.files)
    for path, text in _prose(new.chart.files).items():
        known = set(before.get(path, "").splitlines())
        lines = text.splitlines()
        if path != (changelog_file(new) or "").lower() and not UPGRADE_FILE.search(path):
            lines = list(_on_upgrading(new, text, lines))
        yield from (line for line in lines if line not in known and not line.lstrip().startswith("|"))
    annotation = new.chart.metadata.view.get("annotations", _CHANGES).string() or ""
    if annotation != old.chart.metadata.view.get("annotations", _CHANGES).string():
        yield from annotation.splitlines()


def _on_upgrading(subject: Subject, text: str, lines: list[str]) -> Iterator[str]:
    """The lines below headings that speak of upgrading."""
    inside = 0
    headings = {heading.line: heading for heading in parsed(subject, text).headings}
    for number, line in enumerate(lines, 1):
        heading = headings.get(number)
        if heading is not None:
            if UPGRADING.search(heading.text):
                inside = min(inside, heading.level) or heading.level
            elif heading.level <= inside:
                inside = 0
        if inside:
            yield line


@rule(
    "docs/no-upgrade-guide",
    default=MUST,
    needs={BASELINE},
    enforces=(
        require(r"\bMAJOR\b.{0,80}\b(?:upgrad|migration)\w* (?:guide|notes|section|instructions)"),
        require(r"\b(?:upgrad|migration)\w* (?:guide|notes|section|instructions)\b.{0,80}\b(?:MAJOR|breaking)"),
    ),
)
def no_upgrade_guide(subject: Subject) -> Iterator[Violation]:
    """MAJOR version has no upgrade section.

    Why: A MAJOR version tells users to read first; there has to be something to read.
    Bad:
        ## Upgrading
        ### To 1.0.0
    Good:
        ## Upgrading
        ### To 2.0.0
        Set `replicaCount` instead of `replicas`.
    Fix: Add a heading with the version to the README's section on upgrading, or to UPGRADING.md, and describe what to
        do. A MAJOR version without a breaking change needs none. If a bot sets versions (release: bot), the finding is
        a note until the version is set.
    Source: Helm documentation, Charts, "Chart README"; Artifact Hub conventions
    """
    comparison = subject.comparison
    old = comparison.old_version
    target = comparison.required_version if comparison.by_robot else comparison.new_version
    if old is None or target is None or target.major <= old.major:
        return
    if not any(change.step.name == "MAJOR" for change in comparison.changes):
        return  # nothing breaks: there is nothing to say
    readme = readme_of(subject)
    for path, text in _prose(subject.chart.files).items():
        whole = UPGRADE_FILE.search(path) is not None
        counts = whole or (readme is not None and path == readme[0].lower())
        if counts and any(
            _is_about(heading, target, whole) for heading in _with_parents(parsed(subject, text).headings)
        ):
            return
    at = TextPlace(readme[0]) if readme is not None else subject.chart.metadata.view.get("version")
    yield Violation(
        f'no section describes the upgrade to {target}; add a heading "To {target}" with the steps',
        at,
        (Related(subject.chart.metadata.view.get("version"), "the chart's version"),),
        at_most=Severity.NOTE if comparison.by_robot and target != comparison.new_version else None,
    )


def _with_parents(headings: tuple[Heading, ...]) -> Iterator[tuple[Heading, str]]:
    """Each heading, with the texts of those that it stands below."""
    above: list[Heading] = []
    for heading in headings:
        while above and above[-1].level >= heading.level:
            above.pop()
        yield heading, " ".join(parent.text for parent in above)
        above.append(heading)


def _is_about(found: tuple[Heading, str], version: Version, whole: bool) -> bool:
    heading, above = found
    names = re.search(rf"(?<![\d.])v?{version.major}(?:\.(?:\d+|[xX*]))*(?![\d])", heading.text) is not None
    return names and (whole or UPGRADING.search(f"{above} {heading.text}") is not None)


@rule(
    "docs/stale-docs",
    default=MUST,
    needs={BASELINE},
    enforces=(
        require(r"\b(?:documentation|docs|readme)\b.{0,80}\b(?:updated?|kept|in step|in sync|same)\b"),
        require(r"\bupdate\w*\b.{0,60}(?<![./])\b(?:documentation|docs|readme)\b"),
    ),
)
def stale_docs(subject: Subject) -> Iterator[Violation]:
    """Values changed but the documentation did not.

    Why: Users who read the documentation set values that were removed, and never learn of the new ones.
    Bad:
        # values.yaml has a new key since the last release; README.md and CHANGELOG.md are as they were
        replicaCount: 1
    Good:
        | replicaCount | int | `1` | Number of pods |
    Fix: Update the values in the README (helm-docs does), and add the change to CHANGELOG.md.
    Source: Artifact Hub conventions; helm-docs
    """
    comparison = subject.comparison
    new, old = _prose(subject.chart.files), _prose(comparison.old.chart.files)
    if not new:
        raise NotApplicable("there is no README and no changelog to check")
    annotations = [
        chart.metadata.view.get("annotations", _CHANGES).data for chart in (subject.chart, comparison.old.chart)
    ]
    changes = [change for change in comparison.changes if change.rule in _INTERFACE or change.what.startswith("value ")]
    if not changes or new != old or annotations[0] != annotations[1]:
        return
    count = len(changes)
    related = tuple(Related(change.new, change.what) for change in changes[:_SHOWN] if change.new is not None)
    readme = readme_of(subject)
    file = readme[0] if readme is not None else next(path for path in subject.chart.files if path.lower() in new)
    what = changes[0].what if count == 1 else f"{count} values changed"
    yield Violation(
        f"{what} since {comparison.origin}, but README and changelog did not change; update them",
        TextPlace(file),
        related,
    )
