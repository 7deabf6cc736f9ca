"""The part of a report about the branches that scenarios entered, file by file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from helm_constitution.render.regions import Coverage, Region
from helm_constitution.report.model import BranchCoverage, FileCoverage, FunctionCoverage
from helm_constitution.templates import TemplateFile
from helm_constitution.templates.nodes import Comment, Content, Control, Define


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
            coverage.scenarios.get(number, ()),
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
