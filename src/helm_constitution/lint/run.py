"""How one rule went over one chart."""

from __future__ import annotations

from typing import NamedTuple

from helm_constitution.core.model import RuleSetting, Trouble
from helm_constitution.kubernetes.manifests import Manifest
from helm_constitution.lint.rule import Rule, Tally, Violation


class RuleRun(NamedTuple):
    """How one rule went over one chart.

    ``violations`` stand beside the object that the rule was given, None for a rule that is given the whole subject.
    ``unchecked`` is the reason where the rule could not check, or not all: what it found nevertheless stands in
    ``violations``. ``not_applicable`` is the reason where the chart has nothing of that kind, ``crash`` what happened
    where the rule didn't end.
    """

    rule: Rule
    setting: RuleSetting
    violations: tuple[tuple[Violation, Manifest | None], ...] = ()
    tallies: tuple[Tally, ...] = ()
    unchecked: str | None = None
    not_applicable: str | None = None
    crash: Trouble | None = None
