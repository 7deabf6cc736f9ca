"""Finds the result of a template's condition: a copy of the chart stops before it and prints it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from helm_constitution.chart.edited_copy import edited_copy
from helm_constitution.helm.protocol import HelmEngine, RenderRequest
from helm_constitution.render.toggles import Head
from helm_constitution.templates import TemplateFile
from helm_constitution.templates.nodes import (
    Chain,
    Comment,
    Control,
    Define,
    Field,
    Identifier,
    If,
    Node,
    Text,
    Variable,
    With,
    commands,
    contents,
)

if TYPE_CHECKING:
    from helm_constitution.render.results import ScenarioResult
    from helm_constitution.render.toggles import Toggle
    from helm_constitution.templates.analysis import AnalysedChart

_TRUTH = "#@truth:"
_CALLS = frozenset({"include", "tpl", "lookup", "template"})


def dead_flags(
    toggle: Toggle, base: ScenarioResult, toggled: ScenarioResult, analysed: AnalysedChart, engine: HelmEngine
) -> tuple[Head, ...] | None:
    """The conditions that test a flag, if none of them makes a difference; None where one may.

    It must be certain: the flag is read in conditions alone that depend on nothing else, helm reaches each of them, and
    each has the same result whether the flag is on or off, or chooses between two empty branches. A named template that
    nothing calls makes no difference either.
    """
    uses = analysed.uses
    reads = [read for read in uses.reads if read.path == toggle.path]
    if not reads or uses.is_whole(toggle.path[:-1]) or any(printed.path == toggle.path for printed in uses.printed):
        return None
    heads: dict[Control, Head] = {}
    for read in reads:
        if read.file.endswith("NOTES.txt") or read.file.startswith("charts/"):
            return None
        if any(define.start <= read.node.start < define.end for define in _uncalled(read.template, analysed)):
            continue
        head = _head_of(read.template, read.node)
        if head is None or not _depends_on(head, toggle, analysed):
            return None
        heads[head.control] = head
    for head in heads.values():
        outcomes = [truth(head, result.scenario.request, analysed, engine) for result in (base, toggled)]
        if None in outcomes or (outcomes[0] != outcomes[1] and not _is_silent(head)):
            return None
    return tuple(heads.values())


def truth(head: Head, request: RenderRequest, analysed: AnalysedChart, engine: HelmEngine) -> bool | None:
    """The result of a condition; None if helm doesn't reach it."""
    template, branch = head.template, head.branch
    if branch.pipeline is None:
        return None
    condition = template.source(branch.pipeline)
    probe = f'{{{{ fail (printf "{_TRUTH}%t" (not (not ({condition})))) }}}}'
    text = template.text[: branch.start] + probe + template.text[branch.start :]
    with edited_copy(analysed.chart, {template.path: text}) as copy:
        output = engine.render(copy, request).result()
    told = next((error.text for error in output.errors if _TRUTH in error.text), "")
    return f"{_TRUTH}true" in told if told else None


def _uncalled(template: TemplateFile, analysed: AnalysedChart) -> Iterator[Define]:
    return (define for define in template.defines.values() if define in analysed.uses.uncalled)


def _head_of(template: TemplateFile, node: Node) -> Head | None:
    """The condition that a node stands in: only the first of an if or with, which depends on no earlier one."""
    for control in contents(template.tree or ()):
        if isinstance(control, If | With):
            first = control.branches[0].pipeline
            if first is not None and first.start <= node.start < first.end and not first.variables:
                return Head(template, control)
    return None


def _depends_on(head: Head, toggle: Toggle, analysed: AnalysedChart) -> bool:
    """Whether a condition depends on nothing but the flag."""
    pipeline = head.branch.pipeline
    assert pipeline is not None
    known: set[Node] = set()
    for read in analysed.uses.reads:
        if read.template is head.template and pipeline.start <= read.node.start < pipeline.end:
            if read.path != toggle.path[: len(read.path)]:
                return False
            known.add(read.node)
    for command in commands(pipeline):
        for part in command.args:
            if isinstance(part, Identifier) and part.name in _CALLS:
                return False
            if isinstance(part, Field | Variable | Chain) and part not in known:
                return False
    return True


def _is_silent(head: Head) -> bool:
    """Whether no branch prints or sets anything."""
    return all(
        isinstance(node, Comment) or (isinstance(node, Text) and not head.template.source(node).strip())
        for branch in head.control.branches
        for node in branch.body
    )
