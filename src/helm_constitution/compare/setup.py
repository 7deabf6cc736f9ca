"""Compares a chart with its baseline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.chart.loader import load_chart
from helm_constitution.compare.baseline import open_baseline
from helm_constitution.compare.changes import OLD_VALUES
from helm_constitution.compare.comparison import Comparison
from helm_constitution.compare.no_baseline import NoBaseline
from helm_constitution.compare.renders import Renders
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.model import Base
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.scratch import scratch_folder
from helm_constitution.render.results import RenderedChart
from helm_constitution.render.scenarios import Scenario, ScenarioSetting, plan
from helm_constitution.templates.analysis import AnalysedChart
from helm_constitution.text.yaml import load_document

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.helm.protocol import HelmEngine, RenderRequest
    from helm_constitution.text.yaml_document import YamlDocument


class BaselineRequest(NamedTuple):
    """The request for a comparison.

    ``baseline`` is ``auto``, a git revision, a folder or a package, ``old_values`` a user's values file for it.
    ``request`` and ``choice`` are how and in which scenarios both are rendered, ``settings`` are the configuration's
    scenarios. ``by_robot``: versions and changelog are written when the release is made.
    """

    baseline: str
    old_values: Path | None
    request: RenderRequest
    choice: str
    settings: tuple[ScenarioSetting, ...] = ()
    by_robot: bool = False


class BaselineSession:
    """A baseline that helm renders, from its creation on."""

    reason = None

    def __init__(
        self, origin: str, renders: Renders, old: Chart, old_values: YamlDocument | None, *, by_robot: bool
    ) -> None:
        self._origin = origin
        self._renders = renders
        self._old = AnalysedChart(old)
        self._old_values = old_values
        self._by_robot = by_robot

    def done(self) -> bool:
        """Whether helm has finished the first renderings."""
        return self._renders.done()

    def compare(self, rendered: RenderedChart) -> Comparison:
        """Waits for helm, and compares the rendered chart with the baseline."""
        renders = self._renders
        results = renders.finish(rendered.results)
        return Comparison(
            self._origin,
            RenderedChart(self._old, results, rendered.choice),
            rendered,
            moved=renders.moved(),
            gone=renders.gone(),
            again=renders.again,
            by_robot=self._by_robot,
            old_values=self._old_values,
            trial=renders.trial_of(OLD_VALUES) if self._old_values is not None else None,
            filling=renders.filling(),
        )


def open_comparison(
    wanted: BaselineRequest, chart: Chart, scenarios: Sequence[Scenario], engine: HelmEngine, stack: ExitStack
) -> BaselineSession | NoBaseline:
    """Finds and loads the baseline, and starts rendering it.

    Args:
        wanted: what to compare with.
        chart: the chart that is checked.
        scenarios: its scenarios.
        engine: renders both.
        stack: removes the baseline's files on disk when it closes.

    Raises:
        ConstitutionError: there is no such baseline, or it can't be read.
    """
    source = stack.enter_context(open_baseline(wanted.baseline, chart))
    if source.folder is None:
        return NoBaseline(f"the chart is new: {source.origin} does not contain {chart.name}")
    old = load_chart(source.folder, shown=source.origin, base=Base.BASELINE)
    earlier = plan(source.folder, wanted.request, wanted.choice, wanted.settings)
    old_values = None
    if wanted.old_values is not None:
        old_values = _read_old_values(wanted.old_values)
        file = wanted.old_values.absolute()
        request = wanted.request._replace(values_files=(file, *wanted.request.values_files))
        earlier.append(Scenario(OLD_VALUES, request))
    scratch = stack.enter_context(scratch_folder())
    renders = Renders(engine, old, chart, earlier, _by_name(scenarios), scratch)
    return BaselineSession(source.origin, renders, old, old_values, by_robot=wanted.by_robot)


def _by_name(scenarios: Iterable[Scenario]) -> dict[str, Scenario]:
    return {one.name: one for one in scenarios}


def _read_old_values(file: Path) -> YamlDocument:
    """A user's values file. Raises ConfigurationError if it can't be read, YamlSyntaxError if it isn't YAML."""
    try:
        document = load_document(file.read_text("utf-8"), str(file), base=Base.ABSOLUTE)
    except OSError as error:
        raise ConfigurationError(f"can't be read: {error.strerror}", file=str(file)) from None
    except UnicodeDecodeError:
        raise ConfigurationError("not UTF-8 text; save it as UTF-8", file=str(file)) from None
    if document.data is not None and not document.view.is_map:
        raise ConfigurationError("must be a map of keys and values", file=str(file))
    return document
