"""II. Template Simplicity: templates that people can read, and that make what they seem to make."""

from __future__ import annotations

from helm_constitution.api import RuleModule

from .files import mixed_kinds, nesting_depth
from .named_templates import define_undocumented, define_unprefixed
from .output import duplicate_key, invalid_yaml, no_value

MODULE = RuleModule(
    key="templates",
    title="Template Simplicity",
    aliases=(
        r"\btemplates?\b.*\b(?:simpl|readab|clean|clear|plain|quality|style)",
        r"\b(?:simpl\w+|readab\w+|clean|clear|plain)\b.*\btemplates?\b",
        r"\btemplat(?:es|ing)\b",
    ),
    rules=(
        nesting_depth,
        mixed_kinds,
        define_undocumented,
        define_unprefixed,
        invalid_yaml,
        duplicate_key,
        no_value,
    ),
)
