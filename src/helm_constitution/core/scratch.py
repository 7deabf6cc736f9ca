"""Folders for what helm reads from the disk. They lie in one folder of the process, which is gone at its end however it
ends: a signal may come while a folder is made or removed.

Made and removed without tempfile and shutil, whose imports cost each check 6 ms.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_ROOTS: dict[int, str] = {}
"""The folder of this process, by its number: a process that was forked has its own."""


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder that is gone afterwards.

    Raises:
        OSError: it can't be made.
    """
    folder = kept_folder()
    try:
        yield folder
    finally:
        _remove(str(folder))


def kept_folder() -> Path:
    """An empty folder that is gone when the process ends.

    Raises:
        OSError: it can't be made.
    """
    process = os.getpid()
    root = _ROOTS.get(process)
    if root is None or not os.path.isdir(root):
        root = os.path.join(_temporary(), f"helm-constitution-{process}-{os.urandom(8).hex()}")
        _ROOTS.clear()
        _ROOTS[process] = root  # before it is made: nothing can come between the two then
        atexit.unregister(remove_all)
        atexit.register(remove_all)
        os.mkdir(root, 0o700)
    folder = os.path.join(root, os.urandom(8).hex())
    os.mkdir(folder, 0o700)
    return Path(folder)


def _temporary() -> str:
    """The folder that the user names for temporary files, or the system's."""
    if os.name == "posix":
        folder = next(filter(None, map(os.environ.get, ("TMPDIR", "TEMP", "TMP"))), "/tmp")
        if os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK):
            return os.path.abspath(folder)
    import tempfile

    return tempfile.gettempdir()


def remove_all() -> None:
    """Removes every folder of this process; for processes that end without Python's own end."""
    root = _ROOTS.pop(os.getpid(), None)
    if root is not None:
        _remove(root)


def _remove(folder: str) -> None:
    """Removes a folder with all that is in it, as far as that is possible; what links lead to stays."""
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            if entry.is_dir(follow_symlinks=False):
                _remove(entry.path)
            else:
                with suppress(OSError):
                    os.unlink(entry.path)
        os.rmdir(folder)
