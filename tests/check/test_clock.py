"""A clock that jumps: what is remembered is never older than the chart, and never of another day's waivers."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.helm.protocol import HelmEngine
from tests.helm.support import write_chart
from tests.support import check_chart

pytestmark = pytest.mark.helm
WAIVERS = """\
waivers:
  - rule: docs/no-readme
    why_needed: The chart is read by nobody.
    simpler_alternative_rejected_because: There is none.
    expires: 2026-06-15
"""
DAYS = ("2026-06-14", "2026-06-16", "2026-06-14", "2026-06-15", "1999-01-01", "2099-12-31", "2026-06-15")
"""Forth and back, over the day on which the waiver ends."""
_YEAR = 365 * 86_400 * 10**9


@pytest.fixture
def chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return write_chart(tmp_path / "web", {".helm-constitution.yaml": WAIVERS})


def test_each_day_has_its_own_report(chart: Path, embedded: HelmEngine) -> None:
    for day in DAYS * 2:
        options = CheckOptions(cache=True, today=day)
        report = check_chart(chart, embedded, options)
        assert report._replace(mark="") == check_chart(chart, embedded, options._replace(cache=False))
        (waived,) = (one for one in report.findings if one.rule == "docs/no-readme")
        assert waived.active == (day > "2026-06-15")


@pytest.mark.parametrize("changed", [0, _YEAR, -_YEAR], ids=["now", "in a year", "a year ago"])
def test_no_report_is_older_than_the_chart(
    chart: Path, embedded: HelmEngine, monkeypatch: pytest.MonkeyPatch, changed: int
) -> None:
    """The clock goes forth and back between checks, and files have times of elsewhere: a change shows all the same."""
    now, values = time.time_ns(), chart / "values.yaml"
    options = CheckOptions(cache=True, today="2026-06-14")
    for count, jump in enumerate((0, 2 * _YEAR, 0, -2 * _YEAR, _YEAR, 0)):
        monkeypatch.setattr(time, "time_ns", lambda jump=jump: now + jump)
        values.write_text(f"a:\n  b: {count}\nk{count}: 1\n")
        os.utime(values, ns=(now + changed, now + changed))
        for _ in range(2):
            report = check_chart(chart, embedded, options)
            assert any(f"k{count}" in one.message for one in report.findings)
            assert report._replace(mark="") == check_chart(chart, embedded, options._replace(cache=False))
