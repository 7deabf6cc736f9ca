"""The changelog: there, with an entry for the chart's version, and grouped by what kind of change it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from helm_constitution.api import (
    MUST,
    SHOULD,
    Edit,
    Heading,
    LazyPattern,
    NamedTuple,
    NotApplicable,
    Related,
    Span,
    Subject,
    TextPlace,
    Unchecked,
    Violation,
    YamlSyntaxError,
    load_document,
    read_markdown,
    require,
    rule,
)

from .readme_file import parsed, readme_of

_FILE = LazyPattern(
    r"(change[-_ ]?log|changes|history|news|releases?|release[-_ ]?notes?)(\.(md|markdown|txt|rst|adoc))?\Z",
    re.IGNORECASE,
)
_FOLDER = LazyPattern(r"(change[-_]?logs?|releases?|release[-_]?notes)/[^/]+\Z", re.IGNORECASE)
_HEADING = LazyPattern(r"change ?log|release notes|release history|what['’]?s new|version history", re.IGNORECASE)
_VERSION = LazyPattern(
    r"(?<![0-9.])v?(\d+\.\d+(?:\.\d+)?(?:-[0-9A-Za-z.-]*[0-9A-Za-z])?(?:\+[0-9A-Za-z.-]+)?)(?!\.?[0-9])"
)
# "Upgrading to 2.0.0" inside an entry is no entry of its own.
_ABOUT = LazyPattern(r"\b(to|from|since|until|upgrad\w*|migrat\w*|kubernetes|helm)\b", re.IGNORECASE)
_UNRELEASED = LazyPattern(r"\b(unreleased|upcoming|next)\b", re.IGNORECASE)
_CLOSED = LazyPattern(
    r"\barchiv(?:e|ed)\b|\bno longer (?:maintained|updated|kept)\b|\bdiscontinued\b|\bhas moved to\b"
    r"|\b(?:future|newer|later|further|new) (?:changes|versions|releases) (?:are|can be|will be)\b",
    re.IGNORECASE,
)
"""Notices of an abandoned changelog, before its first entry."""
_SET_AT_RELEASE = LazyPattern(r"0\.0\.0(?:$|[-+])|snapshot", re.IGNORECASE)
_BULLET = LazyPattern(r"\A[^A-Za-z]*")
_SCOPED = LazyPattern(r"\A[^\w\[]*\[[^\]]*\]\W*")
"""The prefix of ``* [bitnami/redis] fix: …``."""
_DONE = LazyPattern(r"\b(added|changed|fixed|removed|deprecated|updated|renamed)\b", re.IGNORECASE)
_KIND = LazyPattern(
    r"\b(add(s|ed|itions?)?|new|features?|feat|chang(es?|ed)|fix(es|ed)?|bug ?-?fix(es)?|hotfix|remov(es?|ed|als?)"
    r"|delet(es?|ed)|deprecat\w+|break\w*|security|improv\w+|enhance\w*|perf\w*|refactor\w*|chores?|docs?|documentation"
    r"|build|ci|tests?|style|revert\w*|updat(es?|ed)|upgrad(es?|ed)|bump(s|ed)?|depend\w+|maintenance|internal|minor|major"
    r"|patch|migrat\w+|renam(es?|ed)|mov(es?|ed)|support\w*|introduc\w+|allow\w*|replac(es?|ed)|drop(s|ped)?|initial)\b",
    re.IGNORECASE,
)


class _Entry(NamedTuple):
    """One version's entry: its heading, and the lines up to the next one's."""

    version: str
    heading: Heading
    body: tuple[str, ...]


class _Changelog(NamedTuple):
    file: str
    text: str
    entries: tuple[_Entry, ...]


_ANNOTATION = "artifacthub.io/changes"


def changelog_file(subject: Subject) -> str | None:
    names = sorted(name for name in subject.chart.files if "/" not in name and _FILE.match(name))
    names.sort(key=lambda name: not name.lower().startswith("change"))
    return names[0] if names else None


def _changelog_folder(subject: Subject) -> list[str]:
    return [name for name in subject.chart.files if _FOLDER.match(name)]


def _annotated(subject: Subject) -> bool:
    return bool(subject.chart.metadata.view.get("annotations", _ANNOTATION).data)


def _read_changelog(file: str, text: str) -> _Changelog:
    document = read_markdown(text)
    kept: list[tuple[str, Heading]] = []
    for heading in document.headings:
        match = _VERSION.search(heading.text)
        if match is not None and not _ABOUT.search(heading.text[: match.start()]):
            kept.append((match.group(1), heading))
    entries: list[_Entry] = []
    for index, (version, heading) in enumerate(kept):
        end = kept[index + 1][1].line - 1 if index + 1 < len(kept) else len(document.prose)
        body = tuple(line for line in document.prose[heading.line : end] if line.strip())
        entries.append(_Entry(version, heading, body))
    return _Changelog(file, text, tuple(entries))


@rule(
    "docs/no-changelog",
    default=SHOULD,
    enforces=(
        require(r"changelog(\.md)?\b\W*(must|should|shall|is required|include|contain|document|exist|list)"),
        require(r"\b(have|has|include|ship|provide|keep|maintain|with) an? (up.to.date )?`?changelog\b"),
        require(r"\b(all|every|each)( notable)? changes?\b.*\b(documented|recorded|listed)\b.*\bchangelog"),
    ),
)
def no_changelog(subject: Subject) -> Iterator[Violation]:
    """Chart has no changelog.

    Why: Users who upgrade have to know what changed; without a changelog they compare templates, or find out in
        production.
    Bad:
        Chart.yaml
        README.md
    Good:
        Chart.yaml
        CHANGELOG.md
        README.md
    Fix: Add a CHANGELOG.md beside Chart.yaml, or the annotation `artifacthub.io/changes` in Chart.yaml.
    Source: Keep a Changelog 1.1.0; Artifact Hub annotations
    """
    if changelog_file(subject) or _changelog_folder(subject) or _annotated(subject):
        return
    readme = readme_of(subject)
    if readme is not None and any(_HEADING.search(heading.text) for heading in parsed(subject, readme[1]).headings):
        return
    yield Violation(
        "chart has no changelog; add CHANGELOG.md or the annotation artifacthub.io/changes", TextPlace("Chart.yaml")
    )


def _names_a_kind(line: str) -> bool:
    """Whether a line of an entry tells what kind of change it is: a heading, a conventional commit, a verb."""
    if line.lstrip().startswith("#"):
        return _KIND.search(line) is not None
    beginnings = (_BULLET.sub("", line, count=1), _SCOPED.sub("", line, count=1))
    return any(_KIND.match(text) for text in beginnings) or _DONE.search(line) is not None


def _require_changelog(subject: Subject) -> _Changelog:
    file = changelog_file(subject)
    if file is None:
        raise NotApplicable("there is no CHANGELOG.md in the chart")
    return _read_changelog(file, subject.chart.files[file])


def new_entry(subject: Subject, version: str, lines: Sequence[str]) -> Edit | None:
    """The edit that begins a version's entry above the newest one, in its form; None where there is none to follow.

    Args:
        subject: the chart.
        version: the new version.
        lines: what it says, a bullet each.
    """
    file = changelog_file(subject)
    changelog = _read_changelog(file, subject.chart.files[file]) if file is not None else None
    if changelog is None or not changelog.entries:
        return None
    newest = changelog.entries[0]
    line = newest.heading.line
    written = changelog.text.split("\n")[line - 1].rstrip("\r")
    if written.count(newest.version) != 1 or not written.startswith("#"):
        return None  # a link, or a heading of two lines
    before, _, behind = written.partition(newest.version)
    heading = f"{before}{version}{behind[:1] if behind[:1] in ('', ']', ')') else ''}"
    body = "".join(f"- {text[:1].upper()}{text[1:]}.\n" for text in dict.fromkeys(lines))
    marks = "#" * (newest.heading.level + 1)
    return Edit(changelog.file, line, 1, line, 1, f"{heading}\n\n{marks} Changed\n\n{body}\n")


def _bare(version: str) -> str:
    return version.strip().removeprefix("v").partition("+")[0].lower()


def _mentioned(text: str, version: str) -> bool:
    """Whether a line begins with the version: changelogs without headings, in lists, tables or bold type."""
    pattern = rf"^[\W_]*(?:version|release|[\w.-]*-)?[\W_]*v?{re.escape(version)}(?![0-9A-Za-z]|[.-][0-9A-Za-z])"
    return re.search(pattern, text, re.IGNORECASE | re.MULTILINE) is not None


_SERIES = LazyPattern(r"\W*(?:version |release )?v?(\d+(?:\.\d+)?)(?:\.x)*\b(?!\.\d)", re.IGNORECASE)


def _covered(text: str, versions: set[str]) -> bool:
    """Whether a heading stands for a series that a version is of: `## v9` or `## 9.2.x` for 9.2.4."""
    series = (_SERIES.match(heading.text) for heading in read_markdown(text).headings)
    return any(found is not None and version.startswith(f"{found[1]}.") for found in series for version in versions)


@rule(
    "docs/changelog-version-missing",
    default=MUST,
    enforces=(
        require(r"changelog\b.*\b(per|for (each|every|all)|every|each) (release|version)"),
        require(r"\b(each|every) (release|version)\b.*\bchangelog"),
    ),
)
def changelog_version_missing(subject: Subject) -> Iterator[Violation]:
    """Changelog has no entry for the chart version.

    Why: Users look for the changes of the version that they are about to install.
    Bad:
        ## [1.2.2] - 2024-01-01        (Chart.yaml says version: 1.2.3)
    Good:
        ## [1.2.3] - 2024-02-01
        ## [1.2.2] - 2024-01-01
    Fix: Add a heading with the version of Chart.yaml and list the changes below it; rename "Unreleased" for the
        release.
    Source: Keep a Changelog 1.1.0
    """
    version = _bare(subject.chart.version)
    if not version:
        return
    if _SET_AT_RELEASE.search(version):
        raise Unchecked(f"version {subject.chart.version} is a placeholder that the release replaces")
    file = changelog_file(subject)
    if file is None:
        files = _changelog_folder(subject)
        if files and not any(version in name for name in files) and not _annotated(subject):
            place = subject.chart.metadata.view.get("version")
            folder = files[0].partition("/")[0]
            yield Violation(f"no file in {folder}/ is named after version {subject.chart.version}", place)
        elif not files and not _annotated(subject):  # the annotation is about the version that it is packaged with
            raise NotApplicable("there is no CHANGELOG.md in the chart")
        return
    changelog = _require_changelog(subject)
    wanted = {version, version.partition("-")[0]}  # a pre-release may stand under the version that it leads to
    if any(_bare(entry.version) in wanted for entry in changelog.entries) or _covered(changelog.text, wanted):
        return
    if _mentioned(changelog.text, version):
        return
    head = changelog.text.split("\n")[: changelog.entries[0].heading.line - 1] if changelog.entries else []
    if _CLOSED.search("\n".join(head)):
        raise Unchecked(f"{changelog.file} is marked as no longer maintained")
    related = (Related(subject.chart.metadata.view.get("version"), "the chart's version"),)
    if not changelog.entries:
        message = (
            f"changelog has no entry for version {subject.chart.version} or any other; add a heading for each version"
        )
        yield Violation(message, TextPlace(changelog.file), related)
        return
    newest = changelog.entries[0]
    message = f"changelog has no entry for version {subject.chart.version} (latest entry: {newest.version}); add one"
    yield Violation(message, TextPlace(changelog.file, newest.heading.span), related)


@rule(
    "docs/changelog-unstructured",
    default=SHOULD,
    enforces=(
        require(r"changelog\b.*\b(breaking|features?|fixes|added|deprecat)"),
        require(r"keep ?a ?changelog"),
    ),
)
def changelog_unstructured(subject: Subject) -> Iterator[Violation]:
    """Changelog does not group changes by kind.

    Why: Readers look for breaking changes and new features; a bare list of commits hides both.
    Bad:
        ## 1.2.3
        - the replica count
        - the tag of the image
    Good:
        ## 1.2.3
        ### Breaking changes
        - `replicas` is now `replicaCount`
        ### Fixed
        - the image's tag
    Fix: Write a heading for each version and group its changes: breaking changes, added, changed, deprecated, fixed. In
        the annotation `artifacthub.io/changes`, set the kind of each change: added, changed, deprecated, removed, fixed
        or security.
    Source: Keep a Changelog 1.1.0; Conventional Commits 1.0.0; Artifact Hub, Helm annotations (artifacthub.io/changes)
    """
    if changelog_file(subject) is None and _annotated(subject):
        yield from _unstructured_annotation(subject)
        return
    changelog = _require_changelog(subject)
    if not changelog.text.strip():
        yield Violation(f"{changelog.file} is empty", TextPlace(changelog.file))
        return
    entries = [entry for entry in changelog.entries if entry.body and not _UNRELEASED.search(entry.heading.text)]
    if not changelog.entries:
        # Plain-text changelogs set versions at the beginning of a line.
        if not re.search(r"^[\W_]*(version |release )?v?\d+\.\d+\.\d+", changelog.text, re.IGNORECASE | re.MULTILINE):
            message = "changelog has no headings for versions; add one for each version and group its changes by kind"
            yield Violation(
                message, TextPlace(changelog.file, Span(1, 1, 1, 1 + len(changelog.text.split("\n", 1)[0])))
            )
        return
    if not entries:
        return
    newest = entries[0]
    if any(_names_a_kind(line) for line in newest.body):
        return
    what = f"entry for {newest.version} does not group its changes by kind"
    message = f"{what}; use headings (added, changed, fixed, breaking …)"
    yield Violation(message, TextPlace(changelog.file, newest.heading.span))


_KINDS = ("added", "changed", "deprecated", "removed", "fixed", "security")
"""The kinds that Artifact Hub supports."""


def _unstructured_annotation(subject: Subject) -> Iterator[Violation]:
    """``artifacthub.io/changes``: a list of texts, or of maps with ``kind`` and ``description``, as YAML in a text."""
    view = subject.chart.metadata.view.get("annotations", _ANNOTATION)
    try:
        changes = load_document(view.string() or "", "Chart.yaml").data
    except YamlSyntaxError:
        changes = None
    if not isinstance(changes, list) or not changes:
        yield Violation(
            f"{_ANNOTATION} is not a list of changes; write `- kind: added` and `description: …` for each", view
        )
        return
    for number, change in enumerate(changes, 1):
        if isinstance(change, dict) and str(change.get("kind")) not in _KINDS:
            found = f"has the unknown kind {change['kind']}" if change.get("kind") else "has no kind"
            yield Violation(f"change {number} in {_ANNOTATION} {found}; use {', '.join(_KINDS)}", view)
    texts = [change for change in changes if not isinstance(change, dict)]
    if texts and not any(_names_a_kind(str(text)) for text in texts):
        yield Violation(
            f"changes in {_ANNOTATION} have no kind; write `- kind: added` and `description: …`",
            view,
        )
