"""The command: results that a run goes on from, the matrix in every format, the tables."""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.model import Gate
from helm_constitution.fleet.results import Results
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import Limits
from helm_constitution.report.matrix import Matrix, Row, as_csv, charts_table, markdown, text
from tests.fleet.charts import environment, fleet, matrix, write_chart
from tests.fleet.test_fleet import BUSY
from tests.support import write

NAMES = ("one", "two", "three")


@pytest.fixture
def charts(tmp_path: Path) -> Path:
    """Three charts below a repository's root."""
    for name in NAMES:
        write_chart(tmp_path / "charts", name)
    return write(tmp_path, {".git/HEAD": ""})


def kept(folder: Path) -> dict[Path, int]:
    """The reports in a folder of results, and when each was written."""
    return {file: file.stat().st_mtime_ns for file in (folder / "results" / "charts").rglob("*.json.gz")}


def row(path: str, counts: dict[str, int], gate: Gate = Gate.PASS) -> Row:
    """A row of a matrix with errors by rule."""
    errors = sum(counts.values())
    rules = {f"security/{rule}": count for rule, count in counts.items()}
    return Row(path, "web", "1.0.0", gate, "fail", errors, 0, 0, {"security": "fail", "ours": "pass"}, rules, None)


@pytest.mark.helm
def test_a_run_that_was_interrupted_goes_on(charts: Path) -> None:
    write(charts, {"charts/three/templates/busy.yaml": BUSY})
    command = [sys.executable, "-m", "helm_constitution", "fleet", "--engine", "embedded", "--results", "results"]
    program = subprocess.Popen([*command, "charts"], cwd=charts, env=environment(charts), stderr=subprocess.PIPE)
    until = time.monotonic() + 180
    while len(kept(charts)) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    program.send_signal(signal.SIGKILL)
    program.communicate()
    done = kept(charts)
    assert len(done) == 2
    (charts / "charts" / "three" / "templates" / "busy.yaml").unlink()
    again = fleet(charts, "--results", "results", "--format", "json", "charts")
    assert [Path(path).name for path in matrix(again)] == ["one", "three", "two"]
    assert {file: when for file, when in kept(charts).items() if file in done} == done
    assert len(kept(charts)) == 3


@pytest.mark.helm
def test_what_is_done_is_done_until_something_changes(charts: Path) -> None:
    first = fleet(charts, "--results", "results", "--format", "json", "charts")
    done = kept(charts)
    assert fleet(charts, "--results", "results", "--format", "json", "charts").stdout == first.stdout
    assert kept(charts) == done
    (charts / "charts" / "two" / "values.yaml").write_text("image: web:1.2.4\n", "utf-8")
    fleet(charts, "--results", "results", "charts")
    assert len(kept(charts)) == 4
    fleet(charts, "--results", "results", "--ignore", "security/privileged", "charts")
    assert len(kept(charts)) == 7


@pytest.mark.helm
def test_what_a_configuration_names_is_part_of_a_chart(charts: Path) -> None:
    demand = "# Ours\n\n## Security\n\nContainers MUST NOT be privileged.\n"
    write(charts, {"ours.md": demand, "charts/.helm-constitution.yaml": "constitution: ../ours.md\n"})
    options = ("--results", "results", "--format", "json", "charts/one")
    assert fleet(charts, *options).returncode == 1
    assert fleet(charts, *options).returncode == 1
    assert len(kept(charts)) == 1
    write(charts, {"ours.md": demand.replace("MUST", "SHOULD")})
    assert fleet(charts, *options).returncode == 0
    assert len(kept(charts)) == 2


@pytest.mark.helm
def test_a_report_holds_until_a_waiver_expires(charts: Path) -> None:
    write(charts, {"charts/one/.helm-constitution.yaml": WAIVER})
    fleet(charts, "--results", "results", "charts/one")
    (file,) = kept(charts)
    engine = choose_engine("embedded", Limits())
    try:
        held = [
            Results(charts / "results", engine, CheckOptions(today=day), reports=False).load(file) is not None
            for day in ("2027-03-31", "2027-04-01")
        ]
    finally:
        engine.close()
    assert held == [True, False]


WAIVER = """
waivers:
  - rule: security/privileged
    object: Deployment/*
    container: web
    why_needed: The agent reads the node's devices.
    simpler_alternative_rejected_because: There is none.
    expires: 2027-03-31
"""


@pytest.mark.helm
@pytest.mark.parametrize(
    "content", [b"", b"\x1f\x8b\x08", gzip.compress(b'{"ChartReport": []}', mtime=0), gzip.compress(b"[]", mtime=0)]
)
def test_a_result_that_is_not_whole_is_made_again(charts: Path, content: bytes) -> None:
    first = fleet(charts, "--results", "results", "--format", "json", "charts/one")
    (file,) = kept(charts)
    whole = file.read_bytes()
    file.write_bytes(content)
    assert fleet(charts, "--results", "results", "--format", "json", "charts/one").stdout == first.stdout
    assert file.read_bytes() == whole


@pytest.mark.helm
def test_a_report_that_is_not_whole_is_made_again_where_it_is_needed(charts: Path) -> None:
    options = ("--results", "results", "--format", "sarif", "charts/one")
    first = fleet(charts, *options)
    (file,) = kept(charts)
    whole = file.read_bytes()
    row, _, report = gzip.decompress(whole).partition(b"\n")
    file.write_bytes(gzip.compress(row + b"\n" + report[:-9], mtime=0))
    assert fleet(charts, *options).stdout == first.stdout
    assert file.read_bytes() == whole
    assert fleet(charts, *options).stdout == first.stdout


@pytest.mark.helm
def test_a_chart_that_can_not_be_checked_is_tried_again(charts: Path) -> None:
    (charts / "charts" / "two" / "Chart.yaml").write_text("{", "utf-8")
    done = fleet(charts, "--results", "results", "--format", "json", "charts")
    assert done.returncode == 2
    assert {Path(path).name: chart["gate"] for path, chart in matrix(done).items()} == {
        "one": "fail",
        "three": "fail",
        "two": "error",
    }
    assert len(kept(charts)) == 2
    assert json.loads(done.stdout)["summary"] == {"gate": "error", "charts": 3, "pass": 0, "fail": 2, "error": 1}


@pytest.mark.helm
def test_tables_stand_beside_the_results(charts: Path) -> None:
    done = fleet(charts, "--results", "results", "--constitution", "built-in", "charts")
    assert done.returncode == 1
    with open(charts / "results" / "charts.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [one["name"] for one in rows] == ["one", "three", "two"]
    assert {one["security"] for one in rows} == {"fail"}
    with open(charts / "results" / "rules.csv", newline="", encoding="utf-8") as file:
        rules = {one["rule"]: (one["charts"], one["findings"]) for one in csv.DictReader(file)}
    assert rules["security/privileged"] == ("3", "6")
    assert (charts / "results" / "rules.parquet").exists() == (find_spec("pyarrow") is not None)


@pytest.mark.helm
def test_every_format_tells_of_the_fleet(charts: Path) -> None:
    forms = ("text", "json", "sarif", "junit", "github", "gitlab", "markdown", "csv")
    outputs = [f"--output={form}=out.{form}" for form in forms]
    done = fleet(charts, *outputs, "charts")
    assert (done.returncode, done.stdout) == (1, "")
    for form in forms:
        assert "two" in (charts / f"out.{form}").read_text("utf-8"), form
    assert fleet(charts, *outputs, "charts").returncode == 1  # reports of ours are replaced
    (charts / "out.csv").write_text("mine\n", "utf-8")
    refused = fleet(charts, *outputs, "charts")
    assert refused.returncode == 2
    assert "out.csv: is not a report; --force overwrites it" in refused.stderr


def test_a_folder_of_results_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    write_chart(tmp_path, "one")
    write(tmp_path, {"file": "mine\n"})
    done = fleet(tmp_path, "--results", "file/results", "one")
    assert done.returncode == 2
    assert re.fullmatch(
        r"helm-constitution: error: file.results.charts: the folder can't be created: .*\n", done.stderr
    )


def test_the_text_shows_the_worst_charts_and_the_commonest_rules() -> None:
    rows = [row(f"charts/{number}", {"privileged": number}, Gate.FAIL) for number in range(1, 51)]
    shown = text(Matrix("cli", "v4.3.1", "v1.36.0", (*rows, row("charts/good", {"root-user": 1}))))
    assert shown.startswith("FAIL  51 charts: 1 pass, 50 fail\nengine: cli, helm v4.3.1, Kubernetes v1.36.0\n")
    assert "      50 security/privileged (1275)\n       1 security/root-user (1)\n" in shown
    assert shown.index("charts/50 (web 1.0.0): 50 errors") < shown.index("charts/49 (web 1.0.0)")
    assert "… and 11 more charts; --all shows them\n" in shown


def test_markdown_has_a_column_for_each_principle() -> None:
    shown = markdown(Matrix("cli", "v4.3.1", "v1.36.0", (row("charts/a|b", {"privileged": 2}, Gate.FAIL),)))
    assert "| Chart | Gate | security | ours |\n| --- | --- | --- | --- |\n" in shown
    assert "| charts/a&#124;b | fail | fail | pass |" in shown
    assert "| security/privileged | 1 | 2 |\n" in shown


def test_no_cell_of_a_table_is_a_formula() -> None:
    rows = list(charts_table(Matrix("cli", "v4", "v1", (row("=cmd()\n", {}),))))
    assert as_csv(rows, ["path", "errors"]) == "path,errors\r\n'=cmd() ,0\r\n"


def test_a_scheduler_that_is_no_address_is_said(tmp_path: Path) -> None:
    write_chart(tmp_path, "one")
    done = fleet(tmp_path, "--scheduler", "somewhere", "one")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "helm-constitution: error: --scheduler somewhere: must be tcp://HOST:PORT\n"
    assert not os.listdir(tmp_path / "tmp")
