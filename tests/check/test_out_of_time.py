"""A check that runs out of time reports what it did, and names the limit for what it did not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from helm_constitution.check.charts import check_alone
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.check.pipeline import run
from helm_constitution.compare.setup import BaselineSession
from helm_constitution.core.model import Severity, Verdict
from helm_constitution.helm import documents
from helm_constitution.helm.cli import CliEngine
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.lint import placing
from helm_constitution.lint.field_fixes import FieldFixes
from helm_constitution.lint.findings import FindingMaker
from helm_constitution.locate import marked_render
from helm_constitution.render import conclude, coverage, sources
from helm_constitution.report.model import ChartReport

CHART = Path(__file__).parents[2] / "testdata" / "charts" / "demo"


def slow(*_: object, **__: object) -> None:
    """Takes longer than anybody waits, in one step of the interpreter."""
    re.search(r"^(a+)+$", "a" * 60 + "b")


def checked(engine: CliEngine | EmbeddedEngine, scenarios: str = "defaults", seconds: float = 4) -> ChartReport:
    options = CheckOptions(scenarios=scenarios, select=("testing",), seconds=seconds, lines=True)
    return check_alone(CheckRequest(CHART, engine, options))


def unchecked(report: ChartReport, words: str) -> set[str]:
    return {one.rule for one in report.rules if one.reason is not None and words in one.reason}


def test_reading_of_renderings(monkeypatch: pytest.MonkeyPatch, cli4: CliEngine) -> None:
    monkeypatch.setattr(conclude, "load_documents", slow)
    report = checked(cli4)
    assert report.verdict is Verdict.ERROR
    assert any(
        re.match(r"reading what helm rendered took more than [\d.]+ s of processor time; raise --timeout$", one.message)
        for one in report.troubles
    )
    assert any(one.rule.startswith("docs/") for one in report.findings)


def test_reading_of_what_an_engine_renders_is_not_begun_again(
    monkeypatch: pytest.MonkeyPatch, embedded: EmbeddedEngine
) -> None:
    begun: list[object] = []

    def reads(*_: object) -> None:
        begun.append(None)
        slow()

    monkeypatch.setattr(documents, "faults", reads)
    report = checked(embedded)
    assert any(one.message.startswith("reading what helm rendered took more than") for one in report.troubles)
    assert any(one.rule.startswith("docs/") for one in report.findings)
    assert len(begun) == 1


@pytest.mark.parametrize("place", ["marked_sources", "source_map"])
def test_template_lines(monkeypatch: pytest.MonkeyPatch, cli4: CliEngine, place: str) -> None:
    before = checked(cli4)
    monkeypatch.setattr(marked_render, place, slow)
    report = checked(cli4)
    assert any(one.startswith("finding the template lines took more than") for one in report.notices)
    assert _counts(report) == _counts(before)


def test_places(monkeypatch: pytest.MonkeyPatch, cli4: CliEngine) -> None:
    before = checked(cli4)
    monkeypatch.setattr(placing.ReleaseOrigins, "placed", slow)
    report = checked(cli4)
    assert any(one.startswith("placing the findings took more than") for one in report.notices)
    assert {one.rule for one in report.findings} == {one.rule for one in before.findings}
    assert any(one.location.line is None and one.location.file is not None for one in report.findings)


def _counts(report: ChartReport) -> dict[Severity, int]:
    return {one: sum(finding.severity is one for finding in report.findings) for one in Severity}


def _waste(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
    """Makes a method waste time for each finding, or each rule that has some."""
    whole: Callable[..., object] = getattr(owner, name)

    def wasted(*arguments: object) -> object:
        if name == "edits" or arguments[2]:
            for _ in range(10_000_000):
                pass
        return whole(*arguments)

    monkeypatch.setattr(owner, name, wasted)


@pytest.mark.parametrize(
    ("owner", "name", "words"),
    [(FieldFixes, "edits", "looking for fixes took"), (FindingMaker, "_of_run", "making the findings took")],
)
def test_findings(monkeypatch: pytest.MonkeyPatch, cli4: CliEngine, owner: type, name: str, words: str) -> None:
    """Without a fix a finding is a finding; one that there is no time to make is an error, so that it doesn't pass."""
    _waste(monkeypatch, owner, name)
    report = checked(cli4, seconds=1)
    assert any(text.startswith(words) for text in (*report.notices, *(one.message for one in report.troubles)))
    assert report.verdict in (Verdict.FAIL, Verdict.ERROR)
    assert report.principles


def test_scenarios_of_a_full_check(monkeypatch: pytest.MonkeyPatch, cli4: CliEngine) -> None:
    monkeypatch.setattr(sources, "SOURCES", (slow, *sources.SOURCES[1:]))
    report = checked(cli4, "full")
    words = "rendering the scenarios of a full check took more than"
    assert report.verdict is Verdict.ERROR
    assert any(one.message.startswith(words) for one in report.troubles)
    assert unchecked(report, words)
    assert report.findings


def test_coverage(monkeypatch: pytest.MonkeyPatch, cli4: CliEngine) -> None:
    monkeypatch.setattr(coverage, "measure", slow)
    report = checked(cli4, "full")
    words = "measuring which branches were rendered took more than"
    assert any(one.message.startswith(words) for one in report.troubles)
    assert unchecked(report, words)
    assert report.findings


def test_a_baseline(monkeypatch: pytest.MonkeyPatch, cli4: CliEngine) -> None:
    monkeypatch.setattr(BaselineSession, "compare", slow)
    options = CheckOptions(baseline=str(CHART), seconds=4)
    report = check_alone(CheckRequest(CHART, cli4, options))
    words = "comparing with the baseline took more than"
    assert report.baseline is not None
    assert report.baseline.origin.startswith(words)
    assert "compat/value-removed" in unchecked(report, words)
    assert report.findings


def test_what_the_time_cut_short_is_not_remembered(
    monkeypatch: pytest.MonkeyPatch, cli4: CliEngine, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    request = CheckRequest(CHART, cli4, CheckOptions(cache=True, seconds=4))
    with monkeypatch.context() as patch:
        patch.setattr(marked_render, "source_map", slow)
        assert any("finding the template lines" in one for one in run(request).notices)
    whole = run(request)
    assert not any("finding the template lines" in one for one in whole.notices)
    assert whole.findings


def test_earlier_parts_leave_no_time_for_rules(monkeypatch: pytest.MonkeyPatch, cli4: CliEngine) -> None:
    monkeypatch.setattr(conclude, "load_documents", slow)
    monkeypatch.setattr("helm_constitution.lint.runner.time_left", lambda: 1.0)
    report = checked(cli4)
    words = "earlier parts of the check took 10 s of processor time; raise --timeout"
    assert len(unchecked(report, words)) > 10
    assert {one.verdict for one in report.principles} <= {Verdict.ERROR, Verdict.UNCHECKED}
