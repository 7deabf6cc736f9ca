"""What scenarios enter of the templates, in the form of lcov's tracefiles (geninfo(1)): a record for each template.

A hit counts 1, whatever the number of scenarios: it shows that something was entered, not how often.
"""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.report.model import FileCoverage, RunReport
from helm_constitution.report.words import clean


def render(run: RunReport) -> str:
    """The tracefile of all charts of a run."""
    lines = [line for chart in run.charts for file in chart.coverage or () for line in _record(chart.path, file)]
    return "\n".join((*lines, "")) if lines else ""


def _record(chart: str, file: FileCoverage) -> Iterator[str]:
    yield "TN:"
    yield f"SF:{clean(chart.rstrip('/'))}/{clean(file.path)}"
    for function in file.functions:
        yield f"FN:{function.line},{clean(function.name)}"
    for function in file.functions:
        yield f"FNDA:{int(function.entered)},{clean(function.name)}"
    yield f"FNF:{len(file.functions)}"
    yield f"FNH:{sum(function.entered for function in file.functions)}"
    for branch in file.branches:
        taken = str(int(branch.entered)) if branch.evaluated else "-"
        yield f"BRDA:{branch.line},{branch.block},{branch.arm},{taken}"
    yield f"BRF:{len(file.branches)}"
    yield f"BRH:{sum(branch.entered for branch in file.branches)}"
    for line, entered in file.lines:
        yield f"DA:{line},{int(entered)}"
    yield f"LF:{len(file.lines)}"
    yield f"LH:{sum(entered for _, entered in file.lines)}"
    yield "end_of_record"
