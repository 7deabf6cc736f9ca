"""Secrets in values, templates, ConfigMaps and environments. Token texts are put together here, so that no scanner
takes this file for a leak."""

from __future__ import annotations

import base64

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.core.model import RuleSetting, Severity
from helm_constitution.lint import registry
from helm_constitution.lint.runner import run_rule
from helm_constitution.rules.security import credential_forms, secrets_in_templates
from helm_constitution.rules.security import credentials as c
from helm_constitution.rules.security import secrets as s
from helm_constitution.rules.security.credentials import Telling
from tests.rules.secret_strings import HARMLESS, SECRETS
from tests.rules.support import chart_of, checked, fields, found, judge
from tests.support import findings_of

MIXED = "9fK2mQ7xT4bL8sW1vR6nC3jH5dG0pZyAeUqX"  # no token: letters and digits to build some from
PRIVATE_KEY = f"-----BEGIN {'RSA '}PRIVATE KEY-----\n{MIXED + MIXED}\n-----END {'RSA '}PRIVATE KEY-----\n"
TOKENS = {
    "an AWS access key": "AKIA" + "Q7X2M9T4B8L1S6WR",
    "a GitHub token": "ghp" + "_" + MIXED,
    "a GitLab token": "glpat" + "-" + MIXED[:20],
    "a Slack token": "xoxb" + "-" + "1234567890-" + MIXED[:12],
    "a Slack webhook": "https://hooks.slack.com" + "/services/T0A1B2C3D/B0A1B2C3D/" + MIXED[:24],
    "a Google API key": "AIza" + MIXED[:35],
    "a Stripe key": "sk" + "_live_" + MIXED[:24],
    "an npm token": "npm" + "_" + MIXED,
    "a SendGrid key": "SG" + "." + MIXED[:22] + "." + (MIXED + MIXED)[:43],
    "a Vault token": "hvs" + "." + MIXED,
    "a Docker Hub token": "dckr" + "_pat_" + MIXED[:27],
    "an Azure storage key": "AccountName=x;Account" + "Key=" + MIXED + MIXED + "==",
    "a JSON web token": "eyJ" + MIXED[:20] + "." + "eyJ" + MIXED[:20] + "." + MIXED,
    "a private key": PRIVATE_KEY,
    "a URL with a password": "postgres://web:" + "tr0ub4dor" + "@db:5432/web",
}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("password", Telling.PASSWORD),
        ("adminPassword", Telling.PASSWORD),
        ("DB_PASSWORD", Telling.PASSWORD),
        ("rootpassword", Telling.PASSWORD),
        ("redis.pass", Telling.PASSWORD),
        ("token", Telling.KEY),
        ("GITHUB_TOKEN", Telling.KEY),
        ("apiKey", Telling.KEY),
        ("APIKey", Telling.KEY),
        ("OPENAI_API_KEY", Telling.KEY),
        ("privateKey", Telling.KEY),
        ("aws_secret_access_key", Telling.KEY),
        ("AWS_SECRET_KEY", Telling.KEY),
        ("clientSecret", Telling.KEY),
        ("connectionString", Telling.KEY),
        ("secret", Telling.REFERENCE),
        ("tlsSecret", Telling.REFERENCE),
        ("credentials", Telling.REFERENCE),
        ("encryptionSalt", Telling.WEAK),
        ("passwordFile", None),
        ("password_path", None),
        ("passwordKey", Telling.WEAK),
        ("existingSecret", None),
        ("existingSecretPasswordKey", None),
        ("secretName", None),
        ("tokenTTL", None),
        ("automountServiceAccountToken", None),
        ("createSecret", None),
        ("passwordLength", None),
        ("proxy_pass", None),
        ("publicKey", None),
        ("compass", None),
        ("tokenize", None),
        ("secretary", None),
        ("", None),
    ],
)
def test_what_a_name_tells(name: str, kind: Telling | None) -> None:
    assert c.telling(name) is kind


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "hunter2"),
        ("password", "admin"),
        ("password", "123456"),
        ("password", "top-secret"),
        ("password", "super-secret-password"),
        ("password", "correct-horse-battery-staple"),
        ("DB_PASSWORD", "P@ssw0rd"),
        ("password", base64.b64encode(b"hunter2-hunter2").decode()),
        ("apiKey", "3c5f9a"),
        ("token", MIXED),
        ("clientSecret", "wonderland"),
        ("secret", MIXED),
        ("secretKey", MIXED),
        ("encryptionKey", "0123456789abcdef"),
        ("salt", MIXED),
    ],
)
def test_credentials(name: str, value: str) -> None:
    assert c.is_credential(name, value)


@pytest.mark.parametrize("name", ["password", "token", "apiKey", "secret"])
@pytest.mark.parametrize(
    "value",
    [
        "",
        "  ",
        "changeme",
        "CHANGE-ME",
        "please-change-me",
        "changeit",
        "replace_with_real",
        "your-token",
        "yourToken",
        "my-password",
        "<token>",
        "[password]",
        "xxxxxx",
        "********",
        "...",
        "TODO",
        "placeholder",
        "example",
        "not-set",
        "required",
        "auto-generated",
        "{{ .Values.password }}",
        "${PASSWORD}",
        "$(cat /run/secrets/x)",
        "$PASSWORD",
        "%PASSWORD%",
        "vault:secret/data/web#password",
        "/run/secrets/password",
        "./password",
        "secrets/password.txt",
        "password.txt",
        "tls.key",
        "https://vault.internal/v1/secret",
        "arn:aws:secretsmanager:eu-west-1:1:secret:x",
        "admin-password",
        "REDIS_PASSWORD",
        "postgresPassword",
        "Y2hhbmdlbWU=",
        "The password of the administrator",
    ],
)
def test_what_is_no_credential(name: str, value: str) -> None:
    assert not c.is_credential(name, value)


@pytest.mark.parametrize("value", ["30s", "1h", "10", "3600", "1.5"])
def test_numbers_and_durations_are_no_tokens(value: str) -> None:
    assert not c.is_credential("token", value)


@pytest.mark.parametrize("value", ["web-tls", "regcred", "my-app-secret", "web-7f9d8c6b5d", "docker-registry"])
def test_names_of_secrets_are_no_secrets(value: str) -> None:
    assert not c.is_credential("secret", value)
    assert not c.is_credential("imagePullSecret", value)


@pytest.mark.parametrize(("what", "token"), TOKENS.items())
def test_known_tokens_are_found_wherever_they_stand(what: str, token: str) -> None:
    assert [each.what for each in credential_forms.known_tokens(f"some text\nkey: {token}\nmore\n")] == [what]


def test_known_tokens_behind_base64() -> None:
    text = base64.b64encode(f"token = {TOKENS['a GitHub token']}\n".encode()).decode()
    assert [each.what for each in credential_forms.known_tokens(text)] == ["a GitHub token in base64"]


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "ghp" + "_" + "x" * 36,
        "glpat" + "-" + "0" * 20,
        "-----BEGIN " + "PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "-----BEGIN " + "CERTIFICATE-----\n" + MIXED + MIXED,
        "postgres://user:" + "password@localhost/db",
        "https://name:" + "$TOKEN@example.org",
        "amqp://web:" + "{{ .Values.password }}@mq",
        "https://example.org:8080/@scope/package",
        "git@github.com:acme/web.git",
        "http://web:8080/path@2x.png",
    ],
)
def test_examples_and_near_misses_are_no_tokens(text: str) -> None:
    assert list(credential_forms.known_tokens(text)) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("db.password=hunter2", ["db.password"]),
        ("password: hunter2", ["password"]),
        ('"password": "hunter2",', ["password"]),
        ("  - password: 'hunter2'", ["password"]),
        ("export DB_PASSWORD=hunter2", ["DB_PASSWORD"]),
        ("run --password=hunter2 --user=web", ["password"]),
        ("host=db password=hunter2 sslmode=require", ["password"]),
        ("# password: hunter2", []),
        ("// password = 'hunter2'", []),
        ("password: {{ .Values.password }}", []),
        ("password=$1", []),
        ("password = read_password()", []),
        ("PASSWORD=$(cat /x)", []),
        ("if password == 'hunter2':", []),
        ('kube_secret_info{token=~"hunter2"}', []),
        ("password_file: /run/secrets/x", []),
        ("proxy_pass http://backend;", []),
        ("password:", []),
        ("token: token", []),
        ("web --db-password hunter2 --user web", ["db-password"]),
        ("redis-server --requirepass 'hunter2'", ["requirepass"]),
        ("web --token-ttl 30s --password-file hunter2", []),
        ("web --password --user hunter2", []),
        ("<password>hunter2</password>", ["password"]),
        ('<property name="db.password" value="hunter2"/>', ["db.password"]),
        ("<passwordFile>hunter2</passwordFile>", []),
    ],
)
def test_assignments(text: str, names: list[str]) -> None:
    assert [each.name for each in c.assignments(text)] == names


@pytest.mark.parametrize("before", [*range(3570, 3630, 3), 4_000, 100_000])
def test_an_assignment_far_behind_in_a_long_line_is_found_once(before: int) -> None:
    text = f'{"x" * before} password: "{MIXED[:12]}", {"y" * 5_000}'
    (one,) = c.assignments(text)
    assert (one.start, one.value) == (before + 12, MIXED[:12])


def test_an_assignment_knows_its_place() -> None:
    text = "a: 1\npassword: hunter2\n"
    [each] = c.assignments(text)
    assert text[each.start : each.end] == each.value == "hunter2"


@given(st.text())
def test_any_text_can_be_searched(text: str) -> None:
    for search in (c.assignments, credential_forms.known_tokens):
        for each in search(text):
            assert 0 <= each.start < each.end <= len(text)
    assert isinstance(c.is_credential("password", text), bool)


# --- values ---------------------------------------------------------------------------------------------------------


def in_values(text: str, file: str = "values.yaml") -> list[str]:
    return found(s.secret_in_values, {file: text})


def test_secret_in_values() -> None:
    assert in_values("auth:\n  password: hunter2-and-more\n") == [
        (
            "values.yaml:2 password is set to the plain-text credential 'hun…';"
            " leave it empty and read it from a Secret that the user references"
        )
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("env:\n  - name: DB_PASSWORD\n    value: hunter2\n", [3]),
        ("env:\n  DB_PASSWORD: hunter2\n", [2]),
        ("passwords: [a]\ntokens:\n  - hunter2\n", []),
        ("users:\n  - {user: a, password: hunter2}\n", [2]),
        ("config: |\n  [db]\n  password = hunter2\n", [1]),
        ("auth:\n  existingSecret: hunter2x\n  secretKeys:\n    password: hunter2\n", []),
        ("env:\n  - name: A\n    valueFrom: {secretKeyRef: {name: a, key: hunter2, password: hunter2}}\n", []),
        ("annotations: {password: hunter2}\n", []),
        ("storeSecretName: ''\nstoreSecretKey: store-file\n", []),
        ("storeSecretKey: hunter2\n", [1]),
        ("password: ''\n", []),
        ("password:\n", []),
        ("token: true\n", []),
        ("password: 123456\n", [1]),
        ("token: 123456\n", []),
        ("password:\n  value: hunter2\n", [2]),
        ("password:\n  secretName: hunter2\n  key: hunter2\n", []),
        ("passwords:\n  web: hunter2\n  enabled: true\n", [2]),
        ("passwords:\n  - hunter2\n", [2]),
        (f"tokens:\n  web: {MIXED}\n  issuer: web\n", [2]),
        ("password1: hunter2\npasswordValue: hunter2\ntoken_b64: hunter2\nsecretKeyBase: hunter2\n", [1, 2, 3, 4]),
        ("javaOpts: -Xmx1g -Ddb.password=hunter2\n", [1]),
        ("args: [web --db-password hunter2, --password=hunter2]\n", [1, 1]),
        ('config: \'{"db": {"password": "hunter2"}}\'\n', [1]),
        (f"extra: {TOKENS['a GitHub token']}\n", [1]),
        (f"tls:\n  cert: x\n  ca: {TOKENS['an AWS access key']}\n", [3]),
    ],
)
def test_values(text: str, lines: list[int]) -> None:
    assert [int(message.partition(" ")[0].partition(":")[2]) for message in in_values(text)] == lines


def test_a_password_that_is_its_own_name() -> None:
    advice = "leave it empty and read it from a Secret that the user references"
    assert in_values("password: password\n") == [
        f"values.yaml:1 value is set to the plain-text credential 'pas…'; {advice}"
    ]
    assert in_values("rootToken: root\n") == [
        f"values.yaml:1 rootToken is set to the plain-text credential 'ro…'; {advice}"
    ]


def test_no_message_holds_a_secret() -> None:
    text = "".join(f"key{index}: {token!r}\n" for index, token in enumerate(TOKENS.values()))
    messages = in_values(text.replace("\\n", "\n\n"))
    assert messages
    for token in TOKENS.values():
        assert all(token[4:12] not in message for message in messages)


@pytest.mark.parametrize("file", ["platforms/aws.yaml", "values-production.yaml", "values.prod.yml"])
def test_other_values_files_are_read(file: str) -> None:
    assert in_values("password: hunter2\n", file)[0].startswith(
        f"{file}:1 password is set to the plain-text credential 'hu…'"
    )


def test_inputs_of_ci_scenarios_are_no_secrets_but_tokens_in_them_are() -> None:
    assert in_values("password: hunter2\n", "ci/x-values.yaml") == []
    files = {"ci/x-values.yaml": f"a: {TOKENS['a GitHub token']}\n"}
    assert found(secrets_in_templates.secret_in_template, files) == [
        "ci/x-values.yaml:1 chart file contains what looks like a GitHub token; remove it from the chart and rotate it"
    ]


def test_a_values_file_that_is_not_yaml_is_another_rule_s() -> None:
    assert in_values("a: [\n", "platforms/aws.yaml") == []


# --- templates ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stringData:\n  password: hunter2\n", "2 template contains password in plain text"),
        ('stringData:\n  password: {{ "hunter2" | quote }}\n', "2 template sets password from a literal"),
        ('data:\n  password: {{ b64enc "hunter2" }}\n', "2 template sets password from a literal"),
        ('a: {{ .Values.auth.password | default "hunter2" }}\n', "1 template sets password from a literal"),
        ('a: {{ default "hunter2" .Values.auth.password }}\n', "1 template sets password from a literal"),
        ('{{- $password := "hunter2" }}\n', "1 template sets password from a literal"),
        ("env:\n  - name: DB_PASSWORD\n    value: hunter2\n", "3 template contains DB_PASSWORD in plain text"),
        (f"a: {TOKENS['a GitHub token']}\n", "1 template contains what looks like a GitHub token"),
        (f'a: {{{{ "{TOKENS["a GitLab token"]}" }}}}\n', "1 template contains what looks like a GitLab token"),
        ("password: {{ .Values.password }}\n", None),
        ("password: {{ .Values.password | default (randAlphaNum 32) | quote }}\n", None),
        ('password: {{ required "auth.password is required" .Values.auth.password }}\n', None),
        ('{{- if eq .Values.password "hunter2" }}{{ fail "no" }}{{ end }}\n', None),
        ('{{- if .Values.password }}\nname: {{ include "web.fullname" . }}\n{{- end }}\n', None),
        ('secretName: {{ default "web-auth" .Values.existingSecret }}\n', None),
        ('a: {{ .Values.token | default "changeme" }}\n', None),
        ("{{/*\npassword: hunter2\n*/}}\n", None),
        ("# password: hunter2\n", None),
        ("password: {{ .Values.a }}-x{{ .Values.b }}\n", None),
        ("password: {{ .Values.a", None),
        (
            'secretKeyRef:\n  name: {{ .Values.secretName }}\n  key: {{ default "a-id" .Values.cloudSecretKey }}\n',
            None,
        ),
        (
            'data:\n  key: {{ default "a-id" .Values.cloudSecretKey }}\n',
            "2 template sets cloudSecretKey from a literal",
        ),
    ],
)
def test_secret_in_template(text: str, message: str | None) -> None:
    messages = found(secrets_in_templates.secret_in_template, {"templates/secret.yaml": text})
    if message is None:
        assert messages == []
    else:
        assert [each.partition(";")[0] for each in messages] == [f"templates/secret.yaml:{message}"]


def test_files_that_the_chart_ships() -> None:
    assert found(secrets_in_templates.secret_in_template, {"files/tls.key": "\n" + PRIVATE_KEY}) == [
        "files/tls.key:2 chart file contains what looks like a private key; remove it from the chart and rotate it"
    ]
    assert (
        found(secrets_in_templates.secret_in_template, {"README.md": PRIVATE_KEY, "values.yaml": f"a: {MIXED}"}) == []
    )


# --- rendered objects -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "messages"),
    [
        ("{password: hunter2}", ["ConfigMap contains password in plain text; move it to a Secret"]),
        (
            '{app.properties: "a=1\\ndb.password=hunter2\\n"}',
            ["ConfigMap key app.properties contains a plain-text db.password; move it to a Secret"],
        ),
        (
            '{app.json: \'{"password": "hunter2"}\'}',
            ["ConfigMap key app.json contains a plain-text password; move it to a Secret"],
        ),
        ("{password: changeme}", []),
        ("{password: ''}", []),
        ("{passwordFile: /run/secrets/x}", []),
        ('{app.properties: "db.password=${DB_PASSWORD}\\n"}', []),
        (
            f"{{id_rsa: {PRIVATE_KEY!r}}}",
            ["ConfigMap key id_rsa contains what looks like a private key; move it to a Secret"],
        ),
        (
            f"{{a: {TOKENS['a Slack token']}}}",
            ["ConfigMap key a contains what looks like a Slack token; move it to a Secret"],
        ),
    ],
)
def test_secret_in_configmap(data: str, messages: list[str]) -> None:
    assert judge(s.secret_in_configmap, f"kind: ConfigMap\ndata: {data}\n") == messages
    assert judge(s.secret_in_configmap, f"kind: Secret\nstringData: {data}\n") == []


def test_secret_in_binary_data_of_a_configmap() -> None:
    encoded = base64.b64encode(b"db.user=web\ndb.password=hunter2\n").decode()
    assert judge(s.secret_in_configmap, f"kind: ConfigMap\nbinaryData: {{a: {encoded}}}\n") == [
        "ConfigMap key a contains a plain-text db.password; move it to a Secret"
    ]
    assert judge(s.secret_in_configmap, "kind: ConfigMap\nbinaryData: {a: AAEC, b: 5, c: '!'}\n") == []


def container(text: str) -> str:
    return f"kind: Pod\nspec:\n  containers:\n    - name: web\n      {text}\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("env: [{name: DB_PASSWORD, value: hunter2}]", "env[0].value"),
        ("env: [{name: DSN, value: 'postgres://web:" + "tr0ub4dor@db/web'}]", "env[0].value"),
        (f"env: [{{name: X, value: {TOKENS['a GitHub token']}}}]", "env[0].value"),
        ("args: [--db-password=hunter2]", "args[0]"),
        ("args: [--db-password, hunter2]", "args[1]"),
        ("command: [sh, -c, 'DB_PASSWORD=hunter2\n\n exec web']", "command[2]"),
        ("livenessProbe: {exec: {command: [web, --db-password=hunter2]}}", "livenessProbe.exec.command[1]"),
        ("lifecycle: {preStop: {exec: {command: [web, --pass, hunter2]}}}", "lifecycle.preStop.exec.command[2]"),
        ("env: [{name: JAVA_OPTS, value: -Xmx1g -Ddb.password=hunter2}]", "env[0].value"),
        ("env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: a, key: hunter2}}}]", None),
        ("env: [{name: DB_PASSWORD, value: $(OTHER)}]", None),
        ("env: [{name: DB_PASSWORD, value: ''}]", None),
        ("env: [{name: DB_PASSWORD_FILE, value: /run/secrets/db}]", None),
        ("env: [{name: SECRET_NAME, value: web-auth}]", None),
        ("args: [--db-password=$(DB_PASSWORD)]", None),
        ("args: [--password-file, /run/x]", None),
        ("args: [--token-ttl=30s, --verbose]", None),
    ],
)
def test_secret_in_env(text: str, place: str | None) -> None:
    assert fields(s.secret_in_env, container(text)) == ([f"spec.containers[0].{place}"] if place else [])


def test_messages_on_rendered_objects_hold_nothing_of_a_value() -> None:
    """A generated password differs with every render: it would make a new finding each time."""
    [message] = judge(s.secret_in_env, container(f"env: [{{name: DB_PASSWORD, value: {MIXED}}}]"))
    assert (
        message
        == "environment variable DB_PASSWORD is a plain-text credential; read it from a Secret with secretKeyRef"
    )


def test_secret_env_ref() -> None:
    text = container(
        "env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: b}}}]\n      envFrom: [{secretRef: {name: c}}]"
    )
    assert judge(s.secret_env_ref, text) == [
        "environment variable A comes from a Secret; mount the Secret as a file",
        'envFrom reads Secret "c"; mount the Secret as a file',
    ]


def demanded(statement: str, forbids: bool) -> set[str]:
    rules = (s.secret_in_values, secrets_in_templates.secret_in_template, s.secret_in_configmap, s.secret_in_env)
    return {
        rule.id.partition("/")[2]
        for rule in rules
        if any(matcher.forbids is forbids and matcher.search(statement) for matcher in rule.enforces)
    }


STATIC = {"secret-in-values", "secret-in-template"}
RENDERED = {"secret-in-configmap", "secret-in-env"}


@pytest.mark.parametrize(
    ("statement", "forbids", "rules"),
    [
        ("Secrets MUST never be hardcoded in templates or committed to version control.", True, STATIC),
        ("Hardcode secrets in templates or values files.", True, STATIC),
        ("Charts MUST NOT contain credentials.", True, STATIC),
        (
            "Passwords and sensitive values MUST use Kubernetes Secrets, not ConfigMaps.",
            False,
            {*RENDERED, "secret-in-values"},
        ),
        ("ConfigMaps MUST NOT hold passwords.", True, {"secret-in-configmap"}),
        ("Provide clear documentation on how to supply custom certificates and secrets.", False, set()),
        ("Require users to understand the entire values file to deploy successfully.", True, set()),
        ("Templates MUST NOT hardcode environment-specific values (e.g., cluster names, tenant IDs).", True, set()),
    ],
)
def test_statements(statement: str, forbids: bool, rules: set[str]) -> None:
    assert demanded(statement, forbids) == rules


def test_umbrellas() -> None:
    import re

    statement = "Security-sensitive defaults MUST be secure (e.g., TLS enabled, restrictive security contexts)."
    assert s.secret_in_values.umbrella is not None
    assert re.search(s.secret_in_values.umbrella, statement, re.IGNORECASE)


# --- a list of strings ------------------------------------------------------------------------------------------------


def is_found(key: str, value: str) -> bool:
    rule = next(rule for rule in registry.rules() if rule.id == "security/secret-in-values")
    text = yaml.safe_dump({"section": {key: value}}, width=10**6)
    return bool(found(rule, {"values.yaml": text}))


def test_nearly_all_of_a_list_of_secrets_are_found() -> None:
    missed = [pair for pair in SECRETS if not is_found(*pair)]
    assert len(missed) <= len(SECRETS) * 0.02, missed


def test_nearly_none_of_a_list_of_harmless_strings_is_taken_for_a_secret() -> None:
    false = [pair for pair in HARMLESS if is_found(*pair)]
    assert len(false) <= len(HARMLESS) * 0.01, false


def test_the_lists_are_long_and_hold_nothing_twice() -> None:
    assert len(SECRETS) + len(HARMLESS) >= 300
    assert len(set(SECRETS)) == len(SECRETS)
    assert len(set(HARMLESS)) == len(HARMLESS)


@pytest.mark.parametrize("pair", SECRETS, ids=lambda pair: pair[0])
def test_no_secret_of_the_list_is_shown(pair: tuple[str, str]) -> None:
    key, value = pair
    text = yaml.safe_dump({"section": {key: value}}, width=10**6)
    known = checked(chart_of({"values.yaml": text}))
    rule = next(rule for rule in registry.rules() if rule.id == "security/secret-in-values")
    run = run_rule(rule, RuleSetting(Severity.ERROR, (), {}), known)
    shown = [f"{finding.message}\n{finding.source_line}" for finding in findings_of(known, [run])]
    assert shown
    long = [line for line in value.splitlines() if len(line) > 20 and not line.startswith("-----")]
    assert [line for line in (value, *long) if any(line in text for text in shown)] == [], shown
