"""Checks the charts of a fleet: finished ones are read from the results, the others are checked and saved one by
one."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.fleet.place import Place

if TYPE_CHECKING:
    from helm_constitution.fleet.charts import Workers
    from helm_constitution.fleet.done import Done
    from helm_constitution.fleet.results import Results


def check_fleet(
    places: Sequence[Place], results: Results | None, workers: Workers[Done]
) -> Generator[tuple[int, Done], None, None]:
    """Checks the charts of a fleet; gives each that is done with its number, in the order in which they are done.

    Args:
        places: the charts.
        results: where reports are saved and found again; None to save none.
        workers: check the charts.

    Raises:
        ConstitutionError: a result can't be written, or no worker is left.
    """
    waiting = iter(enumerate(places))
    files: dict[int, Path | None] = {}
    left = len(places)
    while left:
        for number, done in _some(waiting, workers, results, files) or workers.wait():
            left -= 1
            if results is not None and number in files:
                file = files.pop(number)
                # A chart that changed meanwhile has another place: what was found isn't kept for what it was.
                if results.file_of(places[number]) == file:
                    results.store(file, done)
            yield number, done


def _some(
    waiting: Iterator[tuple[int, Place]], workers: Workers[Done], results: Results | None, files: dict[int, Path | None]
) -> list[tuple[int, Done]]:
    """Gives the workers charts until they have enough, or the next one is done already."""
    while workers.has_room():
        number, place = next(waiting, (None, None))
        if number is None or place is None:
            return []
        if results is not None:
            file = results.file_of(place)
            done = results.load(file)
            if done is not None:
                return [(number, done)]
            files[number] = file
        workers.submit(number, place)
    return []
