"""The fuzzer's edits: what a cache answers wrongly is seen, and taking an edit back gives the workspace as it was."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from helm_constitution.helm.protocol import HelmEngine
from scripts.fuzz import edits, oracles
from scripts.fuzz.cases import ALL, EDITS, Case, Mutation, case_of, lay_out
from scripts.fuzz.running import Runner

BASE = Path(__file__).parents[2] / "testdata" / "charts" / "base"
CASE = Case(1, BASE, tuple(Mutation("edit", number) for number in range(2)), command=EDITS)


@pytest.mark.parametrize("number", range(4))
def test_edits_come_from_their_number_and_compare_with_no_release(number: int) -> None:
    case = case_of(number, [BASE], only=EDITS)
    assert case == case_of(number, [BASE], only=EDITS)
    assert case.command == EDITS
    assert len(case.mutations) >= 2
    assert (case.baseline, case.before) == (False, ())


@pytest.mark.parametrize("kind", ALL)
def test_what_is_restored_is_as_it_was(kind: str, tmp_path: Path) -> None:
    for seed in range(4):
        root, before = tmp_path / f"{seed}", tmp_path / f"{seed} before"
        lay_out(CASE, root)
        shutil.copytree(root, before, symlinks=True, copy_function=edits.copy_as_is)
        unchanged = oracles.state_of(root)
        ALL[kind](root, random.Random(seed))
        edited = oracles.state_of(root)
        edits.restore(root, before)
        assert edits.states_of(root) == edits.states_of(before)
        kept = {name: state for name, state in unchanged.items() if edited.get(name) == state}
        assert kept.items() <= oracles.state_of(root).items()


def _faults(tmp_path: Path, answer: Mapping[bool, str]) -> list[str]:
    lay_out(CASE, tmp_path / "work")
    found = edits.run(CASE, tmp_path / "work", lambda cache: {"text": answer[cache]})
    return [one.where for one in found]


def test_a_report_that_differs_with_a_cache_is_seen(tmp_path: Path) -> None:
    assert _faults(tmp_path / "a", {True: "x", False: "x"}) == []
    found = _faults(tmp_path / "b", {True: "x", False: "y"})
    assert found[:3] == ["text kept after nothing", "text answered after nothing", "text kept after edit"]


def test_a_check_that_writes_into_the_chart_is_seen(tmp_path: Path) -> None:
    root = tmp_path / "work"
    lay_out(CASE, root)

    def check(cache: bool) -> edits.Reports:
        (root / "chart" / "left.part").touch()
        return {}

    assert {one.detail for one in edits.run(CASE, root, check)} == {"chart/left.part"}


@pytest.mark.helm
@pytest.mark.parametrize(("whole", "number"), [(False, 1), (True, 1), (True, 2)])
def test_edits_of_a_healthy_chart_have_no_fault(embedded: HelmEngine, helm4: Path, whole: bool, number: int) -> None:
    assert Runner(embedded, helm4, seconds=300).run(CASE._replace(whole=whole, number=number)) == []
