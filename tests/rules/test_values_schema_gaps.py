"""The rules on what values.schema.json leaves out, keeps or forbids."""

from __future__ import annotations

import json

import pytest

from helm_constitution.lint import registry
from helm_constitution.lint.rule import NotApplicable, Rule, Violation
from helm_constitution.locate.resolve import locate

from .support import chart_of, chart_subject, checked, subject_of

RULES = {rule.id: rule for rule in registry.rules()}
GAP = RULES["values/schema-gap"]
STALE = RULES["values/schema-stale"]
EMBEDDED = RULES["values/schema-not-embeddable"]

TEXT = {"type": "string"}
SHARED = {"$defs": {"x": {"properties": {"c": {}, "z": TEXT}}}, "properties": {k: {"$ref": "#/$defs/x"} for k in "bd"}}


def found(rule: Rule, schema: object, values: str, template: str = "") -> list[str]:
    """Line and first words of what a rule finds in a chart of this schema."""
    files = {"values.yaml": values, "values.schema.json": json.dumps(schema), "templates/a.yaml": template}
    subject = subject_of(rule, checked(chart_of(files, schema=schema)))
    outcomes = [outcome for outcome in rule.check(subject) if isinstance(outcome, Violation)]
    return [f"{locate(outcome.at).line} {outcome.message.partition(';')[0]}" for outcome in outcomes]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"properties": {"a": TEXT, "b": {"properties": {"c": TEXT}}}}, []),
        ({"properties": {"a": TEXT}}, ["2 value b is missing from values.schema.json"]),
        ({"properties": {"a": TEXT, "b": {"type": "object"}}}, []),
        (
            {"properties": {"a": TEXT, "b": {"properties": {"d": {}}}}},
            ["3 value b.c is missing from values.schema.json"],
        ),
        ({"properties": {"a": {}, "b": {"type": "object"}}}, ["1 value a has no type"]),
        ({"properties": {"a": {"description": "x"}, "b": True}}, ["1 value a has no type"]),
        ({"properties": {"a": TEXT, "b": {"type": "object", "properties": {}}}}, []),
        ({"properties": {"a": TEXT}, "additionalProperties": TEXT}, []),
        ({"properties": {"a": TEXT}, "patternProperties": {"b": TEXT}}, []),
        ({"properties": {"a": TEXT}, "allOf": [{"properties": {"b": {"type": "object"}}}]}, []),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"properties": {"a": TEXT, "b": {"type": "object"}}}}}, []),
        ({"properties": {"a": {"$ref": "https://acme.io/a.json"}, "b": {"enum": [1]}}}, []),
        ({"properties": {"a": TEXT, "b": {"$ref": "#"}}}, ["3 value b.c is missing from values.schema.json"]),
        ({"properties": {"a": TEXT, "b": {"$ref": "#/properties/b"}}}, ["2 value b has no type"]),
        ({"type": "object"}, []),
    ],
)
def test_gaps(schema: object, expected: list[str]) -> None:
    lines = found(GAP, schema, "a: x\nb:\n  c: 1\nglobal: {}\n")
    assert len(lines) == len(expected)
    assert all(line.startswith(part) for line, part in zip(lines, expected, strict=True))


@pytest.mark.parametrize(
    ("schema", "template", "expected"),
    [
        ({"properties": {"a": TEXT}}, "", []),
        ({"properties": {"z": TEXT}}, "", ["schema defines z, which is neither in values.yaml nor read by a template"]),
        ({"properties": {"z": TEXT}}, "{{ .Values.z }}", []),
        ({"properties": {"z": False}}, "", []),
        ({"properties": {"global": TEXT}}, "", []),
        (
            {"properties": {"b": {"properties": {"z": TEXT}}}},
            "{{ .Values.b.c }}",
            ["schema defines b.z, which is neither"],
        ),
        ({"properties": {"b": {"properties": {"z": TEXT}}}}, "{{ toYaml .Values.b }}", []),
        ({"properties": {"e": {"properties": {"z": TEXT}}}}, "{{ .Values.e.f }}", []),
        ({"allOf": [{"properties": {"z": TEXT}}]}, "", ["schema defines z, which is neither"]),
        (SHARED, "", []),
        (
            SHARED,
            "{{ .Values.b.c }}{{ .Values.d.c }}",
            ["schema defines b.z, which is neither in values.yaml nor read by a template (as for"],
        ),
        (SHARED, "{{ .Values.d.z }}", []),
    ],
)
def test_stale_keys(schema: object, template: str, expected: list[str]) -> None:
    lines = found(STALE, schema, "a: x\nb:\n  c: 1\nd:\n  c: 1\ne: {}\n", template)
    assert len(lines) == len(expected)
    assert all(line.startswith(f"1 {part}") for line, part in zip(lines, expected, strict=True))


@pytest.mark.parametrize(
    ("schema", "rejected"),
    [
        ({"additionalProperties": False, "properties": {"a": TEXT}}, "`global` and `enabled`"),
        ({"additionalProperties": False, "properties": {"global": {}}}, "`enabled`"),
        ({"additionalProperties": False, "properties": {"global": {}, "enabled": {}}}, None),
        ({"additionalProperties": False, "patternProperties": {".*": {}}}, None),
        ({"additionalProperties": {}}, None),
        ({"unevaluatedProperties": False, "allOf": [{"properties": {"global": {}}}]}, "`enabled`"),
        ({"allOf": [{"additionalProperties": False}]}, "`global` and `enabled`"),
        ({"anyOf": [{"additionalProperties": False}, {}]}, None),
        ({"properties": {"a": {"additionalProperties": False}}}, None),
    ],
)
def test_what_parents_pass_on(schema: object, rejected: str | None) -> None:
    lines = [line.partition(" ")[2] for line in found(EMBEDDED, schema, "a: x\n")]
    assert lines == ([f"schema rejects {rejected}, which parent charts pass to a dependency"] if rejected else [])


@pytest.mark.parametrize("rule", [GAP, STALE, EMBEDDED], ids=lambda rule: rule.id)
def test_without_a_schema_there_is_nothing_to_judge(rule: Rule) -> None:
    with pytest.raises(NotApplicable):
        list(rule.check(chart_subject(rule, {"values.yaml": "a: 1\n"})))


def test_a_stale_key_of_a_definition_is_found_there() -> None:
    text = json.dumps(
        {"properties": {"b": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"properties": {"z": TEXT}}}}, indent=1
    )
    files = {"values.yaml": "b:\n  c: 1\n", "values.schema.json": text, "templates/a.yaml": "{{ .Values.b.c }}"}
    subject = subject_of(STALE, checked(chart_of(files, schema=json.loads(text))))
    (problem,) = (outcome for outcome in STALE.check(subject) if isinstance(outcome, Violation))
    location = locate(problem.at)
    assert location.line is not None
    assert text.split("\n")[location.line - 1].strip() == '"z": {'
