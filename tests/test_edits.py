"""The lines named for fields are the right ones: edited, the field changes. In charts of every style."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import HelmEngine, Limits
from tests.edits import Editor, main
from tests.planted import STYLES

pytestmark = pytest.mark.helm


@pytest.fixture(scope="module")
def engine() -> Iterator[HelmEngine]:
    engine = choose_engine("embedded", Limits())
    yield engine
    engine.close()


@pytest.mark.parametrize("style", sorted(folder.name for folder in STYLES.iterdir()))
def test_an_edited_line_changes_the_field_that_it_was_named_for(style: str, tmp_path: Path, engine: HelmEngine) -> None:
    places = Editor(STYLES / style, tmp_path, engine).judge(fields=60, seed=1)
    assert places.refuted == []
    assert places.located == places.documents > 0
    assert places.confirmed >= 50


def test_most_fields_have_a_line(tmp_path: Path, engine: HelmEngine) -> None:
    # The rest of it is a whole object in a text of the values, which is placed there.
    places = Editor(STYLES / "tpl", tmp_path, engine).judge(fields=1, seed=1)
    assert places.exact + places.by_values >= places.fields


def test_the_tool_counts_over_charts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--fields", "2", str(STYLES / "flat"), str(STYLES / "multi")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines[:2]] == ["flat", "multi"]
    assert lines[-1].startswith("2 charts, 11 documents, 11 located")
