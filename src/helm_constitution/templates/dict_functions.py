"""Functions of templates on dicts: ``index``, ``get``, ``dig``, ``pick``, ``dict``, ``merge``, ``set`` and more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helm_constitution.templates.abstract import ANYTHING, NOTHING, Element, Record, Root, list_of, paths_of
from helm_constitution.templates.condition_functions import any_operand
from helm_constitution.templates.list_functions import item_at
from helm_constitution.templates.nodes import Chain, Dot, Field, Number, Variable

if TYPE_CHECKING:
    from helm_constitution.templates.abstract import Operand, Value
    from helm_constitution.templates.evaluator import Evaluator
    from helm_constitution.templates.nodes import Node


def index(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``index``: the part that keys or indices lead to."""
    if not operands:
        return NOTHING
    value = run.value(operands[0])
    return _step_by_step(run, value, operands[1:], node, quiet=False)


def _step_by_step(run: Evaluator, value: Value, keys: list[Operand], node: Node, *, quiet: bool) -> Value:
    """The part of a value at these keys; only the last step is recorded as a read."""
    names: tuple[str, ...] = ()
    for key in keys:
        if isinstance(key, Number) and isinstance(key.value, int):
            value, names = item_at(run, run.access(value, names, node, quiet=quiet), key.value), ()
            continue
        texts = run.texts(key)
        if len(texts) == 1 and ANYTHING not in texts[0]:
            names = (*names, texts[0])
            continue
        value, names = run.access(value, names, node, quiet=quiet), ()
        if not any(ANYTHING in text for text in texts):
            found: Value = NOTHING
            for text in texts:
                found |= run.access(value, (text,), node, quiet=True)
            value = run.bounded(found)
        else:
            value = run.some_part(value)
    return run.access(value, names, node, quiet=quiet)


def has_key(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``hasKey``"""
    get(run, operands, node)
    return NOTHING


def get(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``get``, ``hasKey``: a key that may be missing."""
    if not operands:
        return NOTHING
    return _step_by_step(run, run.tolerantly(operands[0]), operands[1:2], node, quiet=True)


def dig(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``dig key… default dict``"""
    if len(operands) < 3:
        return any_operand(run, operands, node)
    *keys, default, holder = operands
    found = _step_by_step(run, run.tolerantly(holder), keys, node, quiet=True)
    return run.bounded(found | run.tolerantly(default))


def pluck(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``pluck key dict…``"""
    found: Value = NOTHING
    for holder in operands[1:]:
        found |= _step_by_step(run, run.tolerantly(holder), operands[:1], node, quiet=True)
    return list_of(run.bounded(found))


def pick(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``pick dict key…``"""
    if not operands:
        return NOTHING
    value = run.tolerantly(operands[0])
    entries: dict[str, Value] = {}
    rest: Value = NOTHING
    for key in operands[1:]:
        for text in run.texts(key):
            if ANYTHING in text:
                rest |= run.some_part(value)
            else:
                entries[text] = run.access(value, (text,), node, quiet=True)
    return frozenset((Record(entries, rest),))


def first_operand(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``deepCopy``, ``omit``: the first operand, at most with parts left out."""
    value = run.tolerantly(operands[0]) if operands else NOTHING
    for operand in operands[1:]:
        run.take_whole(run.value(operand))
    return value


def keys(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``keys``"""
    found: Value = NOTHING
    for operand in operands:
        found |= run.parts(run.value(operand))[0]
    return list_of(run.bounded(found))


def values(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``values``"""
    found: Value = NOTHING
    for operand in operands:
        found |= run.parts(run.value(operand))[1]
    return list_of(run.bounded(found))


def dict_(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``dict``"""
    entries: dict[str, Value] = {}
    rest: Value = NOTHING
    for position in range(0, len(operands), 2):
        value = run.tolerantly(operands[position + 1]) if position + 1 < len(operands) else NOTHING
        for text in run.texts(operands[position]):
            if ANYTHING in text:
                rest |= value
            else:
                entries[text] = value
    return frozenset((Record(entries, rest),))


def merge(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``merge``, ``mergeOverwrite``: any of the operands; the first is changed in place."""
    if not operands:
        return NOTHING
    target = operands[0]
    value = run.tolerantly(target)
    others: Value = NOTHING
    for operand in operands[1:]:
        others |= run.tolerantly(operand)
    merged = run.bounded(value | others)
    _changed_in_place(run, target, value, others, merged)
    run.provided.update(paths_of(value) if _is_place(target) else ())
    return merged


def set_key(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``set dict key value``"""
    if len(operands) < 3:
        return any_operand(run, operands, node)
    target, key, given = operands
    value = run.tolerantly(target)
    new = run.tolerantly(given)
    rest: Value = NOTHING
    entries: dict[str, Value] = {}
    others: set[Element] = set()
    for element in value:
        if isinstance(element, Record):
            rest |= element.rest
            for name, entry in element.entries.items():
                entries[name] = entries.get(name, NOTHING) | entry
        else:
            others.add(element)
    for text in run.texts(key):
        if ANYTHING in text:
            rest |= new
            run.provided.update(element for element in value if type(element) is tuple)
        else:
            entries[text] = entries.get(text, NOTHING) | new
            run.provided.update((*element, text) for element in value if type(element) is tuple)
    others.add(Record(entries, rest))
    result = run.bounded(frozenset(others))
    _changed_in_place(run, target, value, new, result)
    return result


def _changed_in_place(run: Evaluator, target: Operand, value: Value, new: Value, result: Value) -> None:
    """A dict was changed: what a variable or the dot contains is known from now on, but not what else refers to it."""
    if isinstance(target, Variable) and not target.names and target.name != "$":
        for scope in reversed(run.scopes):
            if target.name in scope:
                run.changed = run.changed or scope[target.name] != result
                scope[target.name] = result
                break
        if not paths_of(value):
            return
    elif isinstance(target, Dot):
        run.dot = result
    if _is_place(target):
        # A root context is recognised by its `.Values`, wherever it turns up.
        run.take_whole(frozenset(element for element in new if not isinstance(element, Root)), run.reached)


def unset(run: Evaluator, operands: list[Operand], node: Node) -> Value:
    """``unset``: the dict, without the key."""
    get(run, operands, node)
    return run.tolerantly(operands[0]) if operands else NOTHING


def _is_place(operand: Operand) -> bool:
    """Whether an operand names something that exists before and after, not a temporary value."""
    return isinstance(operand, Field | Variable | Dot | Chain | frozenset)
