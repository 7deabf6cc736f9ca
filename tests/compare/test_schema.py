"""What a schema accepted and a later one rejects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helm_constitution.chart.loader import load_chart
from helm_constitution.chart.model import Chart
from helm_constitution.compare.schema import compare_schemas
from tests.helm.support import write_chart


def chart(folder: Path, schema: Any, values: str = "port: 80\n") -> Chart:
    files = {"values.yaml": values}
    if schema is not None:
        files["values.schema.json"] = json.dumps(schema)
    return load_chart(write_chart(folder, files))


def changes(tmp_path: Path, old: Any, new: Any, values: str = "port: 80\n") -> list[str]:
    before, after = chart(tmp_path / "old", old, values), chart(tmp_path / "new", new, values)
    return [change.what for change in compare_schemas(before, after)]


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


WIDE = {"type": ["integer", "string"]}


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (WIDE, {"type": "integer"}, 'port no longer accepts "", "a", "Some text"'),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, 'port no longer accepts "b"'),
        ({"type": "integer"}, {"type": "integer", "minimum": 1024}, "port no longer accepts 0, 1, -1"),
        ({"type": "string"}, {"type": "string", "maxLength": 3}, 'port no longer accepts "Some text", "8080", "true"'),
        ({}, {"const": 1}, "port no longer accepts 0, -1, 8080"),
        ({"protocol": "TCP"}, {"const": 1}, "port no longer accepts 0, -1, 8080"),
        (
            {"type": "object"},
            {"type": "object", "additionalProperties": False},
            "port no longer accepts keys",
        ),
    ],
)
def test_what_is_tighter(tmp_path: Path, old: Any, new: Any, what: str) -> None:
    (change,) = changes(tmp_path, of(port=old), of(port=new))
    assert change.startswith(what)


def test_what_schemas_name_as_the_values_of_a_secret_is_not_repeated(tmp_path: Path) -> None:
    old, new = {"enum": ["hunter2", "hunter3"]}, {"enum": ["hunter4"]}
    assert changes(tmp_path, of(password=old), of(password=new), "{}\n") == ['password no longer accepts "…"']
    (change,) = changes(tmp_path / "open", of(password={}), of(password=new), "password: hunter5\n")
    assert change == 'password must now be one of "…"'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": "integer"}, WIDE),
        ({"type": "integer"}, {"type": "integer", "description": "The port"}),
        ({"type": "integer", "minimum": 2}, {"type": "integer", "minimum": 1}),
        ({"enum": ["a"]}, {"enum": ["b", "a"]}),
        ({"anyOf": [{"type": "integer"}]}, {"type": "integer"}),
        ({"type": "integer"}, {"$ref": "#/$defs/port"}),
    ],
)
def test_what_is_not(tmp_path: Path, old: Any, new: Any) -> None:
    schema = {**of(port=new), "$defs": {"port": {"type": "integer"}}}
    assert changes(tmp_path, of(port=old), schema) == []


def test_references_are_followed_on_both_sides(tmp_path: Path) -> None:
    old = {**of(port={"$ref": "#/definitions/port"}), "definitions": {"port": WIDE}}
    new = {**of(port={"$ref": "#/definitions/port"}), "definitions": {"port": {"type": "integer"}}}
    (change,) = changes(tmp_path, old, new)
    assert change.startswith("port no longer accepts")


def test_items_and_inner_maps(tmp_path: Path) -> None:
    old = of(hosts={"type": "array", "items": of(name=WIDE)})
    new = of(hosts={"type": "array", "items": of(name={"type": "string"})})
    (change,) = changes(tmp_path, old, new)
    assert change.startswith("hosts[].name no longer accepts 0, 1, -1")


def test_a_key_that_the_schema_forgets_and_refuses(tmp_path: Path) -> None:
    old = {**of(port=WIDE, host=WIDE), "additionalProperties": False}
    assert changes(tmp_path, old, {**of(port=WIDE), "additionalProperties": False}) == ["schema no longer allows host"]


def test_required_without_a_default(tmp_path: Path) -> None:
    schema = of(port=WIDE, host=WIDE)
    assert changes(tmp_path, schema, {**schema, "required": ["port", "host"]}) == [
        "value host is now required by the schema"
    ]


def test_of_a_new_schema_only_the_old_defaults_count(tmp_path: Path) -> None:
    assert changes(tmp_path, None, {**of(port={"type": "integer"}), "additionalProperties": False}) == []
    (change,) = changes(tmp_path / "b", None, of(port={"type": "string"}))
    assert change.startswith("new schema rejects the old default of port")


def test_what_is_no_schema_and_what_lies_outside_is_left_alone(tmp_path: Path) -> None:
    assert changes(tmp_path, of(port=WIDE), {"type": "nonsense"}) == []
    outside = of(port={"$ref": "https://acme.test/schema.json"})
    assert changes(tmp_path / "b", of(port=WIDE), outside) == []


@pytest.mark.parametrize("empty", ["", "null", "{}", "[]", '""'])
def test_an_empty_default_says_nothing_to_a_new_schema(tmp_path: Path, empty: str) -> None:
    assert changes(tmp_path, None, of(port={"type": "integer", "minimum": 1}), f"port: {empty}\n") == []


def test_of_what_no_schema_spoke_of_only_the_defaults_type_counts(tmp_path: Path) -> None:
    assert changes(tmp_path, of(port={}), of(port={"type": "integer"})) == []


@pytest.mark.parametrize(("values", "count"), [("port: 80\n", 0), ("port:\n", 0), ("host: a\n", 1)])
def test_a_null_takes_a_default_away_before_the_schema_is_asked(tmp_path: Path, values: str, count: int) -> None:
    found = changes(tmp_path, of(port={"type": ["string", "null"]}), of(port={"type": "string"}), values)
    assert found == ["port no longer accepts null"] * count


def test_of_what_had_named_keys_only_maps_count(tmp_path: Path) -> None:
    old = of(hosts={"type": "array", "items": {"properties": {"name": {"type": "string"}}}})
    new = of(hosts={"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}})
    assert changes(tmp_path, old, new) == []
    new["properties"]["hosts"]["items"]["type"] = "string"
    (change,) = changes(tmp_path / "b", old, new)
    assert change.startswith("hosts[] no longer accepts {}")


def test_of_items_that_no_schema_spoke_of_only_the_defaults_type_counts(tmp_path: Path) -> None:
    old, new = (of(ports={"type": "array", "items": items}) for items in ({"title": "A port"}, {"type": "integer"}))
    assert changes(tmp_path, old, new, "ports: [80]\n") == []
    (change,) = changes(tmp_path / "b", old, new, "ports: [http]\n")
    assert change.startswith('ports[] no longer accepts "", "a"')


def test_keys_that_all_alternatives_of_an_item_ask_for(tmp_path: Path) -> None:
    item = of(name={"type": "string"}, path={"type": "string"})
    old = of(hosts={"type": "array", "items": item})
    new = of(hosts={"type": "array", "items": {"anyOf": [{**item, "required": ["name", "path"]}]}})
    assert changes(tmp_path, old, new) == ["hosts[] must now have name, path"]


@pytest.mark.parametrize("values", ["port:\n", "host: a\n"])
def test_without_a_default_an_open_schema_tells_nothing(tmp_path: Path, values: str) -> None:
    assert changes(tmp_path, of(port={"description": "A port"}), of(port={"type": ["string", "null"]}), values) == []


def test_a_schema_that_refers_to_itself_for_ever(tmp_path: Path) -> None:
    assert changes(tmp_path, of(port={"$ref": "#/properties/port"}), of(port={"type": "integer"})) == []


@pytest.mark.parametrize("part", ["a", ["a"], {"minimum": "a"}, {"multipleOf": 0}])
def test_a_reference_to_what_is_no_schema_is_no_change(tmp_path: Path, part: Any) -> None:
    new = {"x-parts": {"a": part}, **of(port={"allOf": [{"$ref": "#/x-parts/a"}]})}
    assert changes(tmp_path / "tighter", of(port=WIDE), new) == []
    assert changes(tmp_path / "added", None, new) == []
