"""Each flag and enum of a chart set to another value than the default, one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from helm_constitution.core.model import Status
from helm_constitution.render.dead_flags import dead_flags
from helm_constitution.render.diff import Texts, is_changed
from helm_constitution.render.full_round import FullResult, FullRound
from helm_constitution.render.required_values import fill
from helm_constitution.render.results import ScenarioResult, ToggleResult
from helm_constitution.render.scenarios import Scenario, ScenarioKind
from helm_constitution.render.toggles import Toggle, toggles_of

MOST_FOR_TOGGLE = 20
"""The most renderings for the inputs of one toggled flag."""


def toggled_values(full: FullRound) -> FullResult:
    """The defaults with one value toggled; values below a disabled flag with that flag enabled."""
    toggling = _Toggling(full)
    results = tuple(toggling.run())
    return FullResult(results, tuple(toggling.with_dead()))


class _Toggling:
    def __init__(self, full: FullRound) -> None:
        self._full = full
        self._is_random = bool(full.analysed.random_files)
        self._twins: dict[str, Texts] = {}
        self._outcomes: dict[Toggle, ToggleResult] = {}

    def run(self) -> Iterator[ScenarioResult]:
        """Renders flag by flag, the outermost flags first."""
        full = self._full
        apis = full.api_versions
        pending = toggles_of(full.analysed, full.given)
        flags = {toggle.path for toggle in pending if toggle.value is True}
        while pending:
            batch = [one for one in pending if all(flag in full.settled for flag in one.enclosing if flag in flags)]
            batch = batch or pending  # flags that hold each other
            pending = [one for one in pending if one not in batch]
            bases = [full.around(toggle.enclosing) for toggle in batch]
            scenarios = [toggle.scenario(one.scenario.request) for toggle, one in zip(batch, bases, strict=True)]
            for toggle, base, result in zip(batch, bases, full.render_all(scenarios), strict=True):
                yield from self._settle(toggle, base, result, apis)

    def _settle(
        self, toggle: Toggle, base: ScenarioResult, result: ScenarioResult, apis: tuple[str, ...]
    ) -> Iterator[ScenarioResult]:
        """The result of one toggle."""
        final = self._filled(result) if result.status is Status.NEEDS_INPUT else result
        if toggle.value is True:
            self._full.settled[toggle.path] = final
        changed = self._is_changed(base, final)
        yield final
        if changed is False and toggle.value is True and apis:
            # It may need APIs outside Kubernetes: ServiceMonitor, for example.
            before, after = (self._beside(one, apis) for one in (base, final))
            if after.status is Status.RENDERED and is_changed(before.documents, after.documents, None):
                final, changed = after, True
                yield after
        self._outcomes[toggle] = ToggleResult(toggle, final, base, changed)

    def _is_changed(self, base: ScenarioResult, final: ScenarioResult) -> bool | None:
        """Whether a toggle changes anything; None if it doesn't render."""
        if final.status is not Status.RENDERED:
            return None
        name = base.scenario.name
        changed = is_changed(base.documents, final.documents, self._twins.get(name))
        if changed and self._is_random:
            if name not in self._twins:
                self._twins[name] = self._full.render_again(base)
            changed = is_changed(base.documents, final.documents, self._twins[name])
        return changed

    def _filled(self, result: ScenarioResult) -> ScenarioResult:
        full = self._full
        filled = fill(result, full.analysed, full.render_one, full.inputs, MOST_FOR_TOGGLE)
        return filled.result if filled is not None else result

    def _beside(self, result: ScenarioResult, apis: tuple[str, ...]) -> ScenarioResult:
        """The same, in a cluster that also has these API versions."""
        scenario = result.scenario
        request = scenario.request._replace(api_versions=apis)
        other = Scenario(f"{scenario.name} with API versions", request, ScenarioKind.TOGGLED, scenario.toggled)
        return self._full.render_all([other])[0]

    def with_dead(self) -> Iterator[ToggleResult]:
        """The result of each toggle, with the conditions that make no difference."""
        outcomes: Iterable[ToggleResult] = self._outcomes.values()
        for one in outcomes:
            if one.changed is False and one.toggle.is_flag:
                dead = dead_flags(one.toggle, one.base, one.result, self._full.analysed, self._full.engine)
                yield one._replace(dead=dead)
            else:
                yield one
