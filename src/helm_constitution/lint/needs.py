"""What a rule needs besides the chart's files, and what a check knows about the chart."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING

from helm_constitution.core.model import Base
from helm_constitution.core.records import record
from helm_constitution.render.scenarios import FULL

if TYPE_CHECKING:
    from helm_constitution.cluster.answers import ClusterAnswers
    from helm_constitution.compare.comparison import Comparison
    from helm_constitution.core.model import Location, Severity
    from helm_constitution.helm.protocol import LintOutput
    from helm_constitution.kubernetes.schemas import SchemaFolder
    from helm_constitution.render.results import RenderedChart
    from helm_constitution.templates.analysis import AnalysedChart


class Need(enum.Enum):
    """What a rule reads besides the chart's files. Reading anything undeclared raises, in tests and for users.

    TOGGLES, COVERAGE and RENDERINGS imply RESULTS, OLD_VALUES implies BASELINE, DEPLOYMENT implies CLUSTER.
    """

    TEMPLATES = "templates"
    """The parsed templates, and which of them reads which value."""
    RESULTS = "results"
    """How the scenarios went. The rule runs even if no scenario rendered."""
    RENDERINGS = "renderings"
    """Rendered objects: the rule is unchecked where no scenario rendered."""
    LINT = "lint"
    """The messages of ``helm lint``."""
    TOGGLES = "toggles"
    """The renderings with each flag and enum set to another value: unchecked without ``--scenarios full``."""
    COVERAGE = "coverage"
    """Which branches of the templates the scenarios entered: unchecked without ``--scenarios full``."""
    BASELINE = "baseline"
    """The earlier release and the changes since then: unchecked without ``--baseline``."""
    OLD_VALUES = "old values"
    """A user's values for the earlier release: unchecked without ``--old-values``. A rule that needs them is selected
    if they are given."""
    CLUSTER = "cluster"
    """The API server's answers about the objects: unchecked without ``--cluster``. A rule that needs it is selected if
    a cluster is given."""
    DEPLOYMENT = "deployment"
    """How a test deployment went: unchecked without ``--cluster-install``. A rule that needs it is selected if one is
    requested."""


TEMPLATES = Need.TEMPLATES
RESULTS = Need.RESULTS
RENDERINGS = Need.RENDERINGS
LINT = Need.LINT
TOGGLES = Need.TOGGLES
COVERAGE = Need.COVERAGE
BASELINE = Need.BASELINE
OLD_VALUES = Need.OLD_VALUES
CLUSTER = Need.CLUSTER
DEPLOYMENT = Need.DEPLOYMENT

ON_HELM = frozenset({RESULTS, RENDERINGS, LINT, TOGGLES, COVERAGE, BASELINE, OLD_VALUES, CLUSTER, DEPLOYMENT})
"""Needs that helm provides: rules with one of them wait, and depend on which scenarios were rendered."""

_IMPLIED: Mapping[Need, frozenset[Need]] = {
    RENDERINGS: frozenset({RESULTS}),
    TOGGLES: frozenset({RESULTS}),
    COVERAGE: frozenset({RESULTS}),
    OLD_VALUES: frozenset({BASELINE}),
    DEPLOYMENT: frozenset({CLUSTER}),
}


def with_implied(needs: frozenset[Need]) -> frozenset[Need]:
    """Needs with those that they imply."""
    return needs.union(*(_IMPLIED.get(need, frozenset()) for need in needs))


@record
class CheckedChart:
    """What is known about a chart at some point of its check.

    ``rendered`` and ``lint`` are None while helm is running. ``comparison`` compares the chart with its baseline; if
    there is none, ``no_comparison`` is the reason. ``severities`` are those of the rules of this check, by rule id;
    ``schemas`` is the team's own folder of schemas, ``cluster`` the answers of an API server, None if none is asked.
    """

    analysed: AnalysedChart
    rendered: RenderedChart | None = None
    lint: LintOutput | None = None
    comparison: Comparison | None = None
    no_comparison: str = "no baseline was given"
    severities: Mapping[str, Severity] = field(default_factory=dict)
    schemas: SchemaFolder | None = None
    cluster: ClusterAnswers | None = None

    def with_rendered(
        self, rendered: RenderedChart, comparison: Comparison | None, no_comparison: str | None
    ) -> CheckedChart:
        """The same once helm has rendered."""
        reason = self.no_comparison if no_comparison is None else no_comparison
        return replace(self, rendered=rendered, comparison=comparison, no_comparison=reason)

    def with_lint(self, lint: LintOutput) -> CheckedChart:
        """The same once helm has linted."""
        return replace(self, lint=lint)

    def with_cluster(self, cluster: ClusterAnswers) -> CheckedChart:
        """The same once an API server has been asked."""
        return replace(self, cluster=cluster)

    def has(self, needs: frozenset[Need]) -> bool:
        """Whether everything that is needed is available."""
        return (LINT not in needs or self.lint is not None) and (self.rendered is not None or not needs & _RENDERED)

    def line_of(self, location: Location) -> str | None:
        """The source line that a location of the chart or its baseline starts on; None if it has none."""
        return self._analysed(location).line_of(location)

    def shown_line(self, location: Location) -> str | None:
        """The same as a report may show it."""
        return self._analysed(location).shown_line(location)

    def _analysed(self, location: Location) -> AnalysedChart:
        """The chart or its baseline, wherever a location is."""
        if location.base == Base.BASELINE and self.comparison is not None:
            return self.comparison.old.analysed
        return self.analysed

    @property
    def not_rendered(self) -> str:
        """Why there is no rendering to check."""
        if self.analysed.chart.is_library:
            return "library charts render no objects"
        return "no scenario rendered"

    def not_applicable(self, needs: frozenset[Need]) -> str | None:
        """Why a rule with these needs does not apply to such a chart; None if it does."""
        wants_objects = bool(needs & (_FULL | {RENDERINGS})) and not needs & _COMPARED
        return self.not_rendered if wants_objects and self.analysed.chart.is_library else None

    def lacking(self, needs: frozenset[Need]) -> str | None:
        """Why a rule with these needs has nothing to check; None if it has."""
        if needs & _COMPARED:
            if self.comparison is None:
                return self.no_comparison
            if OLD_VALUES in needs and self.comparison.old_values is None:
                return "no values for the baseline were given (--old-values)"
        if CLUSTER in needs and self.cluster is None:
            return "no cluster was given (--cluster)"
        asked = self.cluster is not None and (self.cluster.deployment is not None or self.cluster.gone is not None)
        if DEPLOYMENT in needs and not asked:
            return "no test deployment was requested (--cluster-install)"
        return self._not_rendered(needs)

    def unseen(self, needs: frozenset[Need]) -> str | None:
        """What a rule with these needs could not read: templates that can't be parsed, scenarios and documents that
        can't be rendered. None if it read everything."""
        parts: dict[str, None] = {}
        if TEMPLATES in needs:
            for template in self.analysed.templates:
                if template.error is not None:
                    parts[f"{template.path} cannot be parsed"] = None
        if RENDERINGS in needs and self.rendered is not None:
            parts.update(dict.fromkeys(self.rendered.unseen))
        names = list(parts)
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        return ", ".join(names[:_NAMED]) + more if names else None

    def _not_rendered(self, needs: frozenset[Need]) -> str | None:
        rendered = self.rendered
        if rendered is None or not needs & (_FULL | {RENDERINGS}):
            return None
        if needs & _FULL and self.analysed.chart.is_library:
            return self.not_rendered
        if needs & _FULL and rendered.cut is not None:
            return rendered.cut
        if COVERAGE in needs and rendered.choice != FULL:
            return "needs --scenarios full, which renders every branch"
        if TOGGLES in needs and not (rendered.choice == FULL and any(one.documents for one in rendered.results)):
            return rendered.not_toggled
        if COVERAGE in needs and rendered.coverage is None:
            return self.not_rendered
        return self.not_rendered if needs & {RENDERINGS, COVERAGE} and not rendered.any_rendered else None


_NAMED = 3
"""So many of the things that a rule could not read are named."""

_RENDERED = ON_HELM - {LINT}
_COMPARED = frozenset({BASELINE, OLD_VALUES})
_FULL = frozenset({TOGGLES, COVERAGE})
