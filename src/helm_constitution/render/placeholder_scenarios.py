"""Values that are empty by default filled with placeholders, as many at once as go together."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.core.model import Status
from helm_constitution.render.full_round import FullResult, FullRound
from helm_constitution.render.placeholders import Placeholder, filled, placeholders_of
from helm_constitution.render.results import ScenarioResult


def filled_values(full: FullRound) -> FullResult:
    """All placeholders of one feature at once; where these don't go together, in halves, down to each by itself, with
    its other choices."""
    return FullResult(tuple(_rendered(full)))


def _rendered(full: FullRound) -> Iterator[ScenarioResult]:
    groups: dict[tuple[str, bool], tuple[ScenarioResult, list[Placeholder]]] = {}
    for placeholder in placeholders_of(full.analysed, full.given):
        around = full.around(placeholder.enclosing)
        key = around.scenario.name, placeholder.overrides
        groups.setdefault(key, (around, []))[1].append(placeholder)
    pending = [(around.scenario, [(one, 0) for one in group]) for around, group in groups.values()]
    while pending:
        tried = full.render_all([filled(group, around) for around, group in pending])
        failed = []
        for one, result in zip(pending, tried, strict=True):
            if result.status is Status.RENDERED:
                yield result
            else:
                failed.append(one)
        pending = [(around, part) for around, group in failed for part in _easier(group)]


def _easier(group: list[tuple[Placeholder, int]]) -> Iterator[list[tuple[Placeholder, int]]]:
    """What to try where some values with these placeholders don't render."""
    if len(group) > 1:
        half = (len(group) + 1) // 2
        yield group[:half]
        yield group[half:]
    else:
        placeholder, number = group[0]
        if number + 1 < len(placeholder.choices):
            yield [(placeholder, number + 1)]
