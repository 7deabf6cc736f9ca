"""The version of a helm binary, kept in the user's cache folder so that a check doesn't have to start a process for
it."""

from __future__ import annotations

import os
from binascii import crc32
from pathlib import Path

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.file_state import FileState
from helm_constitution.core.files import write_file
from helm_constitution.core.user_dirs import cache_folder

_FILE = "helm-versions"
_KEPT = 20
"""Lines of the file: more binaries than anybody has in use."""


def cached_version(helm: str) -> str | None:
    """The cached version of this binary; None if the binary has changed or was never asked."""
    key = _key(helm)
    if key is None:
        return None
    kept = next((line.rpartition("\t") for line in _lines() if line.startswith(key)), None)
    # A damaged file could name another version, and with it what this helm can do.
    return kept[0].removeprefix(key) if kept is not None and kept[2] == _sum(kept[0]) else None


def keep_version(helm: str, version: str) -> None:
    """Remembers a version. If the cache can't be written, helm is asked again next time."""
    key = _key(helm)
    if key is None:
        return
    lines = [f"{key}{version}\t{_sum(key + version)}", *(line for line in _lines() if not line.startswith(key))][:_KEPT]
    file = _path()
    try:
        os.makedirs(os.path.dirname(file), mode=0o700, exist_ok=True)
        write_file(Path(file), "\n".join(lines), "the cache")
    except (OSError, ConfigurationError):
        return


def _key(helm: str) -> str | None:
    """Identifies this binary. None for a version manager's wrapper, which may run another binary at any time."""
    try:
        real = os.path.realpath(helm)
        state = os.stat(real)
        with open(real, "rb") as file:
            script = file.read(2) == b"#!"
    except OSError:
        return None
    if script or "helm" not in os.path.basename(real).lower() or "\n" in real or "\t" in real:
        return None
    return "\t".join(map(str, (real, *FileState.of(state), "")))


def _sum(text: str) -> str:
    return f"{crc32(os.fsencode(text)):08x}"


def _lines() -> list[str]:
    try:
        with open(_path(), encoding="utf-8") as file:
            return file.read().split("\n")
    except (OSError, UnicodeDecodeError):
        return []


def _path() -> str:
    return os.path.join(cache_folder(), _FILE)
