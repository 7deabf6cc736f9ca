"""How one rule went over one chart."""

from __future__ import annotations

from dataclasses import dataclass, field

from helm_constitution.core.model import Demand, Finding, Trouble
from helm_constitution.kubernetes.manifests import Manifest
from helm_constitution.lint.rule import Problem, Rule, Tally


@dataclass
class RuleRun:
    """How one rule went over one chart. ``on_renderings`` tells that it looked at what helm rendered or said."""

    rule: Rule
    demand: Demand
    problems: list[tuple[Problem, Manifest | None]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    unjudged: str | None = None
    crash: Trouble | None = None
    on_renderings: bool = False
