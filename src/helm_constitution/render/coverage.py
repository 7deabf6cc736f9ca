"""The branches of a chart's templates that scenarios enter, and how reports show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from helm_constitution.core.model import Status
from helm_constitution.render.instrumentation import Instrumentation
from helm_constitution.render.regions import Coverage, Region
from helm_constitution.templates import TemplateFile
from helm_constitution.templates.nodes import (
    Action,
    Content,
    Control,
    Define,
    Identifier,
    Pipeline,
    String,
    Variable,
    commands,
    contents,
    pipelines,
)

if TYPE_CHECKING:
    from helm_constitution.helm.protocol import HelmEngine
    from helm_constitution.render.results import ScenarioResult
    from helm_constitution.templates.analysis import AnalysedChart

_CALLS = frozenset({"include", "template"})


def instrumented(analysed: AnalysedChart, engine: HelmEngine) -> Instrumentation:
    """Measures which branches the renderings of a chart enter."""
    return Instrumentation(analysed, tuple(_regions(analysed.templates)), engine)


def measure(analysed: AnalysedChart, results: Iterable[ScenarioResult], instrumentation: Instrumentation) -> Coverage:
    """The branches that the rendered scenarios enter.

    Args:
        analysed: the chart.
        results: its scenarios.
        instrumentation: has rendered some of them already, or none.
    """
    scenarios = [one.scenario for one in results if one.status is Status.RENDERED]
    requests = list(dict.fromkeys(scenario.request for scenario in scenarios))
    entered = instrumentation.entered(requests) if instrumentation.regions and requests else ()
    names: dict[int, list[str]] = {}
    for scenario in scenarios:
        for number in instrumentation.told_of(scenario.request):
            names.setdefault(number, []).append(scenario.name)
    by_region = {number: tuple(those) for number, those in names.items()}
    return Coverage(analysed.templates, tuple(instrumentation.regions), frozenset(entered), by_region)


# --- the regions ------------------------------------------------------------------------------------------------------


def _regions(templates: Iterable[TemplateFile]) -> Iterator[Region]:
    asking = _asking_defines(templates)
    number = 0
    for template in templates:
        found: list[Region] = []
        walker = _Walker(template, asking, number, found)
        walker.walk(template.tree or (), None)
        number += len(found)
        yield from found


class _Walker:
    def __init__(self, template: TemplateFile, asking: set[str], first: int, found: list[Region]) -> None:
        self.template = template
        self.asking = asking
        self.first = first
        self.found = found
        self.blocks = 0
        self.variables = _asking_variables(template, asking)

    def walk(self, nodes: Iterable[Content], parent: int | None) -> None:
        for node in nodes:
            if isinstance(node, Define):
                self._enter(Region(self.template, node, node.head_end, parent=None), node.body)
            elif isinstance(node, Control):
                self.blocks += 1
                block = self.blocks
                heads = [branch.pipeline for branch in node.branches if branch.pipeline is not None]
                needs_cluster = any(_asks(head, self.asking, self.variables) for head in heads)
                for arm, branch in enumerate(node.branches):
                    stops = any(isinstance(inner, Action) and _fails(inner.pipeline) for inner in branch.body)
                    own = [branch.pipeline] if branch.pipeline is not None else heads
                    asked = tuple((head.start, head.end) for head in own)
                    place = (self.template, branch, branch.end, parent, block, arm)
                    self._enter(Region(*place, stops, needs_cluster, asked), branch.body)

    def _enter(self, region: Region, body: tuple[Content, ...]) -> None:
        number = self.first + len(self.found)
        self.found.append(region)
        self.walk(body, number)


def _fails(pipeline: Pipeline) -> bool:
    return any(
        isinstance(command.args[0], Identifier) and command.args[0].name == "fail" for command in commands(pipeline)
    )


def _asks(pipeline: Pipeline, asking: set[str], variables: set[str]) -> bool:
    """Whether an expression depends on the result of ``lookup``."""
    for command in commands(pipeline):
        head = command.args[0]
        if isinstance(head, Identifier) and head.name == "lookup":
            return True
        if isinstance(head, Identifier) and head.name in _CALLS and len(command.args) > 1:
            name = command.args[1]
            if isinstance(name, String) and name.value in asking:
                return True
        if any(isinstance(part, Variable) and part.name in variables for part in command.args):
            return True
    return False


def _asking_defines(templates: Iterable[TemplateFile]) -> set[str]:
    """The named templates that call ``lookup``, directly or through others."""
    asking: set[str] = set()
    defines = [define for template in templates for define in template.defines.values()]
    while True:
        more = {
            define.name
            for define in defines
            if define.name not in asking
            and any(_asks(pipeline, asking, set()) for node in contents(define.body) for pipeline in pipelines(node))
        }
        if not more:
            return asking
        asking |= more


def _asking_variables(template: TemplateFile, asking: set[str]) -> set[str]:
    """The variables of a file that contain the result of ``lookup``, or something derived from it."""
    variables: set[str] = set()
    setting = [pipeline for node in contents(template.tree or ()) for pipeline in pipelines(node) if pipeline.variables]
    while True:
        more = {
            name
            for pipeline in setting
            if not variables.issuperset(pipeline.variables) and _asks(pipeline, asking, variables)
            for name in pipeline.variables
        }
        if more <= variables:
            return variables
        variables |= more


# --- what a report shows ----------------------------------------------------------------------------------------------
