"""Reads single files of a chart, with clear errors."""

from __future__ import annotations

import os
import stat
import time

from helm_constitution.core.errors import ChartError
from helm_constitution.core.file_state import FileState

MAX_READ = 100 * 1024 * 1024
"""Bytes; no file of a chart is larger than all that helm reads of a chart."""


def read_file(path: str, shown: str) -> bytes:
    """The content of a plain file.

    Raises:
        FileNotFoundError: it is missing.
        ChartError: it can't be read, or is a device or a pipe, which might never end.
    """
    try:
        # Opening a pipe that nobody writes to would wait for somebody.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                raise ChartError("must be a regular file, not a device, a pipe or a socket", file=shown)
            content = file.read(MAX_READ + 1)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise ChartError(f"can't be read: {reason_of(error)}", file=shown) from error
    if len(content) > MAX_READ:
        raise ChartError(f"larger than {MAX_READ // 1024**2} MiB, helm's limit for a chart", file=shown)
    return content


class ReadFiles:
    """Files as they were read before: for who loads a chart again and again."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[FileState, bytes]] = {}
        self._now: dict[str, tuple[FileState, bytes]] = {}

    def begin(self) -> None:
        """Begins to load a chart: what the load before this one didn't need is dropped."""
        self._before, self._now = self._now, {}

    def read(self, path: str, shown: str, state: os.stat_result) -> bytes:
        """The content of a plain file in this state; see :func:`read_file`."""
        now = FileState.of(state)
        known = self._now.get(path) or self._before.get(path)
        if known is None or known[0] != now:
            known = (now, read_file(path, shown))
            if not now.is_settled(time.time_ns()):
                return known[1]
        self._now[path] = known
        return known[1]


def reason_of(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def text_of(content: bytes, shown: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise not_utf8(content, shown) from None


def not_utf8(content: bytes, shown: str) -> ChartError:
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return ChartError(
            f"not UTF-8 text: byte 0x{content[error.start]:02x} at offset {error.start}; save the file as UTF-8",
            file=shown,
            line=line,
        )
    raise AssertionError("the text is UTF-8")
