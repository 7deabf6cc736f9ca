"""Which branches of a chart's templates any scenario enters, and what reports show of that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from helm_constitution.render.instrumentation import Instrumentation
from helm_constitution.render.regions import BranchCoverage, Coverage, FileCoverage, FunctionCoverage, Region
from helm_constitution.render.results import Status
from helm_constitution.templates import TemplateFile
from helm_constitution.templates.nodes import (
    Action,
    Comment,
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
    """What finds out what the renderings of a chart enter."""
    return Instrumentation(analysed, tuple(_regions(analysed.templates)), engine)


def measure(analysed: AnalysedChart, results: Iterable[ScenarioResult], instrumentation: Instrumentation) -> Coverage:
    """What the scenarios that render enter.

    Args:
        analysed: the chart.
        results: its scenarios.
        instrumentation: has rendered some of them already, or none.
    """
    requests = list(dict.fromkeys(one.scenario.request for one in results if one.status is Status.RENDERED))
    entered = instrumentation.entered(requests) if instrumentation.regions and requests else ()
    return Coverage(analysed.templates, tuple(instrumentation.regions), frozenset(entered))


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
    """Whether an expression depends on what ``lookup`` finds."""
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
    """The named templates that call ``lookup``, by themselves or through others."""
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
    """The variables of a file that hold what ``lookup`` found, or something made of it."""
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


def files_of(coverage: Coverage) -> tuple[FileCoverage, ...]:
    """What was entered file by file, line by line, for reports."""
    by_file: dict[str, list[int]] = {template.path: [] for template in coverage.templates if template.tree is not None}
    for number, region in enumerate(coverage.regions):
        by_file[region.template.path].append(number)
    by_path = {template.path: template for template in coverage.templates}
    return tuple(_file_of(coverage, by_path[path], numbers) for path, numbers in by_file.items())


def _file_of(coverage: Coverage, template: TemplateFile, numbers: Sequence[int]) -> FileCoverage:
    by_node = {coverage.regions[number].node: number for number in numbers}
    lines: dict[int, bool] = {}

    def note(start: int, end: int, entered: bool) -> None:
        first = template.position(start)[0]
        for line, text in enumerate(template.text[start:end].split("\n"), first):
            if text.strip():
                lines[line] = lines.get(line, False) or entered

    def walk(nodes: Iterable[Content], entered: bool, visible: bool) -> None:
        for node in nodes:
            if isinstance(node, Define):
                walk(node.body, by_node[node] in coverage.entered, True)
            elif isinstance(node, Control):
                for arm, branch in enumerate(node.branches):
                    # An else is as much as there is of the branch that it begins.
                    inside = by_node[branch] in coverage.entered
                    note(branch.start, branch.end, inside if arm and branch.pipeline is None else entered)
                    walk(branch.body, inside, visible)
            elif visible and not isinstance(node, Comment):
                note(node.start, node.end, entered)

    walk(template.tree or (), not template.is_partial, not template.is_partial)
    regions: Mapping[int, Region] = {number: coverage.regions[number] for number in numbers}
    counted = set(coverage.branches)
    branches = tuple(
        BranchCoverage(
            template.position(region.node.start)[0],
            region.block,
            region.arm,
            number in coverage.entered,
            coverage.is_outermost(number),
        )
        for number, region in regions.items()
        if number in counted
    )
    functions = tuple(
        FunctionCoverage(template.position(region.node.start)[0], region.node.name, number in coverage.entered)
        for number, region in regions.items()
        if isinstance(region.node, Define)
    )
    return FileCoverage(template.path, tuple(sorted(lines.items())), branches, functions)
