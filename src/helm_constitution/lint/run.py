"""The result of one rule for one chart."""

from __future__ import annotations

from collections.abc import Mapping

from helm_constitution.core.model import RuleSetting, Trouble
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.kubernetes.manifests import Manifest
from helm_constitution.lint.rule import Rule, Tally, Violation


class Also(NamedTuple):
    """What another rule finds about the same fault, and that rule's settings: reported with the violation."""

    setting: RuleSetting
    violation: Violation


class RuleRun(NamedTuple):
    """The result of one rule for one chart.

    ``violations`` are paired with the object that the rule checked, None for a rule on the whole subject. ``unchecked``
    is the reason if the rule could not check, or not all: what it found nevertheless is in ``violations``.
    ``not_applicable`` is the reason if the chart has nothing of that kind, ``crash`` the error if the rule crashed.
    ``also`` is what other, suppressed rules find about the same fault, by the violation's number.
    """

    rule: Rule
    setting: RuleSetting
    violations: tuple[tuple[Violation, Manifest | None], ...] = ()
    tallies: tuple[Tally, ...] = ()
    unchecked: str | None = None
    not_applicable: str | None = None
    crash: Trouble | None = None
    also: Mapping[int, tuple[Also, ...]] = {}
