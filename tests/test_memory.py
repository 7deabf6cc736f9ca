"""Nothing of a chart outlives its check: no cache outside of it holds its objects."""

from __future__ import annotations

import gc
import re
from pathlib import Path

from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.check.pipeline import run
from helm_constitution.helm.protocol import HelmEngine
from tests.cases import lay_out

CHARTS = 20


def _chart(folder: Path, number: int) -> Path:
    """A chart unlike the others: names, values and documents of its own."""
    chart = folder / f"chart{number}"
    lay_out(folder / "nothing", chart)
    for file in [*chart.rglob("*.yaml"), *chart.rglob("*.tpl"), *chart.rglob("*.md"), *chart.rglob("*.json")]:
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(r"\bweb\b", f"web{number}", text), encoding="utf-8")
    return chart


def test_objects_alive_do_not_grow_with_the_charts_checked(tmp_path: Path, embedded: HelmEngine) -> None:
    (tmp_path / "nothing").mkdir()
    alive = []
    for number in range(CHARTS):
        report = run(CheckRequest(_chart(tmp_path, number), embedded, CheckOptions(scenarios="quick")))
        assert report.name == f"web{number}"
        del report
        gc.collect()
        alive.append(len(gc.get_objects()))
    assert alive[-1] < alive[4] * 1.05, alive
