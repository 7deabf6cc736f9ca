"""Values that are right although they look like a placeholder, a secret, or like something that nobody reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.helm.protocol import HelmEngine
from helm_constitution.rules.observability.logging import _sets_logging
from helm_constitution.rules.security import secrets, secrets_in_templates, settings
from helm_constitution.rules.security.credentials import assignments, is_credential
from helm_constitution.rules.values_first import comments, usage
from tests.rules.support import chart_of, checked, found, subject_of
from tests.support import check_chart, write


def test_of_two_placeholders_the_one_that_is_read(tmp_path: Path, engine: HelmEngine) -> None:
    write(
        tmp_path,
        {
            "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "values.yaml": "unused:\n  key: changeme\nsalt: changeme\n",
            "templates/c.yaml": """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: "{{ .Release.Name }}"}
                data: {x: "{{ .Values.salt }}"}
                """,
        },
    )
    report = check_chart(tmp_path, engine)
    told = [one for one in report.singles if one.rule == "disclosure/placeholder-accepted"]
    assert [(one.location.line, one.related[0].location.file) for one in told] == [(3, "templates/c.yaml")]


@pytest.mark.parametrize(
    "text", ["MISSING", "missing-api-key", "not provided", "NOT_FOUND", "unconfigured", "please-set", "must-be-set"]
)
def test_a_default_that_says_that_there_is_none(text: str) -> None:
    template = f'kind: Secret\nstringData: {{key: {{{{ default "{text}" .Values.apiKey }}}}}}\n'
    assert found(secrets_in_templates.secret_in_template, {"templates/x.yaml": template}) == []


def test_a_default_that_is_a_key() -> None:
    template = 'kind: Secret\nstringData: {key: {{ default "k3y-of-ours" .Values.apiKey }}}\n'
    assert len(found(secrets_in_templates.secret_in_template, {"templates/x.yaml": template})) == 1


@pytest.mark.parametrize("value", ["memory", "sqlite", "file:web.db", "host=db dbname=web"])
@pytest.mark.parametrize("name", ["dsn", "DATABASE_DSN", "connectionString"])
def test_a_connection_without_a_credential(name: str, value: str) -> None:
    assert found(secrets.secret_in_values, {"values.yaml": f"{name}: {value}\n"}) == []


@pytest.mark.parametrize(
    "value", ["host=db;Password=hunter2", "root:hunter2@tcp(db)/web", "AccountKey=aGVsbG8tdGhlcmU"]
)
def test_a_connection_with_a_credential(value: str) -> None:
    assert is_credential("dsn", value)


@pytest.mark.parametrize(
    "text",
    [
        'split(line, token="comma")',
        "rows = parse(text, token='comma', strict=True)",
        'f(api_key="header")',
        'tokenize(\n    token="comma",\n)',
        'parse(line, password="passwd_field")',
        "read_columns(rows, password='PASSWORD_COLUMN', user='u')",
    ],
)
def test_a_keyword_argument_of_a_program(text: str) -> None:
    assert list(assignments(text)) == []


@pytest.mark.parametrize(
    "text", ['connect(password="hunter2")', 'f(api_key="x9K2mQ7pL4vB8nR3")', 'token="comma"', "token: comma"]
)
def test_a_secret_all_the_same(text: str) -> None:
    assert len(list(assignments(text))) == 1


@pytest.mark.parametrize("key", ["$schema", "$id", "$comment"])
def test_keys_for_editors(key: str) -> None:
    files = {"values.yaml": f"{key}: ./values.schema.json\n", "templates/x.yaml": "kind: A\n"}
    assert found(usage.unused, files) == []
    assert found(comments.undocumented, files) == []


MERGING = [
    '{{ $_ := set . "Values" (mergeOverwrite .Values $defaults) }}',
    '{{- $_ := set $ "Values" $merged -}}',
    "{{ $values := mustMergeOverwrite (deepCopy .Values) $.common }}",
    "{{- $_ := merge .Values (dict) }}",
]


@pytest.mark.parametrize("text", MERGING)
def test_a_library_that_merges_its_own_values(text: str) -> None:
    library = chart_of(
        {
            "Chart.yaml": "apiVersion: v2\nname: common\nversion: 1.0.0\ntype: library\n",
            "values.yaml": "persistence: {data: {}}\n",
            "templates/_x.tpl": f'{{{{ define "common.init" }}}}{text}{{{{ end }}}}',
        }
    )
    files = {"values.yaml": "a: 1\n", "templates/x.yaml": "{{ .Values.persistence.data }}\n{{ .Values.other }}\n"}
    subject = subject_of(usage.undefined, checked(chart_of(files, subcharts={"common": library})))
    assert [str(one).count("other") > 0 for one in usage.undefined.check(subject)] == [True]


@pytest.mark.parametrize(
    ("path", "sets"),
    [
        (("args",), True),
        (("server", "extraEnv"), True),
        (("config", "logLevel"), True),
        (("lifecycle", "preStop", "exec", "command"), False),
        (("livenessProbe", "exec", "command"), False),
        (("tests", "env"), False),
        (("initContainer", "args"), False),
    ],
)
def test_what_may_set_the_logs(path: tuple[str, ...], sets: bool) -> None:
    assert _sets_logging(path) is sets


@pytest.mark.parametrize(
    ("values", "quiet"),
    [
        ("podSecurityContext:\n  enabled: false\n", True),
        ("web:\n  containerSecurityContext: {enabled: false}\n", True),
        ("podSecurityContext:\n  enabled: false\n  fsGroup: 1001\n", False),
        ("auth:\n  enabled: false\n", False),
    ],
)
def test_a_security_context_of_nothing_can_be_off(values: str, quiet: bool) -> None:
    assert (found(settings.security_off, {"values.yaml": values}) == []) is quiet


ENVIRONMENT = """
    apiVersion: v1
    kind: Pod
    metadata: {name: a}
    spec:
      containers:
        - name: web
          image: web:1
          env:
            - name: A
              valueFrom: {secretKeyRef: {name: "{{ NAME }}", key: a}}
    """


@pytest.mark.parametrize(
    ("values", "name", "quiet"),
    [
        ("existingSecret: team-secret\n", ".Values.existingSecret", True),
        ("db:\n  auth: {existingSecretName: team-secret}\n", ".Values.db.auth.existingSecretName", True),
        ("secretName: team-secret\n", ".Values.secretName", False),
    ],
)
def test_what_values_call_existing_is_there(
    tmp_path: Path, engine: HelmEngine, values: str, name: str, quiet: bool
) -> None:
    chart = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
    write(tmp_path, {"Chart.yaml": chart, "values.yaml": values, "templates/a.yaml": ENVIRONMENT.replace("NAME", name)})
    told = [one for one in check_chart(tmp_path, engine).singles if one.rule == "helm/dangling-secret-ref"]
    assert (told == []) is quiet
