"""A server's Status as refusals, an update as a patch, and a client that isn't installed; no server is needed."""

from __future__ import annotations

import base64
import copy
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.cluster.answers import Refusal
from helm_constitution.cluster.refusals import path_of, refusals_of
from helm_constitution.cluster.upgrade import merge_patch
from helm_constitution.text.yaml_scalars import Json
from tests.cluster.charts import WELL
from tests.support import write

DEPLOYMENT: dict[str, Json] = {
    "kind": "Deployment",
    "metadata": {"annotations": {"example.org/a.b": "x"}},
    "spec": {"template": {"spec": {"containers": [{"name": "side"}, {"name": "web", "ports": [{"port": 1}]}]}}},
}


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ("spec.template.spec.containers[1].name", ("spec", "template", "spec", "containers", 1, "name")),
        ('.spec.template.spec.containers[name="web"].ports', ("spec", "template", "spec", "containers", 1, "ports")),
        ("metadata.annotations[example.org/a.b]", ("metadata", "annotations", "example.org/a.b")),
        ("spec.strategy.rollingUpdate", ("spec", "strategy")),
        ("spec.template.spec.containers[7].name", ("spec", "template", "spec", "containers", 7)),
        ("", ()),
    ],
)
def test_fields_as_servers_write_them(field: str, path: tuple[str | int, ...]) -> None:
    assert path_of(field, DEPLOYMENT) == path


def test_causes_name_the_fields() -> None:
    causes = [
        {"reason": "FieldValueInvalid", "message": "Invalid value: 0: must be more", "field": "spec.replicas"},
        {"reason": "FieldValueInvalid", "message": "Invalid value: 0: must be more", "field": "spec.replicas"},
    ]
    (refusal,) = refusals_of({"message": "invalid", "details": {"causes": causes}}, {"spec": {"replicas": 0}})
    assert refusal == Refusal("spec.replicas", ("spec", "replicas"), "Invalid value: 0: must be more")


def test_strict_decoding_and_typed_errors_name_fields_in_the_message() -> None:
    strict = 'Deployment in version "v1" cannot be handled: strict decoding error: unknown field "spec.foo"'
    typed = (
        "failed to create typed patch object (a/b; apps/v1, Kind=Deployment): errors:\n"
        "  .spec.foo: field not declared in schema\n  .spec.bar: expected string, got 1"
    )
    assert [(one.field, one.message, one.is_of_key) for one in refusals_of({"message": strict}, DEPLOYMENT)] == [
        ("spec.foo", "unknown field", True)
    ]
    assert [(one.field, one.message, one.is_of_key) for one in refusals_of({"message": typed}, DEPLOYMENT)] == [
        ("spec.foo", "field not declared in schema", True),
        ("spec.bar", "expected string, got 1", False),
    ]


def test_a_message_without_fields_is_of_the_whole_object() -> None:
    assert refusals_of({"message": "the policy\nsays no"}, DEPLOYMENT) == (Refusal("", (), "the policy says no"),)
    assert refusals_of({}, DEPLOYMENT) == (Refusal("", (), "refused without a reason"),)


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "Secret", "stringData": {"any": "planted-secret"}},
        {"kind": "Secret", "data": {"any": base64.b64encode(b"planted-secret").decode()}},
        {"kind": "Widget", "spec": {"password": "planted-secret"}},
    ],
)
def test_what_an_object_keeps_secret_is_not_repeated(body: dict[str, Json]) -> None:
    (refusal,) = refusals_of({"message": 'Invalid value: "planted-secret": no'}, body)
    assert refusal.message == 'Invalid value: "…": no'


OBJECTS = st.recursive(
    st.one_of(st.integers(), st.text(max_size=3), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)),
    max_leaves=12,
)
MAPS = st.dictionaries(st.sampled_from("abcd"), OBJECTS, max_size=4)


def patched(value: Any, patch: Any) -> Any:
    """RFC 7386, as the RFC writes it."""
    if not isinstance(patch, dict):
        return patch
    result = copy.deepcopy(value) if isinstance(value, dict) else {}
    for key, part in patch.items():
        if part is None:
            result.pop(key, None)
        else:
            result[key] = patched(result.get(key), part)
    return result


@given(MAPS, MAPS)
def test_a_merge_patch_turns_one_object_into_the_other(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert patched(old, merge_patch(old, new)) == new


def test_a_missing_client_is_one_line_with_the_way_out(tmp_path: Path) -> None:
    write(tmp_path, {**WELL, "no/kubernetes/__init__.py": "raise ImportError('no kubernetes here')\n"})
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "no")}
    command = [sys.executable, "-m", "helm_constitution", "check", "web", "--cluster", "x", "--cluster-namespace", "y"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "helm-constitution: error: --cluster needs Python's kubernetes client (no kubernetes here): "
        'pip install "helm-constitution[cluster]"\n'
    )
