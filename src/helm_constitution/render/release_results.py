"""The defaults as other releases: an upgrade, other Kubernetes versions, a second revision."""

from __future__ import annotations

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.render.conclude import not_run
from helm_constitution.render.full_round import FullResult, FullRound
from helm_constitution.render.scenarios import Scenario, ScenarioKind

_REVISION = LazyPattern(r"\{\{[^}]*\.Release\.Revision\b")
_NO_REVISION = "helm template renders only the first revision, even with --is-upgrade; use --engine embedded"


def released(full: FullRound) -> FullResult:
    """The defaults as an upgrade, and in other Kubernetes versions."""
    return FullResult(tuple(full.released))


def second_revision(full: FullRound) -> FullResult:
    """The second revision, which ``helm template`` can't render, if templates read it."""
    texts = (template.text for template in full.analysed.templates)
    if full.engine.name != "cli" or not any(_REVISION.search(text) for text in texts):
        return FullResult()
    second = full.base.scenario.request._replace(is_upgrade=True)
    return FullResult((not_run(Scenario("second revision", second, ScenarioKind.UPGRADE), _NO_REVISION),))
