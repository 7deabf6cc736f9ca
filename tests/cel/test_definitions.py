"""The expressions in the schemas of CustomResourceDefinitions."""

from __future__ import annotations

import sys

import pytest

from helm_constitution.cel import programs
from helm_constitution.cel.definitions import NotCompiled, validation_faults
from helm_constitution.text.yaml_scalars import Json


def definition(*rules: Json) -> Json:
    schema: Json = {"type": "object", "x-kubernetes-validations": list(rules)}
    return {"spec": {"versions": [{"name": "v1", "schema": {"openAPIV3Schema": schema}}]}}


@pytest.mark.parametrize(
    "rule",
    [
        "self.replicas <= self.max && oldSelf.replicas > 0",
        "self.all(one, one.matches('^a'))",
        "!has(self.ref) || has(self.ref.name)",
        "optional.none().hasValue() || oldSelf.orValue(1) == 1",
        "self.names.isSorted() && self.names.indexOf('a') < 3",
        "!format.dns1123Label().validate(self.name).hasValue()",
        "isIP(self.ip) && url(self.address).getScheme() == 'https'",
    ],
)
def test_what_kubernetes_takes_is_no_fault(rule: str) -> None:
    assert list(validation_faults(definition({"rule": rule, "messageExpression": "'is ' + string(self)"}))) == []


def test_without_the_extra_they_are_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cel_expr_python", None)
    programs._environment.cache_clear()
    (found,) = validation_faults(definition({"rule": "self.a =="}))
    assert isinstance(found, NotCompiled)
    assert "pip install 'helm-constitution[policies]'" in found.reason


@pytest.mark.parametrize("odd", [5, [], {"spec": []}, {"spec": {"versions": [5, {"schema": []}]}}, definition(5)])
def test_odd_definitions_have_no_expressions(odd: Json) -> None:
    assert list(validation_faults(odd)) == []
