"""The bundled schemas as JSON Schema, as ``scripts/kubeconform.py`` gives them to kubeconform: a validator of JSON
Schema and our own walk over an object come to the same result."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from helm_constitution.kubernetes.documents import manifests_of
from helm_constitution.kubernetes.schema_faults import schema_faults
from helm_constitution.kubernetes.schemas import bundled
from helm_constitution.text.yaml import load_documents
from scripts.kubeconform import MINOR, changed, json_schema

FILES = sorted((Path(__file__).resolve().parents[2] / "testdata" / "parity").glob("*.yaml"))


def objects(file: Path) -> list[dict[str, Any]]:
    documents = load_documents(file.read_text("utf-8"), file.name, rendered=True)
    return [one.view.data for one in manifests_of(documents) if isinstance(one.view.data, dict)]


def results(found: list[dict[str, Any]]) -> Iterator[tuple[list[str], list[str]]]:
    """The problems of each object, by the walk and by the validator."""
    for one in found:
        schema = bundled(one["apiVersion"], one["kind"], MINOR)
        if schema is not None:
            validator = Draft7Validator(json_schema(schema))
            ours = [fault.problem for fault in schema_faults(one, schema)]
            yield ours, [error.message for error in validator.iter_errors(one)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_objects_are_valid_for_both(file: Path) -> None:
    found = list(results(objects(file)))
    assert found
    assert [bool(ours) for ours, _ in found] == [bool(theirs) for _, theirs in found]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_changed_objects_are_invalid_for_both(file: Path) -> None:
    found = list(results(changed(objects(file))))
    assert any(ours for ours, _ in found)
    for ours, theirs in found:
        # JSON Schema accepts null for a required field; the API server does not, because null means that it is missing.
        strict = [problem for problem in ours if "required field" not in problem]
        assert bool(theirs) >= bool(strict), ours
        assert bool(ours) >= bool(theirs), theirs
