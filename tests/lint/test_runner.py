"""Rules are run once, in time, and kept apart where they crash; what they say of all scenarios becomes findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helm_constitution.api import Container, Manifest, Subject
from helm_constitution.chart.loader import load_chart
from helm_constitution.chart.model import Chart
from helm_constitution.check import pipeline
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.core.model import Finding, Precision, RuleSetting, Severity
from helm_constitution.helm.protocol import (
    HelmEngine,
    HelmMessage,
    LintOutput,
    MessageLevel,
    RenderedText,
    RenderOutput,
    RenderRequest,
)
from helm_constitution.lint.needs import (
    BASELINE,
    COVERAGE,
    LINT,
    RENDERINGS,
    RESULTS,
    TEMPLATES,
    TOGGLES,
    CheckedChart,
    Need,
)
from helm_constitution.lint.placing import documents_to_locate
from helm_constitution.lint.rule import MUST, Rule, Tally, Unchecked, Violation, rule
from helm_constitution.lint.run import RuleRun
from helm_constitution.lint.runner import Runner, run_rule
from helm_constitution.render.conclude import conclude
from helm_constitution.render.results import RenderedChart, ScenarioResult
from helm_constitution.render.scenarios import Scenario
from helm_constitution.templates.analysis import AnalysedChart
from tests.helm.support import write_chart
from tests.support import findings_of

POD = """
apiVersion: v1
kind: Pod
metadata:
  name: {name}
spec:
  containers:
    - name: app
      image: app:{tag}
"""


@pytest.fixture
def chart(tmp_path: Path) -> Chart:
    (tmp_path / "Chart.yaml").write_text(
        "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n  - name: db\n    version: 1.0.0\n"
    )
    (tmp_path / "values.yaml").write_text("image:\n  tag: latest\n")
    return load_chart(tmp_path)


def result(scenario: str, *texts: tuple[str, str], tests_count: bool = False) -> ScenarioResult:
    documents = tuple(RenderedText(source, text) for source, text in texts)
    return conclude(Scenario(scenario, RenderRequest()), RenderOutput(documents), "web", tests_count=tests_count)


def known(chart: Chart, *results: ScenarioResult) -> CheckedChart:
    analysed = AnalysedChart(chart)
    return CheckedChart(analysed, RenderedChart(analysed, results))


SETTING = RuleSetting(Severity.ERROR, (("security", 7),), {})


def run(check: Rule, chart: Chart, *results: ScenarioResult) -> RuleRun:
    return run_rule(check, SETTING, known(chart, *results), debug=True)


def found(check: Rule, chart: Chart, *results: ScenarioResult, subcharts: bool = False) -> tuple[Finding, ...]:
    checked = known(chart, *results)
    return findings_of(checked, [run_rule(check, SETTING, checked, debug=True)], subcharts=subcharts)


@rule("security/latest", scope=Container, default=MUST, evidence="containers with a tag")
def latest(container: Container, subject: Subject) -> Iterator[Violation]:
    if container.image.endswith(":latest"):
        yield Violation("runs whatever is newest", at=container.field("image"))


def test_a_problem_is_stamped_with_rule_severity_statements_and_object(chart: Chart) -> None:
    rendered = result("defaults", ("web/templates/pod.yaml", POD.format(name="a", tag="latest")))
    (finding,) = found(latest, chart, rendered)
    assert (finding.rule, finding.principle, finding.severity) == ("security/latest", "security", Severity.ERROR)
    assert finding.statements == (("security", 7),)
    assert finding.location.file == "templates/pod.yaml"
    assert finding.location.precision is Precision.FILE
    assert finding.object is not None
    assert (finding.object.kind, finding.object.name, finding.object.container) == ("Pod", "a", "app")
    assert finding.object.field == "spec.containers[0].image"
    assert run(latest, chart, rendered).tallies == (Tally(0, 1, "containers with a tag"),)


def test_one_problem_in_two_scenarios_is_one_finding_that_names_both(chart: Chart) -> None:
    text = ("web/templates/pod.yaml", POD.format(name="a", tag="latest"))
    findings = found(latest, chart, result("defaults", text), result("ci/b-values.yaml", text))
    assert [finding.scenarios for finding in findings] == [("defaults", "ci/b-values.yaml")]


def test_an_object_that_a_scenario_renames_is_one_finding(chart: Chart) -> None:
    plain = ("web/templates/pod.yaml", POD.format(name="release-name-web", tag="latest"))
    renamed = ("web/templates/pod.yaml", POD.format(name="web", tag="latest"))
    (finding,) = found(latest, chart, result("defaults", plain), result("ci/b-values.yaml", renamed))
    assert finding.scenarios == ("defaults", "ci/b-values.yaml")
    assert finding.object is not None
    assert finding.object.name == "release-name-web"


def test_a_container_that_a_scenario_moves_is_one_finding(chart: Chart) -> None:
    plain = POD.format(name="a", tag="latest")
    sidecar = plain.replace("    - name: app", "    - name: reload\n      image: reload:1\n    - name: app")
    (finding,) = found(
        latest,
        chart,
        result("defaults", ("web/templates/pod.yaml", plain)),
        result("ci/b-values.yaml", ("web/templates/pod.yaml", sidecar)),
    )
    assert finding.scenarios == ("defaults", "ci/b-values.yaml")
    assert finding.object is not None
    assert finding.object.field == "spec.containers[0].image"


def test_two_objects_of_one_scenario_stay_two_findings(chart: Chart) -> None:
    both = [("web/templates/pod.yaml", POD.format(name=name, tag="latest")) for name in ("a", "b")]
    one = ("web/templates/pod.yaml", POD.format(name="c", tag="latest"))
    findings = found(latest, chart, result("defaults", *both), result("ci/b-values.yaml", one))
    assert [finding.scenarios for finding in findings] == [("defaults", "ci/b-values.yaml"), ("defaults",)]


def test_the_elements_of_a_list_are_objects_of_their_own(chart: Chart) -> None:
    items = "".join(
        "  - " + POD.format(name=name, tag="latest").strip().replace("\n", "\n    ") + "\n" for name in ("a", "b")
    )
    findings = found(
        latest, chart, result("defaults", ("web/templates/l.yaml", f"apiVersion: v1\nkind: List\nitems:\n{items}"))
    )
    assert [finding.object.name for finding in findings if finding.object] == ["a", "b"]
    assert {finding.object.field for finding in findings if finding.object} == {"spec.containers[0].image"}


def test_a_dependencys_objects_give_one_note_at_its_entry_in_chart_yaml(chart: Chart) -> None:
    texts = [("web/charts/db/templates/p.yaml", POD.format(name=name, tag="latest")) for name in ("a", "b", "c")]
    (finding,) = found(latest, chart, result("defaults", *texts))
    assert finding.severity is Severity.NOTE
    assert (finding.location.file, finding.location.line) == ("Chart.yaml", 5)
    assert "and 2 more" in finding.message
    assert [related.location.file for related in finding.related] == ["charts/db/templates/p.yaml"]


def test_subcharts_asks_for_the_dependencys_findings_one_by_one(chart: Chart) -> None:
    texts = [("web/charts/db/templates/p.yaml", POD.format(name=name, tag="latest")) for name in ("a", "b")]
    findings = found(latest, chart, result("defaults", *texts), subcharts=True)
    assert [finding.severity for finding in findings] == [Severity.ERROR, Severity.ERROR]


def test_test_hooks_are_left_to_the_rules_that_ask_for_them(chart: Chart) -> None:
    hook = POD.format(name="a", tag="latest").replace("  name: a", "  name: a\n  annotations: {helm.sh/hook: test}")
    seen: list[str] = []

    @rule("testing/sees-hooks", scope=Manifest, default=MUST, tests=True)
    def sees(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
        seen.append(manifest.name)
        yield from ()

    rendered = result("defaults", ("web/templates/t.yaml", hook))
    assert found(latest, chart, rendered) == ()
    run(sees, chart, rendered)
    assert seen == ["a"]
    (finding,) = found(latest, chart, result("defaults", ("web/templates/t.yaml", hook), tests_count=True))
    assert finding.message == "runs whatever is newest"


def test_a_crashing_rule_is_a_trouble_and_the_others_go_on(chart: Chart) -> None:
    @rule("values/crash", default=MUST)
    def crash(subject: Subject) -> Iterator[Violation]:
        yield Violation("said before the crash", at=None)
        raise KeyError("x")

    text = ("web/templates/pod.yaml", POD.format(name="a", tag="latest"))
    runner = Runner({crash: SETTING, latest: SETTING}, debug=True)
    first, second = runner.run(known(chart, result("defaults", text)))
    assert first.crash is not None
    assert first.crash.fatal
    assert "KeyError" in first.crash.message
    assert first.violations == ()
    assert "Traceback" in (first.crash.traceback or "")
    assert len(second.violations) == 1


def test_rules_on_objects_are_unchecked_where_nothing_rendered(chart: Chart) -> None:
    assert run(latest, chart).unchecked == "no scenario rendered"


def test_a_rule_says_itself_that_it_has_nothing_to_judge(chart: Chart) -> None:
    @rule("values/nothing", default=MUST, needs={RESULTS})
    def nothing(subject: Subject) -> Iterator[Violation]:
        if not subject.results:
            raise Unchecked("no baseline")
        yield Violation("compared", at=None)

    outcome = run(nothing, chart)
    assert (outcome.unchecked, outcome.violations) == ("no baseline", ())


def test_a_rule_that_needs_renderings_waits_for_helm_and_runs_once(chart: Chart) -> None:
    calls: list[str] = []

    @rule("values/both", default=MUST, needs={RENDERINGS})
    def both(subject: Subject) -> Iterator[Violation]:
        calls.append("called")
        yield Violation("static", at=subject.chart.metadata.view.get("kubeVersion"))
        for rendering in subject.renderings:
            yield Violation(f"rendered {rendering.scenario}", at=None)

    runner = Runner({both: SETTING}, debug=True)
    before = CheckedChart(AnalysedChart(chart))
    assert (runner.run(before), calls) == ((), [])
    rendered = RenderedChart(before.analysed, (result("defaults"),))
    checked = before.with_rendered(rendered, None, None)
    runs = runner.run(checked)
    assert (runner.run(checked), calls) == (runs, ["called"])
    findings = findings_of(checked, runs)
    assert [finding.message for finding in findings] == ["static", "rendered defaults"]
    assert findings[0].location.precision is Precision.PARENT


READS: dict[Need, Callable[[Subject], object]] = {
    TEMPLATES: lambda subject: subject.uses,
    RESULTS: lambda subject: subject.results,
    LINT: lambda subject: subject.lint,
    TOGGLES: lambda subject: subject.toggles,
    COVERAGE: lambda subject: subject.coverage,
    BASELINE: lambda subject: subject.comparison,
}


@pytest.mark.parametrize("need", READS, ids=lambda need: need.name)
def test_a_rule_that_reads_what_it_does_not_declare_crashes(chart: Chart, need: Need) -> None:
    @rule("values/reads", default=MUST)
    def reads(subject: Subject) -> Iterator[Violation]:
        READS[need](subject)
        yield from ()

    crash = run(reads, chart, result("defaults")).crash
    assert crash is not None
    assert f"add {need.name} to its needs" in crash.message


@pytest.mark.parametrize("is_done", [True, False])
def test_what_was_rendered_is_checked_as_soon_as_helm_has_rendered(chart: Chart, is_done: bool) -> None:
    order: list[str] = []

    @rule("values/static", default=MUST)
    def static(subject: Subject) -> Iterator[Violation]:
        order.append("static")
        yield from ()

    @rule("values/linted", default=MUST, needs={LINT})
    def linted(subject: Subject) -> Iterator[Violation]:
        order.append(f"linted {len(subject.lint)}")
        yield from ()

    @rule("security/container", scope=Container, default=MUST)
    def container(container: Container, subject: Subject) -> Iterator[Violation]:
        order.append("rendered")
        yield Violation("is there", at=container.view)

    runner = Runner(dict.fromkeys((static, linted, container), SETTING), debug=True)
    before = CheckedChart(AnalysedChart(chart))
    runner.run(before, until=lambda: is_done)
    text = POD.format(name="a", tag="1")
    rendered = RenderedChart(before.analysed, (result("defaults", ("web/templates/a.yaml", text)),))
    checked = before.with_rendered(rendered, None, None)
    begun = documents_to_locate(runner.run(checked, on_helm=True))
    assert [document.file for document in begun] == ["templates/a.yaml"]
    runner.run(checked)
    runs = runner.run(checked.with_lint(LintOutput((HelmMessage(MessageLevel.WARNING, "hm"),))))
    assert order == (["rendered", "static", "linted 1"] if is_done else ["static", "rendered", "linted 1"])
    assert [run.rule.id for run in runs] == ["values/static", "values/linted", "security/container"]


def test_fingerprints_survive_moved_lines_and_tell_equal_findings_apart(chart: Chart, tmp_path: Path) -> None:
    @rule("values/tag", default=MUST)
    def tag(subject: Subject) -> Iterator[Violation]:
        assert subject.chart.values is not None
        yield Violation("bad tag", at=subject.chart.values.document.view.get("image", "tag"))
        yield Violation("bad tag", at=None)

    before = found(tag, chart)
    (tmp_path / "values.yaml").write_text("# one more line\nimage:\n  tag: latest\n")
    after = found(tag, load_chart(tmp_path))
    assert [finding.location.line for finding in before] == [2, None]
    assert [finding.location.line for finding in after] == [3, None]
    assert [finding.fingerprint for finding in before] == [finding.fingerprint for finding in after]
    assert before[0].fingerprint != before[1].fingerprint


@rule("security/named", scope=Container, default=MUST)
def named(container: Container, subject: Subject) -> Iterator[Violation | Tally]:
    if container.name != "ignored":
        yield Tally(int(container.image != "app:latest"), 1, "containers with a tag")


def test_a_rule_that_judges_some_of_its_things_counts_each_once_by_its_worst_scenario(chart: Chart) -> None:
    ignored = POD.format(name="c", tag="latest").replace("name: app", "name: ignored")
    bad, good = POD.format(name="a", tag="latest"), POD.format(name="a", tag="1")
    other = POD.format(name="b", tag="1")
    first = result("defaults", ("web/templates/a.yaml", good), ("web/templates/b.yaml", other))
    second = result("ci/b-values.yaml", ("web/templates/a.yaml", bad), ("web/templates/c.yaml", ignored))
    assert run(named, chart, first, second).tallies == (Tally(1, 2, "containers with a tag"),)


def test_equal_objects_of_several_scenarios_are_judged_once_and_count_for_all(chart: Chart) -> None:
    judged_names: list[str] = []

    @rule("values/counts", scope=Manifest, default=MUST)
    def counts(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
        judged_names.append(f"{manifest.scenario} {manifest.name}")
        yield Violation("seen", at=manifest.get("metadata"))

    same = ("web/templates/a.yaml", POD.format(name="a", tag="1"))
    other = ("web/templates/b.yaml", POD.format(name="b", tag="1"))
    results = (result("defaults", same), result("ci/x-values.yaml", same, other))
    findings = found(counts, chart, *results)
    assert judged_names == ["defaults a", "ci/x-values.yaml b"]
    assert [finding.scenarios for finding in findings] == [("defaults", "ci/x-values.yaml"), ("ci/x-values.yaml",)]


def test_a_team_may_have_test_hooks_judged_by_all_rules(tmp_path: Path, embedded: HelmEngine) -> None:
    chart = write_chart(tmp_path / "web", {"templates/tests/connection.yaml": HOOK})
    constitution = tmp_path / "constitution.md"
    constitution.write_text("# Rules\n\n**MUST**: Have probes.\n<!-- rules: observability/no-readiness-probe -->\n")
    options = CheckOptions(constitution=constitution, lines=False)
    assert pipeline.run(CheckRequest(chart, embedded, options)).findings == ()
    (tmp_path / ".helm-constitution.yaml").write_text(
        "judge_tests: true\nparameters:\n  observability/no-readiness-probe: {strict: 1}\n"
    )
    options = options._replace(configuration=tmp_path / ".helm-constitution.yaml")
    (finding,) = pipeline.run(CheckRequest(chart, embedded, options)).findings
    assert (finding.rule, finding.object and finding.object.name) == ("observability/no-readiness-probe", "connection")


HOOK = """
apiVersion: v1
kind: Pod
metadata: {name: connection, annotations: {helm.sh/hook: test}}
spec:
  restartPolicy: Never
  containers: [{name: wget, image: acme/wget:1.0.0}]
"""
