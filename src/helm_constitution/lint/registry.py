"""The rules that there are: the top-level ``rules`` folder, installed as ``helm_constitution.rules``."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helm_constitution.lint.rule import Rule, RuleModule


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


def known_modules(folders: Sequence[Path] = (), *, debug: bool = False) -> tuple[RuleModule, ...]:
    """The built-in rule modules, and those of the folders that the user named.

    Raises:
        ConfigurationError: where these can't be used, with file and line.
    """
    if not folders:
        return modules()
    from helm_constitution.lint.rule_packs import with_folders

    return with_folders(modules(), folders, debug=debug)
