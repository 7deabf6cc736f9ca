"""Helm's words as they really came, from Helm 3.17.3, Helm 4.3.1 and the embedded SDK 4.2.3."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.helm import messages
from helm_constitution.helm.message_parts import Speaker
from helm_constitution.helm.messages import LintEntry
from helm_constitution.helm.protocol import FailureKind, HelmMessage, MessageLevel

WEB = Speaker("charts/web", "web")
ERROR, WARNING, INFO = MessageLevel.ERROR, MessageLevel.WARNING, MessageLevel.INFO


def one(text: str) -> HelmMessage:
    (message,) = messages.failure(text, WEB)
    return message


def place(text: str) -> tuple[str, str | None, int | None, int | None]:
    message = one(text)
    return message.text, message.file, message.line, message.column


STEPS_3 = (
    'template: web/templates/a.yaml:2:6: executing "web/templates/a.yaml" at <include "web.full" .>: '
    'error calling include: template: web/templates/_helpers.tpl:6:3: executing "web.full" at '
    '<include "web.name" .>: error calling include: template: web/templates/_helpers.tpl:2:10: executing "web.name" '
    "at <.Values.x.y.z>: nil pointer evaluating interface {}.y"
)
STEPS_4 = """\
web/templates/a.yaml:2:6
  executing "web/templates/a.yaml" at <include "web.full" .>:
    error calling include:
web/templates/_helpers.tpl:6:3
  executing "web.full" at <include "web.name" .>:
    error calling include:
web/templates/_helpers.tpl:2:10
  executing "web.name" at <.Values.x.y.z>:
    nil pointer evaluating interface {}.y"""
MISSING_4 = """\
web/templates/a.yaml:2:6
  executing "web/templates/a.yaml" at <include "web.nope" .>:
    error calling include:
template: no template "web.nope" associated with template "gotpl\""""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "parse error at (web/templates/a.yaml:2): missing value for if",
            ("missing value for if", "templates/a.yaml", 2, None),
            id="parse",
        ),
        pytest.param(
            "parse error at (web/charts/dep/templates/b.yaml:2): unexpected {{end}}",
            ("unexpected {{end}}", "charts/dep/templates/b.yaml", 2, None),
            id="parse-in-subchart",
        ),
        pytest.param(
            "parse error at (web/templates/a.yaml:3): unclosed action started at web/templates/a.yaml:2",
            ("unclosed action", "templates/a.yaml", 2, None),
            id="unclosed-action-is-placed-where-it-starts",
        ),
        pytest.param(
            "parse error at (web/templates/a (copy).yaml:7): unexpected EOF",
            ("unexpected EOF", "templates/a (copy).yaml", 7, None),
            id="parentheses-in-a-name",
        ),
        pytest.param(
            'template: web/templates/a.yaml:2:20: executing "web/templates/a.yaml" at <trim>: wrong type for value; '
            "expected string; got float64",
            ("wrong type for value; expected string; got float64 at <trim>", "templates/a.yaml", 2, 21),
            id="helm3-execution",
        ),
        pytest.param(
            STEPS_3,
            ("nil pointer evaluating interface {}.y at <.Values.x.y.z>", "templates/_helpers.tpl", 2, 11),
            id="helm3-innermost-place",
        ),
        pytest.param(
            STEPS_4,
            ("nil pointer evaluating interface {}.y at <.Values.x.y.z>", "templates/_helpers.tpl", 2, 11),
            id="helm4-innermost-place",
        ),
        pytest.param(
            'template: web/templates/a.yaml:2:6: executing "web/templates/a.yaml" at <include "web.nope" .>: error '
            'calling include: template: no template "web.nope" associated with template "gotpl"',
            ('no template "web.nope" at <include "web.nope" .>', "templates/a.yaml", 2, 7),
            id="helm3-no-such-template",
        ),
        pytest.param(
            MISSING_4,
            ('no template "web.nope" at <include "web.nope" .>', "templates/a.yaml", 2, 7),
            id="helm4-no-such-template",
        ),
        pytest.param(
            'template: web/templates/a.yaml:2:6: executing "web/templates/a.yaml" at <tpl .Values.t .>: error calling '
            'tpl: error during tpl function execution for "x\\n{{ .Values.q.r.s }}\\n": template: gotpl:2:10: '
            'executing "gotpl" at <.Values.q.r.s>: nil pointer evaluating interface {}.r',
            (
                "nil pointer evaluating interface {}.r at <.Values.q.r.s>, in a text that tpl renders",
                "templates/a.yaml",
                2,
                7,
            ),
            id="a-text-that-tpl-renders-has-no-file",
        ),
        pytest.param(
            'template: web/templates/a.yaml:2:6: executing "web/templates/a.yaml" at <tpl .Values.t .>: error calling '
            'tpl: cannot parse template "x\\n{{ if }}\\n": template: gotpl:2: missing value for if',
            ("missing value for if, in a text that tpl renders", "templates/a.yaml", 2, 7),
            id="a-text-that-tpl-can-not-parse",
        ),
        pytest.param(
            'template: web/templates/_h.tpl:2:12: executing "web.loop" at <{{template "web.loop" .}}>: exceeded '
            "maximum template depth (100000)",
            (
                'exceeded maximum template depth (100000) at <{{template "web.loop" .}}>',
                "templates/_h.tpl",
                2,
                13,
            ),
            id="recursion",
        ),
        pytest.param(
            'web/templates/a.yaml:1:16\n  executing "web/templates/a.yaml" at <.Values.a.b>:\n'
            "    range can't iterate over true",
            ("range can't iterate over true at <.Values.a.b>", "templates/a.yaml", 1, 17),
            id="helm4-execution",
        ),
    ],
)
def test_template_errors_have_the_innermost_place(
    text: str, expected: tuple[str, str | None, int | None, int | None]
) -> None:
    assert place(text) == expected
    assert one(text).kind is FailureKind.TEMPLATE


def test_endless_include_is_placed_and_short() -> None:
    step = 'template: web/templates/_h.tpl:2:3: executing "web.loop" at <include "web.loop" .>: error calling include: '
    text = (
        'template: web/templates/a.yaml:1:6: executing "web/templates/a.yaml" at <include "web.loop" .>: error calling '
        "include: "
        + step * 1000
        + "rendering template has a nested reference name: web.loop: unable to execute template"
    )
    message = one(text)
    assert (message.file, message.line, message.column) == ("templates/_h.tpl", 2, 4)
    assert message.text.startswith("rendering template has a nested reference name: web.loop")


def test_required_is_the_charts_own_word() -> None:
    message = one("execution error at (web/templates/a.yaml:1:6): set: image.tag: x\nsecond line: y")
    assert message == HelmMessage(
        ERROR, "set: image.tag: x\nsecond line: y", FailureKind.REQUIRED, file="templates/a.yaml", line=1, column=7
    )


def test_a_message_is_cut_where_helm_quotes_a_whole_template() -> None:
    message = one("rendering template failed: " + "x" * 100_000)
    assert len(message.text) < 2100
    assert message.text.endswith("(100027 characters)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "YAML parse error on web/templates/a.yaml: error converting YAML to JSON: yaml: line 5: mapping values "
            "are not allowed in this context",
            ("rendered text is not YAML: mapping values are not allowed in this context", "templates/a.yaml", 5),
            id="scanner",
        ),
        pytest.param(
            "YAML parse error on web/templates/a.yaml: error converting YAML to JSON: yaml: line 4: did not find "
            "expected key",
            ("rendered text is not YAML: did not find expected key", "templates/a.yaml", 5),
            id="go-yaml-s-parser-counts-from-0",
        ),
        pytest.param(
            "YAML parse error on web/charts/dep/templates/b.yaml: error converting YAML to JSON: yaml: mapping values "
            "are not allowed in this context",
            (
                "rendered text is not YAML: mapping values are not allowed in this context",
                "charts/dep/templates/b.yaml",
                None,
            ),
            id="no-line",
        ),
        pytest.param(
            "YAML parse error on web/templates/a.yaml: error unmarshaling JSON: while decoding JSON: json: cannot "
            "unmarshal array into Go value of type releaseutil.SimpleHead",
            ("rendered text is not a Kubernetes object: must be a map, not a list", "templates/a.yaml", None),
            id="helm3-no-map",
        ),
        pytest.param(
            "YAML parse error on web/templates/a.yaml: error unmarshaling JSON: while decoding JSON: json: cannot "
            'unmarshal string into Go struct field .metadata of type struct { Name string "json:\\"name\\""; '
            'Annotations map[string]string "json:\\"annotations\\"" }',
            (
                "rendered text is not a Kubernetes object: metadata must be a map, not a string",
                "templates/a.yaml",
                None,
            ),
            id="helm4-no-metadata",
        ),
        pytest.param(
            "YAML parse error on web/templates/a.yaml: error unmarshaling JSON: while decoding JSON: json: cannot "
            "unmarshal array into Go struct field SimpleHead.kind of type string",
            ("rendered text is not a Kubernetes object: kind must be a string, not a list", "templates/a.yaml", None),
            id="helm3-kind",
        ),
        pytest.param(
            "YAML parse error on web/templates/a.yaml: error unmarshaling JSON: while decoding JSON: json: cannot "
            "unmarshal array into Go struct field k8sYamlMetadata.Metadata.Namespace of type string",
            (
                "rendered text is not a Kubernetes object: metadata.namespace must be a string, not a list",
                "templates/a.yaml",
                None,
            ),
            id="helm3-namespace",
        ),
    ],
)
def test_rendered_text_that_is_no_object(text: str, expected: tuple[str, str, int | None]) -> None:
    message = one(text)
    assert (message.text, message.file, message.rendered_line) == expected
    assert message.kind is FailureKind.YAML
    assert message.line is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Chart.yaml file is missing", ("Chart.yaml file is missing", "Chart.yaml", None, None)),
        (
            "unable to detect chart at /tmp/web/Chart.yaml: open /tmp/web/Chart.yaml: no such file or directory",
            ("Chart.yaml file is missing", "Chart.yaml", None, None),
        ),
        (
            (
                "cannot load Chart.yaml: error converting YAML to JSON: yaml: line 3: mapping values are not "
                "allowed in this context"
            ),
            ("not YAML: mapping values are not allowed in this context", "Chart.yaml", 3, None),
        ),
        (
            (
                "cannot load Chart.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string "
                "into Go struct field Metadata.keywords of type []string"
            ),
            ("keywords must be a list of strings, not a string", "Chart.yaml", None, None),
        ),
        (
            (
                "cannot load Chart.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string "
                "into Go struct field .keywords of type []string"
            ),
            ("keywords must be a list of strings, not a string", "Chart.yaml", None, None),
        ),
        (
            (
                "cannot load requirements.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
                "string into Go struct field .dependencies of type []*v2.Dependency"
            ),
            ("dependencies must be a list of maps, not a string", "requirements.yaml", None, None),
        ),
        (
            (
                "cannot load values.yaml: cannot unmarshal yaml document: error converting YAML to JSON: yaml: line 2: "
                "did not find expected key"
            ),
            ("not YAML: did not find expected key", "values.yaml", 3, None),
        ),
        (
            (
                "error unpacking subchart dep in web: cannot load values.yaml: error converting YAML to JSON: yaml: "
                "line 4: could not find expected ':'"
            ),
            ("not YAML: could not find expected ':'", "charts/dep/values.yaml", 4, None),
        ),
        (
            "error unpacking subchart dep in web: Chart.yaml file is missing",
            ("Chart.yaml file is missing", "charts/dep/Chart.yaml", None, None),
        ),
        (
            "error unpacking subchart dep-0.1.0.tgz in web: unexpected EOF",
            ("unexpected EOF", "charts/dep-0.1.0.tgz", None, None),
        ),
        ("validation: chart.metadata.name is required", ("name is required", "Chart.yaml", None, None)),
        (
            'validation: chart.metadata.version "foo" is invalid',
            ("version 'foo' is not a valid SemVer", "Chart.yaml", None, None),
        ),
        (
            'validation: dependency "dep" has disallowed characters in the alias',
            ('dependency "dep" has disallowed characters in the alias', "Chart.yaml", None, None),
        ),
        ("library charts are not installable", ("library charts are not installable", "Chart.yaml", None, None)),
        (
            (
                "failed to parse /elsewhere/bad.yaml: cannot unmarshal yaml document: error converting YAML to JSON: "
                "yaml: line 2: mapping values are not allowed in this context"
            ),
            ("not YAML: mapping values are not allowed in this context", "/elsewhere/bad.yaml", 2, None),
        ),
        (
            (
                "failed to parse list.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array "
                "into Go value of type map[string]interface {}"
            ),
            ("must be a map, not a list", "list.yaml", None, None),
        ),
        ("something helm never said before", ("something helm never said before", None, None, None)),
    ],
)
def test_faults_of_the_charts_files(text: str, expected: tuple[str, str | None, int | None, int | None]) -> None:
    assert place(text) == expected
    assert one(text).kind is FailureKind.OTHER


@pytest.mark.parametrize(
    "text",
    [
        (
            "An error occurred while checking for chart dependencies. You may need to run `helm dependency build` to "
            "fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: redis, pg"
        ),
        (
            "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to "
            "fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: redis, pg"
        ),
        "found in Chart.yaml, but missing in charts/ directory: redis, pg",
        "chart directory is missing these dependencies: redis,pg",
        "chart directory is missing these dependencies: redis,pg,redis",  # under two aliases
    ],
)
def test_missing_dependencies_name_the_way_out(text: str) -> None:
    assert one(text) == HelmMessage(
        ERROR,
        "dependencies missing in charts/: redis, pg; run `helm dependency build` in the chart's folder",
        FailureKind.DEPENDENCY,
        file="Chart.yaml",
    )


def test_incompatible_kubernetes_version() -> None:
    message = one("chart requires kubeVersion: <1.20 which is incompatible with Kubernetes v1.36.0")
    assert (message.kind, message.file) == (FailureKind.KUBE_VERSION, "Chart.yaml")


def test_values_of_a_subchart_that_are_no_map() -> None:
    message = one("chart dependencies processing failed: type mismatch on dep: %!t(string=foo)")
    assert message.text == "dep must be a map, the values of a subchart, not a string"
    assert (message.file, message.pointer) == ("values.yaml", ("dep",))


HEAD = "values don't meet the specifications of the schema(s) in the following chart(s):\n"


def complaints(text: str) -> list[tuple[tuple[str | int, ...] | None, str]]:
    found = messages.failure(text, WEB)
    assert {message.kind for message in found} == {FailureKind.SCHEMA}
    return [(message.pointer, message.text) for message in found]


def test_schema_of_helm_3() -> None:
    text = HEAD + (
        "web:\n- (root): zip is required\n- a.b: Invalid type. Expected: string, given: integer\n"
        '- a.l.1: a.l.1 must be one of the following: "xxx"\ndep:\n- p: Invalid type. Expected: string, given: integer'
    )
    assert complaints(text) == [
        (("a", "b"), "Invalid type. Expected: string, given: integer"),
        (("a", "l", 1), 'a.l.1 must be one of the following: "xxx"'),
        ((), "zip is required"),
        (("dep", "p"), "Invalid type. Expected: string, given: integer"),
    ]


def test_a_complaint_quotes_no_secret() -> None:
    text = HEAD + (
        "web:\n- at '/auth/password': 'correct 'horse' staple' does not match pattern '^x$'\n"
        "- at '/auth/pin/token': minimum: got 12345, want 99999\n"
        "- at '/auth/secret': value must be one of 'horse', 'staple'\n"
        '- auth.token: auth.token does not match: "horse"\n'
        '- auth.pwd: auth.pwd must be one of the following: "horse"\n'
        "- at '/url': 'redis://me:horse@db' is not valid ipv4: x\n"
        "- at '/user': 'me' does not match pattern '^x$'"
    )
    assert complaints(text) == [
        (("auth", "password"), "'…' does not match pattern '^x$'"),
        (("auth", "pin", "token"), "minimum: got …, want 99999"),
        (("auth", "pwd"), "auth.pwd must be one of the following: '…'"),
        (("auth", "secret"), "value must be '…'"),
        (("auth", "token"), "auth.token does not match: '…'"),
        (("url",), "'redis://me:…@db' is not valid ipv4: x"),
        (("user",), "'me' does not match pattern '^x$'"),
    ]


def test_schema_of_helm_4_says_each_complaint_once() -> None:
    text = HEAD + (
        "web:\n- at '': missing property 'zip'\n- at '/a': validation failed\n  - at '/a': missing property 'k'\n"
        "  - at '/a/c.d': got string, want integer\n  - at '/a/l': validation failed\n"
        "    - at '/a/l/0': got number, want string\n    - at '/a/l/1': value must be 'xxx'\n"
        "- at '': additional properties 'foo' not allowed\ndep:\n- at '/p': got number, want string"
    )
    assert complaints(text) == [
        (("a", "c.d"), "got string, want integer"),
        (("a", "l", 0), "got number, want string"),
        (("a", "l", 1), "value must be 'xxx'"),
        (("a",), "missing property 'k'"),
        ((), "additional properties 'foo' not allowed"),
        ((), "missing property 'zip'"),
        (("dep", "p"), "got number, want string"),
    ]


def test_alternatives_are_one_complaint() -> None:
    text = HEAD + (
        "web:\n- at '/a': 'oneOf' failed, none matched\n  - at '/a': got object, want string\n"
        "  - at '/a/b~1c/it\\'s': got number, want string"
    )
    assert complaints(text) == [
        (
            ("a",),
            "'oneOf' failed, none matched: got object, want string; at /a/b~1c/it\\'s: got number, want string",
        )
    ]


def test_pointers_are_unescaped() -> None:
    assert complaints(HEAD + "web:\n- at '/a~1b/it\\'s/~0': x")[0][0] == ("a/b", "it's", "~")


@pytest.mark.parametrize(
    "words",
    [
        "unexpected EOF",
        "has a primitive type that is NOT VALID -- given: /nope/ Expected valid values are:[array boolean]",
    ],
)
def test_a_broken_schema_is_the_schemas_fault(words: str) -> None:
    message = one(f"{HEAD}web:\n{words}")
    assert (message.file, message.text, message.pointer) == ("values.schema.json", words, None)
    assert one(f"{HEAD}dep:\n{words}").text == f"the schema of dep: {words}"


def test_what_follows_a_metaschema_speaks_of_the_schema() -> None:
    text = HEAD + (
        'web:\n"file:///values.schema.json#" is not valid against metaschema: jsonschema validation failed with '
        "'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n"
        "  - at '/type': got string, want array\ndep:\n- at '/p': got number, want string"
    )
    schema, value = messages.failure(text, WEB)
    assert schema.file == "values.schema.json"
    assert "at '/type': got string, want array" in schema.text
    assert value.pointer == ("dep", "p")


def test_helms_order_of_chance_does_not_show() -> None:
    head = 'web:\n"file:///values.schema.json#" is not valid against metaschema: it failed\n'
    meta = ["- at '/$id': got number", "- at '/$schema': got number"]
    assert len({messages.failure(HEAD + head + "\n".join(order), WEB) for order in (meta, meta[::-1])}) == 1
    below = ["    - at '/a/x': got number", "    - at '/a/y': got string"]
    found = {
        messages.failure(
            HEAD + "web:\n- at '/a': 'anyOf' failed\n  - at '/a': validation failed\n" + "\n".join(order), WEB
        )
        for order in (below, below[::-1])
    }
    assert len(found) == 1


def test_error_text_is_found_behind_the_log() -> None:
    errors = (
        'level=WARN msg="Error: not this"\nwalk.go:75: found symbolic link\n'
        "Error: execution error at (web/templates/a.yaml:1:6): one\n\ntwo\n\n"
        "Use --debug flag to render out invalid YAML\n"
    )
    assert messages.error_text(errors) == "execution error at (web/templates/a.yaml:1:6): one\n\ntwo"
    assert messages.error_text("nothing of the kind") is None


FAULT = "error converting YAML to JSON: yaml: line 3: mapping values are not allowed in this context"
LINT = f"""\
==> Linting charts/web
[INFO] Chart.yaml: icon is recommended
[ERROR] Chart.yaml: unable to parse YAML
\t{FAULT}
[ERROR] templates/: cannot load Chart.yaml: {FAULT}
[ERROR] : unable to load chart
\tcannot load Chart.yaml: {FAULT}

"""


def test_lint_says_a_fault_once() -> None:
    found = messages.lint_messages(messages.lint_entries(LINT), WEB)
    assert [(message.level, message.text, message.file, message.line) for message in found] == [
        (INFO, "icon is recommended", "Chart.yaml", None),
        (ERROR, "not YAML: mapping values are not allowed in this context", "Chart.yaml", 3),
    ]


def test_lint_levels_and_paths() -> None:
    output = (
        "[WARNING] /somewhere/web: chart directory is missing these dependencies: redis\n"
        "[WARNING] templates/: directory does not exist\n"
        '[ERROR] templates/b.yaml: a Deployment must contain matchLabels or matchExpressions, and "a" does not\n'
        "[INFO] values.yaml: file does not exist\n\n1 chart(s) linted, 0 chart(s) failed\n"
    )
    found = messages.lint_messages(messages.lint_entries(output), WEB)
    assert [(message.level, message.file, message.text.partition(";")[0]) for message in found] == [
        (WARNING, "Chart.yaml", "dependencies missing in charts/: redis"),
        (WARNING, None, "templates/: directory does not exist"),
        (ERROR, "templates/b.yaml", 'a Deployment must contain matchLabels or matchExpressions, and "a" does not'),
        (INFO, "values.yaml", "file does not exist"),
    ]


def test_lint_of_values_speaks_of_the_schema() -> None:
    output = "[ERROR] values.yaml: - (root): zip is required\n- a: k is required\n"
    output += f"[ERROR] templates/: {HEAD}web:\n- (root): zip is required\n- a: k is required\n"
    found = messages.lint_messages(messages.lint_entries(output), WEB)
    assert [(message.pointer, message.text) for message in found] == [
        (("a",), "k is required"),
        ((), "zip is required"),
    ]


def test_lint_that_could_not_begin() -> None:
    output = (
        "==> Linting charts/web\nError unable to check Chart.yaml file in chart: stat charts/web/Chart.yaml: no such "
        "file or directory\n\n"
    )
    (message,) = messages.lint_messages(messages.lint_entries(output), WEB)
    assert (message.level, message.text, message.file) == (ERROR, "Chart.yaml file is missing", "Chart.yaml")


@pytest.mark.parametrize(
    ("status", "errors", "kind", "words"),
    [
        (2, "runtime: goroutine stack exceeds\nfatal error: stack overflow\n", FailureKind.TEMPLATE, "endlessly"),
        (2, "fatal error: stack overflow\nxeipuuv/gojsonschema.x()\n", FailureKind.SCHEMA, "schema.json ref"),
        (2, "fatal error: runtime: out of memory\n", FailureKind.TIMEOUT, "out of memory"),
        (2, "runtime/cgo: pthread_create failed: Resource\n", FailureKind.OTHER, "helm can't start a thread; raise"),
        (70, "RuntimeError: can't start new thread\n", FailureKind.OTHER, "helm can't start a thread; raise"),
        (2, "panic: boom\n\ngoroutine 1\n", FailureKind.OTHER, "helm ended with exit status 2: boom"),
        (-9, "", FailureKind.OTHER, "helm ended by signal 9 without a message"),
    ],
)
def test_crashes(status: int, errors: str, kind: FailureKind, words: str) -> None:
    message = messages.crash(status, errors)
    assert message.kind is kind
    assert words in message.text


@pytest.mark.parametrize("line", ["name: web", "name:   'web'", 'name: "web" # it', "name: web# is text"])
def test_chart_name(tmp_path: Path, line: str) -> None:
    (tmp_path / "Chart.yaml").write_text(f"apiVersion: v2\n{line}\nversion: 1.0.0\n")
    assert Speaker.of(str(tmp_path)).name == "web"


def test_chart_without_a_name(tmp_path: Path) -> None:
    assert Speaker.of(str(tmp_path)).name == ""


TEXT = st.text(alphabet=st.sampled_from("ab/.:<>\"'\n -[]()1 {}template:errorat"), max_size=80)
PIECES = st.lists(
    st.sampled_from(
        [
            "template: web/templates/a.yaml:2:6: ",
            'executing "x" at <.Values>: ',
            "error calling include: ",
            'web/templates/a.yaml:2:6\n  executing "x" at <y>:\n    z\n',
            "parse error at (",
            "execution error at (web/a:1:2): ",
            "YAML parse error on web/a: error converting YAML to JSON: yaml: line 3: ",
            HEAD,
            "web:\n",
            "- at '/a': ",
            "  - at '/a/b': x\n",
            "unable to load chart\n\t",
            "error unpacking subchart a in b: ",
            "[ERROR] templates/: ",
        ]
    )
    | TEXT,
    max_size=6,
).map("".join)


@given(PIECES)
def test_no_text_of_helm_is_lost_or_breaks_the_reader(text: str) -> None:
    found = messages.failure(text, WEB)
    assert found
    assert all(message.text and message.level is ERROR for message in found)


@given(st.lists(st.tuples(st.sampled_from(["INFO", "WARNING", "ERROR"]), st.sampled_from("ab"), TEXT), max_size=4))
def test_lint_entries_come_back(entries: list[tuple[str, str, str]]) -> None:
    words = [(level, path, " ".join(text.split()) or "x") for level, path, text in entries]
    output = "==> Linting x\n" + "".join(f"[{level}] {path}: {text}\n" for level, path, text in words)
    assert messages.lint_entries(output) == [LintEntry(MessageLevel[level], path, text) for level, path, text in words]
