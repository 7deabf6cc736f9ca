"""A fix that excludes large files that no template reads from the chart in .helmignore."""

from __future__ import annotations

import base64
import zlib

from helm_constitution.api import Applicability, Edit, Fix, LazyPattern, Subject

_NEEDED = LazyPattern(
    r"(?:templates|crds|charts|ci|platforms|tests)/|(?:Chart|values|requirements)\b[^/]*\Z"
    r"|(?:README|LICENSE|NOTICE|CHANGELOG)[^/]*\Z|\.[^/]*\Z"
)
_LARGE = 10_000
"""Smaller files (in bytes) make no difference."""
_FILE = ".helmignore"


def ignored(subject: Subject, excess: int) -> Fix | None:
    """Excludes the largest files, as many as needed; None if they are too few, or a template may read any of them.

    Args:
        excess: the bytes by which the release is too large.
    """
    files = subject.chart.files
    if any(".Files" in text for path, text in files.items() if path.startswith("templates/")):
        return None
    sizes = {
        path: len(zlib.compress(base64.b64encode(text.encode()))) * 4 // 3
        for path, text in files.items()
        if len(text) > _LARGE and not _NEEDED.match(path)
    }
    chosen: list[str] = []
    for path in sorted(sizes, key=lambda path: -sizes[path]):
        if excess > 0:
            chosen.append(path)
            excess -= sizes[path]
    if excess > 0 or not chosen:
        return None
    lines = "".join(f"/{path}\n" for path in sorted(chosen))
    text = files.get(_FILE)
    if text is None:
        edit = Edit(_FILE, 1, 1, 1, 1, lines)
    else:
        rows = text.replace("\r\n", "\n").split("\n")
        at = (len(rows), len(rows[-1]) + 1)
        edit = Edit(_FILE, *at, *at, f"\n{lines.rstrip()}" if rows[-1] else lines)
    return Fix(f"exclude {', '.join(sorted(chosen)[:3])} in .helmignore", (edit,), Applicability.SAFE)
