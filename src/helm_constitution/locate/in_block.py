"""The lines of a block scalar (``key: |``), and the one with the wrong part of its text."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Location, Precision

_HEAD = LazyPattern(r"(?:^|[:\-]\s)\s*[|>][-+0-9]*\s*(?:#.*)?$")

LineOf = Callable[[int], str | None]
"""The text of a line by its number; None where the file has no such line."""


def lines_of_block(head: int, line_of: LineOf) -> Iterator[int]:
    """The lines below the head of a block scalar that belong to it; none if the line is not one."""
    first = line_of(head)
    if first is None or not _HEAD.search(first.rstrip()):
        return
    number = head + 1
    while (line := line_of(number)) is not None:
        # An action may stand further left: what it prints is indented.
        if line.strip() and indent_of(line) <= indent_of(first) and not line.lstrip().startswith("{{"):
            return
        yield number
        number += 1


def line_in_block(location: Location, part: str, line_of: LineOf) -> Location:
    """The place of a part of a text, if a location is the head of the block scalar with that text.

    Args:
        location: of the text; returned unchanged if it is not a head, or no line below it contains the part.
        part: the wrong part of the text; of several lines the first counts.
        line_of: the lines of the location's file.
    """
    wanted = part.partition("\n")[0].strip()
    if location.line is None or not wanted:
        return location
    for number in lines_of_block(location.line, line_of):
        line = line_of(number) or ""
        if wanted in line:
            begin = line.index(wanted) + 1
            end = begin + len(wanted)
            return Location(location.base, location.file, number, begin, number, end, Precision.EXACT)
    return location


def indent_of(line: str) -> int:
    """How many blanks a line begins with."""
    return len(line) - len(line.lstrip(" "))
