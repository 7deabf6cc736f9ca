"""What a run of helm leaves behind: neither its output in memory, nor what it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from helm_constitution.helm.process import Processes
from helm_constitution.helm.protocol import Limits, RenderRequest
from tests.helm.support import CONFIG_MAP, write_chart
from tests.helm.test_limits import engine_of, gone


@pytest.mark.parametrize(("kind", "most"), [("cli", 1.5), ("embedded", 0.5)])
def test_what_helm_printed_is_not_kept_beside_its_documents(
    kind: str, most: float, helm4: Path, tmp_path: Path
) -> None:
    """A check keeps the results of dozens of scenarios; documents that are equal are one text in the worker's case."""
    size = 2_000_000
    chart = write_chart(tmp_path, {"templates/a.yaml": f'{CONFIG_MAP}  text: {{{{ repeat {size} "x" }}}}\n'})
    engine = engine_of(kind, helm4, Limits())
    with engine.hold(chart):
        kept = [engine.render(chart, RenderRequest())]
        assert kept[0].result().ok
        tracemalloc.start()
        try:
            for _ in range(4):
                kept.append(engine.render(chart, RenderRequest()))
                assert kept[-1].result().ok
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    engine.close()
    assert held < most * 4 * size


def test_what_helm_leaves_in_the_background_ends_with_it(tmp_path: Path) -> None:
    """A helm that is a script may start something and go: it would stay for ever, and so would its output."""
    processes = Processes(Limits())
    ended = processes.start(["/bin/sh", "-c", "sleep 1000 & echo $!; exit 3"], {"PATH": os.environ["PATH"]}).result()
    assert ended.status == 3
    assert gone(int(ended.output))
    processes.close()


SIGNALLED = """
import os, signal, sys
from helm_constitution.core import signals
from helm_constitution.helm import process
from helm_constitution.helm.protocol import Limits

real = process.start

def start(*arguments, **options):
    child = real(*arguments, **options)
    print(child.pid, flush=True)
    os.kill(os.getpid(), int(sys.argv[1]))
    return child

process.start = start
signals.end_cleanly()
processes = process.Processes(Limits())
try:
    processes.start(["/bin/sleep", "1000"], {})
except BaseException as error:
    processes.close()
    sys.exit(signals.status_of_end(error))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_while_helm_starts_ends_it_too(number: signal.Signals) -> None:
    """It comes when helm runs and nobody knows its number yet."""
    program = [sys.executable, "-c", SIGNALLED, str(int(number))]
    done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (128 + number, "")
    assert gone(int(done.stdout))
