"""The changes of fixes, in the form that ``git apply`` and ``patch`` accept."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

_NO_END = "\\ No newline at end of file"


def unified(path: str, before: bytes | None, after: bytes | None) -> Iterator[str]:
    """The lines of a file's diff, without their line ends; a carriage return before one is kept.

    Args:
        path: from the repository's root.
        before: the content; None if there was no file.
        after: the content; None if the file was removed.
    """
    if before == after:
        return
    old, new = (_lines(content) for content in (before, after))
    yield f"diff --git a/{path} b/{path}"
    if before is None or after is None:
        yield "new file mode 100644" if before is None else "deleted file mode 100644"
    names = ("/dev/null" if before is None else f"a/{path}", "/dev/null" if after is None else f"b/{path}")
    for line in difflib.unified_diff(old, new, *names, lineterm="\n"):
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield _NO_END


def _lines(content: bytes | None) -> list[str]:
    text = (content or b"").decode("utf-8", "replace")
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
