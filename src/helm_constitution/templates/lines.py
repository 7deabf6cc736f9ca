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
ITEM = LazyPattern(r"[ \t]*-(?:[ \t]|$)")


def has_form(template: TemplateFile, define: Define) -> bool:
    """Whether a named template has a key or an item of its own, and so a line to point at."""
    for node in contents(define.body):
        if isinstance(node, Text):
            start = template.text.rfind("\n", 0, node.start) + 1
            for line in template.text[start : node.end].split("\n"):
                if KEY.match(line) or ITEM.match(line):
                    return True
    return False
