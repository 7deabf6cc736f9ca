"""Where values.schema.json and values.yaml don't fit together though helm accepts the values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from helm_constitution.api import MUST, SHOULD, Problem, Subject, Tally, TextPlace, Unjudged, require, rule
from helm_constitution.yamltree import Json, Path, Span, View, dotted

SCHEMA = "values.schema.json"
_DEEPEST = 40
"""How far references and properties are followed: schemas may refer to themselves."""
_COMBINED = ("allOf", "anyOf", "oneOf")
_BRANCHES = ("if", "then", "else")


def _schema_of(subject: Subject) -> Mapping[str, Any]:
    schema = subject.chart.schema
    if schema is None:
        raise Unjudged(f"the chart has no {SCHEMA}")
    if not isinstance(schema, dict):
        raise Unjudged(f"{SCHEMA} is no map")
    return schema


def _parts(node: Any, root: Mapping[str, Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """A schema and all that it is combined with: references inside the file, allOf, anyOf, oneOf, if, then, else."""
    if not isinstance(node, dict) or depth > _DEEPEST:
        return
    yield node
    reference = node.get("$ref")
    if isinstance(reference, str):
        yield from _parts(_resolved(reference, root), root, depth + 1)
    for key in _COMBINED:
        alternatives = node.get(key)
        for part in alternatives if isinstance(alternatives, list) else ():
            yield from _parts(part, root, depth + 1)
    for key in _BRANCHES:
        yield from _parts(node.get(key), root, depth + 1)


def _resolved(reference: str, root: Mapping[str, Any]) -> Any:
    """What a reference inside the file stands for; an open schema (which allows everything) for any other."""
    if not reference.startswith("#"):
        return {"additionalProperties": {}, "x-open": True}
    node: Any = root
    for part in reference.removeprefix("#").split("/")[1:]:
        step = part.replace("~1", "/").replace("~0", "~")
        node = node.get(step) if isinstance(node, dict) else None
    return node


def _knows(parts: list[Mapping[str, Any]], key: str) -> list[Any] | None:
    """The schemas of a key; None where nothing speaks of it. An open part knows every key."""
    found: list[Any] = []
    known = False
    for part in parts:
        properties = part.get("properties")
        if isinstance(properties, dict) and key in properties:
            known = True
            found.append(properties[key])
        others = part.get("additionalProperties")
        if part.get("patternProperties") or part.get("propertyNames") or isinstance(others, dict) or "x-open" in part:
            known = True
    return found if known else None


def _has_type(parts: list[Mapping[str, Any]]) -> bool:
    """Whether a schema says anything about what a value is."""
    telling = {"type", "enum", "const", "properties", "items", "pattern", "minimum", "maximum", "format", "x-open"}
    return any(telling & set(part) for part in parts)


@rule(
    "values/schema-gap",
    default=SHOULD,
    enforces=(
        require(
            r"\bschema\b[^.]*\b(?:every|each|all|cover\w*|complete)\b[^.]*\b(?:values?|keys?|types?|parameters?|options?)\b"
        ),
        require(r"\b(?:every|each|all)\b[^.]*\b(?:values?|keys?|parameters?)\b[^.]*\b(?:in|by) the schema\b"),
        require(r"\btypes? of (?:every|each|all) (?:values?|parameters?)\b"),
    ),
)
def schema_gap(subject: Subject) -> Iterator[Problem | Tally]:
    """The schema doesn't say what a value is.

    Why: helm takes anything there, be it misspelt or of another type, while the schema makes users trust that it is
        checked.
    Bad:
        # values.schema.json has "image" alone
        image: {}
        replicaCount: 3
    Good:
        # values.schema.json: "replicaCount": {"type": "integer"}
        replicaCount: 3
    Fix: add the key to the schema with its type. Keys below a map that the schema leaves open are free, and so are
        dependencies' and `global`.
    Source: Helm documentation, Charts, Schema Files; helm-schema, helm-values-schema-json
    """
    root = _schema_of(subject)
    chart = subject.chart
    if chart.values is None:
        raise Unjudged("the chart has no values.yaml")
    free = {"global"} | {dependency.key for dependency in chart.dependencies} | set(chart.subcharts)
    counted: list[bool] = []
    for view, message in _gaps(chart.values.document.view, [*_parts(root, root)], root, free, counted):
        yield Problem(message, view)
    yield Tally(sum(counted), len(counted), "values typed by the schema")


def _gaps(
    view: View,
    parts: list[Mapping[str, Any]],
    root: Mapping[str, Any],
    free: set[str],
    counted: list[bool],
) -> Iterator[tuple[View, str]]:
    if len(view.path) > _DEEPEST or not any(isinstance(part.get("properties"), dict) for part in parts):
        return  # a map that is open as a whole
    for key, below in view.entries():
        if not view.path and key in free:
            continue
        schemas = _knows(parts, key)
        name = dotted(below.path)
        counted.append(False)
        if schemas is None:
            yield below, f"{SCHEMA} doesn't know {name}; add it with its type"
            continue
        inner = [part for schema in schemas for part in _parts(schema, root)]
        if schemas and not _has_type(inner) and True not in schemas:
            yield below, f"{SCHEMA} names {name} without a type; add what it may be"
            continue
        counted[-1] = True
        if below.is_map and inner:
            yield from _gaps(below, inner, root, free, counted)


@rule(
    "values/schema-stale",
    default=MUST,
    enforces=(
        require(r"\bschema\b[^.]*\b(?:in step|in sync|up[- ]to[- ]date|matches|agrees?)\b[^.]*\bvalues?\b"),
        require(r"\bvalues?(?:\.yaml)?\b[^.]*\bschema\b[^.]*\b(?:in step|in sync|synchron\w+|up[- ]to[- ]date)\b"),
    ),
)
def schema_stale(subject: Subject) -> Iterator[Problem]:
    """The schema has a key that neither values.yaml nor the templates know.

    Why: editors offer it, users set it, helm accepts it, and nothing happens.
    Bad:
        # values.schema.json, while the chart reads image.tag
        "properties": {"imageTag": {"type": "string"}}
    Good:
        "properties": {"image": {"properties": {"tag": {"type": "string"}}}}
    Fix: take it out of the schema, or add the value that was meant to values.yaml. Deprecated keys that a template
        still reads, dependencies' keys and `global` are free.
    Source: Helm documentation, Charts, Schema Files; helm-schema --check
    """
    root = _schema_of(subject)
    chart = subject.chart
    values: dict[str, Json] = dict(chart.values.data) if chart.values is not None else {}
    free = {"global"} | {dependency.key for dependency in chart.dependencies} | set(chart.subcharts)
    for path in _unknown((), [*_parts(root, root)], root, values, subject, free):
        message = f"{dotted(path)} is neither in values.yaml nor read by a template; take it out or add the value"
        yield Problem(message, _place(subject, path))


def _unknown(
    path: Path,
    parts: list[Mapping[str, Any]],
    root: Mapping[str, Any],
    values: Json,
    subject: Subject,
    free: set[str],
) -> Iterator[Path]:
    keys = {
        key: None
        for part in parts
        if isinstance(properties := part.get("properties"), dict)
        for key, schema in properties.items()
        if schema is not False
    }
    if len(path) > _DEEPEST or (values is not None and not isinstance(values, dict)):
        return
    for key in keys:
        if not path and key in free:
            continue
        below = (*path, key)
        if values is not None and key in values:
            schemas = _knows(parts, key) or []
            inner = [part for schema in schemas for part in _parts(schema, root)]
            if isinstance(values[key], dict) and values[key]:
                yield from _unknown(below, inner, root, values[key], subject, free)
        elif not subject.uses.is_read(tuple(str(step) for step in below)):
            yield below


def _place(subject: Subject, path: Path) -> TextPlace:
    """Where the schema's text has a key: the first line with it behind those of its parents."""
    text = subject.chart.files.get(SCHEMA, "")
    place = 0
    for step in path:
        found = text.find(f'"{step}"', place)
        if found < 0:
            return TextPlace(SCHEMA)
        place = found
    line = text.count("\n", 0, place) + 1
    column = place - (text.rfind("\n", 0, place) + 1) + 1
    return TextPlace(SCHEMA, Span(line, column, line, column + len(str(path[-1])) + 2))


@rule(
    "values/schema-not-embeddable",
    default=MUST,
    enforces=(
        require(
            r"\bschema\b[^.]*\b(?:allow|accept|permit)\w*\b[^.]*\b(?:global|parent|subchart|embed\w*|dependency)\b"
        ),
        require(r"\b(?:dependency|subchart|embedd\w+)\b[^.]*\bof (?:another|other) charts?\b"),
        require(r"\binstallable\b[^.]*\bas a dependency\b"),
    ),
)
def schema_not_embeddable(subject: Subject) -> Iterator[Problem]:
    """The schema rejects what a parent chart passes on.

    Why: helm gives `global` to every dependency, and a parent's switch (`<name>.enabled`) stands among its values: the
        chart can't be used as a dependency, whatever its users write.
    Bad:
        {"additionalProperties": false, "properties": {"image": {}}}
    Good:
        {"additionalProperties": false, "properties": {"image": {}, "global": {"type": "object"},
         "enabled": {"type": "boolean"}}}
    Fix: add `global` and `enabled` to the schema's properties, or allow additional ones at the top.
    Source: Helm documentation, Subcharts and Global Values; Dependencies (condition)
    """
    root = _schema_of(subject)
    strict = [part for part in _strict(root, root) if part.get("additionalProperties") is False]
    strict += [] if strict or root.get("unevaluatedProperties") is not False else [root]
    if not strict:
        return
    whole = [*_parts(root, root)]
    for part in strict:
        # additionalProperties sees its own map's properties alone, unevaluatedProperties all of them
        known = [part] if part.get("additionalProperties") is False else whole
        rejected = [key for key in ("global", "enabled") if _knows(known, key) is None]
        if rejected:
            names = " and ".join(f"`{key}`" for key in rejected)
            message = f"rejects {names}, which parent charts pass to a dependency; add {names} to the properties"
            yield Problem(message, _place(subject, ("additionalProperties",)) if part is root else TextPlace(SCHEMA))
            return


def _strict(node: Any, root: Mapping[str, Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """The schemas that the values must satisfy as a whole, alternatives left out."""
    if not isinstance(node, dict) or depth > _DEEPEST:
        return
    yield node
    if isinstance(reference := node.get("$ref"), str):
        yield from _strict(_resolved(reference, root), root, depth + 1)
    combined = node.get("allOf")
    for part in combined if isinstance(combined, list) else ():
        yield from _strict(part, root, depth + 1)
