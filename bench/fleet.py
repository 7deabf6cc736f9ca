"""Times a run over many charts: side by side, one by one, unchanged; and counts what helm is asked for each chart.

``python -m bench.fleet [CHART…]`` takes the given charts, and those that ``$BENCH_CHARTS`` names (separated like PATH);
without any, generated ones. All commands run in turn, in each round in another order. The table shows medians: the
processor of all processes, which a machine that is busy otherwise changes least, wall clock, beside that of kube-linter
where it is on PATH, and the memory of the largest process. The program is installed into an environment of its own and
compiled, as users have it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.__main__ import Contender, install
from bench.bytecode import compile_installed
from bench.charts import SIZES, make
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.check.pipeline import run
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import Limits, LintOutput, Pending, RenderOutput, RenderRequest

KUBE_LINTER = "kube-linter"
# What is aimed at: shares of kube-linter's wall clock on the same charts; MiB of a worker.
AIMS = {"all cores": 3.0, "unchanged": 0.1}
MEMORY = 300
COPIES = 5
"""Charts of each generated size but the largest, which comes once."""


class CountingEngine(EmbeddedEngine):
    """Counts what it is asked for: lints, renders of the chart as it is, renders of copies with marks."""

    def __init__(self, chart: Path) -> None:
        super().__init__(Limits())
        self.chart = chart
        self.asked: Counter[str] = Counter()

    def lint(self, chart: Path, request: RenderRequest) -> Pending[LintOutput]:
        """Counts a lint."""
        self.asked["lint"] += 1
        return super().lint(chart, request)

    def render(self, chart: Path, request: RenderRequest) -> Pending[RenderOutput]:
        """Counts a render."""
        self.asked["plain" if chart == self.chart else "copy"] += 1
        return super().render(chart, request)


def generated(folder: Path) -> list[Path]:
    """Charts of several sizes, a few of each."""
    return [make(folder / str(number), size) for size in SIZES for number in range(1 if size is SIZES[-1] else COPIES)]


def count_requests(charts: Sequence[Path]) -> None:
    """Prints what helm is asked for each chart."""
    print("\nhelm is asked for    lint  plain  copies  scenarios")
    total: Counter[str] = Counter()
    for chart in charts:
        engine = CountingEngine(chart)
        try:
            report = run(CheckRequest(chart, engine, CheckOptions()))
        except ConstitutionError as error:
            print(f"  {chart.name:20}{error}")
            continue
        finally:
            engine.close()
        asked = engine.asked
        total += asked
        print(f"  {chart.name[:18]:18}{asked['lint']:5}{asked['plain']:7}{asked['copy']:8}{len(report.scenarios):11}")
    print(f"  {'in all':18}{total['lint']:5}{total['plain']:7}{total['copy']:8}")


def contenders(program: Path, charts: Sequence[Path]) -> list[Contender]:
    """What is timed.

    Args:
        program: the ``bin`` folder of the environment that the program is installed in.
        charts: what is checked.
    """
    names = tuple(map(str, charts))
    check = (str(program / "helm-constitution"), "check", "--engine", "embedded", "--format", "json")
    found = [
        Contender("one process", ((*check, "--no-cache", "--jobs", "1", *names),)),
        Contender("all cores", ((*check, "--no-cache", *names),)),
        # As often as the peer renders them: once, with the default values.
        Contender("defaults", ((*check, "--no-cache", "--scenarios", "defaults", *names),)),
        Contender("unchanged", ((*check, *names),)),
    ]
    if shutil.which(KUBE_LINTER):
        found.append(Contender(KUBE_LINTER, ((KUBE_LINTER, "lint", *names),)))
    return found


class Took(NamedTuple):
    """What a command took once: seconds of processor and of wall clock, MiB of its largest process."""

    cpu: float
    wall: float
    memory: float


def take(contender: Contender, environment: dict[str, str]) -> Took:
    """Runs a contender once. Raises SystemExit where it did not do its work."""
    (command,) = contender.commands
    begin = time.perf_counter()
    with (
        tempfile.TemporaryFile() as output,
        subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.DEVNULL) as process,
    ):
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode < 0 or not output.tell():
            raise SystemExit(f"error: {contender.name} ended with status {process.returncode}, and printed nothing")
    return Took(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def measure(everyone: Sequence[Contender], rounds: int, environment: dict[str, str]) -> list[Took]:
    """The medians of each contender, over all rounds behind one that isn't counted."""
    times: list[list[Took]] = [[] for _ in everyone]
    for number in range(-1, rounds):
        order = list(range(len(everyone)))
        for index in reversed(order) if number % 2 else order:
            took = take(everyone[index], environment)
            if number >= 0:
                times[index].append(took)
    return [Took(*map(statistics.median, zip(*took, strict=True))) for took in times]


def show(everyone: Sequence[Contender], medians: Sequence[Took], charts: int) -> None:
    """Prints the table."""
    walls = {one.name: took.wall for one, took in zip(everyone, medians, strict=True)}
    peer = walls.get(KUBE_LINTER)
    for contender, took in zip(everyone, medians, strict=True):
        line = f"  {contender.name:12}CPU{took.cpu:8.2f} s ({took.cpu / charts * 1000:5.0f} ms a chart)"
        line += f"   wall{took.wall:8.2f} s   {took.memory:4.0f} MiB"
        if peer is not None:
            aim = AIMS.get(contender.name)
            line += f"   {took.wall / peer:5.2f} of kube-linter" + (f" (aim {aim})" if aim is not None else "")
        print(line)
    print(f"  memory of a worker: aim at most {MEMORY} MiB")


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(prog="bench.fleet", description="Times a run over many charts.")
    parser.add_argument("charts", nargs="*", type=Path, help="the charts to check")
    parser.add_argument("--rounds", type=int, default=3, help="how often each command is timed (3)")
    options = parser.parse_args()
    named = [Path(name) for name in os.environ.get("BENCH_CHARTS", "").split(os.pathsep) if name]
    with tempfile.TemporaryDirectory() as temporary:
        charts = [path.absolute() for path in (*options.charts, *named)] or generated(Path(temporary, "charts"))
        program = install()
        environment = compile_installed(program / "python", os.environ)
        environment["XDG_CACHE_HOME"] = str(Path(temporary, "cache"))
        everyone = contenders(program, charts)
        print(f"{len(charts)} charts, {options.rounds} rounds, {os.cpu_count()} cores; medians")
        show(everyone, measure(everyone, options.rounds, environment), len(charts))
        count_requests(list(dict.fromkeys(charts)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
