"""The faults of an object according to its schema: a walk over the whole object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.suggest import closest
from helm_constitution.kubernetes.schemas import JsonSchema, Schema
from helm_constitution.text.yaml_document import Path
from helm_constitution.text.yaml_scalars import Json

MAX_DEPTH = 100
"""The deepest level that is checked; Kubernetes' own objects have some 20 levels."""


class SchemaFault(NamedTuple):
    """A part of an object that its schema does not allow.

    ``path`` leads to it from the object's top; for a missing field, to the map that lacks it. ``problem`` is what is
    wrong, ``fix`` what to do. With ``is_of_key`` the key is wrong, whatever its value.
    """

    path: Path
    problem: str
    fix: str
    is_of_key: bool = False


def schema_faults(data: Json, schema: Schema) -> Iterator[SchemaFault]:
    """Every fault of an object, from the top down; nothing is checked below a fault."""
    root: JsonSchema = {"type": "object", **schema.root}
    if schema.is_custom:
        root = _with_identity(root)
    yield from _faults(data, root, schema, ())


def _with_identity(schema: JsonSchema) -> JsonSchema:
    """A schema of a custom resource or an embedded object, with what Kubernetes adds to each."""
    text = {"type": "string"}
    added = {"apiVersion": text, "kind": text, "metadata": {"$ref": "ObjectMeta"}}
    return {**schema, "properties": {**_properties(schema), **added}}


def _properties(schema: JsonSchema) -> Mapping[str, JsonSchema]:
    found: Mapping[str, JsonSchema] = schema.get("properties", {})
    return found


def _faults(data: Json, schema: JsonSchema, whole: Schema, path: Path) -> Iterator[SchemaFault]:
    schema = _resolved(schema, whole)
    if data is None or len(path) > MAX_DEPTH:
        return  # null means "not set"; the map above checks whether that is allowed
    if (fault := _wrong_type(data, schema, path)) is not None:
        yield fault
    elif isinstance(data, dict):
        yield from _map_faults(data, schema, whole, path)
    elif isinstance(data, list):
        items = schema.get("items", {})
        for index, item in enumerate(data):
            yield from _faults(item, items, whole, (*path, index))
        yield from _duplicates(data, schema, path)
    elif "enum" in schema and data not in schema["enum"]:
        yield _not_allowed(data, schema["enum"], path)


def _map_faults(data: dict[str, Json], schema: JsonSchema, whole: Schema, path: Path) -> Iterator[SchemaFault]:
    if "x-kubernetes-embedded-resource" in schema:
        schema = _with_identity(schema)
    properties = _properties(schema)
    others = schema.get("additionalProperties")
    is_open = "x-kubernetes-preserve-unknown-fields" in schema or schema.get("type") != "object"
    missing = [name for name in schema.get("required", ()) if isinstance(name, str) and data.get(name) is None]
    for key, value in data.items():
        if key in properties:
            yield from _faults(value, properties[key], whole, (*path, key))
        elif isinstance(others, dict):
            yield from _faults(value, others, whole, (*path, key))
        elif not is_open and not others:  # an unknown field without a value is unknown to the API server too
            meant = _meant(key, properties)
            missing = [name for name in missing if name != meant]  # one mistake is one fault
            fix = f"did you mean {meant}?" if meant else _other_place(key, properties, whole)
            yield SchemaFault((*path, key), f"{_name(path)} has the unknown field {key}", fix, is_of_key=True)
    for name in missing:
        if name in data:  # a template prints the key, but nothing behind it
            yield SchemaFault((*path, name), f"required field {name} is empty", f"set {name}")
        else:
            yield SchemaFault(path, f"{_name(path)} lacks the required field {name}", f"set {name}")


def _meant(key: str, properties: Mapping[str, JsonSchema]) -> str | None:
    """The known field whose name is closest to an unknown one."""
    same = [name for name in properties if name.lower() == key.lower()]
    return same[0] if same else closest(key, properties, 0.75)


def _other_place(key: str, properties: Mapping[str, JsonSchema], whole: Schema) -> str:
    below = [name for name, part in properties.items() if key in _properties(_resolved(part, whole))]
    return f"move it into {below[0]}" if len(below) == 1 else "remove it, or move it to the right level"


def _resolved(schema: JsonSchema, whole: Schema) -> JsonSchema:
    if "$ref" in schema:
        return whole.resolve(str(schema["$ref"]))
    return schema


_WORDS = {
    "string": ("a string", "quote it"),
    "integer": ("an integer", "render it as a number without quotes"),
    "number": ("a number", "render it without quotes"),
    "boolean": ("a boolean", "render true or false without quotes"),
    "object": ("a map", "render a map"),
    "array": ("a list", "render a list"),
    "quantity": ("a quantity (500m, 1Gi)", "render one string or number"),
    "int-or-string": ("an integer or a string", "render one number or one string"),
}


def _wrong_type(data: Json, schema: JsonSchema, path: Path) -> SchemaFault | None:
    wanted = "int-or-string" if "x-kubernetes-int-or-string" in schema else schema.get("type")
    if wanted not in _WORDS or _is_of(data, wanted):
        return None
    words, fix = _WORDS[wanted]
    return SchemaFault(path, f"{_name(path)} must be {words}, but is {_kind_of(data)}", fix)


def _is_of(data: Json, wanted: str) -> bool:
    if isinstance(data, bool):
        return wanted == "boolean"
    if isinstance(data, str):
        return wanted in ("string", "quantity", "int-or-string")
    if isinstance(data, int):
        return wanted in ("integer", "number", "quantity", "int-or-string")
    if isinstance(data, float):
        return wanted in ("number", "quantity") or (wanted in ("integer", "int-or-string") and data.is_integer())
    return wanted == ("object" if isinstance(data, dict) else "array")


def _kind_of(data: Json) -> str:
    if isinstance(data, bool):
        return f"the boolean {str(data).lower()}"
    if isinstance(data, int | float):
        return "a number"
    if isinstance(data, str):
        return "a string"
    return "a map" if isinstance(data, dict) else "a list"


def _not_allowed(data: Json, allowed: list[Any], path: Path) -> SchemaFault:
    words = [str(value) for value in allowed if isinstance(value, str | bool) or _is_short(value)]
    shown = ", ".join(word or '""' for word in words[:12]) + (", …" if len(words) > 12 else "")
    close = closest(data, words, 0.75) if isinstance(data, str) else None
    fix = f"did you mean {close}?" if close else "use one of these values"
    return SchemaFault(path, f"{_name(path)} must be one of {shown}", fix)


_TOLD_ELSEWHERE = frozenset({"env", "containers", "initContainers", "volumes", "volumeMounts"})
"""Lists whose names other rules check: templates/duplicate-env and helm/api-validation."""

_DEFAULTS = {"protocol": "TCP"}
"""Keys of keyed lists that may be omitted, and their defaults."""


def _duplicates(data: list[Json], schema: JsonSchema, path: Path) -> Iterator[SchemaFault]:
    """Items of a keyed list that have the same key."""
    keys = [key for key in schema.get("x-kubernetes-list-map-keys", ()) if isinstance(key, str)]
    if not keys or (path and path[-1] in _TOLD_ELSEWHERE):
        return
    seen: dict[tuple[str, ...], int] = {}
    for index, item in enumerate(data):
        if not isinstance(item, dict):
            continue
        values = [item.get(key, _DEFAULTS.get(key)) for key in keys]
        if not all(isinstance(value, str) or _is_short(value) for value in values):
            continue
        identity = tuple(str(value) for value in values)
        if identity in seen:
            named = " and ".join(f"{key} {value}" for key, value in zip(keys, identity, strict=True))
            problem = f"{_name(path)} has {named} twice, here and as item {seen[identity] + 1}"
            yield SchemaFault((*path, index), problem, "remove one of them")
        seen.setdefault(identity, index)


def _is_short(value: Json) -> bool:
    """Whether it is a 64-bit number; Python does not print a longer one of any length."""
    return isinstance(value, int) and value.bit_length() <= 64


def _name(path: Path) -> str:
    """A part by its last key, a list item with its index; the object itself has no name."""
    if not path:
        return "object"
    last = path[-1]
    return last if isinstance(last, str) else f"{_name(path[:-1])}[{last}]"
