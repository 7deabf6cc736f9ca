"""Checks a fleet on the workers of a Dask scheduler, which may be many machines.

Dask gives a chart to another worker where one is lost, three times at most. Where the scheduler itself is lost and
comes back, the charts that were under way are given to it once more. Whoever can reach a scheduler can run anything on
its workers: that is Dask's design, and TLS is set up by Dask's own configuration.
"""

from __future__ import annotations

import itertools
import pickle
import queue
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any, TypeVar

from helm_constitution.core.errors import ConfigurationError, ConstitutionError, unforeseen
from helm_constitution.fleet.bring import failed_place
from helm_constitution.fleet.checker import Job
from helm_constitution.fleet.done import Done, done_with
from helm_constitution.fleet.place import Place

try:
    from distributed import Client
    from distributed.scheduler import KilledWorker

    from helm_constitution.fleet.remote import Checkers, OtherVersion, check_here, version_here
except ImportError as error:
    raise ConfigurationError(
        f'--scheduler needs Dask\'s distributed ({error}): pip install "helm-constitution[fleet]"'
    ) from None

if TYPE_CHECKING:
    from distributed import Future

    from helm_constitution.check.cache import Cache
    from helm_constitution.check.options import CheckOptions
    from helm_constitution.helm.protocol import HelmEngine, Limits

_CONNECT_SECONDS = 60.0
"""How long a scheduler may be gone, and how long it may have no worker."""
_WAIT_SECONDS = 0.5
_AHEAD = 4
"""Charts that each thread of a worker is given ahead, for it never to wait."""
_T = TypeVar("_T")


class Cluster:
    """Checks charts on the workers of a scheduler.

    Args:
        address: the scheduler's.
        job: what every chart is checked with.
        patience: seconds that the scheduler, or every worker, may be gone.
    """

    def __init__(self, address: str, job: Job, patience: float = _CONNECT_SECONDS) -> None:
        self._address = address
        self._job = job
        self._packed_job = pickle.dumps(job)
        self._patience = patience
        self._places: dict[int, Place] = {}
        self._futures: dict[Future[Done], int] = {}
        self._group = f"check-{uuid.uuid4().hex}"
        self._runs = itertools.count()
        self._room = 0
        self._begin()

    @classmethod
    def connect(
        cls, address: str, engine: HelmEngine, options: CheckOptions, limits: Limits, *, packs: bool
    ) -> Cluster:
        """Connects with a scheduler; ``packs`` says whether the run needs the reports, besides their rows.

        Raises:
            ConfigurationError: it can't be reached, or a worker differs from this machine.
        """
        if "://" not in address:
            raise ConfigurationError(f"--scheduler {address}: must be tcp://HOST:PORT")
        engine.close()
        return cls(address, Job(engine.name, options, limits, version_here(engine.name), packs))

    def has_room(self) -> bool:
        """See Workers."""
        return len(self._places) < self._room

    def submit(self, number: int, place: Place, cache: Cache | None = None) -> None:
        """See Workers; a cache of this machine is of no use to another."""
        self._places[number] = place
        self._start(number, place)

    def wait(self) -> Iterator[tuple[int, Done]]:
        """See Workers.

        Raises:
            ConfigurationError: the scheduler or its workers stay away, or a worker differs from this machine.
        """
        ended = self._some_ended()
        if not ended:
            self._look_for_workers()
        try:
            # All in one message there and back: a round trip for each chart would keep a hundred workers waiting.
            finished = {future.key: future for future in ended if future.status == "finished"}
            answers = self._client.gather(finished, errors="skip") if finished else {}
        except (OSError, CancelledError):
            answers = {}
        again = self._client.status == "closed"
        for future in ended:
            done = answers.get(future.key)
            if done is None and future.status != "error":
                again = True  # the scheduler is gone, and all that it knew
                continue
            number = self._futures.pop(future)
            place = self._places.pop(number)
            yield number, done if done is not None else self._failed(place, future)
        if again:
            self._client.close(timeout=2)
            self._begin()

    def _some_ended(self) -> list[Future[Done]]:
        """Waits a while for checks that have ended, in whatever way; all that have by then."""
        ended: list[Future[Done]] = []
        try:
            ended.append(self._ended.get(timeout=_WAIT_SECONDS))
            while True:
                ended.append(self._ended.get_nowait())
        except queue.Empty:
            return ended

    def close(self) -> None:
        """See Workers: takes back what is under way."""
        if self._client.status == "running":
            self._client.cancel(list(self._futures), force=True)
        self._client.close(timeout=2)

    def _begin(self) -> None:
        """Connects, refuses workers that differ, and gives out what is under way."""
        until = time.monotonic() + self._patience
        while True:
            try:
                self._client = Client(self._address, timeout=max(until - time.monotonic(), 1))
                break
            except (OSError, TimeoutError, ValueError) as error:
                if time.monotonic() >= until or isinstance(error, ValueError):
                    raise ConfigurationError(f"the scheduler {self._address} can't be reached: {error}") from None
                time.sleep(_WAIT_SECONDS)
        self._alive = time.monotonic()
        found = self._asked(lambda: self._client.run(version_here, self._job.engine, on_error="return"))
        for worker, version in sorted(found.items()):
            if version != self._job.version:
                raise self._differs(worker, version)
        self._asked(lambda: self._client.register_plugin(Checkers()))
        self._look_for_workers()
        self._futures.clear()
        self._ended: queue.SimpleQueue[Future[Done]] = queue.SimpleQueue()
        for number, place in self._places.items():
            self._start(number, place)

    def _asked(self, ask: Callable[[], _T]) -> _T:
        try:
            return ask()
        except Exception as error:  # noqa: BLE001 - whatever a worker of another version raises
            self._client.close(timeout=2)
            raise ConfigurationError(f"the scheduler {self._address}: {unforeseen(error)}") from None

    def _differs(self, worker: str, version: Any) -> ConfigurationError:
        self._client.close(timeout=2)
        has = version if isinstance(version, str) else f"no helm-constitution that answers ({version})"
        return ConfigurationError(f"the worker {worker} has {has}; this machine has {self._job.version}")

    def _look_for_workers(self) -> None:
        threads = sum(self._client.nthreads().values()) if self._client.status == "running" else 0
        if threads:
            self._alive = time.monotonic()
            self._room = _AHEAD * threads
        elif self._client.status == "running" and time.monotonic() - self._alive > self._patience:
            raise ConfigurationError(f"the scheduler {self._address} has had no worker for {self._patience:g} s")
        else:
            self._room = self._room or 1

    def _start(self, number: int, place: Place) -> None:
        # One group for all charts: the scheduler keeps every group that it has seen, and learns from one how long a
        # check takes. The chart is packed, for Dask looks into tuples for keys.
        key = (self._group, next(self._runs), place.shown)
        future = self._client.submit(check_here, pickle.dumps(place), self._packed_job, key=key, pure=False, retries=0)
        self._futures[future] = number
        future.add_done_callback(self._ended.put)

    def _failed(self, place: Place, future: Future[Done]) -> Done:
        error = future.exception()
        if isinstance(error, OtherVersion):
            raise self._differs("that has joined", str(error))
        words = f"the check was lost with {error.last_worker.address}" if isinstance(error, KilledWorker) else None
        report = failed_place(place, ConstitutionError(words or unforeseen(error)))
        return done_with(report, packs=self._job.packs)
