"""V. Progressive Disclosure: defaults that work, flags that are flags, and a clear word on what is missing."""

from __future__ import annotations

from helm_constitution.api import RuleModule

from .broken_values import value_breaks
from .defaults import defaults_fail, placeholder_accepted
from .empty import unguarded_empty
from .features import advanced_on, flag_odd_name, ungrouped_advanced
from .flags import flag_not_boolean
from .inputs import too_many_required
from .messages import unhelpful_message
from .toggles import dead_flag, flag_breaks

MODULE = RuleModule(
    key="disclosure",
    title="Progressive Disclosure",
    aliases=(r"\bprogressive disclosure\b", r"\bsensible defaults?\b", r"\bsimplicity (?:&|and) defaults\b"),
    rules=(
        defaults_fail,
        placeholder_accepted,
        unguarded_empty,
        unhelpful_message,
        too_many_required,
        flag_not_boolean,
        flag_odd_name,
        advanced_on,
        ungrouped_advanced,
        dead_flag,
        flag_breaks,
        value_breaks,
    ),
)
