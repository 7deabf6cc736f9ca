"""Values that are empty by default, filled with placeholders, as many at once as possible."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.core.model import Status
from helm_constitution.helm.protocol import FailureKind
from helm_constitution.render.full_round import FullResult, FullRound
from helm_constitution.render.placeholders import Placeholder, filled, placeholders_of
from helm_constitution.render.results import ScenarioResult
from helm_constitution.text.yaml_scalars import Json, ValuesPath


def filled_values(full: FullRound) -> FullResult:
    """All placeholders of one feature at once; if these don't render together, then in halves, down to single values
    with their other choices. A value that the chart must accept and that breaks it with every choice is kept as a
    failed scenario."""
    return FullResult(tuple(_rendered(full)))


def _rendered(full: FullRound) -> Iterator[ScenarioResult]:
    groups: dict[tuple[str, bool], tuple[ScenarioResult, list[Placeholder]]] = {}
    for placeholder in placeholders_of(full.analysed, full.given):
        around = full.around(placeholder.enclosing)
        key = around.scenario.name, placeholder.overrides
        groups.setdefault(key, (around, []))[1].append(placeholder)
    pending = [(around.scenario, [(one, 0) for one in group]) for around, group in groups.values()]
    broken: dict[ValuesPath, ScenarioResult] = {}
    while pending:
        tried = full.render_all([filled(group, around) for around, group in pending])
        failed = []
        for (base, group), result in zip(pending, tried, strict=True):
            if result.status is Status.RENDERED:
                first, number = group[0]
                if _breaks_yaml(broken.get(first.path), first.choices[number]):
                    continue
                for placeholder, _ in group:
                    broken.pop(placeholder.path, None)
                yield result
            else:
                failed.append((base, group))
                if len(group) == 1 and _breaks(*group[0], result):
                    broken[group[0][0].path] = result
        pending = [(around, part) for around, group in failed for part in _easier(group)]
    for result in broken.values():  # again, from the chart itself: a trial keeps no lines
        yield full.render_one(result.scenario)


def _breaks(placeholder: Placeholder, number: int, result: ScenarioResult) -> bool:
    """Whether a value that the chart must accept makes a template fail, or render invalid YAML."""
    return placeholder.choices[number] == placeholder.expected and any(
        error.kind in (FailureKind.TEMPLATE, FailureKind.YAML) and not (error.file or "").startswith("charts/")
        for error in result.errors
    )


def _breaks_yaml(earlier: ScenarioResult | None, content: Json) -> bool:
    """Whether templates printed a map or list as invalid YAML, so that a text in its place proves nothing."""
    return (
        earlier is not None
        and isinstance(content, str)
        and not isinstance(earlier.scenario.filled[0].value, str)
        and any(error.kind is FailureKind.YAML for error in earlier.errors)
    )


def _easier(group: list[tuple[Placeholder, int]]) -> Iterator[list[tuple[Placeholder, int]]]:
    """What to try if some values with these placeholders don't render."""
    if len(group) > 1:
        half = (len(group) + 1) // 2
        yield group[:half]
        yield group[half:]
    else:
        placeholder, number = group[0]
        if number + 1 < len(placeholder.choices):
            yield [(placeholder, number + 1)]
