"""The program as a user starts it: exit status, what goes where, options."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from helm_constitution.cli.colour import is_coloured
from helm_constitution.cli.progress import Progress
from helm_constitution.report import FORMATS
from tests.report.support import commands, steering

CHARTS = Path(__file__).parents[2] / "testdata" / "charts"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def program(helm4: Path, tmp_path: Path) -> Run:
    """Starts the program with Helm 4, in an empty folder, with a cache of its own."""

    def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HELM_")}
        env = {**kept, "HELM_BIN": str(helm4), "XDG_CACHE_HOME": str(tmp_path / "cache"), **environment}
        command = [sys.executable, "-m", "helm_constitution", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    return start


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (folder / "values.yaml").write_text("# How many.\ncount: 1\n")
    (folder / "templates" / "config.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-web\n"
        'data:\n  count: "{{ .Values.count }}"\n  space: {{ .Release.Namespace }}\n'
    )
    return folder


def test_a_chart_that_keeps_its_constitution_passes(program: Run) -> None:
    done = program("check", str(CHARTS / "base"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "web " in done.stdout


def test_findings_fail_the_gate_and_fail_on_moves_it(program: Run, chart: Path) -> None:
    assert program("check", "web").returncode == 1
    assert program("check", "web", "--fail-on", "never").returncode == 0
    only = ("--constitution", "c.md")
    (chart.parent / "c.md").write_text(
        "# C\n\n## Docs\n\nA chart SHOULD have a README. <!-- rules: docs/no-readme -->\n"
    )
    assert program("check", "web", *only).returncode == 0
    assert program("check", "web", *only, "--fail-on", "warning").returncode == 1


def test_a_chart_that_cant_be_read_has_a_whole_report_in_each_format_and_file(program: Run, chart: Path) -> None:
    (chart / "values.yaml").write_text("a: 1\n b: 2\n")
    words = "mapping values are not allowed in this context"
    outputs = [f"--output={form}={form}.out" for form in FORMATS if form != "text"]
    done = program("check", "web", *outputs)
    assert (done.returncode, done.stderr) == (2, f"helm-constitution: error: web/values.yaml:2: {words}\n")
    assert done.stdout.startswith("ERROR  web: could not be checked (constitution: none)\n")
    assert f"could not check: web/values.yaml:2: {words} " in " ".join(done.stdout.split())
    written = {form: (chart.parent / f"{form}.out").read_text("utf-8") for form in FORMATS if form != "text"}
    assert all(words in text for form, text in written.items() if form != "badge")
    assert all("error" in text.lower() for text in written.values())
    assert written["markdown"].startswith("## helm-constitution: gate: ⛔ error\n")
    judged = json.loads(written["json"])
    assert judged["summary"]["gate"] == judged["charts"][0]["gate"] == judged["charts"][0]["verdict"] == "error"
    assert judged["charts"][0]["problems"][0]["file"] == "values.yaml"


def test_one_bad_chart_does_not_keep_the_others_from_the_report(program: Run, chart: Path) -> None:
    (chart.parent / "broken").mkdir()
    (chart.parent / "broken" / "Chart.yaml").write_text("name: [\n")
    done = program("check", "web", "broken", "--format", "json")
    assert done.returncode == 2
    report = json.loads(done.stdout)
    assert [one["name"] for one in report["charts"]] == ["web", "broken"]
    assert report["charts"][0]["problems"] == []
    assert report["charts"][1]["problems"][0]["file"] == "Chart.yaml"


def test_a_folder_of_charts_stands_for_the_charts_in_it(program: Run, chart: Path) -> None:
    report = json.loads(program("check", ".", "--format", "json").stdout)
    assert [one["path"] for one in report["charts"]] == ["web"]


def test_values_and_namespace_reach_helm(program: Run, chart: Path) -> None:
    (chart / "templates" / "fail.yaml").write_text(
        '{{ fail (printf "count %v in %s, set count" .Values.count .Release.Namespace) }}\n'
    )
    (chart.parent / "prod.yaml").write_text("count: 2\n")
    done = program("check", "web", "-f", "prod.yaml", "-n", "prod")
    assert done.returncode == 2
    assert "count 2 in prod, set count" in done.stdout
    assert "count 3 in default" in program("check", "web", "-f", "prod.yaml", "--set", "count=3").stdout
    assert "count 2 in team" in program("check", "web", "-f", "prod.yaml", HELM_NAMESPACE="team").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "none"), "none: no such chart"),
        (("check", "web", "-f", "none.yaml"), "none.yaml: no such"),
        (("check", "web", "--select", "security/root-usr"), "did you mean 'security/root-user'?"),
        (("check", "web", "--config", "c.yaml"), "c.yaml:1: unknown option 'selct'; did you mean 'select'?"),
        (("check", "web", "--constitution", "empty.md"), "empty.md: contains no principle"),
        (("check", "web", "--frob"), "No such option"),
        (("explain", "nothing/here"), "unknown rule 'nothing/here'"),
        (("check", "web", "--output", "srif=x"), "unknown format 'srif'; one of text, concise, json, sarif, "),
        (("check", "web", "--output", "json=none/x"), "none: the report can't be written: no such folder"),
        (("check", "web", "--output", "json=web"), "json=web must name a file"),
        (("check", "web", "--output", "json="), "json= must name a file"),
    ],
)
def test_bad_input_is_2_and_says_what_to_do(program: Run, chart: Path, arguments: tuple[str, ...], words: str) -> None:
    (chart.parent / "c.yaml").write_text("selct: [x]\n")
    (chart.parent / "empty.md").write_text("# Nothing\n")
    done = program(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_select_adds_and_ignore_takes_away(program: Run, chart: Path) -> None:
    def rules(*more: str) -> set[str]:
        report = json.loads(program("check", "web", "--format", "json", *more).stdout)
        return {finding["rule"] for finding in report["charts"][0]["findings"]}

    assert "docs/no-readme" in rules()
    assert "docs/no-readme" not in rules("--ignore", "docs")
    assert "docs/no-readme" not in rules("--ignore", "docs/no-readme", "--select", "docs/no-readme")


@pytest.mark.parametrize("command", ["check", "accept", "plan", "init"])
def test_no_command_has_an_option_twice(program: Run, command: str) -> None:
    done = program(command, "--help", PYTHONWARNINGS="error")
    assert (done.returncode, done.stderr) == (0, "")
    options = re.findall(r"^  (?:-\w, )?(--[\w-]+)", done.stdout, re.MULTILINE)
    assert len(options) == len(set(options)) > 1


def test_output_writes_files_in_other_formats_besides(program: Run, chart: Path) -> None:
    done = program("check", "web", "--output", "json=report.json")
    assert done.stdout.startswith("FAIL  web 1.0.0")
    assert json.loads((chart.parent / "report.json").read_text())["version"] == 1
    done = program("check", "web", "--output", "report.txt")
    assert done.stdout == ""
    assert (chart.parent / "report.txt").read_text().startswith("FAIL  web 1.0.0")


@pytest.mark.parametrize("option", ["--output", "--coverage"])
def test_a_file_that_is_no_report_is_written_over_only_by_force(program: Run, chart: Path, option: str) -> None:
    file = chart.parent / "mine"
    file.write_text("my own work\n")
    done = program("check", "web", option, "mine")
    assert (done.returncode, file.read_text()) == (2, "my own work\n")
    assert "mine: is not a report; --force overwrites it" in done.stderr
    assert program("check", "web", option, "mine", "--force").returncode == 1
    assert "my own work" not in file.read_text()
    assert program("check", "web", option, "mine").returncode == 1


def test_several_outputs_at_once(program: Run, chart: Path) -> None:
    done = program("check", "web", *(f"--output={form}=report.{form}" for form in FORMATS), "--format", "github")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    reports = {form: (chart.parent / f"report.{form}").read_text() for form in FORMATS}
    assert reports["github"].startswith("::notice file=web/Chart.yaml,title=gate%3A fail::")
    assert program("check", "web", "--format", "github").stdout == reports["github"]
    (result, *_) = json.loads(reports["sarif"])["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("web/")


def test_reports_are_the_same_on_every_run(program: Run, chart: Path) -> None:
    for seed in ("1", "2"):
        outputs = (f"--output={form}={seed}.{form}" for form in FORMATS)
        program("check", "web", "--no-cache", *outputs, PYTHONHASHSEED=seed)
    for form in FORMATS:
        assert (chart.parent / f"1.{form}").read_bytes() == (chart.parent / f"2.{form}").read_bytes()


def test_a_chart_is_placed_in_its_repository_from_wherever_it_is_checked(program: Run, chart: Path) -> None:
    (chart.parent / ".git").mkdir()
    place = "::error file=web/Chart.yaml,"
    for path in ("web", "./web/", str(chart), "../" + chart.parent.name + "/web"):
        assert place in program("check", path, "--format", "github").stdout


def test_changed_files_of_no_chart_need_no_helm_and_give_whole_reports(program: Run, chart: Path) -> None:
    (chart.parent / ".git").mkdir()
    (chart.parent / "README.md").touch()
    outputs = ("--output", "sarif=x.sarif", "--output", "junit=x.xml")
    done = program("check", "--changed", "README.md", *outputs, HELM_BIN="none")
    words = "nothing to check: no given file belongs to a chart\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, "", words)
    assert json.loads((chart.parent / "x.sarif").read_text())["runs"][0]["results"] == []
    assert "<testsuites" in (chart.parent / "x.xml").read_text()
    assert json.loads(program("check", "--changed", "README.md", "--format", "json").stdout)["charts"] == []
    assert "chart: web\n" in program("check", "--changed", "web/values.yaml", "web/templates/config.yaml").stdout


def test_changed_without_files_asks_git(program: Run, chart: Path) -> None:
    git = partial(subprocess.run, cwd=chart.parent, check=True, capture_output=True)
    (chart.parent / "api").mkdir()
    (chart.parent / "api" / "Chart.yaml").write_text("apiVersion: v2\nname: api\nversion: 1.0.0\n")
    git(["git", "init", "--quiet", "--initial-branch=main"])
    git(["git", "config", "user.name", "x"])
    git(["git", "config", "user.email", "x@example.org"])
    git(["git", "add", "."])
    git(["git", "commit", "--quiet", "--message=one"])
    none = program("check", "--changed", HELM_BIN="none")
    words = "nothing to check: no staged file belongs to a chart\n"
    assert (none.returncode, none.stdout, none.stderr) == (0, "", words)
    git(["git", "switch", "--quiet", "--create=other"])
    (chart / "values.yaml").write_text("other: 1\n")
    assert program("check", "--changed", HELM_BIN="none").stderr == words
    git(["git", "add", "."])
    staged = program("check", "--changed", "--format", "json")
    assert [one["path"] for one in json.loads(staged.stdout)["charts"]] == ["web"]
    assert staged.stderr == "changed: 1 chart: web\n"
    git(["git", "commit", "--quiet", "--message=two"])
    assert program("check", "--changed", HELM_BIN="none").returncode == 0
    since = program("check", "--changed-since", "main", "--format", "json")
    assert [one["path"] for one in json.loads(since.stdout)["charts"]] == ["web"]
    gone = program("check", "--changed-since", "nothing")
    assert gone.returncode == 2
    assert "'nothing' is not a folder, a package or a git revision" in gone.stderr


def test_a_hostile_chart_steers_nothing(program: Run, tmp_path: Path) -> None:
    folder = tmp_path / "a%20b: c|`d`,\n::set-output name=e::f"
    (folder / "templates").mkdir(parents=True)
    (tmp_path / "constitution.md").write_text(
        "# C\n\n## ::error::x <b>|`@team`\n\nValues MUST have \x1b[31m comments <!-- rules: values/undocumented -->\n\n"
        "## Docs\n\nX MUST be <img src=x onerror=alert(1)> ##[add-path]x #12.\n"
    )
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (folder / "values.yaml").write_text('"@team <b>|`##[add-path]x": 1\n"\\e[31mred": 2\n')
    (folder / "templates" / "a %:bü.yaml").write_text(
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: "x\\e[2J|<b>\\n::error::y"\n'
    )
    for form in FORMATS:
        done = program(
            "check", ".", "--format", form, "--constitution", "constitution.md", "--select", "helm,templates"
        )
        assert (done.returncode, done.stderr) == (1, ""), form
        assert steering(done.stdout) == [], form
        if form != "github":
            assert commands(done.stdout) == [], form
    for command in ("show", "check"):
        shown = program("constitution", command, "constitution.md").stdout
        assert (steering(shown), commands(shown)) == ([], [])


def test_an_error_of_a_hostile_name_is_one_harmless_line(program: Run) -> None:
    done = program("check", "a\n::error::b\x1b[2J##[add-path]c")
    assert done.stderr.splitlines() == [
        "helm-constitution: error: a",
        ": :error::b�[2J# #[add-path]c: no such chart: neither a folder nor a packaged chart",
    ]


def test_a_second_check_is_the_same_and_a_changed_chart_is_checked_anew(program: Run, chart: Path) -> None:
    first = program("check", "web")
    assert program("check", "web").stdout == first.stdout == program("check", "web", "--no-cache").stdout
    (chart / "values.yaml").write_text("count: 1\n")
    assert "values/undocumented" not in first.stdout
    assert "values/undocumented" in program("check", "web").stdout


def test_constitution_show_and_check(program: Run, chart: Path) -> None:
    shown = program("constitution", "show")
    assert shown.returncode == 0
    assert "security/root-user" in shown.stdout
    (chart.parent / "c.md").write_text("# C\n\n## A\n\nX MUST be. <!-- rules: no/rule -->\n\n**Version**: one\n")
    done = program("constitution", "check", "c.md")
    assert done.returncode == 2
    assert "c.md:5: " in done.stdout
    assert "c.md:7: " in done.stdout


def test_rules_and_explain(program: Run) -> None:
    assert "security/root-user" in program("rules").stdout
    page = program("explain", "security/root-user").stdout
    assert [part for part in ("Why:", "Bad:", "Good:", "Fix:", "Source:") if part not in page] == []


@pytest.mark.parametrize(
    ("choice", "environment", "expected"),
    [
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("auto", {"NO_COLOR": "", "FORCE_COLOR": "1"}, True),
        ("auto", {"FORCE_COLOR": "0"}, False),
        ("auto", {"TERM": "dumb"}, False),
        ("auto", {}, False),
    ],
)
def test_colour(monkeypatch: pytest.MonkeyPatch, choice: str, environment: dict[str, str], expected: bool) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert is_coloured(choice) is expected


class Terminal(io.StringIO):
    """Standard error as a person sees it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("on_terminal", "hook", "seconds", "shown"),
    [(True, "", 2.0, True), (True, "", 0.5, False), (True, "1", 2.0, False), (False, "", 2.0, False)],
    ids=["terminal", "too short", "pre-commit", "pipe"],
)
def test_progress_is_shown_to_people_who_wait(
    monkeypatch: pytest.MonkeyPatch, on_terminal: bool, hook: str, seconds: float, shown: bool
) -> None:
    errors = Terminal() if on_terminal else io.StringIO()
    clock = iter([0.0, seconds, seconds])
    monkeypatch.setattr("sys.stderr", errors)
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("PRE_COMMIT", hook)
    progress = Progress()
    progress.show(1, 3)
    progress.clear()
    bar = "\r[##########--------------------] 1 of 3 scenarios\x1b[K\r\x1b[K"
    assert errors.getvalue() == (bar if shown else "")
