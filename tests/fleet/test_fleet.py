"""Several charts in one run: the same reports in the same order, whatever becomes of one of them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support import WEB, write
from tests.test_startup import PROBE

pytestmark = [
    pytest.mark.helm,
    pytest.mark.skipif(sys.platform != "linux", reason="charts are checked side by side on Linux"),
]

CHARTS = ("one", "two", "three", "four")
BUSY = "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}\n"
"""Takes minutes, and no memory that counts."""

ODD = """
    import os, time
    from helm_constitution.api import MUST, Violation, RuleModule, rule

    @rule("ours/odd", default=MUST)
    def odd(subject):
        '''Goes wrong with the chart called two.'''
        if subject.chart.name == "two":
            {fault}
        yield Violation("is wrong", at=subject.chart.metadata.view.get("name"))

    MODULE = RuleModule("ours", "Ours", (), (odd,))
    """

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A repository of four charts that differ in their names."""
    for name in CHARTS:
        files = {path.replace("web/", f"{name}/", 1): text for path, text in WEB.items()}
        files[f"{name}/Chart.yaml"] = WEB["web/Chart.yaml"].replace("web", name)
        write(tmp_path, files)
    return write(tmp_path, {".git/HEAD": ""})


def command(*arguments: str, program: Sequence[str] = ("-m", "helm_constitution")) -> list[str]:
    """The command line of a check of the four charts."""
    return [sys.executable, *program, "check", "--engine", "embedded", *arguments, *CHARTS]


def environment(fleet: Path, **more: str) -> dict[str, str]:
    """A cache of its own, and no helm of the user's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HELM_")}
    return {**kept, "XDG_CACHE_HOME": str(fleet / "cache"), "TMPDIR": str(fleet / "tmp"), **more}


def check(fleet: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Checks the four charts."""
    (fleet / "tmp").mkdir(exist_ok=True)
    return subprocess.run(
        command(*arguments), cwd=fleet, env=environment(fleet), capture_output=True, text=True, check=False
    )


def charts_in(output: str) -> list[dict[str, Any]]:
    """What a JSON report says of each chart."""
    charts: list[dict[str, Any]] = json.loads(output)["charts"]
    return charts


def test_charts_side_by_side_give_the_bytes_of_one_by_one(fleet: Path) -> None:
    options = ("--no-cache", "--format", "json")
    several = check(fleet, *options, "--jobs", "3")
    assert several.stderr == ""
    assert several.stdout == check(fleet, *options, "--jobs", "1").stdout
    assert [chart["name"] for chart in charts_in(several.stdout)] == list(CHARTS)
    alone = [
        subprocess.run(
            [sys.executable, "-m", "helm_constitution", "check", "--engine", "embedded", *options, name],
            cwd=fleet,
            env=environment(fleet),
            capture_output=True,
            text=True,
            check=False,
        )
        for name in CHARTS
    ]
    assert charts_in(several.stdout) == [charts_in(one.stdout)[0] for one in alone]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("os.kill(os.getpid(), 9)", r"the process that checked this chart was killed by signal 9; .*"),
        ("os._exit(3)", r"the process that checked this chart ended with status 3; .*"),
        ("kept = bytearray(3 * 1024**3); time.sleep(30)", r"the check took more than 2048 MiB of memory .*"),
    ],
    ids=["killed", "ended", "memory"],
)
def test_a_worker_that_is_lost_costs_its_chart_alone(fleet: Path, fault: str, words: str) -> None:
    write(fleet, {"own/odd.py": ODD.format(fault=fault)})
    done = check(fleet, "--no-cache", "--format", "json", "--rules", "own", "--select", "ours/odd", "--jobs", "2")
    assert done.returncode == 2
    verdicts = {chart["path"]: chart["verdict"] for chart in charts_in(done.stdout)}
    assert verdicts == {"one": "fail", "two": "error", "three": "fail", "four": "fail"}
    (trouble,) = charts_in(done.stdout)[1]["problems"]
    assert re.fullmatch(words, trouble["message"])


SILENT = """
from functools import partial
from pathlib import Path
from helm_constitution.check.options import CheckOptions
from helm_constitution.fleet.done import done_with
from helm_constitution.fleet.place import Place
from helm_constitution.fleet.pool import Pool
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import Limits

options = CheckOptions(rules=(Path("own"),), select=("ours/odd",))
finish = partial(done_with, packs=False)
pool = Pool(partial(choose_engine, "embedded", Limits()), options, Limits(), 1, finish, silence=3.0)
pool.submit(7, Place.local(Path("two")))
found = []
while not found:
    found = list(pool.wait())
pool.close()
((number, done),) = found
print(number, done.row.name, done.row.problem)
"""


def test_a_worker_without_a_sign_is_ended(fleet: Path) -> None:
    write(fleet, {"own/odd.py": ODD.format(fault="time.sleep(60)")})
    done = subprocess.run(
        [sys.executable, "-c", SILENT], cwd=fleet, env=environment(fleet), capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("7 two the check made no progress for 3 s and was stopped; ")


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *descendants(child)]
    return found


def is_alive(pid: int) -> bool:
    """Whether a process is there and more than a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("engine", ["cli", "embedded"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_everything(fleet: Path, helm4: Path, engine: str, number: signal.Signals) -> None:
    for name in CHARTS:
        write(fleet, {f"{name}/templates/busy.yaml": BUSY})
    (fleet / "tmp").mkdir()
    program = subprocess.Popen(
        command("--no-cache", "--jobs", "2", "--engine", engine),
        cwd=fleet,
        env=environment(fleet, HELM_BIN=str(helm4)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 120
    while len(descendants(program.pid)) < 4 and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.5)
    children = descendants(program.pid)
    assert len(children) >= 4  # two workers, and what each of them has started
    program.send_signal(number)
    _, words = program.communicate(timeout=120)
    assert program.returncode == 128 + number
    assert "Traceback" not in words
    until = time.monotonic() + 60
    while any(map(is_alive, children)) and time.monotonic() < until:
        time.sleep(0.02)
    assert not [child for child in children if is_alive(child)]
    assert list((fleet / "tmp").iterdir()) == []


def test_unchanged_charts_need_no_helm_and_no_worker(fleet: Path) -> None:
    first = check(fleet, "--format", "json")
    (fleet / "two" / "values.yaml").write_text("image: web:1.2.4\n", "utf-8")
    second = check(fleet, "--format", "json")
    assert charts_in(second.stdout)[0] == charts_in(first.stdout)[0]
    assert charts_in(second.stdout)[1] != charts_in(first.stdout)[1]
    third = subprocess.run(
        [*command(program=("-c", PROBE)), "--format", "json"],
        cwd=fleet,
        env=environment(fleet),
        capture_output=True,
        text=True,
        check=True,
    )
    status, *modules = third.stdout.split()
    assert int(status) == second.returncode
    assert "helm_constitution.fleet.charts" in modules
    assert not {"helm_constitution.fleet.preload", "helm_python", "yaml", "helm_constitution.rules"} & set(modules)
