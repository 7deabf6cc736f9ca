"""Checks the charts of a run: unchanged ones are answered from the cache, the others are checked side by side."""

from __future__ import annotations

import functools
import gc
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from helm_constitution.check.charts import check_alone
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.core.forks import may_soon_fork
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.fleet.bring import check_place
from helm_constitution.fleet.place import Place
from helm_constitution.helm.protocol import HelmEngine, Limits

if TYPE_CHECKING:
    from helm_constitution.check.answers import Answers
    from helm_constitution.check.cache import Cache, Caches
    from helm_constitution.core.model import Progress
    from helm_constitution.report.model import ChartReport

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Shown(NamedTuple):
    """Progress callbacks of a run.

    ``scenarios``, for a single chart, gets the number of scenarios that are done, and of all; ``charts``, for several,
    the number of charts that are done, of all, and the path of the last one.
    """

    scenarios: Progress | None = None
    charts: Callable[[int, int, str], None] | None = None


class Workers(Protocol[T_co]):
    """The workers that check charts."""

    def has_room(self) -> bool:
        """Whether a chart that is submitted now would be checked at once."""
        ...

    def submit(self, number: int, place: Place, cache: Cache | None = None) -> None:
        """Gives a chart to be checked, by its number among the others, and the cache that doesn't answer it."""
        ...

    def wait(self) -> Iterator[tuple[int, T_co]]:
        """Waits a while for charts that are done; what was made of each report comes with the chart's number."""
        ...

    def close(self) -> None:
        """Ends all running checks."""
        ...


def check_charts(
    charts: Sequence[Path],
    engine: HelmEngine,
    options: CheckOptions,
    start: Callable[[Limits], HelmEngine] | None,
    limits: Limits,
    shown: Shown,
    answers: Answers[T],
) -> Generator[T, None, None]:
    """Checks charts; gives their answers in this order, each as soon as it is ready.

    Args:
        charts: folders and packages, at least one.
        engine: lints and renders the only chart.
        options: the options for each chart.
        start: makes the engine of a process that checks some of the charts; None where this process checks them all.
        limits: of a helm run; its jobs are how many charts are checked at once, 0 for as many as there are cores.
        shown: gets the progress of the run.
        answers: makes a chart's answer of its report.
    """
    kept = _Kept(engine, options, answers)
    if len(charts) == 1:
        answer, cache = kept.look(charts[0])
        if answer is None:
            report = check_alone(CheckRequest(charts[0], engine, options, shown.scenarios), cache)
            answer = answers.made(charts[0], report, cache)
        yield answer
        return
    with closing(start_workers(len(charts), engine, options, start, limits, _same)) as workers:
        ready: dict[int, Callable[[], T]] = {}
        asked: dict[int, Cache | None] = {}
        waiting = iter(enumerate(charts))
        finished = 0
        for number in range(len(charts)):
            while number not in ready:
                found = _some(waiting, workers, kept, asked)
                for one, report in () if found else workers.wait():
                    found[one] = functools.partial(answers.made, charts[one], report, asked.pop(one))
                for one in found:
                    finished += 1
                    if shown.charts is not None:
                        shown.charts(finished, len(charts), str(charts[one]))
                ready.update(found)
            yield ready.pop(number)()


class _Kept(Generic[T]):
    """The answers for charts that are unchanged."""

    def __init__(self, engine: HelmEngine, options: CheckOptions, answers: Answers[T]) -> None:
        self._answers = answers
        self._day = options.day
        self._caches: Caches | None = None
        if options.cache:
            from helm_constitution.check.cache import Caches

            self._caches = Caches.open(engine, options)

    def look(self, chart: Path) -> tuple[T | None, Cache | None]:
        """The answer for a chart; else None, and the cache for its report."""
        cache = self._caches.of(chart) if self._caches is not None else None
        kept = cache.kept(self._day) if cache is not None else None
        return self._answers.kept(chart, kept) if kept is not None else None, cache


def _some(
    waiting: Iterator[tuple[int, Path]], workers: Workers[object], kept: _Kept[T], asked: dict[int, Cache | None]
) -> dict[int, Callable[[], T]]:
    """Gives the workers charts until they have enough, or the next one is unchanged."""
    while workers.has_room():
        number, chart = next(waiting, (None, None))
        if number is None or chart is None:
            break
        answer, cache = kept.look(chart)
        if answer is not None:
            return {number: functools.partial(_same, answer)}
        asked[number] = cache
        workers.submit(number, Place.local(chart), cache)
    return {}


def _same(answer: T) -> T:
    return answer


def start_workers(
    charts: int,
    engine: HelmEngine,
    options: CheckOptions,
    start: Callable[[Limits], HelmEngine] | None,
    limits: Limits,
    finish: Callable[[ChartReport], T],
) -> Workers[T]:
    """What checks so many charts: processes side by side where they can be forked, else this one.

    Args:
        charts: how many there are, more than one.
        engine: tells its version, and checks them where ``start`` is None.
        options: the options for each chart.
        start: makes the engine of a process.
        limits: of a helm run; its jobs are how many charts are checked at once, 0 for as many as there are cores.
        finish: what the process that checked a chart makes of its report.
    """
    if start is None:
        return _ThisProcess(engine, options, finish)
    engine.version()  # for the report, and for the cache: the process that tells it for the first time ends here
    engine.close()
    if not may_soon_fork():
        return _ThisProcess(start(limits), options, finish)
    from helm_constitution.fleet.pool import Pool

    jobs = limits.jobs or len(os.sched_getaffinity(0))
    at_once = min(jobs, charts)
    own = limits._replace(jobs=max(jobs // at_once, 1))
    return Pool(lambda: start(own), options, own, at_once, finish)


class _ThisProcess(Generic[T]):
    """Checks charts one after the other, where no process can be forked."""

    def __init__(self, engine: HelmEngine, options: CheckOptions, finish: Callable[[ChartReport], T]) -> None:
        self._engine = engine
        self._options = options
        self._finish = finish
        self._next: tuple[int, Place, Cache | None] | None = None

    def has_room(self) -> bool:
        """See Workers."""
        return self._next is None

    def submit(self, number: int, place: Place, cache: Cache | None = None) -> None:
        """See Workers."""
        self._next = number, place, cache

    def wait(self) -> Iterator[tuple[int, T]]:
        """See Workers."""
        if self._next is not None:
            number, place, cache = self._next
            self._next = None
            yield number, self._finish(check_place(place, CheckRequest(Path(), self._engine, self._options), cache))
            gc.collect()  # objects and their parts know each other: nothing else gives a chart's memory back

    def close(self) -> None:
        """See Workers."""
        self._engine.close()
