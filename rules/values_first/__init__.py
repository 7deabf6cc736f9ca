"""I. Values-First Configuration."""

from __future__ import annotations

from helm_constitution.api import RuleModule

from .comments import undocumented

MODULE = RuleModule(
    key="values",
    title="Values-First Configuration",
    aliases=(),
    rules=(undocumented,),
)
