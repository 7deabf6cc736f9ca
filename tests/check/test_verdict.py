"""One verdict: what statements, principles and charts are said to be, and that the gate says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.check.verdict import findings_verdict
from helm_constitution.core.model import Debt, Gate, Severity, Verdict
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.report.model import ChartReport, StatementReport
from tests.report.support import WAIVED, finding
from tests.support import check_chart, write

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  used: {{ .Values.used | quote }}\n"
CHART = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/values.yaml": "used: 1\n",
    "web/templates/config.yaml": CONFIG_MAP,
}


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ((Verdict.PASS, Verdict.UNCHECKED), Verdict.UNCHECKED),
        ((Verdict.PASS, Verdict.NOT_APPLICABLE), Verdict.PASS),
        ((Verdict.NOT_APPLICABLE, Verdict.NOT_APPLICABLE), Verdict.NOT_APPLICABLE),
        ((Verdict.NOT_APPLICABLE, Verdict.UNCHECKED), Verdict.UNCHECKED),
        ((Verdict.UNCHECKED, Verdict.WARN), Verdict.WARN),
        ((Verdict.WARN, Verdict.WAIVED), Verdict.WAIVED),
        ((Verdict.DEBT, Verdict.WAIVED, Verdict.UNCHECKED), Verdict.DEBT),
        ((Verdict.DEBT, Verdict.FAIL), Verdict.FAIL),
        ((Verdict.ERROR, Verdict.FAIL), Verdict.ERROR),
        ((), Verdict.UNCHECKED),
    ],
)
def test_the_worst_part_wins_and_nothing_is_hidden(parts: tuple[Verdict, ...], whole: Verdict) -> None:
    assert Verdict.of_parts(parts, empty=Verdict.UNCHECKED) is whole


@pytest.mark.parametrize(
    ("changes", "limit", "verdict"),
    [
        ({}, Severity.ERROR, Verdict.FAIL),
        ({}, None, Verdict.FAIL),
        ({"severity": Severity.WARNING}, Severity.ERROR, Verdict.WARN),
        ({"severity": Severity.WARNING}, Severity.WARNING, Verdict.FAIL),
        ({"severity": Severity.NOTE}, Severity.ERROR, None),
        ({"severity": Severity.NOTE}, Severity.NOTE, Verdict.FAIL),
        ({"waived": WAIVED}, Severity.ERROR, Verdict.WAIVED),
        ({"debt": Debt("2026-01-01")}, Severity.ERROR, Verdict.DEBT),
    ],
)
def test_findings_make_the_verdict_that_the_gate_has(
    changes: dict[str, object], limit: Severity | None, verdict: Verdict | None
) -> None:
    assert findings_verdict([finding()._replace(**changes)], limit) is verdict  # type: ignore[arg-type]
    assert findings_verdict([], limit) is None


def checked(root: Path, engine: EmbeddedEngine, statements: str, files: dict[str, str]) -> ChartReport:
    write(root, {"c.md": f"# C\n\n## Rules\n\n{statements}\n", **CHART, **files})
    return check_chart(root / "web", engine, CheckOptions(constitution=root / "c.md", cache=False))


def only(report: ChartReport) -> StatementReport:
    (statement,) = report.principles[0].statements
    return statement


def test_warnings_alone_warn_and_the_gate_passes(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    report = checked(tmp_path, embedded, "A chart SHOULD have a README. <!-- rules: docs/no-readme -->", {})
    assert (report.verdict, report.gate, report.status) == (Verdict.WARN, Gate.PASS, 0)
    assert report.principles[0].evidence == "docs/no-readme: 1 warning"


def test_a_failure_that_no_statement_demands_is_the_charts_verdict(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    pinned = "Values MUST be used. <!-- rules: values/unused -->"
    listed = "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: b_ad}\n"
    report = checked(tmp_path, embedded, pinned, {"web/templates/list.yaml": listed})
    assert only(report).verdict is Verdict.PASS
    (found,) = report.findings
    assert (found.rule, found.location.file, found.location.line) == ("testing/lint-error", "templates/list.yaml", 6)
    assert found.message == (
        'the API server rejects the ConfigMap name "b_ad"; use lower-case letters, digits, hyphens and dots'
    )
    assert (report.verdict, report.gate) == (Verdict.FAIL, Gate.FAIL)


def test_what_the_chart_has_nothing_of_is_not_applicable(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    report = checked(tmp_path, embedded, "Overlays MUST be used. <!-- rules: portability/overlay-no-effect -->", {})
    assert only(report).verdict is Verdict.NOT_APPLICABLE
    assert only(report).reason == "the chart has no platforms/*.yaml (portability/overlay-no-effect)"
    assert report.principles[0].evidence == "the chart has nothing of this kind"
    assert (report.verdict, report.gate) == (Verdict.NOT_APPLICABLE, Gate.PASS)


def test_what_is_not_applicable_does_not_hide_what_was_checked(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    both = "Values MUST be used. <!-- rules: values/unused, portability/overlay-no-effect -->"
    apart = "Overlays MUST be used. <!-- rules: portability/overlay-no-effect -->"
    report = checked(tmp_path, embedded, f"{both}\n\n{apart}", {})
    assert [one.verdict for one in report.principles[0].statements] == [Verdict.PASS, Verdict.NOT_APPLICABLE]
    assert (report.principles[0].verdict, report.verdict) == (Verdict.PASS, Verdict.PASS)


def test_what_is_unchecked_is_not_hidden_by_what_passes(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    both = "Values MUST be used and kept. <!-- rules: values/unused, compat/value-removed -->"
    report = checked(tmp_path, embedded, both, {})
    assert only(report).verdict is Verdict.UNCHECKED
    assert "compat/value-removed" in (only(report).reason or "")
    assert (report.principles[0].verdict, report.gate) == (Verdict.UNCHECKED, Gate.PASS)


def test_a_chart_without_containers_has_none_that_are_right(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    pinned = "Containers MUST NOT run as root. <!-- rules: security/root-user -->"
    report = checked(tmp_path, embedded, pinned, {})
    assert only(report).verdict is Verdict.NOT_APPLICABLE
    assert only(report).reason == "the chart renders no containers (security/root-user)"


def test_rules_on_templates_are_unchecked_for_one_that_cant_be_parsed(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    rules = "values/unused, values/undefined, values/key-style"
    files = {
        "web/values.yaml": "neverRead: 1\nBad-Key: 2\nused: 3\n",
        "web/templates/bad.yaml": "{{ if }}\n",
        "web/templates/more.yaml": CONFIG_MAP.replace("name: web", "name: {{ .Values.missing.name }}"),
    }
    report = checked(tmp_path, embedded, f"Values MUST be good. <!-- rules: {rules} -->", files)
    assert only(report).reason == f"templates/bad.yaml cannot be parsed ({rules})"
    assert [one.rule for one in report.findings if one.principle == "values"] == ["values/undefined"]
    assert (only(report).verdict, report.gate) == (Verdict.FAIL, Gate.ERROR)


SERVICE = """
    apiVersion: v1
    kind: Service
    metadata:
      name: web
    spec:
      selector: {app: web}
      ports: [{port: 80}]
    """
DEPLOYMENT = """
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
    spec:
      template:
        metadata:
          labels: {app: web}
        spec:
          containers: [{name: web, image: a:1
    """


def test_what_a_broken_document_may_hold_is_not_missing(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    pinned = "References MUST be resolved. <!-- rules: helm/dangling-service -->"
    files = {"web/templates/service.yaml": SERVICE, "web/templates/deployment.yaml": DEPLOYMENT}
    report = checked(tmp_path, embedded, pinned, files)
    assert [one for one in report.findings if one.rule == "helm/dangling-service"] == []
    assert only(report).verdict is Verdict.UNCHECKED
    assert "templates/deployment.yaml does not render to valid YAML" in str(only(report).reason)
    whole = {**files, "web/templates/deployment.yaml": "# none\n"}
    assert "helm/dangling-service" in {one.rule for one in checked(tmp_path, embedded, pinned, whole).findings}


def test_a_statement_names_what_its_rules_leave_open(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    text = "Containers MUST have a readiness probe and start in 10 seconds."
    assert only(checked(tmp_path, embedded, text, {})).open == ("start in 10 seconds",)


def test_what_is_not_understood_is_in_the_report(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    text = "Values MUST be used. <!-- rules: values/unused -->\n\nContainer dürfen nicht als root laufen."
    report = checked(tmp_path, embedded, text, {})
    assert report.constitution is not None
    assert [one.line for one in report.constitution.not_understood] == [7]


def test_accepted_findings_are_debt_whatever_is_unchecked_beside(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    text = "A chart MUST have a README. <!-- rules: docs/no-readme -->\n\nIt MUST be liked. <!-- rules: -->"
    report = checked(tmp_path, embedded, text, {})
    debt = "\n".join(
        f"    - rule: {one.rule}\n      message: x\n      since: '2026-01-01'\n      fingerprint: {one.fingerprint}"
        for one in report.findings
    )
    write(tmp_path, {"web/.helm-constitution-debt.yaml": f"version: 1\ncharts:\n  .:\n{debt}\n"})
    report = checked(tmp_path, embedded, text, {})
    assert (report.verdict, report.gate) == (Verdict.DEBT, Gate.PASS)


STOPPING = '''
from helm_constitution.api import MUST, RuleModule, Subject, rule
from helm_constitution.core.errors import ChartError


@rule("own/reads", default=MUST)
def reads(subject: Subject):
    """It can't read a file."""
    raise ChartError("can't be read: no permission", file="README.md")


@rule("own/reads-too", default=MUST)
def reads_too(subject: Subject):
    """It can't read it either."""
    raise ChartError("can't be read: no permission", file="README.md")


@rule("own/crashes", default=MUST)
def crashes(subject: Subject):
    """It has a bug."""
    raise KeyError("a")


MODULE = RuleModule("own", "Own", (), (reads, reads_too, crashes))
'''


def test_only_a_rule_with_a_bug_is_said_to_crash(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    statement = "It MUST be. <!-- rules: own/reads, own/reads-too, own/crashes -->"
    write(tmp_path, {"c.md": f"# C\n\n## Rules\n\n{statement}\n", **CHART, "rules/own.py": STOPPING})
    options = CheckOptions(constitution=tmp_path / "c.md", rules=(tmp_path / "rules",), cache=False)
    report = check_chart(tmp_path / "web", embedded, options)
    assert only(report).reason == "can't be read: no permission; own/crashes crashed"
    assert report.verdict is Verdict.ERROR
    assert sorted(str(trouble.file) for trouble in report.troubles) == ["None", "README.md"]
