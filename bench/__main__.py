"""Times the check beside ``helm lint`` then ``helm template`` on the same charts, in one run.

``python -m bench [CHART…]`` measures generated charts of four sizes, the given ones, and those that ``$BENCH_CHARTS``
names (separated like PATH). In each round every command runs once, in an order that changes from round to round; the
table shows medians. The program is installed into an environment of its own from a wheel, as users have it: an
editable installation starts more slowly.
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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.bytecode import compile_installed
from bench.charts import SIZES, make
from scripts.fetch_helm import cache_folder, find_helm
from scripts.fetch_wheels import ROOT

PARTS = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "src", "rules")
# What is aimed at: shares of helm's time, MiB.
FRESH = "aim 0.9, none above 1.05"
UNCHANGED = "aim 0.4"
MEMORY = "aim at most 150 MiB"


@dataclass(frozen=True)
class Contender:
    """Something to time: commands that run one after the other. ``ours`` may end with 1, for findings."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    ours: bool = False
    aim: str = ""


@dataclass(frozen=True)
class Memory:
    """Most MiB held at any time: by the program's own process, and by the largest of it and its children."""

    own: float
    largest: float


@dataclass(frozen=True)
class Measured:
    """How one of our contenders did on a chart: its share of helm's time."""

    contender: Contender
    share: float
    memory: Memory | None


class Failed(Exception):
    """A command ended in a way that makes its time worthless."""


def install() -> Path:
    """Installs the program from a wheel into an environment of its own; gives its ``bin`` folder."""
    environment = cache_folder() / "bench-venv"
    if not (environment / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip = (environment / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    with tempfile.TemporaryDirectory() as temporary:
        # From a copy: what an earlier build left in the folder would be installed as well.
        for part in PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, Path(temporary, part), symlinks=True)
            else:
                shutil.copy(ROOT / part, temporary)
        subprocess.run([*pip, f"{temporary}[embedded]"], check=True)
        subprocess.run([*pip, "--force-reinstall", "--no-deps", temporary], check=True)
    return environment / "bin"


def contenders(program: Path, helm: Path, chart: Path) -> list[Contender]:
    """What is timed on a chart; the first is what the others are compared with."""
    target = str(chart)
    options = ("check", "--scenarios", "defaults")
    check = (str(program / "helm-constitution"), *options)
    without_lines = (str(program / "python"), "-I", str(Path(__file__).with_name("without_lines.py")), *options)
    found = [Contender("helm lint; helm template", ((str(helm), "lint", target), (str(helm), "template", target)))]
    for engine in ("cli", "embedded"):
        fresh = ("--no-cache", "--engine", engine, target)
        found.append(Contender(f"check, {engine}, no lines", ((*without_lines, *fresh),), ours=True, aim=FRESH))
        found.append(Contender(f"check, {engine}", ((*check, *fresh),), ours=True))
    found.append(Contender("check, unchanged", ((*check, "--engine", "cli", target),), ours=True, aim=UNCHANGED))
    if shutil.which("kube-linter"):
        found.append(Contender("kube-linter", (("kube-linter", "lint", target),)))
    if shutil.which("kube-score"):
        pipe = f'"{helm}" template "{target}" | kube-score score -'
        found.append(Contender("helm template | kube-score", (("sh", "-c", pipe),)))
    if shutil.which("polaris"):
        found.append(Contender("polaris", (("polaris", "audit", "--helm-chart", target),)))
    return found


def run(contender: Contender, environment: dict[str, str]) -> float:
    """Seconds of wall clock that a contender takes once."""
    begin = time.perf_counter()
    for command in contender.commands:
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        # helm lint may complain of a chart that helm template renders; peers end with whatever their findings ask for.
        if contender.ours and done.returncode not in (0, 1):
            raise Failed(f"{contender.name}: status {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
    return time.perf_counter() - begin


def peak_memory(command: Sequence[str], environment: dict[str, str]) -> Memory | None:
    """What a command needs at most; None where there is no /proc to tell."""
    if not Path("/proc/self/status").exists():
        return None
    own = pid = 0
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with process:
        while not pid:
            for line in Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines():
                if line.startswith("VmHWM:"):
                    own = max(own, int(line.split()[1]))
            time.sleep(0.002)
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Memory(own / 1024, usage.ru_maxrss / 1024)


def describe(chart: Path) -> str:
    """A chart's size: values, templates."""
    values = chart / "values.yaml"
    size = values.stat().st_size if values.exists() else 0
    files = [path for path in (chart / "templates").rglob("*") if path.is_file()]
    templates = sum(path.stat().st_size for path in files)
    return f"{size // 1024} KB values, {len(files)} templates of {templates // 1024} KB"


def measure(chart: Path, everyone: Sequence[Contender], rounds: int, environment: dict[str, str]) -> list[Measured]:
    """Measures a chart, prints its table; gives how each of our contenders did."""
    print(f"\n{chart.name}: {describe(chart)}")
    times: list[list[float]] = [[] for _ in everyone]
    for contender in everyone:
        run(contender, environment)
    for number in range(rounds):
        first = number % len(everyone)
        order = [*range(first, len(everyone)), *range(first)]
        for index in reversed(order) if number % 2 else order:
            times[index].append(run(everyone[index], environment))
    helm_time = statistics.median(times[0])
    measured = []
    for contender, took in zip(everyone, times, strict=True):
        median = statistics.median(took)
        share = median / helm_time
        line = f"  {contender.name:26}{median * 1000:6.0f} ms (least {min(took) * 1000:5.0f}){share:7.2f}"
        if contender.ours:
            memory = peak_memory(contender.commands[0], environment)
            measured.append(Measured(contender, share, memory))
            if memory is not None:
                line += f"{memory.own:6.0f} MiB (largest child {memory.largest:4.0f})"
        print(line, flush=True)
    return measured


def summarize(charts: Sequence[Sequence[Measured]]) -> Iterator[str]:
    """What was reached over all charts, beside what is aimed at."""
    for results in zip(*charts, strict=True):
        shares = [result.share for result in results]
        contender = results[0].contender
        line = f"  {contender.name:26}median {statistics.median(shares):.2f}, greatest {max(shares):.2f}"
        yield f"{line} ({contender.aim})" if contender.aim else line
    memory = [result.memory.own for results in charts for result in results if result.memory is not None]
    if memory:
        yield f"  memory of the program's own process: {max(memory):.0f} MiB at most ({MEMORY})"


def main() -> int:
    """Runs the benchmark. Exit status 1 where a check could not run."""
    parser = argparse.ArgumentParser(prog="bench", description="Times the check beside helm's own two commands.")
    parser.add_argument("charts", nargs="*", type=Path, help="more charts to measure")
    parser.add_argument("--rounds", type=int, default=7, help="how often each command is timed (7)")
    parser.add_argument("--helm", type=int, choices=(3, 4), default=4, help="the Helm to compare with (4)")
    options = parser.parse_args()
    helm = find_helm(options.helm)
    program = install()
    named = [Path(name) for name in os.environ.get("BENCH_CHARTS", "").split(os.pathsep) if name]
    with tempfile.TemporaryDirectory() as temporary:
        environment = compile_installed(program / "python", os.environ)
        environment |= {"HELM_BIN": str(helm), "XDG_CACHE_HOME": str(Path(temporary, "cache"))}
        for name in ("CACHE", "CONFIG", "DATA"):
            environment[f"HELM_{name}_HOME"] = str(Path(temporary, "helm", name.lower()))
        charts = [make(Path(temporary), size) for size in SIZES]
        charts += [path.absolute() for path in (*options.charts, *named)]
        print(f"Helm {options.helm}, {options.rounds} rounds, {os.cpu_count()} cores; medians, shares of helm's time")
        try:
            measured = [
                measure(chart, contenders(program, helm, chart), options.rounds, environment) for chart in charts
            ]
        except Failed as failed:
            sys.stderr.write(f"error: {failed}\n")
            return 1
    print(f"\nShares of helm's time over {len(charts)} charts")
    for line in summarize(measured):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
