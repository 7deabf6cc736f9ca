"""What breaks users, written into the changelog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from helm_constitution.api import Edit, Fix, LazyPattern, Subject, read_markdown

if TYPE_CHECKING:
    from helm_constitution.api import Change

_VERSION = LazyPattern(r"\d+\.\d+\.\d+[^\s\])]*")


def entry_of(changes: Sequence[Change], file: str, subject: Subject) -> Fix | None:
    """The changes, with what to do about each, in the version's entry; in a new one above the others where the
    changelog has none yet. None where it has no entry at all, or is not Markdown."""
    if not file.endswith(".md"):
        return None
    version, text = subject.chart.version, subject.chart.files[file]
    headings = read_markdown(text).headings
    newest = next((one for one in headings if one.level > 1 and _VERSION.search(one.text)), None)
    lines = text.replace("\r\n", "\n").split("\n")
    if newest is None or not lines[newest.line - 1].startswith("#"):
        return None
    told = "\n".join(f"- {change.what}{f'; {change.advice}' if change.advice else ''}" for change in changes)
    section = f"{'#' * (newest.level + 1)} Breaking changes\n\n{told}"
    found = _VERSION.search(newest.text)
    if found is not None and found[0] == version:
        at = (newest.line, len(lines[newest.line - 1]) + 1)
        edit = Edit(file, *at, *at, f"\n\n{section}")
    else:
        title = f"[{version}]" if newest.text.startswith("[") else version
        edit = Edit(file, newest.line, 1, newest.line, 1, f"{'#' * newest.level} {title}\n\n{section}\n\n")
    return Fix(f"name what breaks in {file}", (edit,))
