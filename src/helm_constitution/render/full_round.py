"""What the sources of a full check share: the defaults, the renderings on top of them, and the engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from helm_constitution.core.model import Status
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.helm.protocol import HelmEngine, RenderRequest
from helm_constitution.render.diff import Texts
from helm_constitution.render.release_variants import API_VERSIONS, release_scenarios
from helm_constitution.render.results import ScenarioResult
from helm_constitution.render.scenarios import Input, Scenario

if TYPE_CHECKING:
    from helm_constitution.render.instrumentation import Instrumentation
    from helm_constitution.render.results import ToggleResult
    from helm_constitution.templates.analysis import AnalysedChart


class Renders(Protocol):
    """The engine for one chart, as in a render session."""

    engine: HelmEngine
    analysed: AnalysedChart
    instrumentation: Instrumentation | None

    def render_all(
        self, scenarios: Iterable[Scenario], instrumentation: Instrumentation | None = None
    ) -> list[ScenarioResult]:
        """Renders scenarios side by side."""
        ...

    def render_one(self, scenario: Scenario) -> ScenarioResult:
        """Renders one scenario."""
        ...

    def render_again(self, request: RenderRequest) -> Texts:
        """The documents of the chart rendered once more."""
        ...


class FullResult(NamedTuple):
    """The results of a source of scenarios in order, and of the flags and enums that it toggled. ``cut`` says that
    there was no time for all of them, or that there are too many."""

    results: tuple[ScenarioResult, ...] = ()
    toggles: tuple[ToggleResult, ...] = ()
    not_toggled: str = ""
    cut: str | None = None


class FullRound:
    """What the sources of scenarios share.

    Args:
        session: renders.
        base: the defaults, with their inputs if they need any.
        given: the options of the command line.
        inputs: those of the scenarios that the chart names.
    """

    def __init__(self, session: Renders, base: ScenarioResult, given: RenderRequest, inputs: tuple[Input, ...]) -> None:
        self._session = session
        self.base = base
        self.given = given
        self.inputs = inputs
        self.settled: dict[tuple[str, ...], ScenarioResult] = {}
        """How the chart rendered with a flag enabled, by the flag."""

    @property
    def analysed(self) -> AnalysedChart:
        """The chart."""
        return self._session.analysed

    @property
    def engine(self) -> HelmEngine:
        """The engine."""
        return self._session.engine

    def render_all(self, scenarios: Sequence[Scenario]) -> list[ScenarioResult]:
        """Renders scenarios side by side; their results in the same order."""
        return self._session.render_all(scenarios, self._session.instrumentation)

    def render_one(self, scenario: Scenario) -> ScenarioResult:
        """Renders one scenario whose result may be discarded."""
        return self._session.render_one(scenario)

    def render_again(self, result: ScenarioResult) -> Texts:
        """The documents of a scenario rendered once more, to find what is random in them."""
        return self._session.render_again(result.scenario.request)

    @cached_property
    def released(self) -> list[ScenarioResult]:
        """The defaults as an upgrade, and in other Kubernetes versions."""
        return self.render_all(release_scenarios(self.analysed, self.base.scenario.request))

    @cached_property
    def api_versions(self) -> tuple[str, ...]:
        """The API versions that templates test, if the chart renders with them."""
        asked = next((one for one in self.released if one.scenario.name == API_VERSIONS), None)
        return asked.scenario.request.api_versions if asked and asked.status is Status.RENDERED else ()

    def around(self, enclosing: Sequence[tuple[str, ...]]) -> ScenarioResult:
        """The rendering with the innermost of some flags on; the base where none rendered."""
        around = (self.settled[flag] for flag in reversed(enclosing) if flag in self.settled)
        return next((one for one in around if one.status is Status.RENDERED), self.base)
