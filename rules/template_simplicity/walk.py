"""A quick way through templates that skips what holds nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helm_constitution.api import Action, Content, Control, Text


def bodies(contents: Sequence[Content]) -> Iterator[Sequence[Content]]:
    """These contents and the bodies of all controls in them, without those of named templates."""
    pending = [contents]
    while pending:
        body = pending.pop()
        yield body
        below: list[Sequence[Content]] = []
        for node in body:
            if type(node) is not Text and type(node) is not Action and isinstance(node, Control):
                below.extend(branch.body for branch in node.branches)
        pending.extend(reversed(below))
