"""What one check of a chart read, for the next check of the same chart: equal texts are read once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helm_constitution.chart.loader import Loads
from helm_constitution.core.kept import Kept
from helm_constitution.lint.outcomes import Outcomes

if TYPE_CHECKING:
    from helm_constitution.chart.values import ValuesFile
    from helm_constitution.helm.protocol import LintOutput
    from helm_constitution.lint.placing import KnownMaps
    from helm_constitution.locate.proved_values import Proofs
    from helm_constitution.policy.rule_selection import RuleSelection
    from helm_constitution.render.conclude import Known, KnownObjects
    from helm_constitution.render.results import RenderedChart


class Memory:
    """Holds what the last check of one chart read, by its text. Whoever checks a chart again and again keeps one.

    Attributes:
        selection: the rules to run, and what decided that.
        loads: the files and dependencies of the chart.
        values: values.yaml.
        documents: rendered documents, by template and text.
        objects: the objects of rendered documents.
        kept: what was made of single files and of dependencies.
        outcomes: what rules found in single objects.
        lint: what ``helm lint`` said, unless it found errors.
        proofs: which values were proved to set fields.
        source_maps: template lines of rendered documents, by the templates that made them.
    """

    def __init__(self) -> None:
        self.selection: tuple[tuple[object, ...], RuleSelection] | None = None
        self.loads = Loads()
        self.values: ValuesFile | None = None
        self.documents: Known = {}
        self.objects: KnownObjects = {}
        self.outcomes = Outcomes()
        self.kept = Kept()
        self.lint: LintOutput | None = None
        self.proofs: Proofs = {}
        self.source_maps: KnownMaps = {}

    def keep_lint(self, lint: LintOutput) -> None:
        """Keeps what helm said. An error is not kept: a draft must not show it any longer than the text has it."""
        self.lint = None if lint.has_errors else lint

    def keep(self, rendered: RenderedChart) -> None:
        """Keeps what a check read, and drops what it did not need any more."""
        self.values = rendered.chart.values
        texts = {document.text for result in rendered.results for document in result.documents}
        self.documents = {key: read for key, read in self.documents.items() if key[1] in texts}
        self.objects = {key: read for key, read in self.objects.items() if key[0] in texts}
        self.outcomes.keep({manifest for some in self.objects.values() for manifest in some})
        self.kept.end_round()
