"""What a check costs after an edit of one template, in a new process, beside a cold check.

``python -m bench.edited [CHART…]`` takes generated charts of three sizes and the given ones. In each round a copy of
the chart is checked with an empty cache, then its largest template with a workload gets a comment, then it is checked
again. The table shows medians of the processor time of all processes.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench.__main__ import install
from bench.bytecode import compile_installed
from bench.charts import SIZES, make

WORKLOAD = re.compile(r"^kind: (?:Deployment|StatefulSet|DaemonSet)\b", re.MULTILINE)
BEFORE = 1_000_000_000
"""When files were last changed, in seconds since 1970: the cache trusts what has not changed for a while."""


def edit(chart: Path) -> None:
    """Adds a comment to the largest template with a workload, or to the largest one."""
    templates = [path for path in (chart / "templates").rglob("*.yaml") if "metadata:" in path.read_text("utf-8")]
    template = max(templates, key=lambda path: (bool(WORKLOAD.search(path.read_text("utf-8"))), path.stat().st_size))
    text = template.read_text("utf-8")
    template.write_text(text.replace("metadata:", "metadata: # edited", 1), "utf-8")


def check(program: Path, chart: Path, environment: Mapping[str, str]) -> float:
    """The processor time of one check, in seconds.

    Raises:
        SystemExit: it failed.
    """
    before = os.times()
    command = (str(program / "helm-constitution"), "check", "--engine", "embedded", str(chart))
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{chart.name}: {done.stderr.decode(errors='replace').strip()}")
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def measure(program: Path, chart: Path, rounds: int, environment: Mapping[str, str]) -> tuple[float, float]:
    """The medians of a cold check and of one after an edit, in seconds."""
    cold, edited = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as temporary:
            copy = Path(temporary, chart.name)
            shutil.copytree(chart, copy)
            for path in (copy, *copy.rglob("*")):
                os.utime(path, (BEFORE, BEFORE))
            own = {**environment, "XDG_CACHE_HOME": temporary}
            cold.append(check(program, copy, own))
            edit(copy)
            edited.append(check(program, copy, own))
    return statistics.median(cold), statistics.median(edited)


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(prog="bench.edited", description="Compares a check after an edit with a cold one.")
    parser.add_argument("charts", nargs="*", type=Path, help="more charts to measure")
    parser.add_argument("--rounds", type=int, default=5, help="how often each chart is measured (5)")
    options = parser.parse_args()
    program = install()
    environment = compile_installed(program / "python", os.environ)
    print(f"One template edited, in a new process; medians of {options.rounds} rounds, processor time in ms")
    print("                            cold  edited   share")
    with tempfile.TemporaryDirectory() as temporary:
        charts = [make(Path(temporary), size) for size in SIZES[:3]]
        for chart in (*charts, *(path.absolute() for path in options.charts)):
            cold, edited = measure(program, chart, options.rounds, environment)
            print(f"  {chart.name:24}{cold * 1000:6.0f}{edited * 1000:8.0f}{edited / cold:8.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
