"""Functions of templates on lists: ``list``, ``append``, ``first``, ``concat`` and similar ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helm_constitution.templates.abstract import ANYTHING, MAX_ELEMENTS, NOTHING, Element, Item, Sequence, list_of

if TYPE_CHECKING:
    from helm_constitution.templates.abstract import Operand, Value
    from helm_constitution.templates.evaluator import Evaluator
    from helm_constitution.templates.nodes import Node


def list_(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``list``, ``tuple``"""
    return frozenset((Sequence(tuple(run.tolerantly(operand) for operand in operands), NOTHING),))


def of_lists(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """Functions that combine lists and items, or return parts of a list."""
    found: Value = NOTHING
    for operand in operands:
        for element in run.tolerantly(operand):
            if isinstance(element, Sequence):
                found |= element.any_item
            elif type(element) is tuple:
                run.whole.add(element)
                found |= {Item((*element, ANYTHING))}
            else:
                found |= {element}
    return list_of(run.bounded(found))


def append(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``append``"""
    if len(operands) == 2:
        value = run.tolerantly(operands[0])
        if len(value) == 1:
            (element,) = value
            if isinstance(element, Sequence) and not element.others and len(element.items) < MAX_ELEMENTS:
                return frozenset((Sequence((*element.items, run.tolerantly(operands[1])), NOTHING),))
    return of_lists(run, operands, node)


def first_item(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``first``"""
    return item_at(run, run.tolerantly(operands[0]), 0) if operands else NOTHING


def last_item(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``last``"""
    return item_at(run, run.tolerantly(operands[0]), -1) if operands else NOTHING


def rest(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``rest``: the list without its first item."""
    found: set[Element] = set()
    for element in run.tolerantly(operands[0]) if operands else NOTHING:
        if isinstance(element, Sequence):
            found.add(Sequence(element.items[1:], element.others))
        elif type(element) is tuple:
            run.whole.add(element)
            found.add(Sequence((), frozenset((Item((*element, ANYTHING)),))))
    return frozenset(found)


def item_at(run: Evaluator, value: Value, index: int) -> Value:
    """The item of a list."""
    if len(value) == 1:
        (element,) = value
        if isinstance(element, Sequence) and not element.others:
            return element.items[index] if -len(element.items) <= index < len(element.items) else NOTHING
    return run.some_part(value)
