"""What is said of Chart.yaml and the definitions of two releases."""

from __future__ import annotations

import pytest

from helm_constitution.compare.metadata import compare_definitions
from tests.rules.support import chart_subject

DEFINITION = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: backups.acme.test
spec:
  names: {kind: Backup, plural: backups}
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          properties:
            spec:
              type: object
              properties:
                target:
                  type: string
"""
FIELD = "                description:\n                  type: string\n"


def changes(new: str) -> list[str]:
    old, this = (chart_subject({"crds/backup.yaml": text}).chart for text in (DEFINITION, new))
    return [change.what for change in compare_definitions(old, this, {})]


@pytest.mark.parametrize(
    "new",
    [
        DEFINITION,
        DEFINITION.replace("type: object", "type: object\n              description: What is saved"),
        DEFINITION.replace("type: object", "type: object\n              x-kubernetes-map-type: atomic"),
        DEFINITION.replace("plural: backups", "plural: backups, shortNames: [b]"),
    ],
)
def test_what_an_object_loses_nothing_by(new: str) -> None:
    assert changes(new) == []


def test_a_field_may_be_called_a_description() -> None:
    (change,) = changes(DEFINITION + FIELD)
    assert change.startswith("definitions in crds/ change (backups.acme.test)")
