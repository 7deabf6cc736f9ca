"""A rule looks at an object again only if more than the object decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from helm_constitution.api import MUST, Container, NotApplicable, Subject, Violation, rule
from helm_constitution.chart.loader import load_chart
from helm_constitution.core.model import RuleSetting, Severity
from helm_constitution.helm.protocol import RenderedText, RenderOutput, RenderRequest
from helm_constitution.lint.needs import CheckedChart
from helm_constitution.lint.outcomes import Outcomes
from helm_constitution.lint.rule import Rule
from helm_constitution.lint.run import RuleRun
from helm_constitution.lint.runner import run_rule
from helm_constitution.render.conclude import KnownObjects, conclude
from helm_constitution.render.results import RenderedChart
from helm_constitution.render.scenarios import Scenario
from helm_constitution.templates.analysis import AnalysedChart
from tests.support import write

POD = "apiVersion: v1\nkind: Pod\nmetadata: {{name: {0}}}\nspec: {{containers: [{{name: app, image: '{1}'}}]}}\n"


def checks(folder: Path, check: Rule, *renderings: str, numbers: tuple[int, ...] = (1, 1, 1)) -> list[RuleRun]:
    """The runs of a rule over one rendering after the other, as an editor's session makes them."""
    write(folder, {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"})
    objects: KnownObjects = {}
    outcomes = Outcomes()
    runs = []
    for text, number in zip(renderings, numbers, strict=False):
        analysed = AnalysedChart(load_chart(folder))
        output = RenderOutput((RenderedText("web/templates/a.yaml", text), RenderedText("web/templates/b.yaml", text)))
        rendered = RenderedChart(
            analysed, (conclude(Scenario("defaults", RenderRequest()), output, "web", objects=objects),)
        )
        outcomes.keep({manifest for some in objects.values() for manifest in some})
        setting = RuleSetting(Severity.ERROR, (("security", 7),), {"number": number})
        runs.append(run_rule(check, setting, CheckedChart(analysed, rendered), outcomes, debug=True))
    return runs


def counting(read: Callable[[Container, Subject], object]) -> tuple[Rule, list[str]]:
    """A rule that reads something, and the images that it looked at."""
    seen: list[str] = []

    @rule("security/latest", scope=Container, default=MUST, evidence="containers with a tag")
    def latest(container: Container, subject: Subject) -> Iterator[Violation]:
        seen.append(container.image)
        if container.image == "none":
            raise NotApplicable("no image")
        if read(container, subject):
            yield Violation("runs whatever is newest", at=container.field("image"))

    return latest, seen


def messages(runs: list[RuleRun]) -> list[int]:
    return [len(one.violations) for one in runs]


def test_an_object_that_renders_as_before_is_not_looked_at_again(tmp_path: Path) -> None:
    check, seen = counting(lambda container, subject: container.image.endswith(":latest"))
    first, second, third = POD.format("a", "app:latest"), POD.format("a", "app:1"), POD.format("a", "app:latest")
    runs = checks(tmp_path, check, first, second, third)
    assert messages(runs) == [2, 0, 2]
    assert seen == ["app:latest"] * 2 + ["app:1"] * 2
    assert runs[0].tallies == runs[2].tallies != runs[1].tallies


def test_a_rule_that_reads_the_chart_looks_at_it_each_time(tmp_path: Path) -> None:
    check, seen = counting(lambda container, subject: subject.chart.name == "web")
    assert messages(checks(tmp_path, check, *[POD.format("a", "app:1")] * 3)) == [2, 2, 2]
    assert seen == ["app:1"] * 6


def test_a_parameter_counts(tmp_path: Path) -> None:
    check, seen = counting(lambda container, subject: subject.number("number") > 1)
    runs = checks(tmp_path, check, *[POD.format("a", "app:1")] * 3, numbers=(1, 2, 1))
    assert messages(runs) == [0, 2, 0]
    assert seen == ["app:1"] * 4


def test_what_a_rule_does_not_apply_to_stays_so(tmp_path: Path) -> None:
    check, _ = counting(lambda container, subject: True)
    runs = checks(tmp_path, check, *[POD.format("a", "none")] * 2)
    assert [run.not_applicable for run in runs] == ["no image", "no image"]
