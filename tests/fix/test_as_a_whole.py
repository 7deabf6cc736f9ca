"""Files that are fixed together are written as a whole, or not at all, and nobody else of ours writes meanwhile."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.files import write_bytes
from helm_constitution.core.signals import Interrupted, Terminated
from helm_constitution.fix import files
from helm_constitution.fix.files import ChartFiles

fcntl = pytest.importorskip("fcntl")
BEFORE = {"values.yaml": b"a: 1\n", "templates/a.yaml": b"a\n"}
AFTER = {"values.yaml": b"a: 2\n", "templates/b.yaml": b"b\n", "new/c.yaml": b"c\n", "templates/a.yaml": None}


@pytest.fixture
def chart(tmp_path: Path) -> ChartFiles:
    for name, content in BEFORE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return ChartFiles(tmp_path)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_all_are_written(chart: ChartFiles) -> None:
    assert chart.write(AFTER) == sorted(AFTER)
    assert contents(chart.folder) == {name: content for name, content in AFTER.items() if content is not None}


@pytest.mark.parametrize("written", [1, 2, 3])
@pytest.mark.parametrize("is_there", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("end", [Terminated(signal.SIGTERM), Interrupted(), ConfigurationError("can't be written")])
def test_an_end_between_two_files_leaves_none(
    chart: ChartFiles, monkeypatch: pytest.MonkeyPatch, end: BaseException, written: int, is_there: bool
) -> None:
    count = 0

    def write(file: Path, data: bytes, what: str) -> None:
        nonlocal count
        count += 1
        if count != written or is_there:
            write_bytes(file, data, what)
        if count == written:
            raise end

    monkeypatch.setattr(files, "write_bytes", write)
    with pytest.raises(type(end)):
        chart.write(AFTER)
    assert contents(chart.folder) == BEFORE


def test_another_program_waits_until_all_are_written(chart: ChartFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []

    def write(file: Path, data: bytes, what: str) -> None:
        with pytest.raises(BlockingIOError):
            lock_of(chart.folder)
        waited.append(file.name)
        write_bytes(file, data, what)

    monkeypatch.setattr(files, "write_bytes", write)
    chart.write(AFTER)
    assert sorted(waited) == ["b.yaml", "c.yaml", "values.yaml"]
    lock_of(chart.folder)


def lock_of(folder: Path) -> None:
    """Takes the lock that others of our programs take, at once. Raises BlockingIOError where another one has it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(descriptor)
