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
    parameters={"limit": Parameter(5, "what fits on one command line of --set options")},
)
def too_many_required(subject: Subject) -> Iterator[Violation]:
    """A user must give many values before the chart renders.

    Why: helm stops at the first that is missing, so they are found out one by one; who only wants to try the chart
        gives up.
    Bad:
        {{ required "database.host is required" .Values.database.host }}     (and so on, for eight values)
    Good:
        database:
          # -- Host name of the database; empty: one is installed beside the server
          host: ""
    Fix: give defaults that work on any cluster; ask only for what nobody else can know. Counted is what the default
        values lack, as found by rendering them with placeholders: asked for by `required`, by `fail` or by
        values.schema.json; not what is asked for only once a feature is on.
    Source: Helm chart best practices, Values ("Consider How Users Will Use Your Values")
    """
    chart = subject.chart
    if chart.is_library:
        raise NotApplicable("a library chart asks for nothing by itself")
    defaults = subject.defaults
    if defaults is None or defaults.status is not Status.NEEDS_INPUT:
        return
    asked = [one.path for one in subject.inputs if one.scenario == DEFAULTS]
    if not asked:
        raise Unchecked("which values the defaults lack was not found by rendering")
    limit = subject.number("limit")
    if len(asked) <= limit:
        return
    names = [".".join(path) for path in asked]
    message = f"users must give {len(names)} values before anything renders (at most {limit}): {', '.join(names)}"
    if chart.values is None:
        yield Violation(message, chart.metadata.view)
        return
    first, *others = (chart.values.document.view.get(*path) for path in asked)
    yield Violation(message, first, tuple(Related(other, "must be given as well") for other in others))
