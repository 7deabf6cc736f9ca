"""Schemas that are none, or partly none, and references that lead elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from helm_constitution.chart.schema_validator import BrokenSchema, RemoteReference, SchemaValidator

FAULTS: list[tuple[Any, str]] = [
    ([], "/: [] is not of type 'object', 'boolean'"),
    ({"$schema": 7}, "a schema must be a map, and its $schema a string"),
    ({"type": "strnig"}, "/type: 'strnig' is not valid under any of the given schemas"),
    ({"$ref": "#"}, "it references itself endlessly"),
    ({"$ref": "#/$defs/none"}, "#/$defs/none does not exist"),
    ({"$ref": "#/x", "x": 7}, "a $ref leads to something that is no schema"),
]


@pytest.mark.parametrize(("schema", "fault"), FAULTS)
def test_what_is_no_schema_judges_nothing(schema: Any, fault: str) -> None:
    validator = SchemaValidator(schema)
    with pytest.raises(BrokenSchema) as raised:
        validator.errors({"a": 1})
    assert str(raised.value) == fault
    assert validator.accepts(schema, {"a": 1}) is None


def test_a_reference_to_elsewhere_is_told_or_accepts_everything() -> None:
    schema = {"properties": {"a": {"$ref": "https://example.com/a.json"}, "b": {"type": "string"}}}
    with pytest.raises(RemoteReference, match=r"\Ahttps://example\.com/a\.json\Z"):
        SchemaValidator(schema).errors({"a": 1, "b": 2})
    (error,) = SchemaValidator(schema, remote=True).errors({"a": 1, "b": 2})
    assert list(error.absolute_path) == ["b"]


def test_parts_are_asked_one_by_one_with_the_references_of_the_whole() -> None:
    schema: Any = {"$defs": {"port": {"type": "integer", "maximum": 9}}, "properties": {"a": {"$ref": "#/$defs/port"}}}
    validator = SchemaValidator(schema)
    assert validator.fault is None
    assert validator.accepts(schema["properties"]["a"], 9) is True
    assert validator.accepts(schema["properties"]["a"], 10) is False
    assert validator.accepts({"$ref": "#/$defs/none"}, 9) is None
