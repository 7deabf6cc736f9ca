"""Every rule against its cases: the exact findings at the exact places in the bad ones, none in the good ones."""

from __future__ import annotations

import inspect
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from helm_constitution.api import Subject
from helm_constitution.chart.loader import load_chart
from helm_constitution.compare.no_baseline import NoBaseline
from helm_constitution.compare.setup import BaselineRequest, open_comparison
from helm_constitution.core.model import Finding, Obligation, RuleSetting, Severity, Status
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import HelmEngine, Limits, RenderRequest
from helm_constitution.lint import explain, registry
from helm_constitution.lint.needs import BASELINE as BASELINE_NEED
from helm_constitution.lint.needs import CLUSTER, COVERAGE, TOGGLES, CheckedChart
from helm_constitution.lint.rule import Off, Rule
from helm_constitution.lint.run import RuleRun
from helm_constitution.lint.runner import Runner
from helm_constitution.policy.configuration import Configuration, load_configuration
from helm_constitution.policy.find import FILE_NAME
from helm_constitution.render.results import ScenarioResult
from helm_constitution.render.scenarios import FULL, ScenarioKind, plan
from helm_constitution.render.session import RenderSession
from helm_constitution.templates.analysis import AnalysedChart
from helm_constitution.text.rule_page import SECTIONS
from tests.cases import (
    BASE,
    BASELINE,
    CASES,
    EXPECT,
    OLD_VALUES,
    Case,
    differences,
    find_cases,
    lay_out,
    read_expected,
    shown,
)
from tests.support import findings_of

RULES = {rule.id: rule for rule in registry.rules()}
ALL_CASES = list(find_cases(CASES))


@pytest.fixture(scope="module")
def engine() -> Iterator[HelmEngine]:
    engine = choose_engine("embedded", Limits())
    yield engine
    engine.close()


class Outcome(NamedTuple):
    """How rules went over a chart, what they found, and how its scenarios went."""

    runs: tuple[RuleRun, ...]
    findings: tuple[Finding, ...]
    results: tuple[ScenarioResult, ...]


def run(
    rules: Sequence[Rule],
    chart: Path,
    engine: HelmEngine,
    which: str = "quick",
    wanted: BaselineRequest | None = None,
) -> Outcome:
    """Runs these rules alone over a chart in all its scenarios, each with its own default weight, and the parameters
    that the chart's configuration sets.

    ``wanted`` names the baseline, where there is one.
    """
    request = RenderRequest()
    analysed = AnalysedChart(load_chart(chart, shown=chart.name))
    configuration = load_configuration(chart / FILE_NAME if (chart / FILE_NAME).is_file() else None, chart)
    scenarios = plan(chart, request, which, configuration.scenarios)
    measures = which == FULL and any(COVERAGE in rule.needs for rule in rules)
    session = RenderSession(engine, analysed, scenarios, engine.render(chart, request), which, measures=measures)
    linting = engine.lint(chart, request)
    with ExitStack() as stack:
        baseline = (
            open_comparison(
                wanted._replace(settings=configuration.scenarios, by_robot=configuration.release == "bot"),
                analysed.chart,
                scenarios,
                engine,
                stack,
            )
            if wanted is not None
            else NoBaseline()
        )
        rendered = session.run()
        checked = CheckedChart(analysed).with_rendered(rendered, baseline.compare(rendered), baseline.reason)
        checked = checked.with_lint(linting.result())
        runs = Runner({rule: setting_of(rule, configuration) for rule in rules}, debug=True).run(checked)
        return Outcome(runs, findings_of(checked, runs), rendered.results)


def beside_baseline(case: Case, folder: Path) -> BaselineRequest:
    """The case's baseline, and a user's values for it."""
    lay_out(case.folder / BASELINE, folder / "earlier" / "web")
    values = case.folder / OLD_VALUES
    old_values = values if values.is_file() else None
    return BaselineRequest(str(folder / "earlier" / "web"), old_values, RenderRequest(), "quick")


def setting_of(rule: Rule, configuration: Configuration) -> RuleSetting:
    severity = Severity.WARNING if isinstance(rule.default, Off) else rule.default.severity
    defaults = {name: parameter.default for name, parameter in rule.parameters.items()}
    return RuleSetting(severity, (), {**defaults, **configuration.parameters.get(rule.id, {})})


OFFLINE_CASES = [case for case in ALL_CASES if case.rule not in RULES or CLUSTER not in RULES[case.rule].needs]
"""Those that need no cluster; ``tests/cluster/test_cases.py`` runs the others."""


@pytest.mark.parametrize("case", OFFLINE_CASES, ids=str)
def test_case(case: Case, tmp_path: Path, engine: HelmEngine) -> None:
    rule = RULES[case.rule]
    chart = tmp_path / "web"
    lay_out(case.folder, chart)
    wanted = beside_baseline(case, tmp_path) if BASELINE_NEED in rule.needs else None
    outcome = run([rule], chart, engine, FULL if rule.needs & {TOGGLES, COVERAGE} else "quick", wanted)
    (checked,) = outcome.runs
    assert checked.crash is None, checked.crash and checked.crash.traceback
    assert checked.unchecked is None, f"nothing to check in this case: {checked.unchecked}"
    if rule.scope is not Subject:
        failed = [
            f"{result.scenario.name}: {result.message}" for result in outcome.results if result.status is Status.FAILED
        ]
        assert not failed, "the case's chart does not render, so the rule saw only a part of it"
    expect = case.folder / EXPECT
    expected = read_expected(expect.read_text(encoding="utf-8")) if case.bad else []
    assert not differences(expected, outcome.findings), "- expected and not found, + found and not expected"


@pytest.mark.parametrize("which", ["quick", FULL])
def test_base_breaks_no_rule(tmp_path: Path, engine: HelmEngine, which: str) -> None:
    chart = tmp_path / "web"
    lay_out(tmp_path / "nothing", chart)
    demanded = [rule for rule in RULES.values() if rule.default in (Obligation.MUST, Obligation.SHOULD)]
    outcome = run(demanded, chart, engine, which)
    statuses = [result.status for result in outcome.results if result.scenario.kind is not ScenarioKind.KUBERNETES]
    assert set(statuses) == {Status.RENDERED}
    assert len(statuses) == 3 or which == FULL
    assert [one.crash.traceback for one in outcome.runs if one.crash] == []
    assert [f"{finding.rule}: {shown(finding)}" for finding in outcome.findings] == []


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_rule_has_a_bad_and_a_good_case(rule: Rule) -> None:
    mine = [case for case in ALL_CASES if case.rule == rule.id]
    assert any(case.bad for case in mine), f"no {CASES.name}/{rule.id}/bad"
    assert any(not case.bad for case in mine), f"no {CASES.name}/{rule.id}/good"
    for case in mine:
        assert (case.folder / EXPECT).is_file() == case.bad, f"{case}: bad cases have an {EXPECT}, good ones none"


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_rule_has_a_page(rule: Rule) -> None:
    title = explain.title(rule)
    assert title.endswith("."), title
    assert re.match(r"[A-Z`]|[a-z]+[A-Z]", title), "begins with a capital, or a term: kubeVersion, `helm lint`"
    sections = explain.sections(rule)
    assert tuple(sections) == SECTIONS
    assert all(sections.values()), sections
    assert inspect.cleandoc(rule.doc).splitlines()[1] == "", "an empty line follows the title"


def test_every_case_is_of_a_rule() -> None:
    assert sorted({case.rule for case in ALL_CASES} - set(RULES)) == []


def test_base_lints_and_renders(helm: Path) -> None:
    for values in (None, *sorted((BASE / "ci").iterdir())):
        options = [] if values is None else ["--values", str(values)]
        for command in (["lint", "--strict"], ["template", "release-name"]):
            done = subprocess.run([helm, *command, str(BASE), *options], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
