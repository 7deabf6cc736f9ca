"""How far a fleet scales on Dask: the program's own client with many workers whose checks are simulated.

``python -m bench.dask`` starts a scheduler and workers, each with one thread, in processes of this machine. A worker
doesn't check its chart: it waits as long as a check takes and gives the report of another chart, so that a hundred
workers need no hundred cores. Everything else is the program's own: charts are hashed, submitted, collected, saved and
added to the matrix as by ``helm-constitution fleet --scheduler ADDRESS --results DIR``.

Efficiency is the time of all checks divided by that of the workers: seconds of waiting / (workers × wall clock). It is
to be at least 0.9, in the middle of a run: from the first tenth of the charts to the last, without the first charts'
submission and the last ones' end, which a long run doesn't notice. Beside it stands the processor time for each chart
of the client, of the scheduler, and of the processes that hold the workers. All of them share this machine's cores,
which the machines of a real cluster don't: on a busy machine the efficiency is less.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import os
import pickle
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.charts import SIZES, make
from bench.flat import processor_seconds
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.check.pipeline import run
from helm_constitution.fleet import remote
from helm_constitution.fleet.checker import Job
from helm_constitution.fleet.done import Done, done_with
from helm_constitution.fleet.place import Place
from helm_constitution.fleet.results import Results
from helm_constitution.fleet.run import check_fleet
from helm_constitution.fleet.scheduler import Cluster
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import Limits

AIM = 0.9
WORKERS = (8, 16, 32, 64, 100)
ENGINE = "embedded"
SPREAD = (0.5, 0.75, 1.0, 1.0, 1.0, 1.25, 1.5)
"""Shares of the mean time that checks take, in turn."""
IN_ONE = 25
"""Workers that share a process: more would wait for each other's Python."""


class Measured(NamedTuple):
    """One run: seconds of wall clock, efficiency in all and in the middle, processor seconds of the three parts."""

    charts: int
    wall: float
    whole: float
    middle: float
    client: float
    scheduler: float
    workers: float


def seconds_of(number: int, mean: float) -> float:
    """How long the check of a chart takes."""
    return mean * SPREAD[number % len(SPREAD)]


def answers(folder: Path) -> list[Done]:
    """Reports of charts of several sizes."""
    engine = choose_engine(ENGINE, Limits())
    try:
        reports = [run(CheckRequest(make(folder, size), engine, CheckOptions())) for size in SIZES[:3]]
        return [done_with(report, packs=True) for report in reports]
    finally:
        engine.close()


def copies(folder: Path, count: int) -> list[Place]:
    """Charts with names of their own."""
    template = make(folder, SIZES[0])
    places = []
    for number in range(count):
        chart = folder / str(number)
        shutil.copytree(template, chart)
        file = chart / "Chart.yaml"
        file.write_text(file.read_text("utf-8").replace("name: web\n", f"name: web-{number}\n", 1), "utf-8")
        places.append(Place.local(chart))
    return places


def serve(address: str, count: int, file: Path, mean: float) -> None:
    """Runs so many workers until they are ended, each with the simulated check."""
    import asyncio

    from distributed import Worker

    reports: list[Done] = pickle.loads(file.read_bytes())

    def wait_for(checkers: remote.Checkers, place: Place, job: Job) -> Done:
        number = int(Path(place.where).name)
        time.sleep(seconds_of(number, mean))
        done = reports[number % len(reports)]
        return done._replace(row=done.row._replace(path=place.shown))

    remote.Checkers.check = wait_for  # type: ignore[assignment,method-assign]
    remote.version_here = functools.cache(remote.version_here)

    async def live() -> None:
        workers = [await Worker(address, nthreads=1, name=f"{os.getpid()}-{number}") for number in range(count)]
        await asyncio.gather(*(worker.finished() for worker in workers))

    asyncio.run(live())


@contextmanager
def cluster(workers: int, file: Path, mean: float) -> Iterator[tuple[str, int, list[int]]]:
    """A scheduler with so many workers; its address, and the process ids of it and of what holds the workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    own = ("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    commands: list[tuple[str, ...]] = [own]
    for first in range(0, workers, IN_ONE):
        count = min(IN_ONE, workers - first)
        commands.append(("bench.dask", "--serve", address, str(count), str(file), "--seconds", str(mean)))
    # A profile of each worker would take more of this machine's processor than all else that it does.
    lean = {**os.environ, "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}
    running = [subprocess.Popen([sys.executable, "-m", *one], env=lean, stderr=subprocess.DEVNULL) for one in commands]
    try:
        yield address, running[0].pid, [process.pid for process in running[1:]]
    finally:
        for process in running:
            process.kill()
            process.wait()


def measure(places: Sequence[Place], workers: int, file: Path, mean: float, folder: Path) -> Measured:
    """Runs the charts once on so many workers."""
    job = Job(ENGINE, CheckOptions(), Limits(), remote.version_here(ENGINE), packs=True)
    engine = choose_engine(ENGINE, Limits())
    results = Results(folder / f"results-{workers}", engine, job.options, reports=False)
    engine.close()
    with cluster(workers, file, mean) as (address, scheduler, holders):
        wait_for_workers(address, workers)
        client = Cluster(address, job)
        before = [time.perf_counter(), *used(scheduler, holders)]
        done = [(number, time.perf_counter()) for number, _ in check_fleet(places, results, client)]
        after = [time.perf_counter(), *used(scheduler, holders)]
        client.close()
    assert {number for number, _ in done} == set(range(len(places)))
    wall, *processor = (late - early for early, late in zip(before, after, strict=True))
    tenth = len(done) // 10
    middle = done[tenth:-tenth]
    whole = sum(seconds_of(number, mean) for number, _ in done) / (workers * wall)
    part = sum(seconds_of(number, mean) for number, _ in middle[1:]) / (workers * (middle[-1][1] - middle[0][1]))
    return Measured(len(places), wall, whole, part, *processor)


def wait_for_workers(address: str, workers: int) -> None:
    """Waits until all workers have joined."""
    from distributed import Client

    with Client(address, timeout=60) as client:
        client.wait_for_workers(workers, timeout=300)


def used(scheduler: int, holders: Sequence[int]) -> tuple[float, float, float]:
    """The processor time so far of the client, of the scheduler and of the workers."""
    return time.process_time(), processor_seconds(scheduler), sum(map(processor_seconds, holders))


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(prog="bench.dask", description="Simulates a fleet on many Dask workers.")
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS, help="how many, one run for each")
    parser.add_argument("--seconds", type=float, default=1.0, help="what a check takes on average (1)")
    parser.add_argument("--charts", type=int, default=20, help="charts for each worker, at least 1,000 in all (20)")
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        address, count, file = options.serve
        serve(address, int(count), Path(file), options.seconds)
        return 0
    print(f"{options.seconds:g} s a chart; CPU of the client, the scheduler and the workers for each")
    print("workers  charts       wall  efficiency  in the middle    client  scheduler    workers")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file = folder / "answers"
        file.write_bytes(pickle.dumps(answers(folder / "sizes")))
        places = copies(folder / "charts", max(1000, options.charts * max(options.workers)))
        for workers in options.workers:
            charts = list(itertools.islice(places, max(1000, options.charts * workers)))
            found = measure(charts, workers, file, options.seconds, folder)
            parts = [part / found.charts * 1000 for part in (found.client, found.scheduler, found.workers)]
            print(
                f"{workers:7}{found.charts:8}{found.wall:9.1f} s{found.whole:12.3f}{found.middle:15.3f}"
                f"{parts[0]:7.1f} ms{parts[1]:8.1f} ms{parts[2]:8.1f} ms",
                flush=True,
            )
    print(f"efficiency: aim at least {AIM}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
