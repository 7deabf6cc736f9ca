"""What is read of an object that `lookup` may not find, with defaults."""

from __future__ import annotations

import re
from collections.abc import Sequence

from helm_constitution.api import Edit, Fix

_FIELDS = r"(?P<fields>(?:\.[A-Za-z_]\w*)+)"
_CALL = re.compile(r"\((?P<found>lookup(?: (?:[^()\s|]+|\([^()]*\)))+)\)" + _FIELDS)


def with_defaults(file: str, text: str, variables: Sequence[str]) -> Fix | None:
    """Every field that is read of what `lookup` finds, or of these variables, has an empty text where it is missing.

    None where nothing is read of it.
    """
    patterns = [_CALL, *(re.compile(rf"(?P<found>{re.escape(name)}){_FIELDS}") for name in variables)]
    edits: list[Edit] = []
    for number, line in enumerate(text.split("\n"), 1):
        for pattern in patterns:
            for found in pattern.finditer(line):
                source = f"({found['found']})" if pattern is _CALL else found["found"]
                *maps, field = found["fields"][1:].split(".")
                for key in maps:
                    source = f"({source}.{key} | default dict)"
                edits.append(
                    Edit(file, number, found.start() + 1, number, found.end() + 1, f'({source}.{field} | default "")')
                )
    return Fix('read "" where there is nothing', tuple(edits)) if edits else None
