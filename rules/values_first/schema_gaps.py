"""Differences between values.schema.json and values.yaml that helm accepts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from helm_constitution.api import (
    MUST,
    SHOULD,
    TEMPLATES,
    Applicability,
    Fix,
    Json,
    NotApplicable,
    Path,
    Place,
    Span,
    Subject,
    Tally,
    TextPlace,
    Unchecked,
    View,
    Violation,
    dotted,
    require,
    rule,
    schema_edits,
)

SCHEMA = "values.schema.json"
_DEEPEST = 40
"""How far references and properties are followed: schemas may reference themselves."""
_COMBINED = ("allOf", "anyOf", "oneOf")
_BRANCHES = ("if", "then", "else")


def _schema_of(subject: Subject) -> Mapping[str, Any]:
    schema = subject.chart.schema
    if schema is None:
        raise NotApplicable(f"the chart has no {SCHEMA}")
    if not isinstance(schema, dict):
        raise Unchecked(f"{SCHEMA} is not a map")
    return schema


def _parts(node: Any, root: Mapping[str, Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """A schema and all schemas combined with it: references inside the file, allOf, anyOf, oneOf, if, then, else."""
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
    """The target of a reference inside the file; an open schema (which allows everything) for any other."""
    if not reference.startswith("#"):
        return {"additionalProperties": {}, "x-open": True}
    node: Any = root
    for part in reference.removeprefix("#").split("/")[1:]:
        step = part.replace("~1", "/").replace("~0", "~")
        node = node.get(step) if isinstance(node, dict) else None
    return node


def _knows(parts: list[Mapping[str, Any]], key: str) -> list[Any] | None:
    """The schemas of a key; None if no part defines it. An open part allows every key."""
    found: list[Any] = []
    known = False
    for part in parts:
        properties = _properties(part)
        if key in properties:
            known = True
            found.append(properties[key])
        others = part.get("additionalProperties")
        if part.get("patternProperties") or part.get("propertyNames") or isinstance(others, dict) or "x-open" in part:
            known = True
    return found if known else None


def _properties(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties of a schema; generators write an empty map of them for a map with any keys."""
    properties = part.get("properties")
    return properties if isinstance(properties, dict) else {}


def _has_type(parts: list[Mapping[str, Any]]) -> bool:
    """Whether a schema restricts a value at all."""
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
def schema_gap(subject: Subject) -> Iterator[Violation | Tally]:
    """Value is missing from the schema or has no type there.

    Why: Helm accepts anything for the value, misspelt or of another type, while users trust that the schema checks it.
    Bad:
        # values.schema.json has "image" alone
        image: {}
        replicaCount: 3
    Good:
        # values.schema.json: "replicaCount": {"type": "integer"}
        replicaCount: 3
    Fix: Add the key to the schema with its type. Keys below a map that the schema leaves open, keys of dependencies and
        `global` are not checked.
        `fix` adds the missing keys with the type of their default.
    Source: Helm documentation, Charts, Schema Files; helm-schema, helm-values-schema-json
    """
    root = _schema_of(subject)
    chart = subject.chart
    if chart.values is None:
        raise NotApplicable("the chart has no values.yaml")
    free = {"global"} | {dependency.key for dependency in chart.dependencies} | set(chart.subcharts)
    counted: list[bool] = []
    for view, message in _gaps(chart.values.document.view, [*_parts(root, root)], root, free, counted):
        key = chart.values.by_path.get(view.path)
        words = key.comment.text if key is not None and key.comment is not None else ""
        path = tuple(str(step) for step in view.path)
        edits = schema_edits(chart.schema_document, path, view.data, " ".join(words.split()))
        fix = Fix(f"add {dotted(view.path)} to the schema", edits, Applicability.SAFE) if edits else None
        yield Violation(message, view, fix=fix)
    yield Tally(sum(counted), len(counted), "values typed by the schema")


def _gaps(
    view: View,
    parts: list[Mapping[str, Any]],
    root: Mapping[str, Any],
    free: set[str],
    counted: list[bool],
) -> Iterator[tuple[View, str]]:
    if len(view.path) > _DEEPEST or not any(_properties(part) for part in parts):
        return  # a map that is open as a whole
    for key, below in view.entries():
        if not view.path and key in free:
            continue
        schemas = _knows(parts, key)
        name = dotted(below.path)
        counted.append(False)
        if schemas is None:
            yield below, f"value {name} is missing from {SCHEMA}; add it with its type"
            continue
        inner = [part for schema in schemas for part in _parts(schema, root)]
        if schemas and not _has_type(inner) and True not in schemas:
            yield below, f"value {name} has no type in {SCHEMA}; add its type"
            continue
        counted[-1] = True
        if below.is_map and inner:
            yield from _gaps(below, inner, root, free, counted)


@rule(
    "values/schema-stale",
    default=MUST,
    needs={TEMPLATES},
    enforces=(
        require(r"\bschema\b[^.]*\b(?:in step|in sync|up[- ]to[- ]date|matches|agrees?)\b[^.]*\bvalues?\b"),
        require(r"\bvalues?(?:\.yaml)?\b[^.]*\bschema\b[^.]*\b(?:in step|in sync|synchron\w+|up[- ]to[- ]date)\b"),
    ),
)
def schema_stale(subject: Subject) -> Iterator[Violation]:
    """Schema defines a key that the chart does not use.

    Why: Editors suggest it, users set it, helm accepts it, and nothing happens.
    Bad:
        # values.schema.json, while the chart reads image.tag
        "properties": {"imageTag": {"type": "string"}}
    Good:
        "properties": {"image": {"properties": {"tag": {"type": "string"}}}}
    Fix: Remove it from the schema, or add the missing value to values.yaml. Deprecated keys that a template still
        reads, keys of dependencies and `global` are not checked. A key of a definition that several values share is
        reported once, if none of them declares it.
    Source: Helm documentation, Charts, Schema Files; helm-schema --check
    """
    root = _schema_of(subject)
    chart = subject.chart
    values: dict[str, Json] = dict(chart.values.data) if chart.values is not None else {}
    free = {"global"} | {dependency.key for dependency in chart.dependencies} | set(chart.subcharts)
    search = _Search(root, subject, free)
    search.walk((), [*_parts(root, root)], values)
    for paths in search.unknown():
        others = len(paths) - 1
        more = f" (as for the {others} other value{'s' if others > 1 else ''} of its definition)" if others else ""
        message = (
            f"schema defines {dotted(paths[0])}, which is neither in values.yaml nor read by a template{more}; "
            "remove it or add the value"
        )
        yield Violation(message, _place(subject, root, paths[0]))


class _Search:
    """Looks for the properties of a schema that are neither in values.yaml nor read by a template.

    A definition may be the schema of several values: its property is known if one of them has it.
    """

    def __init__(self, root: Mapping[str, Any], subject: Subject, free: set[str]) -> None:
        self.root = root
        self.subject = subject
        self.free = free
        self._paths: dict[tuple[int, str], list[Path]] = {}
        self._known: set[tuple[int, str]] = set()

    def unknown(self) -> Iterator[list[Path]]:
        """The paths of each unknown property."""
        told: set[Path] = set()
        for property_, paths in self._paths.items():
            if property_ not in self._known and not told.issuperset(paths):
                told.update(paths)
                yield paths

    def walk(self, path: Path, parts: list[Mapping[str, Any]], values: Json) -> None:
        if len(path) > _DEEPEST or (values is not None and not isinstance(values, dict)):
            return
        holders: dict[str, list[tuple[int, str]]] = {}
        for part in parts:
            for key, schema in _properties(part).items():
                if schema is not False:
                    holders.setdefault(key, []).append((id(part), key))
        for key, properties in holders.items():
            if not path and key in self.free:
                continue
            below = (*path, key)
            if values is not None and key in values:
                self._known.update(properties)
                schemas = _knows(parts, key) or []
                inner = [part for schema in schemas for part in _parts(schema, self.root)]
                if isinstance(values[key], dict) and values[key] and self._is_read(below):
                    self.walk(below, inner, values[key])
            elif self._is_read(below):
                self._known.update(properties)
            else:
                for property_ in properties:
                    self._paths.setdefault(property_, []).append(below)

    def _is_read(self, path: Path) -> bool:
        """Whether a template reads a value; if none reads a map, values/unused reports the whole map."""
        return self.subject.uses.is_read(tuple(str(step) for step in path))


def _place(subject: Subject, root: Mapping[str, Any], path: Path) -> TextPlace:
    """Where the schema's text has a key: its first line after those of its parents, or of its definition."""
    text = subject.chart.files.get(SCHEMA, "")
    place = _found(text, root, root, 0, path, 0)
    return _text_place(text, -1 if place is None else place, str(path[-1]))


def _text_place(text: str, place: int, key: str) -> TextPlace:
    if place < 0:
        return TextPlace(SCHEMA)
    line = text.count("\n", 0, place) + 1
    column = place - (text.rfind("\n", 0, place) + 1) + 1
    return TextPlace(SCHEMA, Span(line, column, line, column + len(key) + 2))


def _found(text: str, root: Mapping[str, Any], node: Any, start: int, path: Path, depth: int) -> int | None:
    """The offset of a path below a schema in the text; the schema's own text begins at ``start``."""
    if not path:
        return start
    if not isinstance(node, dict) or depth > _DEEPEST:
        return None
    properties = _properties(node)
    key = str(path[0])
    if key in properties:
        place = text.find(f'"{key}"', start)
        return _found(text, root, properties[key], place, path[1:], depth + 1) if place >= 0 else None
    reference = node.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/"):
        place = 0
        for step in reference.split("/")[1:]:
            place = max(text.find(f'"{step}"', place), 0)
        found = _found(text, root, _resolved(reference, root), place, path, depth + 1)
        if found is not None:
            return found
    parts = [part for key in _COMBINED for part in node.get(key) or () if isinstance(node.get(key), list)]
    for part in (*parts, *(node.get(key) for key in _BRANCHES)):
        found = _found(text, root, part, start, path, depth + 1)
        if found is not None:
            return found
    return None


@rule(
    "values/schema-not-embeddable",
    default=MUST,
    enforces=(
        require(
            r"\bschema\b[^.]*\b(?:allow|accept|permit)\w*\b[^.]*\b(?:global|parent|subchart|embed\w*|dependency)\b"
        ),
        require(r"\b(?:dependency|subchart|embedd\w+)\b[^.]*\bof (?:another|other) charts?\b"),
    ),
)
def schema_not_embeddable(subject: Subject) -> Iterator[Violation]:
    """Schema rejects values that a parent chart passes.

    Why: Helm passes `global` to every dependency, and a parent's condition (`<name>.enabled`) is among its values: the
        chart can't be used as a dependency, whatever values users set.
    Bad:
        {"additionalProperties": false, "properties": {"image": {}}}
    Good:
        {"additionalProperties": false, "properties": {"image": {}, "global": {"type": "object"},
         "enabled": {"type": "boolean"}}}
    Fix: Add `global` and `enabled` to the schema's properties, or allow additional properties at the top level.
    Source: Helm documentation, Subcharts and Global Values; Dependencies (condition)
    """
    root = _schema_of(subject)
    strict = [part for part in _strict(root, root) if part.get("additionalProperties") is False]
    strict += [] if strict or root.get("unevaluatedProperties") is not False else [root]
    if not strict:
        return
    whole = [*_parts(root, root)]
    for part in strict:
        # additionalProperties only considers its own map's properties, unevaluatedProperties all of them
        known = [part] if part.get("additionalProperties") is False else whole
        rejected = [key for key in ("global", "enabled") if _knows(known, key) is None]
        if rejected:
            names = " and ".join(f"`{key}`" for key in rejected)
            message = f"schema rejects {names}, which parent charts pass to a dependency; add {names} to its properties"
            yield Violation(message, _strictness(subject, part is root))
            return


def _strictness(subject: Subject, at_root: bool) -> Place:
    """Where the schema's root forbids additional properties; only the file if another part does."""
    document = subject.chart.schema_document
    if document is not None and at_root:
        for key in ("additionalProperties", "unevaluatedProperties"):
            if document.view.get(key).exists:
                return document.view.get(key)
    return TextPlace(SCHEMA)


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
