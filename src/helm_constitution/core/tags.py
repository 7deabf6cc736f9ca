"""How an editor shows what a rule finds, besides underlining it."""

from __future__ import annotations

import enum


class Tag(enum.StrEnum):
    """What is said of the text at a finding's place."""

    UNUSED = "unused"
    """It is unused; editors grey it out."""
    DEPRECATED = "deprecated"
    """It is deprecated; editors strike it through."""
