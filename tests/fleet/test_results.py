"""What a fleet keeps of a chart is of the chart as it was checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.fleet.done import Done, done_with
from helm_constitution.fleet.place import Place
from helm_constitution.fleet.results import Results
from helm_constitution.fleet.run import check_fleet
from helm_constitution.helm.protocol import HelmEngine
from tests.helm.support import write_chart
from tests.report.support import chart


class OneWorker:
    """Checks one chart at a time; something happens meanwhile."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self._meanwhile = meanwhile
        self._numbers: list[int] = []

    def has_room(self) -> bool:
        return not self._numbers

    def submit(self, number: int, place: Place, cache: object = None) -> None:
        self._numbers.append(number)

    def wait(self) -> Iterator[tuple[int, Done]]:
        self._meanwhile()
        yield self._numbers.pop(), done_with(chart(), packs=True)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("is_changed", [True, False])
def test_a_chart_that_changes_during_its_check_is_checked_again(
    tmp_path: Path, embedded: HelmEngine, is_changed: bool
) -> None:
    place = write_chart(tmp_path / "web", {})
    results = Results(tmp_path / "results", embedded, CheckOptions(), reports=True)
    text = "a:\n  b: 2\n" if is_changed else "a:\n  b: 1\n"
    places = [Place.local(place)]
    assert len(list(check_fleet(places, results, OneWorker(lambda: (place / "values.yaml").write_text(text))))) == 1
    write_chart(place, {})
    assert (results.load(results.file_of(places[0])) is None) == is_changed
