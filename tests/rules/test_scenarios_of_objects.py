"""What a scenario changes of an object that the default values render better is the scenario's doing."""

from __future__ import annotations

import pytest

from helm_constitution.api import Rendering
from helm_constitution.lint import registry
from helm_constitution.lint.rule import Violation
from tests.rules.support import chart_subject, rendering, things

RULES = {rule.id: rule for rule in registry.rules()}

CRD = """
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: NAME, annotations: {KEEP}}
"""
KEPT = "helm.sh/resource-policy: keep"
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  replicas: 2
  strategy: {type: TYPE}
  template: {metadata: {labels: {app: web}}, spec: {containers: []}}
"""


def problems(rule: str, default: str, other: str) -> list[str]:
    """What a rule says of an object as default values render it, and as another scenario does, by scenario."""
    renderings = [rendering(default), rendering(other, scenario="ci/other-values.yaml")]
    subject = chart_subject(RULES[rule], {}, renderings=renderings)
    return [objects.scenario for objects in renderings for _ in _of(rule, objects, subject)]


def _of(rule: str, objects: Rendering, subject: object) -> list[Violation]:
    outcomes = (outcome for thing in things(RULES[rule], objects) for outcome in RULES[rule].check(thing, subject))
    return [outcome for outcome in outcomes if isinstance(outcome, Violation)]


@pytest.mark.parametrize(
    ("default", "other", "expected"),
    [
        (CRD.replace("KEEP", KEPT), CRD.replace("KEEP", ""), []),
        (CRD.replace("KEEP", ""), CRD.replace("KEEP", ""), ["defaults"]),
        (CRD.replace("NAME", "another").replace("KEEP", KEPT), CRD.replace("KEEP", ""), ["ci/other-values.yaml"]),
    ],
)
def test_definitions_that_the_defaults_keep(default: str, other: str, expected: list[str]) -> None:
    assert problems("portability/crd-in-templates", default, other) == expected


def test_definitions_that_a_scenario_lets_go() -> None:
    renderings = [rendering("kind: A\n"), rendering(CRD.replace("KEEP", ""), scenario="ci/other-values.yaml")]
    keeping = {"templates/x.yaml": "{{ if .Values.keep }}helm.sh/resource-policy: keep{{ end }}\n"}
    for files, count in (({}, 1), (keeping, 0)):
        subject = chart_subject(RULES["portability/crd-in-templates"], files, renderings=renderings)
        assert len(_of("portability/crd-in-templates", renderings[1], subject)) == count


@pytest.mark.parametrize(
    ("default", "other", "expected"),
    [
        ("RollingUpdate", "Recreate", []),
        ("Recreate", "Recreate", ["defaults"]),
    ],
)
def test_a_strategy_that_a_scenario_sets(default: str, other: str, expected: list[str]) -> None:
    found = problems("compat/update-strategy", DEPLOYMENT.replace("TYPE", default), DEPLOYMENT.replace("TYPE", other))
    assert found == expected
