"""The parts of a rule page, which is a docstring."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Mapping

SECTIONS = ("Why", "Bad", "Good", "Fix", "Source")


def title_of(doc: str) -> str:
    """The first line of a docstring."""
    return inspect.cleandoc(doc).partition("\n")[0]


def sections_of(doc: str) -> Mapping[str, str]:
    """The parts of a docstring, as :func:`sections`."""
    parts: dict[str, list[str]] = {}
    current: list[str] = []
    for line in inspect.cleandoc(doc).splitlines()[1:]:
        name, colon, rest = line.partition(":")
        if colon and name in SECTIONS and name not in parts:
            current = parts[name] = [rest.strip()] if rest.strip() else []
        else:
            current.append(line)
    return {name: textwrap.dedent("\n".join(lines)).strip() for name, lines in parts.items()}
