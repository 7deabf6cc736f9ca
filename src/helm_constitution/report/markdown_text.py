"""Text from elsewhere in Markdown: it reads as it was written, and is no markup, link, mention or reference."""

from __future__ import annotations

import re
from collections.abc import Iterable

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.report.words import clean, shorten

TEXT = 400
"""Characters of one text, of which there is no limit by itself."""

_SPECIAL = LazyPattern(r"[\\`*_\[\]~]|[<>&|$]|(?<=[@#])(?=\w)|:(?=//)|(?<=www)\.", re.IGNORECASE)


def words(text: str, most: int = TEXT) -> str:
    """A text of others, as it reads: no markup, no link, no mention of a person, no reference to an issue."""
    return literal(shorten(clean(text), most))


def literal(text: str) -> str:
    """A text as it reads, without being cut: no markup, no link, no mention of a person, no reference to an issue."""
    return _SPECIAL.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if not character:
        return "&#8203;"  # a space of no width behind @ or #
    return f"\\{character}" if character in "\\`*_[]~" else f"&#{ord(character)};"


def prose(text: str, most: int = TEXT) -> str:
    """As :func:`words`, where text between backticks is code. Not for a table: a pipe in code ends its cell."""
    parts = shorten(clean(text), most).split("`")
    if len(parts) % 2 == 0 or "" in parts[1::2]:
        return words(text, most)
    return "".join(code(part) if number % 2 else literal(part) for number, part in enumerate(parts))


def code(text: str) -> str:
    """A text of others as code: in a fence that is longer than any in it."""
    text = shorten(clean(text), TEXT)
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def block(lines: Iterable[str]) -> str:
    """Lines of YAML of others as a block of code, in a fence that is longer than any in them."""
    text = "\n".join(clean(line) for line in lines)
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 0)
    return f"{fence}yaml\n{text}\n{fence}"
