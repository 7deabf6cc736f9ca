"""What more scenarios cost: the check with ``defaults``, ``quick`` and ``full``, in processor and wall-clock time.

``python -m bench.scenarios [CHART…]`` measures the base chart, generated ones, and the given ones. The cost of one
scenario is what a choice takes more than the defaults alone, shared by the scenarios that it renders more: rendering,
reading, rules, template lines, and with ``full`` the coverage of the templates as well.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.__main__ import describe, install
from bench.bytecode import compile_installed
from bench.charts import BASE, SIZES, make
from scripts.fetch_helm import find_helm

CHOICES = ("defaults", "quick", "full")
AIM = "aim: embedded at most 25 ms of processor time a scenario"


@dataclass(frozen=True)
class Cost:
    """What one check took: seconds of all its processes, seconds of wall clock, scenarios that helm rendered."""

    processor: float
    wall: float
    scenarios: int


def check(program: Path, engine: str, choice: str, chart: Path, environment: dict[str, str]) -> Cost:
    """Checks a chart once."""
    command = [str(program), "check", "--no-cache", "--format", "json", "--engine", engine, "--scenarios", choice]
    begin = time.perf_counter()
    with (
        tempfile.TemporaryFile() as output,
        subprocess.Popen([*command, str(chart)], env=environment, stdout=output) as run,
    ):
        # The processes that render are waited for by the program: their time counts as its own.
        _, status, usage = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begin
        output.seek(0)
        report = json.loads(output.read())
    scenarios = [one for one in report["charts"][0]["scenarios"] if one["status"] != "not-run"]
    return Cost(usage.ru_utime + usage.ru_stime, wall, len(scenarios))


def measure(program: Path, engine: str, chart: Path, rounds: int, environment: dict[str, str]) -> None:
    """Prints a row for each choice of scenarios."""
    rows: dict[str, list[Cost]] = {choice: [] for choice in CHOICES}
    for _ in range(rounds):
        for choice, costs in rows.items():
            costs.append(check(program, engine, choice, chart, environment))
    base = _median(rows["defaults"])
    for choice, costs in rows.items():
        cost = _median(costs)
        more = cost.scenarios - base.scenarios
        each = f"{(cost.processor - base.processor) / more * 1000:7.1f} ms a scenario" if more else ""
        times = f"{cost.processor * 1000:7.0f} ms processor{cost.wall * 1000:7.0f} ms wall"
        print(f"  {engine:9}{choice:10}{cost.scenarios:4} scenarios{times}{each}", flush=True)


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.processor for cost in costs),
        statistics.median(cost.wall for cost in costs),
        costs[0].scenarios,
    )


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(prog="bench.scenarios", description="What more scenarios cost.")
    parser.add_argument("charts", nargs="*", type=Path, help="more charts to measure")
    parser.add_argument("--rounds", type=int, default=3, help="how often each choice is timed (3)")
    options = parser.parse_args()
    installed = install()
    program = installed / "helm-constitution"
    with tempfile.TemporaryDirectory() as temporary:
        environment = compile_installed(installed / "python", os.environ)
        environment |= {"HELM_BIN": str(find_helm(4)), "XDG_CACHE_HOME": str(Path(temporary, "cache"))}
        generated = [make(Path(temporary), size) for size in SIZES[:2]]
        print(f"{options.rounds} rounds, {os.cpu_count()} cores; medians ({AIM})")
        for chart in (BASE, *generated, *(path.absolute() for path in options.charts)):
            print(f"\n{chart.name}: {describe(chart)}")
            for engine in ("embedded", "cli"):
                measure(program, engine, chart, options.rounds, environment)
    return 0


if __name__ == "__main__":
    sys.exit(main())
