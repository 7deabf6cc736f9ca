"""Edits of a text by stretches: everything outside of them stays unchanged, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from helm_constitution.core.fixes import Edit

BYTE_ORDER_MARK = "\ufeff"
_ODD_ENDS = ("\x85", "\u2028", "\u2029")
"""What YAML reads as the end of a line, and nobody else does."""


class EditError(Exception):
    """An edit can't be applied to this text; the message names the reason."""


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """A text with its edits applied; line ends and byte order mark are kept.

    Args:
        text: the file as it is.
        edits: of this file, without overlaps; those that insert at one place have been merged.

    Raises:
        EditError: a place lies outside the text, two edits overlap, or lines can't be counted for certain.
    """
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    body = text.removeprefix(mark)
    if any(odd in body for odd in _ODD_ENDS) or "\r" in body.replace("\r\n", ""):
        raise EditError("has line separators that only some readers count")
    ending = line_end_of(body)
    starts = _line_starts(body)
    placed = sorted(
        (
            _offset(edit.line, edit.column, starts, body),
            _offset(edit.end_line, edit.end_column, starts, body),
            edit.text,
        )
        for edit in edits
    )
    parts: list[str] = []
    position = 0
    for start, end, new in placed:
        if start < position or end < start:
            raise EditError("two edits overlap")
        parts += (body[position:start], new.replace("\n", ending))
        position = end
    return mark + "".join(parts) + body[position:]


def line_end_of(text: str) -> str:
    """How the lines of a text end, for text that is added."""
    return "\r\n" if "\r\n" in text else "\n"


def _line_starts(body: str) -> Sequence[int]:
    starts = [0]
    while (found := body.find("\n", starts[-1])) >= 0:
        starts.append(found + 1)
    return starts


def _offset(line: int, column: int, starts: Sequence[int], body: str) -> int:
    """The offset of a place; the line behind the last one is the text's end."""
    if line == len(starts) + 1 and column == 1:
        return len(body)
    if not 1 <= line <= len(starts):
        raise EditError(f"has no line {line}")
    offset = starts[line - 1] + column - 1
    limit = starts[line] - 1 if line < len(starts) else len(body)
    if line < len(starts) and body[limit - 1 : limit] == "\r":
        limit -= 1
    if not starts[line - 1] <= offset <= limit:
        raise EditError(f"has no column {column} in line {line}")
    return offset


def merged(edits: Iterable[Edit]) -> list[Edit]:
    """The edits of one file in order, where those that put YAML into one place are one: ``securityContext:`` once, with
    all that they put below it.

    Raises:
        EditError: where two edits overlap otherwise.
    """
    found: list[Edit] = []
    for edit in sorted(dict.fromkeys(edits), key=lambda edit: edit[1:5]):
        last = found[-1] if found else None
        if last is None or (last[1:5] < edit[1:5] and last[3:5] <= edit[1:3]):
            found.append(edit)
        elif last[1:5] == edit[1:5] and (text := _together(last.text, edit.text)) is not None:
            found[-1] = last._replace(text=text)
        else:
            raise EditError("two edits overlap")
    return found


def _together(first: str, second: str) -> str | None:
    """Two blocks of YAML lines, members of an object or rows of a table as one; None where they are none of these, or
    contradict each other."""
    if first[:1] == "," == second[:1]:
        return _members_together(first, second)
    if all(text.endswith("\n") and text.startswith("|") for text in (first, second)):
        return first + second
    for begin, end in (("\n", ""), ("", "\n")):
        if all(text.startswith(begin) and text.endswith(end) and "\n" in text for text in (first, second)):
            inner = [text.removeprefix(begin).removesuffix(end).split("\n") for text in (first, second)]
            lines = _with_lines(*inner)
            return None if lines is None else begin + "\n".join(lines) + end
    return None


def _members_together(first: str, second: str) -> str | None:
    """Members of a JSON object that are put behind others, ``, "name": …``: those of one name become one, with all that
    is put into it, in the layout of the first text."""
    try:
        one, other = (json.loads(f"{{{text[1:]}}}") for text in (first, second))
        if not one.keys() & other.keys():
            return first + second
        together = _deeply(one, other)
    except ValueError:
        return None
    lines = first.split("\n")
    own = _depth(lines[1]) if len(lines) > 1 else 0
    step = next((_depth(line) - own for line in lines[2:] if _depth(line) > own), 2) if len(lines) > 1 else None
    space = " " if step is None else "\n" + " " * own
    # Only a layout that gives back the first text is known.
    return _members(together, space, step) if _members(one, space, step) == first else None


def _members(members: Mapping[str, Any], space: str, step: int | None) -> str:
    texts = (f"{_json(name)}: {_json(value, step)}".replace("\n", space) for name, value in members.items())
    return "".join(f",{space}{text}" for text in texts)


def _json(value: object, step: int | None = None) -> str:
    return json.dumps(value, indent=step, ensure_ascii=False)


def _deeply(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two objects as one; raises ValueError where they contradict each other."""
    result = dict(one)
    for name, value in other.items():
        known = result.setdefault(name, value)
        if isinstance(known, dict) and isinstance(value, dict):
            result[name] = _deeply(known, value)
        elif known != value:
            raise ValueError(name)
    return result


def _with_lines(lines: list[str], more: Sequence[str]) -> list[str] | None:
    """Lines of YAML with those of another block put where they belong, by their keys and depths."""
    result = list(lines)
    low, high = 0, len(result)
    for index, line in enumerate(more):
        depth = len(line) - len(line.lstrip(" "))
        same = next((at for at in range(low, high) if result[at] == line), None)
        if same is None:
            key = line.strip().partition(":")[0]
            if any(
                _depth(result[at]) == depth and result[at].strip().partition(":")[0] == key for at in range(low, high)
            ):
                return None
            return [*result[:high], *more[index:], *result[high:]]
        low = same + 1
        high = next((at for at in range(low, high) if _depth(result[at]) <= depth), high)
    return result


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
