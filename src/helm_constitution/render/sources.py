"""The scenarios that a full check renders in addition to those of the chart, all on top of the defaults."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from helm_constitution.core.deadline import OutOfTime, part_limit
from helm_constitution.core.model import DEFAULTS, Status
from helm_constitution.render.full_round import FullResult, FullRound, Renders
from helm_constitution.render.placeholder_scenarios import filled_values
from helm_constitution.render.release_names import named_releases
from helm_constitution.render.release_results import released, second_revision
from helm_constitution.render.results import ScenarioResult
from helm_constitution.render.scenarios import Input
from helm_constitution.render.toggle_scenarios import toggled_values

ScenarioSource: TypeAlias = Callable[[FullRound], FullResult]

SOURCES: tuple[ScenarioSource, ...] = (
    toggled_values,
    released,
    second_revision,
    named_releases,
    filled_values,
)
"""The sources of scenarios of a full check, in the order of their results."""


def render_full(session: Renders, results: Sequence[ScenarioResult], inputs: tuple[Input, ...]) -> FullResult:
    """The scenarios of every source; none if the defaults don't render. A source that takes too long is left out."""
    names = (DEFAULTS, "inputs")
    base = next((one for one in results if one.scenario.name in names and one.status is Status.RENDERED), None)
    if base is None:
        return FullResult(not_toggled="the default values do not render")
    full = FullRound(session, base, results[0].scenario.request, inputs)
    parts = []
    cut: str | None = None
    for source in SOURCES:
        try:
            with part_limit():
                parts.append(source(full))
        except OutOfTime as limit:
            cut = f"rendering the scenarios of a full check {limit}"
    return FullResult(
        tuple(result for part in parts for result in part.results),
        tuple(toggle for part in parts for toggle in part.toggles),
        cut=next(filter(None, (cut, *(part.cut for part in parts))), None),
    )
