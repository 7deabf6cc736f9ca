"""Edits of values.schema.json: an entry for a missing value, with the text around it unchanged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from helm_constitution.core.fixes import Edit
from helm_constitution.text.yaml_document import YamlDocument
from helm_constitution.text.yaml_edits import node_at
from helm_constitution.text.yaml_scalars import Json

_JSON = json.JSONEncoder(ensure_ascii=False)
_DRAFT = "http://json-schema.org/draft-07/schema#"
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


def schema_of(value: Json, description: str = "", *, texts: bool = False) -> dict[str, Any]:
    """A schema that accepts a default and anything that templates print in the same way: its type; any type for null.

    A number may be given as text, and a text as a number: templates print both alike. An empty map or list doesn't show
    what belongs in it, so the schema doesn't restrict it.

    Args:
        value: the default.
        description: what it is for.
        texts: lists and empty maps may be given as texts (the templates pass values to ``tpl``).
    """
    entry: dict[str, Any] = {"description": description} if description else {}
    if value is None:
        return {**entry, "type": [*_TYPES.values(), "null"]}
    kinds = [_TYPES[type(value)]]
    if kinds[0] in ("integer", "number"):
        kinds = ["number" if kinds[0] == "number" else "integer", "string"]
    elif kinds[0] == "string":
        kinds.append("number")
    elif texts and (isinstance(value, list) or value == {}):
        kinds.append("string")
    entry["type"] = kinds[0] if len(kinds) == 1 else kinds
    if isinstance(value, dict) and value:
        entry["properties"] = {key: schema_of(inner, texts=texts) for key, inner in value.items()}
    return entry


def whole_schema(name: str, values: Mapping[str, Json], others: Iterable[Mapping[str, Json]], *, texts: bool) -> str:
    """The text of a values.schema.json that accepts these values.

    Args:
        name: the chart's.
        values: the defaults.
        others: what other values files set.
        texts: lists and empty maps may be given as texts.
    """
    schema: dict[str, Any] = {"$schema": _DRAFT, "title": f"Values of the chart {name}"}
    schema.update(schema_of(dict(values), texts=texts))
    for other in others:
        _widen(schema, dict(other), texts=texts)
    schema["type"] = "object"  # also where there are no values
    return _lined(schema) + "\n"


def _widen(schema: dict[str, Any], value: Json, *, texts: bool) -> None:
    """Makes a schema accept one more value."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    more = "object" if value and isinstance(value, dict) else schema_of(value, texts=texts)["type"]
    merged = list(dict.fromkeys([*kinds, *(more if isinstance(more, list) else [more])]))
    schema["type"] = merged[0] if len(merged) == 1 else merged
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        for key, inner in value.items():
            if key in properties:
                _widen(properties[key], inner, texts=texts)


def _lined(schema: Mapping[str, Any], depth: int = 0) -> str:
    """JSON with a line for each value; a schema without others in it stays on its line."""
    space = "  " * (depth + 1)
    lines = []
    for key, value in schema.items():
        is_open = isinstance(value, dict) and any(isinstance(inner, dict) for inner in value.values())
        text = _lined(value, depth + 1) if is_open else _JSON.encode(value)
        lines.append(f"{space}{_JSON.encode(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n" + "  " * depth + "}" if lines else "{}"


def schema_edits(
    document: YamlDocument | None, path: Sequence[str], value: Json, description: str = ""
) -> tuple[Edit, ...]:
    """The edits that give a value its entry below ``properties``; none if there is no schema, or no place for it.

    Args:
        document: the schema.
        path: the value's path.
        value: its default.
        description: what it is for.
    """
    if document is None:
        return ()
    at: tuple[str, ...] = ()
    entry = schema_of(value, description)
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
