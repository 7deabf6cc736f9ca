"""Folders of the program that are gone at its end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helm_constitution.core.scratch import kept_folder, remove_all, scratch_folder


def test_a_folder_is_there_for_a_while() -> None:
    with scratch_folder() as one, scratch_folder() as other:
        (one / "a").write_text("a")
        assert one != other
        assert one.parent == other.parent
    assert not one.exists()
    assert not other.exists()


def test_what_links_lead_to_stays(tmp_path: Path) -> None:
    (tmp_path / "chart").mkdir()
    (tmp_path / "chart" / "a").write_text("a")
    with scratch_folder() as folder:
        (folder / "below").mkdir()
        (folder / "below" / "b").write_text("b")
        (folder / "below" / "file").symlink_to(tmp_path / "chart" / "a")
        (folder / "charts").symlink_to(tmp_path / "chart")
    assert not folder.exists()
    assert (tmp_path / "chart" / "a").read_text() == "a"


def test_a_temporary_folder_that_is_missing_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remove_all()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    with scratch_folder() as folder:
        assert folder.is_dir()
        assert not folder.is_relative_to(tmp_path)


def test_what_is_kept_goes_with_the_rest_and_others_can_be_made() -> None:
    script = """
from helm_constitution.core.scratch import kept_folder, remove_all
kept = kept_folder()
assert kept.parent.stat().st_mode & 0o077 == 0
remove_all()
assert not kept.parent.exists()
assert kept_folder().is_dir()
"""
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("end", ["pass", "raise SystemExit(1)", "raise KeyboardInterrupt", "1 / 0"])
def test_none_is_left_however_the_program_ends(end: str, tmp_path: Path) -> None:
    script = f"from helm_constitution.core.scratch import kept_folder\nkept_folder()\n{end}\n"
    subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "TMPDIR": str(tmp_path)}, check=False, capture_output=True
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_has_its_own() -> None:
    kept = kept_folder()
    child = os.fork()
    if child == 0:
        kept_folder()
        remove_all()
        os._exit(0 if kept.exists() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert kept.exists()
