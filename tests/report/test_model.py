"""The exit status, out of what a report holds."""

from __future__ import annotations

import html
import json

import pytest

from helm_constitution.core.model import Debt, Severity, Trouble
from helm_constitution.report import FORMATS, junit, renderer, text
from helm_constitution.report.model import ConstitutionReport, NotUnderstoodReport
from tests.report.support import STALE, WAIVED, chart, finding, run

NOTE = finding(severity=Severity.NOTE)
TROUBLE = Trouble("crash", "rule x crashed")


def test_an_active_finding_at_the_limit_fails_the_gate() -> None:
    assert run(chart(finding())).status == 1
    assert run(chart(NOTE)).status == 0
    assert run(chart(NOTE, limit=Severity.NOTE)).status == 1
    assert run(chart(finding(), limit=None)).status == 0


@pytest.mark.parametrize("changes", [{"waived": WAIVED}, {"debt": Debt("2026-01-02")}])
def test_what_is_waived_or_debt_fails_nothing(changes: dict[str, object]) -> None:
    assert run(chart(finding(**changes))).status == 0
    assert run(chart(finding(**changes), finding())).status == 1


def test_a_stale_waiver_fails_the_gate_unless_nothing_does() -> None:
    assert run(chart(stale=(STALE,))).status == 1
    assert run(chart(stale=(STALE,), limit=None)).status == 0


def test_what_cant_be_judged_beats_what_fails_and_the_worst_chart_counts() -> None:
    assert run(chart(finding(), troubles=(TROUBLE,))).status == 2
    assert run(chart(troubles=(TROUBLE._replace(fatal=False),))).status == 0
    assert run(chart(), chart(troubles=(TROUBLE,)), chart(finding())).status == 2
    assert run().status == 0


def test_a_chart_without_a_known_version_has_its_name_alone() -> None:
    unread = chart(troubles=(TROUBLE,), name="web", version="", path="charts/web", principles=())
    assert unread.title == "web"
    assert 'testsuite name="web (charts/web)"' in junit.render(run(unread))
    assert "\n\n\n" not in text.render(run(unread))


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "badge"])
def test_each_format_counts_the_sentences_that_are_not_understood(form: str) -> None:
    doubt = NotUnderstoodReport("Container dürfen nicht als root laufen.", 5, "security", "not in English")
    document = ConstitutionReport("constitution.md", "1.0.0", builtin=False, not_understood=(doubt,))
    written = renderer(form)(run(chart()._replace(constitution=document)))
    if form == "json":
        (found,) = json.loads(written)["charts"][0]["constitution"]["not_understood"]
        assert (found["line"], found["reason"]) == (5, "not in English")
    else:
        words = " ".join(html.unescape(written).replace("\\", "").split())
        assert "not understood: `helm-constitution constitution check` lists it" in words
