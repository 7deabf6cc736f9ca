"""How much a user must give before anything renders."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    DEFAULTS,
    RESULTS,
    SHOULD,
    NotApplicable,
    Parameter,
    Related,
    Status,
    Subject,
    Unchecked,
    Violation,
    require,
    rule,
)


@rule(
    "disclosure/too-many-required",
    default=SHOULD,
    needs={RESULTS},
    enforces=(
        require(r"\b(?:minimal|minimum|few(?:est)?)\b.{0,30}\b(?:inputs?|configuration|required values?)\b"),
        require(r"\b(?:at most|no more than|fewer than)\s+(?P<limit>\d+)\b.{0,30}\b(?:inputs?|required values?)\b"),
    ),
    parameters={"limit": Parameter(5, "this many --set options fit on one command line")},
)
def too_many_required(subject: Subject) -> Iterator[Violation]:
    """Chart requires too many values before it renders.

    Why: Helm fails at the first missing value, so users find them one by one; those who only want to try the chart give
        up.
    Bad:
        {{ required "database.host is required" .Values.database.host }}     (and so on, for eight values)
    Good:
        database:
          # -- Host name of the database; empty: one is installed beside the server
          host: ""
    Fix: Set defaults that work on any cluster; require only values that nobody but the user can know. The rule counts
        values that `required`, `fail` or values.schema.json demand with the default values, found by rendering with
        placeholders; values that only an enabled feature requires are not counted.
    Source: Helm chart best practices, Values ("Consider How Users Will Use Your Values")
    """
    chart = subject.chart
    if chart.is_library:
        raise NotApplicable("a library chart requires no values by itself")
    defaults = subject.defaults
    if defaults is None or defaults.status is not Status.NEEDS_INPUT:
        return
    asked = [one.path for one in subject.inputs if one.scenario == DEFAULTS]
    if not asked:
        raise Unchecked("the required values could not be found by rendering")
    limit = subject.number("limit")
    if len(asked) <= limit:
        return
    names = [".".join(path) for path in asked]
    message = f"chart requires {len(names)} values before it renders (limit {limit}): {', '.join(names)}; add defaults"
    if chart.values is None:
        yield Violation(message, chart.metadata.view)
        return
    first, *others = (chart.values.document.view.get(*path) for path in asked)
    yield Violation(message, first, tuple(Related(other, "also required") for other in others))
