"""What the fuzzer found stays found: every oracle over every chart of the corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.helm.protocol import HelmEngine
from scripts.fuzz.cases import Case
from scripts.fuzz.running import Runner
from tests.fuzz.corpus import CORPUS
from tests.helm.support import write_chart


@pytest.mark.parametrize("name", CORPUS)
def test_nothing_of_the_corpus_breaks_anything(name: str, tmp_path: Path, embedded: HelmEngine, helm4: Path) -> None:
    chart = write_chart(tmp_path / "web", CORPUS[name])
    runner = Runner(embedded, helm4, seconds=300)
    case = Case(1, chart, (), scenarios="full", coverage=True, subcharts=True, twice=True)
    assert runner.run(case) == []
    assert runner.run(case._replace(command="accept", baseline=True, scenarios="quick")) == []
