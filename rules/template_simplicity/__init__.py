"""II. Template Simplicity: templates that people can read, and that make what they seem to make."""

from __future__ import annotations

from helm_constitution.api import RuleModule

from .duplicates import duplicated_block
from .file_names import extension, file_name
from .files import mixed_kinds, nesting_depth
from .functions import unexplained_function
from .logic import inline_logic
from .named_templates import define_undocumented, define_unprefixed
from .output import duplicate_env, duplicate_key, invalid_yaml, no_value, top_indent
from .spacing import spacing, trailing_space
from .unused import define_unused

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
        file_name,
        extension,
        duplicated_block,
        inline_logic,
        unexplained_function,
        define_undocumented,
        define_unprefixed,
        define_unused,
        invalid_yaml,
        duplicate_key,
        top_indent,
        no_value,
        duplicate_env,
        spacing,
        trailing_space,
    ),
)
