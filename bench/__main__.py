"""Times the check beside ``helm lint`` then ``helm template`` on the same charts, in one run, and beside these two
with kube-linter, kube-score and polaris, where they are on PATH: the five commands that it replaces.

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
from typing import NamedTuple

from bench.bytecode import compile_installed
from bench.charts import SIZES, make
from scripts.fetch_helm import cache_folder, find_helm
from scripts.fetch_wheels import ROOT

PARTS = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "src", "rules")
PEERS = ("kube-linter", "kube-score", "polaris")
HELM = "helm lint; helm template"
COLD = "check, embedded"
UNCHANGED = "check, unchanged"


@dataclass(frozen=True)
class Contender:
    """Something to time: commands that run one after the other.

    ``ours`` may end with 1, for findings. A ``peer`` too, but it prints something, or else it has failed. ``of_helm``
    and ``of_five`` are the shares that are aimed at: of helm's two commands, of these and the three peers together.
    """

    name: str
    commands: tuple[tuple[str, ...], ...]
    ours: bool = False
    peer: bool = False
    of_helm: float | None = None
    of_five: float | None = None


class Took(NamedTuple):
    """Seconds of wall clock, and of processor time of all processes."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Memory:
    """Most MiB held at any time: by the program's own process, and by the largest of it and its children."""

    own: float
    largest: float


@dataclass(frozen=True)
class Measured:
    """How one of our contenders did on a chart: its share of helm's time, that of the five commands where all of them
    could be timed, and its seconds."""

    contender: Contender
    of_helm: float
    of_five: float | None
    took: float
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


def contenders(program: Path, helm: Path, chart: Path, manifests: Path) -> list[Contender]:
    """What is timed on a chart; the first is what the others are compared with.

    Args:
        program: the ``bin`` folder of the environment that the program is installed in.
        helm: the program helm.
        chart: what is checked.
        manifests: the file that the rendered chart is in, for who reads no charts.
    """
    target = str(chart)
    options = ("check", "--scenarios", "defaults")
    check = (str(program / "helm-constitution"), *options)
    without_lines = (str(program / "python"), "-I", str(Path(__file__).with_name("without_lines.py")), *options)
    found = [Contender(HELM, ((str(helm), "lint", target), (str(helm), "template", target)))]
    for engine in ("cli", "embedded"):
        fresh = ("--no-cache", "--engine", engine, target)
        found.append(Contender(f"check, {engine}, no lines", ((*without_lines, *fresh),), ours=True))
        found.append(Contender(f"check, {engine}", ((*check, *fresh),), ours=True, of_helm=1.8, of_five=0.9))
    found.append(Contender(UNCHANGED, ((*check, "--engine", "embedded", target),), ours=True))
    commands = (("lint", target), ("score", str(manifests)), ("audit", "--helm-chart", target))
    for peer, command in zip(PEERS, commands, strict=True):
        if shutil.which(peer):
            found.append(Contender(peer, ((peer, *command),), peer=True))
    return found


def run(contender: Contender, environment: dict[str, str]) -> Took:
    """What a contender takes once.

    Raises:
        Failed: it did not do its work.
    """
    begin, before = time.perf_counter(), os.times()
    for command in contender.commands:
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        # helm lint may complain of a chart that helm template renders; the others end with 1 for findings. A peer that
        # fails does so with 1 as well, and prints nothing but its error.
        has_failed = done.returncode not in (0, 1) or (contender.peer and not done.stdout)
        if has_failed and (contender.ours or contender.peer):
            error = done.stderr.decode(errors="replace").strip()
            raise Failed(f"{contender.name}: status {done.returncode}: {error}")
    wall, after = time.perf_counter() - begin, os.times()
    return Took(wall, sum(after[2:4]) - sum(before[2:4]))


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


def able(everyone: Sequence[Contender], environment: dict[str, str]) -> list[Contender]:
    """Runs everyone once, which isn't timed; leaves out the peers that fail, and says so.

    Raises:
        Failed: one of ours.
    """
    found = []
    for contender in everyone:
        try:
            run(contender, environment)
        except Failed as failed:
            if not contender.peer:
                raise
            print(f"  left out: {str(failed)[:200]}")
        else:
            found.append(contender)
    return found


def measure(chart: Path, everyone: Sequence[Contender], rounds: int, environment: dict[str, str]) -> list[Measured]:
    """Measures a chart, prints its table; gives how each of our contenders did.

    Raises:
        Failed: one of them, in whatever round.
    """
    print(f"\n{chart.name}: {describe(chart)}")
    everyone = able(everyone, environment)
    times: list[list[Took]] = [[] for _ in everyone]
    for number in range(rounds):
        first = number % len(everyone)
        order = [*range(first, len(everyone)), *range(first)]
        for index in reversed(order) if number % 2 else order:
            times[index].append(run(everyone[index], environment))
    medians = [statistics.median(one.wall for one in took) for took in times]
    helm, peers = medians[0], [median for one, median in zip(everyone, medians, strict=True) if one.peer]
    five = helm + sum(peers) if len(peers) == len(PEERS) else None
    print("                                       wall, least,  CPU in ms; share of helm, of the five commands; memory")
    measured = []
    for contender, took, median in zip(everyone, times, medians, strict=True):
        cpu = statistics.median(one.cpu for one in took)
        least = min(one.wall for one in took)
        line = f"  {contender.name:34}{median * 1000:6.0f}{least * 1000:7.0f}{cpu * 1000:7.0f}{median / helm:7.2f}"
        of_five = median / five if five is not None else None
        line += f"{of_five:7.2f}" if of_five is not None else "      –"
        if contender.ours:
            memory = peak_memory(contender.commands[0], environment)
            measured.append(Measured(contender, median / helm, of_five, median, memory))
            if memory is not None:
                line += f"{memory.own:6.0f} MiB (largest child {memory.largest:4.0f})"
        print(line, flush=True)
    if five is not None:
        print(f"  {'the five commands, one by one':34}{five * 1000:6.0f}{five / helm:21.2f}{1:7.2f}")
    return measured


def summarize(charts: Sequence[Sequence[Measured]]) -> Iterator[str]:
    """What was reached over all charts, beside what is aimed at."""
    for results in zip(*charts, strict=True):
        contender = results[0].contender
        line = f"  {contender.name:26}{_shares('of helm', [one.of_helm for one in results], contender.of_helm)}"
        fives = [one.of_five for one in results if one.of_five is not None]
        yield f"{line}; {_shares('of the five', fives, contender.of_five)}" if fives else line
    of_cold = [
        one.took / next(other.took for other in results if other.contender.name == COLD)
        for results in charts
        for one in results
        if one.contender.name == UNCHANGED
    ]
    yield f"  unchanged: {_shares('of a cold check', of_cold, 0.2)}"
    memory = [result.memory.own for results in charts for result in results if result.memory is not None]
    if memory:
        yield f"  memory of the program's own process: {max(memory):.0f} MiB at most"


def _shares(of: str, shares: Sequence[float], aim: float | None) -> str:
    aimed = f" (aim {aim})" if aim is not None else ""
    return f"{of} median {statistics.median(shares):.2f}, greatest {max(shares):.2f}{aimed}"


def _manifests(helm: Path, chart: Path, folder: Path, environment: dict[str, str]) -> Path:
    """The file that the rendered chart is written to."""
    file = folder / f"{chart.name}.yaml"
    with file.open("wb") as output:
        subprocess.run(
            [helm, "template", chart], env=environment, stdout=output, stderr=subprocess.DEVNULL, check=False
        )
    return file


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
        # polaris runs the helm that is on PATH.
        Path(temporary, "bin").mkdir()
        Path(temporary, "bin", "helm").symlink_to(helm)
        environment["PATH"] = os.pathsep.join((str(Path(temporary, "bin")), environment["PATH"]))
        for name in ("CACHE", "CONFIG", "DATA"):
            environment[f"HELM_{name}_HOME"] = str(Path(temporary, "helm", name.lower()))
        charts = [make(Path(temporary), size) for size in SIZES]
        charts += [path.absolute() for path in (*options.charts, *named)]
        print(f"Helm {options.helm}, {options.rounds} rounds, {os.cpu_count()} cores; medians")
        try:
            measured = []
            for chart in charts:
                manifests = _manifests(helm, chart, Path(temporary), environment)
                everyone = contenders(program, helm, chart, manifests)
                measured.append(measure(chart, everyone, options.rounds, environment))
        except Failed as failed:
            sys.stderr.write(f"error: {failed}\n")
            return 1
    print(f"\nShares of wall clock over {len(charts)} charts")
    for line in summarize(measured):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
