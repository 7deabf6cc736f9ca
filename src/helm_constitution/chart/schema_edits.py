"""Edits of values.schema.json: an entry for a value that it lacks, with the text around it as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import yaml

from helm_constitution.core.model import Edit
from helm_constitution.text.yaml_document import YamlDocument
from helm_constitution.text.yaml_edits import node_at
from helm_constitution.text.yaml_scalars import Json

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


def entry_of(value: Json, description: str = "") -> dict[str, Any]:
    """A schema that accepts a default and what templates accept in its place: its type; null stays free.

    An empty map or list says nothing of what stands in it, so neither does the schema; a whole number may become any.
    """
    entry: dict[str, Any] = {"description": description} if description else {}
    if value is None:
        return entry
    kind = _TYPES[type(value)]
    entry["type"] = kind
    if isinstance(value, dict) and value:
        entry["properties"] = {key: entry_of(inner) for key, inner in value.items()}
    if isinstance(value, list) and value:
        kinds = {_TYPES.get(type(item)) for item in value}
        if len(kinds) == 1 and None not in kinds:
            entry["items"] = {"type": kinds.pop()}
    return entry


def entry_edits(
    document: YamlDocument | None, path: Sequence[str], value: Json, description: str = ""
) -> tuple[Edit, ...]:
    """The edits that give a value its entry below ``properties``; none where there is no schema, or no place for it.

    Args:
        document: the schema.
        path: the value's path.
        value: its default.
        description: what it is for.
    """
    if document is None:
        return ()
    at: tuple[str, ...] = ()
    entry = entry_of(value, description)
    for index, step in enumerate(path):
        below = node_at(document, (*at, "properties", step))
        if isinstance(below, yaml.MappingNode):
            at = (*at, "properties", step)
            continue
        for outer in reversed(path[index + 1 :]):
            entry = {"type": "object", "properties": {outer: entry}}
        if isinstance(node_at(document, (*at, "properties")), yaml.MappingNode):
            return _member(document, (*at, "properties"), step, entry)
        return _member(document, at, "properties", {step: entry})
    return ()


def _member(document: YamlDocument, at: tuple[str, ...], key: str, value: Any) -> tuple[Edit, ...]:
    """One more member of an object, behind its last."""
    node = node_at(document, at)
    if not isinstance(node, yaml.MappingNode) or not node.flow_style:
        return ()
    if not node.value:
        span = document.value_span(at)
        lines = document.text.split("\n")[node.start_mark.line]
        outer = len(lines) - len(lines.lstrip(" "))
        body = _indented({key: value}, outer)
        return (Edit(document.file, *span, body),) if span is not None else ()
    first, last = node.value[0][0].start_mark, node.value[-1][1].end_mark
    place = (last.line + 1, last.column + 1, last.line + 1, last.column + 1)
    if first.line == node.start_mark.line:
        return (Edit(document.file, *place, f", {json.dumps(key)}: {json.dumps(value)}"),)
    space = " " * first.column
    body = _indented(value, first.column, step=max(1, first.column - _outer(document, node)))
    return (Edit(document.file, *place, f",\n{space}{json.dumps(key)}: {body}"),)


def _outer(document: YamlDocument, node: yaml.MappingNode) -> int:
    line = document.text.split("\n")[node.start_mark.line]
    return len(line) - len(line.lstrip(" "))


def _indented(value: Any, depth: int, step: int = 2) -> str:
    text = json.dumps(value, indent=step, ensure_ascii=False)
    return text.replace("\n", "\n" + " " * depth)
