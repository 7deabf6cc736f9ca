"""Patterns of statements that several rules on values enforce."""

from __future__ import annotations

BEST_PRACTICES = (
    r"\bhelm(?:'s|\.sh)?\b.{0,40}\bbest[- ]practices?|chart_best_practices|\bbest practices\b.{0,30}\bhelm\b"
)
"""Umbrella of Helm's chart best practices guide: "Follow official Helm best practices"."""
