"""values/hardcoded tells the fields that no value changes, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.hardcoded import fields_of, main
from bench.unused import STYLES
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import HelmEngine, Limits
from tests.cases import BASE

pytestmark = pytest.mark.helm


@pytest.fixture(scope="module")
def engine() -> Iterator[HelmEngine]:
    engine = choose_engine("embedded", Limits())
    yield engine
    engine.close()


# The style "tpl" is left out: another text instead of a template in the values makes no YAML, so nothing is seen.
STYLED = [chart for chart in sorted(STYLES.iterdir()) if chart.name != "tpl"]


@pytest.mark.parametrize("chart", [BASE, *STYLED], ids=lambda chart: chart.name)
def test_what_no_value_changes_is_told(chart: Path, tmp_path: Path, engine: HelmEngine) -> None:
    found = fields_of(chart, engine, tmp_path)
    assert found.changed
    assert found.false == {}
    assert [field for field in found.missed if field not in OVERRIDDEN] == []


OVERRIDDEN = ["templates/broker.yaml Deployment release-name-woven spec.template.spec.containers[1].image"]
"""What `mergeOverwrite` gives a user's say in, by a map that is empty: changing the values that are there doesn't show
it."""


def test_the_tool_says_what_differs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(STYLES / "helpers")]) == 0
    assert capsys.readouterr().out == (
        "helpers: 12 fields changed by a value, 2 by none, 2 told, 0 values make it fail\n"
    )
