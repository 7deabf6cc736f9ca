"""Compares by rendering what values/hardcoded says with which fields no value changes.

``python -m bench.hardcoded [CHART…]`` (by default the charts of ``testdata/charts/styles``) renders each chart with its
default values, then once for each value, set to another one of the same type, and looks at the fields that users
customise (the rule's own list). A field that no value changed and that the rule doesn't tell is *fixed, not told*: a
miss, or something that a comment, an `else` or a named template of a dependency settles. One that the rule tells though
a value changes it is *told, but changed by* that value: a false finding.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from bench.unused import STYLES, Perturbation, leaves
from helm_constitution.chart.loader import load_chart
from helm_constitution.chart.model import Chart
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import HelmEngine, Limits, RenderOutput
from helm_constitution.kubernetes.manifests import Manifest
from helm_constitution.lint.needs import CheckedChart
from helm_constitution.lint.registry import rules
from helm_constitution.lint.rule import Violation
from helm_constitution.lint.subject import Subject
from helm_constitution.render.conclude import conclude
from helm_constitution.render.results import RenderedChart, ScenarioResult
from helm_constitution.render.scenarios import Scenario
from helm_constitution.rules.values_first.hardcoded import customised
from helm_constitution.templates.analysis import AnalysedChart
from helm_constitution.text.yaml_document import View, dotted

Place: TypeAlias = str
"""A field: template, object and path, as in ``templates/a.yaml Deployment web spec.replicas``."""
RULE = next(rule for rule in rules() if rule.id == "values/hardcoded")


@dataclass
class Fields:
    """The fields of one chart that users customise: what changes each, which nothing changes, which the rule tells."""

    changed: dict[Place, str] = field(default_factory=dict)
    fixed: list[Place] = field(default_factory=list)
    told: list[Place] = field(default_factory=list)
    failed: int = 0
    """Values with which the chart doesn't render: they may change anything."""

    @property
    def false(self) -> dict[Place, str]:
        """What the rule tells though a value changes it, with that value."""
        return {place: value for place, value in self.changed.items() if place in self.told}

    @property
    def missed(self) -> list[Place]:
        """What no value changes, and the rule doesn't tell."""
        return [place for place in self.fixed if place not in self.told]


def fields_of(chart: Path, engine: HelmEngine, folder: Path, given: tuple[Path, ...] = ()) -> Fields:
    """Renders a chart with each of its values changed, one after the other."""
    perturbation = Perturbation(chart, engine, folder, given)
    loaded = load_chart(chart, shown=chart.name)
    plain = _concluded(perturbation.rendered(perturbation.request, {}), loaded, perturbation)
    before = _fields(plain)
    found = Fields(told=_told(loaded, plain))
    for path, value in leaves(perturbation.values):
        result = _concluded(perturbation.changed(perturbation.request, {path: value}), loaded, perturbation)
        if result.rendering is None:
            found.failed += 1
            continue
        after, objects = _fields(result), {_object(manifest) for manifest in _manifests(result)}
        for place, data in before.items():
            # An object that is gone was switched off or renamed, which changes none of its fields.
            is_there = place in after or place.rpartition(" ")[0] in objects
            if place not in found.changed and is_there and after.get(place) != data:
                found.changed[place] = dotted(path)
    found.fixed = [place for place in before if place not in found.changed]
    return found


def _concluded(output: RenderOutput, chart: Chart, perturbation: Perturbation) -> ScenarioResult:
    return conclude(Scenario("defaults", perturbation.request), output, chart.name)


def _manifests(result: ScenarioResult) -> list[Manifest]:
    manifests = result.rendering.manifests if result.rendering is not None else ()
    return [manifest for manifest in manifests if manifest.dependency is None and not manifest.is_test]


def _place(manifest: Manifest, view: View) -> Place:
    path = dotted(view.path[len(manifest.view.path) :])
    return f"{_object(manifest)} {path}"


def _object(manifest: Manifest) -> str:
    return f"{manifest.template} {manifest.kind} {manifest.name}"


def _fields(result: ScenarioResult) -> dict[Place, object]:
    return {_place(each, view): view.data for each in _manifests(result) for view, _ in customised(each)}


def _told(chart: Chart, result: ScenarioResult) -> list[Place]:
    analysed = AnalysedChart(chart)
    subject = Subject(CheckedChart(analysed, RenderedChart(analysed, (result,))), RULE.needs)
    return [
        _place(manifest, outcome.at)
        for manifest in _manifests(result)
        for outcome in RULE.check(manifest, subject)
        if isinstance(outcome, Violation) and isinstance(outcome.at, View)
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what differs, chart by chart. Exit status 1 where the rule tells what a value changes."""
    parser = argparse.ArgumentParser(prog="bench.hardcoded", description="Checks values/hardcoded by rendering.")
    parser.add_argument("charts", nargs="*", type=Path)
    parser.add_argument("-f", "--values", action="append", type=Path, default=[], help="values that the charts need")
    options = parser.parse_args(arguments)
    engine = choose_engine("embedded", Limits())
    false = 0
    for chart in options.charts or sorted(STYLES.iterdir()):
        with tempfile.TemporaryDirectory() as folder:
            found = fields_of(chart, engine, Path(folder), tuple(options.values))
        false += len(found.false)
        print(
            f"{chart.name}: {len(found.changed)} fields changed by a value, {len(found.fixed)} by none, "
            f"{len(found.told)} told, {found.failed} values make it fail",
            flush=True,
        )
        for place in found.missed:
            print(f"  fixed, not told: {place}")
        for place, value in found.false.items():
            print(f"  told, but changed by {value}: {place}")
    engine.close()
    return 1 if false else 0


if __name__ == "__main__":
    sys.exit(main())
