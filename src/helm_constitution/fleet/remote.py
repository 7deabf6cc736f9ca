"""The part of a fleet's run on a Dask worker.

Each of its threads has a process of its own that checks charts, see ``checker``.
"""

from __future__ import annotations

import pickle
import threading
from typing import TYPE_CHECKING

from distributed import WorkerPlugin, get_worker

from helm_constitution import __version__
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.fleet.bring import failed_place
from helm_constitution.fleet.checker import Checker, Job
from helm_constitution.fleet.done import Done, done_with
from helm_constitution.fleet.place import Place
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import Limits

if TYPE_CHECKING:
    from distributed import Worker

PLUGIN = "helm-constitution"


class OtherVersion(Exception):
    """A worker has another program, or another helm, than the one that the run was started with."""


def version_here(engine: str) -> str:
    """The program's version and its engine's, on this machine; or else what is missing."""
    try:
        chosen = choose_engine(engine, Limits())
        try:
            return f"helm-constitution {__version__} with helm {chosen.version()} ({engine})"
        finally:
            chosen.close()
    except ConstitutionError as error:
        return f"helm-constitution {__version__} without helm: {error}"


def check_here(packed_place: bytes, packed_job: bytes) -> Done:
    """Checks a chart on the Dask worker that this is called on.

    Args:
        packed_place: the chart, pickled.
        packed_job: what it is checked with, pickled.

    Raises:
        OtherVersion: the worker is not the same as where the run was started.
    """
    worker = get_worker()
    checkers = worker.plugins[PLUGIN]
    assert isinstance(checkers, Checkers)
    return checkers.check(pickle.loads(packed_place), pickle.loads(packed_job))


class Checkers(WorkerPlugin):
    """The processes of a Dask worker, one for each of its threads that checks charts."""

    name = PLUGIN

    def __init__(self) -> None:
        self._version: str | None = None
        self._idle: list[Checker] = []
        self._all: list[Checker] = []

    def __getstate__(self) -> dict[str, object]:
        return {}

    def __setstate__(self, _: dict[str, object]) -> None:
        Checkers.__init__(self)

    def setup(self, worker: Worker) -> None:
        """Is called once on each worker."""
        self._lock = threading.Lock()

    def teardown(self, worker: Worker) -> None:
        """Ends the processes with the worker."""
        for checker in self._all:
            checker.close()

    def check(self, place: Place, job: Job) -> Done:
        """See :func:`check_here`."""
        with self._lock:
            if self._version is None:
                self._version = version_here(job.engine)
            if self._version != job.version:
                raise OtherVersion(self._version)
            checker = self._idle.pop() if self._idle else None
        if checker is None or checker.job != job:
            checker = Checker(job)
            self._all.append(checker)
        done = checker.check(place)
        if done is None:
            error = ConstitutionError("the process that checked this chart ended; check the chart alone to see more")
            return done_with(failed_place(place, error), packs=job.packs)
        self._idle.append(checker)
        return done
