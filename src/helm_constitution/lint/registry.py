"""All rules: the top-level ``rules`` folder, installed as ``helm_constitution.rules``."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from helm_constitution.core.named_tuples import NamedTuple

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


class RuleQuery(NamedTuple):
    """The rules that a user requests: ``folders`` of ``--rules``; ``debug`` keeps tracebacks of failed imports."""

    folders: tuple[Path, ...] = ()
    debug: bool = False


RuleSource: TypeAlias = "Callable[[tuple[RuleModule, ...], RuleQuery], tuple[RuleModule, ...]]"
"""Puts its rule modules behind those of the sources before it."""


def _built_in(found: tuple[RuleModule, ...], _: RuleQuery) -> tuple[RuleModule, ...]:
    return (*found, *modules())


def _of_folders(found: tuple[RuleModule, ...], query: RuleQuery) -> tuple[RuleModule, ...]:
    if not query.folders:
        return found
    from helm_constitution.lint.rule_packs import with_folders

    return with_folders(found, query.folders, debug=query.debug)


SOURCES: tuple[RuleSource, ...] = (_built_in, _of_folders)
"""Where rules, and so findings, come from. The configuration adds installed packs, by name."""


def known_modules(folders: Sequence[Path] = (), *, debug: bool = False) -> tuple[RuleModule, ...]:
    """The rule modules of every source.

    Raises:
        ConfigurationError: one can't be used; with file and line.
    """
    found: tuple[RuleModule, ...] = ()
    for source in SOURCES:
        found = source(found, RuleQuery(tuple(folders), debug))
    return found
