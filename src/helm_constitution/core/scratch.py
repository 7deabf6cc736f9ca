"""Folders for what helm reads from the disk. They lie in one folder of the process, which is gone at its end however it
ends: a signal may come while a folder is made or removed."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOTS: dict[int, str] = {}
"""The folder of this process, by its number: a process that was forked has its own."""


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder that is gone afterwards.

    Raises:
        OSError: it can't be made.
    """
    import shutil

    folder = kept_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def kept_folder() -> Path:
    """An empty folder that is gone when the process ends.

    Raises:
        OSError: it can't be made.
    """
    import tempfile

    process = os.getpid()
    root = _ROOTS.get(process)
    if root is None or not os.path.isdir(root):
        root = os.path.join(tempfile.gettempdir(), f"helm-constitution-{process}-{os.urandom(8).hex()}")
        _ROOTS.clear()
        _ROOTS[process] = root  # before it is made: nothing can come between the two then
        atexit.unregister(remove_all)
        atexit.register(remove_all)
        os.mkdir(root, 0o700)
    return Path(tempfile.mkdtemp(dir=root))


def remove_all() -> None:
    """Removes every folder of this process; for processes that end without Python's own end."""
    root = _ROOTS.pop(os.getpid(), None)
    if root is not None:
        import shutil

        shutil.rmtree(root, ignore_errors=True)
