"""A secret in every form and place: no output of a command, and no file that one writes, holds it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from helm_constitution.report import FORMATS
from tests.cli.test_hostile_texts import said
from tests.support import write

CANARY = re.compile(r"kanari\d*", re.IGNORECASE)
VALUES = """
    auth:
      userPassword: kanari01
      api-key: "kanari02
        kanari03: kanari04"
      token: &token |
        kanari05

        kanari06
      secret:
        kanari07
      passphrase: kanari08
        kanari09
      tokens: [kanari10,
        kanari11]
      credentials:
        bob: kanari12
      flow: {password: kanari13, user: me}
      json: '{"password": "kanari14", "nested": {"token": "kanari15"}}'
      escaped: "{\\"password\\": \\"kanari16\\"}"
      file: |
        [db]
        password = kanari17
        DB_PASSWORD="kanari18"
        credentials:
          bob: kanari19
        <password>kanari20</password>
        -----BEGIN PRIVATE KEY-----
        kanari21
        -----END PRIVATE KEY-----
      url: postgres://me:kanari22@db/x
      dsnText: "host=db password=kanari23"
      header: "Authorization: Bearer kanari"
      command: "curl -u me:kanari24 -H 'X-Api-Key: kanari25' a && PGPASSWORD=kanari26 mysql -pkanari27"
      env:
        - name: DB_PASSWORD
          value: kanari28
        - {name: DB_PASSWORD, value: kanari29}
        - name: FILE
          value: '{"password": "kanari30"}'
      args: ["--password", "kanari31", --token=kanari32]
      list:
        - --db-password
        - kanari33
      # password: kanari34
      # credentials:
      #   bob: kanari35
      # Like `token: kanari36` or --token=kanari37.
      extra:
        - kind: Secret
          stringData:
            a: kanari38
    """
TEMPLATE = """
    apiVersion: v1
    kind: Secret
    metadata:
      name: s
    stringData:
      a: kanari40
      b: kanari41{{ .Values.auth.userPassword }}
      c: |
        kanari42
      d: {{ "kanari43" | b64enc }}
    ---
    apiVersion: v1
    kind: Pod
    metadata:
      name: p
      labels: {password: {{ .Values.auth.userPassword | default "kanari44" | quote }}}
      annotations: {{ dict "password" "kanari45" | toJson }}
    spec:
      containers:
        - name: a
          image: a
          args: ["--password", "kanari46"]
          command: {{ .Values.auth.args | toJson }}
          env: {{ .Values.auth.env | toJson }}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: c}
    data:
      password: kanari47
      a: |
        password=kanari48
        {{- .Values.auth.file | nindent 4 }}
    {{ if eq .Values.auth.userPassword "kanari49" }}{{ fail (toJson .Values.auth) }}{{ end }}
    """
README = """
    # web

    | Key | Type | Default | Description |
    |-----|------|---------|-------------|
    | auth.userPassword | string | `kanari50` | The password |
    | auth.tokens | list | `["kanari51"]` | The tokens |

    helm install web --set auth.userPassword=kanari52 --set auth.credentials.bob=kanari53
    """
SCHEMA = """
    {"properties": {"auth": {"properties": {
      "userPassword": {"const": "kanari60"},
      "api-key": {"enum": ["kanari61"]},
      "url": {"type": "integer"},
      "env": {"items": {"properties": {"value": {"maxLength": 2}}}},
      "credentials": {"type": "string"}
    }}}}
    """
FILES = {
    "web/values.yaml": VALUES,
    "web/templates/all.yaml": TEMPLATE,
    "web/templates/NOTES.txt": "password: kanari70{{ .Values.auth.userPassword }}\n",
    "web/README.md": README,
    "web/ci/a-values.yaml": "auth:\n  userPassword: kanari80\n  tokens: [kanari81]\n",
    "given.yaml": "auth:\n  userPassword: kanari82\n  env: [{name: TOKEN, value: kanari83}]\n",
}
GIVEN = ("-f", "given.yaml", "--set", "auth.api-key=kanari84")
CHARTS = {
    "renders": {},
    "schema": {"web/values.schema.json": SCHEMA},
    "fails": {"web/templates/fails.yaml": "{{ fail (toYaml .Values.auth) }}"},
    "wrong type": {"web/templates/fails.yaml": "{{ .Values.auth.userPassword.x }}"},
    "no yaml": {"web/templates/fails.yaml": "kind: Secret\nstringData: {{ toYaml .Values.auth | nindent 0 }}\n"},
    "no values": {"web/values.yaml": "auth:\n  password: 'kanari85\n"},
}
COMMANDS = (
    ("check", "web", "--all", *GIVEN, *(f"--output={form}={form}.out" for form in FORMATS)),
    ("check", "web", "--all", "--baseline", "old", "--scenarios", "full", "--coverage", "coverage.out"),
    ("fix", "web", "--unsafe"),
    ("waivers", "web"),
    ("plan", "plan.md", "web"),
    ("accept", "web"),
    ("fleet", "web", "--results", "results", "--jobs", "1"),
)


@pytest.mark.parametrize("kind", CHARTS)
def test_nothing_shows_a_secret(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {**FILES, "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n", "plan.md": "# Plan\n"})
    shutil.copytree(tmp_path / "web", tmp_path / "old")
    values = tmp_path / "web" / "values.yaml"
    values.write_text(CANARY.sub(r"\g<0>9", values.read_text()))
    write(tmp_path, CHARTS[kind])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    charts = {file for folder in ("web", "old") for file in (tmp_path / folder).rglob("*")}
    for arguments in COMMANDS:
        for text in said((*arguments, "--engine", "embedded"), capsys, monkeypatch):
            assert shown(text) == [], arguments
    for file in set(tmp_path.rglob("*")) - charts:
        if file.is_file() and file.name != "given.yaml":
            assert shown(file.read_bytes().decode("utf-8", "replace")) == [], file


def shown(text: str) -> list[str]:
    """Each secret in a text, with what stands before it."""
    return [text[max(one.start() - 100, 0) : one.end()] for one in CANARY.finditer(text)]
