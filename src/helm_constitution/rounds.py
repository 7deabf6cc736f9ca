"""Renders a chart's scenarios: those that are known at once, then those that follow from how these went."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from helm_constitution.helm.protocol import HelmEngine, HelmMessage, LintOutput, Pending, RenderOutput
from helm_constitution.model import Trouble
from helm_constitution.outcome import DEFAULTS, Status
from helm_constitution.scenarios import (
    Known,
    Scenario,
    ScenarioKind,
    ScenarioResult,
    conclude,
    mark_repeats,
    not_run,
)

if TYPE_CHECKING:
    from helm_constitution.subject import Facts

Progress = Callable[[int, int], None]
"""Told how many scenarios are done, and of how many."""


class Rounds:
    """What helm was asked for one chart, and what came of it.

    Args:
        engine: renders.
        facts: the chart; what is found is put into it.
        scenarios: as :func:`helm_constitution.scenarios.plan` gives them.
        lint: under way already, as is ``first``, the rendering of the first scenario.
        progress: told of each scenario that is done.
    """

    def __init__(
        self,
        engine: HelmEngine,
        facts: Facts,
        scenarios: Sequence[Scenario],
        lint: Pending[LintOutput],
        first: Pending[RenderOutput],
        progress: Progress | None = None,
    ) -> None:
        self.engine = engine
        self.facts = facts
        self.lint = lint
        self.results: tuple[ScenarioResult, ...] = ()
        self.lint_failed = False
        self.lint_messages: tuple[HelmMessage, ...] = ()
        self._progress = progress
        self._done = self._planned = 0
        self._known: Known = {}
        folder = facts.chart.path
        self.notices = tuple(
            f"the values are not validated: {address} is never fetched" for address in engine.remote_schemas(folder)
        )
        self._started = [(scenarios[0], first), *((one, self._start(one)) for one in scenarios[1:])]

    def finish(self) -> tuple[tuple[ScenarioResult, ...], tuple[HelmMessage, ...]]:
        """Waits for helm, parses what it rendered, and renders what follows from that."""
        if not self.facts.chart.is_library:
            results = self._concluded(self._started)
            if self.facts.which != DEFAULTS:
                results.extend(self._with_inputs(results))
            self.results = tuple(results)
            mark_repeats(self.results)
        lint = self.lint.result()
        self.lint_failed = lint.failed
        self.lint_messages = lint.messages
        return self.results, lint.messages

    def troubles(self) -> Iterator[Trouble]:
        """What could not be judged, and makes the exit status 2."""
        for result in self.results:
            if result.status is Status.FAILED and result.scenario.kind is not ScenarioKind.SWITCHED:
                error = result.errors[0]
                message = result.message or "could not be rendered"
                yield Trouble("scenario", message, scenario=result.scenario.name, file=error.file, line=error.line)
        asked = [result for result in self.results if result.status is Status.NEEDS_INPUT]
        if asked and not any(result.status in (Status.RENDERED, Status.FAILED) for result in self.results):
            hint = "no scenario renders without input; give it with -f VALUES or --set KEY=VALUE"
            yield Trouble("needs-input", f"{hint}: {asked[0].message}", scenario=asked[0].scenario.name)
        if self.lint_failed:
            message = self.lint_messages[0].text if self.lint_messages else "helm lint did not come to its end"
            yield Trouble("lint", message)

    def render_all(self, scenarios: Iterable[Scenario]) -> list[ScenarioResult]:
        """Renders scenarios side by side; their results in the same order."""
        return self._concluded([(one, self._start(one)) for one in scenarios])

    def _start(self, scenario: Scenario) -> Pending[RenderOutput] | str:
        """The rendering under way, or why the engine can't do it."""
        refusal = self.engine.refusal(scenario.request)
        return refusal if refusal is not None else self.engine.render(self.facts.chart.path, scenario.request)

    def _concluded(self, started: Sequence[tuple[Scenario, Pending[RenderOutput] | str]]) -> list[ScenarioResult]:
        results = []
        self._planned += len(started)
        for scenario, pending in started:
            if isinstance(pending, str):
                results.append(not_run(scenario, pending))
            else:
                results.append(conclude(scenario, pending.result(), self.facts.chart.name, self._known))
            self._done += 1
            if self._progress is not None:
                self._progress(self._done, self._planned)
        return results

    def _with_inputs(self, results: Sequence[ScenarioResult]) -> Iterator[ScenarioResult]:
        """The scenarios that need input once more, with placeholders for what they ask for, where that is found."""
        asking = [result for result in results if result.status is Status.NEEDS_INPUT]
        if not asking:
            return
        from helm_constitution.inputs import Input, fill

        found: dict[tuple[str, ...], Input] = {}
        for result in asking:
            filled = fill(result, self.facts, lambda scenario: self.render_all([scenario])[0], tuple(found.values()))
            if filled is not None:
                for one in filled.inputs:
                    found.setdefault(one.path, one)
                yield filled.result
        self.facts.inputs = tuple(found.values())
