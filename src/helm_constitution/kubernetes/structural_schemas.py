"""What makes a schema of a CustomResourceDefinition no structural one, by the rules of ``apiextensions-apiserver``.

Source: Kubernetes documentation, "Specifying a structural schema"; ``pkg/apiserver/schema/validation.go`` and
``pkg/apis/apiextensions/validation/validation.go`` of k8s.io/apiextensions-apiserver.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from helm_constitution.kubernetes.schema_faults import SchemaFault
from helm_constitution.text.yaml_document import Path

_Schema = Mapping[str, Any]

_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_SCALARS = ("boolean", "integer", "number", "string")
_HARMLESS = frozenset(
    {
        "default",
        "description",
        "enum",
        "format",
        "maxLength",
        "maximum",
        "minLength",
        "minimum",
        "nullable",
        "pattern",
        "title",
        "type",
        "x-kubernetes-validations",
    }
)
"""Keys that no rule here looks at. A scalar with only these is most of each schema, and needs no closer look."""
_NOT_SUPPORTED = ("$ref", "additionalItems", "definitions", "dependencies", "id", "patternProperties")
_JUNCTORS = ("allOf", "anyOf", "oneOf")
_INT_OR_STRING = ({"type": "integer"}, {"type": "string"})
_NOT_NESTED = (
    "additionalProperties",
    "default",
    "description",
    "nullable",
    "title",
    "type",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
)
"""What allOf, anyOf, oneOf and not may not hold: there only values are constrained."""
_DEEPEST = 100


def structural_faults(schema: _Schema, path: Path) -> Iterator[SchemaFault]:
    """Every fault of the schema at a path."""
    yield from _faults(schema, path, "root")


def _faults(schema: _Schema, path: Path, level: str) -> Iterator[SchemaFault]:
    if len(path) > _DEEPEST or (schema.get("type") in _SCALARS and _HARMLESS.issuperset(schema) and level != "root"):
        return
    yield from _key_faults(schema, path)
    yield from _type_faults(schema, path, level)
    yield from _metadata_faults(schema, path, level)
    yield from _list_faults(schema, path)
    yield from _map_faults(schema, path, level)
    # What a junctor names must be a property outside too; of those below the root the API server does not ask it.
    yield from _junctor_faults(schema, schema if level == "root" else None, path)
    for name, part in _parts(schema, "properties"):
        yield from _faults(part, (*path, "properties", name), "field")
    for key, below in (("items", "item"), ("additionalProperties", "field")):
        if isinstance(schema.get(key), dict):
            yield from _faults(schema[key], (*path, key), below)


def _fault(path: Path, problem: str, fix: str) -> SchemaFault:
    return SchemaFault(path, f"the schema of the definition is not valid: {problem}", fix)


def _key_faults(schema: _Schema, path: Path) -> Iterator[SchemaFault]:
    for key in _NOT_SUPPORTED:
        if schema.get(key):
            yield _fault((*path, key), f"{key} is not supported", "write the schema out")
    if schema.get("uniqueItems") is True:
        yield _fault((*path, "uniqueItems"), "uniqueItems can't be true", "use x-kubernetes-list-type: set")
    if schema.get("x-kubernetes-preserve-unknown-fields") is False:
        key = "x-kubernetes-preserve-unknown-fields"
        yield _fault((*path, key), f"{key} must be true or left out", "remove it")


def _type_faults(schema: _Schema, path: Path, level: str) -> Iterator[SchemaFault]:
    kind = schema.get("type")
    is_free = bool(schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields"))
    if kind is None or kind == "":
        if not is_free or schema.get("x-kubernetes-embedded-resource"):
            yield _fault(path, "type is missing", f"set type{': object' if level == 'root' else ''}")
    elif kind == "null":
        yield _fault((*path, "type"), "type can't be null", "use nullable: true")
    elif kind not in _TYPES:
        yield _fault((*path, "type"), f"type must be one of {', '.join(_TYPES)}", "use one of these")
    elif level == "root" and kind != "object":
        yield _fault((*path, "type"), "type must be object at the root", "set type: object")
    elif schema.get("x-kubernetes-embedded-resource") and kind != "object":
        yield _fault((*path, "type"), "an embedded resource must be an object", "set type: object")
    for key in ("x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"):
        if schema.get("x-kubernetes-int-or-string") and schema.get(key):
            yield _fault((*path, key), f"{key} excludes x-kubernetes-int-or-string", "keep one of them")


def _metadata_faults(schema: _Schema, path: Path, level: str) -> Iterator[SchemaFault]:
    is_embedded = bool(schema.get("x-kubernetes-embedded-resource"))
    if level != "root" and not is_embedded:
        return
    parts = dict(_parts(schema, "properties"))
    for name, kind in (("apiVersion", "string"), ("kind", "string"), ("metadata", "object")):
        if name in parts and parts[name].get("type") != kind:
            yield _fault((*path, "properties", name), f"the type of {name} must be {kind}", f"set type: {kind}")
    if level == "root" and parts.get("metadata", {}).get("properties", {}).keys() - {"name", "generateName"}:
        where = (*path, "properties", "metadata", "properties")
        yield _fault(where, "metadata may only restrict name and generateName", "remove the others")
    if is_embedded and not parts and not schema.get("x-kubernetes-preserve-unknown-fields"):
        yield _fault(path, "an embedded resource has no properties", "set x-kubernetes-preserve-unknown-fields: true")


def _list_faults(schema: _Schema, path: Path) -> Iterator[SchemaFault]:
    kind, items = schema.get("x-kubernetes-list-type"), schema.get("items")
    if isinstance(items, list):
        yield _fault((*path, "items"), "items must be one schema, not a list", "keep one")
    if schema.get("type") == "array" and "items" not in schema:
        yield _fault(path, "items is missing", "set items")
    if kind is not None and kind not in ("atomic", "map", "set"):
        yield _fault((*path, "x-kubernetes-list-type"), "x-kubernetes-list-type must be atomic, map or set", "use one")
    if kind is not None and schema.get("type") != "array":
        yield _fault(path, "x-kubernetes-list-type needs type: array", "set type: array")
    keys = schema.get("x-kubernetes-list-map-keys")
    keys = keys if isinstance(keys, list) else []
    if keys and kind != "map":
        yield _fault(path, "x-kubernetes-list-map-keys needs x-kubernetes-list-type: map", "set it")
    if kind == "map":
        yield from _key_list_faults(items if isinstance(items, dict) else {}, keys, path)
    elif kind == "set" and isinstance(items, dict):
        is_granular = items.get("type") == "object" and items.get("x-kubernetes-map-type") != "atomic"
        is_list = items.get("type") == "array" and items.get("x-kubernetes-list-type", "atomic") != "atomic"
        if is_granular or is_list:
            key = "x-kubernetes-map-type" if is_granular else "x-kubernetes-list-type"
            yield _fault((*path, "items"), f"items of a set must be atomic: {key}", f"set {key}: atomic")
    if kind in ("map", "set") and isinstance(items, dict) and items.get("nullable"):
        yield _fault((*path, "items", "nullable"), f"items of a {kind} can't be nullable", "remove nullable")


def _key_list_faults(items: _Schema, keys: list[Any], path: Path) -> Iterator[SchemaFault]:
    """A list of objects that a key tells apart."""
    if not keys:
        yield _fault(path, "x-kubernetes-list-map-keys is missing", "name the keys of the items")
    if items.get("type") != "object":
        yield _fault((*path, "items"), "items of a list with keys must be objects", "set type: object")
        return
    parts = dict(_parts(items, "properties"))
    required = items.get("required")
    for key in keys:
        if key not in parts:
            yield _fault((*path, "x-kubernetes-list-map-keys"), f"{key} is not a property of the items", "add it")
        elif parts[key].get("type") in ("array", "object"):
            yield _fault((*path, "items", "properties", key), f"{key} must be a scalar, as a key", "choose another key")
        elif key not in (required if isinstance(required, list) else ()) and "default" not in parts[key]:
            where = (*path, "items", "properties", key)
            yield _fault(where, f"{key} must be required or have a default, as a key", "add it to required")


def _map_faults(schema: _Schema, path: Path, level: str) -> Iterator[SchemaFault]:
    kind = schema.get("x-kubernetes-map-type")
    if kind is not None and kind not in ("atomic", "granular"):
        yield _fault((*path, "x-kubernetes-map-type"), "x-kubernetes-map-type must be atomic or granular", "use one")
    if kind is not None and schema.get("type") != "object":
        yield _fault(path, "x-kubernetes-map-type needs type: object", "set type: object")
    others = schema.get("additionalProperties")
    where = (*path, "additionalProperties")
    if others is not None and schema.get("properties") and others is not True:
        yield _fault(where, "additionalProperties and properties exclude each other", "keep one of them")
    elif others is not None and (level == "root" or schema.get("x-kubernetes-embedded-resource")):
        what = "at the root" if level == "root" else "in an embedded resource"
        yield _fault(where, f"additionalProperties is not allowed {what}", "list the properties")


def _junctor_faults(nested: _Schema, outer: _Schema | None, path: Path) -> Iterator[SchemaFault]:
    """What stands below allOf, anyOf, oneOf and not, each beside the part of the schema that it constrains."""
    for key in _JUNCTORS:
        several = nested.get(key)
        if not isinstance(several, list) or _is_int_or_string(key, several):
            continue
        for index, part in enumerate(several):
            is_pattern = key == "allOf" and index == 0 and isinstance(part, dict) and part.get("anyOf")
            if is_pattern and _is_int_or_string("anyOf", part["anyOf"]):
                continue
            if isinstance(part, dict):
                yield from _nested_faults(part, outer, (*path, key, index))
    if isinstance(nested.get("not"), dict):
        yield from _nested_faults(nested["not"], outer, (*path, "not"))


def _is_int_or_string(key: str, several: list[Any]) -> bool:
    return key == "anyOf" and len(several) == 2 and all(part in several for part in _INT_OR_STRING)


def _nested_faults(schema: _Schema, outer: _Schema | None, path: Path) -> Iterator[SchemaFault]:
    if len(path) > _DEEPEST:
        return
    for key in _NOT_NESTED:
        if schema.get(key):
            yield _fault((*path, key), f"{key} is not allowed below allOf, anyOf, oneOf and not", "move it out")
    yield from _junctor_faults(schema, outer, path)
    outside = dict(_parts(outer, "properties")) if outer is not None else None
    for name, part in _parts(schema, "properties"):
        where = (*path, "properties", name)
        if name == "metadata":
            yield _fault(where, "metadata is not allowed below allOf, anyOf, oneOf and not", "remove it")
        elif outside is not None and name not in outside:
            yield _fault(where, f"{name} must be a property outside of allOf, anyOf, oneOf and not too", "add it there")
        else:
            yield from _nested_faults(part, outside[name] if outside is not None else None, where)
    if isinstance(schema.get("items"), dict):
        below = outer.get("items") if outer is not None else None
        inner = below if isinstance(below, dict) else {}
        yield from _nested_faults(schema["items"], inner if outer is not None else None, (*path, "items"))


def _parts(schema: _Schema, key: str) -> Iterator[tuple[str, _Schema]]:
    found = schema.get(key)
    if isinstance(found, dict):
        yield from ((name, part) for name, part in found.items() if isinstance(part, dict))
