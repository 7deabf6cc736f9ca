"""A fleet on a real Dask cluster: lost workers, a lost scheduler, a poisoned chart, a worker that differs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.model import Gate
from helm_constitution.fleet.checker import Job
from helm_constitution.fleet.done import report_of
from helm_constitution.fleet.place import Place
from helm_constitution.fleet.remote import version_here
from helm_constitution.fleet.run import check_fleet
from helm_constitution.fleet.scheduler import Cluster
from helm_constitution.helm.protocol import Limits
from helm_constitution.report.model import ChartReport
from tests.fleet.charts import environment, fleet, matrix, write_chart
from tests.fleet.test_fleet import BUSY, ODD, descendants
from tests.support import write

pytestmark = [
    pytest.mark.slow,
    pytest.mark.helm,
    pytest.mark.skipif(sys.platform != "linux", reason="workers fork where that is safe, on Linux"),
]

NAMES = ("one", "two", "three", "four")


class Dask:
    """A scheduler and its workers, each a process as ``dask scheduler`` and ``dask worker`` start them."""

    def __init__(self, folder: Path) -> None:
        self._environment = environment(folder)
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    def start(self, workers: int, **more: str) -> None:
        """Starts the scheduler, if it isn't there, and more workers."""
        if self.scheduler is None:
            self.scheduler = self._run("dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port))
        for _ in range(workers):
            self.workers.append(self._run("dask_worker", self.address, "--nthreads", "1", "--no-nanny", **more))

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Ends a process as a machine that fails does."""
        process.kill()
        process.wait()

    def stop(self) -> None:
        """Ends everything."""
        for process in (*self.workers, self.scheduler):
            if process is not None:
                self.kill(process)
        self.workers.clear()
        self.scheduler = None

    def _run(self, command: str, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{command}", *arguments, "--no-dashboard"],
            cwd=self._folder,
            env={**self._environment, **more},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Dask]:
    """A cluster that is not started yet."""
    found = Dask(tmp_path)
    yield found
    found.stop()


@pytest.fixture
def charts(tmp_path: Path) -> list[Place]:
    """Four charts."""
    return [Place.local(write_chart(tmp_path, name)) for name in NAMES]


def job(**options: object) -> Job:
    """What every chart is checked with."""
    chosen = CheckOptions()._replace(**options)  # type: ignore[arg-type]
    return Job("embedded", chosen, Limits(), version_here("embedded"), packs=True)


def checked(
    places: list[Place], cluster: Cluster, meanwhile: Callable[[int], None] = lambda _: None
) -> dict[str, ChartReport]:
    """The reports by the charts' names; ``meanwhile`` is told how many are done."""
    found: dict[str, ChartReport] = {}
    try:
        for number, done in check_fleet(places, None, cluster):
            report = report_of(done)
            assert report is not None
            found[Path(places[number].where).name] = report
            meanwhile(len(found))
    finally:
        cluster.close()
    return found


def kill_helm(worker: subprocess.Popen[bytes]) -> None:
    """Kills what a worker has started, once that is there."""
    until = time.monotonic() + 120
    while not (children := descendants(worker.pid)) and time.monotonic() < until:
        time.sleep(0.05)
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def test_a_cluster_gives_the_reports_of_one_machine(tmp_path: Path, dask: Dask, charts: list[Place]) -> None:
    dask.start(2)
    here = fleet(tmp_path, "--format", "json", *NAMES)
    there = fleet(tmp_path, "--scheduler", dask.address, "--results", "results", "--format", "json", *NAMES)
    assert "error" not in there.stderr
    assert matrix(there) == matrix(here)
    assert len(list((tmp_path / "results" / "charts").rglob("*.json.gz"))) == 4


def test_a_worker_that_is_killed_costs_no_chart(dask: Dask, charts: list[Place]) -> None:
    dask.start(2)

    def kill_one(done: int) -> None:
        if done == 1:
            dask.kill(dask.workers[0])

    found = checked(charts, Cluster(dask.address, job()), kill_one)
    assert {name: report.gate for name, report in found.items()} == dict.fromkeys(NAMES, Gate.FAIL)


def test_a_scheduler_that_comes_back_is_given_the_rest(dask: Dask, charts: list[Place]) -> None:
    dask.start(1)

    def restart(done: int) -> None:
        if done == 1:
            dask.stop()
            dask.start(1)

    found = checked(charts, Cluster(dask.address, job()), restart)
    assert {name: report.gate for name, report in found.items()} == dict.fromkeys(NAMES, Gate.FAIL)


def test_a_poisoned_chart_costs_itself(tmp_path: Path, dask: Dask, charts: list[Place]) -> None:
    write(tmp_path, {"own/odd.py": ODD.format(fault="os.kill(os.getpid(), 9)")})
    dask.start(1)
    found = checked(charts, Cluster(dask.address, job(rules=(tmp_path / "own",), select=("ours/odd",))))
    assert {name: report.gate for name, report in found.items()} == {
        **dict.fromkeys(NAMES, Gate.FAIL),
        "two": Gate.ERROR,
    }
    assert found["two"].troubles[0].message.startswith("the process that checked this chart was killed by signal 9; ")


def test_the_limit_on_time_holds_on_a_worker(tmp_path: Path, dask: Dask, charts: list[Place]) -> None:
    write(tmp_path, {"two/templates/busy.yaml": BUSY})
    dask.start(1)
    found = checked(charts[:2], Cluster(dask.address, job()._replace(limits=Limits(seconds=3.0))))
    assert [report.gate for _, report in sorted(found.items())] == [Gate.FAIL, Gate.ERROR]
    assert "did not finish within 3 s and was stopped" in found["two"].troubles[0].message


def test_the_process_behind_a_worker_that_dies_costs_one_chart(dask: Dask, charts: list[Place]) -> None:
    dask.start(1)

    def kill_children(done: int) -> None:
        if done == 1:
            kill_helm(dask.workers[0])

    found = checked(charts, Cluster(dask.address, job()), kill_children)
    gates = [report.gate for report in found.values()]
    assert (len(gates), gates[0], gates.count(Gate.ERROR) <= 1) == (4, Gate.FAIL, True)


def test_a_worker_of_another_version_is_refused_in_one_line(dask: Dask, charts: list[Place], tmp_path: Path) -> None:
    dask.start(1, PYTHONPATH=str(write(tmp_path / "old", {"sitecustomize.py": OLD})))
    with pytest.raises(ConfigurationError) as error:
        Cluster(dask.address, job())
    own = version_here("embedded")
    assert str(error.value).endswith(
        f" has {own.replace('helm-constitution ', 'helm-constitution 0.0.1-', 1)}; this machine has {own}"
    )
    assert "\n" not in str(error.value)


OLD = """
import helm_constitution
helm_constitution.__version__ = "0.0.1-" + helm_constitution.__version__
"""


def test_a_scheduler_that_is_not_there_is_said(dask: Dask) -> None:
    with pytest.raises(ConfigurationError, match=r"the scheduler tcp://.* can't be reached: "):
        Cluster(dask.address, job(), patience=0.5)


def test_a_scheduler_without_workers_is_said(dask: Dask, charts: list[Place]) -> None:
    dask.start(0)
    with pytest.raises(ConfigurationError, match=r"has had no worker for 3 s"):
        checked(charts, Cluster(dask.address, job(), patience=3.0))
