"""The page of a rule, out of its docstring: title, Why, Bad, Good, Fix, Source."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helm_constitution.api import Rule

SECTIONS = ("Why", "Bad", "Good", "Fix", "Source")


def title(rule: Rule) -> str:
    """The violation in one sentence."""
    return title_of(rule.doc)


def title_of(doc: str) -> str:
    """The first line of a docstring."""
    return inspect.cleandoc(doc).partition("\n")[0]


def sections(rule: Rule) -> Mapping[str, str]:
    """The page's parts by name, in the order of the docstring; text unindented."""
    return sections_of(rule.doc)


def sections_of(doc: str) -> Mapping[str, str]:
    """The parts of a docstring, as :func:`sections`."""
    parts: dict[str, list[str]] = {}
    current: list[str] = []
    for line in inspect.cleandoc(doc).splitlines()[1:]:
        name, colon, rest = line.partition(":")
        if colon and name in SECTIONS and name not in parts:
            current = parts[name] = [rest.strip()] if rest.strip() else []
        else:
            current.append(line)
    return {name: textwrap.dedent("\n".join(lines)).strip() for name, lines in parts.items()}


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
