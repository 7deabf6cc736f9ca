"""Defaults, placeholders, flags and messages."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace

import pytest

from helm_constitution.api import Rendering
from helm_constitution.core.model import Status
from helm_constitution.helm.protocol import FailureKind, HelmMessage, MessageLevel, RenderRequest
from helm_constitution.lint import registry
from helm_constitution.lint.needs import CheckedChart
from helm_constitution.lint.rule import Tally, Unchecked, Violation
from helm_constitution.locate.resolve import locate
from helm_constitution.render.results import ScenarioResult
from helm_constitution.render.scenarios import Input, Scenario
from helm_constitution.text.yaml_document import View, dotted
from tests.rules.support import chart_of, chart_subject, checked, found, rendering, subject_of

RULES = {rule.id: rule for rule in registry.rules()}


def chart(
    files: dict[str, str],
    rendered: Rendering | None = None,
    status: Status = Status.RENDERED,
    errors: tuple[HelmMessage, ...] = (),
) -> CheckedChart:
    scenario = Scenario("defaults", RenderRequest())
    message = errors[0].text if errors else None
    result = ScenarioResult(scenario, status, message, rendered, errors)
    return checked(chart_of(files), (result,))


def judge(rule: str, of: CheckedChart, parameters: Mapping[str, int | str] | None = None) -> list[str]:
    checking = RULES[f"disclosure/{rule}"]
    lines = []
    for outcome in checking.check(subject_of(checking, of, parameters)):
        if isinstance(outcome, Violation):
            place = locate(outcome.at)
            lines.append(f"{place.file}:{place.line} {outcome.message}")
    return lines


def stopped(text: str, kind: FailureKind = FailureKind.REQUIRED, values: str = "database: {host: ''}\n") -> list[str]:
    error = HelmMessage(MessageLevel.ERROR, text, kind, "templates/a.yaml", 3, 5)
    return judge("defaults-fail", chart({"values.yaml": values}, None, Status.NEEDS_INPUT, (error,)))


@pytest.mark.parametrize("text", ["required!", "no value given", "this is needed"])
def test_defaults_that_stop_without_naming_a_value(text: str) -> None:
    message = (
        f'templates/a.yaml:3 default values need input, but the message names no value: "{text}"; '
        f"name it in the message"
    )
    assert stopped(text) == [message]


@pytest.mark.parametrize(
    "text",
    ["database.host is required", "the host is missing", "Values not set: [password]", "set --set host", "see `host`"],
)
def test_defaults_that_name_the_value(text: str) -> None:
    assert stopped(text) == []


def test_a_schema_names_what_it_requires() -> None:
    assert stopped("missing properties", FailureKind.SCHEMA) == []


def test_defaults_that_render_nothing() -> None:
    nothing = rendering("")
    assert judge("defaults-fail", chart({"values.yaml": "a: 1\n"}, nothing)) == [
        (
            "values.yaml:None default values render no objects: helm install creates nothing; "
            "enable the main workload by default"
        )
    ]
    assert judge("defaults-fail", chart({"crds/a.yaml": "kind: X\n"}, nothing)) == []


def test_defaults_that_fail_are_said_elsewhere() -> None:
    with pytest.raises(Unchecked, match="testing/render-error"):
        judge("defaults-fail", chart({}, None, Status.FAILED))


def configmap(value: str) -> Rendering:
    return rendering(f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  key: {value}\n")


@pytest.mark.parametrize(
    "value",
    [
        "changeme",
        "CHANGE_ME",
        "change-me-please",
        "admin:changeme",
        "replace-me",
        "TODO",
        "TODO: the host",
        "<your-token>",
        "<host name>",
        "https://web.example.com/",
        "mail@example.org",
        "chart-example.local",
        "your-bucket",
        "YOUR_API_KEY",
        "insert-token-here",
        "xxxx",
        "to be defined",
    ],
)
def test_placeholders_that_get_through(value: str) -> None:
    (message,) = judge(
        "placeholder-accepted", chart({"values.yaml": f'a: 1\nkey: "{value}"\n'}, configmap(f'"{value}"'))
    )
    assert message.startswith("values.yaml:2 placeholder ")
    assert "is deployed in data.key of ConfigMap a" in message


@pytest.mark.parametrize(
    "value",
    [
        "",
        "unchanged",
        "todo-app",
        "exchange.mediums",
        "example",
        "myexample.com",
        "example.community",
        "<none>",
        "a < b > c",
        "xx",
    ],
)
def test_what_is_no_placeholder(value: str) -> None:
    assert judge("placeholder-accepted", chart({"values.yaml": f'key: "{value}"\n'}, configmap(f'"{value}"'))) == []


def test_a_placeholder_that_is_not_rendered_is_harmless() -> None:
    assert judge("placeholder-accepted", chart({"values.yaml": "key: changeme\n"}, configmap("real"))) == []


def test_a_chart_that_stops_lets_no_placeholder_through() -> None:
    values = {"values.yaml": "key: changeme\n"}
    assert judge("placeholder-accepted", chart(values, None, Status.NEEDS_INPUT)) == []


def test_a_chart_that_fails_is_not_judged_only_where_it_matters() -> None:
    assert judge("placeholder-accepted", chart({"values.yaml": "key: real\n"}, None, Status.FAILED)) == []
    with pytest.raises(Unchecked):
        judge("placeholder-accepted", chart({"values.yaml": "key: changeme\n"}, None, Status.FAILED))


def test_secrets_are_decoded() -> None:
    encoded = base64.b64encode(b"changeme").decode()
    secret = rendering(
        f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata:\n  password: {encoded}\n  bad: '%'\n"
    )
    assert len(judge("placeholder-accepted", chart({"values.yaml": "password: changeme\n"}, secret))) == 1


def test_definitions_and_test_hooks_are_left_out() -> None:
    crd = rendering("kind: CustomResourceDefinition\nmetadata:\n  name: a\nspec:\n  description: changeme\n")
    hook = rendering("kind: Pod\nmetadata:\n  name: a\n  annotations:\n    helm.sh/hook: test\n    x: changeme\n")
    for rendered in (crd, hook):
        assert judge("placeholder-accepted", chart({"values.yaml": "key: changeme\n"}, rendered)) == []


def test_comments_within_a_file_are_no_values() -> None:
    rendered = configmap("|\n    # key: changeme\n    real: x # changeme\n")
    assert judge("placeholder-accepted", chart({"values.yaml": "key: changeme\n"}, rendered)) == []


def test_a_placeholder_within_a_longer_one_did_not_get_there() -> None:
    values = "password: changeme\nhtpasswd: admin:changeme\n"
    (message,) = judge("placeholder-accepted", chart({"values.yaml": values}, configmap("admin:changeme")))
    assert message.startswith("values.yaml:2 ")


def test_of_two_keys_with_one_placeholder_the_one_with_the_field_s_name() -> None:
    values = "adminPassword: changeme\nsmtpPassword: changeme\n"
    rendered = rendering("kind: Secret\nmetadata:\n  name: a\nstringData:\n  smtp-password: changeme\n")
    (message,) = judge("placeholder-accepted", chart({"values.yaml": values}, rendered))
    assert message.startswith("values.yaml:2 ")


def test_where_it_cannot_be_told_which_key_it_is_one_finding_names_all() -> None:
    values = "one: changeme\ntwo: changeme\n"
    rule = RULES["disclosure/placeholder-accepted"]
    subject = subject_of(rule, chart({"values.yaml": values}, configmap("changeme")))
    (problem,) = [problem for problem in rule.check(subject) if isinstance(problem, Violation)]
    first, second = (locate(place) for place in (problem.at, problem.related[0].at) if place is not None)
    assert (first.line, second.line) == (1, 2)


def flags(values: str) -> list[str]:
    return found(RULES["disclosure/flag-not-boolean"], {"values.yaml": values})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ('"true"', 'is the string "true", which is true in a template; write true without quotes'),
        ('"no"', 'is the string "no", which is true in a template; write false without quotes'),
        ('""', "is an empty string; write true or false"),
        ("", "has no value; write true or false"),
        ("~", "has no value; write true or false"),
        ("0", "is the number 0; write true or false"),
    ],
)
def test_flags_that_are_not_boolean(value: str, message: str) -> None:
    assert flags(f"ingress:\n  enabled: {value}\n") == [f"values.yaml:2 flag ingress.enabled {message}"]


@pytest.mark.parametrize("key", ["enabled", "enable", "create", "disabled", "metricsEnabled", "isEnabled"])
def test_names_of_flags(key: str) -> None:
    assert len(flags(f'{key}: "true"\n')) == 1


@pytest.mark.parametrize(
    "values",
    [
        "a: {enabled: yes}\n",
        "a: {enabled: off}\n",
        "a: {enabled: auto}\n",
        "a: {enabled: [x, y]}\n",
        "a: {created: 'true'}\n",
        "featuresEnabled:\n",
        "config: {a: {enabled: 'true'}}\n",
        "podAnnotations: {enabled: 'true'}\n",
        "grafana.ini: {auth: {enabled: 'true'}}\n",
        "env: [{name: enabled, value: 'true'}]\n",
        "list: [{enabled: 'true'}]\n",
        "# Ignored by the chart itself; a chart that depends on it may have this as its condition\nenabled:\n",
        "hub:\n  # -- Use the hub\n  # @default -- true where a token is given\n  enabled:\n",
    ],
)
def test_what_is_no_flag_or_is_one_rightly(values: str) -> None:
    assert flags(values) == []


@pytest.mark.parametrize("values", ["database: {enabled: 'true'}\n", "environment: {enabled: 'true'}\n"])
def test_names_that_hold_another_programs_words_are_not_foreign(values: str) -> None:
    assert len(flags(values)) == 1


def test_flags_are_counted() -> None:
    rule = RULES["disclosure/flag-not-boolean"]
    of = chart_subject(rule, {"values.yaml": "a: {enabled: true}\nb: {enabled: 'x', create: 1}\n"})
    tallies = [outcome for outcome in rule.check(of) if isinstance(outcome, Tally)]
    assert tallies == [Tally(2, 3, "flags are boolean")]


def messages(template: str, values: str = "adminPassword: ''\n") -> list[str]:
    return found(RULES["disclosure/unhelpful-message"], {"templates/a.yaml": template, "values.yaml": values})


@pytest.mark.parametrize(
    "template",
    [
        '{{ required "missing!" .Values.dbHost }}',
        '{{ .Values.dbHost | required "no." }}',
        '{{ fail "invalid" }}',
        '{{ if not (required "bad" .Values.x) }}{{ end }}',
        '{{ define "a" }}{{ with .Values.x }}{{ fail `oops` }}{{ end }}{{ end }}',
        '{{ print "wrong" | fail }}',
        '{{ fail (printf "error\\n") }}',
        '{{ $x := required "" .Values.dbHost }}',
    ],
)
def test_messages_that_help_nobody(template: str) -> None:
    (message,) = messages(template)
    assert message.startswith("templates/a.yaml:1 ")
    assert "names no value" in message


@pytest.mark.parametrize(
    "template",
    [
        '{{ required "A valid .Values.foo entry required!" .Values.foo }}',
        '{{ required "the db host is missing" .Values.dbHost }}',
        '{{ required "no admin password" .Values.auth.secret }}',
        '{{ required "host?" .Values.database.host }}',
        '{{ range .Values.users }}{{ required "name!" .name }}{{ end }}',
        '{{ fail "set a host" }}',
        '{{ required "A stack ID is missing" .Values.cloud.stackId }}',
        '{{ fail "Helm 3.9 is required" }}',
        '{{ fail "`x` is wrong" }}',
        '{{ fail (printf "%s is wrong" .Values.x) }}',
        '{{ fail (include "web.message" .) }}',
        "{{ fail $message }}",
        '{{/* fail "x" */}}',
        '{{ required (include "a" .) .Values.x }}',
        '{{ $failure := "fail" }}{{ .Values.fail }}',
    ],
)
def test_messages_that_help(template: str) -> None:
    assert messages(template) == []


def test_the_place_is_the_message() -> None:
    rule = RULES["disclosure/unhelpful-message"]
    of = chart_subject(rule, {"templates/a.yaml": 'a: b\nc: {{ required "bad" .Values.x }}\n'})
    (problem,) = [outcome for outcome in rule.check(of) if isinstance(outcome, Violation)]
    place = locate(problem.at)
    assert (place.line, place.column, place.end_column) == (2, 16, 21)


def test_a_template_with_a_syntax_error_is_passed_over() -> None:
    assert messages('{{ fail "bad"') == []


def empties(text: str) -> list[str]:
    rule = RULES["disclosure/unguarded-empty"]
    of = chart_subject(rule, {})
    problems = [
        problem
        for manifest in rendering(text).manifests
        for problem in rule.check(manifest, of)
        if isinstance(problem, Violation)
    ]
    return [dotted(problem.at.path) for problem in problems if isinstance(problem.at, View)]


def pod(container: str) -> str:
    return f"kind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n    - name: a\n      {container}\n"


@pytest.mark.parametrize("image", ['""', '":1.2"', '"web:"', '"/web:1"', '"acme/:1"', '"web@"', "null"])
def test_images_without_a_part(image: str) -> None:
    assert empties(pod(f"image: {image}")) == ["spec.containers[0].image"]


@pytest.mark.parametrize("image", ["web", "acme/web:1", "localhost:5000/web", "web@sha256:00"])
def test_images_with_all_their_parts(image: str) -> None:
    assert empties(pod(f"image: {image}")) == []


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ("ports: [{containerPort: }]", "ports[0].containerPort"),
        ("env: [{value: x}]", "env[0].name"),
        ('env: [{name: A, valueFrom: {secretKeyRef: {name: "", key: k}}}]', "env[0].valueFrom.secretKeyRef.name"),
        ('envFrom: [{configMapRef: {name: ""}}]', "envFrom[0].configMapRef.name"),
        ('volumeMounts: [{name: a, mountPath: ""}]', "volumeMounts[0].mountPath"),
    ],
)
def test_empty_fields_of_a_container(field: str, path: str) -> None:
    assert empties(pod(f"image: web\n      {field}")) == [f"spec.containers[0].{path}"]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("kind: ConfigMap\nmetadata: {}\n", "metadata.name"),
        ("kind: Service\nmetadata: {name: a}\nspec: {ports: [{port: }]}\n", "spec.ports[0].port"),
        ("kind: CronJob\nmetadata: {name: a}\nspec: {schedule: ''}\n", "spec.schedule"),
        ("kind: Role\nmetadata: {name: ''}\n", "metadata.name"),
        ("kind: RoleBinding\nmetadata: {name: a}\nroleRef: {kind: Role, name: ''}\n", "roleRef.name"),
        (
            "kind: PersistentVolumeClaim\nmetadata: {name: a}\nspec: {resources: {requests: {storage: }}}\n",
            "spec.resources.requests.storage",
        ),
    ],
)
def test_empty_fields_of_objects(text: str, path: str) -> None:
    assert empties(text) == [path]


@pytest.mark.parametrize(
    "text",
    [
        "kind: ConfigMap\nmetadata: {generateName: a-}\n",
        "kind: Service\nmetadata: {name: a}\nspec: {type: ClusterIP, externalName: '', clusterIP: ''}\n",
        "kind: PersistentVolumeClaim\nmetadata: {name: a}\nspec: {storageClassName: ''}\n",
        "kind: Gadget\nmetadata: {name: a}\nspec: {schedule: ''}\n",
    ],
)
def test_fields_that_may_be_empty(text: str) -> None:
    assert empties(text) == []


@pytest.mark.parametrize(
    ("key", "better"),
    [
        ("disableTLS", "tls.enabled"),
        ("installCRDs", "crds.enabled"),
        ("enableAdminApi", "adminApi.enabled"),
        ("useTls", "tls.enabled"),
        ("ingress", "ingress.enabled"),
    ],
)
def test_odd_names_of_flags(key: str, better: str) -> None:
    (message,) = found(RULES["disclosure/flag-odd-name"], {"values.yaml": f"web: {{{key}: true}}\n"})
    assert f"rename it to web.{better}" in message


@pytest.mark.parametrize(
    "values",
    [
        "a: {enabled: true}\n",
        "rbac: {create: true}\n",
        "enableServiceLinks: true\n",
        "disableAfter: 5m\n",
        "usePodAddresses: true\n",
        "disabled: true\n",
        "installed: true\n",
        "config: {disableCache: true}\n",
        "ingress: {host: true}\n",
        "installCRDs: false\ncrds: {enabled: false}\n",
        "# Deprecated since 2.0: the server finds out by itself\ndisableCache: false\n",
    ],
)
def test_names_that_are_not_odd(values: str) -> None:
    assert found(RULES["disclosure/flag-odd-name"], {"values.yaml": values}) == []


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("- --disable-compression={{ .Values.disableCompression }}\n", 0),
        ("- --server.disableCompression\n", 0),
        ("- name: WEB_DISABLE_COMPRESSION\n", 0),
        ("spec:\n  disableCompression: true\n", 0),
        ("{{- if .Values.disableCompression }}\na: b\n{{- end }}\n", 1),
        ('{{- if hasKey .Values "disableCompression" }}\na: b\n{{- end }}\n', 1),
        ("- --disable-compression-of-logs\n", 1),
    ],
)
def test_a_flag_may_be_called_like_a_programs_option(template: str, expected: int) -> None:
    files = {"values.yaml": "disableCompression: false\n", "templates/a.yaml": template}
    assert len(found(RULES["disclosure/flag-odd-name"], files)) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("ingress: {enabled: true}\n", 1),
        ("server: {serviceMonitor: {enabled: true}}\n", 1),
        ("debug: true\n", 1),
        ("tracingEnabled: true\n", 1),
        ("ingress: {enabled: false}\n", 0),
        ("persistence: {enabled: true}\n", 0),
        ("metrics: {enabled: false, serviceMonitor: {enabled: true}}\n", 0),
        ("config: {debug: true}\n", 0),
    ],
)
def test_advanced_features_that_are_on(values: str, expected: int) -> None:
    assert len(found(RULES["disclosure/advanced-on"], {"values.yaml": values})) == expected


def test_what_the_chart_is_about_is_not_advanced() -> None:
    files = {"values.yaml": "ingress: {enabled: true}\n", "Chart.yaml": "name: web-ingress\nversion: 1.0.0\n"}
    assert found(RULES["disclosure/advanced-on"], files) == []
    files = {"values.yaml": "serviceMonitor: {enabled: true}\n", "crds/crd-servicemonitors.yaml": ""}
    assert found(RULES["disclosure/advanced-on"], files) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("experimentalRouting: true\n", 1),
        ("server: {alphaFeatures: {a: 1}}\n", 1),
        ("unsafeMode: false\n", 1),
        ("experimental: {betaRouting: true}\n", 0),
        ("advanced: {unsafeMode: true}\n", 0),
        ("debug: true\n", 0),
        ("alphabet: true\n", 0),
        ("experimentalRouting: {betaHeader: 1}\n", 1),
        ("debugMode: false\n", 0),
        ("debugPort: 6060\n", 1),
    ],
)
def test_settings_that_call_themselves_unsure(values: str, expected: int) -> None:
    assert len(found(RULES["disclosure/ungrouped-advanced"], {"values.yaml": values})) == expected


def many_required(count: int, scenario: str = "defaults") -> list[str]:
    of = chart({"values.yaml": "a: {b: ''}\n"}, None, Status.NEEDS_INPUT)
    assert of.rendered is not None
    inputs = tuple(Input(("a", f"b{number}"), "x", "is required", scenario) for number in range(count))
    return judge("too-many-required", replace(of, rendered=replace(of.rendered, inputs=inputs)), {"limit": 5})


def test_inputs_that_the_defaults_ask_for_are_counted() -> None:
    assert many_required(5) == []
    (message,) = many_required(6)
    assert message.endswith(
        "chart requires 6 values before it renders (limit 5): a.b0, a.b1, a.b2, a.b3, a.b4, a.b5; add defaults"
    )


def test_inputs_that_were_not_found_are_not_judged() -> None:
    with pytest.raises(Unchecked, match="not be found by rendering"):
        many_required(0)
    with pytest.raises(Unchecked, match="not be found by rendering"):
        many_required(6, "ci/all-values.yaml")


def test_who_renders_asks_for_nothing() -> None:
    assert judge("too-many-required", chart({"values.yaml": "a: 1\n"}, configmap("x"))) == []
