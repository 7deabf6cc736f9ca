"""Functions of templates that choose, compare and demand: ``default``, ``and``, ``eq``, ``has``, ``required``, …"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helm_constitution.templates.abstract import ANYTHING, NOTHING, Item, Sequence, ordered, paths_of

if TYPE_CHECKING:
    from helm_constitution.templates.abstract import Operand, Value
    from helm_constitution.templates.evaluator import Evaluator
    from helm_constitution.templates.nodes import Node


def any_operand(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``default``, ``coalesce``: one of the operands."""
    found: Value = NOTHING
    for operand in operands:
        found |= run.tolerantly(operand)
    return run.bounded(found)


def junction(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``and``, ``or``: one of the operands, each guarded by those before it."""
    guards, optional = run.guards, run.optional
    outer, touched = run.touched, set[tuple[str, ...]]()
    run.touched, run.optional = touched, True
    found: Value = NOTHING
    last = len(operands) - 1
    for index, operand in enumerate(operands):
        value = run.value(operand)
        found |= value
        if index < last:
            run.guards = run.guards.union(touched, paths_of(value))
    if outer is not None:
        outer |= touched
    run.touched, run.guards, run.optional = outer, guards, optional
    return run.bounded(found)


def ternary(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """One of the first two operands, as the third decides; all three are evaluated."""
    for operand in operands[2:]:
        _note_tested(run, run.tolerantly(operand))
    return any_operand(run, operands[:2], node)


def test(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """Something true or false."""
    for operand in operands:
        _note_tested(run, run.tolerantly(operand))
    return NOTHING


def _note_tested(run: Evaluator, value: Value) -> None:
    for element in value:
        if type(element) is tuple:
            if element:
                run.tested.add(element)
        elif type(element) is Item:
            run.tested.add(element.path)


def compare(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``eq``, ``ne``: notes the texts that a value is compared with."""
    values = [run.tolerantly(operand) for operand in operands]
    texts = [part for value in values for part in ordered(value) if isinstance(part, str) and ANYTHING not in part]
    for value in values:
        _note_tested(run, value)
        _note_compared(run, value, texts)
    return NOTHING


def has(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``has item list``: notes the texts of a list that the template writes out."""
    values = [run.tolerantly(operand) for operand in operands]
    if len(values) == 2:
        item, listed = values
        _note_tested(run, item)
        for element in ordered(listed):
            if isinstance(element, Sequence):
                parts = [part for entry in element.items for part in ordered(entry)]
                _note_compared(run, item, [part for part in parts if isinstance(part, str) and ANYTHING not in part])
    for value in values:
        run.take_whole(value)
    return NOTHING


def _note_compared(run: Evaluator, value: Value, texts: list[str]) -> None:
    for element in ordered(value):
        if type(element) is tuple and element:
            known = run.compared.setdefault(element, {})
            for text in texts:
                known[text] = None


def required(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """The last operand; from here on the value is known to be set."""
    value: Value = NOTHING
    for operand in operands:
        value = run.tolerantly(operand)
    run.provided.update(paths_of(value))
    return value


def fail(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """The chart stops depending on the conditions around it: the values that they test are guarded."""
    run.provided.update(run.guards)
    for operand in operands:
        run.take_whole(run.tolerantly(operand))
    return NOTHING
