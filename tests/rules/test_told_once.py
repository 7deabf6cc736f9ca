"""One fault is told by one rule, though several know of it."""

from __future__ import annotations

from pathlib import Path

from helm_constitution.check.options import CheckOptions
from helm_constitution.helm.embedded import EmbeddedEngine
from tests.support import check_chart, write

POD = """apiVersion: v1
kind: Pod
metadata:
  name: web_{{ .Release.Name }}
  annotations:
    acme.io/port: {{ .Values.port }}
spec:
  nodeSelector:
    ssd: {{ .Values.debug }}
  hostNetwork: "no"
  containers:
    - name: web
      image: web:1
      args: [{{ .Values.port }}]
      env:
        - name: DEBUG
          value: {{ .Values.debug }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: config
data:
  port: {{ .Values.port }}
"""
CHART = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/values.yaml": "port: 80\ndebug: true\n",
    "web/templates/pod.yaml": POD,
}
FIELDS = {
    "metadata.annotations.acme.io/port",
    "spec.nodeSelector.ssd",
    "spec.containers[0].args[0]",
    "spec.containers[0].env[0].value",
    "data.port",
}
NAMED = {"values/unquoted-text", "portability/bad-schema", "helm/object-name", "testing/lint-error"}


def told(folder: Path, engine: EmbeddedEngine, *ignored: str) -> dict[str, list[str]]:
    """The rules that speak of each field."""
    write(folder, CHART)
    found: dict[str, list[str]] = {}
    for one in check_chart(folder / "web", engine, CheckOptions(ignore=ignored)).singles:
        if one.rule in NAMED:
            field = one.object.field if one.object is not None else None
            found.setdefault(field or "", []).append(one.rule)
    return {field.replace('["acme.io/port"]', ".acme.io/port"): rules for field, rules in found.items()}


def test_each_field_has_one_rule(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    expected = {key: ["values/unquoted-text"] for key in FIELDS}
    named = {"metadata.name": ["helm/object-name"], "spec.hostNetwork": ["portability/bad-schema"]}
    assert told(tmp_path, embedded) == {**expected, **named}


def test_where_that_rule_is_off_the_other_speaks(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    found = told(tmp_path, embedded, "values/unquoted-text", "helm/object-name")
    expected = {key: ["portability/bad-schema"] for key in FIELDS}
    named = {"metadata.name": ["testing/lint-error"], "spec.hostNetwork": ["portability/bad-schema"]}
    assert found == {**expected, **named}
