"""What fixes make of the bad cases: ``fix.diff`` beside a case's ``expect.txt``.

``python -m tests.fix.cases RULE…`` writes them anew, those of all rules without an argument; read the difference before
you commit it. ``python -m tests.fix.cases --new RULE…`` begins one for each bad case of a rule that is fixed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.core.fixes import Applicability
from helm_constitution.fix.diff import unified
from helm_constitution.fix.session import Fixed, fix_chart
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import HelmEngine, Limits
from helm_constitution.lint import registry
from helm_constitution.lint.needs import COVERAGE, TOGGLES
from tests.cases import BASELINE, CASES, FIX, Case, find_cases, lay_out

FULL = {rule.id for rule in registry.rules() if rule.needs & {TOGGLES, COVERAGE}}


def fix_case(case: Case, folder: Path, engine: HelmEngine) -> Fixed:
    """The fixes of a case's rule, in its chart."""
    chart = folder / "chart"
    lay_out(case.folder, chart)
    baseline = None
    if (case.folder / BASELINE).is_dir():
        baseline = folder / "baseline"
        lay_out(case.folder / BASELINE, baseline)
    options = CheckOptions(
        constitution=Path("built-in"),
        select=(case.rule,),
        scenarios="full" if case.rule in FULL else "quick",
        baseline=str(baseline) if baseline is not None else None,
        today="2026-11-30",
    )
    every = (Applicability.SAFE, Applicability.UNSAFE)
    return fix_chart(CheckRequest(chart, engine, options), every, (case.rule,))


def difference(fixed: Fixed) -> str:
    """What the fixes change, as ``fix.diff`` keeps it: first how safe they are."""
    kinds = dict.fromkeys(one.fix.applicability.value for one in fixed.applied)
    lines = [f"# {', '.join(kinds)}"] if kinds else []
    for file, content in sorted(fixed.files.items()):
        lines += unified(file, fixed.source.original(file), content)
    return "".join(f"{line}\n" for line in lines)


def main(arguments: list[str]) -> None:
    """Writes every difference."""
    begin = "--new" in arguments
    rules = [one for one in arguments if not one.startswith("-")]
    engine = choose_engine("embedded", Limits())
    try:
        for case in find_cases(CASES):
            file = case.folder / FIX
            if not case.bad or (rules and case.rule not in rules) or not (begin or file.exists()):
                continue
            with tempfile.TemporaryDirectory() as folder:
                fixed = fix_case(case, Path(folder), engine)
            text = difference(fixed)
            for taken in fixed.taken_back:
                sys.stderr.write(f"{case}: {taken.candidate.fix.title}: {taken.reason}\n")
            if text:
                file.write_text(text, "utf-8", newline="")
            else:
                file.unlink(missing_ok=True)
    finally:
        engine.close()


if __name__ == "__main__":
    main(sys.argv[1:])
