"""Rules are run, merged over scenarios, stamped, and kept apart where they crash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from helm_constitution.api import Container, Manifest, Subject
from helm_constitution.chart.loader import load_chart
from helm_constitution.chart.model import Chart
from helm_constitution.check.options import CheckOptions
from helm_constitution.check.pipeline import check_chart
from helm_constitution.core.model import Demand, Precision, Severity
from helm_constitution.helm.protocol import (
    HelmEngine,
    HelmMessage,
    LintOutput,
    MessageLevel,
    RenderedText,
    RenderOutput,
    RenderRequest,
)
from helm_constitution.lint.findings import stamp
from helm_constitution.lint.rule import MUST, Problem, Rule, Tally, Unjudged, rule
from helm_constitution.lint.run import RuleRun
from helm_constitution.lint.runner import documents_to_locate, run_rules
from helm_constitution.lint.subject import Facts
from helm_constitution.render.conclude import conclude, mark_repeats
from helm_constitution.render.results import ScenarioResult
from helm_constitution.render.scenarios import Scenario
from tests.helm.support import write_chart
from tests.support import Given

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


def run(
    check: Rule, chart: Chart, *results: ScenarioResult, severity: Severity = Severity.ERROR, subcharts: bool = False
) -> RuleRun:
    demand = Demand(severity, (("security", 7),), {})
    return judged({check: demand}, Facts(chart, results), subcharts=subcharts)[0]


def judged(demands: dict[Rule, Demand], facts: Facts, *, subcharts: bool = False) -> list[RuleRun]:
    runs = run_rules(demands, facts, debug=True)
    stamp(runs, facts, subcharts=subcharts)
    return runs


@rule("security/latest", scope=Container, default=MUST, evidence="containers with a tag")
def latest(container: Container, subject: Subject) -> Iterator[Problem]:
    if container.image.endswith(":latest"):
        yield Problem("runs whatever is newest", at=container.field("image"))


def test_a_problem_is_stamped_with_rule_severity_statements_and_object(chart: Chart) -> None:
    outcome = run(latest, chart, result("defaults", ("web/templates/pod.yaml", POD.format(name="a", tag="latest"))))
    (finding,) = outcome.findings
    assert (finding.rule, finding.principle, finding.severity) == ("security/latest", "security", Severity.ERROR)
    assert finding.statements == (("security", 7),)
    assert finding.location.file == "templates/pod.yaml"
    assert finding.location.precision is Precision.FILE
    assert finding.object is not None
    assert (finding.object.kind, finding.object.name, finding.object.container) == ("Pod", "a", "app")
    assert finding.object.field == "spec.containers[0].image"
    assert outcome.tallies == [Tally(0, 1, "containers with a tag")]


def test_one_problem_in_two_scenarios_is_one_finding_that_names_both(chart: Chart) -> None:
    text = ("web/templates/pod.yaml", POD.format(name="a", tag="latest"))
    outcome = run(latest, chart, result("defaults", text), result("ci/b-values.yaml", text))
    assert [finding.scenarios for finding in outcome.findings] == [("defaults", "ci/b-values.yaml")]


def test_an_object_that_a_scenario_renames_is_one_finding(chart: Chart) -> None:
    plain = ("web/templates/pod.yaml", POD.format(name="release-name-web", tag="latest"))
    renamed = ("web/templates/pod.yaml", POD.format(name="web", tag="latest"))
    (finding,) = run(latest, chart, result("defaults", plain), result("ci/b-values.yaml", renamed)).findings
    assert finding.scenarios == ("defaults", "ci/b-values.yaml")
    assert finding.object is not None
    assert finding.object.name == "release-name-web"


def test_a_container_that_a_scenario_moves_is_one_finding(chart: Chart) -> None:
    plain = POD.format(name="a", tag="latest")
    sidecar = plain.replace("    - name: app", "    - name: reload\n      image: reload:1\n    - name: app")
    (finding,) = run(
        latest,
        chart,
        result("defaults", ("web/templates/pod.yaml", plain)),
        result("ci/b-values.yaml", ("web/templates/pod.yaml", sidecar)),
    ).findings
    assert finding.scenarios == ("defaults", "ci/b-values.yaml")
    assert finding.object is not None
    assert finding.object.field == "spec.containers[0].image"


def test_two_objects_of_one_scenario_stay_two_findings(chart: Chart) -> None:
    both = [("web/templates/pod.yaml", POD.format(name=name, tag="latest")) for name in ("a", "b")]
    one = ("web/templates/pod.yaml", POD.format(name="c", tag="latest"))
    findings = run(latest, chart, result("defaults", *both), result("ci/b-values.yaml", one)).findings
    assert [finding.scenarios for finding in findings] == [("defaults", "ci/b-values.yaml"), ("defaults",)]


def test_the_elements_of_a_list_are_objects_of_their_own(chart: Chart) -> None:
    items = "".join(
        "  - " + POD.format(name=name, tag="latest").strip().replace("\n", "\n    ") + "\n" for name in ("a", "b")
    )
    outcome = run(
        latest, chart, result("defaults", ("web/templates/l.yaml", f"apiVersion: v1\nkind: List\nitems:\n{items}"))
    )
    assert [finding.object.name for finding in outcome.findings if finding.object] == ["a", "b"]
    assert {finding.object.field for finding in outcome.findings if finding.object} == {"spec.containers[0].image"}


def test_a_dependencys_objects_give_one_note_at_its_entry_in_chart_yaml(chart: Chart) -> None:
    texts = [("web/charts/db/templates/p.yaml", POD.format(name=name, tag="latest")) for name in ("a", "b", "c")]
    (finding,) = run(latest, chart, result("defaults", *texts)).findings
    assert finding.severity is Severity.NOTE
    assert (finding.location.file, finding.location.line) == ("Chart.yaml", 5)
    assert "and 2 more" in finding.message
    assert [related.location.file for related in finding.related] == ["charts/db/templates/p.yaml"]


def test_subcharts_asks_for_the_dependencys_findings_one_by_one(chart: Chart) -> None:
    texts = [("web/charts/db/templates/p.yaml", POD.format(name=name, tag="latest")) for name in ("a", "b")]
    findings = run(latest, chart, result("defaults", *texts), subcharts=True).findings
    assert [finding.severity for finding in findings] == [Severity.ERROR, Severity.ERROR]


def test_test_hooks_are_left_to_the_rules_that_ask_for_them(chart: Chart) -> None:
    hook = POD.format(name="a", tag="latest").replace("  name: a", "  name: a\n  annotations: {helm.sh/hook: test}")
    seen: list[str] = []

    @rule("testing/sees-hooks", scope=Manifest, default=MUST, tests=True)
    def sees(manifest: Manifest, subject: Subject) -> Iterator[Problem]:
        seen.append(manifest.name)
        yield from ()

    rendered = result("defaults", ("web/templates/t.yaml", hook))
    assert run(latest, chart, rendered).findings == []
    run(sees, chart, rendered)
    assert seen == ["a"]
    (finding,) = run(latest, chart, result("defaults", ("web/templates/t.yaml", hook), tests_count=True)).findings
    assert finding.message == "runs whatever is newest"


def test_a_crashing_rule_is_a_trouble_and_the_others_go_on(chart: Chart) -> None:
    @rule("values/crash", default=MUST)
    def crash(subject: Subject) -> Iterator[Problem]:
        yield Problem("said before the crash", at=None)
        raise KeyError("x")

    demand = Demand(Severity.ERROR, (), {})
    text = ("web/templates/pod.yaml", POD.format(name="a", tag="latest"))
    first, second = judged({crash: demand, latest: demand}, Facts(chart, (result("defaults", text),)))
    assert first.crash is not None
    assert first.crash.fatal
    assert "KeyError" in first.crash.message
    assert first.findings == []
    assert "Traceback" in (first.crash.traceback or "")
    assert len(second.findings) == 1


def test_rules_on_objects_are_unjudged_where_nothing_rendered(chart: Chart) -> None:
    assert run(latest, chart).unjudged == "no scenario rendered"


def test_a_rule_says_itself_that_it_has_nothing_to_judge(chart: Chart) -> None:
    @rule("values/nothing", default=MUST)
    def nothing(subject: Subject) -> Iterator[Problem]:
        if not subject.results:
            raise Unjudged("no baseline")
        yield Problem("compared", at=None)

    outcome = run(nothing, chart)
    assert (outcome.unjudged, outcome.findings) == ("no baseline", [])


def test_a_rule_that_looks_at_renderings_waits_for_helm_and_yields_once(chart: Chart) -> None:
    calls: list[str] = []

    @rule("values/both", default=MUST)
    def both(subject: Subject) -> Iterator[Problem]:
        calls.append("static part")
        yield Problem("static", at=subject.chart.metadata.view.get("kubeVersion"))
        for rendering in subject.renderings:
            yield Problem(f"rendered {rendering.scenario}", at=None)

    facts = Facts(chart, rendering=Given((result("defaults"),), is_done=False))
    (outcome,) = judged({both: Demand(Severity.ERROR, (), {})}, facts)
    assert [finding.message for finding in outcome.findings] == ["static", "rendered defaults"]
    assert calls == ["static part", "static part"]
    assert outcome.findings[0].location.precision is Precision.PARENT


@pytest.mark.parametrize("is_done", [True, False])
def test_the_renderings_are_judged_as_soon_as_helm_has_rendered(chart: Chart, is_done: bool) -> None:
    order: list[str] = []

    @rule("values/static", default=MUST)
    def static(subject: Subject) -> Iterator[Problem]:
        order.append("static")
        yield from ()

    @rule("values/linted", default=MUST)
    def linted(subject: Subject) -> Iterator[Problem]:
        order.append(f"linted {len(subject.lint)}")
        yield from ()

    @rule("security/container", scope=Container, default=MUST)
    def container(container: Container, subject: Subject) -> Iterator[Problem]:
        order.append("rendered")
        yield Problem("is there", at=container.view)

    message = HelmMessage(MessageLevel.WARNING, "hm")
    facts = Facts(
        chart,
        rendering=Given(
            (result("defaults", ("web/templates/a.yaml", POD.format(name="a", tag="1"))),), is_done=is_done
        ),
        linting=Given(LintOutput((message,)), is_done=False),
    )
    begun: list[list[str]] = []

    def judged(runs: Sequence[RuleRun]) -> None:
        order.append("judged")
        begun.append([document.file for document in documents_to_locate(runs)])

    demands = {one: Demand(Severity.ERROR, (), {}) for one in (static, linted, container)}
    runs = run_rules(demands, facts, debug=True, judged=judged)
    first, later = ["static"] * (not is_done), ["static"] * is_done
    assert order == [*first, "rendered", "judged", *later, "linted 1"]
    assert begun == [["templates/a.yaml"]]
    assert [run.rule.id for run in runs] == ["values/static", "values/linted", "security/container"]


def test_fingerprints_survive_moved_lines_and_tell_equal_findings_apart(chart: Chart, tmp_path: Path) -> None:
    @rule("values/tag", default=MUST)
    def tag(subject: Subject) -> Iterator[Problem]:
        assert subject.chart.values is not None
        yield Problem("bad tag", at=subject.chart.values.document.view.get("image", "tag"))
        yield Problem("bad tag", at=None)

    before = run(tag, chart).findings
    (tmp_path / "values.yaml").write_text("# one more line\nimage:\n  tag: latest\n")
    after = run(tag, load_chart(tmp_path)).findings
    assert [finding.location.line for finding in before] == [2, None]
    assert [finding.location.line for finding in after] == [3, None]
    assert [finding.fingerprint for finding in before] == [finding.fingerprint for finding in after]
    assert before[0].fingerprint != before[1].fingerprint


@rule("security/named", scope=Container, default=MUST)
def named(container: Container, subject: Subject) -> Iterator[Problem | Tally]:
    if container.name != "ignored":
        yield Tally(int(container.image != "app:latest"), 1, "containers with a tag")


def test_a_rule_that_judges_some_of_its_things_counts_each_once_by_its_worst_scenario(chart: Chart) -> None:
    ignored = POD.format(name="c", tag="latest").replace("name: app", "name: ignored")
    bad, good = POD.format(name="a", tag="latest"), POD.format(name="a", tag="1")
    other = POD.format(name="b", tag="1")
    first = result("defaults", ("web/templates/a.yaml", good), ("web/templates/b.yaml", other))
    second = result("ci/b-values.yaml", ("web/templates/a.yaml", bad), ("web/templates/c.yaml", ignored))
    assert run(named, chart, first, second).tallies == [Tally(1, 2, "containers with a tag")]


def test_equal_objects_of_several_scenarios_are_judged_once_and_count_for_all(chart: Chart) -> None:
    judged_names: list[str] = []

    @rule("values/counts", scope=Manifest, default=MUST)
    def counts(manifest: Manifest, subject: Subject) -> Iterator[Problem]:
        judged_names.append(f"{manifest.scenario} {manifest.name}")
        yield Problem("seen", at=manifest.get("metadata"))

    same = ("web/templates/a.yaml", POD.format(name="a", tag="1"))
    other = ("web/templates/b.yaml", POD.format(name="b", tag="1"))
    results = (result("defaults", same), result("ci/x-values.yaml", same, other))
    mark_repeats(results)
    findings = run(counts, chart, *results).findings
    assert judged_names == ["defaults a", "ci/x-values.yaml b"]
    assert [finding.scenarios for finding in findings] == [("defaults", "ci/x-values.yaml"), ("ci/x-values.yaml",)]


def test_a_team_may_have_test_hooks_judged_by_all_rules(tmp_path: Path, embedded: HelmEngine) -> None:
    chart = write_chart(tmp_path / "web", {"templates/tests/connection.yaml": HOOK})
    constitution = tmp_path / "constitution.md"
    constitution.write_text("# Rules\n\n**MUST**: Have probes.\n<!-- rules: observability/no-readiness-probe -->\n")
    options = CheckOptions(constitution=constitution, lines=False)
    assert check_chart(chart, embedded, options).findings == ()
    (tmp_path / ".helm-constitution.yaml").write_text(
        "judge_tests: true\nparameters:\n  observability/no-readiness-probe: {strict: 1}\n"
    )
    options = options._replace(configuration=tmp_path / ".helm-constitution.yaml")
    (finding,) = check_chart(chart, embedded, options).findings
    assert (finding.rule, finding.object and finding.object.name) == ("observability/no-readiness-probe", "connection")


HOOK = """
apiVersion: v1
kind: Pod
metadata: {name: connection, annotations: {helm.sh/hook: test}}
spec:
  restartPolicy: Never
  containers: [{name: wget, image: acme/wget:1.0.0}]
"""
