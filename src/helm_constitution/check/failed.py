"""The report of a chart that could not be checked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.core.model import Trouble, Verdict
from helm_constitution.report.model import ChartReport

if TYPE_CHECKING:
    from helm_constitution.core.errors import ConstitutionError


def failed_report(chart: Path, error: ConstitutionError) -> ChartReport:
    """The report of a chart that could not be checked, beside others that could."""
    file = error.file.removeprefix(f"{chart}{os.sep}") if error.file is not None else None
    trouble = Trouble("error", error.message, file=file, line=error.line)
    return ChartReport(chart.name, "", str(chart), Verdict.ERROR, None, (), (), (), (trouble,))
