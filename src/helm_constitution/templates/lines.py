"""What a template's lines look like as YAML, before anything is rendered."""

from __future__ import annotations

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.templates import TemplateFile
from helm_constitution.templates.nodes import Define, Text, contents

KEY = LazyPattern(
    r"""[ \t]*(?:- +)*(?:"[^"\n]*"|'[^'\n]*'|[^\s#'"{}\[\],&*!|>%@`-][^\s#{}]*|-[^\s#{}]+"""
    # a key that an action prints, or a part of it
    r"""|[^\s#'"{}:]*(?:\{\{(?:[^}\n]|\}(?!\}))*\}\}[^\s#'"{}:]*)+)[ \t]*:(?=[ \t]|$)"""
)
_LONGEST = 2_000
"""Characters of a line in which its key is looked for."""
ITEM = LazyPattern(r"[ \t]*-(?:[ \t]|$)")


def has_form(template: TemplateFile, define: Define) -> bool:
    """Whether a named template has a key or an item of its own, so that a finding can point to its line."""
    for node in contents(define.body):
        if isinstance(node, Text):
            start = template.text.rfind("\n", 0, node.start) + 1
            while start <= node.end:
                end = template.text.find("\n", start, node.end)
                end = node.end if end < 0 else end
                # A line may hold thousands of named templates, each of which looks at its beginning.
                seen = min(end, start + _LONGEST)
                if KEY.match(template.text, start, seen) or ITEM.match(template.text, start, seen):
                    return True
                start = end + 1
    return False
