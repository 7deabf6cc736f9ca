"""What a rule may look at: the chart as loaded, its templates as parsed, its renderings, and helm's own words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Base
from helm_constitution.core.records import record

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.compare.comparison import Comparison
    from helm_constitution.core.model import Location, Severity
    from helm_constitution.helm.protocol import HelmMessage, LintOutput, Pending
    from helm_constitution.kubernetes.manifests import Identity, Manifest, Rendering
    from helm_constitution.lint.placeholder_filter import PlaceholderFilter
    from helm_constitution.render.regions import Coverage
    from helm_constitution.render.results import ScenarioResult
    from helm_constitution.render.scenarios import Input, SetValue
    from helm_constitution.render.toggles import Switched
    from helm_constitution.templates import TemplateFile
    from helm_constitution.templates.uses import ValueUses
    from helm_constitution.text.yaml_document import RenderedLine, View, YamlDocument


_KIND = LazyPattern(r"^[ \t]*(?:-[ \t]+)?[\"']?kind[\"']?[ \t]*:|\"kind\"", re.MULTILINE)
_CALL = LazyPattern(r"""\b(?:include|template)\s+["`]([^"`]+)["`]""")


class NotYet(Exception):
    """Raised where a rule looks at renderings while helm is still at work; the engine runs that rule later."""


@dataclass(eq=False)
class Facts:
    """Everything known of one chart in one run; computed once, shared by all rules.

    ``rendering`` and ``linting`` are helm at work on ``results`` and ``lint``; None where these are already there.
    ``lint_failed``: ``helm lint`` itself did not come to its end. ``running`` are the ids of the rules of this run,
    with their severities. ``consulted`` tells that a rule looked at helm's results.
    ``which`` scenarios are rendered: ``defaults``, ``quick`` or ``full``. ``inputs`` are the values that a user must
    give, as far as they were found. ``switched`` tells how each flag and enum went that was set otherwise, and
    ``not_switched`` why none was. ``coverage`` is what all scenarios entered; measured where ``measures`` asks for it,
    or the rule that looks at it runs over all scenarios.
    ``comparison`` is the chart beside its baseline; ``no_comparison`` says why there is none. ``tests_count`` has test
    hooks judged as other objects.
    """

    chart: Chart
    results: tuple[ScenarioResult, ...] = ()
    lint: tuple[HelmMessage, ...] = ()
    rendering: Pending[tuple[ScenarioResult, ...]] | None = None
    linting: Pending[LintOutput] | None = None
    lint_failed: bool = False
    running: Mapping[str, Severity] = field(default_factory=dict)
    consulted: bool = False
    which: str = "quick"
    inputs: tuple[Input, ...] = ()
    comparison: Comparison | None = None
    no_comparison: str = "no baseline was given"
    switched: tuple[Switched, ...] = ()
    not_switched: str = "only --scenarios full switches flags"
    measures: bool = False
    coverage: Coverage | None = None
    tests_count: bool = False

    def is_rendered(self) -> bool:
        """Whether nobody has to wait for helm to render."""
        own = self.rendering is None or self.rendering.done()
        return own and (self.comparison is None or self.comparison.old.is_rendered())

    def wait_for_renderings(self) -> None:
        """Waits for helm to render."""
        if self.rendering is not None:
            rendering, self.rendering = self.rendering, None
            self.results = rendering.result()
        if self.comparison is not None:
            self.comparison.old.wait_for_renderings()

    def wait(self) -> None:
        """Waits for helm to be done."""
        self.wait_for_renderings()
        if self.linting is not None:
            linting, self.linting = self.linting, None
            output = linting.result()
            self.lint, self.lint_failed = output.messages, output.failed

    def require_renderings(self) -> None:
        """Raises NotYet while helm renders."""
        self.consulted = True
        if self.rendering is not None:
            raise NotYet

    def require_lint(self) -> None:
        """Raises NotYet while helm lints."""
        self.consulted = True
        if self.linting is not None:
            raise NotYet

    @property
    def base(self) -> Base:
        """What the chart's files are relative to: the chart that is checked, or its baseline."""
        return self.chart.metadata.base

    @property
    def not_rendered(self) -> str:
        """Why there is no rendering to judge."""
        if self.chart.is_library:
            return "a library chart renders nothing by itself"
        return "no scenario rendered"

    def telling(self, scenarios: Iterable[str]) -> tuple[str, ...]:
        """The scenarios that are worth naming for a finding: switched flags only where no other scenario shows it,
        filled values only where nothing else does."""
        names = tuple(scenarios)
        switched = tuple(name for name in names if name not in self._filled)
        plain = tuple(name for name in switched if name not in self._set_values)
        return plain or switched or names

    def set_value(self, scenario: str) -> SetValue | None:
        """The value that a scenario sets otherwise to see what comes of it; None for those that users name."""
        return self._set_values.get(scenario)

    def fills(self, scenario: str) -> PlaceholderFilter | None:
        """What tells a placeholder's problems in a scenario that fills values; None for any other."""
        return self._judged.get(scenario)

    def filled_values(self, scenario: str) -> tuple[SetValue, ...]:
        """The values that a scenario fills with placeholders."""
        result = self._filled.get(scenario)
        return result.scenario.filled if result is not None else ()

    def _plain_of(self, manifest: Manifest) -> Sequence[Manifest]:
        """What an object is without placeholders, each text once."""
        return self._plain_objects.get(self._lasting(manifest), ())

    def _lasting(self, manifest: Manifest) -> Identity:
        """What an object is called in each scenario: its template in place of a name that may be another each time."""
        kind, namespace, name = manifest.identity
        return kind, namespace, manifest.template if manifest.template in self.random_files else name

    @cached_property
    def random_files(self) -> frozenset[str]:
        """The files that call functions which give something else each time."""
        from helm_constitution.templates.analysis import RANDOM

        return frozenset(path for path, text in self.chart.files.items() if "{{" in text and RANDOM.search(text))

    @cached_property
    def _plain_objects(self) -> Mapping[Identity, Sequence[Manifest]]:
        found: dict[Identity, list[Manifest]] = {}
        for result in self.results:
            if result.rendering is not None and not result.scenario.filled:
                for manifest in result.rendering.manifests:
                    if not manifest.repeats:
                        found.setdefault(self._lasting(manifest), []).append(manifest)
        return found

    @cached_property
    def _judged(self) -> Mapping[str, PlaceholderFilter]:
        if not self._filled:
            return {}
        from helm_constitution.lint.placeholder_filter import PlaceholderFilter

        return {name: PlaceholderFilter(result.scenario, self._plain_of) for name, result in self._filled.items()}

    @cached_property
    def _filled(self) -> Mapping[str, ScenarioResult]:
        return {result.scenario.name: result for result in self.results if result.scenario.filled}

    def is_by_itself(self, manifest: Manifest) -> bool:
        """Whether a scenario that users name renders an object of this kind and name."""
        return manifest.identity in self._own_objects

    @cached_property
    def _own_objects(self) -> frozenset[Identity]:
        return frozenset(
            manifest.identity
            for result in self.results
            if result.rendering is not None and result.scenario.is_users
            for manifest in result.rendering.manifests
        )

    @cached_property
    def _set_values(self) -> Mapping[str, SetValue]:
        switched = ((result.scenario.name, result.scenario.switched) for result in self.results)
        return {name: one for name, one in switched if one is not None}

    def line_of(self, location: Location) -> str | None:
        """The source line that a location starts on; None where it has none or the file isn't text of this chart."""
        if location.base == Base.BASELINE and self.comparison is not None:
            return self.comparison.old.line_of(location)
        if location.line is None or location.file is None or location.base != self.base:
            return None
        lines = self._lines.get(location.file)
        if lines is None:
            lines = self._lines[location.file] = self.chart.files.get(location.file, "").splitlines()
        return lines[location.line - 1] if location.line <= len(lines) else None

    def dependency_entry(self, dependency: str) -> View | None:
        """Where Chart.yaml declares a dependency (given by its path, ``dep/charts/inner`` by ``dep``)."""
        name = dependency.partition("/")[0]
        for entry in self.chart.dependencies:
            if name in (entry.key, entry.name):
                return entry.view
        return None

    @cached_property
    def _lines(self) -> dict[str, list[str]]:
        return {}

    def values_of(self, scenario: str) -> tuple[YamlDocument, ...]:
        """The values files of a scenario, the one that wins first; those that aren't YAML by our reading left out."""
        layers = self._layers.get(scenario)
        if layers is None:
            layers = self._layers[scenario] = tuple(self._values_of(scenario))
        return layers

    def _values_of(self, scenario: str) -> Iterator[YamlDocument]:
        from helm_constitution.text.yaml import load_document

        for result in self.results:
            if result.scenario.name == scenario:
                for file in reversed(result.scenario.request.values_files):
                    inside = os.path.relpath(file, self.chart.path).replace(os.sep, "/")
                    is_outside = inside.startswith("..")
                    base, shown = (Base.ABSOLUTE, str(file)) if is_outside else (self.base, inside)
                    try:
                        text = self.chart.files.get(inside)  # .helmignore may leave ci/ out
                        yield load_document(file.read_text("utf-8") if text is None else text, shown, base=base)
                    except (OSError, UnicodeDecodeError, YamlSyntaxError):
                        continue  # helm has read it, in its own way; no place is claimed in it
        if self.chart.values is not None:
            yield self.chart.values.document

    @cached_property
    def _layers(self) -> dict[str, tuple[YamlDocument, ...]]:
        return {}

    @cached_property
    def templates(self) -> tuple[TemplateFile, ...]:
        """The chart's own templates, parsed, in path order; a file with a syntax error keeps its error."""
        from helm_constitution.templates import parse_templates

        return parse_templates(self.chart)

    def chart_of(self, manifest: Manifest) -> tuple[Chart, str] | None:
        """The chart that an object's template belongs to, and the template's path in it; None where it isn't known."""
        chart, path = self.chart, manifest.template
        while path.startswith("charts/"):
            key, _, path = path.removeprefix("charts/").partition("/")
            name = next((entry.name for entry in chart.dependencies if entry.key == key), key)
            if name not in chart.subcharts:
                return None
            chart = chart.subcharts[name]
        return chart, path

    def given_by_values(self, manifest: Manifest) -> bool:
        """Whether an object comes whole out of the values (``extraObjects``): its template names no kind itself."""
        if manifest.dependency is not None:
            return False
        given = self._given.get(manifest.template)
        if given is None:
            text = self.chart.files.get(manifest.template, "kind:")
            given = self._given[manifest.template] = not self._names_kind(text, set())
        return given

    def _names_kind(self, text: str, seen: set[str]) -> bool:
        if _KIND.search(text):
            return True
        for name in _CALL.findall(text):
            if name in seen or name.endswith((".render", ".tplvalues.merge")):
                continue  # Bitnami's common.tplvalues.render prints what it is given
            seen.add(name)
            define = self.define_texts.get(name)
            if define is None or self._names_kind(define, seen):
                return True
        return False

    @cached_property
    def define_texts(self) -> dict[str, str]:
        """The chart's named templates as written, by name."""
        return {
            name: template.source(define) for template in self.templates for name, define in template.defines.items()
        }

    @cached_property
    def _given(self) -> dict[str, bool]:
        return {}

    @cached_property
    def uses(self) -> ValueUses:
        """Every read of ``.Values`` in the chart's templates and those of its dependencies."""
        from helm_constitution.templates.uses import analyse

        return analyse(self.chart, self.templates)


@record
class Subject:
    """A chart under judgement, as one rule sees it (its parameters bound)."""

    facts: Facts
    parameters: Mapping[str, int | str] = field(default_factory=dict)

    @property
    def chart(self) -> Chart:
        """The chart as loaded: Chart.yaml, values.yaml, files."""
        return self.facts.chart

    @property
    def templates(self) -> tuple[TemplateFile, ...]:
        """The chart's own templates, parsed."""
        return self.facts.templates

    @property
    def uses(self) -> ValueUses:
        """Every read of ``.Values``."""
        return self.facts.uses

    @property
    def baseline(self) -> Subject | None:
        """The earlier release that the chart is compared with, seen in the same way; None without one."""
        comparison = self.facts.comparison
        return None if comparison is None else Subject(comparison.old, self.parameters)

    @property
    def comparison(self) -> Comparison | None:
        """What changed since the baseline, and the version that this asks for; None without a baseline."""
        return self.facts.comparison

    def chart_of(self, manifest: Manifest) -> Chart | None:
        """The chart whose template made an object: this one or a dependency; None where it isn't known."""
        found = self.facts.chart_of(manifest)
        return found[0] if found else None

    def template_text(self, manifest: Manifest) -> str | None:
        """The text of the template that made an object; None where it isn't known."""
        found = self.facts.chart_of(manifest)
        return found[0].files.get(found[1]) if found else None

    @property
    def define_texts(self) -> Mapping[str, str]:
        """The chart's named templates as written, by name."""
        return self.facts.define_texts

    def given_by_values(self, manifest: Manifest) -> bool:
        """Whether an object comes whole out of the values (``extraObjects``): its user wrote it, not the chart."""
        return self.facts.given_by_values(manifest)

    @property
    def results(self) -> tuple[ScenarioResult, ...]:
        """How each scenario went, in order; ``defaults`` first. Empty for a library chart, which can't be rendered."""
        self.facts.require_renderings()
        return self.facts.results

    @property
    def renderings(self) -> Iterator[Rendering]:
        """The renderings of the scenarios that rendered; not those for which a flag was turned off or values filled.

        What is missing there, somebody has turned off; what is there, a placeholder may have made.
        """
        for result in self.results:
            switched, filled = result.scenario.switched, result.scenario.filled
            if result.rendering is not None and not filled and (switched is None or switched.value is not False):
                yield result.rendering

    @property
    def defaults(self) -> ScenarioResult | None:
        """How the rendering with default values went; None for a library chart."""
        return self.results[0] if self.results else None

    def stands_in_defaults(self, manifest: Manifest) -> bool:
        """Whether an object of another scenario is rendered by default values too: what is the chart's doing shows
        there, what differs here is the scenario's."""
        if self.defaults is None or self.defaults.rendering is None or manifest.scenario == self.defaults.scenario.name:
            return False
        found = self.defaults.rendering.find(manifest.kind, manifest.name, manifest.effective_namespace)
        return found is not None

    @property
    def rendered(self) -> bool:
        """Whether any scenario rendered."""
        return any(result.rendering is not None for result in self.results)

    @property
    def lint(self) -> tuple[HelmMessage, ...]:
        """``helm lint``'s own messages, placed."""
        self.facts.require_lint()
        return self.facts.lint

    def value(self, path: Sequence[str | int], scenario: str) -> View | None:
        """A value where the files of a scenario set it, or where its nearest parent stands; None without any file."""
        layers = self.facts.values_of(scenario)
        for length in range(len(path), 0, -1):
            for document in layers:
                if document.view.get(*path[:length]).exists:
                    return document.view.get(*path)
        return layers[-1].view.get(*path) if layers else None

    def rendered_line(self, error: HelmMessage) -> RenderedLine | None:
        """The line of the rendered text that an error of a rendering names; None where it names none."""
        if error.rendered_line is not None:
            from helm_constitution.text.yaml_document import RenderedLine

            for result in self.results:
                if error in result.broken:
                    document = result.broken[error]
                    # What has no end is missed only at the end of the text.
                    return RenderedLine(document, min(error.rendered_line, document.text.count("\n")))
        return None

    def number(self, name: str) -> int:
        """A parameter of the rule that is a number."""
        return int(self.parameters[name])

    def text(self, name: str) -> str:
        """A parameter of the rule that is text."""
        return str(self.parameters[name])
