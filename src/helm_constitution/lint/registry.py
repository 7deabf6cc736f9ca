"""The rules that there are: the top-level ``rules`` folder, installed as ``helm_constitution.rules``."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helm_constitution.api import Rule, RuleModule


@cache
def modules() -> tuple[RuleModule, ...]:
    """The rule modules, in the order of the ten principles."""
    # By name, because the folder is mapped into the package at install time and mypy sees it elsewhere.
    found: tuple[RuleModule, ...] = importlib.import_module("helm_constitution.rules").PRINCIPLES
    return found


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, in the modules' order."""
    return tuple(rule for module in modules() for rule in module.rules)


def closest(word: str, known: list[str]) -> str | None:
    """The known word that was probably meant; None where nothing comes close."""
    import difflib

    found = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return found[0] if found else None
