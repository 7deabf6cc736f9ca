"""One fault is told by one rule, though several know of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.model import Finding, RuleSetting, Severity, Verdict
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.lint.registry import known_modules
from helm_constitution.lint.rule import Rule, Violation
from helm_constitution.lint.run import RuleRun
from helm_constitution.lint.told_by import each_once
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


SECRETS = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": "db:\n  password: s3cr3tPassw0rd\n",
    "templates/all.yaml": """apiVersion: v1
kind: ConfigMap
metadata:
  name: config
data:
  password: {{ .Values.db.password }}
---
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: web:1
      env:
        - name: DB_PASSWORD
          value: {{ .Values.db.password }}
""",
}
TELLERS = ["security/secret-in-values", "security/secret-in-configmap", "security/secret-in-env"]
LAW = """# Secrets

## Values

**MUST**: No secret in values. <!-- rules: security/secret-in-values -->

## Others

**MUST**: None in ConfigMaps. <!-- rules: security/secret-in-configmap -->
**SHOULD**: None in the environment. <!-- rules: security/secret-in-env -->
"""


def secrets(folder: Path, engine: EmbeddedEngine, *ignored: str) -> list[Finding]:
    """The findings of the rules on secrets."""
    write(folder, SECRETS)
    (folder / "law.md").write_text(LAW, encoding="utf-8")
    options = CheckOptions(constitution=folder / "law.md", ignore=ignored)
    return [one for one in check_chart(folder, engine, options).singles if one.rule in TELLERS]


@pytest.mark.parametrize(
    ("off", "others"), [(0, ["templates/all.yaml:6", "templates/all.yaml:18"]), (1, ["templates/all.yaml:18"]), (2, [])]
)
def test_one_secret_is_told_once_with_all_its_places(
    tmp_path: Path, embedded: EmbeddedEngine, off: int, others: list[str]
) -> None:
    (found,) = secrets(tmp_path, embedded, *TELLERS[:off])
    assert (found.rule, found.location.file, found.location.line) == (TELLERS[off], "values.yaml", 2)
    places = [f"{one.location.file}:{one.location.line}" for one in found.related if one.message != "rendered at"]
    assert places == others
    assert found.severity is (Severity.ERROR if off < 2 else Severity.WARNING)


def test_the_statements_of_the_rules_kept_quiet_fail_too(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    (found,) = secrets(tmp_path, embedded)
    assert len(found.statements) == 3
    report = check_chart(tmp_path, embedded, CheckOptions(constitution=tmp_path / "law.md"))
    verdicts = [statement.verdict for principle in report.principles for statement in principle.statements]
    assert verdicts == [Verdict.FAIL, Verdict.FAIL, Verdict.FAIL]


def test_the_order_of_rules_does_not_matter() -> None:
    rules = {rule.id: rule for module in known_modules(()) for rule in module.rules}
    setting = RuleSetting(Severity.ERROR, (), {})
    runs = [
        RuleRun(rules[name], setting, ((Violation(name, None, secrets=(secret,)), None),))
        for name, secret in zip(TELLERS, "aaa", strict=True)
    ]
    for order in (runs, runs[::-1], [runs[1], runs[2], runs[0]]):
        told = {run.rule.id: [violation.message for violation, _ in run.violations] for run in each_once(order)}
        assert told == {TELLERS[0]: [TELLERS[0]], TELLERS[1]: [], TELLERS[2]: []}


def test_a_secret_that_no_other_rule_finds_is_told() -> None:
    rules = {rule.id: rule for module in known_modules(()) for rule in module.rules}
    setting = RuleSetting(Severity.ERROR, (), {})
    runs = [
        RuleRun(rules[name], setting, ((Violation(name, None, secrets=secrets), None),))
        for name, secrets in ((TELLERS[0], ("a",)), (TELLERS[2], ("a", "b")))
    ]
    assert [len(run.violations) for run in each_once(runs)] == [1, 1]


def test_rules_name_rules_and_none_tells_itself() -> None:
    rules: dict[str, Rule] = {rule.id: rule for module in known_modules(()) for rule in module.rules}

    def tellers(rule: Rule, depth: int = 0) -> set[str]:
        assert depth < 5
        return {name for teller in rule.told_by for name in (teller, *tellers(rules[teller], depth + 1))}

    declared = {rule.id: tellers(rule) for rule in rules.values() if rule.told_by}
    assert "security/secret-in-env" in declared
    assert not [name for name, others in declared.items() if name in others]
