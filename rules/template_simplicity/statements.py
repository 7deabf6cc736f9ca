"""Patterns of statements that several rules on templates enforce."""

from __future__ import annotations

BEST_PRACTICES = (
    r"\bhelm(?:'s|\.sh)?\b.{0,40}\bbest[- ]practices?|chart_best_practices|\bbest practices\b.{0,30}\bhelm\b"
)
"""Umbrella of Helm's chart best practices guide: "Follow official Helm best practices"."""

READABLE = r"\btemplates?\b.{0,60}\b(?:readab\w+|simple|simplicity|plain(?! env)|understand\w+)"
"""Umbrella of readable templates: "Templates MUST be readable by operators"."""
