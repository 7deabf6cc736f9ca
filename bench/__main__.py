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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.charts import SIZES, make
from scripts.fetch_helm import cache_folder, find_helm
from scripts.fetch_wheels import ROOT

MIB = 1024 * 1024
PARTS = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "src", "rules")
TARGET_MEDIAN = 0.9
TARGET_EACH = 1.05
TARGET_CACHED = 0.4
TARGET_MEMORY = 150


@dataclass(frozen=True)
class Contender:
    """Something to time: commands that run one after the other. ``ours`` may end with 1, for findings."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    ours: bool = False


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
    check = (str(program / "helm-constitution"), "check", "--scenarios", "defaults", "--engine")
    options = subprocess.run([*check[:2], "--help"], capture_output=True, text=True, check=True).stdout
    fresh = ("--no-cache",) if "--no-cache" in options else ()
    target = str(chart)
    found = [
        Contender("helm lint; helm template", ((str(helm), "lint", target), (str(helm), "template", target))),
        Contender("check, cli engine", ((*check, "cli", *fresh, target),), ours=True),
        Contender("check, embedded engine", ((*check, "embedded", *fresh, target),), ours=True),
    ]
    if fresh:
        found.append(Contender("check, unchanged", ((*check, "cli", target),), ours=True))
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


def peak_memory(command: Sequence[str], environment: dict[str, str]) -> float | None:
    """The most MiB that the command's own process ever holds, without its children; None where /proc can't tell."""
    if not Path("/proc/self/status").exists():
        return None
    peak = 0
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        status = Path(f"/proc/{process.pid}/status")
        while process.poll() is None:
            for line in status.read_text(encoding="ascii").splitlines():
                if line.startswith("VmHWM:"):
                    peak = max(peak, int(line.split()[1]) * 1024)
            time.sleep(0.002)
    return peak / MIB


def describe(chart: Path) -> str:
    """A chart's size: values, templates."""
    values = chart / "values.yaml"
    size = values.stat().st_size if values.exists() else 0
    files = [path for path in (chart / "templates").rglob("*") if path.is_file()]
    templates = sum(path.stat().st_size for path in files)
    return f"{size // 1024} KB values, {len(files)} templates of {templates // 1024} KB"


def measure(chart: Path, program: Path, helm: Path, rounds: int, environment: dict[str, str]) -> dict[str, float]:
    """Measures a chart, prints its table, and gives each of our contenders' share of helm's time."""
    everyone = contenders(program, helm, chart)
    results: dict[str, list[float]] = {contender.name: [] for contender in everyone}
    for contender in everyone:
        run(contender, environment)
    for number in range(rounds):
        turn = number % len(everyone)
        order = everyone[turn:] + everyone[:turn]
        for contender in reversed(order) if number % 2 else order:
            results[contender.name].append(run(contender, environment))
    helm_time = statistics.median(results[everyone[0].name])
    print(f"\n{chart.name}: {describe(chart)}")
    shares = {}
    for contender in everyone:
        took = results[contender.name]
        median = statistics.median(took)
        share = median / helm_time
        line = f"  {contender.name:28}{median * 1000:7.0f} ms{min(took) * 1000:7.0f} ms at least{share:7.2f}"
        if contender.ours:
            shares[contender.name] = share
            memory = peak_memory(contender.commands[0], environment)
            line += "" if memory is None else f"{memory:8.0f} MiB"
        print(line, flush=True)
    return shares


def summary(shares: Sequence[dict[str, float]]) -> Iterable[str]:
    """What was reached over all charts, beside what is aimed at."""
    for name in dict.fromkeys(name for one in shares for name in one):
        values = [one[name] for one in shares if name in one]
        aim = f"aim {TARGET_CACHED}" if name == "check, unchanged" else f"aim {TARGET_MEDIAN}, none above {TARGET_EACH}"
        yield f"  {name:28}median {statistics.median(values):.2f}, greatest {max(values):.2f} of helm's time ({aim})"


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
        environment = {**os.environ, "HELM_BIN": str(helm)}
        for name in ("CACHE", "CONFIG", "DATA"):
            environment[f"HELM_{name}_HOME"] = str(Path(temporary, name.lower()))
        charts = [make(Path(temporary), size) for size in SIZES] + [
            path.absolute() for path in (*options.charts, *named)
        ]
        print(
            f"Helm {options.helm}, {options.rounds} rounds, {os.cpu_count()} cores; medians, shares of helm's own two."
        )
        try:
            shares = [measure(chart, program, helm, options.rounds, environment) for chart in charts]
        except Failed as failed:
            sys.stderr.write(f"error: {failed}\n")
            return 1
    print(f"\nAll {len(charts)} charts (memory: at most {TARGET_MEMORY} MiB is aimed at)")
    for line in summary(shares):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
