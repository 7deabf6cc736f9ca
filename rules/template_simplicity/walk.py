"""A quick way through templates: the tree's pipelines whose text is worth a closer look, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from helm_constitution.templates import TemplateFile
from helm_constitution.templates.nodes import Action, Block, Content, Control, Define, Pipeline, TemplateCall, Text


def bodies(contents: Sequence[Content], *, named: bool) -> Iterator[Sequence[Content]]:
    """These contents and the bodies of all controls in them; those of named templates, too, where ``named``."""
    pending = [contents]
    while pending:
        body = pending.pop()
        yield body
        below: list[Sequence[Content]] = []
        for node in body:
            if type(node) is Text or type(node) is Action:
                continue
            if isinstance(node, Control):
                below.extend(branch.body for branch in node.branches)
            elif named and isinstance(node, Define):
                below.append(node.body)
        pending.extend(reversed(below))


def pipelines_like(
    template: TemplateFile, body: Sequence[Content], is_worth_it: Callable[[str], object]
) -> Iterator[Pipeline]:
    """The pipelines of the contents themselves (not of what they hold) whose text ``is_worth_it``."""
    text = template.text
    for node in body:
        if type(node) is Text:
            continue
        if type(node) is Action:
            pipeline: Pipeline | None = node.pipeline
            if pipeline is not None and is_worth_it(text[pipeline.start : pipeline.end]):
                yield pipeline
        elif isinstance(node, Control):
            for branch in node.branches:
                pipeline = branch.pipeline
                if pipeline is not None and is_worth_it(text[pipeline.start : pipeline.end]):
                    yield pipeline
        elif isinstance(node, Block | TemplateCall):
            pipeline = node.pipeline
            if pipeline is not None and is_worth_it(text[pipeline.start : pipeline.end]):
                yield pipeline
