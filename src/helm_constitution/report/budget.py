"""How much of each chart a report of limited size shows: something of every chart, the worst of it first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from helm_constitution.core.model import Finding
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.report.files import entries
from helm_constitution.report.model import ChartReport


class Detail(NamedTuple):
    """How much of a chart is shown: so many findings of one rule, and of all rules; None for as many as there are."""

    of_rule: int
    of_all: int | None = None


LEAST = Detail(0, 0)
STEPS = (Detail(1, 3), Detail(1, 8), Detail(1, 20), Detail(1), Detail(2), Detail(5), Detail(10))
"""From little to much."""


def chosen(chart: ChartReport, detail: Detail) -> set[str]:
    """The keys of the findings that are shown, the worst of a chart: those that fail the gate before all others."""
    shown: set[str] = set()
    of_rule: dict[str, int] = {}
    for finding in sorted(entries(chart), key=lambda one: (not chart.fails(one), not one.active, -one.severity)):
        if detail.of_all is not None and len(shown) >= detail.of_all:
            break
        if of_rule.get(finding.rule, 0) < detail.of_rule:
            of_rule[finding.rule] = of_rule.get(finding.rule, 0) + 1
            shown.add(key(finding))
    return shown


def key(finding: Finding) -> str:
    """What distinguishes a finding from the others of its chart."""
    return repr((finding.fingerprint, finding.rule, finding.location, finding.message, finding.object, finding.waived))


def fill(charts: Sequence[ChartReport], size: Callable[[int, Detail], int], room: int) -> list[Detail] | None:
    """How much is shown of each chart: all where it fits, else more of every chart in turn, the worst charts first.

    Args:
        charts: in the report's order.
        size: what the section of a chart, by its number, takes with a detail.
        room: what all sections may take.

    Returns:
        None where not even the least of every chart fits.
    """
    details = [STEPS[-1]] * len(charts)
    if sum(size(number, STEPS[-1]) for number in range(len(charts))) <= room:
        return details
    details = [LEAST] * len(charts)
    sizes = [size(number, LEAST) for number in range(len(charts))]
    room -= sum(sizes)
    if room < 0:
        return None
    growing = sorted(range(len(charts)), key=lambda number: (-charts[number].status, -charts[number].verdict))
    for step in STEPS:
        for number in tuple(growing):
            grown = size(number, step)
            if grown - sizes[number] > room:
                growing.remove(number)
                continue
            room -= grown - sizes[number]
            sizes[number], details[number] = grown, step
    return details
