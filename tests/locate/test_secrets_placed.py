"""A secret is told at its own line: in a block, in the value that a block prints, in the template that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.model import Severity
from helm_constitution.helm.embedded import EmbeddedEngine
from tests.support import check_chart, write

CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n"
SECRET = "s3cr3tPassw0rd"


def told(folder: Path, engine: EmbeddedEngine, files: dict[str, str], rule: str) -> list[tuple[str, Severity]]:
    write(folder, {"Chart.yaml": CHART, **files})
    others = ("security/secret-in-values", "security/secret-in-template")  # which tell it first
    options = CheckOptions(ignore=tuple(other for other in others if other != rule))
    return [
        (f"{one.location.file}:{one.location.line}", one.severity)
        for one in check_chart(folder, engine, options).singles
        if one.rule == rule
    ]


@pytest.mark.parametrize(
    ("template", "values", "place"),
    [
        (f"  a.conf: |\n    user: x\n\n    password: {SECRET}\n    z: 1\n", "", "templates/a.yaml:8"),
        (f"  a.conf: |-\n    user={{{{ .Values.user }}}}\n    password={SECRET}\n", "user: x\n", "templates/a.yaml:7"),
        ("  a.conf: |\n{{ .Values.conf | indent 4 }}\n", f"conf: |\n  u: x\n  password: {SECRET}\n", "values.yaml:3"),
        ("  a.conf: |\n    {{- .Values.conf | nindent 4 }}\n", f"conf: |\n  password: {SECRET}\n", "values.yaml:2"),
        (
            "  a.conf: |\n    password: {{ .Values.password }}\n    user: x\n",
            f"user: x\npassword: {SECRET}\n",
            "values.yaml:2",
        ),
        (f"  a: |\n    x: 1\n  b.conf: |\n    u: x\n    password: {SECRET}\n", "", "templates/a.yaml:9"),
    ],
)
def test_the_line_of_the_block(
    tmp_path: Path, embedded: EmbeddedEngine, template: str, values: str, place: str
) -> None:
    files = {"templates/a.yaml": CONFIG + template, "values.yaml": values}
    assert told(tmp_path, embedded, files, "security/secret-in-configmap") == [(place, Severity.ERROR)]


def test_the_values_file_s_own_block(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    files = {"values.yaml": f"a: 1\nconf: |\n  # comment\n  user: x\n  password: {SECRET}\n"}
    assert told(tmp_path, embedded, files, "security/secret-in-values") == [("values.yaml:5", Severity.ERROR)]


POD = """apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
    - name: a
      image: a:1
      env:
        - name: DB_PASSWORD
          value: {{ .Values.password | quote }}
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
"""


def test_a_dummy_of_the_chart_s_tests_leads_to_the_template_that_shows_it(
    tmp_path: Path, embedded: EmbeddedEngine
) -> None:
    files = {
        "templates/a.yaml": POD,
        "values.yaml": 'password: ""\nextraEnv: []\n',
        "ci/a-values.yaml": f"password: {SECRET}\n",
    }
    assert told(tmp_path, embedded, files, "security/secret-in-env") == [("templates/a.yaml:10", Severity.ERROR)]


def test_what_the_tests_write_as_a_whole_is_theirs(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    files = {
        "templates/a.yaml": POD,
        "values.yaml": 'password: ""\nextraEnv: []\n',
        "ci/a-values.yaml": f"extraEnv:\n  - name: API_TOKEN\n    value: {SECRET}\n",
    }
    assert told(tmp_path, embedded, files, "security/secret-in-env") == [("ci/a-values.yaml:3", Severity.NOTE)]


def test_a_secret_in_values_yaml_stays_there(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    files = {"templates/a.yaml": POD, "values.yaml": f"password: {SECRET}\nextraEnv: []\n"}
    assert told(tmp_path, embedded, files, "security/secret-in-env") == [("values.yaml:1", Severity.ERROR)]
