"""The results of rendering a chart."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.model import Base, Status
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.records import record
from helm_constitution.helm.protocol import HelmMessage, RenderedText
from helm_constitution.render.scenarios import QUICK, Input, Scenario, SetValue

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.kubernetes.manifests import Identity, Manifest, Rendering
    from helm_constitution.render.regions import Coverage
    from helm_constitution.render.toggles import Head, Toggle
    from helm_constitution.templates.analysis import AnalysedChart
    from helm_constitution.text.yaml_document import View, YamlDocument


@record
class ScenarioResult:
    """The result of a scenario. ``rendering`` is set if objects can be checked; ``errors`` are helm's messages.

    If single documents are not YAML there are both: a rendering of the other documents, and an error for each bad
    one; ``broken`` maps the error to that document's text. ``documents`` are helm's, as text. A scenario that renders
    the same documents as an earlier one may have no rendering of its own: its objects are checked there.
    """

    scenario: Scenario
    """The scenario: its name and how it was rendered."""
    status: Status
    """How it went."""
    message: str | None
    """Why it did not render, in one line; None where it did."""
    rendering: Rendering | None
    errors: tuple[HelmMessage, ...] = ()
    broken: Mapping[HelmMessage, YamlDocument] = field(default_factory=dict)
    documents: tuple[RenderedText, ...] = ()


@record
class RenderedChart:
    """The results of a chart's scenarios, and what rendering them showed.

    ``results`` are in the order of the scenarios, ``defaults`` first; a library chart has none.
    ``choice`` says which scenarios were rendered: ``defaults``, ``quick`` or ``full``. ``inputs`` are the values that a
    user must set, as far as they were found. ``toggles`` are the results of the toggled flags and enums,
    ``not_toggled`` is the reason why none was toggled. ``coverage`` is what all scenarios entered, None if it was not
    measured. ``cut`` says that not all scenarios of a full check were rendered, or that there was no
    time for the coverage.
    """

    analysed: AnalysedChart
    """The chart as loaded, with its templates."""
    results: tuple[ScenarioResult, ...] = ()
    choice: str = QUICK
    inputs: tuple[Input, ...] = ()
    toggles: tuple[ToggleResult, ...] = ()
    not_toggled: str = "needs --scenarios full, which toggles every flag"
    coverage: Coverage | None = None
    cut: str | None = None

    @property
    def chart(self) -> Chart:
        """The chart as loaded."""
        return self.analysed.chart

    def with_coverage(self, coverage: Coverage) -> RenderedChart:
        """The same, with the coverage of the scenarios."""
        return replace(self, coverage=coverage)

    @property
    def any_rendered(self) -> bool:
        """Whether any scenario rendered."""
        return any(result.rendering is not None for result in self.results)

    @cached_property
    def unseen(self) -> tuple[str, ...]:
        """Failed renderings: documents that are not valid YAML, scenarios that fail."""
        found: dict[str, None] = {}
        for result in self.results:
            if result.status is not Status.FAILED or not result.scenario.kind.failure_is_error:
                continue
            for document in result.broken.values():
                found[f"{document.file} does not render to valid YAML"] = None
            if not result.broken:
                found[f"scenario {result.scenario.name} does not render"] = None
        return tuple(found)

    def result_of(self, scenario: str) -> ScenarioResult | None:
        """The result of the scenario of this name; None if there is none."""
        return self._by_name.get(scenario)

    @cached_property
    def _by_name(self) -> Mapping[str, ScenarioResult]:
        return {result.scenario.name: result for result in self.results}

    def values_of(self, scenario: str) -> tuple[YamlDocument, ...]:
        """The values files of a scenario, the one that wins first; files that can't be parsed are left out."""
        layers = self._layers.get(scenario)
        if layers is None:
            layers = self._layers[scenario] = tuple(self._values_of(scenario))
        return layers

    def _values_of(self, scenario: str) -> Iterator[YamlDocument]:
        from helm_constitution.text.yaml import load_document

        result = self.result_of(scenario)
        for file in reversed(result.scenario.request.values_files if result is not None else ()):
            inside = os.path.relpath(file, self.chart.path).replace(os.sep, "/")
            is_outside = inside.startswith("..")
            base, shown = (Base.ABSOLUTE, str(file)) if is_outside else (self.analysed.base, inside)
            try:
                text = self.chart.files.get(inside)  # .helmignore may leave ci/ out
                yield load_document(file.read_text("utf-8") if text is None else text, shown, base=base)
            except (OSError, UnicodeDecodeError, YamlSyntaxError):
                continue  # helm has read it, with its own parser; no place in it is certain
        if self.chart.values is not None:
            yield self.chart.values.document

    @cached_property
    def _layers(self) -> dict[str, tuple[YamlDocument, ...]]:
        return {}

    # --- what scenarios set ---

    def worth_naming(self, scenarios: Iterable[str]) -> tuple[str, ...]:
        """The scenarios to name for a finding: toggled flags only if no other scenario shows it, filled values only if
        nothing else does."""
        names = tuple(scenarios)
        toggled = tuple(name for name in names if name not in self._filled)
        plain = tuple(name for name in toggled if name not in self._toggled)
        return plain or toggled or names

    def set_value(self, scenario: str) -> SetValue | None:
        """The value that a scenario toggles; None for scenarios that users name."""
        return self._toggled.get(scenario)

    def filled_values(self, scenario: str) -> tuple[SetValue, ...]:
        """The values that a scenario fills with placeholders."""
        result = self._filled.get(scenario)
        return result.scenario.filled if result is not None else ()

    @cached_property
    def _toggled(self) -> Mapping[str, SetValue]:
        toggled = ((result.scenario.name, result.scenario.toggled) for result in self.results)
        return {name: one for name, one in toggled if one is not None}

    @cached_property
    def _filled(self) -> Mapping[str, ScenarioResult]:
        return {result.scenario.name: result for result in self.results if result.scenario.filled}

    # --- objects that several scenarios render ---

    def is_repeated(self, manifest: Manifest) -> bool:
        """Whether an earlier document renders exactly the same object."""
        return manifest in self._repeats[0]

    def also_in(self, manifest: Manifest) -> Sequence[str]:
        """The later scenarios that render exactly the same object."""
        return self._repeats[1].get(manifest, ())

    @cached_property
    def _repeats(self) -> tuple[frozenset[Manifest], Mapping[Manifest, Sequence[str]]]:
        first: dict[tuple[object, ...], Manifest] = {}
        repeated: list[Manifest] = []
        later: dict[Manifest, list[str]] = {}
        for result in self.results:
            for manifest in result.rendering.manifests if result.rendering is not None else ():
                view = manifest.view
                key = (manifest.template, view.document.text, view.path, manifest.release_namespace)
                earlier = first.setdefault(key, manifest)
                if earlier is not manifest:
                    repeated.append(manifest)
                    later.setdefault(earlier, []).append(manifest.scenario)
        return frozenset(repeated), later

    def is_in_users_scenario(self, manifest: Manifest) -> bool:
        """Whether a scenario that users name renders an object of this kind and name."""
        return manifest.identity in self._users_objects

    @cached_property
    def _users_objects(self) -> frozenset[Identity]:
        return frozenset(
            manifest.identity
            for result in self.results
            if result.rendering is not None and result.scenario.is_users
            for manifest in result.rendering.manifests
        )

    def without_placeholders(self, manifest: Manifest) -> Sequence[Manifest]:
        """The texts of an object in scenarios without placeholders, each once."""
        return self._plain_objects.get(self._lasting(manifest), ())

    @cached_property
    def _plain_objects(self) -> Mapping[Identity, Sequence[Manifest]]:
        found: dict[Identity, list[Manifest]] = {}
        for result in self.results:
            if result.rendering is not None and not result.scenario.filled:
                for manifest in result.rendering.manifests:
                    if not self.is_repeated(manifest):
                        found.setdefault(self._lasting(manifest), []).append(manifest)
        return found

    def _lasting(self, manifest: Manifest) -> Identity:
        """The identity of an object in all scenarios: a random name is replaced by its template."""
        kind, namespace, name = manifest.identity
        return kind, namespace, manifest.template if self.analysed.is_random(manifest) else name


class RenderedObjects:
    """The object that a part of a rendered document belongs to, and the scenario that rendered that document."""

    def __init__(self, results: Iterable[ScenarioResult]) -> None:
        self._manifests: dict[YamlDocument, list[Manifest]] = {}
        self._broken: dict[YamlDocument, str] = {}
        for result in results:
            for manifest in result.rendering.manifests if result.rendering is not None else ():
                self._manifests.setdefault(manifest.view.document, []).append(manifest)
            self._broken.update(dict.fromkeys(result.broken.values(), result.scenario.name))

    def in_document(self, document: YamlDocument) -> Sequence[Manifest]:
        """The objects of a rendered document."""
        return self._manifests.get(document, ())

    def object_of(self, view: View) -> Manifest | None:
        """The object that a view of a rendered document is a part of."""
        for manifest in self.in_document(view.document):
            if view.path[: len(manifest.view.path)] == manifest.view.path:
                return manifest
        return None

    def scenario_of(self, document: YamlDocument) -> str | None:
        """The scenario that rendered a document; None if it contains no object."""
        manifests = self.in_document(document)
        return manifests[0].scenario if manifests else self._broken.get(document)


class ToggleResult(NamedTuple):
    """The result of a toggle.

    ``base`` is the rendering that it is compared with: the defaults, or those with the enclosing flags on. ``changed``
    is None if one of the two didn't render. ``dead`` are the conditions that test a flag and have the same result
    whether it is on or off, or have no effect; None if the flag has an effect, or if that isn't certain.
    """

    toggle: Toggle
    """The value that was toggled."""
    result: ScenarioResult
    """How the chart rendered with it."""
    base: ScenarioResult
    changed: bool | None
    dead: tuple[Head, ...] | None = None
