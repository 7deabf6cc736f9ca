"""The copy of a chart with unsaved texts: the same files and folders, also empty ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helm_constitution.server.mirror import Mirror
from tests.support import WEB, write


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    mirror = Mirror(write(tmp_path, WEB) / "web")
    yield mirror
    mirror.close()


def paths(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_a_folder_that_lost_its_last_file_stays_in_the_copy_until_it_goes(tmp_path: Path, mirror: Mirror) -> None:
    templates = tmp_path / "web" / "templates"
    assert paths(mirror.update({})) == paths(templates.parent)
    for file in templates.iterdir():
        file.unlink()
    assert "templates" in paths(mirror.update({}))
    templates.rmdir()
    assert paths(mirror.update({})) == paths(templates.parent)


def test_a_folder_of_an_unsaved_file_goes_with_it(tmp_path: Path, mirror: Mirror) -> None:
    before = paths(mirror.update({}))
    assert paths(mirror.update({"files/deep/x.txt": ""})) == before | {"files", "files/deep", "files/deep/x.txt"}
    assert paths(mirror.update({})) == before


def test_a_folder_that_becomes_a_file_and_is_one_again(tmp_path: Path, mirror: Mirror) -> None:
    web = write(tmp_path, {"web/files/x": "1"}) / "web"
    assert paths(mirror.update({})) == paths(web)
    (web / "files" / "x").unlink()
    (web / "files").rmdir()
    (web / "files").touch()
    assert paths(mirror.update({})) == paths(web)
    (web / "files").unlink()
    write(tmp_path, {"web/files/x": "2"})
    assert (mirror.update({}) / "files" / "x").read_text() == "2"
