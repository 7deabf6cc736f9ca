"""How one rule went over one chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from helm_constitution.core.model import RuleSetting, Trouble
from helm_constitution.kubernetes.manifests import Manifest
from helm_constitution.lint.rule import Rule, Tally, Violation


class Also(NamedTuple):
    """What another rule finds of the same fault, and how that rule is set: it is told with the violation."""

    setting: RuleSetting
    violation: Violation


class RuleRun(NamedTuple):
    """How one rule went over one chart.

    ``violations`` stand beside the object that the rule was given, None for a rule that is given the whole subject.
    ``unchecked`` is the reason where the rule could not check, or not all: what it found nevertheless stands in
    ``violations``. ``not_applicable`` is the reason where the chart has nothing of that kind, ``crash`` what happened
    where the rule didn't end. ``also`` is what other rules, kept quiet, find of the same fault, by the violation's
    number.
    """

    rule: Rule
    setting: RuleSetting
    violations: tuple[tuple[Violation, Manifest | None], ...] = ()
    tallies: tuple[Tally, ...] = ()
    unchecked: str | None = None
    not_applicable: str | None = None
    crash: Trouble | None = None
    also: Mapping[int, tuple[Also, ...]] = {}
