"""Adopting an old chart: what is accepted fails nothing, what is new does, what was fixed goes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.check.debt_change import Change, accepted, pruned
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.model import Status
from helm_constitution.policy.debt import DebtEntry, debt_text, read_debt
from helm_constitution.report.model import RuleReport, ScenarioReport
from tests.report.support import WAIVED, chart, finding
from tests.support import WEB, write

Run = Callable[..., "subprocess.CompletedProcess[str]"]
FILE = ".helm-constitution-debt.yaml"


@pytest.fixture
def program(tmp_path: Path) -> Run:
    """Starts the program in a repository with one chart, with a cache of its own."""
    write(tmp_path, {**WEB, ".git/HEAD": ""})

    def start(*arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HELM_")}
        env = {**kept, "XDG_CACHE_HOME": str(tmp_path / "cache")}
        command = [sys.executable, "-m", "helm_constitution", *arguments]
        if arguments[0] != "init":
            command += ["--engine", "embedded"]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    return start


def test_the_way_of_an_old_chart(program: Run, tmp_path: Path) -> None:
    assert program("check", "web").returncode == 1
    done = program("accept", "web")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"web: 4 findings accepted\nwritten: web/{FILE}\n"
    done = program("check", "web")
    assert done.returncode == 0
    assert "\ngate: pass; 0 errors, 4 in debt; " in done.stdout

    # Moved lines stay debt; a new finding fails; a fixed one is told.
    values = tmp_path / "web/values.yaml"
    values.write_text("# Moved.\n\n" + values.read_text("utf-8") + "# New.\nnew: 1\n", "utf-8")
    write(tmp_path, {"web/README.md": "# web\n"})
    done = program("check", "web")
    assert done.returncode == 1
    assert "error[values/unused]: value new is never used" in done.stdout
    assert "\ngate: fail; 1 error, 3 in debt; " in done.stdout

    assert program("accept", "web").stdout.startswith("web: 1 finding accepted, 4 before, 1 fixed (see --prune)\n")
    assert program("check", "web").returncode == 0
    assert program("accept", "web", "--prune").stdout.startswith("web: 4 left, 1 fixed and removed\n")
    assert program("accept", "web", "--prune").stdout == "web: 4 left, nothing was fixed\n"


def test_accepting_twice_writes_the_same_file_and_keeps_the_days(program: Run, tmp_path: Path) -> None:
    program("accept", "web")
    file = tmp_path / "web" / FILE
    old = file.read_text("utf-8")
    file.write_text(
        "\n".join("      since: 2020-02-02" if "since" in line else line for line in old.splitlines()) + "\n"
    )
    dated = file.read_text("utf-8")
    assert program("accept", "web").stdout == "web: 0 findings accepted, 4 before\n"
    assert file.read_text("utf-8") == dated
    assert "accepted on 2020-02-02" in program("check", "web", "--all").stdout


def test_when_all_is_mended_the_file_goes(program: Run, tmp_path: Path) -> None:
    program("accept", "web")
    write(tmp_path, {"web/README.md": "# web\n", "web/values.yaml": "# The image.\nimage: web:1.2.3\n"})
    template = tmp_path / "web/templates/deployment.yaml"
    template.write_text(template.read_text("utf-8").replace("privileged: true", "privileged: false"), "utf-8")
    done = program("accept", "--prune", "web")
    assert done.stdout == f"web: 4 fixed and removed\nno debt left: web/{FILE} removed\n"
    assert not (tmp_path / "web" / FILE).exists()
    assert program("accept", "web").stdout == "web: 0 findings accepted\n"
    assert not (tmp_path / "web" / FILE).exists()


def test_the_file_lies_beside_the_configuration_and_holds_every_chart(program: Run, tmp_path: Path) -> None:
    write(
        tmp_path,
        {".helm-constitution.yaml": "select: []\n", "db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n"},
    )
    program("accept")
    assert set(read_debt(tmp_path / FILE)) == {"web", "db"}
    assert program("check").returncode == 0
    for file in (tmp_path / "db").iterdir():
        file.unlink()
    (tmp_path / "db").rmdir()
    assert "db: chart is gone, 1 finding removed" in program("accept", "--prune", "web").stdout
    assert set(read_debt(tmp_path / FILE)) == {"web"}


def test_what_is_waived_is_no_debt(program: Run, tmp_path: Path) -> None:
    text = (tmp_path / "web/values.yaml").read_text("utf-8")
    (tmp_path / "web/values.yaml").write_text(
        text.replace("notes: none", "notes: none # constitution: allow values/unused -- kept"), "utf-8"
    )
    assert program("accept", "web").stdout.startswith("web: 3 findings accepted\n")
    assert "\ngate: pass; 0 errors, 1 waived, 3 in debt; " in program("check", "web").stdout


@pytest.mark.parametrize("text", ["- a\n", "version: 2\ncharts: {}\n", "a: [\n", "version: 1\ncharts: {web: 1}\n"])
def test_a_file_that_accept_did_not_write_is_replaced_only_by_force(program: Run, tmp_path: Path, text: str) -> None:
    file = tmp_path / "web" / FILE
    file.write_text(text)
    for command in (("check", "web"), ("accept", "web"), ("accept", "web", "--prune")):
        done = program(*command)
        assert done.returncode == 2
        assert f"web/{FILE}:" in done.stderr
        assert "a file that `helm-constitution accept` wrote" in done.stderr
        assert file.read_text() == text
    assert program("accept", "web", "--force").returncode == 0


def test_a_chart_that_cant_be_judged_is_not_accepted(program: Run, tmp_path: Path) -> None:
    write(tmp_path, {"web/templates/bad.yaml": "{{ fail }}\n"})
    done = program("accept", "web")
    assert done.returncode == 2
    assert "could not be checked, nothing was written" in done.stderr
    assert not (tmp_path / "web" / FILE).exists()


# --- what counts as fixed ---------------------------------------------------------------------------------------------

TODAY = "2026-06-15"
ENTRY = DebtEntry.of(finding(), "2026-01-02")
RAN = (RuleReport("security/root-user"),)


def test_a_finding_that_is_not_found_again_is_mended_only_if_it_was_looked_for() -> None:
    assert pruned([ENTRY], chart(rules=RAN)).entries == ()
    assert pruned([ENTRY], chart(finding(), rules=RAN)).entries == (ENTRY,)
    for report in (
        chart(rules=()),
        chart(rules=(RuleReport("security/root-user", "no scenario rendered"),)),
        chart(rules=RAN, scenarios=(ScenarioReport("defaults", Status.NEEDS_INPUT, None),)),
    ):
        change = pruned([ENTRY], report)
        assert (change.entries, change.unknown) == ((ENTRY,), 1)


def test_a_scenario_that_was_not_rendered_leaves_its_findings() -> None:
    flag = ENTRY._replace(scenarios=("defaults", "a.enabled=true"))
    assert pruned([flag], chart(rules=RAN)).entries == (flag,)
    assert pruned([flag], chart(rules=RAN), full=True).entries == ()


def test_a_scenario_whose_values_file_is_gone_does_not_count(tmp_path: Path) -> None:
    entry = ENTRY._replace(scenarios=("ci/a-values.yaml",))
    report = chart(rules=RAN, path=str(tmp_path))
    assert pruned([entry], report).entries == ()
    write(tmp_path, {"ci/a-values.yaml": ""})
    assert pruned([entry], report).entries == (entry,)


def test_what_is_waived_by_now_is_no_debt_any_more() -> None:
    assert pruned([ENTRY], chart(finding(waived=WAIVED), rules=RAN)).entries == ()


def test_accept_adds_what_is_new_and_keeps_the_rest() -> None:
    other = finding(fingerprint="e" * 32)
    change = accepted([ENTRY], chart(other, finding(waived=WAIVED, fingerprint="d" * 32), rules=RAN), TODAY)
    assert change == Change((ENTRY, DebtEntry.of(other, TODAY)), added=1, before=1, fixed=1, unknown=0)


def test_accept_counts_findings_that_one_edit_fixes_as_the_report_does() -> None:
    parts = (finding(fingerprint="e" * 32), finding(fingerprint="f" * 32))
    both = parts[0]._replace(members=parts)
    change = accepted([], chart(both, rules=RAN), TODAY)
    assert (len(change.entries), change.added) == (2, 1)
    again = accepted(change.entries[:1], chart(both, rules=RAN), TODAY)
    assert (len(again.entries), again.added, again.before) == (2, 1, 1)


TEXT = st.text(max_size=12)


@given(
    st.dictionaries(
        TEXT,
        st.lists(
            st.builds(DebtEntry, TEXT, st.just(TODAY), TEXT, st.none() | TEXT, st.none() | TEXT, TEXT, st.tuples(TEXT)),
            min_size=1,
            max_size=3,
        ),
        max_size=3,
    )
)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, ledger: dict[str, list[DebtEntry]]
) -> None:
    file = tmp_path_factory.mktemp("debt") / FILE
    file.write_text(debt_text(ledger), "utf-8", newline="\n")
    found = read_debt(file)
    assert {chart: sorted(entries, key=repr) for chart, entries in found.items()} == {
        chart: sorted(entries, key=repr) for chart, entries in ledger.items()
    }
    assert debt_text(found) == debt_text(ledger)


def test_entries_that_differ_in_what_one_lacks_have_an_order() -> None:
    entries = [ENTRY._replace(file=file, object=name) for file in ("", None) for name in (None, "")]
    assert debt_text({"web": entries}) == debt_text({"web": entries[::-1]})


def test_what_cant_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be read"):
        read_debt(tmp_path)
    (tmp_path / "x").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="must be a file that"):
        read_debt(tmp_path / "x")
