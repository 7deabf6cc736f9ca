"""Words in texts."""

from __future__ import annotations

import re


def matches_word(name: str, text: str) -> bool:
    """Whether a text has a name as a word of its own."""
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) is not None


def cut_apart(one: str, other: str, width: int = 60) -> tuple[str, str]:
    """Two texts for one sentence, each cut to about that many characters so that it shows where they differ.

    >>> cut_apart("a" * 70 + "b", "a" * 70 + "c", 12)
    ('…aaaab', '…aaaac')
    """
    common = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    common = min(len(one), len(other)) if common is None else common
    begin = common - width // 3 if max(len(one), len(other)) > width and common > width // 2 else 0
    return _cut(one, begin, width), _cut(other, begin, width)


def _cut(text: str, begin: int, width: int) -> str:
    rest = text[begin:]
    end = rest if len(rest) <= width else f"{rest[: width - 3]}…"
    return f"…{end}" if begin else end
