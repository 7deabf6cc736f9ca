"""What helm says, placed and said once; test hooks."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.chart.loader import load_chart
from helm_constitution.core.model import Severity, Status
from helm_constitution.helm.protocol import FailureKind, HelmMessage, MessageLevel, RenderRequest
from helm_constitution.lint import registry
from helm_constitution.lint.rule import NotApplicable, Unchecked, Violation
from helm_constitution.locate.resolve import locate
from helm_constitution.render.results import ScenarioResult
from helm_constitution.render.scenarios import Scenario
from tests.rules.support import chart_of, chart_subject, checked, found, rendering, subject_of

RULES = {rule.id: rule for rule in registry.rules()}
TEMPLATE = "a: 1\n  b: {{ .Values.x.y }}\n"


def error(
    text: str,
    kind: FailureKind = FailureKind.TEMPLATE,
    file: str | None = None,
    line: int | None = None,
    column: int | None = None,
    pointer: tuple[str | int, ...] | None = None,
    level: MessageLevel = MessageLevel.ERROR,
) -> HelmMessage:
    return HelmMessage(level, text, kind, file, line, column, None, pointer)


def result(name: str, *errors: HelmMessage, status: Status | None = None) -> ScenarioResult:
    status = status or (Status.FAILED if errors else Status.RENDERED)
    rendered = rendering("kind: A\nmetadata:\n  name: a\n") if status is Status.RENDERED else None
    request = RenderRequest(values_files=() if name == "defaults" else (Path("web", name),))
    return ScenarioResult(Scenario(name, request), status, errors[0].text if errors else None, rendered, tuple(errors))


def judge(rule: str, files: dict[str, str], *results: ScenarioResult, lint: tuple[HelmMessage, ...] = ()) -> list[str]:
    checking = RULES[f"testing/{rule}"]
    known = checked(chart_of(files), results or (result("defaults"),), lint=lint)
    lines = []
    for outcome in checking.check(subject_of(checking, known)):
        assert isinstance(outcome, Violation)
        place = locate(outcome.at)
        lines.append(f"{place.file}:{place.line}:{place.column} {outcome.message}")
    return lines


def test_lint_messages_go_by_their_level() -> None:
    lint = (
        error("bad", file="templates/a.yaml"),
        error("odd", file="Chart.yaml", level=MessageLevel.WARNING),
        error("icon is recommended", file="Chart.yaml", level=MessageLevel.INFO),
    )
    assert judge("lint-error", {}, lint=lint) == ["templates/a.yaml:None:None bad"]
    assert judge("lint-warning", {}, lint=lint) == ["Chart.yaml:None:None odd"]


def test_equal_words_about_several_values_are_several_and_a_missing_key_hides_none() -> None:
    missing = error("missing property 'need'", FailureKind.SCHEMA, file="values.yaml", pointer=())
    words = "got null, want integer"
    lint = (missing, *(error(words, FailureKind.SCHEMA, file="values.yaml", pointer=(key,)) for key in "abc"))
    files = {"values.yaml": "a: null\nb: null\nc: null\n"}
    stopped = result("defaults", missing, status=Status.NEEDS_INPUT)
    assert judge("lint-error", files, stopped, lint=lint) == [
        f"values.yaml:{line}:1 {key}: {words}" for line, key in ((1, "a"), (2, "b"), (3, "c"))
    ]


def test_a_warning_about_a_name_is_an_error() -> None:
    name = 'object name does not conform to Kubernetes naming requirements: "A": metadata.name: Invalid value'
    lint = (error(name, FailureKind.OTHER, "templates/a.yaml", level=MessageLevel.WARNING),)
    stopped = result("defaults", error("boom", file="templates/b.yaml"), status=Status.FAILED)
    assert judge("lint-error", {}, stopped, lint=lint) == [f"templates/a.yaml:None:None {name}"]
    assert judge("lint-warning", {}, stopped, lint=lint) == []


def test_an_unknown_field_is_found_at_its_line() -> None:
    lint = (error('unknown field "engine"', file="Chart.yaml", level=MessageLevel.WARNING),)
    files = {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\nengine: gotpl\n"}
    assert judge("lint-warning", files, lint=lint) == ['Chart.yaml:4:1 unknown field "engine"']


def test_a_message_said_twice_is_found_once() -> None:
    lint = (error("it is  bad.", file="templates/a.yaml"), error("it is bad", file="templates/a.yaml"))
    assert judge("lint-error", {}, lint=lint) == ["templates/a.yaml:None:None it is bad"]


def test_a_line_without_a_column_begins_where_its_text_does() -> None:
    lint = (error("bad", file="templates/a.yaml", line=2),)
    assert judge("lint-error", {"templates/a.yaml": TEMPLATE}, lint=lint) == ["templates/a.yaml:2:3 bad"]


def test_a_line_that_the_file_does_not_have_is_told_as_helm_tells_it() -> None:
    lint = (error("bad", file="charts/dep/templates/a.yaml", line=9, column=4),)
    assert judge("lint-error", {}, lint=lint) == ["charts/dep/templates/a.yaml:9:4 bad"]


def test_kubernetes_explanation_of_names_is_left_out() -> None:
    text = "bad name (e.g. 'example.com', regex used for validation is '[a-z]([-a-z0-9]*)')"
    assert judge("lint-warning", {}, lint=(error(text, level=MessageLevel.WARNING),)) == ["None:None:None bad name"]


@pytest.mark.parametrize(
    ("said", "again"),
    [
        (error("nil pointer", file="templates/a.yaml", line=2), error("other", file="templates/a.yaml", line=2)),
        (error("nil pointer evaluating x"), error("templates/: nil pointer evaluating x", FailureKind.OTHER)),
        (error("a", file="templates/a.yaml", line=2), error("b", file="templates/a.yaml")),
        (
            error("a", FailureKind.SCHEMA, pointer=("a",)),
            error("a", FailureKind.SCHEMA, file="values.yaml", pointer=("a",)),
        ),
        (error("a", FailureKind.DEPENDENCY), error("b", FailureKind.DEPENDENCY)),
        (error("a", FailureKind.DEPENDENCY), error("nil pointer", file="templates/a.yaml", line=2)),
        (
            error('validation: chart.metadata.version "one" is invalid', FailureKind.OTHER),
            error("version 'one' is not a valid SemVer", FailureKind.OTHER, file="Chart.yaml"),
        ),
    ],
)
def test_what_helm_template_says_lint_does_not_repeat(said: HelmMessage, again: HelmMessage) -> None:
    assert judge("lint-error", {}, result("defaults", said), lint=(again,)) == []


def test_another_fault_in_another_place_is_not_a_repetition() -> None:
    said = error("nil pointer", file="templates/a.yaml", line=2)
    again = error("file extension '.json' not valid", FailureKind.OTHER, file="templates/b.json")
    assert len(judge("lint-error", {}, result("defaults", said), lint=(again,))) == 1


def test_a_render_error_stands_at_its_place() -> None:
    fault = error("nil pointer evaluating interface {}.y", file="templates/a.yaml", line=2, column=9)
    assert judge("render-error", {"templates/a.yaml": TEMPLATE}, result("defaults", fault)) == [
        "templates/a.yaml:2:9 chart does not render: nil pointer evaluating interface {}.y"
    ]


def test_a_schema_error_stands_at_the_value() -> None:
    fault = error("got string, want integer", FailureKind.SCHEMA, pointer=("web", "replicas"))
    values = {"values.yaml": "web:\n  replicas: many\n"}
    assert judge("render-error", values, result("defaults", fault)) == [
        "values.yaml:2:3 chart does not render: web.replicas: got string, want integer"
    ]


@pytest.mark.parametrize(
    ("pointer", "request_", "told"),
    [
        (("replicas",), RenderRequest(), True),
        (("db", "replicas"), RenderRequest(), False),  # by the schema of a dependency
        (("replicas",), RenderRequest(values_files=(Path("own.yaml"),)), False),
    ],
)
def test_a_schema_error_is_said_once(
    pointer: tuple[str, ...], request_: RenderRequest, told: bool, tmp_path: Path
) -> None:
    fault = error("got string, want integer", FailureKind.SCHEMA, pointer=pointer)
    files = {
        "Chart.yaml": "name: web\nversion: 1.0.0\ndependencies:\n  - name: db\n    version: 1.0.0\n",
        "values.yaml": "replicas: many\n",
        "values.schema.json": "{}",
    }
    failed = ScenarioResult(Scenario("defaults", request_), Status.FAILED, fault.text, None, (fault,))
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    known = checked(load_chart(tmp_path), (failed,), severities={"values/schema-mismatch": Severity.ERROR})
    rule = RULES["testing/render-error"]
    outcomes = rule.check(subject_of(rule, known))
    if told:
        with pytest.raises(Unchecked, match="see values/schema-mismatch"):
            list(outcomes)
    else:
        assert len(list(outcomes)) == 1


def test_a_fault_of_chart_yaml_stands_at_its_field() -> None:
    fault = error('validation: chart.metadata.version "one" is invalid', FailureKind.OTHER)
    assert judge("render-error", {"Chart.yaml": "name: web\nversion: one\n"}, result("defaults", fault)) == [
        'Chart.yaml:2:1 chart does not render: validation: chart.metadata.version "one" is invalid'
    ]


def test_a_line_of_the_rendered_text_is_named() -> None:
    fault = HelmMessage(MessageLevel.ERROR, "not YAML", FailureKind.YAML, "templates/a.yaml", rendered_line=12)
    assert judge("render-error", {}, result("defaults", fault)) == [
        "templates/a.yaml:None:None chart does not render: not YAML (line 12 of the rendered text)"
    ]


def test_needing_input_is_no_error_but_nothing_to_judge_where_nothing_renders() -> None:
    needs = result("defaults", error("host is required", FailureKind.REQUIRED), status=Status.NEEDS_INPUT)
    with pytest.raises(Unchecked, match="the default values need input: host is required"):
        judge("render-error", {}, needs)
    assert judge("render-error", {}, needs, result("ci/a-values.yaml")) == []


def test_a_library_renders_nothing() -> None:
    for name in ("render-error", "scenario-error", "no-test-hook"):
        rule = RULES[f"testing/{name}"]
        subject = chart_subject(rule, {"Chart.yaml": "name: web\nversion: 1.0.0\ntype: library\n"})
        with pytest.raises(NotApplicable, match="library chart"):
            list(rule.check(subject))


def test_one_cause_in_several_scenarios_is_one_finding() -> None:
    fault = error("nil pointer", file="templates/a.yaml", line=2, column=9)
    files = {"templates/a.yaml": TEMPLATE, "ci/a-values.yaml": "", "ci/b-values.yaml": ""}
    results = (result("defaults"), result("ci/a-values.yaml", fault), result("ci/b-values.yaml", fault))
    assert judge("scenario-error", files, *results) == [
        "templates/a.yaml:2:9 chart does not render with ci/a-values.yaml, ci/b-values.yaml: nil pointer"
    ]


def test_what_fails_by_default_is_not_said_of_scenarios() -> None:
    fault = error("nil pointer", file="templates/a.yaml", line=2)
    files = {"ci/a-values.yaml": ""}
    assert judge("scenario-error", files, result("defaults", fault), result("ci/a-values.yaml", fault)) == []


def test_a_schema_error_of_a_scenario_stands_in_its_values_file() -> None:
    fault = error("got string, want integer", FailureKind.SCHEMA, pointer=("replicas",))
    files = {"values.yaml": "replicas: 1\n", "ci/a-values.yaml": "other: 1\nreplicas: many\n"}
    assert judge("scenario-error", files, result("defaults"), result("ci/a-values.yaml", fault)) == [
        "ci/a-values.yaml:2:1 chart does not render with ci/a-values.yaml: replicas: got string, want integer"
    ]


def test_a_scenario_that_needs_input_is_no_error() -> None:
    needs = result("ci/a-values.yaml", error("x", FailureKind.REQUIRED), status=Status.NEEDS_INPUT)
    assert judge("scenario-error", {"ci/a-values.yaml": ""}, result("defaults"), needs) == []


@pytest.mark.parametrize(
    "line",
    [
        "helm.sh/hook: test",
        '"helm.sh/hook": test-success',
        "'helm.sh/hook': \"test\"",
        "helm.sh/hook: post-install,test",
    ],
)
def test_test_hooks(line: str) -> None:
    assert found(RULES["testing/no-test-hook"], {"templates/a.yaml": f"metadata:\n  annotations:\n    {line}\n"}) == []


@pytest.mark.parametrize(
    "line", ["# helm.sh/hook: test", "helm.sh/hook: post-install", "helm.sh/hook-weight: test", "test: yes"]
)
def test_what_is_no_test_hook(line: str) -> None:
    assert found(RULES["testing/no-test-hook"], {"templates/a.yaml": f"{line}\n"}) == [
        "Chart.yaml:None chart has no test for `helm test`; add a Pod or Job with the annotation helm.sh/hook: test"
    ]


def test_missing_dependencies_may_bring_tests(tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text(
        "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: db, version: 1.0.0, repository: 'oci://a'}]\n"
    )
    rule = RULES["testing/no-test-hook"]
    subject = subject_of(rule, checked(load_chart(tmp_path), (result("defaults", error("x")),)))
    with pytest.raises(Unchecked, match="may contain tests"):
        list(rule.check(subject))


def test_a_chart_that_runs_nothing_needs_no_test() -> None:
    with pytest.raises(NotApplicable, match="runs no workload"):
        judge("no-test-hook", {"templates/a.yaml": "kind: ConfigMap\n"})


BRANCHES = "{{ if .Values.a }}a{{ else }}b{{ end }}\n" * 5


def test_unit_tests_are_wanted_where_there_is_logic() -> None:
    rule = RULES["testing/no-unit-tests"]
    assert found(rule, {"templates/a.yaml": BRANCHES}) == [
        "Chart.yaml:None templates have 10 conditions and loops, but no unit tests; add tests/*_test.yaml"
    ]
    assert found(rule, {"templates/a.yaml": BRANCHES, "tests/a_test.yaml": ""}) == []
    assert found(rule, {"templates/a.yaml": BRANCHES, "unittests/a_test.yaml": ""}) == []
    assert found(rule, {"templates/a.yaml": BRANCHES, "templates/a_test.yaml": ""}) != []
    with pytest.raises(NotApplicable, match="too little logic"):
        found(rule, {"templates/a.yaml": "a: {{ .Values.a }}\n"})
    with pytest.raises(Unchecked, match="helmignore"):
        found(rule, {"templates/a.yaml": BRANCHES, ".helmignore": "*.tmp\ntests/\n"})
    with pytest.raises(Unchecked, match="helmignore"):
        found(rule, {"templates/a.yaml": BRANCHES, ".helmignore": "unittests/\n"})


def test_ci_values_are_wanted_where_values_switch_something() -> None:
    files = {"templates/a.yaml": BRANCHES}
    assert judge("no-ci-values", files) == [
        (
            "Chart.yaml:None:None chart has no ci/*-values.yaml, so only its defaults are tested; "
            "add one for each usual installation"
        )
    ]
    assert judge("no-ci-values", {**files, "ci/a-values.yaml": ""}) == []
    assert judge("no-ci-values", files, result("defaults"), result("ci/a-values.yaml")) == []
    with pytest.raises(Unchecked, match="helmignore"):
        judge("no-ci-values", {**files, ".helmignore": "/ci\n"})
    with pytest.raises(NotApplicable, match="no conditions on values"):
        judge("no-ci-values", {"templates/a.yaml": "a: b\n"})
