"""No rule crashes on a rendered object, whatever stands in any of its fields; one rule tells the wrong type."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_constitution.core.model import RuleSetting, Severity
from helm_constitution.lint.needs import RENDERINGS
from helm_constitution.lint.registry import rules
from helm_constitution.lint.runner import run_rule
from helm_constitution.rules.platform_portability.schemas import bad_schema
from tests.rules.support import chart_of, checked, judge_in, rendering, results_of

OBJECTS: list[Any] = list(yaml.safe_load_all((Path(__file__).parent / "every_kind.yaml").read_text(encoding="utf-8")))
FILES = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\nappVersion: '1'\n",
    "values.yaml": "# The image.\nimage: web:1\nreplicas: 2\ntext: '{{ .Values.image }}'\n",
    "README.md": "# web\n",
}
ODD: list[Any] = [
    *([], {}, 5, -1.5, True, None, "", ":", "x", "٣", 10**30, "9" * 5000, "9" * 5000 + "%", "²"),
    *([[]], [{}], [None], [5], ["x"], {"a": []}, {"a": {}}, {"a": None}),
]


def _paths(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, part in parts:
        yield from _paths(part, (*path, key))


PLACES = [(index, path) for index, thing in enumerate(OBJECTS) for path in _paths(thing)]


def _crashes(changes: list[tuple[tuple[int, tuple[Any, ...]], Any]]) -> list[str]:
    """The crashes of all rules on the objects with these fields changed."""
    objects = copy.deepcopy(OBJECTS)
    for (index, path), value in changes:
        part = objects[index]
        try:
            for step in path[:-1]:
                part = part[step]
            part[path[-1]] = value
        except (TypeError, KeyError, IndexError):
            continue  # an earlier change took the place away
    text = "\n---\n".join(json.dumps(one) for one in objects)
    rendered = rendering(text)
    chart = checked(chart_of({**FILES, "templates/x.yaml": text}), results_of([rendered]))
    crashes = []
    for rule in rules():
        if RENDERINGS in rule.needs:
            parameters = {name: one.default for name, one in rule.parameters.items()}
            run = run_rule(rule, RuleSetting(Severity.ERROR, (), parameters), chart, debug=True)
            if run.crash is not None:
                crashes.append(f"{run.crash.message}\n{run.crash.traceback}")
    return crashes


def test_the_objects_as_they_are() -> None:
    assert _crashes([]) == []


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:12])
def test_an_odd_value_in_every_field(odd: Any) -> None:
    """Every tenth field at a time, deepest first: a change above would take those below away."""
    places = sorted(PLACES, key=lambda place: -len(place[1]))
    for first in range(10):
        assert _crashes([(place, odd) for place in places[first::10] if len(place[1]) > 1]) == []


_TEXT = st.text(st.characters(codec="ascii"), max_size=8)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(PLACES), _JSON), min_size=1, max_size=60))
def test_any_json_in_any_field(changes: list[tuple[tuple[int, tuple[Any, ...]], Any]]) -> None:
    assert _crashes(changes) == []


@pytest.mark.parametrize("key", ["volumeMounts", "volumes"])
def test_a_list_as_the_name_of_a_volume(key: str) -> None:
    places = [place for place in PLACES if place[1][-1] == "name" and key in place[1]]
    assert places
    assert [_crashes([(place, [])]) for place in places] == [[]] * len(places)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("image: 5", "image must be a string, but is a number; quote it"),
        ("name: []", "name must be a string, but is a list; quote it"),
        ("ports: {}", "ports must be a list, but is a map; render a list"),
        ('ports: [{containerPort: "80"}]', "containerPort must be an integer, but is a string; render it as a number"),
        ("command: [sh, 5]", "command[1] must be a string, but is a number; quote it"),
        ('securityContext: {privileged: "true"}', "privileged must be a boolean, but is a string; render true"),
        ("securityContext: {seccompProfile: {type: []}}", "type must be a string, but is a list"),
    ],
)
def test_the_wrong_type_is_told(field: str, message: str) -> None:
    pod = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n    - {field}\n"
    assert any(one.startswith(message) for one in judge_in(bad_schema, pod, {"templates/x.yaml": "kind: Pod"}))


def test_of_an_operators_kind_nothing_is_told() -> None:
    text = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {replicas: a, template: {spec: []}}\n"
    assert judge_in(bad_schema, text, {"templates/x.yaml": "kind: Widget"}) == []


DEFINITION = """
spec:
  group: example.com
  names:
    plural: widgets
    KIND
  versions:
    - name: v1
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object}}}}
"""


@pytest.mark.parametrize("kind", ["kind: Widget", 'kind: "Widget"', '"kind":\n      Widget', "kind: &a Widget # b"])
def test_the_definition_of_a_kind_is_found_however_it_is_written(kind: str) -> None:
    text = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: 5\n"
    files = {"templates/x.yaml": "kind: Widget", "crds/widgets.yaml": DEFINITION.replace("KIND", kind)}
    message = "spec must be a map, but is a number (crds/widgets.yaml); render a map"
    assert judge_in(bad_schema, text, files) == [message]
