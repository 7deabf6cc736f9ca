"""Files that change while a chart is checked: what was found isn't remembered for what they were before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helm_constitution.check.cache import Cache
from helm_constitution.check.options import CheckOptions
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import Limits, Pending, RenderOutput, RenderRequest
from helm_constitution.report.model import ChartReport
from tests.helm.support import CONFIG_MAP, write_chart
from tests.support import check_chart

pytestmark = pytest.mark.helm
DAY = "2026-05-01"
CONFIGURATION = "constitution: ours.md\nplan: plan.md\nscenarios: [{name: small, values: [small.yaml]}]\n"
PLAN = "# Plan\n\n## Constitution Check\n"
OURS = "# Ours\n\n## Docs\n\nA chart MUST have a README. <!-- rules: docs/no-readme -->\n"


class Disturbed(EmbeddedEngine):
    """Somebody changes a file as soon as helm is asked to render."""

    def __init__(self) -> None:
        super().__init__(Limits())
        self.disturb: Callable[[], object] = lambda: None

    def render(self, chart: Path, request: RenderRequest) -> Pending[RenderOutput]:
        self.disturb()
        return super().render(chart, request)


@pytest.fixture
def engine() -> Iterator[Disturbed]:
    engine = Disturbed()
    yield engine
    engine.close()


@pytest.fixture
def chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    chart = write_chart(tmp_path / "repo" / "web", {})
    team = {".helm-constitution.yaml": CONFIGURATION, "ours.md": OURS, "plan.md": PLAN, "small.yaml": "a: {b: 2}\n"}
    for name, text in team.items():
        (chart.parent / name).write_text(text)
    (tmp_path / "given.yaml").write_text("a: {b: 3}\n")
    return chart


def options(chart: Path) -> CheckOptions:
    request = RenderRequest(values_files=(chart.parents[1] / "given.yaml",))
    return CheckOptions(cache=True, today=DAY, request=request)


def remembered(chart: Path, engine: Disturbed) -> ChartReport | None:
    cache = Cache.of(chart, engine, options(chart))
    assert cache is not None
    return cache.load(DAY)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("web/templates/a.yaml", CONFIG_MAP.replace("name:", "name: other #")),
        ("web/values.yaml", "a:\n  b: 5\n"),
        ("web/README.md", "# web\n"),
        (".helm-constitution.yaml", f"{CONFIGURATION}ignore: [docs]\n"),
        (".helm-constitution-debt.yaml", "version: 1\ncharts: {}\n"),
        ("ours.md", OURS.replace("MUST", "SHOULD")),
        ("plan.md", f"{PLAN}\nChanged.\n"),
        ("small.yaml", "a: {b: 7}\n"),
        ("../given.yaml", "a: {b: 8}\n"),
    ],
)
def test_what_changes_during_a_check_is_not_remembered(chart: Path, engine: Disturbed, file: str, text: str) -> None:
    place = chart.parent / file
    before = place.read_text() if place.exists() else None
    engine.disturb = lambda: place.write_text(text)
    disturbed = check_chart(chart, engine, options(chart))
    engine.disturb = lambda: None
    if before is None:
        place.unlink()
    else:
        place.write_text(before)
    assert remembered(chart, engine) is None
    whole = check_chart(chart, engine, options(chart))
    assert whole.mark
    assert not disturbed.mark
    assert remembered(chart, engine) == whole


def test_what_stays_is_remembered(chart: Path, engine: Disturbed) -> None:
    assert check_chart(chart, engine, options(chart)) == remembered(chart, engine)
