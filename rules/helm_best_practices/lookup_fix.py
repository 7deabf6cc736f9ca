"""A fix that adds defaults to the fields of an object that `lookup` may not find."""

from __future__ import annotations

import re
from collections.abc import Sequence

from helm_constitution.api import Edit, Fix

_FIELDS = r"(?P<fields>(?:\.[A-Za-z_]\w*)+)"
_CALL = re.compile(r"\((?P<found>lookup(?: (?:[^()\s|]+|\([^()]*\)))+)\)" + _FIELDS)


def with_defaults(file: str, text: str, variables: Sequence[str]) -> Fix | None:
    """Adds an empty default to every field that is read from the result of `lookup`, or from these variables.

    None if no field is read.
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
