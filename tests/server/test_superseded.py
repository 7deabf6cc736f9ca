"""A check whose result nobody waits for any longer ends early, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.model import DEFAULTS
from helm_constitution.helm.protocol import HelmEngine
from helm_constitution.server.checker import Checker
from helm_constitution.server.notes import Note, notes_of
from helm_constitution.server.tasks import Superseded
from tests.support import WEB, write

pytestmark = pytest.mark.helm


class Until:
    """Counts until some call, and no longer."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        if self.calls > self.last:
            raise Superseded


def notes(checker: Checker, chart: Path, value: str, until: Until) -> list[Note]:
    texts = {str(chart / "values.yaml"): f"image: web:{value}\nleft: over\n"}
    return notes_of(checker.check(chart, DEFAULTS, texts, until), chart)


def test_a_superseded_check_ends_at_each_place_and_the_next_one_is_whole(embedded: HelmEngine, tmp_path: Path) -> None:
    write(tmp_path, {**WEB, ".git/HEAD": ""})
    chart, every = tmp_path / "web", Until(10_000)
    checker = Checker(embedded, CheckOptions())
    whole = notes(checker, chart, "1.2.3", every)
    for last in {0, 1, every.calls // 2, every.calls - 1}:
        with pytest.raises(Superseded):
            notes(checker, chart, f"2.0.{last}", Until(last))
        assert notes(checker, chart, "1.2.3", every) == whole
    checker.forget(chart)
    assert whole != []
