"""What is fixed in one go is one finding, and every format, count and gate says the same of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helm_constitution.check.grouping import grouped
from helm_constitution.check.options import CheckOptions
from helm_constitution.core.model import Debt, Finding, Gate, Group, ObjectRef, Severity
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.report import renderer
from helm_constitution.report.model import ChartReport
from tests.report.support import WAIVED, chart, finding, run
from tests.support import check_chart, write

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  selector:
    matchLabels: {{app: {name}}}
  template:
    metadata:
      labels: {{app: {name}}}
    spec:
      containers:
        - name: web
          image: web:1
{more}
"""
PRIVILEGED = "          securityContext:\n            privileged: true"
CHART = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/values.yaml": "log:\n  level: info\n  format: json\n  colour: false\nport: 1\n",
    "web/templates/a.yaml": DEPLOYMENT.format(name="a", more=""),
    "web/templates/b.yaml": DEPLOYMENT.format(name="b", more=PRIVILEGED),
    "web/templates/_helpers.tpl": '{{ define "old.name" }}a{{ end }}\n{{ define "old.labels" }}b{{ end }}\n',
}
HARDENED = {"security/privilege-escalation", "security/root-user", "security/capabilities", "security/no-seccomp"}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, embedded: EmbeddedEngine) -> ChartReport:
    folder = tmp_path_factory.mktemp("grouped")
    write(folder, CHART)
    return check_chart(folder / "web", embedded, CheckOptions())


def group_of(report: ChartReport, rule: str, name: str | None = None) -> Finding:
    """The only finding with a part of that rule, and of that object."""
    (found,) = (
        one
        for one in report.findings
        if any(part.rule == rule and name in (None, part.object and part.object.name) for part in one.singles)
    )
    return found


def test_the_hardening_of_a_container_is_one_finding_with_the_block_to_paste(report: ChartReport) -> None:
    found = group_of(report, "security/capabilities", "a")
    assert {part.rule for part in found.parts} == {*HARDENED, "security/writable-root"}
    assert found.severity is Severity.ERROR
    assert found.paste == {
        "securityContext": {
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
            "allowPrivilegeEscalation": False,
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
        }
    }


def test_what_privileged_makes_moot_is_left_out(report: ChartReport) -> None:
    found = group_of(report, "security/privileged", "b")
    rules = {part.rule for part in found.parts}
    assert rules == {"security/privileged", "security/root-user", "security/writable-root"}


@pytest.mark.parametrize(
    ("rule", "name", "message"),
    [
        ("observability/no-cpu-request", "a", "set requests.cpu, requests.memory, limits.memory"),
        ("helm/missing-label", None, "2 objects lack the standard labels"),
        ("helm/release-collision", None, "2 objects have the same name in every release"),
        ("templates/define-unprefixed", None, "2 named templates lack the chart name as prefix"),
        ("templates/define-undocumented", None, "2 named templates have no comment"),
    ],
)
def test_what_one_edits_together_is_one_finding(report: ChartReport, rule: str, name: str | None, message: str) -> None:
    assert message in group_of(report, rule, name).message


def test_the_undocumented_values_of_a_map_are_one_finding_with_a_count(report: ChartReport) -> None:
    of_log, of_port = (one.message for one in report.findings if one.rule == "values/undocumented")
    assert of_log.startswith("3 values of log have no comment")
    assert of_log.endswith("level, format, colour")
    assert of_port.startswith("port has no comment")


def test_json_has_all_places_and_counts_each_finding_once(report: ChartReport) -> None:
    document = json.loads(renderer("json")(run(report)))
    findings = document["charts"][0]["findings"]
    assert document["summary"]["errors"] == sum(one["severity"] == "error" for one in findings)
    (labels,) = (one for one in findings if one["rule"] == "helm/missing-label")
    assert [part["file"] for part in labels["parts"]] == ["templates/a.yaml", "templates/b.yaml"]
    assert labels["object"] is None
    assert labels["fingerprint"] == labels["parts"][0]["fingerprint"]
    prints = [part["fingerprint"] for one in findings for part in one.get("parts", [one])]
    assert len(prints) == len(set(prints)) == len(list(report.singles))


def test_ids_of_parts_stay_in_sarif_and_gitlab(report: ChartReport) -> None:
    results = json.loads(renderer("sarif")(run(report)))["runs"][0]["results"]
    issues = json.loads(renderer("gitlab")(run(report)))
    assert len(results) == len(issues) == len(list(report.singles)) > len(report.findings)
    assert {result["ruleId"] for result in results} >= HARDENED


def test_text_and_markdown_show_the_block_and_the_other_places(report: ChartReport) -> None:
    for form in ("text", "markdown"):
        text = renderer(form)(run(report))
        assert "seccompProfile:" in text
        assert "type: RuntimeDefault" in text
        assert "also at" in text
        assert "templates/b.yaml" in text


def part(rule: str, name: str, **changes: object) -> Finding:
    group = Group(("hardening",), "too weak; set {items}", rule, {"a": {rule: True}}, by_object=True)
    thing = ObjectRef("apps/v1", "Deployment", name, None, "web", f"spec.{rule}")
    return finding(rule=f"security/{rule}", object=thing, group=group, fingerprint=f"{name}/{rule}", **changes)


def test_a_waived_part_and_one_in_debt_stand_apart() -> None:
    found = grouped(
        [
            part("one", "a"),
            part("two", "a", severity=Severity.WARNING),
            part("three", "a", waived=WAIVED),
            part("four", "a", debt=Debt("2026-01-01")),
            part("five", "b"),
        ]
    )
    together = {tuple(single.fingerprint for single in one.singles): one for one in found}
    assert set(together) == {("b/five",), ("a/four",), ("a/one", "a/two"), ("a/three",)}
    both = together["a/one", "a/two"]
    assert both.message == "too weak; set one, two"
    assert both.paste == {"a": {"one": True, "two": True}}
    assert chart(*found).gate is Gate.FAIL


def test_a_note_beside_what_has_to_be_done_is_a_part_that_the_message_leaves_out() -> None:
    (found,) = grouped([part("one", "a"), part("two", "a"), part("three", "a", severity=Severity.NOTE)])
    assert found.message == "too weak; set one, two"
    assert len(found.parts) == 3


def test_a_single_finding_keeps_its_own_words() -> None:
    (found,) = grouped([part("one", "a")])
    assert found.message == finding().message
    assert not found.parts
    assert found.paste == {"a": {"one": True}}


def test_a_breaking_change_is_one_finding_with_what_each_document_lacks(
    tmp_path: Path, embedded: EmbeddedEngine
) -> None:
    template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: {{ .Values.PATH | quote }}\n"
    for folder, path in (("old", "replicas"), ("new", "replicaCount")):
        files = {
            f"{folder}/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            f"{folder}/values.yaml": f"{path}: 3\n",
            f"{folder}/templates/a.yaml": template.replace("PATH", path),
        }
        write(tmp_path, files)
    report = check_chart(tmp_path / "new", embedded, CheckOptions(baseline=str(tmp_path / "old")))
    (found,) = (one for one in report.findings if "value replicas was" in one.message)
    assert {part.rule for part in found.parts} == {
        "compat/value-renamed",
        "compat/changelog-silent",
        "compat/removed-without-notice",
    }
    assert found.message == (
        "value replicas was probably renamed to replicaCount (no changelog mentions it, it was never marked as"
        " deprecated); set replicaCount instead of replicas"
    )
