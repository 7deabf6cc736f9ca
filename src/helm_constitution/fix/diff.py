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
    ours, theirs = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    yield f"diff --git {ours} {theirs}"
    if before is None or after is None:
        yield "new file mode 100644" if before is None else "deleted file mode 100644"
    names = ("/dev/null" if before is None else ours, "/dev/null" if after is None else theirs)
    for line in difflib.unified_diff(old, new, *names, lineterm="\n"):
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield _NO_END


def _quoted(path: str) -> str:
    """A path as git writes it: in quotes, with octal escapes, if it has control characters or is not UTF-8."""
    raw = path.encode("utf-8", "surrogateescape")
    if path.isprintable() and not {'"', "\\"} & set(path):
        return path
    plain = range(0x20, 0x7F)
    return '"' + "".join(chr(byte) if byte in plain and byte not in b'"\\' else f"\\{byte:03o}" for byte in raw) + '"'


def _lines(content: bytes | None) -> list[str]:
    text = (content or b"").decode("utf-8", "replace")
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
