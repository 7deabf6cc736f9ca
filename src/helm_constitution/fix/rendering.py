"""Renders a chart once more, in the scenarios of a check: cheaper than a check, it shows whether fixes are safe."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from helm_constitution.helm.protocol import HelmEngine, RenderedText, RenderRequest
    from helm_constitution.render.results import RenderedChart, ScenarioResult


def changed_since(before: RenderedChart, folder: Path, engine: HelmEngine) -> list[str]:
    """The templates whose output changed, in any of the scenarios that a check rendered.

    Args:
        before: the check's renderings.
        folder: the chart as it is now.
        engine: renders.

    Raises:
        ConstitutionError: helm can't be run.
    """
    with engine.hold(folder):
        started = [
            (result, engine.render(folder, result.scenario.request)) for result in before.results if result.documents
        ]
        outputs = [(result.documents, pending.result().documents) for result, pending in started]
    return list(dict.fromkeys(source for one, other in outputs if one != other for source in _difference(one, other)))


def changed_templates(before: RenderedChart, after: RenderedChart) -> list[str]:
    """The templates whose output differs in any scenario that both have.

    A scenario that fills empty values differently, because a schema describes them better, is another scenario.
    """
    known = {_rendered_as(one): one.documents for one in before.results}
    pairs = [(known[_rendered_as(one)], one.documents) for one in after.results if _rendered_as(one) in known]
    return list(dict.fromkeys(source for one, other in pairs if one != other for source in _difference(one, other)))


def _rendered_as(result: ScenarioResult) -> tuple[str, RenderRequest]:
    """What tells a scenario from others: its name, and what helm is given, filled values included."""
    return result.scenario.name, result.scenario.request


def _difference(one: Iterable[RenderedText], other: Iterable[RenderedText]) -> list[str]:
    """The templates of texts that only one side has: a renamed template with the same output is not among them."""
    left, right = (Counter((text.source.partition("/")[2], text.text) for text in texts) for texts in (one, other))
    texts = Counter(text for _, text in (left - right).elements())
    texts.subtract(text for _, text in (right - left).elements())
    return [source for source, text in [*(left - right), *(right - left)] if texts[text]]
