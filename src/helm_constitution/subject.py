"""What a rule may look at: the chart as loaded, its templates as parsed, its renderings, and helm's own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helm_constitution.chart import Chart
    from helm_constitution.helm.protocol import HelmMessage
    from helm_constitution.manifests import Container, Manifest, PodSpec, Rendering, Workload
    from helm_constitution.scenarios import ScenarioResult
    from helm_constitution.templates import TemplateFile
    from helm_constitution.templates.uses import ValueUses


@dataclass(eq=False)
class Facts:
    """Everything known of one chart in one run; computed once, shared by all rules."""

    chart: Chart
    results: tuple[ScenarioResult, ...] = ()
    lint: tuple[HelmMessage, ...] = ()

    @cached_property
    def templates(self) -> tuple[TemplateFile, ...]:
        """The chart's own templates, parsed, in path order; a file with a syntax error keeps its error."""
        from helm_constitution.templates import parse_templates

        return parse_templates(self.chart)

    @cached_property
    def uses(self) -> ValueUses:
        """Every read of ``.Values`` in the chart's templates and those of its dependencies."""
        from helm_constitution.templates.uses import analyse

        return analyse(self.chart, self.templates)


@dataclass(frozen=True)
class Subject:
    """A chart under judgement, as one rule sees it (its parameters bound)."""

    facts: Facts
    parameters: Mapping[str, int | str] = field(default_factory=dict)

    @property
    def chart(self) -> Chart:
        """The chart as loaded: Chart.yaml, values.yaml, files."""
        return self.facts.chart

    @property
    def templates(self) -> tuple[TemplateFile, ...]:
        """The chart's own templates, parsed."""
        return self.facts.templates

    @property
    def uses(self) -> ValueUses:
        """Every read of ``.Values``."""
        return self.facts.uses

    @property
    def results(self) -> tuple[ScenarioResult, ...]:
        """How each scenario went, in order; ``defaults`` first. Empty for a library chart, which can't be rendered."""
        return self.facts.results

    @property
    def renderings(self) -> Iterator[Rendering]:
        """The renderings of the scenarios that rendered."""
        return (result.rendering for result in self.facts.results if result.rendering is not None)

    @property
    def defaults(self) -> ScenarioResult | None:
        """How the rendering with default values went; None for a library chart."""
        return self.facts.results[0] if self.facts.results else None

    @property
    def lint(self) -> tuple[HelmMessage, ...]:
        """``helm lint``'s own messages, placed."""
        return self.facts.lint

    def number(self, name: str) -> int:
        """A parameter of the rule that is a number."""
        return int(self.parameters[name])

    def text(self, name: str) -> str:
        """A parameter of the rule that is text."""
        return str(self.parameters[name])
