"""Whether a chart late in a fleet takes as much processor time as one at its start.

``python -m bench.flat`` checks copies of a small chart, each with a name of its own, in one worker process at a time,
which is replaced when it has grown, as always. It prints the processor time of all processes for charts 10 to 59 and
for charts 500 to 549, and the quotient, which is to be at most 1.05. A busy machine changes it by some hundredths.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.charts import SIZES, make
from helm_constitution.check.answers import Reports
from helm_constitution.check.options import CheckOptions
from helm_constitution.fleet.charts import Shown, check_charts
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import Limits

AIM = 1.05
FIRST = 10
WINDOW = 50
"""Charts on each side: more than a worker checks before it is replaced."""


def copies(folder: Path, count: int) -> Iterator[Path]:
    """So many small charts, with names of their own."""
    for number in range(count):
        chart = make(folder / str(number), SIZES[0])
        file = chart / "Chart.yaml"
        file.write_text(file.read_text("utf-8").replace("name: web\n", f"name: web-{number}\n", 1), "utf-8")
        yield chart


def processor_seconds(pid: int) -> float:
    """What a process has used so far, with its children and theirs, running and ended."""
    ticks = 0
    pending = [pid]
    while pending:
        process = Path("/proc", str(pending.pop()))
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            children = [child for file in process.glob("task/*/children") for child in file.read_text().split()]
        except OSError:  # it has ended: its parent has its time now
            continue
        ticks += sum(map(int, fields[11:15]))
        pending.extend(map(int, children))
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(charts: list[Path]) -> list[float]:
    """The processor time until each chart was done, in seconds."""
    engine = choose_engine("embedded", Limits())
    limits = Limits(jobs=1)
    start = partial(choose_engine, "embedded")
    done = []
    try:
        for report in check_charts(charts, engine, CheckOptions(), start, limits, Shown(), Reports()):
            if report.troubles:
                raise SystemExit(f"error: {report.path}: {report.troubles[0].message}")
            done.append(processor_seconds(os.getpid()))
    finally:
        engine.close()
    return done


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(prog="bench.flat", description="Compares charts late in a fleet with early ones.")
    parser.add_argument("--late", type=int, default=500, help="the first of the late charts (500)")
    late = parser.parse_args().late
    with tempfile.TemporaryDirectory() as temporary:
        done = measure(list(copies(Path(temporary), late + WINDOW)))
    early_seconds = done[FIRST + WINDOW - 1] - done[FIRST - 1]
    late_seconds = done[late + WINDOW - 1] - done[late - 1]
    print(f"  charts {FIRST} to {FIRST + WINDOW - 1}    CPU{early_seconds / WINDOW * 1000:7.0f} ms a chart")
    print(f"  charts {late} to {late + WINDOW - 1}  CPU{late_seconds / WINDOW * 1000:7.0f} ms a chart")
    print(f"  the late ones take {late_seconds / early_seconds:.3f} of the early ones (aim {AIM})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
