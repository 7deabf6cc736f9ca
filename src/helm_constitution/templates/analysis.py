"""What is known of a chart by its files alone: templates parsed, values traced, named templates found."""

from __future__ import annotations

from helm_constitution.core.lazy import LazyPattern

RANDOM = LazyPattern(r"\{\{[^}]*\b(?:rand\w+|gen[A-Z]\w+|uuidv4|htpasswd|bcrypt|encryptAES|now)\b")
"""Functions that give something else each time."""
