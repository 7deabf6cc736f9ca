"""How findings are fixed: edits of the chart's files."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Applicability(enum.StrEnum):
    """How far a fix may be applied without a person (the model is ruff's)."""

    SAFE = "safe"
    """It changes nothing that is rendered, byte for byte; ``fix`` applies it."""
    UNSAFE = "unsafe"
    """It changes what is rendered; ``fix --unsafe`` applies it."""
    DISPLAY = "display"
    """A person must apply it: what it changes can't be changed in a running release, or needs a decision."""


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
    """What stands there instead."""


class Fix(NamedTuple):
    """How to fix a finding: edits that belong together, and files that get another name."""

    title: str
    """What it does, as an instruction: ``set runAsNonRoot: true``."""
    edits: tuple[Edit, ...]
    """The edits, in any order; none over another. None where it is only told what to do, for a person."""
    applicability: Applicability = Applicability.UNSAFE
    """How far it may be applied without a person."""
    moves: tuple[tuple[str, str], ...] = ()
    """Old and new path of each file that gets another name."""
