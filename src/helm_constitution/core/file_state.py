"""What tells without reading a file that it is the same as before: what git goes by.

A file system sets the time of change itself (st_ctime), so that writing to a file, or putting another one in its place,
shows even if the size stays and the file's own time is set back.
"""

from __future__ import annotations

import os

from helm_constitution.core.named_tuples import NamedTuple

TICK = 2 * 10**9
"""Nanoseconds within which two changes may have the same times, on any file system."""


class FileState(NamedTuple):
    """Device, inode, bytes, and the times of the last change of the content and of the file (nanoseconds since 1970).

    On Windows, ``changed`` is the time of creation.
    """

    device: int
    inode: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, state: os.stat_result) -> FileState:
        """The state of a file, from what ``stat`` says."""
        return cls(state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)

    def is_settled(self, now: int) -> bool:
        """Whether any change from now on (nanoseconds since 1970) has other times."""
        return max(self.modified, self.changed) + TICK < now
