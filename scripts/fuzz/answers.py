"""What must hold of what a server shows and answers: each oracle gives a fault, or nothing."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from lsprotocol import types

from scripts.fuzz import oracles
from scripts.fuzz.oracles import Fault

_LINE_END = re.compile(r"\r\n|\n|\r")
_OUR_FAULTS = re.compile(
    r"internal error|crashed|Error in server|did not answer|was stopped|can't be reached|\.py\b|Traceback"
)

Plain = Mapping[str, list[tuple[object, ...]]]
"""Diagnostics by file, without the folder that the workspace lies in."""


def lines_of(text: str) -> list[str]:
    """The lines of a text as the protocol ends them."""
    return _LINE_END.split(text)


def units(line: str) -> int:
    """The length of a line as the protocol counts: units of UTF-16."""
    return len(line.encode("utf-16-le", "surrogatepass")) // 2


def of_error(error: BaseException) -> Fault:
    """What left a session: an answer that is none, a message that never came, or an error of the fuzzer's own."""
    return oracles.of_exception(error) or Fault("error", type(error).__name__, str(error))


def of_messages(messages: Sequence[str]) -> Iterator[Fault]:
    """Messages that tell of a fault of the server's."""
    for message in messages:
        if _OUR_FAULTS.search(message):
            yield Fault("message", re.sub(r"\d+", "#", message)[:100], message)


def of_places(answer: object, uri: str, text_at: Callable[[str], str]) -> Iterator[Fault]:
    """Places that no text has, in whatever an answer holds.

    Args:
        answer: the answer's parts.
        uri: the address of the file that it is about, where it names none.
        text_at: the text that the editor has at an address.
    """
    if isinstance(answer, types.Range):
        lines = lines_of(text_at(uri))
        for at in (answer.start, answer.end):
            if at.line >= len(lines) or at.character > units(lines[at.line]):
                yield Fault("place", "outside the text", f"{at} of {uri}")
        start, end = _ends(answer)
        if end < start:
            yield Fault("place", "ends before it begins", f"{answer} of {uri}")
    elif isinstance(answer, types.WorkspaceEdit):
        for one, edits in (answer.changes or {}).items():
            yield from of_places(list(edits), one, text_at)
            spans = sorted((_ends(edit.range) for edit in edits), key=lambda span: span[0])
            for (_, end), (start, _) in itertools.pairwise(spans):
                if start < end:
                    yield Fault("place", "edits overlap", f"{start} of {one}")
    elif isinstance(answer, list | tuple):
        for part in answer:
            yield from of_places(part, uri, text_at)
    elif attrs.has(type(answer)):
        own: Any = answer
        inner = getattr(own, "uri", None) or uri
        for field in attrs.fields(type(own)):
            yield from of_places(getattr(own, field.name), inner, text_at)


def _ends(span: types.Range) -> tuple[tuple[int, int], tuple[int, int]]:
    return (span.start.line, span.start.character), (span.end.line, span.end.character)


def applied(text: str, edits: Sequence[types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit]) -> str:
    """A text with an editor's edits."""
    starts = [0, *(found.end() for found in _LINE_END.finditer(text))]

    def offset(at: types.Position) -> int:
        line = text[starts[at.line] :]
        return starts[at.line] + len(line.encode("utf-16-le")[: 2 * at.character].decode("utf-16-le", "ignore"))

    for edit in sorted(edits, key=lambda one: offset(one.range.start), reverse=True):
        assert isinstance(edit, types.TextEdit | types.AnnotatedTextEdit)
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


def plain(published: Mapping[str, Sequence[types.Diagnostic]], root: Path) -> Plain:
    """Diagnostics for a comparison, by file, in order; files without any are left out."""

    def told(text: str) -> str:
        return text.replace(str(root), "")

    return {
        told(uri): sorted(
            (
                _ends(one.range),
                int(one.severity or 0),
                str(one.code),
                told(one.message),
                [
                    (told(other.location.uri), _ends(other.location.range), told(other.message))
                    for other in one.related_information or ()
                ],
                [int(tag) for tag in one.tags or ()],
            )
            for one in found
        )
        for uri, found in published.items()
        if found
    }


def of_difference(found: Plain, expected: Plain) -> Iterator[Fault]:
    """What is shown in a file, and what should be."""
    for file in sorted({*found, *expected}):
        some, others = found.get(file, []), expected.get(file, [])
        if some != others:
            surplus, missing = ([one for one in a if one not in b] for a, b in ((some, others), (others, some)))
            codes = sorted({f"+{one[2]}" for one in surplus} | {f"-{one[2]}" for one in missing})
            yield Fault("stale", " ".join(codes)[:150], f"{file}\nshown only: {surplus}\nfresh only: {missing}")
