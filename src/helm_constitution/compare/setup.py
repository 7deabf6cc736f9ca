"""Sets a chart beside its baseline, and says in the report's terms what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from helm_constitution.chart.loader import load_chart
from helm_constitution.compare.baseline import open_baseline
from helm_constitution.compare.changes import OLD_VALUES
from helm_constitution.compare.comparison import Comparison
from helm_constitution.compare.renders import Renders
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.model import Base
from helm_constitution.lint.subject import Facts
from helm_constitution.render.results import ScenarioResult
from helm_constitution.render.scenarios import Scenario, plan
from helm_constitution.text.yaml import load_document
from helm_constitution.text.yaml_document import YamlDocument

if TYPE_CHECKING:
    from helm_constitution.check.options import CheckOptions
    from helm_constitution.helm.protocol import HelmEngine
    from helm_constitution.policy.configuration import Configuration


def compare(
    facts: Facts,
    scenarios: Sequence[Scenario],
    engine: HelmEngine,
    options: CheckOptions,
    configuration: Configuration,
    stack: ExitStack,
) -> None:
    """Sets the chart beside its baseline; helm renders that while the rules are at work."""

    assert options.baseline is not None
    source = stack.enter_context(open_baseline(options.baseline, facts.chart))
    if source.folder is None:
        facts.no_comparison = f"the chart is new: {source.origin} has no chart {facts.chart.name}"
        return
    chart = load_chart(source.folder, shown=source.origin, base=Base.BASELINE)
    earlier = plan(source.folder, options.request, options.scenarios, configuration.scenarios)
    old_values = None
    if options.old_values is not None:
        old_values = _read_old_values(options.old_values)
        file = options.old_values.absolute()
        request = options.request._replace(values_files=(file, *options.request.values_files))
        earlier.append(Scenario(OLD_VALUES, request))
    scratch = Path(stack.enter_context(TemporaryDirectory(prefix="helm-constitution-")))
    renders = Renders(engine, chart, facts.chart, earlier, {one.name: one for one in scenarios}, scratch)
    trial = renders.trial(earlier[-1]) if old_values is not None else None

    comparison = Comparison(
        source.origin,
        Facts(chart),
        facts,
        again=renders.again,
        by_robot=configuration.release == "bot",
        old_values=old_values,
        trial=trial,
    )
    comparison.old.rendering = _Rendering(renders, comparison)
    facts.comparison = comparison


class _Rendering:
    """The baseline's renderings, which need to know how the chart itself rendered."""

    def __init__(self, renders: Renders, comparison: Comparison) -> None:
        self._renders = renders
        self._comparison = comparison

    def done(self) -> bool:
        return self._renders.done()

    def result(self) -> tuple[ScenarioResult, ...]:
        results = self._renders.finish(self._comparison.new.results)
        self._comparison.moved = self._renders.moved()
        self._comparison.gone = self._renders.gone()
        return results


def _read_old_values(file: Path) -> YamlDocument:
    """A user's values file. Raises ConfigurationError where it can't be read, YamlSyntaxError where it isn't YAML."""

    try:
        document = load_document(file.read_text("utf-8"), str(file), base=Base.ABSOLUTE)
    except OSError as error:
        raise ConfigurationError(f"can't be read: {error.strerror}", file=str(file)) from None
    except UnicodeDecodeError:
        raise ConfigurationError("not UTF-8 text; save it as UTF-8", file=str(file)) from None
    if document.data is not None and not document.view.is_map:
        raise ConfigurationError("must be a map of keys and values", file=str(file))
    return document
