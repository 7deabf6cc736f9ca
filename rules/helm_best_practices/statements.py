"""Patterns of statements that several rules on Helm's conventions enforce."""

from __future__ import annotations

BEST_PRACTICES = (
    r"\bhelm(?:'s|\.sh)?\b.{0,40}\bbest[- ]practices?|chart_best_practices|\bbest practices\b.{0,30}\bhelm\b"
)
"""Umbrella of the rules that Helm's chart best practices guide contains: "Follow official Helm best practices"."""

CONSISTENT = (
    BEST_PRACTICES + r"|\b(?:dangling|orphaned|broken|unresolved)\b.{0,30}\breferences?\b"
    r"|\breferences?\b.{0,40}\b(?:resolve|exist)(?:s|d)?\b"
)
"""Umbrella of the rules on references between objects."""
