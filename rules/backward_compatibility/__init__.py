"""III. Backward Compatibility: versions that mean what they say, and objects that can be upgraded."""

from __future__ import annotations

from helm_constitution.api import RuleModule

from .deprecated_fields import deprecated_field
from .deprecations import silent_deprecation, unmarked_deprecation
from .selectors import selector_mismatch, unstable_selector, update_strategy
from .versions import bad_version, removed_api

MODULE = RuleModule(
    key="compat",
    title="Backward Compatibility",
    aliases=(
        r"\b(?:backwards?|upgrade)[- ]compatib",
        r"\bversion(?:ing|s)\b",
        r"\bcompatibility\b",
        r"\bupgrad(?:es?|ability)\b",
    ),
    rules=(
        bad_version,
        removed_api,
        deprecated_field,
        unstable_selector,
        selector_mismatch,
        update_strategy,
        unmarked_deprecation,
        silent_deprecation,
    ),
)
