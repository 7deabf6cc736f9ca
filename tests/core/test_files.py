"""Files are written in one step, and only over what is a file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.files import write_file


def test_a_report_replaces_an_older_one_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text("old")
    write_file(file, "new\n", "the report")
    assert file.read_text() == "new\n"
    assert os.listdir(tmp_path) == ["report.json"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    write_file(tmp_path / "link.json", "new\n", "the report")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text() == "new\n"


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to("elsewhere.json")
    with pytest.raises(ConfigurationError, match="broken symbolic link"):
        write_file(tmp_path / "link.json", "new\n", "the report")
    assert os.listdir(tmp_path) == ["link.json"]


def test_a_planted_part_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / f".report.json.{os.getpid()}.part").symlink_to("precious")
    write_file(tmp_path / "report.json", "new\n", "the report")
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_file(pipe, "new\n", "the report")
        assert os.read(reader, 100) == b"new\n"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"can't be written: No such file or directory"):
        write_file(tmp_path / "none" / "report.json", "new\n", "the report")
    with pytest.raises(ConfigurationError, match="can't be written"):
        write_file(tmp_path, "new\n", "the report")


def test_an_existing_file_keeps_its_mode_and_line_ends_stay_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "plan.md"
    file.write_text("old")
    file.chmod(0o640)
    write_file(file, "a\r\nb", "the plan")
    assert file.read_bytes() == b"a\r\nb"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_failure_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "plan.md"
    file.write_text("old")

    def full(part: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ConfigurationError, match="the plan can't be written: No space left on device"):
        write_file(file, "new", "the plan")
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["plan.md"]
