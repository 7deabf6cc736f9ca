"""What a fleet keeps of a chart is of the chart as it was checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.fleet.done import Done, done_with, unpacked
from helm_constitution.fleet.place import Kind, Place
from helm_constitution.fleet.results import Results
from helm_constitution.fleet.run import check_fleet
from helm_constitution.helm.protocol import HelmEngine
from tests.fleet.charts import commit, git
from tests.helm.support import write_chart
from tests.report.support import chart
from tests.support import check_chart, write


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


class Team:
    """A repository with a chart, whose results are kept."""

    def __init__(self, folder: Path, engine: HelmEngine) -> None:
        self.folder = folder / "team"
        self.chart = write_chart(self.folder / "web", {})
        commit(self.folder, "v1.0.0")
        self._kept = folder / "results"
        self._engine = engine

    def file_of(self, options: CheckOptions, place: Place | None = None) -> Path | None:
        """Where a report is kept by a new run."""
        results = Results(self._kept, self._engine, options, reports=False)
        return results.file_of(place or Place.local(self.chart))


@pytest.fixture
def team(tmp_path: Path, embedded: HelmEngine) -> Team:
    return Team(tmp_path, embedded)


FETCHED = Place(Kind.REPOSITORY, "web-1.0.0", "https://charts.example.com", "web", "1.0.0")


@pytest.mark.parametrize("baseline", ["main", "HEAD", "v1.0.0", "auto"])
def test_a_result_holds_for_the_commit_that_was_the_baseline(team: Team, baseline: str) -> None:
    options = CheckOptions(baseline=baseline)
    first = team.file_of(options)
    assert first is not None
    assert team.file_of(options) == first
    git(team.folder, "commit", "--quiet", "--allow-empty", "--message", "More")
    git(team.folder, "tag", "--force", "v1.0.0")
    assert team.file_of(options) != first


def test_a_result_holds_for_the_files_that_were_compared(team: Team, tmp_path: Path) -> None:
    old = write_chart(tmp_path / "old", {})
    users = tmp_path / "users.yaml"
    users.write_text("a:\n  b: 2\n")
    options = CheckOptions(baseline=str(old), old_values=users)
    for place in (None, FETCHED):
        first = team.file_of(options, place)
        assert first is not None
        (old / "values.yaml").write_text("a:\n  b: 3\n")
        second = team.file_of(options, place)
        assert second != first
        users.write_text("a:\n  b: 4\n")
        assert team.file_of(options, place) not in (first, second)
        (old / "values.yaml").write_text("a:\n  b: 5\n")
        users.write_text("a:\n  b: 6\n")


def test_a_missing_baseline_keeps_no_result(team: Team) -> None:
    assert team.file_of(CheckOptions(baseline="none")) is None
    assert team.file_of(CheckOptions(baseline="v1.0.0"), FETCHED) is None


@pytest.mark.parametrize("name", ["constitution.md", ".helm-constitution-debt.yaml", "values.yaml"])
def test_a_fetched_chart_depends_on_what_the_configuration_names(team: Team, tmp_path: Path, name: str) -> None:
    text = "constitution: constitution.md\nscenarios:\n  - {name: more, values: [values.yaml]}\n"
    files = {"constitution.md": "# A\n", "values.yaml": "a: 1\n", ".helm-constitution-debt.yaml": "", "ours.yaml": text}
    write(tmp_path / "policy", files)
    options = CheckOptions(configuration=tmp_path / "policy" / "ours.yaml")
    first = team.file_of(options, FETCHED)
    assert first is not None
    assert team.file_of(options, FETCHED) == first
    (tmp_path / "policy" / name).write_text("b: 2\n")
    assert team.file_of(options, FETCHED) != first


def test_a_result_holds_until_any_waiver_expires(team: Team, embedded: HelmEngine) -> None:
    table = "| Violation | Why Needed | Simpler Alternative Rejected Because |\n|---|---|---|\n"
    row = "| helm/missing-label | it is internal | there is none (until 2026-06-30) |\n"
    write(team.folder, {"plan.md": f"## Complexity Tracking\n\n{table}{row}"})
    write(team.folder, {".helm-constitution.yaml": "plan: plan.md\nignore: [helm/missing-label]\n"})
    report = check_chart(team.chart, embedded, CheckOptions(today="2026-05-01"))
    assert not any(finding.waived for finding in report.findings)
    packed = done_with(report, packs=True).packed
    assert packed is not None
    assert unpacked(packed, report=False)[1] == "2026-06-30"
    later = check_chart(team.chart, embedded, CheckOptions(today="2026-07-01"))
    assert [one.reason for one in later.stale] == ["it expired on 2026-06-30"]
