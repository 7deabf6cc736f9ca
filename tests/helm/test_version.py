"""The versions of helm binaries that are remembered."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helm_constitution.core.errors import EngineError
from helm_constitution.core.user_dirs import cache_folder
from helm_constitution.helm.cli import CliEngine
from helm_constitution.helm.protocol import Limits
from helm_constitution.helm.version import cached_version, keep_version


@pytest.fixture
def binary(tmp_path: Path) -> Path:
    file = tmp_path / "helm"
    file.write_bytes(b"\x7fELF and so on")
    return file


def test_a_version_is_kept_until_the_binary_changes(binary: Path) -> None:
    assert cached_version(str(binary)) is None
    keep_version(str(binary), "v4.3.1")
    assert cached_version(str(binary)) == "v4.3.1"
    os.utime(binary, ns=(1, 1))
    assert cached_version(str(binary)) is None


def test_another_binary_of_the_same_size_and_time_is_asked(binary: Path, tmp_path: Path) -> None:
    keep_version(str(binary), "v4.3.1")
    other = tmp_path / "other"
    other.write_bytes(binary.read_bytes())
    state = binary.stat()
    os.utime(other, ns=(state.st_atime_ns, state.st_mtime_ns))
    other.replace(binary)
    assert cached_version(str(binary)) is None


def test_several_binaries_have_a_line_each(binary: Path, tmp_path: Path) -> None:
    other = tmp_path / "helm3"
    other.write_bytes(b"\x7fELF")
    keep_version(str(binary), "v4.3.1")
    keep_version(str(other), "v3.17.3")
    assert (cached_version(str(binary)), cached_version(str(other))) == ("v4.3.1", "v3.17.3")


def test_a_link_counts_as_its_target(binary: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(binary)
    keep_version(str(tmp_path / "link"), "v4.3.1")
    assert cached_version(str(binary)) == "v4.3.1"


def test_a_damaged_cache_names_no_other_version(binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    keep_version(str(binary), "v4.3.1")
    file = Path(cache_folder(), "helm-versions")
    whole = file.read_bytes()
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 2]) + whole[place + 1 :])
        assert cached_version(str(binary)) is None
    file.write_bytes(whole)
    assert cached_version(str(binary)) == "v4.3.1"


def test_a_binary_whose_path_is_no_text(tmp_path: Path) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/helm-\xff"))
    file.write_bytes(b"\x7fELF")
    keep_version(str(file), "v4.3.1")
    assert cached_version(str(file)) in (None, "v4.3.1")


def test_a_version_managers_stand_in_is_never_kept(tmp_path: Path) -> None:
    script = tmp_path / "helm"
    script.write_text("#!/bin/sh\nexec real-helm\n")
    keep_version(str(script), "v4.3.1")
    assert cached_version(str(script)) is None
    manager = tmp_path / "mise"
    manager.write_bytes(b"\x7fELF")
    keep_version(str(manager), "v4.3.1")
    assert cached_version(str(manager)) is None


def test_a_cache_that_can_not_be_written_is_done_without(
    binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    keep_version(str(binary), "v4.3.1")
    assert cached_version(str(binary)) is None


def test_a_relative_cache_folder_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert Path(cache_folder()).is_relative_to(Path.home())


def test_helm_is_asked_once(tmp_path: Path, helm: Path) -> None:
    """A binary in the same place that would tell something else isn't run again while it looks the same."""
    first = CliEngine(str(helm), Limits())
    version = first.version()
    first.close()
    assert version.startswith("v")
    assert cached_version(str(helm)) == version
    silent = tmp_path / "helm"
    silent.write_bytes(b"\x7fELF that nothing can run")
    keep_version(str(silent), version)
    second = CliEngine(str(silent), Limits())
    assert second.version() == version
    second.close()


@pytest.mark.parametrize(
    ("does", "words"),
    [
        ("echo I am at the helm", "exit status 0"),
        (r"printf 'fatal error: out of memory\n\ngoroutine 0:\nmain\n' >&2; exit 2", "fatal error: out of memory"),
    ],
)
def test_something_else_called_helm_is_told_in_one_line(tmp_path: Path, does: str, words: str) -> None:
    script = tmp_path / "helm"
    script.write_text(f"#!/bin/sh\n{does}\n")
    script.chmod(0o755)
    engine = CliEngine(str(script), Limits())
    with pytest.raises(EngineError) as error:
        engine.version()
    assert str(error.value) == f"{script} does not print a Helm version: {words}"
    engine.close()
