"""Every format: the report that is kept of the sample, the same text each time, and its own reader's view of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestSuite

from helm_constitution.core.fixes import Edit, Fix
from helm_constitution.core.model import Base, Debt, Location, Precision, Severity, Trouble, Verdict
from helm_constitution.report import FORMATS, badge, github, gitlab, junit, markdown, renderer, sarif
from helm_constitution.report.model import ChartReport, RuleReport, RunReport
from tests.report.sample import file_of, sample, settled
from tests.report.support import WAIVED, chart, finding, run

SCHEMA = Path(__file__).parent.parent.parent / "testdata" / "schemas" / "sarif-2.1.0-rtm.5.json"


@pytest.fixture(autouse=True)
def _settled() -> Iterator[None]:
    with settled():
        yield


@pytest.mark.parametrize("form", FORMATS)
def test_the_sample_is_reported_as_it_is_kept(form: str) -> None:
    """`python -m tests.report.sample` writes them anew; read the difference before you commit it."""
    assert renderer(form)(sample()) == file_of(form).read_text("utf-8")


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_of_nothing_to_say_is_whole(form: str) -> None:
    text = renderer(form)(run(chart()))
    assert text.endswith("\n") or form == "github"


# SARIF


def sarif_run(text: str) -> Any:
    """The one run of a SARIF report that keeps to the schema."""
    document = json.loads(text)
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft4Validator(schema).validate(document)
    (only,) = document["runs"]
    return only


def test_sarif_keeps_to_its_schema_and_has_what_code_scanning_asks_for() -> None:
    document = json.loads(sarif.render(sample()))
    assert document["$schema"].startswith("https://")
    only = sarif_run(sarif.render(sample()))
    assert only["tool"]["driver"]["name"] == "helm-constitution"
    for described in only["tool"]["driver"]["rules"]:
        assert len(described["shortDescription"]["text"]) <= 1024
        assert len(described["fullDescription"]["text"]) <= 1024
        assert described["help"]["text"]
    for result in only["results"]:
        assert only["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        (location,) = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert not uri.startswith(("/", "file:", ".."))
        region = location["physicalLocation"].get("region")
        assert region is None or sorted(region) == ["endColumn", "endLine", "startColumn", "startLine"]
        assert "primaryLocationLineHash" not in result["partialFingerprints"]


def test_sarif_encodes_what_a_uri_cannot_hold() -> None:
    odd = Location(Base.CHART, "templates/a b%20:ü#?.yaml", 1, 1)
    (result,) = sarif_run(sarif.render(run(chart(finding(location=odd)))))["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "charts/web/templates/a%20b%2520%3A%C3%BC%23%3F.yaml"
    assert unquote(uri) == "charts/web/templates/a b%20:ü#?.yaml"


def test_sarif_has_the_fix_of_each_part_of_a_finding() -> None:
    titles = ["set a", "set b"]
    fixes = [Fix(title, (Edit("values.yaml", 3, 5, 3, 5, "x"),)) for title in titles]
    grouped = finding(fix=fixes[0], members=tuple(finding(fix=fix) for fix in fixes))
    results = sarif_run(sarif.render(run(chart(grouped))))["results"]
    assert [fix["description"]["text"] for result in results for fix in result["fixes"]] == titles


@pytest.mark.parametrize("form", FORMATS)
def test_a_packaged_chart_whose_files_have_fixes(form: str) -> None:
    fix = Fix("set a", (Edit("values.yaml", 3, 5, 3, 5, "x"),))
    text = renderer(form)(run(chart(finding(fix=fix), path="web-1.2.3.tgz", place="web-1.2.3.tgz")))
    assert "artifactChanges" not in text  # which would have to name a file


def test_sarif_names_a_file_outside_the_repository_by_an_absolute_uri() -> None:
    outside = Location(Base.ABSOLUTE, "/etc/prod values.yaml", 3, 1)
    (result,) = sarif_run(sarif.render(run(chart(finding(location=outside)))))["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "file:///etc/prod%20values.yaml"}


def test_sarif_claims_no_line_where_none_is_certain() -> None:
    file_alone = Location(Base.CHART, "templates/a.yaml", precision=Precision.FILE)
    (result,) = sarif_run(sarif.render(run(chart(finding(location=file_alone)))))["results"]
    assert "region" not in result["locations"][0]["physicalLocation"]
    assert result["message"]["text"].endswith("line not certain)")


def test_like_findings_of_two_charts_have_different_fingerprints() -> None:
    two = run(chart(finding()), chart(finding(), place="charts/other"))
    results = sarif_run(sarif.render(two))["results"]
    assert len({result["partialFingerprints"]["helmConstitution/v1"] for result in results}) == 2


def test_sarif_describes_a_rule_of_a_teams_own_from_its_page() -> None:
    page = "A workload has no owner.\n\nWhy: nobody is called.\nFix: Name one."
    own = chart(finding(rule="acme/no-owner"), rules=(RuleReport("acme/no-owner", page=page),))
    (described,) = sarif_run(sarif.render(run(own)))["tool"]["driver"]["rules"]
    assert described == {
        "id": "acme/no-owner",
        "shortDescription": {"text": "A workload has no owner."},
        "fullDescription": {"text": "A workload has no owner. Nobody is called."},
        "help": {
            "text": "Why: nobody is called.\n\nFix: Name one.",
            "markdown": "**Why**: nobody is called.\n\n**Fix**: Name one.",
        },
        "properties": {"tags": ["acme"]},
    }


def test_sarif_says_what_was_not_judged() -> None:
    (invocation,) = sarif_run(sarif.render(sample()))["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    told = [(one["level"], one["descriptor"]["id"]) for one in invocation["toolExecutionNotifications"]]
    assert told == [
        ("note", "notice"),
        ("note", "unchecked"),
        ("error", "could-not-judge/scenario"),
        ("error", "could-not-judge/crash"),
    ]


def test_sarif_leaves_out_the_weakest_of_more_results_than_code_scanning_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sarif, "_RESULTS", 2)
    severities = (Severity.NOTE, Severity.ERROR, Severity.NOTE, Severity.WARNING)
    only = sarif_run(sarif.render(run(chart(*(finding(severity=severity) for severity in severities)))))
    assert [result["level"] for result in only["results"]] == ["error", "warning"]
    (*_, last) = only["invocations"][0]["toolExecutionNotifications"]
    assert last["message"]["text"].startswith("2 more findings, the least severe, are omitted")


def test_sarif_suppresses_what_is_waived_or_debt_and_keeps_the_reason() -> None:
    results = sarif_run(sarif.render(sample()))["results"]
    assert [result["suppressions"] for result in results if "suppressions" in result] == [
        [
            {
                "kind": "external",
                "status": "accepted",
                "justification": "waived: the vendor's image (until 2027-01-31)",
                "location": {
                    "physicalLocation": {
                        "artifactLocation": {"uri": ".helm-constitution.yaml", "uriBaseId": "%SRCROOT%"},
                        "region": {"startLine": 12, "startColumn": 1, "endLine": 12, "endColumn": 1},
                    }
                },
            }
        ],
        [
            {
                "kind": "inSource",
                "status": "accepted",
                "justification": "waived: it only tests",
                "location": {
                    "physicalLocation": {
                        "artifactLocation": {
                            "uri": "charts/web/templates/deployment.yaml",
                            "uriBaseId": "%SRCROOT%",
                        },
                        "region": {"startLine": 30, "startColumn": 1, "endLine": 30, "endColumn": 1},
                    }
                },
            }
        ],
        [{"kind": "external", "status": "accepted", "justification": "debt since 2026-11-01"}],
    ]


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"badge"}))
def test_what_is_waived_or_debt_is_shown_as_such_and_a_stale_waiver_is_named(form: str) -> None:
    report = " ".join(renderer(form)(sample()).split())
    for words in ("in the job", "the vendor's image", "in the test", "it only tests", "in the hook", "2026-11-01"):
        if form != "text" or words not in ("in the hook", "2026-11-01"):  # counted there, and shown by --all
            assert words in report, words
    assert "stale" in report
    assert "it expired on 2026-01-31" in report


@pytest.mark.parametrize("changes", [{"waived": WAIVED}, {"debt": Debt("2026-11-01")}])
def test_what_is_waived_or_debt_fails_nothing(changes: Any) -> None:
    judged = run(chart(finding(**changes)))
    assert judged.status == 0
    assert suites(junit.render(judged))[0].failures == 0
    assert github.render(judged).startswith("::notice ")
    assert json.loads(gitlab.render(judged))[0]["severity"] == "info"
    assert markdown.render(judged).startswith("## helm-constitution: gate: ✅ pass\n")


# JUnit


def suites(text: str) -> list[TestSuite]:
    """The suites as junitparser reads them."""
    parsed = JUnitXml.fromstring(text.encode("utf-8"))
    assert isinstance(parsed, JUnitXml)
    return list(parsed)


def test_junitparser_reads_suites_cases_and_counts() -> None:
    web, api = suites(junit.render(sample()))
    assert (web.name, web.tests, web.failures, web.errors, web.skipped) == ("web 1.2.3 (charts/web)", 7, 4, 0, 1)
    assert (api.name, api.tests, api.failures, api.errors, api.skipped) == (
        "api 2.0.0 (dist/api-2.0.0.tgz)",
        4,
        1,
        2,
        1,
    )
    outcomes = {case.name: [type(result) for result in case.result] for case in web}
    assert outcomes == {
        "security/root-user": [Failure],
        "security/latest-tag": [],
        "docs/no-readme": [],
        "security/capabilities": [Failure],
        "security/privilege-escalation": [Failure],
        "stale-waiver": [Failure],
        "line 70, MUST: Clusters are tried.": [Skipped],
    }
    assert {case.name: [type(result) for result in case.result] for case in api} == {
        "security/root-user": [Failure],
        "values/unused": [Skipped],
        "scenario defaults": [Error],
        "security/latest-tag": [Error],
    }


def test_a_warning_fails_its_case_where_it_fails_the_gate() -> None:
    judged = chart(finding(severity=Severity.WARNING))
    assert suites(junit.render(run(judged)))[0].failures == 0
    assert "warning: runs as root" in junit.render(run(judged))
    assert suites(junit.render(run(judged._replace(limit=Severity.WARNING))))[0].failures == 1
    assert suites(junit.render(run(chart(finding(), limit=None))))[0].failures == 0


# GitHub


def test_annotations_are_the_worst_first_and_one_of_each_rule_before_a_second() -> None:
    def one(rule: str, severity: Severity, line: int) -> Any:
        return finding(rule=rule, severity=severity, location=Location(Base.CHART, "values.yaml", line))

    findings = [
        one("a/a", Severity.NOTE, 1),
        one("a/b", Severity.ERROR, 2),
        one("a/b", Severity.ERROR, 3),
        one("a/c", Severity.ERROR, 4),
        one("a/d", Severity.WARNING, 5),
    ]
    lines = [line.split(",")[:2] for line in github.render(run(chart(*findings))).splitlines()]
    assert lines == [
        ["::notice file=charts/web/Chart.yaml", "title=gate%3A fail::FAIL  web 1.2.3: 3 errors"],
        ["::error file=charts/web/values.yaml", "line=2"],
        ["::error file=charts/web/values.yaml", "line=4"],
        ["::error file=charts/web/values.yaml", "line=3"],
        ["::warning file=charts/web/values.yaml", "line=5"],
        ["::notice file=charts/web/values.yaml", "line=1"],
    ]


def test_an_annotation_escapes_what_ends_a_property_or_a_line() -> None:
    odd = Location(Base.CHART, "a:b,c%.yaml", 1)
    text = github.render(run(chart(finding(location=odd, message="50%\r\n::error::x", object=None))))
    assert text.splitlines()[1:] == [
        "::error file=charts/web/a%3Ab%2Cc%25.yaml,line=1,title=security/root-user::50%25  ::error::x"
    ]


# GitLab


def test_gitlab_has_each_field_that_the_widget_asks_for() -> None:
    issues = json.loads(gitlab.render(sample()))
    for issue in issues:
        assert sorted(issue) == ["check_name", "description", "fingerprint", "gate", "location", "severity"]
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["location"]["lines"]["begin"] >= 1
        assert not issue["location"]["path"].startswith(("/", "./"))
    assert [issue["severity"] for issue in issues] == [
        *("major", "minor", "info", "info", "info", "info", "major", "major", "major"),
        *("blocker", "blocker", "major"),
    ]


def test_gitlab_fingerprints_are_unique_even_where_a_chart_is_given_twice() -> None:
    issues = json.loads(gitlab.render(run(chart(finding()), chart(finding()), chart(finding(), place="charts/other"))))
    assert len({issue["fingerprint"] for issue in issues}) == 3


# Markdown


def test_markdown_folds_long_lists_and_counts_what_it_leaves_out() -> None:
    many = [
        finding(message=f"value {line} is bad", location=Location(Base.CHART, "values.yaml", line))
        for line in range(1, 31)
    ]
    text = markdown.render(run(chart(*many)))
    assert text.count("**error**") == 10
    assert "- … 20 more of `security/root-user`" in text
    assert "_10 of 30 findings are listed; the other formats have all of them._" in text
    assert "<details><summary>30 errors</summary>" in text
    assert "<details open>" in markdown.render(run(chart(finding())))


def test_one_message_at_several_places_is_one_entry() -> None:
    many = [finding(location=Location(Base.CHART, "values.yaml", line), object=None) for line in (3, 5)]
    assert (
        "- **error** `security/root-user`: runs as root unless the image says otherwise\n"
        "  - `charts/web/values.yaml:3`\n"
        "  - `charts/web/values.yaml:5`\n"
    ) in markdown.render(run(chart(*many)))


@pytest.mark.parametrize(("charts", "findings"), [(1, 3000), (60, 60), (900, 3)])
def test_markdown_fits_in_a_comment_whatever_there_is_to_say(charts: int, findings: int) -> None:
    those = [
        finding(rule=f"security/rule-{number % 97}", message=f"{number} " + "ü<" * 60) for number in range(findings)
    ]
    text = markdown.render(run(*(chart(*those, name=f"web-{number}") for number in range(charts))))
    assert len(text.encode()) <= markdown.LIMIT
    assert "findings are listed" in text
    assert text.startswith("## helm-constitution: gate: ❌ fail\n")
    assert text.count("web-0 ") >= 1


def test_markdown_says_in_its_title_how_the_gate_went() -> None:
    assert markdown.render(run(chart())).startswith("## helm-constitution: gate: ✅ pass\n")
    assert markdown.render(run(chart(finding(), limit=None))).startswith("## helm-constitution: gate: ✅ pass\n")
    assert markdown.render(run(chart(finding()))).startswith("## helm-constitution: gate: ❌ fail\n")
    assert markdown.render(sample()).startswith("## helm-constitution: gate: ⛔ error\n")
    assert "❔ unchecked" in markdown.render(run(chart(verdict=Verdict.UNCHECKED)))


def test_markdown_of_many_charts_fills_its_room_with_the_worst_of_each() -> None:
    def some(name: str, count: int) -> ChartReport:
        found = [
            finding(
                rule=f"acme/rule-{number}",
                severity=Severity.ERROR if number < 3 else Severity.WARNING,
                message=f"{name} is wrong in way {number}, and this is told at some length",
                fingerprint=f"{name}{number}",
            )
            for number in range(count)
        ]
        return chart(*found, name=name, path=f"charts/{name}", place=f"charts/{name}")

    charts = [some(f"chart-{number}", 27 + number) for number in range(20)]
    text = markdown.render(run(*charts))
    assert 0.9 * markdown.LIMIT <= len(text.encode()) <= markdown.LIMIT
    for one in charts:
        assert all(f"{one.name} is wrong in way {number}," in text for number in range(3))
    assert f" of {sum(len(one.findings) for one in charts)} findings are listed" in text


# The badge


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (run(chart()), "pass"),
        (run(chart(finding())), "1 error"),
        (run(chart(finding(), finding())), "2 errors"),
        (run(chart(finding(severity=Severity.WARNING), limit=Severity.WARNING)), "fail"),
        (run(chart(finding(), troubles=(Trouble("crash", "rule x crashed"),))), "error"),
    ],
)
def test_the_badge_says_how_the_gate_went(report: RunReport, words: str) -> None:
    drawing = ElementTree.fromstring(badge.render(report))
    assert drawing.attrib["aria-label"] == f"constitution: {words}"
    assert [one.text for one in drawing.iter("{http://www.w3.org/2000/svg}text")] == ["constitution", words]
