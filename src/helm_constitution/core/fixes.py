"""How findings are fixed: edits of the chart's files."""

from __future__ import annotations

import enum

from helm_constitution.core.named_tuples import NamedTuple


class Applicability(enum.StrEnum):
    """Whether a fix may be applied automatically (like ruff's applicability)."""

    SAFE = "safe"
    """The rendered output stays the same, byte for byte; ``fix`` applies it."""
    UNSAFE = "unsafe"
    """The rendered output changes; ``fix --unsafe`` applies it."""
    DISPLAY = "display"
    """A person must apply it: it changes what is immutable in a running release, or requires a decision."""


class Edit(NamedTuple):
    """A stretch of one of the chart's files, and the text that replaces it.

    Lines and columns count from 1, in code points; the end column is exclusive. An empty stretch inserts. A file that
    does not exist is created, by an edit of the stretch 1:1 to 1:1. ``\\n`` in the text becomes the file's own line
    end.
    """

    file: str
    """The path in the chart, with forward slashes."""
    line: int
    """The first line."""
    column: int
    """The first column."""
    end_line: int
    """The last line."""
    end_column: int
    """The column behind the last character."""

    text: str
    """The text that replaces it."""


class Fix(NamedTuple):
    """How to fix a finding: edits that belong together, and renamed files."""

    title: str
    """What it does, as an instruction: ``set runAsNonRoot: true``."""
    edits: tuple[Edit, ...]
    """The edits, in any order, without overlaps. Empty if the title only tells a person what to do."""
    applicability: Applicability = Applicability.UNSAFE
    """Whether it may be applied automatically."""
    moves: tuple[tuple[str, str], ...] = ()
    """Old and new path of each renamed file."""
