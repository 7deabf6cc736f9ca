"""A chart's renderings by themselves: what shows whether safe fixes are safe, for less than a check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helm_constitution.chart.loader import load_chart
from helm_constitution.check.setup import begin_renderings, load_policy
from helm_constitution.core.deadline import OutOfTime, time_limit
from helm_constitution.core.errors import ChartError
from helm_constitution.templates.analysis import AnalysedChart

if TYPE_CHECKING:
    from helm_constitution.check.options import CheckRequest
    from helm_constitution.render.results import RenderedChart


def rendered(request: CheckRequest) -> RenderedChart:
    """What every scenario of a check renders.

    Raises:
        ConstitutionError: where it can't be rendered at all.
    """
    options, folder = request.options, request.copy or request.chart
    try:
        with time_limit(3 * options.seconds), request.engine.hold(folder):
            first = request.engine.render(folder, options.request)
            chart = load_chart(folder, shown=str(request.chart))
            return begin_renderings(request, load_policy(request, chart), AnalysedChart(chart), first).run()
    except OutOfTime:
        raise ChartError("rendering took too long; raise --timeout", file=str(request.chart)) from None
