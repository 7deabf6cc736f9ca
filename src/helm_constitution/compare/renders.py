"""Renders a baseline beside the chart: the same scenarios, with the same options, by the same helm."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Base
from helm_constitution.helm.protocol import HelmEngine, Pending, RenderOutput
from helm_constitution.render.conclude import Known, conclude
from helm_constitution.render.results import ScenarioResult
from helm_constitution.render.scenarios import Scenario
from helm_constitution.render.secret_values import without_secret_values

if TYPE_CHECKING:
    from pathlib import Path

    from helm_constitution.chart.model import Chart
    from helm_constitution.compare.effects import Filling, Trial
    from helm_constitution.helm.protocol import RenderRequest
    from helm_constitution.kubernetes.manifests import Rendering
    from helm_constitution.text.yaml_scalars import Json

_RANDOM = LazyPattern(r"\b(?:rand[A-Z]\w*|gen[A-Z]\w+|uuidv4|htpasswd|bcrypt|encryptAES|shuffle|now|getHostByName)\b")
_UPGRADES = LazyPattern(r"\.Release\.Is(?:Install|Upgrade)\b")
_FAIL = LazyPattern(r"\bfail\b")
_LOOKUP = LazyPattern(r"\blookup\b")


class Renders:
    """The renderings of both releases for a comparison, besides the check of the new one.

    Args:
        engine: the helm that renders both.
        old: the baseline, as loaded.
        new: the chart.
        scenarios: those of the baseline.
        others: those of the chart, by name; a scenario whose values are the same on both sides is not rendered again.
        scratch: a folder for values.

    If templates test whether it is an upgrade, both are rendered as one: for whoever upgrades, the first installation
    is over.
    """

    def __init__(
        self,
        engine: HelmEngine,
        old: Chart,
        new: Chart,
        scenarios: list[Scenario],
        others: Mapping[str, Scenario],
        scratch: Path,
    ) -> None:
        self._engine = engine
        self._old = old
        self._new = new
        self._others = others
        self._scratch = scratch
        self._planned = {scenario.name: scenario for scenario in scenarios}
        self._gone: tuple[Scenario, Pending[RenderOutput]] | None = None
        self._both = not old.is_library and not new.is_library
        self._upgrades = self._both and (_has(old, _UPGRADES) or _has(new, _UPGRADES))
        self._as_upgrades: set[str] = set()
        self._scenarios: list[Scenario] = []
        self._rendered: set[str] = set()
        self._renders: list[Pending[RenderOutput]] = []
        self._moved: dict[str, tuple[Scenario, Pending[RenderOutput]]] = {}
        for scenario in scenarios if not old.is_library else ():
            self._begin(scenario)

    def _begin(self, scenario: Scenario) -> None:
        """Renders a scenario with the baseline, and with the chart, if its own rendering differs."""
        asked = scenario
        if self._upgrades and not scenario.request.is_upgrade:
            asked = scenario._replace(request=scenario.request._replace(is_upgrade=True))
            self._as_upgrades.add(scenario.name)
        self._scenarios.append(asked)
        self._renders.append(self._engine.render(self._old.path, asked.request))
        self._move(asked)

    def _move(self, scenario: Scenario) -> None:
        self._moved.pop(scenario.name, None)
        other = self._others.get(scenario.name)
        if self._both and (
            other is None
            or other.request.is_upgrade != scenario.request.is_upgrade
            or _contents(scenario) != _contents(other)
        ):
            self._moved[scenario.name] = scenario, self._engine.render(self._new.path, scenario.request)

    def done(self) -> bool:
        """Whether helm has finished the first renderings."""
        return all(render.done() for render in (*self._renders, *(render for _, render in self._moved.values())))

    def finish(self, others: Iterable[ScenarioResult]) -> tuple[ScenarioResult, ...]:
        """Waits for the baseline's renderings, and parses them.

        Args:
            others: those of the chart. Scenarios that came up while it was rendered (inputs, toggled flags) are
            rendered with the baseline as well.
        """
        known: Known = {}
        if self._both:
            planned = {scenario.name for scenario in self._scenarios}
            rendered = [other.scenario for other in others if other.rendering is not None]
            self._others = {**self._others, **{scenario.name: scenario for scenario in rendered}}
            for scenario in rendered:
                if scenario.name not in planned and scenario.kind.is_for_baseline:
                    self._begin(scenario)
        results: list[ScenarioResult] = []
        for index, render in enumerate(self._renders):
            output = render.result()
            scenario = self._scenarios[index]
            if scenario.name in self._as_upgrades and (not output.ok or self._looks_up_in_vain(scenario)):
                # What a chart generates when it is installed, it often requires, or looks up, when it is upgraded.
                scenario = scenario._replace(request=scenario.request._replace(is_upgrade=False))
                self._scenarios[index] = scenario
                output = self._engine.render(self._old.path, scenario.request).result()
                self._move(scenario)
            output = self._plain(output, self._old, scenario)
            results.append(conclude(scenario, output, self._old.name, known, Base.BASELINE))
        self._rendered = {result.scenario.name for result in results if result.rendering is not None}
        base = next((result.scenario for result in results if result.rendering is not None), None)
        if self._both and base is not None:
            self._give_what_is_gone(base)
        return tuple(results)

    @staticmethod
    def _plain(output: RenderOutput, chart: Chart, scenario: Scenario) -> RenderOutput:
        """What helm rendered, without the values of secrets in its messages."""
        return output._replace(errors=without_secret_values(output.errors, chart, scenario.request))

    def _looks_up_in_vain(self, scenario: Scenario) -> bool:
        """Whether the new chart doesn't render as an upgrade, because it would look values up in the cluster."""
        moved = self._moved.get(scenario.name)
        return moved is not None and not moved[1].result().ok and _has(self._new, _LOOKUP)

    def _give_what_is_gone(self, scenario: Scenario) -> None:
        """Renders the chart with the defaults that only the baseline's values.yaml has, if it may reject some."""
        if not _has(self._new, _FAIL):
            return
        mine, theirs = (side.values.data if side.values is not None else {} for side in (self._old, self._new))
        values = _only_in(mine, theirs)
        if values:
            file = self._scratch / "gone.json"
            file.write_text(json.dumps(values), encoding="utf-8")
            request = scenario.request._replace(values_files=(file, *scenario.request.values_files))
            self._gone = scenario, self._engine.render(self._new.path, request)

    def gone(self) -> ScenarioResult | None:
        """The new chart's rendering with the defaults that only the baseline has; None if it can't reject any."""
        if self._gone is None:
            return None
        scenario, render = self._gone
        return conclude(scenario, self._plain(render.result(), self._new, scenario), self._new.name)

    def moved(self) -> dict[str, ScenarioResult]:
        """The new chart's renderings with the values of the baseline's scenarios, if these differ from its own."""
        return {
            name: conclude(scenario, self._plain(render.result(), self._new, scenario), self._new.name)
            for name, (scenario, render) in self._moved.items()
        }

    def trial_of(self, name: str) -> Trial:
        """Renders both releases with other values in place of the first file of a baseline's scenario."""
        request = self._planned[name].request
        return self._trial(name, request._replace(values_files=request.values_files[1:]), below=True)

    def filling(self) -> Filling | None:
        """Renders both releases with more values on top of the first scenario that both render; None if there is none.

        Call it after ``finish``.
        """
        base = next((one for one in self._scenarios if one.name in self._rendered), None)
        if base is None or not self._both:
            return None
        from helm_constitution.compare.effects import Filling

        return Filling(base.request, self._trial(base.name, base.request, below=False))

    def _trial(self, name: str, request: RenderRequest, *, below: bool) -> Trial:
        """Renders both releases with more values, below or above the files of a request."""
        from helm_constitution.compare.effects import Trial

        def render(chart: Chart, values: dict[str, Json]) -> Rendering | None:
            file = self._scratch / "values.json"
            file.write_text(json.dumps(values), encoding="utf-8")
            files = (file, *request.values_files) if below else (*request.values_files, file)
            output = self._engine.render(chart.path, request._replace(values_files=files)).result()
            scenario = Scenario(name, request)
            return conclude(scenario, output, chart.name).rendering if output.ok else None

        return Trial(partial(render, self._old), partial(render, self._new))

    @property
    def again(self) -> Mapping[str, Rendering]:
        """The baseline rendered once more, to find what is random in it; empty if its templates have nothing random."""
        return _Again(self._engine, self._old, self._scenarios)


class _Again(Mapping[str, "Rendering"]):
    """Renders a scenario of the baseline on first use."""

    def __init__(self, engine: HelmEngine, chart: Chart, scenarios: Sequence[Scenario]) -> None:
        self._engine = engine
        self._chart = chart
        self._scenarios = scenarios  # grows while the chart is rendered
        self._done: dict[str, Rendering] = {}

    def __getitem__(self, name: str) -> Rendering:
        if name not in self._done:
            scenario = next((one for one in self._scenarios if one.name == name), None)
            if scenario is None or not self._is_random:
                raise KeyError(name)
            output = self._engine.render(self._chart.path, scenario.request).result()
            rendering = conclude(scenario, output, self._chart.name, base=Base.BASELINE).rendering
            if rendering is None:
                raise KeyError(name)
            self._done[name] = rendering
        return self._done[name]

    @cached_property
    def _is_random(self) -> bool:
        return _has(self._chart, _RANDOM)

    def __iter__(self) -> Iterator[str]:
        return (scenario.name for scenario in self._scenarios)

    def __len__(self) -> int:
        return len(self._scenarios)


def _has(chart: Chart, pattern: LazyPattern) -> bool:
    """Whether a template of the chart or of its dependencies contains a pattern."""
    texts = (text for path, text in chart.files.items() if path.startswith("templates/"))
    return any(pattern.search(text) for text in texts) or any(_has(one, pattern) for one in chart.subcharts.values())


def _only_in(mine: Mapping[str, Json], theirs: Mapping[str, Json]) -> dict[str, Json]:
    """The values that only one file has, except empty ones."""
    found: dict[str, Json] = {}
    for key, value in mine.items():
        other = theirs.get(key, {})
        if isinstance(value, dict):
            below = _only_in(value, other) if isinstance(other, dict) else None
            if below:
                found[key] = below
        elif key not in theirs and value not in (None, "", []):
            found[key] = value
    return found


def _contents(scenario: Scenario) -> list[bytes]:
    """The values files of a scenario, as written; helm itself reports one that can't be read."""

    def read(file: Path) -> bytes:
        try:
            return file.read_bytes()
        except OSError:
            return b""

    return [read(file) for file in scenario.request.values_files]
