"""What a rule may read: the loaded chart, its parsed templates, its renderings, and helm's own messages."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from helm_constitution.core.errors import LimitReached
from helm_constitution.core.records import record
from helm_constitution.lint.needs import (
    BASELINE,
    CLUSTER,
    COVERAGE,
    LINT,
    RESULTS,
    TEMPLATES,
    TOGGLES,
    CheckedChart,
    Need,
)
from helm_constitution.templates.abstract import MAX_STEPS
from helm_constitution.text.yaml_document import RenderedLine

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.cluster.answers import ClusterAnswers
    from helm_constitution.compare.comparison import Comparison
    from helm_constitution.core.model import Severity
    from helm_constitution.helm.protocol import HelmMessage
    from helm_constitution.kubernetes.manifests import Manifest, Rendering
    from helm_constitution.kubernetes.schema_faults import SchemaFault
    from helm_constitution.render.regions import Coverage
    from helm_constitution.render.results import RenderedChart, ScenarioResult, ToggleResult
    from helm_constitution.render.scenarios import Input
    from helm_constitution.templates import TemplateFile
    from helm_constitution.templates.uses import ValueUses
    from helm_constitution.text.yaml_document import RenderedLine, View, YamlDocument

_T = TypeVar("_T")
_C = TypeVar("_C", bound=Hashable)
_P = ParamSpec("_P")


class UndeclaredNeed(Exception):
    """Raised if a rule reads something that it does not declare in ``needs``."""

    def __init__(self, need: Need) -> None:
        super().__init__(f"reads {need.name} without declaring it; add {need.name} to its needs")


@record
class Subject:
    """The checked chart as seen by one rule: the files, and what the rule declares in ``needs``.

    Members that need something say so; reading one without declaring the need is an error of the rule.
    """

    checked: CheckedChart
    needs: frozenset[Need] = frozenset()
    parameters: Mapping[str, int | str] = field(default_factory=dict)

    def _declared(self, need: Need) -> None:
        if need not in self.needs:
            raise UndeclaredNeed(need)

    @property
    def chart(self) -> Chart:
        """The chart as loaded: Chart.yaml, values.yaml, files."""
        return self.checked.analysed.chart

    def number(self, name: str) -> int:
        """The value of a numeric parameter of the rule."""
        return int(self.parameters[name])

    def text(self, name: str) -> str:
        """The value of a text parameter of the rule."""
        return str(self.parameters[name])

    def severity_of(self, rule: str) -> Severity | None:
        """The severity of another rule in this check; None if it doesn't run."""
        return self.checked.severities.get(rule)

    def derived(self, make: Callable[Concatenate[Chart, _P], _T], *args: _P.args, **named: _P.kwargs) -> _T:
        """``make(chart, *args, **named)``, computed once for all rules and kept as long as the chart.

        Use it for costly results that several rules need: ``subject.derived(readme_of)``. ``make`` must be a module's
        function, not a lambda, and its other arguments must be hashable, because together they are the key.
        """
        return self.checked.analysed.derived(make, *args, **named)

    def derived_from(
        self, content: _C, make: Callable[Concatenate[_C, _P], _T], *args: _P.args, **named: _P.kwargs
    ) -> _T:
        """``make(content, *args, **named)``, computed once for a file's text, a template or values.yaml as parsed.

        Use it for costly results that depend on one file alone: in an editor it is computed again only after an edit of
        this file. ``make`` must be a module's function, and what it returns must not be modified.
        """
        return self.checked.analysed.derived_from(content, make, *args, **named)

    def chart_of(self, manifest: Manifest) -> Chart | None:
        """The chart whose template renders an object: this one or a dependency; None if unknown."""
        found = self.checked.analysed.chart_of(manifest)
        return found[0] if found else None

    def template_text(self, manifest: Manifest) -> str | None:
        """The text of the template that renders an object; None if unknown."""
        return self.checked.analysed.template_text(manifest)

    # --- TEMPLATES ---

    @property
    def templates(self) -> tuple[TemplateFile, ...]:
        """The chart's own templates, parsed. Needs TEMPLATES."""
        self._declared(TEMPLATES)
        return self.checked.analysed.templates

    @property
    def uses(self) -> ValueUses:
        """Every read of ``.Values``. Needs TEMPLATES.

        Raises:
            LimitReached: if following the templates takes too many steps; the rule is then unchecked.
        """
        self._declared(TEMPLATES)
        uses = self.checked.analysed.uses
        if not uses.is_complete:
            raise LimitReached(
                f"the templates are too complex to follow: more than {MAX_STEPS:,} steps, or calls nested too deeply"
            )
        return uses

    @property
    def define_texts(self) -> Mapping[str, str]:
        """The chart's named templates as written, by name. Needs TEMPLATES."""
        self._declared(TEMPLATES)
        return self.checked.analysed.define_texts

    def given_by_values(self, manifest: Manifest) -> bool:
        """Whether a whole object comes from the values (``extraObjects``), so that a user wrote it. Needs TEMPLATES."""
        self._declared(TEMPLATES)
        return self.checked.analysed.given_by_values(manifest)

    # --- RESULTS, RENDERINGS ---

    @property
    def _rendered(self) -> RenderedChart:
        self._declared(RESULTS)
        if self.checked.rendered is None:
            raise AssertionError("a rule runs before the renderings that it needs")
        return self.checked.rendered

    @property
    def results(self) -> tuple[ScenarioResult, ...]:
        """The result of each scenario, in order; ``defaults`` first. Empty for a library chart, which can't be
        rendered. Needs RESULTS."""
        return self._rendered.results

    @property
    def renderings(self) -> Iterator[Rendering]:
        """The renderings of the scenarios that rendered, ``defaults`` first. Needs RESULTS.

        Scenarios that turn a flag off are left out, because objects are missing there on purpose, and so are those with
        placeholders for empty values.
        """
        for result in self.results:
            toggled, filled = result.scenario.toggled, result.scenario.filled
            if result.rendering is not None and not filled and (toggled is None or toggled.value is not False):
                yield result.rendering

    @property
    def defaults(self) -> ScenarioResult | None:
        """The result of the scenario of the default values; None for a library chart. Needs RESULTS."""
        return self.results[0] if self.results else None

    def stands_in_defaults(self, manifest: Manifest) -> bool:
        """Whether the default values also render an object of another scenario. A fault of the chart is then found
        there, and differences come from the scenario's values. Needs RESULTS."""
        if self.defaults is None or self.defaults.rendering is None or manifest.scenario == self.defaults.scenario.name:
            return False
        found = self.defaults.rendering.find(manifest.kind, manifest.name, manifest.effective_namespace)
        return found is not None

    def schema_faults(self, manifest: Manifest) -> list[SchemaFault] | None:
        """The faults of an object by its schema: in the Kubernetes version of every scenario that renders it, with
        ``--scenarios full`` in each version that Chart.yaml allows. Definitions in the chart take precedence over the
        configuration's folder ``schemas``, and that over the bundled ones. None for a kind without a known schema.
        Needs RESULTS."""
        from helm_constitution.lint.known_schemas import faults_of

        return faults_of(manifest, self._rendered, self.checked.schemas)

    @property
    def rendered(self) -> bool:
        """Whether any scenario rendered. Needs RESULTS."""
        return self._rendered.any_rendered

    @property
    def not_rendered(self) -> str:
        """Why there is no rendering to check."""
        return self.checked.not_rendered

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The values that a user must set, as far as they were found by rendering. Needs RESULTS."""
        return self._rendered.inputs

    def value(self, path: Sequence[str | int], scenario: str) -> View | None:
        """A value in the file that sets it for a scenario; a missing value in the file with its nearest existing part;
        None if the scenario has no values file. Needs RESULTS."""
        layers = self._rendered.values_of(scenario)
        for length in range(len(path), 0, -1):
            for document in layers:
                if document.view.get(*path[:length]).exists:
                    return document.view.get(*path)
        return layers[-1].view.get(*path) if layers else None

    @property
    def values_files(self) -> Iterator[YamlDocument]:
        """The values files of scenarios, each once, including those from outside the chart; without values.yaml. Needs
        RESULTS."""
        own = self.chart.values.document if self.chart.values is not None else None
        seen = {(own.base, own.file)} if own is not None else set()
        for result in self.results:
            for document in reversed(self._rendered.values_of(result.scenario.name)):
                key = document.base, document.file
                if key not in seen:
                    seen.add(key)
                    yield document

    def rendered_line(self, error: HelmMessage) -> RenderedLine | None:
        """The line of the rendered text that an error of a rendering names; None if it names none. Needs RESULTS."""
        if error.rendered_line is not None:
            for result in self.results:
                if error in result.broken:
                    document = result.broken[error]
                    # A missing end is noticed only at the end of the text.
                    return RenderedLine(document, min(error.rendered_line, document.text.count("\n")))
        return None

    # --- LINT, TOGGLES, COVERAGE, BASELINE, CLUSTER ---

    @property
    def lint(self) -> tuple[HelmMessage, ...]:
        """``helm lint``'s own messages, placed. Needs LINT."""
        self._declared(LINT)
        if self.checked.lint is None:
            raise AssertionError("a rule runs before the lint that it needs")
        return self.checked.lint.messages

    @property
    def toggles(self) -> tuple[ToggleResult, ...]:
        """How the chart rendered with each flag and enum set to another value. Needs TOGGLES."""
        self._declared(TOGGLES)
        return self._rendered.toggles

    @property
    def coverage(self) -> Coverage:
        """Which branches of the templates the scenarios entered. Needs COVERAGE."""
        self._declared(COVERAGE)
        coverage = self._rendered.coverage
        if coverage is None:
            raise AssertionError("a rule runs without the coverage that it needs")
        return coverage

    @property
    def comparison(self) -> Comparison:
        """What changed since the baseline, and the version that the changes require. Needs BASELINE."""
        self._declared(BASELINE)
        if self.checked.comparison is None:
            raise AssertionError("a rule runs without the baseline that it needs")
        return self.checked.comparison

    @property
    def baseline(self) -> Subject:
        """The earlier release that the chart is compared with, seen in the same way. Needs BASELINE."""
        old = self.comparison.old
        return Subject(CheckedChart(old.analysed, old), self.needs, self.parameters)

    @property
    def cluster(self) -> ClusterAnswers:
        """An API server's answers about the chart's objects, and the result of a test deployment. Needs CLUSTER."""
        self._declared(CLUSTER)
        if self.checked.cluster is None:
            raise AssertionError("a rule runs without the cluster that it needs")
        return self.checked.cluster
