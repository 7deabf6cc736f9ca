"""The command line of the fuzzer."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import Limits
from scripts.fetch_helm import find_helm
from scripts.fuzz.cases import COMMANDS, Case, case_of, lay_out, minimised, shares_of
from scripts.fuzz.oracles import ROOT, Fault
from scripts.fuzz.running import SECONDS, Runner

_MINIMISING = 60
"""Seconds in which a case is made smaller."""
_TESTDATA = ROOT / "testdata" / "charts"


class Tally:
    """What was run and found, written as Markdown after each fault and at the end."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._began = time.monotonic()
        self.runs = 0
        self.by_kind: Counter[str] = Counter()
        self.by_fault: Counter[tuple[str, str]] = Counter()
        self.first: dict[tuple[str, str], int] = {}
        self.places: set[str] = set()

    def add(self, case: Case, faults: Sequence[Fault]) -> list[Fault]:
        """Counts a case; gives the faults that are new."""
        self.runs += 1
        self.by_kind.update({mutation.kind for mutation in case.mutations} or {"nothing"})
        self.by_kind.update({f"({case.command})"})
        if case.whole:
            self.by_kind.update({"(whole program)"})
        new = []
        for fault in {(fault.kind, fault.where): fault for fault in faults}.values():
            key = fault.kind, fault.where
            if key not in self.first:
                self.first[key] = case.number
                new.append(fault)
            self.by_fault[key] += 1
        return new

    def is_first_at(self, fault: Fault) -> bool:
        """Whether nothing was found at the same place: one place makes many rules crash."""
        place = fault.where.partition(" ")[2] if fault.kind == "crashed rule" else fault.where
        is_first = place not in self.places
        self.places.add(place)
        return is_first

    def text(self) -> str:
        """Two tables: runs by kind of mutation, faults by kind and place."""
        seconds = time.monotonic() - self._began
        lines = [f"{self.runs} runs in {seconds:.0f} s, {len(self.first)} distinct faults", "", "| mutation | runs |"]
        lines += ["|---|---|", *(f"| {kind} | {count} |" for kind, count in sorted(self.by_kind.items()))]
        lines += ["", "| fault | where | runs | first |", "|---|---|---|---|"]
        for (kind, where), count in self.by_fault.most_common():
            lines.append(f"| {kind} | {where} | {count} | {self.first[kind, where]} |")
        return "\n".join(lines) + "\n"

    def write(self) -> None:
        """Writes the tables into the folder."""
        self._out.mkdir(parents=True, exist_ok=True)
        (self._out / "table.md").write_text(self.text(), "utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs cases; exit status 1 where there was a fault."""
    parser = argparse.ArgumentParser(prog="scripts.fuzz", description="Mutates charts and looks for faults.")
    parser.add_argument("charts", nargs="*", type=Path, help="charts, folders of charts, or @FILE with a list of them")
    parser.add_argument("--runs", type=int, default=300, help="how many cases (300)")
    parser.add_argument("--seed", type=int, default=1, help="the first case's number (1)")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so many minutes; 0 for no limit (0)")
    parser.add_argument("--out", type=Path, default=Path("build/fuzz"), help="where faults are kept (build/fuzz)")
    parser.add_argument("--whole", type=float, default=0.03, help="the share of whole programs (0.03)")
    parser.add_argument("--seconds", type=int, default=SECONDS, help=f"processor time that a case may take ({SECONDS})")
    parser.add_argument("--command", choices=COMMANDS, help="only this command")
    options = parser.parse_args(arguments)
    out = options.out.resolve()
    charts = sorted(set(_charts(options.charts or [_TESTDATA])))
    shares = shares_of(charts)
    engine = EmbeddedEngine(Limits(seconds=20))
    runner = Runner(engine, find_helm(4), options.seconds)
    tally = Tally(out)
    until = time.monotonic() + options.minutes * 60 if options.minutes else float("inf")
    try:
        for number in range(options.seed, options.seed + options.runs):
            if time.monotonic() > until:
                break
            case = case_of(number, charts, shares, options.whole, options.command)
            _note(out, case)
            for fault in tally.add(case, runner.run(case)):
                _keep(out, case, fault, runner if tally.is_first_at(fault) else None)
                tally.write()
            if tally.runs % 50 == 0:
                tally.write()
    finally:
        engine.close()
        tally.write()
    sys.stdout.write(tally.text())
    return 1 if tally.first else 0


def _charts(paths: Sequence[Path]) -> Iterator[Path]:
    """The charts that paths name: themselves, those in a folder, those that a list names (from the list's folder)."""
    for path in paths:
        if str(path).startswith("@"):
            file = Path(str(path)[1:])
            yield from _charts([file.parent / line for line in file.read_text("utf-8").split("\n") if line.strip()])
        elif (path / "Chart.yaml").is_file():
            yield path.resolve()
        else:
            found = sorted(file.parent.resolve() for file in path.rglob("Chart.yaml"))
            # Not those of dependencies; a case of testdata is a chart only with templates of its own.
            yield from (one for one in found if one.parent.name != "charts" and (one / "templates").is_dir())


def _note(out: Path, case: Case) -> None:
    """Whatever happens to this process, the case it was at is known."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "current").write_text(f"{case}\n", "utf-8")


def _keep(out: Path, case: Case, fault: Fault, runner: Runner | None) -> None:
    """Writes a fault's smallest case (the case itself, without a runner) into a folder."""
    until = time.monotonic() + _MINIMISING

    def fails(other: Case) -> bool:
        assert runner is not None
        return time.monotonic() < until and any(
            (one.kind, one.where) == (fault.kind, fault.where) for one in runner.run(other)
        )

    sys.stdout.write(f"{case}\n  {fault.kind}: {fault.where}\n")
    sys.stdout.flush()
    small = case if runner is None or fault.kind in ("time", "memory") else minimised(case, fails)
    folder = out / fault.name
    if folder.exists():
        return
    folder.mkdir(parents=True)
    (folder / "fault.txt").write_text(
        f"{fault.kind}: {fault.where}\n{small}\n\n{fault.detail}\n", "utf-8", errors="backslashreplace"
    )
    (folder / "case.json").write_text(json.dumps(small._asdict(), default=str, indent=1), "utf-8")
    (folder / "work").mkdir()
    lay_out(small, folder / "work")


if __name__ == "__main__":
    sys.exit(main())
