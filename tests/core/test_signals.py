"""What a signal that ends the program does."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import os, signal, time, weakref
from helm_constitution.core.signals import Interrupted, Terminated, end_cleanly

signal.signal(signal.SIGINT, signal.default_int_handler)
end_cleanly()


class Thing: pass


def callback(_):
    os.kill(os.getpid(), signal.{name})
    for _ in range(100_000):
        pass


thing = Thing()
watch = weakref.ref(thing, callback)
try:
    del thing
    time.sleep(20)
except (Terminated, Interrupted) as end:
    print("ended by", type(end).__name__)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a timer")
@pytest.mark.parametrize(
    ("name", "end"), [("SIGTERM", "Terminated"), ("SIGHUP", "Terminated"), ("SIGINT", "Interrupted")]
)
def test_a_signal_within_a_callback_ends_the_program_all_the_same(name: str, end: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.replace("{name}", name)], capture_output=True, text=True, timeout=180, check=False
    )
    assert (done.stdout, done.stderr) == (f"ended by {end}\n", "")
