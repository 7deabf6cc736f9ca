"""The report of a chart that could not be checked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.core.model import Trouble, Verdict
from helm_constitution.report.model import ChartReport

if TYPE_CHECKING:
    from helm_constitution.core.errors import ConstitutionError


UNREADABLE = "error"
"""The kind of the trouble that kept a chart from being checked at all."""


def failed_report(chart: Path, error: ConstitutionError) -> ChartReport:
    """The report of a chart that could not be checked."""
    head = f"{chart}{os.sep}"
    if error.file is not None and error.file.startswith(head):
        trouble = Trouble(UNREADABLE, error.message, file=error.file.removeprefix(head), line=error.line)
    elif error.file == str(chart):
        trouble = Trouble(UNREADABLE, error.message)
    else:  # a constitution, a configuration: no file of the chart
        trouble = Trouble(UNREADABLE, str(error))
    name = chart.name or os.path.basename(os.path.abspath(chart))
    return ChartReport(name, "", str(chart), Verdict.ERROR, None, (), (), (), (trouble,))
