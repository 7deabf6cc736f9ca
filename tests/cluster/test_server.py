"""The server of the tests ends with the process that started it, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

STARTING = """
import sys, time
from contextlib import ExitStack
from pathlib import Path
from tests.cluster.server import started

with ExitStack() as stack:
    started(stack, Path(sys.argv[1]), Path(sys.executable), "-c", sys.argv[2])
    time.sleep(600)
"""
WAITING = "import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(600)"


def is_running(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_was_started_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", STARTING, str(tmp_path), WAITING], cwd=root)
    until = time.monotonic() + 60
    file = tmp_path / "pid"
    while not (file.is_file() and file.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    pid = int(file.read_text())
    assert is_running(pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_running(pid)
