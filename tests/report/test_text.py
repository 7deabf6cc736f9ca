"""The report for a person."""

from __future__ import annotations

import re

import pytest

from helm_constitution.core.model import (
    Base,
    Debt,
    Finding,
    Location,
    ObjectRef,
    Precision,
    RelatedLocation,
    Severity,
    Status,
    Trouble,
    Verdict,
)
from helm_constitution.core.urgency import Urgency
from helm_constitution.report.model import ChartReport, PrincipleReport, RuleReport, ScenarioReport
from helm_constitution.report.text import render
from helm_constitution.report.text_findings import PLACES
from helm_constitution.report.words import clean, parted, shorten
from tests.report.support import STALE, WAIVED, chart, finding, run, statement


def findings(report: ChartReport, *, full: bool = False) -> str:
    """What the report says below what to fix first."""
    return re.sub(r"\nFix first\n.*?\n\n", "\n\n", render(run(report), full=full), flags=re.DOTALL)


def test_a_finding_shows_rule_message_place_line_carets_object_related_place_and_what_to_do() -> None:
    text = render(run(chart(finding(message="may run as root; set runAsNonRoot: true"))))
    assert (
        "error[security/root-user]: may run as root\n"
        "  --> charts/web/templates/deployment.yaml:31:11\n"
        "   |\n"
        "31 |           securityContext:\n"
        "   |           ^^^^^^^^^^^^^^^^\n"
        "   = in Deployment web, container web\n"
        "   = set by `securityContext`: charts/web/values.yaml:44:1\n"
        "   = help: set runAsNonRoot: true\n"
    ) in text


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("has no tag; name a version", ("has no tag", "name a version")),
        ("has no tag", ("has no tag", "")),
        ("`a; b` is odd; write `c; d`", ("`a; b` is odd", "write `c; d`")),
        ("is wrong; do this; or that", ("is wrong", "do this; or that")),
    ],
)
def test_a_message_says_what_is_wrong_and_then_what_to_do(message: str, parts: tuple[str, str]) -> None:
    assert parted(message) == parts


def test_the_most_urgent_edit_is_first_then_the_one_that_fixes_most() -> None:
    def at(line: int, rule: str) -> Finding:
        return finding(
            rule=rule, location=Location(Base.CHART, "values.yaml", line, 1), message=f"{rule} is wrong; fix {line}"
        )

    many = [at(7, "acme/often"), at(7, "acme/too"), at(9, "acme/once"), at(11, "acme/upgrade"), at(13, "acme/broken")]
    rules = (
        RuleReport("acme/upgrade", urgency=int(Urgency.UPGRADE)),
        RuleReport("acme/broken", urgency=int(Urgency.BROKEN)),
    )
    lines = render(run(chart(*many, rules=rules))).splitlines()
    first = lines.index("Fix first")
    assert first <= 12
    assert lines[first + 1 : first + 13] == [
        " 1. acme/broken is wrong [acme/broken]",
        "    --> charts/web/values.yaml:13:1",
        "    help: fix 13",
        " 2. acme/upgrade is wrong [acme/upgrade]",
        "    --> charts/web/values.yaml:11:1",
        "    help: fix 11",
        " 3. acme/often is wrong [acme/often]",
        "    --> charts/web/values.yaml:7:1 (fixes 2 findings)",
        "    help: fix 7",
        " 4. acme/once is wrong [acme/once]",
        "    --> charts/web/values.yaml:9:1",
        "    help: fix 9",
    ]


def test_what_is_set_by_a_value_is_fixed_at_the_value() -> None:
    value = RelatedLocation(Location(Base.CHART, "values.yaml", 44, 1), "set by `securityContext`")
    two = [finding(rule=f"acme/{name}", related=(value,), message=f"{name}; fix it") for name in "ab"]
    assert "    --> charts/web/values.yaml:44:1 (fixes 2 findings)\n    help: fix it\n" in render(run(chart(*two)))


@pytest.mark.parametrize("width", [80, 100, 200])
def test_lines_fit_the_width_without_cutting_a_word(width: int) -> None:
    words = " ".join(f"word{number}" for number in range(60))
    text = render(run(chart(finding(message=f"{words}; {words}"))), width=width)
    assert max(map(len, text.splitlines())) <= width
    assert set(words.split()) <= set(re.findall(r"word\d+", text))


def test_of_many_findings_the_rest_is_named_by_its_rules_and_all_shows_it() -> None:
    many = [finding(rule=f"acme/rule-{number}", severity=Severity.WARNING) for number in range(60)]
    text = render(run(chart(*many)))
    assert len(text.splitlines()) <= 150
    hidden = re.search(r"… and (\d+) more findings: ", text)
    assert hidden is not None
    assert int(hidden[1]) + text.count("warning[acme/") == 60
    assert all(f"acme/rule-{number}" in text for number in range(60))
    assert render(run(chart(*many)), full=True).count("warning[acme/") == 60


def test_rules_lead_to_their_pages_where_the_terminal_follows_links() -> None:
    linked = render(run(chart(finding())), links=True)
    assert "/rules/security/root-user.md\x1b\\security/root-user\x1b]8;;\x1b\\" in linked
    assert "\x1b" not in render(run(chart(finding())))


def test_the_verdict_comes_first_and_the_principles_close() -> None:
    lines = render(run(chart(finding()))).splitlines()
    assert "Security by Default  fail       1 of 2 containers" in lines
    assert "Testing              unchecked  nothing here can be checked" in lines
    assert lines[0] == "FAIL  web 1.2.3: 1 error (constitution: constitution.md 1.0.0)"
    assert lines[-1] == "gate: fail; 1 error; 2 statements, 1 unchecked; 3 rules not demanded by this constitution"


def test_an_unchecked_statement_is_named_with_its_reason() -> None:
    assert "unchecked: line 70, MUST: Clusters are tried. (no rule checks this)" in render(run(chart()))


def test_a_rules_other_places_are_named_below_the_first() -> None:
    other = finding(
        object=ObjectRef("apps/v1", "DaemonSet", "web", None, "web", "spec"), scenarios=("ci/d-values.yaml",)
    )
    text = findings(chart(finding(), other))
    assert text.count("error[security/root-user]") == 1
    assert "   = in Deployment web, container web\n" in text
    assert (
        "   = also at charts/web/templates/deployment.yaml:31:11 (DaemonSet web, container web (only with\n"
        "     ci/d-values.yaml))\n"
    ) in text


def test_a_long_list_is_shortened_with_a_count_and_a_hint_and_all_shows_it() -> None:
    many = [finding(location=Location(Base.CHART, "values.yaml", line, 1)) for line in range(1, 21)]
    text = findings(chart(*many))
    assert text.count("error[security/root-user]") == 1
    assert f"   = and at {20 - 1 - PLACES} more places; --all shows them\n" in text
    assert findings(chart(*many), full=True).count("error[security/root-user]") == 20


def test_notes_on_objects_of_dependencies_are_one_line_and_all_shows_each() -> None:
    notes = [
        finding(
            rule=rule,
            severity=Severity.NOTE,
            message=f"dependency {name}: Pod a: is wrong",
            dependency=name,
            summary=True,
        )
        for rule in ("security/root-user", "security/latest-tag")
        for name in ("db", "cache")
    ]
    text = render(run(chart(*notes)), width=120)
    assert (
        "note: in objects of dependencies db, cache: security/root-user, security/latest-tag; --all shows them\n"
        in text
    )
    assert "is wrong" not in text
    assert render(run(chart(*notes)), full=True).count("is wrong") == 4
    assert "is wrong" in render(run(chart(notes[0])))


def test_a_waived_finding_stays_with_its_reasons() -> None:
    waived = finding(waived=WAIVED._replace(approved_by="the platform team"))
    text = render(run(chart(waived)), width=200)
    place = "charts/web/templates/deployment.yaml:31:11"
    why = "runs as root unless the image says otherwise: the vendor's image (until 2027-01-31)"
    assert f"waived[security/root-user]: {place}: {why}\n" in text
    full = render(run(chart(waived)), full=True)
    assert (
        "   = waived at .helm-constitution.yaml:12 (until 2027-01-31) (approved by the platform team): the\n"
        "     vendor's image\n"
        "   = simpler alternative rejected: there is no other\n"
    ) in full
    assert "\ngate: pass; 0 errors, 1 waived; " in text
    assert "Fix first" not in text


def test_debt_is_counted_and_all_shows_each() -> None:
    debt = finding(debt=Debt("2026-01-02"))
    text = findings(chart(debt, debt, finding()))
    assert "debt: 2 accepted: security/root-user; --all shows them\n" in text
    assert text.count("runs as root") == 1
    assert "\ngate: fail; 1 error, 2 in debt; " in text
    full = findings(chart(debt, finding()), full=True)
    assert "debt[security/root-user]: runs as root" in full
    assert "   = accepted on 2026-01-02\n" in full


def test_stale_waivers_are_named_and_counted() -> None:
    text = render(run(chart(stale=(STALE,))))
    assert (
        "error: stale waiver of security/root-user: it expired on 2026-01-31\n  --> .helm-constitution.yaml:12\n"
        in text
    )
    assert "\ngate: fail; 0 errors, 1 stale waiver; " in text


def test_a_parent_place_says_so_and_has_no_caret() -> None:
    location = Location(Base.CHART, "templates/a.yaml", 3, 1, 3, 9, Precision.PARENT)
    text = render(run(chart(finding(location=location))))
    assert "  --> charts/web/templates/a.yaml:3:1 (missing here)\n" in text
    assert "^" not in text


def test_an_objects_place_that_is_only_a_file_says_so() -> None:
    location = Location(Base.CHART, "templates/a.yaml", precision=Precision.FILE)
    assert "  --> charts/web/templates/a.yaml (line not certain)\n" in render(run(chart(finding(location=location))))
    rest = finding(location=location, object=None)
    assert "  --> charts/web/templates/a.yaml\n" in render(run(chart(rest)))


def test_a_finding_without_a_place_says_so() -> None:
    text = render(run(chart(finding(location=Location(Base.CHART, None, precision=Precision.NONE), source_line=None))))
    assert "  --> (no place)\n" in text


def test_a_finding_of_a_packaged_chart_names_the_package() -> None:
    assert "web-1.2.3.tgz!templates/deployment.yaml:31:11" in render(run(chart(finding(), path="web-1.2.3.tgz")))


def test_what_could_not_be_checked_is_named_with_its_place() -> None:
    trouble = Trouble("scenario", "undefined function", scenario="ci/a-values.yaml", file="templates/a.yaml", line=3)
    assert "could not check: charts/web/templates/a.yaml:3: undefined function (scenario ci/a-values.yaml)" in render(
        run(chart(troubles=(trouble,)))
    )


def test_what_stopped_several_scenarios_is_said_once() -> None:
    troubles = tuple(Trouble("scenario", "no redis", scenario=f"ci/{name}-values.yaml") for name in "abc")
    text = render(run(chart(troubles=troubles)))
    assert "could not check: no redis (scenarios ci/a-values.yaml, ci/b-values.yaml and 1 more)" in text
    assert text.count("could not check") == 1


def test_input_that_several_scenarios_need_is_asked_for_once() -> None:
    scenarios = tuple(
        ScenarioReport(name, Status.NEEDS_INPUT, "set the password") for name in ("defaults", "ci/a.yaml")
    )
    assert "needs input (defaults, ci/a.yaml): set the password" in render(run(chart(scenarios=scenarios)))


def test_many_scenarios_are_counted_and_all_names_them() -> None:
    names = ["defaults", *(f"ci/{number}-values.yaml" for number in range(6))]
    scenarios = tuple(
        ScenarioReport(name, Status.FAILED if name == "ci/3-values.yaml" else Status.RENDERED, None) for name in names
    )
    assert "scenarios: 6 rendered, 1 failed (ci/3-values.yaml)\n" in render(run(chart(scenarios=scenarios)))
    assert "ci/0-values.yaml, ci/1-values.yaml" in render(run(chart(scenarios=scenarios)), full=True)


def test_many_statements_unchecked_for_one_reason_are_counted_and_all_lists_them() -> None:
    reports = tuple(
        statement(f"Statement {line}.", line, Verdict.UNCHECKED, reason=f"no scenario rendered (security/rule-{line})")
        for line in range(1, 6)
    )
    principle = PrincipleReport("security", "Security", Verdict.UNCHECKED, "", reports)
    text = render(run(chart(principles=(principle,))))
    assert "unchecked: 5 statements (no scenario rendered); --all lists them\n" in text
    assert "Statement 1." not in text
    full = render(run(chart(principles=(principle,))), full=True)
    assert "unchecked: line 1, MUST: Statement 1. (no scenario rendered (security/rule-1))\n" in full


def test_a_scenario_that_needs_input_shows_the_charts_own_message() -> None:
    scenarios = (ScenarioReport("defaults", Status.NEEDS_INPUT, "set the password"),)
    text = render(run(chart(scenarios=scenarios)))
    assert "scenarios: defaults (needs-input)" in text
    assert "needs input (defaults): set the password" in text


def test_several_charts_have_a_table_of_charts_and_principles_and_are_counted_together() -> None:
    lines = render(run(chart(finding()), chart(finding(severity=Severity.WARNING), name="api"))).splitlines()
    assert lines[-4:] == [
        "web 1.2.3  fail   fail      unchecked",
        "api 1.2.3  pass   fail      unchecked",
        "",
        "FAIL  2 charts: 1 error, 1 warning",
    ]


def test_colour_is_there_only_when_asked_for() -> None:
    assert "\x1b[" not in render(run(chart(finding())))
    assert "\x1b[1;31merror\x1b[0m[security/root-user]: " in render(run(chart(finding())), colour=True)


def test_a_charts_text_cant_steer_the_terminal() -> None:
    text = render(run(chart(finding(message="x\x1b[2J\ny", source_line="a: \x1b]0;t\x07"))))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert clean("a\tb\x1bc") == "a b�c"


@pytest.mark.parametrize("width", [80, 100, 200])
def test_a_long_source_line_is_cut_around_the_place(width: int) -> None:
    line = "x" * 300 + "key: v" + "y" * 300
    location = Location(Base.CHART, "a.yaml", 1, 301, 1, 307, Precision.EXACT)
    text = render(run(chart(finding(location=location, source_line=line))), width=width)
    lines = text.splitlines()
    source = next(line for line in lines if "key: v" in line)
    carets = lines[lines.index(source) + 1]
    assert len(source) <= width
    assert carets.index("^") == source.index("key: v")
    assert carets.count("^") == 6


def test_shorten_makes_one_line() -> None:
    assert shorten("a\n  b", 10) == "a b"
    assert shorten("a" * 20, 10) == "a" * 9 + "…"
