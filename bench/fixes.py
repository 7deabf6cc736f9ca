"""What ``fix`` does on real charts: offered, applied, taken back by reason, findings before and after, the cost.

``python -m bench.fixes CHART…`` works on copies; ``--unsafe`` applies unsafe fixes too, ``--diffs DIR`` keeps what
changed.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.check.pipeline import examine
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.core.fixes import Applicability
from helm_constitution.fix.candidates import candidates
from helm_constitution.fix.diff import unified
from helm_constitution.fix.session import Fixed, fix_chart
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import Limits
from helm_constitution.report.model import ChartReport


def main() -> None:
    """Prints a line for each chart, then the sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("charts", nargs="+", type=Path)
    parser.add_argument("--unsafe", action="store_true")
    parser.add_argument("--diffs", type=Path)
    arguments = parser.parse_args()
    kinds = {Applicability.SAFE, *((Applicability.UNSAFE,) if arguments.unsafe else ())}
    engine = choose_engine("embedded", Limits())
    sums: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    try:
        for chart in arguments.charts:
            with tempfile.TemporaryDirectory() as folder:
                copy = Path(folder) / chart.resolve().name
                shutil.copytree(chart, copy, ignore_dangling_symlinks=True)
                request = CheckRequest(copy, engine, CheckOptions(constitution=Path("built-in")))
                try:
                    begin = time.perf_counter()
                    examine(request)
                    checked = time.perf_counter()
                    fixed = fix_chart(request, kinds)
                    end = time.perf_counter()
                except ConstitutionError as error:
                    sys.stdout.write(f"{chart}: {error}\n")
                    continue
                ratio = (end - checked) / (checked - begin)
                again = ""
                if fixed.files:
                    fixed.source.write(fixed.files)
                    again = f", again {len(fix_chart(request, kinds).applied)}"
            _count(fixed, kinds, sums, reasons, rules)
            sums["ratio×100"] += int(100 * ratio)
            sums["charts"] += 1
            sys.stdout.write(
                f"{chart}: offered {len(candidates(fixed.before.findings, kinds))}, applied {len(fixed.applied)}, "
                f"taken back {len(fixed.taken_back)}, findings {_active(fixed.before)} -> {_active(fixed.after)}, "
                f"checks {fixed.checks}, {ratio:.1f} times a check{again}\n"
            )
            sys.stdout.flush()
            if arguments.diffs is not None:
                _keep(arguments.diffs, chart, fixed)
    finally:
        engine.close()
    for counter in (sums, reasons, rules):
        sys.stdout.write(f"{dict(counter.most_common())}\n")


def _count(
    fixed: Fixed, kinds: set[Applicability], sums: Counter[str], reasons: Counter[str], rules: Counter[str]
) -> None:
    sums["offered"] += len(candidates(fixed.before.findings, kinds))
    sums["applied"] += len(fixed.applied)
    sums["taken back"] += len(fixed.taken_back)
    sums["before"] += _active(fixed.before)
    sums["after"] += _active(fixed.after)
    rules.update(one.rules for one in fixed.applied)
    for taken in fixed.taken_back:
        reason = re.sub(
            r"(changes what|causes a new finding: [\w/-]+|no longer renders|overlap).*", r"\1", taken.reason
        )
        reasons[f"{taken.candidate.rules}: {reason[:90]}"] += 1


def _active(report: ChartReport) -> int:
    return sum(single.active for finding in report.findings for single in finding.singles)


def _keep(folder: Path, chart: Path, fixed: Fixed) -> None:
    lines = [line for file, new in fixed.files.items() for line in unified(file, fixed.source.original(file), new)]
    if lines:
        folder.mkdir(parents=True, exist_ok=True)
        name = str(chart).strip("./").replace("/", "+")
        (folder / f"{name}.diff").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
