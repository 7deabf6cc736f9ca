"""Where fields of rendered objects are placed: a small chart, a rule that names the field, and what the engine says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from textwrap import dedent

from helm_constitution.api import Manifest, Subject
from helm_constitution.chart.loader import load_chart
from helm_constitution.core.model import Location, Obligation, RuleSetting, Severity
from helm_constitution.helm.protocol import HelmEngine, RenderRequest
from helm_constitution.lint.findings import FindingMaker
from helm_constitution.lint.needs import CheckedChart
from helm_constitution.lint.placing import Placing
from helm_constitution.lint.rule import Rule, Violation, rule
from helm_constitution.lint.runner import run_rule
from helm_constitution.render.conclude import conclude
from helm_constitution.render.results import RenderedChart
from helm_constitution.render.scenarios import plan
from helm_constitution.templates.analysis import AnalysedChart
from tests.helm.support import write_chart

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
"""Lines 1 to 4 of most templates here."""


def naming(*path: str | int, part: str | None = None) -> Rule:
    """A rule that finds fault with a field of every object, there or missing."""

    @rule("security/field", default=Obligation.MUST, scope=Manifest)
    def check(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
        yield Violation("is wrong", manifest.get(*path), part=part)

    return check


def places(
    engine: HelmEngine,
    folder: Path,
    files: Mapping[str, str],
    *path: str | int,
    part: str | None = None,
    request: RenderRequest | None = None,
    scenarios: str = "defaults",
) -> list[str]:
    """Where a field of each object of a chart is to be fixed: ``file:line``, then the related places.

    The place of a missing field's parent ends with ``(parent)``, one that has no line is the file alone.
    """
    chart = write_chart(folder / "web", {name: dedent(text) for name, text in files.items()})
    loaded = load_chart(chart)
    planned = plan(chart, request or RenderRequest(), scenarios)
    results = tuple(conclude(scenario, engine.render(chart, scenario.request).result(), "web") for scenario in planned)
    analysed = AnalysedChart(loaded)
    checked = CheckedChart(analysed, RenderedChart(analysed, results))
    runs = [run_rule(naming(*path, part=part), RuleSetting(Severity.ERROR, (), {}), checked, debug=True)]
    assert [run.crash for run in runs if run.crash] == []
    with ExitStack() as stack:
        placing = Placing(checked, engine, stack)
        placing.begin(runs)
        sources = placing.source_maps()
    return [
        " < ".join(
            [shown(finding.location), *(f"{shown(one.location)} {one.message}" for one in finding.related)],
        )
        for finding in FindingMaker(checked, placing.objects, sources).findings(runs)
    ]


def shown(location: Location) -> str:
    """A place in short."""
    line = "" if location.line is None else f":{location.line}"
    return f"{location.file}{line}{' (parent)' if location.precision == 'parent' else ''}"
