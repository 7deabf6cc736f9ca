"""Every fix against its cases: exactly this changes, the finding is gone, and a safe one changes nothing rendered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import HelmEngine, Limits, RenderRequest
from helm_constitution.lint import registry
from helm_constitution.report.model import ChartReport
from helm_constitution.text.rule_page import sections_of
from tests.cases import CASES, FIX, Case, find_cases
from tests.fix.cases import difference, fix_case

pytestmark = pytest.mark.helm

FIXED = [case for case in find_cases(CASES) if (case.folder / FIX).exists()]


@pytest.fixture(scope="module")
def library() -> Iterator[HelmEngine]:
    engine = choose_engine("embedded", Limits())
    yield engine
    engine.close()


@pytest.mark.parametrize("case", FIXED, ids=str)
def test_the_fix_changes_this_and_the_finding_is_gone(case: Case, tmp_path: Path, library: HelmEngine) -> None:
    """`python -m tests.fix.cases` writes the differences; read them before you commit."""
    fixed = fix_case(case, tmp_path, library)
    assert difference(fixed) == (case.folder / FIX).read_text("utf-8")
    assert _of_rule(fixed.after, case.rule) < _of_rule(fixed.before, case.rule)
    if (case.folder / FIX).read_text("utf-8").startswith("# safe\n"):
        before = library.render(tmp_path / "chart", RenderRequest()).result()
        fixed.source.write(fixed.files)
        after = library.render(tmp_path / "chart", RenderRequest()).result()
        assert sorted(one.text for one in after.documents) == sorted(one.text for one in before.documents)
        assert before.errors == after.errors


def _of_rule(report: ChartReport, rule: str) -> int:
    return sum(single.rule == rule for finding in report.findings for single in finding.singles)


def test_the_page_of_each_rule_with_a_fix_says_what_it_does() -> None:
    mentioned = {rule.id for rule in registry.rules() if "`fix" in sections_of(rule.doc).get("Fix", "")}
    # The file that the last one leaves out is too large for a case; tests/fix/test_fix.py makes it.
    assert mentioned == {*(case.rule for case in FIXED), "helm/too-large"}
