"""How long an editor waits for diagnostics: ``python -m bench.server [--edits N] CHART…``.

A session over a copy of each chart: the server over its real streams, one edit after the other of values.yaml and of a
template in turns, never saved. Prints the median and the 95th percentile from the edit to its diagnostics, the
processor time that the session's processes took for an edit (on a busy machine the better measure), and the resident
memory after the first tenth of the edits and at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.server.editor import Editor, editor

REST = 0.6
"""Seconds between two edits: longer than what the server takes for typing."""


class Row(NamedTuple):
    """What one session took: seconds for each edit, processor seconds for all, bytes early and at the end."""

    waits: list[float]
    processor: float
    early: int
    late: int


def session_processes() -> list[int]:
    """The processes below this one."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields:
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, pending = [], [int(Path("/proc/self").readlink().name)]
    while pending:
        below = children.get(pending.pop(), [])
        found += below
        pending += below
    return found


def _stat(process: int) -> list[str]:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def processor_time() -> float:
    """Seconds that the processes of the session have taken."""
    stats = [fields for process in session_processes() if (fields := _stat(process))]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / 100


def memory() -> int:
    """Bytes that the processes of the session hold."""
    stats = [fields for process in session_processes() if (fields := _stat(process))]
    return sum(int(fields[21]) * 4096 for fields in stats)


async def measure(chart: Path, edits: int, rest: float) -> Row:
    """A session over a chart, which is edited in place and never saved."""
    values = chart / "values.yaml"
    template = max((chart / "templates").glob("*.yaml"), key=lambda file: file.stat().st_size)
    waits: list[float] = []
    early = 0
    async with editor(chart) as shown:
        await _opened(shown, values, template)
        before = processor_time()
        for number in range(edits):
            file = values if number % 2 else template
            text = file.read_text("utf-8") + f"# An edit: {number}.\n"
            await asyncio.sleep(rest)
            begin = time.perf_counter()
            await shown.edit(file, text)
            waits.append(time.perf_counter() - begin)
            if number == edits // 10:
                early = memory()
        return Row(waits, processor_time() - before, early, memory())


async def _opened(shown: Editor, values: Path, template: Path) -> None:
    await shown.open(values)
    await shown.open(template)
    await shown.edit(values, values.read_text("utf-8") + "\n")


def main() -> None:
    """Prints a line for each chart."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("charts", nargs="+", type=Path)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--rest", type=float, default=REST, help="seconds between two edits")
    arguments = parser.parse_args()
    for chart in arguments.charts:
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(shutil.copytree(chart, Path(scratch) / chart.name))
            row = asyncio.run(measure(copy, arguments.edits, arguments.rest))
        waits = sorted(row.waits)
        high = waits[min(len(waits) - 1, round(0.95 * len(waits)))]
        print(
            f"{chart.name:30} median {statistics.median(waits) * 1000:5.0f} ms  95th {high * 1000:5.0f} ms  "
            f"processor {row.processor / len(waits) * 1000:5.0f} ms an edit  "
            f"memory {row.early / 2**20:.0f} → {row.late / 2**20:.0f} MiB"
        )


if __name__ == "__main__":
    main()
