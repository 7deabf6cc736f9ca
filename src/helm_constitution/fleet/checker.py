"""A process that checks one chart after another for a process that may not fork.

A Dask worker is a process with many threads, from which none may be forked. In this process, which has one, the charts
are checked by a worker of the pool, which keeps the limits on time and memory and dies alone.
"""

from __future__ import annotations

import functools
import os
import pickle
import subprocess
import sys

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.signals import Terminated, end_cleanly
from helm_constitution.fleet.done import Done, done_with
from helm_constitution.fleet.place import Place
from helm_constitution.fleet.pool import Pool
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import Limits
from helm_constitution.helm.worker import read_message, write_message

_LEAVE_SECONDS = 5.0


class Job(NamedTuple):
    """What every chart of a run is checked with.

    ``version`` is ``version_here()`` where the run was started; ``packs`` says whether the run needs the reports,
    besides their rows in the matrix.
    """

    engine: str
    options: CheckOptions
    limits: Limits
    version: str
    packs: bool


class Checker:
    """A process that checks one chart after another."""

    def __init__(self, job: Job) -> None:
        self.job = job
        # Not with the modules of the current folder, where a chart may hold a json.py.
        command = [sys.executable, "-P", "-m", "helm_constitution.fleet.checker"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._answers = self._process.stdin.fileno(), self._process.stdout.fileno()
        write_message(self._requests, {"job": pickle.dumps(job)})

    def check(self, place: Place) -> Done | None:
        """A chart, checked; None where the process has ended."""
        try:
            write_message(self._requests, {"place": pickle.dumps(place)})
            message = read_message(self._answers)
        except OSError:
            message = None
        if message is None:
            self.close()
            return None
        done: Done = pickle.loads(message["done"])
        return done

    def close(self) -> None:
        """Ends the process, with what it has started."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        try:
            self._process.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            self._process.wait()


def main() -> None:
    """Answers requests until the input is closed. Standard output is reserved for answers."""
    end_cleanly()
    try:
        _serve()
    except (Terminated, KeyboardInterrupt, BrokenPipeError):
        sys.exit(1)


def _serve() -> None:
    requests, answers = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    first = read_message(requests)
    if first is None:
        return
    job: Job = pickle.loads(first["job"])
    limits = job.limits._replace(jobs=1)
    finish = functools.partial(done_with, packs=job.packs)
    pool = Pool(functools.partial(choose_engine, job.engine, limits), job.options, limits, 1, finish)
    parent = os.getppid()
    try:
        while (request := read_message(requests)) is not None:
            pool.submit(0, pickle.loads(request["place"]))
            found: list[tuple[int, Done]] = []
            while not found:
                if os.getppid() != parent:
                    return  # the Dask worker was killed: nobody waits for this chart
                found = list(pool.wait())
            write_message(answers, {"done": pickle.dumps(found[0][1])})
    finally:
        pool.close()


if __name__ == "__main__":
    main()
