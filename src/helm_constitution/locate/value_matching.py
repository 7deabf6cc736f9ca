"""Which part of a value became which part of a rendered object, found by comparing the two."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.templates.abstract import ANYTHING
from helm_constitution.text.yaml import load_documents
from helm_constitution.text.yaml_document import Path, View, YamlDocument
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from helm_constitution.render.results import RenderedObjects
    from helm_constitution.templates.uses import Printed


_ACTION = LazyPattern(r"\{\{[^}]*(?:\}(?!\})[^}]*)*\}\}")


_BLANK = "\ue000"
"""In a text of the values that is a template: a character of an action, whose output isn't known."""


_BLANKS = LazyPattern("\ue000+")


class Value(NamedTuple):
    """A value with its path; no view if no values file has it."""

    path: Path
    view: View | None


def alternatives(layers: Sequence[YamlDocument], printed: Iterable[Printed]) -> list[list[Value]]:
    """The values of each expression of a line; several if the expression takes one after the other."""
    patterns: dict[object, list[Path]] = {}
    for one in printed:
        patterns.setdefault(one.path if one.source is None else one.source, []).append(one.path)
    found = []
    for alternatives in patterns.values():
        values: dict[Path, Value] = {}
        for pattern in alternatives:
            for layer in layers:
                for value in _expand(layer.view, pattern):
                    known = values.get(value.path)
                    # If a file repeats a value of values.yaml, values.yaml is the place.
                    if known is None or known.view is None or _says_the_same(value, known):
                        values[value.path] = value
        if values:
            found.append(list(values.values()))
    return found


def _says_the_same(value: Value, other: Value) -> bool:
    return value.view is not None and other.view is not None and value.view.data == other.view.data


def _expand(view: View, pattern: Path) -> Iterator[Value]:
    """The values in one file that a path with unknown keys may mean."""
    for index, step in enumerate(pattern):
        if step == ANYTHING:
            for item in (*(part for _, part in view.entries()), *view.items()):
                yield from _expand(item, pattern[index + 1 :])
            return
        view = view.get(step)
    if view.path:
        yield Value(view.path, view if view.exists else None)


def value_by_name(field: View, values: Sequence[Value]) -> Value | None:
    """The value whose key, or whose item's name, is in the name of the field's container or object."""
    common = set(values[0].path).intersection(*(value.path for value in values[1:]))
    names: list[tuple[str, Value]] = []
    for value in values:
        for length, step in enumerate(value.path):
            if isinstance(step, str):
                names.extend([(step, value)] if step not in common else [])
            elif value.view is not None:
                name = value.view.document.view.get(*value.path[: length + 1], "name").string()
                names.extend([(name, value)] if name else [])
    for length in range(len(field.path), -1, -1):
        part = field.document.view.get(*field.path[:length])
        name = part.get("name").string() or part.get("metadata", "name").string()
        if name is None:
            continue
        fitting = [(own, value) for own, value in names if name == own or name.endswith(f"-{own}")]
        longest = max((len(own) for own, _ in fitting), default=0)
        chosen = {value.path: value for own, value in fitting if len(own) == longest}
        if len(chosen) == 1:
            return next(iter(chosen.values()))
    return None


def is_above(value: View, field: View) -> bool:
    """Whether a whole map became one that contains the field."""
    return value.is_map and any(
        _corresponds(value.data, field.document.view.get(*field.path[:length]).data, False)
        for length in range(len(field.path) + 1)
    )


def matching_part(value: View, field: View, *, in_text: bool) -> View | None:
    """The part of a printed value that became the field, by the longest matching end of the field's path."""
    for start in range(len(field.path) + 1):
        part = descend(value, field, start, in_text)
        if part is not None and _corresponds(part.data, field.data, in_text):
            return part
    return None


def part_of_object(value: View, field: View, objects: RenderedObjects, *, in_text: bool) -> View | None:
    """The part of a value that became the field, if the value is the field's whole object."""
    for manifest in objects.in_document(field.document):
        root = manifest.view.path
        if field.path[: len(root)] == root and value.is_map and _corresponds(value.data, manifest.view.data, in_text):
            return descend(value, field, len(root), in_text)
    return None


def descend(value: View, field: View, start: int, in_text: bool) -> View | None:
    """The part of a value that the field's path leads to, from one of its steps on."""
    for index in range(start, len(field.path)):
        step = field.path[index]
        if isinstance(step, int) and index == start:
            # The items of a list may stand behind others in what is rendered.
            item = field.document.view.get(*field.path[: index + 1]).data
            same = [part for part in value.items() if _corresponds(part.data, item, in_text)]
            if len(same) != 1:
                return None
            value = same[0]
        else:
            value = value.get(step)
            if not value.exists:
                return None
    return value


def _corresponds(value: Json, field: Json, in_text: bool) -> bool:
    """Whether a value matches the rendered one; the output of its actions is unknown.

    In a text that is a template, a map may have more entries once rendered, and missing ones are unknown.
    """
    if isinstance(value, dict):
        if not isinstance(field, dict) or (len(value) != len(field) and not in_text):
            return False
        return all(key in field and _corresponds(part, field[key], in_text) for key, part in value.items())
    if isinstance(value, list):
        if not isinstance(field, list) or len(value) != len(field):
            return False
        return all(_corresponds(part, other, in_text) for part, other in zip(value, field, strict=True))
    if value is None:
        return in_text or field is None
    if field is None or isinstance(field, dict | list):
        return False
    if isinstance(value, str) and ("{{" in value or _BLANK in value):
        parts = _BLANKS.split(_ACTION.sub(_BLANK, value))
        return re.fullmatch(".*".join(map(re.escape, parts)), _text(field), re.DOTALL) is not None
    return _text(value) == _text(field)


def _text(scalar: bool | int | float | str) -> str:
    """A scalar as a template prints it."""
    return str(scalar).lower() if isinstance(scalar, bool) else str(scalar)


def documents_in(value: View) -> Iterator[View]:
    """The YAML documents in a block scalar; actions are blanked out, lines with nothing else left out."""
    document = value.document
    span = document.value_span(value.path)
    lines = document.lines
    if span is None or "|" not in lines[span.line - 1]:
        return
    text = _ACTION.sub(lambda match: _blanked(match[0]), "\n".join(_block(lines[span.line :])))
    kept = [""] * span.line
    for line in text.split("\n"):
        bare = line.strip()
        # Lines stay in their columns; only the end of a document counts nowhere but at the margin.
        kept.append("---" if bare == "---" else "" if not bare.strip(_BLANK) else line)
    try:
        found = load_documents("\n".join(kept), document.file, base=document.base)
    except YamlSyntaxError:
        return
    yield from (part.view for part in found if isinstance(part.data, dict | list))


def _block(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a block scalar, given all lines after its head: up to the first with less indentation."""
    depth = 0
    for line in lines:
        if line.strip():
            indent = len(line) - len(line.lstrip(" "))
            depth = depth or indent
            if indent < depth:
                return
        yield line


def _blanked(action: str) -> str:
    return "".join(char if char == "\n" else _BLANK for char in action)
