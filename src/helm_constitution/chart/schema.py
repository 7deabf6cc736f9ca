"""The schemas of single values in values.schema.json, and placeholders made from them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from helm_constitution.core.deadline import OutOfTime, time_limit
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.text.yaml_scalars import Json, ValuesPath

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart


_UNSET = LazyPattern(r"change|replace|todo|placeholder|example|your|<.*>|xxx|unset|none|dummy", re.IGNORECASE)


_PLACEHOLDER = "placeholder"


_BY_NAME: tuple[tuple[str, Json], ...] = (
    (r"(?:url|uri|endpoint|address|issuer)s?\Z", "https://placeholder.example.com"),
    (r"(?:host|hostname|domain|fqdn)s?\Z", "placeholder.example.com"),
    (r"e?mail\Z", "placeholder@example.com"),
    (r"port\Z", 8080),
    (r"(?:size|storage|memory)\Z", "1Gi"),
    (r"(?:replicas?|replicacount|count|number|id)\Z", 1),
    (r"(?:cidr|subnet)s?\Z", "10.0.0.0/16"),
    (r"ip\Z", "10.0.0.10"),
    (r"(?:version|tag)\Z", "1.0.0"),
    (r"(?:key|secret|token|password)\Z", "placeholder-placeholder-placeholder"),
)


_DEEPEST = 8
_LONGEST = 10_000
"""Characters of a placeholder."""
_SECONDS = 0.5
"""Processor time to match one placeholder with one pattern."""


def schema_of(chart: Chart, path: ValuesPath) -> Mapping[str, object] | None:
    """The schema of a value in values.schema.json (for a dependency's value, in its own); None if there is none."""
    dependency = chart.dependency_at(path[0])
    if dependency is not None:
        chart, path = dependency, path[1:]
    return _subschema(chart.schema, path, chart.schema)


def placeholder_of_schema(schema: Mapping[str, object], path: ValuesPath, root: object) -> Json:
    """A value that a schema, which is a part of ``root``, accepts."""
    return _of_schema(schema, path, root, 0)


def text_named(name: str) -> Json:
    """A placeholder for a value of this name if nothing else is known: a URL, a host, a size, a word."""
    return _by_name(name)


def _subschema(schema: object, path: ValuesPath, root: object) -> Mapping[str, object] | None:
    schema = resolved(schema, root)
    if not isinstance(schema, dict):
        return None
    if not path:
        return schema
    for part in (schema, *_all_of(schema, root)):
        properties = part.get("properties")
        if isinstance(properties, dict) and path[0] in properties:
            return _subschema(properties[path[0]], path[1:], root)
    return None


def _all_of(schema: Mapping[str, object], root: object) -> Iterator[Mapping[str, object]]:
    for keyword in ("allOf", "anyOf", "oneOf"):
        parts = schema.get(keyword)
        for part in parts if isinstance(parts, list) else ():
            inner = resolved(part, root)
            if isinstance(inner, dict):
                yield inner


def resolved(schema: object, root: object) -> object:
    """The schema that a local reference points to."""
    for _ in range(_DEEPEST):
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return schema
        schema = root
        for step in reference[2:].split("/"):
            name = step.replace("~1", "/").replace("~0", "~")
            schema = schema.get(name) if isinstance(schema, dict) else None
    return None


def _of_schema(schema: Mapping[str, object], path: ValuesPath, root: object, depth: int) -> Json:
    """A value that the schema accepts, as far as its plain keywords show."""
    for keyword in ("const", "default"):
        if schema.get(keyword):
            return schema[keyword]  # type: ignore[return-value]
    for keyword in ("examples", "enum"):
        options = schema.get(keyword)
        if isinstance(options, list) and (chosen := next((one for one in options if one), None)) is not None:
            return chosen  # type: ignore[no-any-return]
    kinds = schema.get("type")
    kind = next((one for one in kinds if one != "null"), None) if isinstance(kinds, list) else kinds
    if kind is None:
        part = next(_all_of(schema, root), None)
        kind = "object" if "properties" in schema else None
        if kind is None and part is not None and depth < _DEEPEST:
            return _of_schema(part, path, root, depth + 1)
    if kind == "object":
        return _object_of_schema(schema, path, root, depth)
    if kind == "array":
        items = resolved(schema.get("items"), root)
        if depth < _DEEPEST and isinstance(items, dict):
            return [_of_schema(items, path, root, depth + 1)]
        return [_PLACEHOLDER]
    if kind in ("integer", "number"):
        least = schema.get("minimum", schema.get("exclusiveMinimum"))
        named = _by_name(path[-1] if path else "")
        value = named if isinstance(named, int) else 1
        if isinstance(least, int | float) and value <= least:
            value = int(least) + 1
        most = schema.get("maximum")
        return min(value, int(most)) if isinstance(most, int | float) else value
    if kind == "boolean":
        return True
    return _text_of_schema(schema, path[-1] if path else "")


def _object_of_schema(schema: Mapping[str, object], path: ValuesPath, root: object, depth: int) -> Json:
    required = schema.get("required")
    names = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    made: dict[str, Json] = {}
    for name in names if depth < _DEEPEST else ():
        part = _subschema(schema, (name,), root)
        made[name] = _of_schema(part or {}, (*path, name), root, depth + 1)
    return made or {_PLACEHOLDER: _PLACEHOLDER}


def _text_of_schema(schema: Mapping[str, object], name: str) -> str:
    named = _by_name(name)
    texts = [str(value) for _, value in _BY_NAME]
    choices = [str(named), _PLACEHOLDER, *texts, "1", "a", "A", "placeholder/placeholder", "placeholder:1.0.0"]
    pattern, least, most = schema.get("pattern"), schema.get("minLength"), schema.get("maxLength")
    if isinstance(least, int) and least > _LONGEST:
        least = _LONGEST  # helm refuses it then, as it would refuse no placeholder at all
    for choice in choices:
        text = choice * (least // len(choice) + 1) if isinstance(least, int) and len(choice) < least else choice
        text = text[:most] if isinstance(most, int) else text
        if not isinstance(pattern, str) or _matches(pattern, text):
            return text
    return str(named)


def _matches(pattern: str, text: str) -> bool:
    """Whether a text matches a schema's pattern, as far as that can be found out: helm reads Go's expressions, which
    Python doesn't always, and always in time that grows with the text alone."""
    try:
        with time_limit(_SECONDS):
            return re.search(pattern, text) is not None
    except (re.error, RecursionError, OverflowError, OutOfTime):
        return True


def _by_name(name: str) -> Json:
    return next((value for pattern, value in _BY_NAME if re.search(pattern, name, re.IGNORECASE)), _PLACEHOLDER)
