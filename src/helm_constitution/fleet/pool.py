"""Worker processes that check charts side by side, watched for silence, memory and their end."""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.fleet.bring import failed_place
from helm_constitution.fleet.place import Place
from helm_constitution.fleet.worker import fork_worker
from helm_constitution.helm.process import resident
from helm_constitution.helm.protocol import HelmEngine, Limits
from helm_constitution.helm.worker import read_message, write_message
from helm_constitution.report.model import ChartReport

if TYPE_CHECKING:
    from helm_constitution.check.cache import Cache

T = TypeVar("T")

SILENT_SECONDS = 600.0
"""How long a worker may give no sign; ten times the time of a helm run where that is more."""
WATCH_SECONDS = 0.2
END_SECONDS = 0.6
"""How long a worker may take to end helm and to tidy up when the run ends."""


class _Worker:
    """A worker process; ``task`` is the number of the chart that it checks, None while it waits."""

    def __init__(self, pid: int, requests: int, answers: int) -> None:
        self.pid = pid
        self.requests = requests
        self.answers = answers
        self.task: int | None = None
        self.place = Place.local(Path())
        self.until = 0.0

    def end(self, seconds: float = 0.0) -> int:
        """Closes the pipes and waits for the process; kills it with its children when it takes longer. Its status."""
        for descriptor in (self.requests, self.answers):
            os.close(descriptor)
        until = time.monotonic() + seconds
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() >= until:
                kill_with_children(self.pid)
                return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            time.sleep(0.005)


class Pool(Generic[T]):
    """Checks charts in several processes.

    Args:
        start: makes an engine; each worker has one of its own.
        options: the options for each chart.
        limits: of a helm run; a worker may hold as much memory, besides its engine.
        workers: how many there are at most.
        finish: what a worker makes of a chart's report.
        silence: seconds after which an unresponsive worker is ended; None for SILENT_SECONDS.
    """

    def __init__(
        self,
        start: Callable[[], HelmEngine],
        options: CheckOptions,
        limits: Limits,
        workers: int,
        finish: Callable[[ChartReport], T],
        silence: float | None = None,
    ) -> None:
        self._start = start
        self._options = options
        self._limits = limits
        self._most = workers
        self._finish = finish
        self._silence = max(SILENT_SECONDS, 10 * limits.seconds) if silence is None else silence
        self._workers: list[_Worker] = []

    def has_room(self) -> bool:
        """Whether a worker would begin with a chart at once."""
        return sum(worker.task is not None for worker in self._workers) < self._most

    def submit(self, number: int, place: Place, cache: Cache | None = None) -> None:
        """Gives a chart to a worker, with the cache that doesn't answer it; asks :meth:`has_room` before.

        Raises:
            OSError: no process can be started.
        """
        worker = next((one for one in self._workers if one.task is None), None) or self._fork()
        worker.task, worker.place = number, place
        worker.until = time.monotonic() + self._silence
        with contextlib.suppress(BrokenPipeError):  # it has ended; that is seen when its answer is waited for
            write_message(worker.requests, {"place": pickle.dumps(place), "cache": pickle.dumps(cache)})

    def wait(self) -> Iterator[tuple[int, T]]:
        """Waits until a worker says something; gives what is done by then, by the charts' numbers."""
        busy = {worker.answers: worker for worker in self._workers if worker.task is not None}
        watch = select.poll()
        for descriptor in busy:
            watch.register(descriptor, select.POLLIN)
        for descriptor, _ in watch.poll(WATCH_SECONDS * 1000):
            yield from self._heard(busy.pop(descriptor))
        now = time.monotonic()
        for worker in busy.values():
            breach = self._breach(worker, now)
            if breach is not None:
                yield self._lost(worker, breach)

    def close(self) -> None:
        """Ends every worker, with the helm that it runs, within a second."""
        for worker in self._workers:
            if worker.task is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker.pid, signal.SIGTERM)
        until = time.monotonic() + END_SECONDS
        while self._workers:
            self._workers.pop().end(until - time.monotonic())

    def _fork(self) -> _Worker:
        if not self._workers:
            from helm_constitution.fleet.preload import preload

            preload(self._options)
        foreign = [number for worker in self._workers for number in (worker.requests, worker.answers)]
        worker = _Worker(*fork_worker(self._start, self._options, self._finish, foreign))
        self._workers.append(worker)
        return worker

    def _heard(self, worker: _Worker) -> Iterator[tuple[int, T]]:
        message = read_message(worker.answers)
        if message is None:
            yield self._lost(worker, None)
        elif "finished" not in message:
            worker.until = time.monotonic() + self._silence
        else:
            assert worker.task is not None
            yield worker.task, pickle.loads(message["finished"])
            worker.task = None
            if message["leaves"]:
                self._workers.remove(worker)
                worker.end(END_SECONDS)

    def _breach(self, worker: _Worker, now: float) -> str | None:
        if resident(worker.pid) > self._limits.memory:
            return f"the check took more than {self._limits.memory // 1024**2} MiB of memory and was stopped"
        if now > worker.until:
            return f"the check made no progress for {self._silence:g} s and was stopped"
        return None

    def _lost(self, worker: _Worker, breach: str | None) -> tuple[int, T]:
        """What is made of the chart that a worker had when it ended, or was ended."""
        self._workers.remove(worker)
        status = worker.end(0.0 if breach is not None else END_SECONDS)
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        words = breach or f"the process that checked this chart {how}"
        assert worker.task is not None
        error = ConstitutionError(f"{words}; check the chart alone to see more, or report this as a bug")
        return worker.task, self._finish(failed_place(worker.place, error))


def kill_with_children(pid: int) -> None:
    """Kills a child process and the process groups that it has started."""
    groups: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                groups.extend(int(child) for child in file.read().split())
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
