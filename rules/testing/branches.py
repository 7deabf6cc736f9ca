"""Branches of templates that nobody has ever rendered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from helm_constitution.api import (
    ANYTHING,
    COVERAGE,
    SHOULD,
    TEMPLATES,
    Branch,
    Define,
    Node,
    NotApplicable,
    Subject,
    Tally,
    TextPlace,
    Violation,
    dotted,
    require,
    rule,
)

if TYPE_CHECKING:
    from helm_constitution.api import Coverage, Region

_NAMED = 3
"""The most values that a finding names."""


@rule(
    "testing/branch-never-rendered",
    default=SHOULD,
    needs={COVERAGE, TEMPLATES},
    enforces=(
        require(r"\b(every|each|all)\b.*\b(branch(es)?|conditions?|paths?)\b.*\b(tested|rendered|covered|exercised)\b"),
        require(r"\btemplate coverage\b|\bcoverage\b.*\b(templates?|branch(es)?)\b|\bbranch coverage\b"),
    ),
)
def branch_never_rendered(subject: Subject) -> Iterator[Violation | Tally]:
    """Template branch is never rendered.

    Why: An untested branch may be broken, and a user is the first to render it.
    Bad:
        # templates/deployment.yaml; replicas is 1 in values.yaml and in every ci/*-values.yaml
        {{- if gt (int .Values.replicas) 1 }}
        affinity: {{- include "web.spread" . | nindent 8 }}
        {{- end }}
    Good:
        # ci/replicated-values.yaml
        replicas: 3
    Fix: Set the values that the branch needs in a ci/*-values.yaml, or remove the branch. Branches that only call
        `fail`, and those that need a live cluster (`lookup`), are not counted.
    Source: chart-testing, ci/*-values.yaml; helm-unittest
    """
    coverage = subject.coverage
    branches = coverage.branches
    if not branches:
        raise NotApplicable("the templates have no branches")
    yield Tally(sum(number in coverage.entered for number in branches), len(branches), "branches of templates rendered")
    for number in branches:
        if number in coverage.entered or not coverage.is_outermost(number):
            continue
        region = coverage.regions[number]
        if not _is_called(coverage, region, subject):
            continue
        yield Violation(_message(region, subject), TextPlace(region.template.path, region.template.span(region.node)))


def _is_called(coverage: Coverage, region: Region, subject: Subject) -> bool:
    """Whether it isn't in a named template that nothing calls; templates/define-unused says that."""
    parent = region.parent
    while parent is not None:
        node = coverage.regions[parent].node
        if isinstance(node, Define):
            return node not in subject.uses.uncalled
        parent = coverage.regions[parent].parent
    return True


def _message(region: Region, subject: Subject) -> str:
    paths = _asked(region, subject)
    if not paths:
        return "branch is never rendered; set its values in a ci/*-values.yaml"
    names = ", ".join(paths[:_NAMED])
    if isinstance(region.node, Branch) and region.node.pipeline is None:
        return f"branch is never rendered; try {names} in a ci/*-values.yaml"
    return f"branch is never rendered; set {names} in a ci/*-values.yaml"


def _asked(region: Region, subject: Subject) -> list[str]:
    """The values that the branch's condition reads; of a plain else those of the conditions before it."""
    found: dict[str, None] = {}
    for start, end in region.asked:
        reads: dict[Node, set[str]] = {}
        for read in subject.uses.reads:
            if read.template is region.template and start <= read.node.start < end and ANYTHING not in read.path:
                reads.setdefault(read.node, set()).add(dotted(read.path))
        # One place may stand for several values, in no order of their own.
        found.update((path, None) for paths in reads.values() for path in sorted(paths))
    return list(found)
