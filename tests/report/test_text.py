"""The report for a person."""

from __future__ import annotations

from helm_constitution.core.model import Base, Debt, Location, ObjectRef, Precision, Severity, Status, Trouble, Verdict
from helm_constitution.report.model import PrincipleReport, ScenarioReport
from helm_constitution.report.text import SHOWN, render
from helm_constitution.report.words import clean, shorten
from tests.report.support import STALE, WAIVED, chart, finding, run, statement


def test_a_finding_shows_place_rule_message_line_caret_object_and_related_place() -> None:
    text = render(run(chart(finding())))
    assert (
        "  charts/web/templates/deployment.yaml:31:11: error security/root-user: "
        "runs as root unless the image says otherwise\n"
        "     31 |           securityContext:\n"
        "                    ^^^^^^^^^^^^^^^^\n"
        "        in Deployment web, container web, spec.template.spec.containers[0].securityContext\n"
        "        see charts/web/values.yaml:44:1: decided by securityContext\n"
    ) in text


def test_findings_stand_under_their_principle_and_the_table_closes() -> None:
    lines = render(run(chart(finding()))).splitlines()
    assert lines.index("Security by Default · fail") < lines.index("Testing · unchecked")
    assert "Security by Default  fail       1 of 2 containers" in lines
    assert "Testing              unchecked  nothing here can be checked" in lines
    assert lines[0] == "FAIL  web 1.2.3: 1 error (constitution: constitution.md 1.0.0)"
    assert lines[-1] == "gate: fail; 1 error; 2 statements, 1 unchecked; 3 rules not demanded by this constitution"


def test_an_unchecked_statement_is_named_with_its_reason() -> None:
    assert "  unchecked line 70, MUST: Clusters are tried. (no rule checks this)" in render(run(chart()))


def test_one_place_with_several_objects_is_shown_once() -> None:
    other = finding(
        object=ObjectRef("apps/v1", "DaemonSet", "web", None, "web", "spec"), scenarios=("ci/d-values.yaml",)
    )
    text = render(run(chart(finding(), other)))
    assert text.count("templates/deployment.yaml:31:11") == 1
    assert "        in Deployment web, container web\n" in text
    assert "        in DaemonSet web, container web (only with ci/d-values.yaml)\n" in text


def test_a_long_list_is_shortened_with_a_count_and_a_hint_and_all_shows_it() -> None:
    many = [finding(location=Location(Base.CHART, "values.yaml", line, 1)) for line in range(1, 21)]
    text = render(run(chart(*many)))
    assert text.count("error security/root-user") == SHOWN
    assert f"… {20 - SHOWN} more of security/root-user; --all shows them" in text
    assert render(run(chart(*many)), full=True).count("error security/root-user") == 20


def test_the_same_words_of_several_lines_of_a_file_are_said_once_and_all_shows_each() -> None:
    many = [finding(location=Location(Base.CHART, "a.yaml", line, 1), object=None) for line in (3, 5, 8)]
    text = render(run(chart(*many)))
    assert text.count("error security/root-user") == 1
    assert "charts/web/a.yaml:3:1: error" in text
    assert "        also at lines 5, 8\n" in text
    assert render(run(chart(*many)), full=True).count("error security/root-user") == 3


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
    text = render(run(chart(*notes)))
    assert (
        "  note in objects of dependencies db, cache: security/root-user, security/latest-tag; --all shows them\n"
        in text
    )
    assert "is wrong" not in text
    assert render(run(chart(*notes)), full=True).count("is wrong") == 4
    assert "is wrong" in render(run(chart(notes[0])))


def test_a_waived_finding_stays_with_its_reasons() -> None:
    text = render(run(chart(finding(waived=WAIVED._replace(approved_by="the platform team")))))
    assert "templates/deployment.yaml:31:11: waived security/root-user: runs as root unless" in text
    assert (
        "        waived at .helm-constitution.yaml:12 (until 2027-01-31) (approved by the platform team): "
        "the vendor's image\n"
        "        simpler alternative rejected: there is no other\n"
    ) in text
    assert text.splitlines()[-1].startswith("gate: pass; 0 errors, 1 waived; ")


def test_debt_is_counted_and_all_shows_each() -> None:
    debt = finding(debt=Debt("2026-01-02"))
    text = render(run(chart(debt, debt, finding())))
    assert "  debt 2 accepted: security/root-user; --all shows them\n" in text
    assert text.count("runs as root") == 1
    assert text.splitlines()[-1].startswith("gate: fail; 1 error, 2 in debt; ")
    full = render(run(chart(debt, finding())), full=True)
    assert "31:11: debt security/root-user: runs as root" in full
    assert "        accepted on 2026-01-02\n" in full


def test_stale_waivers_are_named_and_counted() -> None:
    text = render(run(chart(stale=(STALE,))))
    assert ".helm-constitution.yaml:12: stale waiver of security/root-user: it expired on 2026-01-31\n" in text
    assert text.splitlines()[-1].startswith("gate: fail; 0 errors, 1 stale waiver; ")


def test_one_more_than_shown_is_shown_rather_than_counted() -> None:
    many = [finding(location=Location(Base.CHART, "values.yaml", line, 1)) for line in range(1, SHOWN + 2)]
    assert "more of" not in render(run(chart(*many)))


def test_a_parent_place_says_so_and_has_no_caret() -> None:
    location = Location(Base.CHART, "templates/a.yaml", 3, 1, 3, 9, Precision.PARENT)
    text = render(run(chart(finding(location=location))))
    assert "charts/web/templates/a.yaml:3:1 (nearest parent): error" in text
    assert "^" not in text


def test_an_objects_place_that_is_only_a_file_says_so() -> None:
    location = Location(Base.CHART, "templates/a.yaml", precision=Precision.FILE)
    assert "charts/web/templates/a.yaml (line not certain): error" in render(run(chart(finding(location=location))))
    rest = finding(location=location, object=None)
    assert "charts/web/templates/a.yaml: error" in render(run(chart(rest)))


def test_a_finding_without_a_place_says_so() -> None:
    text = render(run(chart(finding(location=Location(Base.CHART, None, precision=Precision.NONE), source_line=None))))
    assert "  (no place): error security/root-user" in text


def test_a_finding_of_a_packaged_chart_names_the_package() -> None:
    assert "web-1.2.3.tgz!templates/deployment.yaml:31:11" in render(run(chart(finding(), path="web-1.2.3.tgz")))


def test_what_could_not_be_judged_is_named_with_its_place() -> None:
    trouble = Trouble("scenario", "undefined function", scenario="ci/a-values.yaml", file="templates/a.yaml", line=3)
    assert "could not judge: charts/web/templates/a.yaml:3: undefined function (scenario ci/a-values.yaml)" in render(
        run(chart(troubles=(trouble,)))
    )


def test_what_stopped_several_scenarios_is_said_once() -> None:
    troubles = tuple(Trouble("scenario", "no redis", scenario=f"ci/{name}-values.yaml") for name in "abc")
    text = render(run(chart(troubles=troubles)))
    assert "could not judge: no redis (scenarios ci/a-values.yaml, ci/b-values.yaml and 1 more)" in text
    assert text.count("could not judge") == 1


def test_input_that_several_scenarios_need_is_asked_for_once() -> None:
    scenarios = tuple(
        ScenarioReport(name, Status.NEEDS_INPUT, "set the password") for name in ("defaults", "ci/a.yaml")
    )
    assert "needs input (defaults, ci/a.yaml): set the password" in render(run(chart(scenarios=scenarios)))


def test_many_scenarios_are_counted_and_all_names_them() -> None:
    names = ["defaults", *(f"ci/{number}-values.yaml" for number in range(SHOWN + 1))]
    scenarios = tuple(
        ScenarioReport(name, Status.FAILED if name == "ci/3-values.yaml" else Status.RENDERED, None) for name in names
    )
    assert f"scenarios: {SHOWN + 1} rendered, 1 failed (ci/3-values.yaml)\n" in render(run(chart(scenarios=scenarios)))
    assert "ci/0-values.yaml, ci/1-values.yaml" in render(run(chart(scenarios=scenarios)), full=True)


def test_many_statements_unchecked_for_one_reason_are_counted_and_all_lists_them() -> None:
    reports = tuple(
        statement(f"Statement {line}.", line, Verdict.UNCHECKED, reason=f"no scenario rendered (security/rule-{line})")
        for line in range(1, SHOWN + 1)
    )
    principle = PrincipleReport("security", "Security", Verdict.UNCHECKED, "", reports)
    text = render(run(chart(principles=(principle,))))
    assert f"  unchecked {SHOWN} statements (no scenario rendered); --all lists them\n" in text
    assert "Statement 1." not in text
    full = render(run(chart(principles=(principle,))), full=True)
    assert "  unchecked line 1, MUST: Statement 1. (no scenario rendered (security/rule-1))\n" in full


def test_a_scenario_that_needs_input_shows_the_charts_own_message() -> None:
    scenarios = (ScenarioReport("defaults", Status.NEEDS_INPUT, "set the password"),)
    text = render(run(chart(scenarios=scenarios)))
    assert "scenarios: defaults (needs-input)" in text
    assert "needs input (defaults): set the password" in text


def test_rules_that_were_only_selected_have_a_heading_of_their_own() -> None:
    lines = render(run(chart(finding(statements=())))).splitlines()
    assert "Selected rules" in lines


def test_several_charts_are_counted_together() -> None:
    text = render(run(chart(finding()), chart(finding(severity=Severity.WARNING))))
    assert "2 charts: 1 error, 1 warning" in text


def test_colour_is_there_only_when_asked_for() -> None:
    assert "\x1b[" not in render(run(chart(finding())))
    assert "\x1b[1;31merror\x1b[0m" in render(run(chart(finding())), colour=True)


def test_a_charts_text_cant_steer_the_terminal() -> None:
    text = render(run(chart(finding(message="x\x1b[2J\ny", source_line="a: \x1b]0;t\x07"))))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert clean("a\tb\x1bc") == "a b�c"


def test_a_long_source_line_is_cut_around_the_place() -> None:
    line = "x" * 300 + "key: v" + "y" * 300
    location = Location(Base.CHART, "a.yaml", 1, 301, 1, 307, Precision.EXACT)
    lines = render(run(chart(finding(location=location, source_line=line)))).splitlines()
    source = next(line for line in lines if "key: v" in line)
    caret = lines[lines.index(source) + 1]
    assert len(source) < 120
    assert caret.index("^") == source.index("key: v")
    assert caret.count("^") == 6


def test_shorten_makes_one_line() -> None:
    assert shorten("a\n  b", 10) == "a b"
    assert shorten("a" * 20, 10) == "a" * 9 + "…"
