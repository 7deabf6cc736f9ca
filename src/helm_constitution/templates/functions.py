"""What the functions of text/template, sprig and helm do with the values that they are given, as far as it matters for
which values are read. Functions that aren't here use up what they are given.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.templates.abstract import (
    ANYTHING,
    MAX_ELEMENTS,
    NOTHING,
    Element,
    FileText,
    Item,
    Made,
    Operand,
    Record,
    Root,
    Sequence,
    Value,
    list_of,
    paths_of,
)
from helm_constitution.templates.nodes import Chain, Dot, Field, Node, Number, Variable

if TYPE_CHECKING:
    from helm_constitution.templates.interpreter import Interpreter

MAX_TEXTS = 16
"""Texts that one call of ``printf`` may make; where it may make more, it is not known."""
_VERB = LazyPattern(r"%[-+# 0]*(?:\d+|\*)?(?:\.\d+)?(?:\[\d+\])?([a-zA-Z%])")


def _any(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    """``default``, ``coalesce``: one of the operands."""
    found: Value = NOTHING
    for operand in operands:
        found |= run.tolerantly(operand)
    return run.bounded(found)


def _junction(run: Interpreter, operands: list[Operand], node: Node) -> Value:
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


def _ternary(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    """One of the first two operands, as the third decides; all three are evaluated."""
    for operand in operands[2:]:
        _note_tested(run, run.tolerantly(operand))
    return _any(run, operands[:2], node)


def _test(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    """Something true or false."""
    for operand in operands:
        _note_tested(run, run.tolerantly(operand))
    return NOTHING


def _note_tested(run: Interpreter, value: Value) -> None:
    for element in value:
        if type(element) is tuple:
            if element:
                run.tested.add(element)
        elif type(element) is Item:
            run.tested.add(element.path)


def _compare(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    """``eq``, ``ne``: notes the texts that a value is compared with."""
    values = [run.tolerantly(operand) for operand in operands]
    texts = [element for value in values for element in value if isinstance(element, str) and ANYTHING not in element]
    for value in values:
        _note_tested(run, value)
        _note_compared(run, value, texts)
    return NOTHING


def _has(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    """``has item list``: notes the texts of a list that the template writes out."""
    values = [run.tolerantly(operand) for operand in operands]
    if len(values) == 2:
        item, listed = values
        _note_tested(run, item)
        for element in listed:
            if isinstance(element, Sequence):
                parts = [part for entry in element.items for part in entry]
                _note_compared(run, item, [part for part in parts if isinstance(part, str) and ANYTHING not in part])
    for value in values:
        run.take_whole(value)
    return NOTHING


def _note_compared(run: Interpreter, value: Value, texts: list[str]) -> None:
    for element in value:
        if type(element) is tuple and element:
            known = run.compared.setdefault(element, {})
            for text in texts:
                known[text] = None


def _required(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    """The last operand; from here on the chart takes care that it is there."""
    value: Value = NOTHING
    for operand in operands:
        value = run.tolerantly(operand)
    run.provided.update(paths_of(value))
    return value


def _fail(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    """The chart stops if what the conditions around it ask for is missing (or there): it takes care of that."""
    run.provided.update(run.guards)
    for operand in operands:
        run.take_whole(run.tolerantly(operand))
    return NOTHING


def _include(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    if not operands:
        return NOTHING
    argument = run.tolerantly(operands[1]) if len(operands) > 1 else NOTHING
    made: Value = NOTHING
    for name in run.texts(operands[0]):
        made |= run.call(name, argument)
    return run.bounded(made)


def _parsed(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    """``fromYaml``: what a named template printed, as data."""
    made: Value = NOTHING
    for operand in operands:
        value = run.value(operand)
        run.take_whole(value)
        made |= {element for element in value if isinstance(element, Made)}
    return made


def _tpl(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    """Renders a text: one that is written in the template, a file's, or one of those in the values."""
    if not operands:
        return NOTHING
    value = run.value(operands[0])
    run.take_whole(value)
    value = frozenset(element for element in value if not isinstance(element, Made))
    context = run.tolerantly(operands[1]) if len(operands) > 1 else NOTHING
    from_values = not value
    for element in value:
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


def _index(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    if not operands:
        return NOTHING
    value = run.value(operands[0])
    return _step_by_step(run, value, operands[1:], node, quiet=False)


def _step_by_step(run: Interpreter, value: Value, keys: list[Operand], node: Node, *, quiet: bool) -> Value:
    """The part of a value that keys lead to; only the last step is noted as a read."""
    names: tuple[str, ...] = ()
    for key in keys:
        if isinstance(key, Number) and isinstance(key.value, int):
            value, names = _item(run, run.access(value, names, node, quiet=quiet), key.value), ()
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


def _has_key(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    _get(run, operands, node)
    return NOTHING


def _get(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    """``get``, ``hasKey``: a key that need not be there."""
    if not operands:
        return NOTHING
    return _step_by_step(run, run.tolerantly(operands[0]), operands[1:2], node, quiet=True)


def _dig(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    """``dig key… default dict``"""
    if len(operands) < 3:
        return _any(run, operands, node)
    *keys, default, holder = operands
    found = _step_by_step(run, run.tolerantly(holder), keys, node, quiet=True)
    return run.bounded(found | run.tolerantly(default))


def _pluck(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    """``pluck key dict…``"""
    found: Value = NOTHING
    for holder in operands[1:]:
        found |= _step_by_step(run, run.tolerantly(holder), operands[:1], node, quiet=True)
    return list_of(run.bounded(found))


def _pick(run: Interpreter, operands: list[Operand], node: Node) -> Value:
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


def _first(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    """``deepCopy``, ``omit``: the first operand, at most with parts left out."""
    value = run.tolerantly(operands[0]) if operands else NOTHING
    for operand in operands[1:]:
        run.take_whole(run.value(operand))
    return value


def _keys(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    found: Value = NOTHING
    for operand in operands:
        found |= run.parts(run.value(operand))[0]
    return list_of(run.bounded(found))


def _values(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    found: Value = NOTHING
    for operand in operands:
        found |= run.parts(run.value(operand))[1]
    return list_of(run.bounded(found))


def _dict(run: Interpreter, operands: list[Operand], node: Node) -> Value:
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


def _list(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    return frozenset((Sequence(tuple(run.tolerantly(operand) for operand in operands), NOTHING),))


def _of_lists(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    """Functions that put lists and items together, or give back parts of a list."""
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


def _append(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    if len(operands) == 2:
        value = run.tolerantly(operands[0])
        if len(value) == 1:
            (element,) = value
            if isinstance(element, Sequence) and not element.others and len(element.items) < MAX_ELEMENTS:
                return frozenset((Sequence((*element.items, run.tolerantly(operands[1])), NOTHING),))
    return _of_lists(run, operands, node)


def _first_item(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    return _item(run, run.tolerantly(operands[0]), 0) if operands else NOTHING


def _last_item(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    return _item(run, run.tolerantly(operands[0]), -1) if operands else NOTHING


def _rest(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    """``rest``: the list without its first item."""
    found: set[Element] = set()
    for element in run.tolerantly(operands[0]) if operands else NOTHING:
        if isinstance(element, Sequence):
            found.add(Sequence(element.items[1:], element.others))
        elif type(element) is tuple:
            run.whole.add(element)
            found.add(Sequence((), frozenset((Item((*element, ANYTHING)),))))
    return frozenset(found)


def _item(run: Interpreter, value: Value, index: int) -> Value:
    """The item of a list."""
    if len(value) == 1:
        (element,) = value
        if isinstance(element, Sequence) and not element.others:
            return element.items[index] if -len(element.items) <= index < len(element.items) else NOTHING
    return run.some_part(value)


def _merge(run: Interpreter, operands: list[Operand], node: Node) -> Value:
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


def _set_key(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    """``set dict key value``"""
    if len(operands) < 3:
        return _any(run, operands, node)
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


def _changed_in_place(run: Interpreter, target: Operand, value: Value, new: Value, result: Value) -> None:
    """A dict was changed: what a variable or the dot holds is known from now on, but who else holds it is not."""
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


def _unset(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    _get(run, operands, node)
    return run.tolerantly(operands[0]) if operands else NOTHING


def _print(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    return _joined(run, [run.texts(operand) for operand in operands], "".join)


def _printf(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    parts = [run.texts(operand) for operand in operands]
    return _joined(run, parts, _formatted)


def _joined(run: Interpreter, parts: list[list[str]], join: Callable[[list[str]], str]) -> Value:
    """Every text that the parts make; one that isn't known where these are many."""
    count = 1
    for part in parts:
        count *= len(part)
    if count > MAX_TEXTS:
        return frozenset((ANYTHING,))
    return frozenset(join(list(choice)) for choice in product(*parts))


def _same_text(run: Interpreter, operands: list[Operand], node: Node) -> Value:
    """``toString``, ``trim``: a text stays what it is."""
    value = run.value(operands[0]) if operands else NOTHING
    run.take_whole(value)
    return frozenset(element for element in value if isinstance(element, str | FileText))


def _is_place(operand: Operand) -> bool:
    """Whether an operand names something that is there before and after, not something made on the spot."""
    return isinstance(operand, Field | Variable | Dot | Chain | frozenset)


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


Function: TypeAlias = "Callable[[Interpreter, list[Operand], Node], Value]"
FUNCTIONS: dict[str, Function] = {
    **dict.fromkeys(("eq", "ne"), _compare),
    **dict.fromkeys(("lt", "le", "gt", "ge", "not", "empty"), _test),
    **dict.fromkeys(("kindIs", "kindOf", "typeIs", "typeOf", "typeIsLike"), _test),
    **dict.fromkeys(("default", "coalesce"), _any),
    **dict.fromkeys(("and", "or"), _junction),
    **dict.fromkeys(("deepCopy", "mustDeepCopy", "omit"), _first),
    **dict.fromkeys(("merge", "mustMerge", "mergeOverwrite", "mustMergeOverwrite"), _merge),
    **dict.fromkeys(("list", "tuple"), _list),
    **dict.fromkeys(("first", "mustFirst"), _first_item),
    **dict.fromkeys(("last", "mustLast"), _last_item),
    **dict.fromkeys(("rest", "mustRest"), _rest),
    **dict.fromkeys(("append", "mustAppend", "push", "mustPush"), _append),
    **dict.fromkeys(
        (
            *("initial", "mustInitial", "reverse", "mustReverse", "uniq", "mustUniq", "compact", "mustCompact"),
            *("without", "mustWithout", "slice", "mustSlice", "prepend", "mustPrepend", "concat", "mustConcat"),
            "sortAlpha",
        ),
        _of_lists,
    ),
    **dict.fromkeys(("print", "println"), _print),
    **dict.fromkeys(("fromYaml", "fromYamlArray", "fromJson", "fromJsonArray", "mustFromJson"), _parsed),
    **dict.fromkeys(("toString", "trim"), _same_text),
    "dict": _dict,
    "dig": _dig,
    "fail": _fail,
    "get": _get,
    "has": _has,
    "mustHas": _has,
    "hasKey": _has_key,
    "include": _include,
    "index": _index,
    "keys": _keys,
    "pick": _pick,
    "pluck": _pluck,
    "printf": _printf,
    "required": _required,
    "set": _set_key,
    "ternary": _ternary,
    "tpl": _tpl,
    "unset": _unset,
    "values": _values,
}
"""The functions that pass values on; every other one uses up what it is given."""
TOLERANT = FUNCTIONS.keys() - {"index", "keys", "print", "println", "printf", "toString", "tpl", "trim", "values"}
"""Those that take nil without harm, or whose callee is judged by itself."""
