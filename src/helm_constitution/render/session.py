"""Renders a chart's scenarios: those that are known at once, then those that follow from how these went."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Trouble
from helm_constitution.helm.protocol import (
    HelmEngine,
    Pending,
    RenderedText,
    RenderOutput,
    RenderRequest,
)
from helm_constitution.render.conclude import Known, conclude, mark_repeats, not_run
from helm_constitution.render.results import ScenarioResult, Status
from helm_constitution.render.scenarios import DEFAULTS, FULL, Scenario, ScenarioKind

if TYPE_CHECKING:
    from helm_constitution.lint.subject import Facts
    from helm_constitution.render.instrumentation import Visits
    from helm_constitution.render.placeholders import Fill
    from helm_constitution.render.toggles import Switched

_FOLLOWING = frozenset({ScenarioKind.SWITCHED, ScenarioKind.KUBERNETES, ScenarioKind.UPGRADE, ScenarioKind.FILLED})
"""What a full check adds: of these, renderings that are there already are not judged again."""

_REVISION = LazyPattern(r"\{\{[^}]*\.Release\.Revision\b")
_NO_REVISION = "helm template renders the first revision, --is-upgrade or not; --engine embedded renders the second"

_COVERAGE_RULE = "testing/branch-never-rendered"

MOST_FOR_SWITCH = 20
"""Renderings that the inputs of one switched flag may cost."""

Progress = Callable[[int, int], None]
"""Told how many scenarios are done, and of how many."""


class Rounds:
    """What helm was asked for one chart, and what came of it.

    Args:
        engine: renders.
        facts: the chart; what is found is put into it.
        scenarios: as :func:`helm_constitution.render.scenarios.plan` gives them.
        first: the rendering of the first scenario, under way already.
        progress: told of each scenario that is done.
    """

    def __init__(
        self,
        engine: HelmEngine,
        facts: Facts,
        scenarios: Sequence[Scenario],
        first: Pending[RenderOutput],
        progress: Progress | None = None,
    ) -> None:
        self.engine = engine
        self.facts = facts
        self.results: tuple[ScenarioResult, ...] = ()
        self._progress = progress
        self._done = self._planned = 0
        self._visits: Visits | None = None
        self._settled: dict[tuple[str, ...], ScenarioResult] = {}  # by the flag that was turned on
        self._known: Known = {}
        self._texts: dict[str, str] = {}
        self._seen: set[tuple[str, str, tuple[RenderedText, ...]]] = set()
        folder = facts.chart.path
        self.notices = tuple(
            f"the values are not validated: {address} is never fetched" for address in engine.remote_schemas(folder)
        )
        self._started = [(scenarios[0], first), *((one, self._start(one)) for one in scenarios[1:])]

    def done(self) -> bool:
        """Whether helm has rendered what was asked for at first."""
        return all(isinstance(pending, str) or pending.done() for _, pending in self._started)

    def result(self) -> tuple[ScenarioResult, ...]:
        """Waits for helm, parses what it rendered, and renders what follows from that."""
        if not self.facts.chart.is_library:
            with self.engine.hold(self.facts.chart.path):
                if self.facts.measures or (self.facts.which == FULL and _COVERAGE_RULE in self.facts.running):
                    from helm_constitution.render.coverage import measure, visits

                    with visits(self.facts, self.engine) as self._visits:
                        self.results = self._rendered()
                        self.facts.coverage = measure(self.facts, self.results, self._visits)
                else:
                    self.results = self._rendered()
            mark_repeats(self.results)
        return self.results

    def _rendered(self) -> tuple[ScenarioResult, ...]:
        results = self._concluded(self._started)
        if self.facts.which != DEFAULTS:
            results.extend(self._with_inputs(results))
        if self.facts.which == FULL:
            if self._visits is not None:
                self._visits.compare(results)
            results.extend(self._full(results))
        return tuple(results)

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
        if self.facts.lint_failed:
            message = self.facts.lint[0].text if self.facts.lint else "helm lint did not come to its end"
            yield Trouble("lint", message)

    def render_all(self, scenarios: Iterable[Scenario], visits: Visits | None = None) -> list[ScenarioResult]:
        """Renders scenarios side by side, telling what they enter where there is something to tell it; their results in
        the same order."""
        return self._concluded([(one, self._start(one, visits)) for one in scenarios])

    def _start(self, scenario: Scenario, visits: Visits | None = None) -> Pending[RenderOutput] | str:
        """The rendering under way, or why the engine can't do it."""
        refusal = self.engine.refusal(scenario.request)
        if refusal is not None:
            return refusal
        if visits is not None:
            return visits.render(scenario.request, is_trial=scenario.kind is ScenarioKind.FILLED)
        return self.engine.render(self.facts.chart.path, scenario.request)

    def _concluded(self, started: Sequence[tuple[Scenario, Pending[RenderOutput] | str]]) -> list[ScenarioResult]:
        results = []
        self._planned += len(started)
        for scenario, pending in started:
            if isinstance(pending, str):
                results.append(not_run(scenario, pending))
            else:
                results.append(self._conclude(scenario, pending.result()))
            self._done += 1
            if self._progress is not None:
                self._progress(self._done, self._planned)
        return results

    def _conclude(self, scenario: Scenario, output: RenderOutput) -> ScenarioResult:
        # One text for all scenarios that render it: there may be hundreds.
        texts = self._texts
        documents = tuple(RenderedText(one.source, texts.setdefault(one.text, one.text)) for one in output.documents)
        output = output._replace(documents=documents)
        key = (scenario.request.release_name, scenario.request.namespace, documents)
        is_repeat = output.ok and key in self._seen and scenario.kind in _FOLLOWING
        if is_repeat or (scenario.kind is ScenarioKind.KUBERNETES and output.ok and not _is_judged(scenario)):
            return ScenarioResult(scenario, Status.RENDERED, None, None, documents=documents)
        self._seen.add(key)
        return conclude(scenario, output, self.facts.chart.name, self._known, tests_count=self.facts.tests_count)

    def _with_inputs(self, results: Sequence[ScenarioResult]) -> Iterator[ScenarioResult]:
        """The scenarios that need input once more, with placeholders for what they ask for, where that is found."""
        asking = [result for result in results if result.status is Status.NEEDS_INPUT]
        if not asking:
            return
        from helm_constitution.render.required_values import fill
        from helm_constitution.render.scenarios import Input

        found: dict[tuple[str, ...], Input] = {}
        for result in asking:
            filled = fill(result, self.facts, lambda scenario: self.render_all([scenario])[0], tuple(found.values()))
            if filled is not None:
                for one in filled.inputs:
                    found.setdefault(one.path, one)
                yield filled.result
        self.facts.inputs = tuple(found.values())

    # --- what a full check adds ---

    def _full(self, results: Sequence[ScenarioResult]) -> Iterator[ScenarioResult]:
        """Flags and enums switched one at a time, an upgrade, other Kubernetes versions: all on top of the defaults."""
        names = (DEFAULTS, "inputs")
        base = next(
            (one for one in results if one.scenario.name in names and one.status is Status.RENDERED),
            None,
        )
        if base is None:
            self.facts.not_switched = "the defaults don't render"
            return
        from helm_constitution.render.release_variants import API_VERSIONS, release_scenarios

        released = self.render_all(release_scenarios(self.facts, base.scenario.request), self._visits)
        asked = next((one for one in released if one.scenario.name == API_VERSIONS), None)
        apis = asked.scenario.request.api_versions if asked and asked.status is Status.RENDERED else ()
        given = results[0].scenario.request
        yield from self._switched(base, given, apis)
        yield from released
        texts = (template.text for template in self.facts.templates)
        if self.engine.name == "cli" and any(_REVISION.search(text) for text in texts):
            second = base.scenario.request._replace(is_upgrade=True)
            yield not_run(Scenario("second revision", second, ScenarioKind.UPGRADE), _NO_REVISION)
        yield from self._filling(base, given)

    def _switched(self, base: ScenarioResult, given: RenderRequest, apis: tuple[str, ...]) -> Iterator[ScenarioResult]:
        """The defaults with one value set otherwise; what lies behind a flag that is off, with that flag on."""
        from helm_constitution.render.diff import is_changed
        from helm_constitution.render.toggles import Switch, Switched, switches_of

        random = bool(self.facts.random_files)
        pending = switches_of(self.facts, given)
        flags = {switch.path for switch in pending if switch.value is True}
        settled = self._settled
        twins: dict[str, tuple[RenderedText, ...]] = {}
        outcomes: dict[Switch, Switched] = {}
        while pending:
            batch = [one for one in pending if all(flag in settled for flag in one.enclosing if flag in flags)]
            batch = batch or pending  # flags that hold each other
            pending = [one for one in pending if one not in batch]
            bases = [self._around(switch.enclosing, base) for switch in batch]
            scenarios = [switch.scenario(one.scenario.request) for switch, one in zip(batch, bases, strict=True)]
            for switch, own, result in zip(batch, bases, self.render_all(scenarios, self._visits), strict=True):
                final = self._filled(result) if result.status is Status.NEEDS_INPUT else result
                if switch.value is True:
                    settled[switch.path] = final
                changed = None
                if final.status is Status.RENDERED:
                    name = own.scenario.name
                    changed = is_changed(own.documents, final.documents, twins.get(name))
                    if changed and random:
                        if name not in twins:
                            twins[name] = self._twin(own)
                        changed = is_changed(own.documents, final.documents, twins[name])
                yield final
                if changed is False and switch.value is True and apis:
                    # It may be for clusters that have more than Kubernetes' own: a ServiceMonitor, say.
                    before, after = (self._beside(one, apis) for one in (own, final))
                    if after.status is Status.RENDERED and is_changed(before.documents, after.documents, None):
                        final, changed = after, True
                        yield after
                outcomes[switch] = Switched(switch, final, own, changed)
        self.facts.switched = tuple(self._with_dead(outcomes.values()))

    def _around(self, enclosing: Sequence[tuple[str, ...]], base: ScenarioResult) -> ScenarioResult:
        """The rendering with the innermost of some flags on; ``base`` where none rendered."""
        around = (self._settled[flag] for flag in reversed(enclosing) if flag in self._settled)
        return next((one for one in around if one.status is Status.RENDERED), base)

    def _filling(self, base: ScenarioResult, given: RenderRequest) -> Iterator[ScenarioResult]:
        """Values that are empty by default filled with placeholders, all of one feature at once; where these don't go
        together, in halves, down to each by itself, with its other placeholders."""
        from helm_constitution.render.placeholders import filled, fills_of

        groups: dict[tuple[str, bool], tuple[ScenarioResult, list[Fill]]] = {}
        for fill in fills_of(self.facts, given):
            around = self._around(fill.enclosing, base)
            key = around.scenario.name, fill.overrides
            groups.setdefault(key, (around, []))[1].append(fill)
        pending = [(around.scenario, [(fill, 0) for fill in fills]) for around, fills in groups.values()]
        while pending:
            tried = self.render_all([filled(fills, around) for around, fills in pending], self._visits)
            failed = []
            for one, result in zip(pending, tried, strict=True):
                if result.status is Status.RENDERED:
                    yield result
                else:
                    failed.append(one)
            pending = [(around, part) for around, fills in failed for part in _easier(fills)]

    def _with_dead(self, outcomes: Iterable[Switched]) -> Iterator[Switched]:
        for one in outcomes:
            if one.changed is False and one.switch.is_flag:
                from helm_constitution.render.dead_flags import dead_heads

                dead = dead_heads(one.switch, one.base, one.result, self.facts, self.engine)
                yield one._replace(dead=dead)
            else:
                yield one

    def _filled(self, result: ScenarioResult) -> ScenarioResult:
        from helm_constitution.render.required_values import fill

        filled = fill(
            result,
            self.facts,
            lambda scenario: self.render_all([scenario])[0],
            self.facts.inputs,
            MOST_FOR_SWITCH,
        )
        return filled.result if filled is not None else result

    def _beside(self, result: ScenarioResult, apis: tuple[str, ...]) -> ScenarioResult:
        """The same in a cluster that has these API versions as well."""
        scenario = result.scenario
        request = scenario.request._replace(api_versions=apis)
        other = Scenario(f"{scenario.name} with API versions", request, ScenarioKind.SWITCHED, scenario.switched)
        return self.render_all([other], self._visits)[0]

    def _twin(self, result: ScenarioResult) -> tuple[RenderedText, ...]:
        return self.engine.render(self.facts.chart.path, result.scenario.request).result().documents


def _easier(fills: list[tuple[Fill, int]]) -> Iterator[list[tuple[Fill, int]]]:
    """What to try where some values with these placeholders don't render."""
    if len(fills) > 1:
        half = (len(fills) + 1) // 2
        yield fills[:half]
        yield fills[half:]
    else:
        fill, number = fills[0]
        if number + 1 < len(fill.choices):
            yield [(fill, number + 1)]


def _is_judged(scenario: Scenario) -> bool:
    from helm_constitution.render.release_variants import is_supported

    return is_supported(scenario)
