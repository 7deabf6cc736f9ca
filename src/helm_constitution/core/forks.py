"""Whether this process may be forked."""

from __future__ import annotations

import os
import sys
import time

_SECONDS = 0.2
"""A thread that was joined is there for a moment longer."""


def may_fork() -> bool:
    """Whether a fork is safe: on Linux, in a process with one thread. Others may hold locks that the fork inherits."""
    return sys.platform == "linux" and _threads() == 1


def may_soon_fork() -> bool:
    """The same, where every thread of this process has been joined just now."""
    until = time.monotonic() + _SECONDS
    while not may_fork():
        if sys.platform != "linux" or time.monotonic() >= until:
            return False
        time.sleep(0.001)
    return True


def _threads() -> int:
    """How many threads this process has; 0 where the system doesn't say, as in a container without /proc."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 0
