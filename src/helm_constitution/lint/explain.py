"""The page of a rule from its docstring: title, Why, Bad, Good, Fix, Source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from helm_constitution.text.rule_page import sections_of, title_of

if TYPE_CHECKING:
    from helm_constitution.lint.rule import Rule


def title(rule: Rule) -> str:
    """The rule's title, which names the violation."""
    return title_of(rule.doc)


def sections(rule: Rule) -> Mapping[str, str]:
    """The page's parts by name, in the order of the docstring; text unindented."""
    return sections_of(rule.doc)


def page(rule: Rule) -> str:
    """The page as text for a terminal."""
    lines = [f"{rule.id}: {title(rule)}", "", f"Weight in the built-in constitution: {rule.weight}"]
    for name, parameter in rule.parameters.items():
        lines.append(f"Parameter {name}: {parameter.default} ({parameter.reason})")
    for name, text in sections(rule).items():
        lines.append("")
        if name in ("Bad", "Good"):
            lines.append(f"{name}:")
            lines.extend(f"    {line}".rstrip() for line in text.splitlines())
        else:
            lines.append(f"{name}: {' '.join(text.split())}")
    return "\n".join(lines)
