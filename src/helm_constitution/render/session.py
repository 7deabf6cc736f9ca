"""Renders a chart's scenarios: first the known ones, then those that follow from their results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from helm_constitution.core.deadline import OutOfTime, part_limit
from helm_constitution.core.model import DEFAULTS, Progress, Status
from helm_constitution.helm.protocol import (
    FailureKind,
    HelmEngine,
    HelmMessage,
    MessageLevel,
    Pending,
    RenderedText,
    RenderOutput,
    RenderRequest,
)
from helm_constitution.render.conclude import Known, KnownObjects, conclude, not_run
from helm_constitution.render.results import RenderedChart, ScenarioResult
from helm_constitution.render.scenarios import FULL, Input, Scenario
from helm_constitution.render.secret_values import without_secret_values

if TYPE_CHECKING:
    from helm_constitution.render.instrumentation import Instrumentation
    from helm_constitution.templates.analysis import AnalysedChart


class RenderSession:
    """The rendering of one chart, which begins when the session is created.

    Args:
        engine: renders.
        analysed: the chart.
        scenarios: as :func:`helm_constitution.render.scenarios.plan` gives them.
        first: the rendering of the first scenario, under way already.
        choice: which scenarios are rendered: ``defaults``, ``quick`` or ``full``.
        measures: whether to measure which branches of the templates the scenarios enter.
        tests_count: whether test hooks are checked as other objects.
        progress: called for each scenario that is done.
        known: rendered documents as read before; newly read ones are added.
        objects: the objects of earlier checks; new ones are added.
    """

    def __init__(
        self,
        engine: HelmEngine,
        analysed: AnalysedChart,
        scenarios: Sequence[Scenario],
        first: Pending[RenderOutput],
        choice: str = DEFAULTS,
        *,
        measures: bool = False,
        tests_count: bool = False,
        progress: Progress | None = None,
        known: Known | None = None,
        objects: KnownObjects | None = None,
    ) -> None:
        self.engine = engine
        self.analysed = analysed
        self.scenarios = tuple(scenarios)
        self.instrumentation: Instrumentation | None = None
        self._choice = choice
        self._measures = measures
        self._tests_count = tests_count
        self._progress = progress
        self._done = self._planned = 0
        self._known: Known = {} if known is None else known
        self._objects = objects
        self._texts: dict[str, str] = {}
        self._beyond: str | None = None
        self._seen: set[tuple[str, str, tuple[RenderedText, ...]]] = set()
        self.notices = tuple(
            f"values are not validated: {reason}" for reason in engine.remote_schemas(analysed.chart.path)
        )
        self._started = [(scenarios[0], first), *((one, self._start(one)) for one in scenarios[1:])]

    def done(self) -> bool:
        """Whether helm has rendered the first scenarios."""
        return all(isinstance(pending, str) or pending.done() for _, pending in self._started)

    def run(self) -> RenderedChart:
        """Waits for helm, parses its output, and renders the scenarios that follow from it."""
        if self.analysed.chart.is_library:
            return RenderedChart(self.analysed, choice=self._choice)
        with ExitStack() as stack:
            stack.enter_context(self.engine.hold(self.analysed.chart.path))
            if not self._measures:
                return self._rendered()
            from helm_constitution.render.coverage import instrumented, measure

            self.instrumentation = stack.enter_context(instrumented(self.analysed, self.engine))
            rendered = self._rendered()
            try:
                with part_limit():
                    return rendered.with_coverage(measure(self.analysed, rendered.results, self.instrumentation))
            except OutOfTime as limit:
                return replace(rendered, cut=f"measuring which branches were rendered {limit}")

    def _rendered(self) -> RenderedChart:
        started, self._started = self._started, []  # with what helm printed
        results = self._concluded(started)
        inputs: tuple[Input, ...] = ()
        if self._choice != DEFAULTS:
            filled, inputs = self._with_inputs(results)
            results.extend(filled)
        if self._choice != FULL:
            return RenderedChart(self.analysed, tuple(results), self._choice, inputs)
        from helm_constitution.render.sources import render_full

        if self.instrumentation is not None:
            self.instrumentation.compare(results)
        full = render_full(self, results, inputs)
        return RenderedChart(
            self.analysed,
            (*results, *full.results),
            self._choice,
            inputs,
            full.toggles,
            full.not_toggled,
            cut=full.cut,
        )

    def render_all(
        self, scenarios: Iterable[Scenario], instrumentation: Instrumentation | None = None
    ) -> list[ScenarioResult]:
        """Renders scenarios side by side, with their coverage if it is measured; their results in the same order."""
        return self._concluded([(one, self._start(one, instrumentation)) for one in scenarios])

    def render_again(self, request: RenderRequest) -> tuple[RenderedText, ...]:
        """The documents of the chart rendered once more."""
        return self.engine.render(self.analysed.chart.path, request).result().documents

    def _start(self, scenario: Scenario, instrumentation: Instrumentation | None = None) -> Pending[RenderOutput] | str:
        """The running rendering, or why it isn't started."""
        refusal = self._beyond or self.engine.refusal(scenario.request)
        if refusal is not None:
            return refusal
        if instrumentation is not None:
            return instrumentation.render(scenario.request, is_trial=scenario.kind.is_trial)
        return self.engine.render(self.analysed.chart.path, scenario.request)

    def _concluded(self, started: Sequence[tuple[Scenario, Pending[RenderOutput] | str]]) -> list[ScenarioResult]:
        results = []
        self._planned += len(started)
        for scenario, pending in started:
            if isinstance(pending, str):
                results.append(not_run(scenario, pending))
            else:
                results.append(self._read(scenario, pending))
            self._done += 1
            if self._progress is not None:
                self._progress(self._done, self._planned)
        return results

    def _read(self, scenario: Scenario, pending: Pending[RenderOutput]) -> ScenarioResult:
        try:
            with part_limit():
                return self._conclude(scenario, pending.result())
        except OutOfTime as limit:
            fault = HelmMessage(MessageLevel.ERROR, f"reading what helm rendered {limit}", FailureKind.TIMEOUT)
            return ScenarioResult(scenario, Status.FAILED, fault.text, None, (fault,))

    def _conclude(self, scenario: Scenario, output: RenderOutput) -> ScenarioResult:
        # One text for all scenarios that render it: there may be hundreds.
        if self._beyond is None and not output.ok and output.errors[0].kind is FailureKind.TIMEOUT:
            self._go_no_further(scenario, output.errors[0])
        texts = self._texts
        documents = tuple(RenderedText(one.source, texts.setdefault(one.text, one.text)) for one in output.documents)
        output = output._replace(documents=documents)
        key = (scenario.request.release_name, scenario.request.namespace, documents)
        is_repeat = key in self._seen and not scenario.kind.checks_repeats
        if output.ok and (is_repeat or scenario.only_renders):
            return ScenarioResult(scenario, Status.RENDERED, None, None, documents=documents)
        self._seen.add(key)
        output = output._replace(errors=without_secret_values(output.errors, self.analysed.chart, scenario.request))
        name, tests_count = self.analysed.chart.name, self._tests_count
        return conclude(scenario, output, name, self._known, tests_count=tests_count, objects=self._objects)

    def _go_no_further(self, scenario: Scenario, error: HelmMessage) -> None:
        """Cancels the other renderings after one that exceeded a limit: each of them could take as long."""
        if not scenario.kind.is_trial:
            self._beyond = f"not tried, because the scenario {scenario.name} exceeded a limit: {error.text}"
            self.engine.cancel(self._beyond)

    def _with_inputs(self, results: Sequence[ScenarioResult]) -> tuple[list[ScenarioResult], tuple[Input, ...]]:
        """The scenarios that need input, rendered again with placeholders for the required values."""
        asking = [result for result in results if result.status is Status.NEEDS_INPUT]
        if not asking:
            return [], ()
        from helm_constitution.render.required_values import fill

        found: dict[tuple[str, ...], Input] = {}
        rendered = []
        for result in asking:
            filled = fill(result, self.analysed, self.render_one, tuple(found.values()))
            if filled is not None:
                for one in filled.inputs:
                    found.setdefault(one.path, one)
                rendered.append(filled.result)
        return rendered, tuple(found.values())

    def render_one(self, scenario: Scenario) -> ScenarioResult:
        """Renders one scenario."""
        return self.render_all([scenario])[0]
