"""Times a run over many charts: side by side, one by one, unchanged; and counts what helm is asked for each chart.

``python -m bench.fleet [CHART…]`` takes the given charts, and those that ``$BENCH_CHARTS`` names (separated like PATH);
without any, generated ones. All commands run in turn, in each round in another order. The main figure is the processor
of all processes, because a machine that is busy otherwise changes it least; the table shows medians. The program
is installed into an environment of its own and compiled, as users have it.
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

from bench.__main__ import Contender, install
from bench.bytecode import compile_installed
from bench.charts import SIZES, make
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.check.pipeline import run
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import Limits, LintOutput, Pending, RenderOutput, RenderRequest

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
    """What is timed; the first is what the others are compared with.

    Args:
        program: the ``bin`` folder of the environment that the program is installed in.
        charts: what is checked.
    """
    names = tuple(map(str, charts))
    check = (str(program / "helm-constitution"), "check", "--engine", "embedded", "--format", "json")
    found = [
        Contender("one process", ((*check, "--no-cache", "--jobs", "1", *names),)),
        Contender("all cores", ((*check, "--no-cache", *names),)),
        Contender("unchanged", ((*check, *names),)),
    ]
    if shutil.which("kube-linter"):
        found.append(Contender("kube-linter", (("kube-linter", "lint", *names),)))
    return found


def measure(everyone: Sequence[Contender], rounds: int, environment: dict[str, str]) -> list[list[tuple[float, float]]]:
    """Processor time and wall clock, in seconds, of each contender in each round, behind one that isn't counted."""
    times: list[list[tuple[float, float]]] = [[] for _ in everyone]
    for number in range(-1, rounds):
        order = list(range(len(everyone)))
        for index in reversed(order) if number % 2 else order:
            (command,) = everyone[index].commands
            before, begin = os.times(), time.perf_counter()
            done = subprocess.run(command, env=environment, capture_output=True, check=False)
            after, wall = os.times(), time.perf_counter() - begin
            if done.returncode < 0:
                raise SystemExit(f"error: {everyone[index].name} was killed by signal {-done.returncode}")
            cpu = after.children_user + after.children_system - before.children_user - before.children_system
            if number >= 0:
                times[index].append((cpu, wall))
    return times


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
        print(f"{len(charts)} charts, {options.rounds} rounds, {os.cpu_count()} cores; medians, share of the first's")
        times = measure(everyone, options.rounds, environment)
        first = statistics.median(cpu for cpu, _ in times[0])
        for contender, took in zip(everyone, times, strict=True):
            cpu, wall = (statistics.median(one[part] for one in took) for part in (0, 1))
            each = cpu / len(charts) * 1000
            print(
                f"  {contender.name:14}CPU{cpu:8.2f} s ({each:6.0f} ms a chart){cpu / first:6.2f}   wall{wall:8.2f} s"
            )
        count_requests(list(dict.fromkeys(charts)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
