"""The fuzzer: cases come from their numbers, mutations change charts, faults are seen and made small."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from helm_constitution.core.errors import ChartError
from helm_constitution.core.model import Trouble, Verdict
from helm_constitution.helm.protocol import FailureKind, HelmEngine, HelmMessage, MessageLevel, RenderOutput
from scripts.fuzz import oracles
from scripts.fuzz.__main__ import Tally, main
from scripts.fuzz.cases import ALL, WHOLE, Case, Mutation, case_of, lay_out, minimised, shares_of
from scripts.fuzz.oracles import Fault, Rendering
from scripts.fuzz.running import Runner
from tests.report.support import chart, run

CHARTS = Path(__file__).parents[2] / "testdata" / "charts"
BASE = CHARTS / "base"


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("number", range(12))
def test_a_number_makes_the_same_case_each_time(number: int, tmp_path: Path) -> None:
    case = case_of(number, [BASE])
    assert case == case_of(number, [BASE])
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        lay_out(case, tmp_path / name)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


@pytest.mark.parametrize("kind", ALL)
def test_each_mutation_changes_something(kind: str, tmp_path: Path) -> None:
    changed = 0
    for seed in range(8):
        root = tmp_path / str(seed)
        lay_out(Case(0, BASE, ()), root)
        before = oracles.state_of(root)
        ALL[kind](root, random.Random(seed))
        changed += oracles.state_of(root) != before
    assert changed >= 4


def test_each_kind_has_its_share() -> None:
    kinds = [case_of(number, [BASE]).mutations[0].kind for number in range(2 * len(ALL))]
    assert sorted(kinds) == sorted([*ALL, *ALL])


def test_large_charts_are_taken_less_often() -> None:
    charts = [BASE, CHARTS / "hidden"]
    small, large = sorted(charts, key=lambda one: sum(file.stat().st_size for file in one.rglob("*.yaml")))
    shares = dict(zip(charts, shares_of(charts), strict=True))
    assert shares[small] > shares[large]
    taken = [case_of(number, charts, [0, 1]).chart for number in range(10)]
    assert taken == [charts[1]] * 10


def test_a_case_is_made_as_small_as_fails() -> None:
    mutations = tuple(Mutation(kind, 1) for kind in ("values", "schema", "plan", "prose"))
    case = Case(1, BASE, mutations, scenarios="full", baseline=True, coverage=True, twice=True, command="accept")
    small = minimised(case, lambda one: any(mutation.kind == "schema" for mutation in one.mutations) and one.coverage)
    assert small == Case(1, BASE, (Mutation("schema", 1),), scenarios="defaults", coverage=True, select="")


def test_a_healthy_chart_has_no_fault(embedded: HelmEngine, helm4: Path) -> None:
    case = Case(1, BASE, (), baseline=True, coverage=True, twice=True)
    runner = Runner(embedded, helm4, seconds=300)
    assert runner.run(case) == []
    assert runner.run(case._replace(whole=True, engine="cli", number=1)) == []
    for command in ("accept", "plan", "init", "pin"):
        assert runner.run(case._replace(command=command)) == []
    for command in WHOLE:
        assert runner.run(case._replace(command=command, whole=True)) == []


def test_oracles_see_what_they_look_for() -> None:
    crash = Trouble("crash", "m", rule="a/b", traceback='  File "/x/rules/a/b.py", line 3, in c\nKeyError: 1\n')
    reports = run(chart(troubles=(crash,), verdict=Verdict.ERROR))
    assert [(one.kind, one.where) for one in oracles.of_reports(reports)] == [("crashed rule", "a/b KeyError a/b.py:c")]
    assert oracles.of_exception(ChartError("x")) is None
    assert oracles.of_exception(KeyError("x")) == Fault("traceback", "KeyError ", "KeyError: 'x'\n")
    refused = HelmMessage(MessageLevel.ERROR, "no", FailureKind.YAML)
    assert [one.kind for one in oracles.of_helms_word(RenderOutput(errors=(refused,)))] == ["wrong pass"]
    asked = HelmMessage(MessageLevel.ERROR, "no", FailureKind.REQUIRED)
    assert list(oracles.of_helms_word(RenderOutput(errors=(asked,)))) == []
    library = HelmMessage(MessageLevel.ERROR, "library charts are not installable")
    assert list(oracles.of_helms_word(RenderOutput(errors=(library,)))) == []
    assert [one.kind for one in oracles.of_helms_run(0, 1, "Error: parse error")] == ["wrong pass"]
    assert list(oracles.of_helms_run(2, 1, "Error: parse error")) == []
    one, other, broken = Rendering(0, "a: 1\n"), Rendering(0, "# Source: x\na: 1\n"), Rendering(1, "no")
    assert list(oracles.of_fixes(one, other, is_safe=True)) == list(oracles.of_fixes(broken, one, is_safe=True)) == []
    assert [fault.kind for fault in oracles.of_fixes(one, broken, is_safe=False)] == ["fixed and broken"]
    changed = Rendering(0, "a: 2\n")
    assert [fault.kind for fault in oracles.of_fixes(one, changed, is_safe=True)] == ["fixed and different"]
    assert list(oracles.of_fixes(one, changed, is_safe=False)) == []


@pytest.mark.parametrize(
    ("form", "text", "kind"),
    [
        ("json", "{", "format"),
        ("json", "[NaN]", "format"),
        ("sarif", "{}", "format"),
        ("junit", "<a>", "format"),
        ("text", "\x1b[31m", "steering character"),
        ("markdown", "a\n::error::b", "command"),
        ("text", "##[group]x", "command"),
        ("text", "\udc80", "format"),
    ],
)
def test_a_format_that_is_broken_is_seen(form: str, text: str, kind: str) -> None:
    assert kind in [one.kind for one in oracles.of_formats({form: text})]


def test_files_that_should_not_be_there_are_seen() -> None:
    before = {"chart/a": (1, 1)}
    assert list(oracles.of_files(before, before, ())) == []
    after = {"chart/a": (1, 2), "plan.md": (1, 1), ".x.part": (0, 0)}
    found = oracles.of_files(before, after, ("plan.md",))
    assert [one.detail for one in found] == [".x.part", "chart/a"]


def test_what_was_run_is_counted(tmp_path: Path) -> None:
    tally = Tally(tmp_path)
    fault = Fault("crashed rule", "a/b KeyError x", "")
    case = case_of(1, [BASE])
    assert tally.add(case, [fault, fault]) == [fault]
    assert tally.add(case, [fault]) == []
    assert tally.is_first_at(fault)
    assert not tally.is_first_at(fault._replace(where="a/c KeyError x"))
    assert "| crashed rule | a/b KeyError x | 2 | 1 |" in tally.text()


def test_the_command_runs_cases_and_writes_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--runs", "2", "--seed", "3", "--whole", "0", "--out", str(tmp_path / "out"), str(BASE)])
    printed = capsys.readouterr().out
    assert status == (" 0 distinct faults" not in printed)
    assert (tmp_path / "out" / "table.md").read_text().startswith("2 runs in ")
