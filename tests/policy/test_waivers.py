"""Waivers: what may stay, for how long, and what of it fails the gate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from helm_constitution.check import pipeline
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.model import Verdict
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import HelmEngine, Limits, Pending, RenderOutput, RenderRequest
from helm_constitution.report.model import ChartReport
from tests.support import WEB, write

pytestmark = pytest.mark.helm

REASONS = """
    why_needed: the vendor's image
    simpler_alternative_rejected_because: there is no other
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[HelmEngine]:
    engine = choose_engine("embedded", Limits())
    yield engine
    engine.close()


class Team:
    """A repository with one chart, and checks of it."""

    def __init__(self, root: Path, engine: HelmEngine) -> None:
        self.root = write(root, {**WEB, ".git/HEAD": ""})
        self.engine = engine

    def check(self, files: Mapping[str, str] | None = None, **options: Any) -> ChartReport:
        write(self.root, files or {})
        chosen = CheckOptions(constitution=self.root / "constitution.md", **{"today": "2026-06-15", **options})
        return pipeline.run(CheckRequest(self.root / "web", self.engine, chosen))

    def waive(self, waiver: str, **options: Any) -> ChartReport:
        """Checks with one waiver in the configuration; it gets the two reasons."""
        lines = "".join(f"    {line.strip()}\n" for line in (waiver + REASONS).splitlines() if line.strip())
        return self.check({".helm-constitution.yaml": f"waivers:\n  - chart: web\n{lines}"}, **options)

    def replace(self, file: str, old: str, new: str) -> None:
        path = self.root / file
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def team(tmp_path: Path, engine: HelmEngine) -> Team:
    return Team(tmp_path, engine)


def waived(report: ChartReport) -> list[str]:
    """Rule and container (or file) of what is waived."""
    return [
        f"{one.rule} {one.object.container if one.object else one.location.file}"
        for one in report.findings
        if one.waived
    ]


def verdicts(report: ChartReport) -> dict[str, str]:
    return {principle.key: principle.verdict.label for principle in report.principles}


def test_without_waivers_the_four_findings_are_active(team: Team) -> None:
    report = team.check()
    assert waived(report) == []
    assert len(report.findings) == 4
    assert report.status == 1


# --- in the configuration ---------------------------------------------------------------------------------------------


def test_a_waived_finding_stays_with_its_reasons_and_place(team: Team) -> None:
    report = team.waive("rule: docs/no-readme\nexpires: 2026-06-15\napproved_by: the platform team")
    (finding,) = [one for one in report.findings if one.rule == "docs/no-readme"]
    assert finding.waived is not None
    assert finding.waived.why_needed == "the vendor's image"
    assert finding.waived.simpler_alternative_rejected_because == "there is no other"
    assert finding.waived.expires == "2026-06-15"
    assert finding.waived.approved_by == "the platform team"
    location = finding.waived.location
    assert (location.base.value, location.file, location.line) == ("repo", ".helm-constitution.yaml", 2)
    assert verdicts(report) == {"security": "fail", "docs": "waived", "values": "fail"}
    assert report.stale == ()


@pytest.mark.parametrize(
    ("waiver", "expected"),
    [
        ("rule: docs/no-readme", ["docs/no-readme Chart.yaml"]),
        ("principle: docs", ["docs/no-readme Chart.yaml"]),
        ("principle: values", ["values/unused values.yaml"]),
        ("rule: values/unused\nfile: values.yaml", ["values/unused values.yaml"]),
        ("rule: values/unused\nfile: '*.yaml'", ["values/unused values.yaml"]),
        ("rule: values/unused\nvalues: notes", ["values/unused values.yaml"]),
        (
            "rule: security/privileged\nobject: Deployment/release-name-web\ncontainer: proxy",
            ["security/privileged proxy"],
        ),
        ("rule: security/privileged\nobject: Deployment/*\ncontainer: web", ["security/privileged web"]),
    ],
)
def test_what_a_waiver_covers(team: Team, waiver: str, expected: list[str]) -> None:
    report = team.waive(waiver)
    assert waived(report) == expected
    assert report.stale == ()


@pytest.mark.parametrize(
    "waiver",
    [
        "rule: values/unused\nfile: templates/deployment.yaml",
        "rule: values/unused\nvalues: image",
        "rule: values/unused\nvalues: nothing.there",
        "rule: values/unused\nobject: Deployment/release-name-web",
    ],
)
def test_an_unused_waiver_of_a_rule_that_ran_fails_the_gate(team: Team, waiver: str) -> None:
    report = team.waive(waiver)
    assert waived(report) == []
    (stale,) = report.stale
    assert (stale.waives, stale.reason) == ("values/unused", "unused waiver: no finding matches it; remove it")
    assert (stale.location.file, stale.location.line) == (".helm-constitution.yaml", 2)
    assert report.verdict is Verdict.FAIL
    assert report.status == 1


def test_an_unused_waiver_of_rendered_objects_is_told_only_where_everything_was_rendered(team: Team) -> None:
    waiver = "rule: security/privileged\nobject: Deployment/other"
    assert team.waive(waiver).stale == ()
    (stale,) = team.waive(waiver, scenarios="full").stale
    assert stale.waives == "security/privileged"


def test_an_unused_waiver_of_a_rule_that_did_not_run_says_nothing(team: Team) -> None:
    assert team.waive("rule: values/key-style").stale == ()
    assert team.waive("rule: values/unused\nfile: none", ignore=("values/unused",)).stale == ()
    assert team.waive("principle: helm").stale == ()


def test_an_unused_waiver_by_principle_is_told(team: Team) -> None:
    write(team.root, {"web/README.md": "# web\n"})
    (stale,) = team.waive("principle: docs").stale
    assert stale.waives == "docs"


def test_an_expired_waiver_waives_nothing_and_fails_the_gate(team: Team) -> None:
    waiver = "rule: docs/no-readme\nexpires: 2026-06-14"
    report = team.waive(waiver)
    assert waived(report) == []
    (stale,) = report.stale
    assert stale.reason == "it expired on 2026-06-14"
    assert report.status == 1
    assert team.waive(waiver, fail_on="never").status == 0


def test_security_is_never_waived_by_another_principle(team: Team) -> None:
    team.replace("constitution.md", "docs/no-readme -->", "docs/no-readme, security/privileged -->")
    assert waived(team.waive("principle: docs")) == ["docs/no-readme Chart.yaml"]


def test_a_security_waiver_that_fits_two_places_waives_neither(team: Team) -> None:
    report = team.waive("rule: security/privileged\nfile: templates/deployment.yaml")
    assert waived(report) == []
    (stale,) = report.stale
    assert stale.reason == "it matches 2 places, but security findings must be waived one by one: narrow it"
    assert report.status == 1


def test_one_place_that_is_wrong_in_two_objects_is_one(team: Team) -> None:
    text = (team.root / "web/templates/deployment.yaml").read_text("utf-8")
    ranged = (
        text.replace("-web\n", "-{{ . }}\n").replace("{{ .Release.Name }}", "web").replace("{{ .Values.image }}", "a:1")
    )
    ranged = ranged.replace("privileged: true", "privileged: false", 1)
    write(team.root, {"web/templates/deployment.yaml": f'{{{{- range list "a" "b" }}}}\n---\n{ranged}{{{{- end }}}}\n'})
    report = team.waive("rule: security/privileged\nfile: templates/deployment.yaml")
    assert waived(report) == ["security/privileged proxy"] * 2


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("waivers: {}", 1, "waivers must be a list of maps"),
        ("waivers:\n  - docs", 2, "a waiver must be a map"),
        ("waivers:\n  - rule: docs/no-readme\n    chart: web\n    why: x", 4, "unknown key of a waiver 'why'"),
        ("waivers:\n  - why_needed: x", 2, "a waiver must name a rule or a principle"),
        ("waivers:\n  - rule: docs/no-readme\n    principle: docs", 2, "a waiver must name a rule or a principle"),
        ("waivers:\n  - rule: docs/no-reedme", 2, "unknown rule 'docs/no-reedme'; did you mean 'docs/no-readme'?"),
        (
            "waivers:\n  - chart: web\n    principle: security",
            3,
            "security findings must be waived one by one: name the rule",
        ),
        ("waivers:\n  - rule: docs/no-readme\n    why_needed: x", 2, "needs simpler_alternative_rejected_because"),
        ("waivers:\n  - rule: docs/no-readme\n    simpler_alternative_rejected_because: x", 2, "needs why_needed"),
        ("waivers:\n  - rule: docs/no-readme\n    why_needed: ''", 3, "why_needed must be a non-empty string"),
        ("waivers:\n  - rule: docs/no-readme\n    why_needed: [a]", 3, "why_needed must be a non-empty string"),
        ("waivers:\n  - rule: security/privileged{reasons}", 2, "name the file, object or values path"),
        ("waivers:\n  - rule: docs/no-readme\n    container: a{reasons}", 3, "name the object too"),
        ("waivers:\n  - rule: docs/no-readme\n    object: web{reasons}", 3, "like Deployment/web"),
        ("waivers:\n  - rule: docs/no-readme{reasons}", 2, "the waiver must name its chart"),
        ("waivers:\n  - rule: docs/no-readme\n    chart: wbe{reasons}", 3, "no such chart: wbe"),
        ("waivers:\n  - rule: docs/no-readme\n    chart: web\n    expires: soon{reasons}", 4, "a date like 2030-12-31"),
        ("waivers:\n  - rule: docs/no-readme\n    chart: web\n    expires: 20301231{reasons}", 4, "a date like"),
        ("waivers:\n  - rule: docs/no-readme\n    chart: web\n    expires: 2030-02-31{reasons}", 4, "a date like"),
        (
            "waivers:\n  - principle: dosc\n    chart: web{reasons}",
            2,
            "unknown principle 'dosc' in a waiver; did you mean 'docs'?",
        ),
    ],
)
def test_a_faulty_waiver_is_an_error_with_its_line(team: Team, text: str, line: int, words: str) -> None:
    reasons = REASONS.rstrip()
    with pytest.raises(ConfigurationError) as caught:
        team.check({".helm-constitution.yaml": text.replace("{reasons}", reasons) + "\n"})
    assert words in caught.value.message
    assert caught.value.line == line
    assert str(caught.value.file).endswith(".helm-constitution.yaml")


def test_a_waiver_beside_its_chart_needs_no_chart_and_one_of_another_chart_is_left_alone(team: Team) -> None:
    text = f"waivers:\n  - rule: docs/no-readme{REASONS}"
    assert waived(team.check({"web/.helm-constitution.yaml": text})) == ["docs/no-readme Chart.yaml"]
    (team.root / "web/.helm-constitution.yaml").unlink()
    write(team.root, {"other/Chart.yaml": WEB["web/Chart.yaml"]})
    report = team.check({".helm-constitution.yaml": text.replace("  - rule", "  - chart: other\n    rule")})
    assert waived(report) == []
    assert report.stale == ()


# --- in place ---------------------------------------------------------------------------------------------------------

ALLOW = "constitution: allow"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("notes: none", f"notes: none # {ALLOW} values/unused -- kept for old users", ["values/unused values.yaml"]),
        ("notes: none", f"# {ALLOW} values/unused -- kept\nnotes: none", ["values/unused values.yaml"]),
        ("# Where", f"# {ALLOW} values/unused -- kept\n# Where", ["values/unused values.yaml"]),
        ("image: web", f"image: web # {ALLOW} values/unused -- kept", []),
        ("notes: none", f"# {ALLOW} values/unused -- kept\n\nnotes: none", []),
    ],
)
def test_a_comment_covers_its_own_line_or_the_next(team: Team, old: str, new: str, expected: list[str]) -> None:
    team.replace("web/values.yaml", old, new.replace("image: web #", "image: web:1.2.3 #"))
    if old.startswith("image"):
        team.replace("web/values.yaml", "kept:1.2.3", "kept")
    report = team.check()
    assert waived(report) == expected
    assert [stale.reason for stale in report.stale] == (
        [] if expected else ["unused waiver: no finding matches it; remove it"]
    )


@pytest.mark.parametrize(
    "comment",
    [
        f"# {ALLOW} security/privileged -- the proxy opens port 80",
        f"{{{{/* {ALLOW} security/privileged -- the proxy opens port 80 */}}}}",
        f"{{{{- /* {ALLOW} security/privileged -- the proxy opens\n  port 80 */}}}}",
        f"# {ALLOW} security/root-user, security/privileged -- the proxy opens port 80",
        f"{{{{/* {ALLOW} security/root-user -- other */}}}}\n# {ALLOW} security/privileged -- the proxy opens port 80",
    ],
)
def test_a_comment_in_a_template_waives_one_line(team: Team, comment: str) -> None:
    file = team.root / "web/templates/deployment.yaml"
    head, line, tail = file.read_text("utf-8").rpartition("            privileged: true")
    file.write_text(f"{head}            {comment}\n{line}{tail}".replace("            {{- /*", "{{- /*"), "utf-8")
    report = team.check()
    assert waived(report) == ["security/privileged proxy"]
    (finding,) = [one for one in report.findings if one.waived]
    assert finding.waived is not None
    assert finding.waived.why_needed == "the proxy opens port 80"
    assert finding.waived.simpler_alternative_rejected_because is None
    assert report.stale == ()


def test_a_comment_on_the_value_that_decides_waives_what_is_found_in_the_template(team: Team) -> None:
    team.replace("web/values.yaml", "notes: none", f"notes: true # {ALLOW} security/privileged -- kept")
    file = team.root / "web/templates/deployment.yaml"
    head, _, tail = file.read_text("utf-8").rpartition("privileged: true")
    file.write_text(f'{head}privileged: {{{{ eq (toString .Values.notes) "true" }}}}{tail}', "utf-8")
    assert waived(team.check()) == ["security/privileged proxy"]


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        (f"# {ALLOW} values/unused", "a waiver must name a rule and a reason: `# constitution: allow RULE -- reason`"),
        (f"# {ALLOW} values/unused --", "a waiver must name a rule and a reason"),
        (f"# {ALLOW} -- because", "a waiver must name a rule and a reason"),
        (f"# {ALLOW} values/unusd -- because", "unknown rule 'values/unusd'; did you mean 'values/unused'?"),
        (f"# {ALLOW} security -- because", "unknown rule 'security'"),
    ],
)
def test_a_faulty_comment_is_an_error_with_its_line(team: Team, comment: str, words: str) -> None:
    team.replace("web/values.yaml", "notes: none", f"notes: none {comment}")
    with pytest.raises(ConfigurationError) as caught:
        team.check()
    assert words in caught.value.message
    assert (caught.value.file, caught.value.line) == (str(team.root / "web/values.yaml"), 4)


def test_a_waiver_is_no_documentation(team: Team) -> None:
    rules = "values/undocumented, templates/define-undocumented"
    write(team.root, {"constitution.md": f"# C\n\nAll MUST be told. <!-- rules: {rules} -->\n"})
    team.replace("web/values.yaml", "# Where notes go.", f"# {ALLOW} values/undocumented -- it says itself")
    reason = f"{ALLOW} templates/define-undocumented -- it says itself"
    write(
        team.root, {"web/templates/_helpers.tpl": f'{{{{/* {reason} */}}}}\n{{{{ define "web.a" }}}}a{{{{ end }}}}\n'}
    )
    report = team.check()
    assert sorted(waived(report)) == [
        "templates/define-undocumented templates/_helpers.tpl",
        "values/undocumented values.yaml",
    ]
    assert (len(report.findings), report.stale) == (2, ())


def test_words_that_only_look_like_a_waiver_are_none(team: Team) -> None:
    team.replace("web/values.yaml", "# Where", "# Our constitution: allowance is made for all.\n# Where")
    write(team.root, {"web/README.md": f"Write `# {ALLOW} RULE`.\n"})
    assert waived(team.check()) == []


@pytest.mark.parametrize(
    ("line", "is_comment"),
    [
        (f'notes: "none # {ALLOW} values/unused -- kept"', False),
        (f"notes: 'it''s none # {ALLOW} values/unused -- kept'", False),
        (f'notes: "it\'s none" # {ALLOW} values/unused -- kept', True),
        (f"notes: it's none # {ALLOW} values/unused -- kept", True),
    ],
)
def test_a_text_in_quotes_is_no_comment(team: Team, line: str, is_comment: bool) -> None:
    team.replace("web/values.yaml", "notes: none", line)
    assert waived(team.check()) == (["values/unused values.yaml"] if is_comment else [])


# --- in a plan --------------------------------------------------------------------------------------------------------

PLAN = """
    # Plan

    ## Complexity Tracking

    | Violation | Why Needed | Simpler Alternative Rejected Because |
    |-----------|------------|--------------------------------------|
    | [e.g., 4th project] | [current need] | [why 3 projects insufficient] |
    | 4th chart | for a \\| b | none |
    | docs/no-readme: for now | written elsewhere | nobody reads two |
    | `security/privileged` (object `Deployment/release-name-web`, container `proxy`) | port 80 | no other port |
    """


def test_rows_of_the_plan_are_waivers(team: Team) -> None:
    report = team.check({".helm-constitution.yaml": "plan: plan.md\n", "plan.md": PLAN})
    assert waived(report) == ["docs/no-readme Chart.yaml", "security/privileged proxy"]
    finding = next(one for one in report.findings if one.rule == "docs/no-readme")
    assert finding.waived is not None
    assert finding.waived.why_needed == "written elsewhere"
    assert finding.waived.simpler_alternative_rejected_because == "nobody reads two"
    assert (finding.waived.location.file, finding.waived.location.line) == ("plan.md", 9)


def test_a_row_may_have_a_last_day(team: Team) -> None:
    files = {".helm-constitution.yaml": "plan: plan.md\n", "plan.md": PLAN.replace("two |", "two (until 2026-06-15) |")}
    report = team.check(files)
    finding = next(one for one in report.findings if one.rule == "docs/no-readme")
    assert finding.waived is not None
    assert finding.waived.simpler_alternative_rejected_because == "nobody reads two"
    assert finding.waived.expires == "2026-06-15"
    (stale,) = team.check(files, today="2026-06-16").stale
    assert (stale.reason, stale.location.line) == ("it expired on 2026-06-15", 9)


@pytest.mark.parametrize(
    "row",
    [
        "| docs/no-readme | elsewhere (until 2026-06-15) | two |",
        "| docs/no-readme | elsewhere | two (Until 2026-06-15). |",
        "| docs/no-readme | elsewhere (until 2026-09-15) | two (until 2026-06-15), as `x` says |",
        "| docs/no-readme | elsewhere | two (until it is written) (until: 2026-06-15) |",
    ],
)
def test_a_last_day_may_stand_anywhere_in_the_reasons(team: Team, row: str) -> None:
    plan = PLAN.replace("| docs/no-readme: for now | written elsewhere | nobody reads two |", row)
    files = {".helm-constitution.yaml": "plan: plan.md\n", "plan.md": plan}
    assert "docs/no-readme Chart.yaml" in waived(team.check(files, today="2026-06-15"))
    (stale,) = team.check(files, today="2026-06-16").stale
    assert stale.reason == "it expired on 2026-06-15"


@pytest.mark.parametrize(
    "row",
    [
        "| docs/no-readme (for now, as `values.yaml` says) | elsewhere | two |",
        "| docs/no-readme (the file is written later) | elsewhere (until 2.0 is out) | two |",
    ],
)
def test_a_row_may_say_more(team: Team, row: str) -> None:
    plan = PLAN.replace("| docs/no-readme: for now | written elsewhere | nobody reads two |", row)
    report = team.check({".helm-constitution.yaml": "plan: plan.md\n", "plan.md": plan})
    assert "docs/no-readme Chart.yaml" in waived(report)


def test_an_unused_row_fails_the_gate_of_the_one_chart_that_has_the_plan(team: Team) -> None:
    write(team.root, {"web/README.md": "# web\n", "plan.md": PLAN})
    assert team.check({".helm-constitution.yaml": "plan: plan.md\n"}).stale == ()
    (stale,) = team.check({".helm-constitution.yaml": "charts: {web: {plan: plan.md}}\n"}).stale
    assert (stale.waives, stale.location.line) == ("docs/no-readme", 9)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("| docs/no-readme | x | |", "a waiver needs both reasons"),
        ("| docs/no-readme | x |", "a waiver needs both reasons"),
        ("| docs/no-readme | [current need] | x |", "a waiver needs both reasons"),
        ("| docs/no-readme | x | y (until 2027-02-30) |", "`until 2027-02-30` must be a date like 2030-12-31"),
        ("| docs/no-readme | x | y (Until 31.3.2027) |", "`until 31.3.2027` must be a date like 2030-12-31"),
        ("| docs/no-readme | x | y (until March 2027) |", "`until March 2027` must be a date like 2030-12-31"),
        ("| docs/no-readme (file README.md) | x | y |", "`file README.md` is not a place"),
        ("| docs/no-readme (chart `web`, file README.md) | x | y |", "`file README.md` is not a place"),
        ("| docs/no-readme (files `README.md`) | x | y |", "`files README.md` is not a place"),
        ("| docs/no-readme (chart `web`; file README.md) | x | y |", "`file README.md` is not a place"),
        ("| docs/no-readme (`README.md`) | x | y |", "`README.md` is not a place"),
        ("| docs/no-readme (file: `README.md`) | x | y |", "`file: README.md` is not a place"),
        ("| docs/no-readme (file `README.md) | x | y |", "`file README.md` is not a place"),
        ("| docs/no-readme (files docs/README.md and others) | x | y |", "docs/README.md and others` is not a place"),
        ("| security/privileged (chart `web`) | x | y |", "security findings must be waived one by one: name the file"),
        ("| docs/no-reedme | x | y |", "unknown rule 'docs/no-reedme'; did you mean 'docs/no-readme'?"),
    ],
)
def test_a_faulty_row_is_an_error_with_its_line(team: Team, row: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        team.check({".helm-constitution.yaml": "plan: plan.md\n", "plan.md": PLAN.rstrip() + f"\n    {row}\n"})
    assert words in caught.value.message
    assert (caught.value.file, caught.value.line) == (str(team.root / "plan.md"), 11)


def test_a_plan_that_is_not_utf8_is_an_error(team: Team) -> None:
    (team.root / "plan.md").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        team.check({".helm-constitution.yaml": "plan: plan.md\n"})


# --- remembered reports -----------------------------------------------------------------------------------------------


def test_a_remembered_report_holds_until_a_waiver_expires(
    team: Team, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    days = iter(["2026-06-14", "2026-06-15", "2026-06-16", "2026-06-17"])
    monkeypatch.setattr("helm_constitution.check.options.today", lambda: next(days))
    asked: list[Path] = []
    render = team.engine.render

    def counted(chart: Path, request: RenderRequest) -> Pending[RenderOutput]:
        asked.append(chart)
        return render(chart, request)

    monkeypatch.setattr(team.engine, "render", counted)
    found = []
    for _ in range(4):
        report = team.waive("rule: docs/no-readme\nexpires: 2026-06-15", cache=True, today=None)
        found.append((len(waived(report)), len(report.stale), bool(asked)))
        asked.clear()
    assert found == [(1, 0, True), (1, 0, False), (0, 1, True), (0, 1, False)]


def test_the_plan_is_a_part_of_what_is_remembered(team: Team, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    files = {".helm-constitution.yaml": "plan: plan.md\n", "plan.md": PLAN}
    assert len(waived(team.check(files, cache=True))) == 2
    team.replace("plan.md", "docs/no-readme:", "docs:")
    assert len(waived(team.check(cache=True))) == 1
