"""The part of a report about the comparison with a baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helm_constitution.core.deadline import OutOfTime, part_limit
from helm_constitution.report.model import BaselineReport, ChangeReport

if TYPE_CHECKING:
    from helm_constitution.core.model import Location
    from helm_constitution.lint.needs import CheckedChart
    from helm_constitution.lint.placing import ReleaseOrigins
    from helm_constitution.text.place import Place


def baseline_report(checked: CheckedChart, origins: ReleaseOrigins) -> BaselineReport:
    """The part of the report about the comparison.

    Args:
        checked: the chart beside its baseline.
        origins: places what changed.
    """
    comparison = checked.comparison
    if comparison is None:
        return BaselineReport(checked.no_comparison, None, None, None, ())

    def place(at: Place | None) -> Location | None:
        return None if at is None else origins.place(at)

    try:
        with part_limit():
            found = comparison.changes
    except OutOfTime as limit:
        return BaselineReport(f"comparing with the baseline {limit}", None, None, None, ())
    changes = tuple(
        ChangeReport(
            change.rule,
            change.step.name,
            change.what,
            change.advice,
            place(change.old),
            place(change.new),
            change.old_values,
            change.new_values,
        )
        for change in found
    )
    return BaselineReport(
        comparison.origin,
        comparison.old.chart.version,
        str(comparison.required_version) if comparison.required_version is not None else None,
        comparison.required_step.name if comparison.required_step else None,
        changes,
        enough=comparison.allows(comparison.required_step),
        objects_compared=comparison.rendered,
        commit_message=comparison.commit_message if comparison.by_robot else None,
    )
