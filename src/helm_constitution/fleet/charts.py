"""Checks the charts of a run: unchanged ones are answered from the cache, the others are checked side by side."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from helm_constitution.check.charts import charts_at, check_alone, placed
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.core.forks import may_soon_fork
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.fleet.bring import check_place
from helm_constitution.fleet.place import Place
from helm_constitution.helm.protocol import HelmEngine, Limits

if TYPE_CHECKING:
    from helm_constitution.check.cache import Cache, Caches
    from helm_constitution.core.model import Progress
    from helm_constitution.report.model import ChartReport


class Shown(NamedTuple):
    """Progress callbacks of a run.

    ``scenarios``, for a single chart, gets the number of scenarios that are done, and of all; ``charts``, for several,
    the number of charts that are done, of all, and the path of the last one.
    """

    scenarios: Progress | None = None
    charts: Callable[[int, int, str], None] | None = None


class Workers(Protocol):
    """The workers that check charts."""

    def has_room(self) -> bool:
        """Whether a chart that is submitted now would be checked at once."""
        ...

    def submit(self, number: int, place: Place, cache: Cache | None = None) -> None:
        """Gives a chart to be checked, by its number among the others, and the cache that doesn't answer it."""
        ...

    def wait(self) -> Iterator[tuple[int, ChartReport]]:
        """Waits a while for reports; each comes with its chart's number."""
        ...

    def close(self) -> None:
        """Ends all running checks."""
        ...


def check_charts(
    paths: Sequence[Path],
    engine: HelmEngine,
    options: CheckOptions,
    start: Callable[[Limits], HelmEngine] | None,
    limits: Limits,
    shown: Shown,
) -> Generator[ChartReport, None, None]:
    """Checks every chart that the paths name; gives their reports in this order, each as soon as it is ready.

    Args:
        paths: charts, packaged charts, folders that hold charts.
        engine: lints and renders the only chart.
        options: the options for each chart.
        start: makes the engine of a process that checks some of the charts; None where this process checks them all.
        limits: of a helm run; its jobs are how many charts are checked at once, 0 for as many as there are cores.
        shown: gets the progress of the run.

    Raises:
        ConstitutionError: a path names no chart.
    """
    charts = charts_at(paths)
    if len(charts) == 1:
        yield placed(charts[0], check_alone(CheckRequest(charts[0], engine, options, shown.scenarios)))
        return
    from helm_constitution.check.cache import Caches

    caches = Caches.open(engine, options)
    with closing(start_workers(len(charts), engine, options, start, limits)) as workers:
        done: dict[int, ChartReport] = {}
        waiting = iter(enumerate(charts))
        finished = 0
        for number, chart in enumerate(charts):
            while number not in done:
                found = dict(_some(waiting, workers, caches, options) or workers.wait())
                for one in found:
                    finished += 1
                    if shown.charts is not None:
                        shown.charts(finished, len(charts), str(charts[one]))
                done.update(found)
            yield placed(chart, done.pop(number))


def _some(
    waiting: Iterator[tuple[int, Path]], workers: Workers, caches: Caches | None, options: CheckOptions
) -> list[tuple[int, ChartReport]]:
    """Gives the workers charts until they have enough, or the next one is answered from the cache."""
    while workers.has_room():
        number, chart = next(waiting, (None, None))
        if number is None or chart is None:
            return []
        cache = caches.of(chart) if caches is not None else None
        report = cache.load(options.day) if cache is not None else None
        if report is not None:
            return [(number, report)]
        workers.submit(number, Place.local(chart), cache)
    return []


def start_workers(
    charts: int,
    engine: HelmEngine,
    options: CheckOptions,
    start: Callable[[Limits], HelmEngine] | None,
    limits: Limits,
) -> Workers:
    """What checks so many charts: processes side by side where they can be forked, else this one.

    Args:
        charts: how many there are, more than one.
        engine: tells its version, and checks them where ``start`` is None.
        options: the options for each chart.
        start: makes the engine of a process.
        limits: of a helm run; its jobs are how many charts are checked at once, 0 for as many as there are cores.
    """
    if start is None:
        return _ThisProcess(engine, options)
    engine.version()  # for the report, and for the cache: the process that tells it for the first time ends here
    engine.close()
    if not may_soon_fork():
        return _ThisProcess(start(limits), options)
    from helm_constitution.fleet.pool import Pool

    jobs = limits.jobs or len(os.sched_getaffinity(0))
    at_once = min(jobs, charts)
    own = limits._replace(jobs=max(jobs // at_once, 1))
    return Pool(lambda: start(own), options, own, at_once)


class _ThisProcess:
    """Checks charts one after the other, where no process can be forked."""

    def __init__(self, engine: HelmEngine, options: CheckOptions) -> None:
        self._engine = engine
        self._options = options
        self._next: tuple[int, Place, Cache | None] | None = None

    def has_room(self) -> bool:
        """See Workers."""
        return self._next is None

    def submit(self, number: int, place: Place, cache: Cache | None = None) -> None:
        """See Workers."""
        self._next = number, place, cache

    def wait(self) -> Iterator[tuple[int, ChartReport]]:
        """See Workers."""
        if self._next is not None:
            number, place, cache = self._next
            self._next = None
            yield number, check_place(place, CheckRequest(Path(), self._engine, self._options), cache)
            gc.collect()  # objects and their parts know each other: nothing else gives a chart's memory back

    def close(self) -> None:
        """See Workers."""
        self._engine.close()
