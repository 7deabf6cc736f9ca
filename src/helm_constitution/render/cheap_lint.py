"""``helm lint`` of a copy of the chart: with elliptic keys in place of RSA ones, which are slow; without templates."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import ExitStack
from typing import TYPE_CHECKING

from helm_constitution.chart.edited_copy import edited_copy
from helm_constitution.helm.protocol import HelmEngine, LintOutput, Pending, RenderRequest
from helm_constitution.render.secret_values import without_secret_values
from helm_constitution.templates.cheap_keys import cheap_sources

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.templates.analysis import AnalysedChart


def begin_lint(
    engine: HelmEngine,
    analysed: AnalysedChart,
    request: RenderRequest,
    stack: ExitStack,
    without: Collection[str] = (),
) -> Pending[LintOutput]:
    """Starts ``helm lint``.

    Args:
        engine: lints.
        analysed: the chart.
        request: the values it is linted with.
        stack: keeps the copy, if there is one.
        without: paths of templates that are not linted.
    """
    chart = analysed.chart
    sources = {path: text for path, text in cheap_sources(analysed).items() if path not in without}

    def plain() -> Pending[LintOutput]:
        return engine.lint(chart.path, request)

    if not sources and not without:
        return _WithoutSecrets(plain(), chart, request)
    copy = stack.enter_context(edited_copy(chart, sources, without))
    return _WithoutSecrets(_OfCopy(engine.lint(copy, request), plain), chart, request)


class _WithoutSecrets:
    def __init__(self, pending: Pending[LintOutput], chart: Chart, request: RenderRequest) -> None:
        self._pending = pending
        self._chart = chart
        self._request = request

    def result(self) -> LintOutput:
        """Waits for helm. Its messages quote no secret."""
        output = self._pending.result()
        return output._replace(messages=without_secret_values(output.messages, self._chart, self._request))

    def done(self) -> bool:
        """Whether helm has ended."""
        return self._pending.done()


class _OfCopy:
    def __init__(self, pending: Pending[LintOutput], plain: Callable[[], Pending[LintOutput]]) -> None:
        self._pending = pending
        self._plain = plain
        self._output: LintOutput | None = None

    def result(self) -> LintOutput:
        """Waits for helm. A message that names a column differs in the chart itself, which is then linted."""
        if self._output is None:
            output = self._pending.result()
            is_same = not output.failed and all(message.column is None for message in output.messages)
            self._output = output if is_same or output.exceeds_limit else self._plain().result()
        return self._output

    def done(self) -> bool:
        """Whether helm has ended."""
        return self._pending.done()
