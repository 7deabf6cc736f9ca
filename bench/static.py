"""Times the rules that need no rendering: what they cost on top of reading and parsing the chart.

``python -m bench.static [CHART…]`` measures generated charts of two sizes, the given ones, and those that
``$BENCH_CHARTS`` names (separated like PATH). Times are CPU time: other work on the machine disturbs them least. The
first run of a new process, in which regular expressions are compiled, is shown apart from the median of later runs,
each with the chart read anew.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import process_time
from typing import NamedTuple

from bench.bytecode import compiled, require
from bench.charts import SIZES, make

SIZES_MEASURED = ("medium", "huge")
AIM = "aim 60 ms for 50 KB of values and 110 KB of templates, 300 ms for 210 and 1,000 KB"


class Run(NamedTuple):
    """CPU seconds of one run: of parsing, and of each rule."""

    parsing: float
    rules: dict[str, float]


def once(folder: Path) -> Run:
    """Reads a chart anew and runs every rule of the built-in constitution that needs no rendering."""
    from helm_constitution.chart.loader import load_chart
    from helm_constitution.lint import registry
    from helm_constitution.lint.needs import CheckedChart
    from helm_constitution.lint.runner import run_rule
    from helm_constitution.policy.constitution import load_constitution
    from helm_constitution.policy.rule_selection import match
    from helm_constitution.templates.analysis import AnalysedChart

    selection = match(load_constitution(folder, Path("built-in")), registry.modules())
    chart = load_chart(folder, shown=str(folder))
    begin = process_time()
    severities = {rule.id: setting.severity for rule, setting in selection.rules.items()}
    checked = CheckedChart(AnalysedChart(chart), severities=severities)
    if chart.values is not None:
        chart.values.document  # noqa: B018 - parses it
    checked.analysed.templates  # noqa: B018 - parses them
    parsing = process_time() - begin
    taken: dict[str, float] = {}
    for rule, setting in selection.rules.items():
        if not checked.has(rule.needs):
            continue
        begin = process_time()
        run = run_rule(rule, setting, checked)
        taken[rule.id] = process_time() - begin
        if run.crash is not None:
            raise RuntimeError(run.crash.message)
    return Run(parsing, taken)


def describe(folder: Path, runs: int, shown: int) -> None:
    """Measures a chart in this process, prints what it took; the slowest ``shown`` rules one by one."""
    gc.disable()  # as the program does
    first = once(folder)
    later = []
    for _ in range(runs):
        gc.collect()
        later.append(once(folder))
    median = {rule: statistics.median(run.rules[rule] for run in later) for rule in first.rules}
    total = statistics.median(sum(run.rules.values()) for run in later)
    parsing = statistics.median(run.parsing for run in later)
    print(
        f"{folder.name:28}{len(first.rules):3} rules{total * 1000:7.0f} ms (first run {_sum(first):5.0f}), "
        f"on top of parsing {parsing * 1000:5.0f} ms"
    )
    for rule in sorted(median, key=median.__getitem__, reverse=True)[:shown]:
        print(f"    {rule:32}{median[rule] * 1000:7.1f} ms (first run {first.rules[rule] * 1000:6.1f})")
    sys.stdout.flush()


def _sum(run: Run) -> float:
    return sum(run.rules.values()) * 1000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures each chart in a process of its own."""
    parser = argparse.ArgumentParser(prog="bench.static", description="Times the rules that need no rendering.")
    parser.add_argument("charts", nargs="*", type=Path, help="more charts to measure")
    parser.add_argument("--runs", type=int, default=7, help="how often each chart is read and judged again (7)")
    parser.add_argument("--rules", type=int, default=5, help="how many of the slowest rules are shown (5)")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.here:
        require()
        for chart in options.charts:
            describe(chart, options.runs, options.rules)
        return 0
    named = [Path(name) for name in os.environ.get("BENCH_CHARTS", "").split(os.pathsep) if name]
    print(f"Rules that need no rendering, CPU time; {AIM}")
    with tempfile.TemporaryDirectory() as temporary:
        charts = [make(Path(temporary), size) for size in SIZES if size.name in SIZES_MEASURED]
        sys.stdout.flush()
        command = (sys.executable, "-m", "bench.static", "--here", f"--rules={options.rules}")
        # The first run compiles what Python's own modules and the packages need.
        environment = compiled(Path(temporary, "compiled"), os.environ)
        subprocess.run([*command, "--runs=1", str(charts[0])], env=environment, check=True, stdout=subprocess.DEVNULL)
        for chart in (*charts, *options.charts, *named):
            subprocess.run([*command, f"--runs={options.runs}", chart], env=environment, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
