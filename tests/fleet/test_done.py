"""A kept report is read whole, once, or not at all."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.fleet.done import done_with, report_of
from helm_constitution.fleet.results import Results
from helm_constitution.helm.protocol import HelmEngine
from tests.report.support import chart, finding


def test_a_result_is_unpacked_once(tmp_path: Path, embedded: HelmEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    report = chart(finding(message="runs as root\nüber alles"))
    file = tmp_path / "results" / "charts" / "ab" / "cd.json.gz"
    results = Results(tmp_path / "results", embedded, CheckOptions(), reports=True)
    results.store(file, done_with(report, packs=True))
    sizes: list[int] = []
    decompress = gzip.decompress

    def counted(data: bytes) -> bytes:
        sizes.append(len(data))
        return decompress(data)

    monkeypatch.setattr(gzip, "decompress", counted)
    done = results.load(file)
    assert done is not None
    assert report_of(done) == report
    assert sizes == [file.stat().st_size]


@pytest.mark.parametrize("reports", [True, False])
@pytest.mark.parametrize("keep", [0, 1, 20, -1])
def test_a_result_that_is_not_whole_is_none(tmp_path: Path, embedded: HelmEngine, reports: bool, keep: int) -> None:
    """The file of a run that a full disk or a power cut ended."""
    file = tmp_path / "results" / "charts" / "ab" / "cd.json.gz"
    results = Results(tmp_path / "results", embedded, CheckOptions(), reports=reports)
    results.store(file, done_with(chart(), packs=True))
    assert results.load(file) is not None
    file.write_bytes(file.read_bytes()[:keep])
    assert results.load(file) is None


def test_a_result_without_its_report_is_none(tmp_path: Path, embedded: HelmEngine) -> None:
    file = tmp_path / "results" / "charts" / "ab" / "cd.json.gz"
    results = Results(tmp_path / "results", embedded, CheckOptions(), reports=True)
    results.store(file, done_with(chart(), packs=True))
    row = gzip.decompress(file.read_bytes()).partition(b"\n")[0]
    file.write_bytes(gzip.compress(row + b"\nnull"))
    assert results.load(file) is None
