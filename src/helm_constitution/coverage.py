"""Which branches of a chart's templates any scenario enters.

Helm doesn't say. So each scenario is rendered once more from a copy of the chart that prints a mark at the beginning of
every branch: what is printed was entered. No mark stands where printing it could change what is decided: in named
templates whose text is used for more than being printed, and in NOTES.txt, which ``helm template`` doesn't show.

Whatever no mark has told is asked in another way, which can't change anything: a copy stops with ``fail`` at the
beginning of each such branch. Where it stops, one branch was entered; the scenario is rendered again without that stop,
until it comes to its end. So a branch that is said not to be entered was not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from helm_constitution.helm.protocol import HelmEngine, RenderOutput, RenderRequest
from helm_constitution.lazy import LazyPattern
from helm_constitution.marks import unsafe_defines
from helm_constitution.outcome import BranchCoverage, FileCoverage, FunctionCoverage
from helm_constitution.records import NamedTuple
from helm_constitution.templates import TemplateFile
from helm_constitution.templates.nodes import (
    Action,
    Comment,
    Content,
    Control,
    Define,
    Identifier,
    Node,
    Pipeline,
    String,
    Variable,
    commands,
    contents,
    pipelines,
)
from helm_constitution.trace import edited_copy, library_templates

if TYPE_CHECKING:
    from pathlib import Path

    from helm_constitution.scenarios import ScenarioResult
    from helm_constitution.subject import Facts

Edit: TypeAlias = Callable[[int, str, int], str]
"""What is put in at a region's beginning: of its number, the template's text, the offset."""

_MARK = LazyPattern(r"Qx7r(\d+)Q")
_STOP = LazyPattern(r"#@region:(\d+)@")
_CALLS = frozenset({"include", "template"})


class Region(NamedTuple):
    """A stretch of a template that is entered or not: a branch, or a named template as a whole.

    ``node`` is the branch's head, or the named template; ``start`` the offset at which its body begins; ``parent`` the
    region around it, None at the top of a file. ``block`` numbers the controls of a file, ``arm`` the branches of one.
    ``stops`` tells that it holds a ``fail``: whoever enters it renders nothing. ``needs_cluster``: what decides it
    asks ``lookup``. ``asked`` are the conditions that lead to it, by their offsets.
    """

    template: TemplateFile
    node: Node
    start: int
    parent: int | None
    block: int = 0
    arm: int = 0
    stops: bool = False
    needs_cluster: bool = False
    asked: tuple[tuple[int, int], ...] = ()

    @property
    def is_branch(self) -> bool:
        """Whether it is a branch of an if, with or range."""
        return not isinstance(self.node, Define)


class Coverage(NamedTuple):
    """What was entered: the regions of a chart's own templates, and the numbers of those that some scenario entered."""

    templates: tuple[TemplateFile, ...]
    regions: tuple[Region, ...]
    entered: frozenset[int]

    @property
    def branches(self) -> list[int]:
        """The branches that count: not those that only stop the chart, nor those that need a cluster."""
        return [
            number
            for number, region in enumerate(self.regions)
            if region.is_branch and (number in self.entered or not (region.stops or self.is_out_of_reach(number)))
        ]

    @property
    def out_of_reach(self) -> list[int]:
        """The branches that nothing enters without a cluster: ``lookup`` decides, and finds nothing."""
        return [
            number
            for number, region in enumerate(self.regions)
            if region.is_branch and number not in self.entered and region.needs_cluster
        ]

    def is_out_of_reach(self, number: int) -> bool:
        """Whether a region, or one around it, is entered only with a cluster."""
        at: int | None = number
        while at is not None:
            region = self.regions[at]
            if region.needs_cluster and at not in self.entered:
                return True
            at = region.parent
        return False

    def is_outermost(self, number: int) -> bool:
        """Whether what is around a region was entered."""
        parent = self.regions[number].parent
        return parent is None or parent in self.entered


def measure(facts: Facts, results: Iterable[ScenarioResult], engine: HelmEngine) -> Coverage:
    """Finds out what the scenarios that render enter.

    Args:
        facts: the chart.
        results: its scenarios.
        engine: renders; once or twice for each scenario, and once for each region that no mark tells.
    """
    from helm_constitution.outcome import Status

    regions = tuple(_regions(facts.templates))
    requests = list(dict.fromkeys(one.scenario.request for one in results if one.status is Status.RENDERED))
    entered: set[int] = set()
    if regions and requests:
        unsafe = unsafe_defines([*facts.templates, *library_templates(facts)])
        marks = {number for number, region in enumerate(regions) if _may_print(regions, region, unsafe)}
        with edited_copy(facts.chart, _edited(regions, marks, _mark)) as copy:
            for output in _render(engine, copy, requests):
                entered.update(_marks(output))
        _ask(facts, regions, entered, requests, engine)
    # Whoever is in a branch has entered what is around it.
    for number in tuple(entered):
        parent = regions[number].parent
        while parent is not None:
            entered.add(parent)
            parent = regions[parent].parent
    return Coverage(facts.templates, regions, frozenset(entered))


def _render(engine: HelmEngine, chart: Path, requests: Sequence[RenderRequest]) -> Iterator[RenderOutput]:
    pending = [engine.render(chart, request) for request in requests]
    return (render.result() for render in pending)


def _marks(output: RenderOutput) -> Iterator[int]:
    for document in output.documents:
        for number in _MARK.findall(document.text):
            yield int(number)


def _ask(
    facts: Facts, regions: Sequence[Region], entered: set[int], requests: Sequence[RenderRequest], engine: HelmEngine
) -> None:
    """Finds out about each region that is not known to be entered, by copies that stop there."""
    left = set(range(len(regions))) - entered
    if not left:
        return
    with edited_copy(facts.chart, _edited(regions, left, _stop)) as copy:
        # The defaults alone first: they enter most of what there is, and all others would stop at the same places.
        for asked in (requests[:1], requests[1:]):
            pending = list(asked)
            while pending and left:
                outputs = zip(pending, _render(engine, copy, pending), strict=True)
                stopped = [(request, found) for request, output in outputs for found in _stops(output)]
                new = {found for _, found in stopped} & left
                if not new:
                    break
                entered |= new
                left -= new
                changed = {regions[number].template.path for number in new}
                for path, text in _edited(regions, left, _stop, changed).items():
                    with open(os.path.join(copy, *path.split("/")), "w", encoding="utf-8", newline="") as file:
                        file.write(text)
                pending = list(dict.fromkeys(request for request, _ in stopped))


def _stops(output: RenderOutput) -> Iterator[int]:
    for error in output.errors:
        found = _STOP.search(error.text)
        if found is not None:
            yield int(found[1])
            return


# --- the copies -------------------------------------------------------------------------------------------------------


def _edited(
    regions: Sequence[Region], numbers: set[int], insertion: Edit, paths: set[str] | None = None
) -> dict[str, str]:
    """The templates with something put in at the beginning of these regions; of ``paths`` alone where given."""
    edits: dict[str, list[int]] = {}
    files: dict[str, TemplateFile] = {}
    for number, region in enumerate(regions):
        path = region.template.path
        if paths is None or path in paths:
            files[path] = region.template
            if number in numbers:
                edits.setdefault(path, []).append(number)
    texts = {}
    for path, template in files.items():
        parts: list[str] = []
        at = 0
        for number in sorted(edits.get(path, ()), key=lambda number: regions[number].start):
            start = regions[number].start
            parts.extend((template.text[at:start], insertion(number, template.text, start)))
            at = start
        texts[path] = "".join((*parts, template.text[at:]))
    return texts


def _mark(number: int, text: str, start: int) -> str:
    """What prints a mark: a comment on a line of its own where a new line begins, else in the line."""
    if text.startswith(("\n", "\r\n"), start) and not text.startswith("-}}", start - 3):
        return f"\n#Qx7r{number}Q"
    trims = text.startswith("-}}", start - 3)
    return f'{{{{ "Qx7r{number}Q" {"-" if trims else ""}}}}}'


def _stop(number: int, text: str, start: int) -> str:
    return f'{{{{ fail "#@region:{number}@" }}}}'


def _may_print(regions: Sequence[Region], region: Region, unsafe: set[str]) -> bool:
    """Whether a mark may stand at the beginning of a region, and is seen there."""
    if region.template.path.endswith("NOTES.txt"):
        return False
    at: Region | None = region
    while at is not None:
        if isinstance(at.node, Define):
            return at.node.name not in unsafe
        at = regions[at.parent] if at.parent is not None else None
    return not region.template.is_partial


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
