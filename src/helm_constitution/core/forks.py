"""Whether this process may be forked."""

from __future__ import annotations

import os
import sys


def may_fork() -> bool:
    """Whether a fork is safe: on Linux, in a process with one thread. Others may hold locks that the fork inherits."""
    return sys.platform == "linux" and len(os.listdir("/proc/self/task")) == 1
