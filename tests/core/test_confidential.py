"""What no report may show."""

from __future__ import annotations

import time

import pytest

from helm_constitution.core.confidential import by_names, secrets_in, withheld, withheld_in
from helm_constitution.core.secret_lines import line_without_secrets, lines_without_secrets
from helm_constitution.core.secret_names import names_a_secret
from helm_constitution.core.secret_texts import without_secrets


@pytest.mark.parametrize(
    "path",
    [
        ("password",),
        ("auth", "rootPassword"),
        ("apiKey",),
        ("a", "client_secret"),
        ("tokens", "ci"),
        ("db", "pwd"),
        ("userPassword",),
        ("generatedToken",),
        ("password2",),
        ("secretValue",),
        ("passwordHash",),
        ("encryptionKeys", "a"),
    ],
)
def test_names_of_secrets(path: tuple[str, ...]) -> None:
    assert names_a_secret(path)


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("passwordFile",),
        ("existingSecret",),
        ("existingSecretName",),
        ("replicas",),
        ("secret", "name"),
        ("usePassword",),
        ("createToken",),
        ("generateSecret",),
        ("secretValues",),
    ],
)
def test_other_names(path: tuple[str, ...]) -> None:
    assert not names_a_secret(path)


def test_values_keep_their_shape() -> None:
    values = {"auth": {"password": "hunter2", "user": "me", "empty": ""}, "tokens": ["abc"], "on": True, "pin": 5}
    assert withheld(values) == {
        "auth": {"password": "…", "user": "me", "empty": ""},
        "tokens": ["…"],
        "on": True,
        "pin": 5,
    }
    assert withheld({"ci": "abc"}, ("tokens",)) == {"ci": "…"}
    assert withheld(["--db-password", "abc", "--port", "80"]) == ["--db-password", "…", "--port", "80"]
    secret = {"kind": "Secret", "data": {"a": "abc"}, "stringData": {"a": "abc"}}
    assert withheld([secret]) == [{"kind": "Secret", "data": {"a": "…"}, "stringData": {"a": "…"}}]
    assert withheld(123456, ("password",)) == "…"


def test_secrets_in_texts() -> None:
    assert without_secrets("postgres://me:hunter2@db/x") == "postgres://me:…@db/x"
    for text in ("mysql://%s:%s@%s", "amqp://me:$(PASSWORD)@mq", "amqp://me:${PASSWORD}@mq"):
        assert without_secrets(text) == text
    assert without_secrets("authorization: Bearer abcdef123456") == "authorization: Bearer …"
    for text in (
        "AKIAQ6T3WJ5XN2K7PLMD",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "glpat-0123456789abcdefghij",
        "xoxb-123456789012-abcdef",
        "https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnopqrstuvwx",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
        "host=db password=hunter2x user=me",
        "--token=hunter2x",
        '--password="corr hunter2x" -u me',
        '--password=\\"corr hunter2x\\" -u me',
        "--password='corr hunter2x' -u me",
        "Bearer hunterTwohunter2x",
        "Authorization: Basic abcdefGhijhunter",
        "https://a.test/?api_key=hunter2x&b=c",
        "https://a.test/?x=y&sig=hunter2x",
        "https://hunter2xhunter2x@git.test/a.git",
        "Authorization: Bearer corr",
        'proxy_set_header Authorization "Basic corr";',
        "Cookie: session=hunter2x",
        "curl -H 'X-Auth-Token: hunter2x' -H 'Private-Token: hunter2x'",
        '{"db": {"userPassword": "hunter2x \\"y\\""}}',
        '{\\"token\\": \\"hunter2x\\"}',
        "curl -u me:hunter2x https://a.test",
        "curl --user=me:hunter2x https://a.test",
        '[curl, -u, "me:hunter2x"]',
        "mysql -uroot -phunter2x shop",
        "sshpass -p hunter2x ssh a",
        "docker login -u me -p hunter2x a.test",
        "redis-cli -h a -a hunter2x ping",
        '["redis-cli", "-a", "hunter2x"]',
        "ldapsearch -x -w hunter2x",
        "--dbPassword hunter2x --db.password hunter2x --requirepass hunter2x -storepass hunter2x",
        "openssl rsa -passin pass:hunter2x",
        "CREATE USER a IDENTIFIED BY 'corr'",
        "SET PASSWORD FOR a = 'corr'",
        'with password "hunter2x"',
        "machine a.test login me password hunter2x",
        "requirepass hunter2x",
        "<password>hunter2x</password>",
        '{"auths": {"a.test": {"auth": "bWU6aHVudGVyMnhodW50ZXIyeA==hunter2x"}}}',
        '{\\"auth\\":\\"hunter2x\\"}',
    ):
        hidden = without_secrets(f"a {text} b")
        assert "…" in hidden
        assert not any(
            part in hidden
            for part in ("Q6T3", "corr", "Ghij", "Two", "0123456789", "123456789012", "abcdefghij", "MIIE", "hunter2")
        )
    for text in (
        "npm_config_registry",
        "set token= to x",
        "--set token=$TOKEN",
        "sha256:0123456789abcdef",
        "AKIA",
        'password="" x=""',
        "set the Bearer token; use Basic PostgreSQL users",
        "an Authorization: Bearer token",
        "Authorization: Bearer $TOKEN",
        "docker run -u 1000:1000 --user nginx:nginx a",
        "grep requirepass | awk",
        "mysql -p$PASSWORD; mysql -p -u root",
        "redis-cli -a $PASSWORD",
        "mongodb://<user>:<password>@a mongodb://{}:{}@a",
        "--allowByPass=true",
        '{"password": "", "token": "%s", "secret": "{{ .x }}", "apiKey": "$KEY"}',
        "{{- $password = dict }}",
        "<password>{{ .Values.password }}</password>",
        "docker login --password-stdin",
    ):
        assert without_secrets(text) == text
    assert without_secrets("uses Basic authentication") == "uses Basic authentication"
    assert without_secrets("https://example.com:8080/a and basic words") == "https://example.com:8080/a and basic words"


def test_the_value_of_a_variable_goes_by_its_name() -> None:
    values = {"env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"key": "A", "value": "b"}]}
    assert by_names(("env", 0, "value"), values) == ("env", 0, "DB_PASSWORD")
    assert by_names(("env", 1, "value"), values) == ("env", 1, "A")
    assert by_names(("env", 2, "value", "c"), values) == ("env", 2, "value", "c")
    assert by_names(("args", 1), {"args": ["--password", "hunter2"]}) == ("args", "password")
    assert by_names(("args", 0), {"args": ["--password", "hunter2"]}) == ("args", 0)
    assert by_names(("args", 5, "a"), {"args": ["--password", "hunter2"]}) == ("args", 5, "a")
    assert list(secrets_in(values)) == ["hunter2"]
    text = '[db]\nPASSWORD="hunter2"\nuser=me\ntoken=hunter3'
    assert list(secrets_in({"a": text, "b": "db://me:hunter4@x", "c": "… no secret"})) == [
        "hunter2",
        "hunter3",
        "hunter4",
    ]


def test_variables_in_a_list() -> None:
    values = [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "A", "value": "b"}, {"name": 5, "value": 6}]
    assert withheld(values, ("env",)) == [{"name": "DB_PASSWORD", "value": "…"}, *values[1:]]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("  password: correct horse battery", "  password: …"),
        ('password: "correct horse" # ours', "password: …"),
        ("- token: a,b", "- token: …"),
        ("- {name: a, password: 'it''s', b: c}", "- {name: a, password: …, b: c}"),
        ('{"apiKey": "a\\"b", "c": 1}', '{"apiKey": …, "c": 1}'),
        ('dsn: "host=db user=x"', "dsn: …"),
        ("  # password: hunter2", "  # password: …"),
        ("# password: the password of the user", "# password: the password of the user"),
        ('url: "x;password=hunter2;y"', 'url: "x;password=…;y"'),
        ("""a: '{"password": "hunter2", "b": {"token": "c"}}'""", """a: '{"password": …, "b": {"token": …}}'"""),
        ('a: "{\\"password\\": \\"hunter2\\"}"', 'a: "{\\"password\\": …}"'),
        ("a: \"curl -H 'X-Auth-Token: hunter2'\"", "a: \"curl -H 'X-Auth-Token: …'\""),
        ('"password" => "hunter2",', '"password" => …,'),
        ('{{- $password := "hunter2" }}', "{{- $password := … }}"),
        ('{{ htpasswd "me" "hunter2" }}', '{{ htpasswd "me" … }}'),
        ('{{ dict "password" "hunter2" }}', '{{ dict "password" … }}'),
        ('{{ set $a "password" "hunter2" }}', '{{ set $a "password" … }}'),
        ('{{ if eq .Values.password "hunter2" }}', "{{ if eq .Values.password … }}"),
        ('{{ .Values.password | default "hunter2" }}', "{{ .Values.password | default … }}"),
        ('{{ default "hunter2" .Values.password }}', "{{ default … .Values.password }}"),
        ("# see `password: hunter2`", "# see `password: …`"),
        ("--set credentials.bob=hunter2", "--set credentials.bob=…"),
        *(
            (line, line)
            for line in (
                "password: {{ .Values.password }}",
                'password: ""',
                "automountServiceAccountToken: false",
                "existingSecret: web",
                "secret: &x",
                "name: password",
                "token: kW9…",
                "tokens: [",
                "secrets: a",
                "password: ${PASSWORD}",
                "env PASSWORD=$PASSWORD",
                'token: "<your token>"',
                'allowCredentials: "true"',
                "privateKey: /etc/tls/client-key.pem",
                '"password": "",',
                "authKey: # the key",
                "{{- $password := .Values.password }}",
                '{{ if eq .Values.password "" }}',
                'key: {{ default "token" .Values.tokenSecretKey }}',
            )
        ),
    ],
)
def test_lines_of_files(line: str, shown: str) -> None:
    assert line_without_secrets(line) == shown


def test_messages_of_validators() -> None:
    assert withheld_in("'hunter2' is too short", "hunter2", ("auth", "password")) == "'…' is too short"
    message = "{'password': 'hunter2'} is not valid"
    assert withheld_in(message, {"password": "hunter2"}, ("auth",)) == "{'password': '…'} is not valid"
    assert withheld_in("'hunter2' was expected", "b", ("password",)) == "'…' was expected"
    assert withheld_in("'b' is not one of ['hunter2']", "b", ("password",)) == "'…' is not one of '…'"
    assert withheld_in("'b' is not one of ['c']", "b", ("name",)) == "'b' is not one of ['c']"
    assert withheld_in("1 is not one of [{'token': 'ab'}]", 1, ("a",)) == "1 is not one of [{'token': …}]"
    assert withheld_in("{'tokens': {'a': 'b'}} was expected", 1, ("a",)) == "{'tokens': …} was expected"
    assert withheld_in("5 is not of type 'string'", 5, ("count",)) == "5 is not of type 'string'"


def test_a_whole_file_is_shown_without_what_its_keys_call_secret() -> None:
    text = (
        'auth:\n  password: hunter2 # x\n  enabled: true\n  existingSecret: ""\n  tokens:\n    - abc\n    ci: def\n'
        "# apiKey: 0123\n# password: the password of the user\nkey: {{ .Values.password }}\n"
        "privateKey: |\n  BEGIN\n\n  END\nreplicas: 3\n"
    )
    shown = (
        'auth:\n  password: …\n  enabled: true\n  existingSecret: ""\n  tokens:\n    - …\n    ci: …\n'
        "# apiKey: …\n# password: the password of the user\nkey: {{ .Values.password }}\n"
        "privateKey: |\n  …\n\n  …\nreplicas: 3\n"
    )
    assert lines_without_secrets(text) == shown.split("\n")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tokens: [abc, def]", "tokens: …"),
        ("userPasswords:\n  - abc\n  - def", "userPasswords:\n  - …\n  - …"),
        ("credentials:\n  bob: abc", "credentials:\n  bob: …"),
        ("imagePullSecrets:\n  - pull\nsecrets: [one]", "imagePullSecrets:\n  - pull\nsecrets: [one]"),
        (
            "- name: DB_PASSWORD\n  value: abc\n- name: A\n  value: b",
            "- name: DB_PASSWORD\n  value: …\n- name: A\n  value: b",
        ),
        ("- {name: DB_PASSWORD, value: abc}", "- {name: DB_PASSWORD, value: …}"),
        ("args:\n  - --db-password\n  - abc\n  - def", "args:\n  - --db-password\n  - …\n  - def"),
        ("kind: Secret\ndata:\n  .a: abc\n  b: {{ .Values.b }}", "kind: Secret\ndata:\n  .a: …\n  b: {{ .Values.b }}"),
        ("data: {a: abc}\nkind: Secret", "data: …\nkind: Secret"),
        ("password: |\r\n  abc\r\nargs:\r\n- --token\r\n- abc", "password: |\r\n  …\r\nargs:\r\n- --token\r\n- …"),
        ("password: |\r  abc\ra: b\u2028token: abc", "password: |\r  …\ra: b\u2028token: …"),
        ('password: "abc\n  def: ghi"\na: b', "password: …\n  …\na: b"),
        ("password: abc\n  def\na: b", "password: …\n  …\na: b"),
        ("password:\n  abc\na: b", "password:\n  …\na: b"),
        ("password: &x abc\ntoken: &y |\n  abc\na: b", "password: &x …\ntoken: &y |\n  …\na: b"),
        ("tokens: [\n  abc,\n]\na: b", "tokens: [\n  …\n]\na: b"),
        ('"password":\n  "abc"\n}', '"password":\n  …\n}'),
        ("password:\n  description: of a user\n    in words", "password:\n  description: of a user\n    in words"),
        ('"secret": {\n  "type": "string",\n  "const": "abc"\n}', '"secret": {\n  "type": "string",\n  "const": …\n}'),
        (
            "a: |\n  -----BEGIN PRIVATE KEY-----\n  abc\n  def=\n  -----END PRIVATE KEY-----\nb: c",
            "a: |\n  -----BEGIN PRIVATE KEY-----\n  …\n  …\n  -----END PRIVATE KEY-----\nb: c",
        ),
        ("-----BEGIN PRIVATE KEY-----\nabc\nIn words:\nabc", "-----BEGIN PRIVATE KEY-----\n…\nIn words:\nabc"),
        ("password: abc{{ .x }}", "password: …{{ .x }}"),
        ('password: "{{ .x }}"', 'password: "{{ .x }}"'),
        ("password: read it with {{ .x }} now", "password: read it with {{ .x }} now"),
        ("- name: Authorization\n  value: abc", "- name: Authorization\n  value: …"),
        ("- name: Authorization\n  value: Basic {{ .x }}", "- name: Authorization\n  value: Basic {{ .x }}"),
        ("- key: password\n  value: abc", "- key: password\n  value: …"),
        ('{"name": "PASSWORD", "value": "abc"}', '{"name": "PASSWORD", "value": …}'),
        ('<add key="password" value="abc"/>', '<add key="password" value=…/>'),
        (
            "items:\n  - kind: Secret\n    data:\n      a: abc\n  - kind: ConfigMap\n    data:\n      a: b",
            "items:\n  - kind: Secret\n    data:\n      a: …\n  - kind: ConfigMap\n    data:\n      a: b",
        ),
        ('kind: Secret\ndata:\n  a: {{ "abc" | b64enc }}', "kind: Secret\ndata:\n  a: {{ … | b64enc }}"),
        ('kind: Secret\ndata:\n  "a b": abc', 'kind: Secret\ndata:\n  "a b": …'),
        ("kind: Secret\ndata:\n  a: abc{{ .b }}", "kind: Secret\ndata:\n  a: …{{ .b }}"),
        (
            "stringData:\n  a: |\n    b: abc{{ .c }}\n    {{- if .d }}",
            "stringData:\n  a: |\n    b: …{{ .c }}\n    {{- if .d }}",
        ),
        (
            "# credentials:\n#   bob: abc\n# token: |\n#   abc\na: b",
            "# credentials:\n#   bob: …\n# token: |\n#   …\na: b",
        ),
        ('# token: "abc" # words', "# token: …"),
        ("credentials:\n  name: a\n  type: b\n  tlsSecret: c", "credentials:\n  name: a\n  type: b\n  tlsSecret: c"),
        (
            "stringData:\n  a: |\n    b\n    {{ c }}\nkind: Secret",
            "stringData:\n  a: |\n    …\n    {{ c }}\nkind: Secret",
        ),
        ("kind: Secret\n---\nkind: ConfigMap\ndata:\n  a: b", "kind: Secret\n---\nkind: ConfigMap\ndata:\n  a: b"),
    ],
)
def test_what_stands_above_a_line_counts(text: str, shown: str) -> None:
    assert lines_without_secrets(text) == shown.split("\n")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("| auth.password | string | `abc` | The password |", "| auth.password | string | … | The password |"),
        ("| `auth.token` | string | abc | A token |", "| `auth.token` | string | … | A token |"),
        ("| [auth.token](#a) | string | `abc` | A token |", "| [auth.token](#a) | string | … | A token |"),
        ('| tokens | list | `["abc"]` | A list |', "| tokens | list | … | A list |"),
        ("| tokens | list | `[]` | A list |", "| tokens | list | `[]` | A list |"),
        ("| password | string | `nil` | Or `auth.secret` |", "| password | string | `nil` | Or `auth.secret` |"),
        ("| The pull secret | `web-pull` |", "| The pull secret | `web-pull` |"),
        ("| image.tag | string | `abc` | The tag |", "| image.tag | string | `abc` | The tag |"),
        ("a: {tokens: {ci: abc, b: {c: d}}, e: f}", "a: {tokens: …, e: f}"),
        ("- {passwords: [abc, 'd]'], secrets: [web]}", "- {passwords: …, secrets: [web]}"),
        ("a: {kind: Secret, data: {b: abc}}", "a: {kind: Secret, data: …}"),
        ("a: {kind: ConfigMap, data: {b: abc}, tokens: {}}", "a: {kind: ConfigMap, data: {b: abc}, tokens: {}}"),
        ("a: {tokens: {b: {{ .Values.b }}}, existingTokens: {c: d}}", "a: {tokens: …, existingTokens: {c: d}}"),
        ("run --api-key Ab1 --name x1", "run --api-key … --name x1"),
        ('args: ["--db-password", "abc def", "--port", "80"]', 'args: ["--db-password", …, "--port", "80"]'),
        ("remove --password from the arguments", "remove --password from the arguments"),
    ],
)
def test_rows_of_tables_and_options(line: str, shown: str) -> None:
    assert line_without_secrets(line) == shown


def test_a_text_in_a_value_is_read_as_a_file() -> None:
    text = "[db]\npassword = abcdef\nusers:\n  tokens:\n    bob: abc\n"
    assert withheld({"config": text}) == {"config": "[db]\npassword = …\nusers:\n  tokens:\n    bob: …\n"}


@pytest.mark.parametrize(
    "unit", ["\\", "a.", "mysql -p", "-u a", "$.a", "<password>", "tokens: {", '\\"token', "password "]
)
def test_the_time_grows_with_the_line(unit: str) -> None:
    def cost(size: int) -> float:
        begun = time.process_time()
        line_without_secrets(f"{{{{ password {unit * (size // len(unit))}")
        return time.process_time() - begun

    cost(100)
    assert cost(100_000) < 30 * cost(10_000) + 0.2


def test_the_time_grows_with_the_message() -> None:
    def cost(size: int) -> float:
        begun = time.process_time()
        withheld_in(f"{{'a': '{size * 'x'}'}} is too long", {}, ("password",))
        return time.process_time() - begun

    cost(100)
    assert cost(100_000) < 30 * cost(10_000) + 0.2
