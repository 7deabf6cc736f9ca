"""I. Values-First Configuration."""

from __future__ import annotations

from helm_constitution.api import RuleModule

from .always_true import always_true
from .comments import undocumented
from .groups import flat_group, list_of_named
from .hardcoded import hardcoded
from .helm_readings import boolean_key, null_for_dependency, unknown_key
from .keys import ambiguous_scalar, duplicate_key, key_style, missing_file
from .printed_text import large_integer, unquoted_text
from .repeated_literals import repeated_literal
from .schema import no_schema, schema_mismatch
from .schema_gaps import schema_gap, schema_not_embeddable, schema_stale
from .usage import undefined, unused

MODULE = RuleModule(
    key="values",
    title="Values-First Configuration",
    aliases=(r"\bvalues\b", r"\bconfiguration\b(?!.*\bplatform)"),
    rules=(
        undocumented,
        unused,
        undefined,
        hardcoded,
        no_schema,
        schema_mismatch,
        schema_gap,
        schema_stale,
        schema_not_embeddable,
        flat_group,
        list_of_named,
        duplicate_key,
        missing_file,
        key_style,
        ambiguous_scalar,
        boolean_key,
        unknown_key,
        null_for_dependency,
        large_integer,
        unquoted_text,
        repeated_literal,
        always_true,
    ),
)
