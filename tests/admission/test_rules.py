"""Policies as rules: where their findings are placed, what they weigh, how they are selected, pinned and left out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from helm_constitution.check.options import CheckOptions
from helm_constitution.cli.main import cli
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.model import Severity, Verdict
from helm_constitution.helm.protocol import HelmEngine
from helm_constitution.report.model import ChartReport
from tests.report.support import commands, steering
from tests.support import check_chart, write

CHART = {
    "Chart.yaml": """
        apiVersion: v2
        name: web
        version: 1.0.0
        """,
    "values.yaml": """
        replicas: 8
        sidecar:
          image: docker.io/sidecar:1
        """,
    "templates/deployment.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          replicas: {{ .Values.replicas }}
          selector:
            matchLabels: {app: web}
          template:
            metadata:
              labels: {app: web}
            spec:
              containers:
                - name: web
                  image: example.com/web:1
                - name: sidecar
                  image: {{ .Values.sidecar.image }}
        """,
}


def policy(name: str, *validations: str, actions: str = "Deny", kind: str = "deployments") -> str:
    demands = "".join(f"\n            - {validation}" for validation in validations)
    return f"""
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata:
          name: {name}
        spec:
          matchConstraints:
            resourceRules:
              - {{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [{kind}]}}
          variables:
            - {{name: containers, expression: object.spec.template.spec.containers}}
          validations:{demands}
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata:
          name: {name}-everywhere
        spec:
          policyName: {name}
          validationActions: [{actions}]
        """


UNREAD = "a ClusterPolicy is not supported; only ValidatingAdmissionPolicy and Kyverno's ValidatingPolicy are"
REPLICAS = policy("few", "{expression: object.spec.replicas <= 5, message: at most 5 replicas}")
IMAGES = policy(
    "images",
    """{expression: "variables.containers.all(c, has(c.image) && c.image.startsWith('example.com/'))", """
    "message: an image of ours}",
)


def checked(root: Path, engine: HelmEngine, **options: object) -> ChartReport:
    wanted = CheckOptions(policies=(root / "policies",), scenarios="defaults")
    return check_chart(root / "web", engine, wanted._replace(**options))  # type: ignore[arg-type]


def found(report: ChartReport) -> list[str]:
    """The findings of policies, with the template's line and the value's."""
    return sorted(
        f"{one.rule} {one.location.file}:{one.location.line} {one.severity.label} {one.message}"
        for one in report.findings
        if one.rule.startswith("policy/") and one.location is not None
    )


def given(root: Path, **policies: str) -> Path:
    write(root / "web", CHART)
    write(root / "policies", {f"{name}.yaml": text for name, text in policies.items()})
    return root


def test_a_denial_is_placed_at_the_line_and_the_value(tmp_path: Path, embedded: HelmEngine) -> None:
    report = checked(given(tmp_path, few=REPLICAS, images=IMAGES), embedded)
    assert found(report) == [
        "policy/few values.yaml:1 error at most 5 replicas",
        "policy/images values.yaml:3 error an image of ours",
    ]
    related = [place.location for one in report.findings if one.rule.startswith("policy/") for place in one.related]
    assert sorted((place.file, place.line) for place in related) == [
        ("templates/deployment.yaml", 6),
        ("templates/deployment.yaml", 17),
    ]


@pytest.mark.parametrize(("actions", "severity"), [("Warn", Severity.WARNING), ("Audit", Severity.NOTE)])
def test_an_action_is_a_severity(tmp_path: Path, embedded: HelmEngine, actions: str, severity: Severity) -> None:
    root = given(tmp_path, few=policy("few", "{expression: object.spec.replicas <= 5}", actions=actions))
    (line,) = found(checked(root, embedded))
    assert line.endswith(f"{severity.label} failed expression: object.spec.replicas <= 5")


def test_rules_of_policies_are_ignored_and_waived(tmp_path: Path, embedded: HelmEngine) -> None:
    root = given(tmp_path, few=REPLICAS, images=IMAGES)
    assert [line.split()[0] for line in found(checked(root, embedded, ignore=("policy/images",)))] == ["policy/few"]
    write(
        root,
        {
            ".helm-constitution.yaml": """
                policies: [policies]
                waivers:
                  - rule: policy/few
                    chart: web
                    why_needed: many users
                    simpler_alternative_rejected_because: one is too slow
                """
        },
    )
    report = checked(root, embedded, policies=())
    waived = {one.rule: one.waived is not None for one in report.findings if one.rule.startswith("policy/")}
    assert waived == {"policy/few": True, "policy/images": False}


def test_a_statement_can_pin_a_policy(tmp_path: Path, embedded: HelmEngine) -> None:
    root = given(tmp_path, few=REPLICAS)
    text = "# Constitution\n\n## Size\n\n- A chart SHOULD stay small. <!-- rules: policy/few -->\n"
    write(root, {"constitution.md": text})
    report = checked(root, embedded, constitution=root / "constitution.md")
    assert [line.split()[2] for line in found(report)] == ["warning"]
    assert [statement.rules for principle in report.principles for statement in principle.statements] == [
        ("policy/few",)
    ]


def test_what_can_not_be_checked_is_named(tmp_path: Path, embedded: HelmEngine) -> None:
    cluster = policy("who", "{expression: request.userInfo.username != ''}")
    other = "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: labels}\n"
    report = checked(given(tmp_path, who=cluster, other=other), embedded)
    notices = [notice for notice in report.notices if "policy/" in notice]
    assert notices == [
        "policy/who is unchecked: reads request.userInfo, which only a cluster has",
        f"policy/labels is unchecked: {UNREAD}",
    ]


def test_an_upgrade_is_an_update_with_the_old_object(tmp_path: Path, embedded: HelmEngine) -> None:
    grows = policy("shrinks", "{expression: oldObject == null || object.spec.replicas <= oldObject.spec.replicas}")
    root = given(tmp_path, shrinks=grows)
    write(root / "old", {**CHART, "values.yaml": CHART["values.yaml"].replace("8", "2")})
    assert found(checked(root, embedded)) == []
    assert len(found(checked(root, embedded, baseline=str(root / "old")))) == 1


def test_commands_know_the_rules_of_policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given(tmp_path, few=REPLICAS)
    monkeypatch.chdir(tmp_path)
    listed = CliRunner().invoke(cli, ["rules", "--policies", "policies"], catch_exceptions=False).stdout
    assert "policy/few                               MUST    Object violates the policy few." in listed
    page = CliRunner().invoke(cli, ["explain", "few", "--policies", "policies"], catch_exceptions=False).stdout
    assert "Fix: at most 5 replicas" in page
    assert "Source: ValidatingAdmissionPolicy few, policies/few.yaml, line 4." in page


def test_the_page_of_a_policy_steers_no_terminal_and_no_runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = """{expression: "true", message: "\\e[31mred\\n::error::x ##vso[task.complete]y\\u202e"}"""
    description = 'annotations: {description: "\\e]0;t\\a ::warning::z"}'
    text = policy("few", told).replace("name: few\n", f"name: few\n          {description}\n", 1)
    given(tmp_path, few=text)
    monkeypatch.chdir(tmp_path)
    for words in (["explain", "few"], ["rules"]):
        page = CliRunner().invoke(cli, [*words, "--policies", "policies"], catch_exceptions=False).stdout
        assert "policy/few" in page
        assert commands(page) == []
        assert steering(page) == []


def test_an_unknown_place_in_the_configuration_is_an_error(tmp_path: Path, embedded: HelmEngine) -> None:
    root = given(tmp_path, few=REPLICAS)
    write(root, {".helm-constitution.yaml": "policies: [none]\n"})
    with pytest.raises(ConfigurationError, match="no such file: none; write its path relative to this file"):
        checked(root, embedded, policies=())


def test_the_pods_of_a_workload_are_placed_in_its_template(tmp_path: Path, embedded: HelmEngine) -> None:
    demand = """{expression: "object.spec.containers.all(c, c.image.startsWith('example.com/'))", message: ours}"""
    named = """{expression: "has(object.metadata.labels) && 'team' in object.metadata.labels", message: a team}"""
    pods = (
        policy("pods", demand, named, kind="pods")
        .replace("[apps]", '[""]')
        .replace(" object.spec.template.spec.", " object.spec.")
    )
    assert found(checked(given(tmp_path, pods=pods), embedded)) == [
        "policy/pods templates/deployment.yaml:11 error a team",
        "policy/pods values.yaml:3 error ours",
    ]


@pytest.mark.parametrize(
    ("operations", "reason"),
    [
        ("UPDATE", "it applies only to updates; use --baseline"),
        ("DELETE", "it is for DELETE alone, which neither an installation nor an upgrade does"),
    ],
)
def test_what_no_request_asks_is_unchecked(tmp_path: Path, embedded: HelmEngine, operations: str, reason: str) -> None:
    report = checked(given(tmp_path, few=REPLICAS.replace("CREATE, UPDATE", operations)), embedded)
    assert found(report) == []
    assert f"policy/few is unchecked: {reason}" in report.notices


@pytest.mark.parametrize(
    ("kind", "demand", "reason"),
    [
        ("deployments", "object.metadata.uid != ''", "reads uid, which only a cluster sets"),
        ("queues", "object.spec.size > 1", "reads size of Queue, which the definition may give a default"),
    ],
)
def test_a_field_that_only_a_cluster_sets_is_unknown(
    tmp_path: Path, embedded: HelmEngine, kind: str, demand: str, reason: str
) -> None:
    text = policy("fields", f'{{expression: "{demand}"}}', kind=kind).replace("[apps]", '["*"]')
    root = given(tmp_path, fields=text)
    write(
        root / "web", {"templates/queue.yaml": "apiVersion: acme.io/v1\nkind: Queue\nmetadata: {name: a}\nspec: {}\n"}
    )
    report = checked(root, embedded)
    assert found(report) == []
    assert f"policy/fields is unchecked: {reason}" in report.notices


def test_a_missing_package_is_one_clear_line(tmp_path: Path) -> None:
    given(tmp_path, few=REPLICAS)
    program = "import sys; sys.modules['cel_expr_python'] = None; from helm_constitution.__main__ import main; main()"
    command = [sys.executable, "-c", program, "check", "web", "--policies", "policies"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    needed = "expressions in CEL need the package cel-expr-python: pip install 'helm-constitution[policies]'"
    assert done.stderr.splitlines() == [f"helm-constitution: error: {needed}"]


def test_the_variable_that_is_false_leads_to_the_field(tmp_path: Path, embedded: HelmEngine) -> None:
    text = policy("named", "{expression: variables.ours, message: an image of ours}")
    ours = """- {name: ours, expression: "variables.containers.all(c, c.image.startsWith('example.com/'))"}"""
    text = text.replace("          validations:", f"            {ours}\n          validations:", 1)
    assert found(checked(given(tmp_path, named=text), embedded)) == [
        "policy/named values.yaml:3 error an image of ours"
    ]


@pytest.mark.parametrize(
    "unmatched",
    [
        REPLICAS.replace("resources: [deployments]", "resources: [statefulsets]"),
        REPLICAS.replace(
            "  validations:", "  matchConditions: [{name: other, expression: 'false'}]\n          validations:"
        ),
    ],
)
def test_a_policy_for_none_of_the_objects_is_not_kept_but_not_applicable(
    tmp_path: Path, embedded: HelmEngine, unmatched: str
) -> None:
    root = given(tmp_path, few=unmatched)
    (root / "c.md").write_text("# C\n\n## Few\n\nReplicas MUST be few. <!-- rules: policy/few -->\n", "utf-8")
    report = checked(root, embedded, constitution=root / "c.md")
    assert found(report) == []
    assert [statement.verdict for part in report.principles for statement in part.statements] == [
        Verdict.NOT_APPLICABLE
    ]
