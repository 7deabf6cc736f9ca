"""values.schema.json of two releases: values that the old one accepts and the new one rejects, found by trying.

If both schemas describe a value differently, both are tried with values of every type, including those that the
schemas themselves name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from helm_constitution.chart.schema_validator import BrokenSchema, SchemaValidator
from helm_constitution.compare.changes import Change, Step
from helm_constitution.compare.release import some
from helm_constitution.core.confidential import by_names, withheld, withheld_in
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.text.place import TextPlace
from helm_constitution.text.yaml_document import dotted, value_at
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.text.place import TextPlace

SCHEMA = "values.schema.json"
_DEPTH = 12
_PROBES: tuple[Json, ...] = (
    None, True, False, 0, 1, -1, 8080, 0.5, "", "a", "Some text", "8080", "true", "10m", "1Gi",
    [], ["a"], [1], [{"name": "a"}], {}, {"a": "b"}, {"a": 1}, {"a": {"b": "c"}},
)  # fmt: skip
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


class _Pair(NamedTuple):
    """The subschemas of one value."""

    path: tuple[str, ...]
    old: Any
    new: Any


def compare_schemas(old: Chart, new: Chart) -> Iterator[Change]:
    """Every value of which only the old schema accepts some form; for a new schema, the rejected old defaults."""
    if new.schema is None:
        return
    after = SchemaValidator(new.schema)
    if after.fault:
        return  # values/schema-mismatch reports it
    if old.schema is None:
        if old.values is not None:
            yield from _old_defaults(old, new, after)
        return
    before = SchemaValidator(old.schema)
    if before.fault:
        return
    for pair in _pairs((), old.schema, new.schema, before, after, _DEPTH):
        yield from _tightened(pair, before, after, old, new)


def _pairs(
    path: tuple[str, ...], old: Any, new: Any, before: SchemaValidator, after: SchemaValidator, left: int
) -> Iterator[_Pair]:
    """The values that both schemas describe, the deepest first, so that parents do not repeat their findings."""
    old, new = _resolved(before.schema, old), _resolved(after.schema, new)
    if not isinstance(old, dict) or not isinstance(new, dict) or left == 0:
        return
    if old == new and before.schema == after.schema:
        return
    theirs = new.get("properties") or {}
    for key, schema in (old.get("properties") or {}).items():
        if key in theirs:
            yield from _pairs((*path, key), schema, theirs[key], before, after, left - 1)
    if isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
        yield from _pairs((*path, "[]"), old["items"], new["items"], before, after, left - 1)
    yield _Pair(path, old, new)


def _resolved(root: Any, schema: Any) -> Any:
    """A part of a schema with its local references followed."""
    for _ in range(_DEPTH):
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(reference, str) or not reference.startswith("#"):
            return schema
        found: Any = root
        pointer = reference.removeprefix("#").strip("/").split("/")
        for step in (part.replace("~1", "/").replace("~0", "~") for part in pointer):
            found = found.get(step) if isinstance(found, dict) else None
        if found is None:
            return schema
        schema = found
    return schema


def _tightened(
    pair: _Pair, before: SchemaValidator, after: SchemaValidator, old: Chart, new: Chart
) -> Iterator[Change]:
    # The values below are compared by themselves: here only the value's own form counts.
    mine = {key: part for key, part in pair.old.items() if key not in ("properties", "items", "required")}
    theirs = {key: part for key, part in pair.new.items() if key not in ("properties", "items", "required")}
    place = _place(new, pair.path)
    name = _shown_path(pair.path)
    if mine != theirs:
        closed = _closes(pair)
        is_open = all(before.accepts(mine, value) is True for value in _PROBES)
        rejected = [
            value
            for value in _probes(pair.old, pair.new)
            if not (closed and isinstance(value, dict))
            and before.accepts(mine, value) is True
            and after.accepts(theirs, value) is False
            and (not is_open or _is_like_default(old, pair, value))
            # If the value has a default, helm removes a null before it validates.
            and (value is not None or not _has_default(new, pair.path))
        ]
        if closed:
            whose = name or "the chart"
            yield _change(pair, f"{whose} no longer accepts keys that the schema does not define", old, place)
        if rejected and name:
            yield _change(pair, f"{name} {_demand(theirs, rejected, is_open, pair.path)}", old, place)
    if pair.new.get("additionalProperties") is False:
        gone = [key for key in pair.old.get("properties") or {} if key not in (pair.new.get("properties") or {})]
        for key in gone:
            if old.values is None or not old.values.document.view.get(*pair.path, key).exists:
                below = pair._replace(path=(*pair.path, key))  # one that values.yaml had is reported as removed
                yield _change(below, f"schema no longer allows {_shown_path(below.path)}", old, place)
    known = pair.old.get("required") or []
    for key in pair.new.get("required") or []:
        path = (*pair.path, key)
        if key not in known and key in (pair.old.get("properties") or {}) and not _has_default(new, path):
            yield Change(
                "compat/value-newly-required",
                Step.MAJOR,
                f"value {_shown_path(path)} is now required by the schema",
                f"set {_shown_path(path)}",
                _place(old, path),
                _place(new, path),
                names=(_shown_path(path), key),
            )


def _demand(schema: Mapping[str, Any], rejected: list[Json], was_open: bool, path: tuple[str, ...]) -> str:
    """What a schema demands that the earlier one, which accepted everything if ``was_open``, did not."""

    def shown(values: list[Json]) -> list[str]:
        # What the schemas name as the values of a secret may be one.
        public = (value if value in _PROBES else withheld(value, path) for value in values)
        return list(dict.fromkeys(map(_text, public)))

    keys = _needed(schema) if all(isinstance(value, dict) for value in rejected) else []
    if keys:
        return f"must now have {some(keys)}"
    allowed = schema.get("enum")
    if was_open and isinstance(allowed, list):
        return f"must now be one of {some(shown(allowed))}"
    return f"no longer accepts {', '.join(shown(rejected)[:3])}"


def _is_like_default(chart: Chart, pair: _Pair, value: Json) -> bool:
    """Whether a value has its default's type: without a schema, users set no other."""
    if "properties" in pair.old:
        return isinstance(value, dict)
    path = [0 if step == "[]" else step for step in pair.path]
    default = value_at(chart.values.data, path) if chart.values is not None else None
    return default is not None and type(value) is type(default)


def _needed(schema: Mapping[str, Any]) -> list[str]:
    """The keys that all alternatives of a schema require."""
    for word in ("anyOf", "oneOf"):
        parts = [part.get("required") or [] for part in schema.get(word) or [] if isinstance(part, dict)]
        if parts:
            return [key for key in parts[0] if all(key in part for part in parts)]
    return []


def _closes(pair: _Pair) -> bool:
    """Whether keys that the schema does not define were accepted and no longer are."""
    return pair.new.get("additionalProperties") is False and pair.old.get("additionalProperties", True) is True


def _change(pair: _Pair, what: str, old: Chart, place: TextPlace | None) -> Change:
    name = _shown_path(pair.path)
    return Change(
        "compat/schema-tightened",
        Step.MAJOR,
        what,
        f"check {name or 'your values'}: helm refuses values that the schema rejects",
        _place(old, pair.path),
        place,
        names=(name, pair.path[-1]) if pair.path else (SCHEMA, "schema"),
    )


def _old_defaults(old: Chart, new: Chart, after: SchemaValidator) -> Iterator[Change]:
    """The old defaults that a new schema rejects when a user sets them."""
    assert old.values is not None
    values = dict(old.values.data)
    try:
        errors = after.errors(values)
    except BrokenSchema:
        return  # values/schema-mismatch reports it
    for error in errors:
        path = tuple(str(step) for step in error.absolute_path)
        if error.validator in ("required", "additionalProperties") or not path or not error.instance:
            continue  # an empty default does not show what users set; helm removes a null
        words = withheld_in(error.message, error.instance, by_names(error.absolute_path, values))
        yield Change(
            "compat/schema-tightened",
            Step.MAJOR,
            f"new schema rejects the old default of {dotted(path)}: {words}",
            f"change {dotted(path)} to a value that the schema accepts",
            old.values.document.view.get(*error.absolute_path),
            _place(new, path),
            names=(dotted(path), path[-1]),
        )


def _has_default(chart: Chart, path: tuple[str, ...]) -> bool:
    data: Json = chart.values.data if chart.values is not None else {}
    for step in path:
        if not isinstance(data, dict) or step not in data:
            return step == "[]"
        data = data[step]
    return True


def _probes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Json]:
    """Values to try: some of each type, and those that the schemas name."""
    found: list[Json] = list(_PROBES)
    pending: list[Any] = [old, new]
    while pending:
        schema = pending.pop()
        if not isinstance(schema, dict):
            continue
        found.extend(schema.get("enum") or [])
        if "const" in schema:
            found.append(schema["const"])
        found.extend(value for value in [schema.get("default"), *(schema.get("examples") or [])] if value is not None)
        for bound in _BOUNDS:
            number = schema.get(bound)
            if isinstance(number, int | float) and not isinstance(number, bool):
                found.extend((number, number - 1, number + 1))
        for bound in ("minLength", "maxLength"):
            length = schema.get(bound)
            if isinstance(length, int) and 0 <= length < 1000:
                found.extend("a" * size for size in (length - 1, length, length + 1) if size >= 0)
        for word in ("anyOf", "oneOf", "allOf"):
            pending.extend(schema.get(word) or [])
    unique: dict[str, Json] = {}
    for value in found:
        unique.setdefault(json.dumps(value, sort_keys=True), value)
    return list(unique.values())


def _text(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 30 else f"{text[:29]}…"


def _shown_path(path: tuple[str, ...]) -> str:
    return dotted(path).replace(".[]", "[]")


def _place(chart: Chart, path: tuple[str, ...]) -> TextPlace | None:
    """Where the schema describes a value: the line of its key or of the nearest key above it, else the file."""
    base = chart.metadata.base
    if SCHEMA not in chart.files:
        return None
    document = chart.schema_document
    if document is None:
        return TextPlace(SCHEMA, None, base)
    steps: list[str] = []
    for step in path:
        steps.extend(["items"] if step == "[]" else ["properties", step])
    while steps:
        span = document.key_span(tuple(steps))
        if span is not None:
            return TextPlace(SCHEMA, span, base)
        steps = steps[:-1]
    return TextPlace(SCHEMA, document.value_span(()), base)
