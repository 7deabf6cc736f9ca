"""Functions of templates that make, parse or render texts: ``include``, ``tpl``, ``fromYaml``, ``printf`` and more."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.templates.abstract import ANYTHING, NOTHING, FileText, Made, ordered

if TYPE_CHECKING:
    from helm_constitution.templates.abstract import Operand, Value
    from helm_constitution.templates.evaluator import Evaluator
    from helm_constitution.templates.nodes import Node

MAX_TEXTS = 16
"""Texts that one call of ``printf`` may make; where it may make more, it is not known."""
_VERB = LazyPattern(r"%[-+# 0]*(?:\d+|\*)?(?:\.\d+)?(?:\[\d+\])?([a-zA-Z%])")


def include(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``include``: what the named templates print."""
    if not operands:
        return NOTHING
    argument = run.tolerantly(operands[1]) if len(operands) > 1 else NOTHING
    made: Value = NOTHING
    for name in run.texts(operands[0]):
        made |= run.call(name, argument)
    return run.bounded(made)


def parsed(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``fromYaml``: what a named template printed, as data."""
    made: Value = NOTHING
    for operand in operands:
        value = run.value(operand)
        run.take_whole(value)
        made |= {element for element in value if isinstance(element, Made)}
    return made


def tpl(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """Renders a text: one that is written in the template, a file's, or one of those in the values."""
    if not operands:
        return NOTHING
    value = run.value(operands[0])
    run.take_whole(value)
    value = frozenset(element for element in value if not isinstance(element, Made))
    context = run.tolerantly(operands[1]) if len(operands) > 1 else NOTHING
    from_values = not value
    for element in ordered(value):
        if isinstance(element, str):
            run.render(element, context)
            from_values = from_values or ANYTHING in element
        elif isinstance(element, FileText):
            run.render_files(element.path, context)
        else:
            from_values = True
    if not value and run.has_file_texts:
        run.render_files(ANYTHING, context)
    if from_values:
        for text in run.texts_of_values():
            run.render(text, context)
    return NOTHING


def print_(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``print``: every text that the operands may make."""
    return _joined(run, [run.texts(operand) for operand in operands], "".join)


def printf(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``printf``: every text that the format and the operands may make."""
    parts = [run.texts(operand) for operand in operands]
    return _joined(run, parts, _formatted)


def _joined(run: Evaluator, parts: list[list[str]], join: Callable[[list[str]], str]) -> Value:
    """Every text that the parts make; an unknown text if there are many."""
    count = 1
    for part in parts:
        count *= len(part)
    if count > MAX_TEXTS:
        return frozenset((ANYTHING,))
    return frozenset(join(list(choice)) for choice in product(*parts))


def same_text(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``toString``, ``trim``: a text stays what it is."""
    value = run.value(operands[0]) if operands else NOTHING
    run.take_whole(value)
    return frozenset(element for element in value if isinstance(element, str | FileText))


def _formatted(parts: list[str]) -> str:
    """What printf makes of a format and texts; numbers and the like stay unknown."""
    if not parts:
        return ANYTHING
    texts = iter(parts[1:])

    def verb(match: re.Match[str]) -> str:
        if match[1] == "%":
            return "%"
        text = next(texts, ANYTHING)
        return text if match[0] in ("%s", "%v") else ANYTHING

    return _VERB.sub(verb, parts[0])
