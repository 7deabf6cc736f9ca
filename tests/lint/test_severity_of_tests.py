"""What only the values of the chart's own tests cause weighs no more than a note."""

from __future__ import annotations

from pathlib import Path

from helm_constitution.core.model import Severity
from helm_constitution.helm.protocol import HelmEngine
from tests.support import check_chart, write

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": "privileged: false\nimage: web:1.2.3\npath: /data\n",
    "templates/pod.yaml": """
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec:
          containers:
            - name: web
              image: {{ .Values.image }}
              securityContext:
                privileged: {{ .Values.privileged }}
        """,
}


def places(root: Path, engine: HelmEngine, rule: str) -> list[tuple[str | None, int | None, Severity]]:
    report = check_chart(root, engine)
    found = (finding for finding in report.singles if finding.rule == rule)
    return [(one.location.file, one.location.line, one.severity) for one in found]


def test_a_value_of_a_test(tmp_path: Path, engine: HelmEngine) -> None:
    write(tmp_path, {**CHART, "ci/node-values.yaml": "privileged: true\nimage: web:latest\n"})
    assert places(tmp_path, engine, "security/privileged") == [("ci/node-values.yaml", 1, Severity.NOTE)]
    assert places(tmp_path, engine, "security/latest-tag") == [("ci/node-values.yaml", 2, Severity.NOTE)]
    # The template does that, with whatever values.
    assert {severity for *_, severity in places(tmp_path, engine, "security/capabilities")} == {Severity.ERROR}


def test_a_test_that_says_what_values_yaml_says(tmp_path: Path, engine: HelmEngine) -> None:
    values = "privileged: true\nimage: web:latest\n"
    write(tmp_path, {**CHART, "values.yaml": values, "ci/node-values.yaml": values})
    assert places(tmp_path, engine, "security/privileged") == [("values.yaml", 1, Severity.ERROR)]
    assert places(tmp_path, engine, "security/latest-tag") == [("values.yaml", 2, Severity.ERROR)]
