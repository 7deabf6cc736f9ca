"""How an editor shows what a rule finds, besides underlining it."""

from __future__ import annotations

import enum


class Tag(enum.StrEnum):
    """What is said of the text at a finding's place."""

    UNUSED = "unused"
    """Nothing reads it; editors grey it out."""
    DEPRECATED = "deprecated"
    """It goes away in a later version; editors strike it through."""
