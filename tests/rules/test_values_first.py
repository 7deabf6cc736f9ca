"""Rules on values: documented, used, defined, of the types that the schema names."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from helm_constitution.chart.loader import load_chart
from helm_constitution.core.model import DEFAULTS, Status
from helm_constitution.helm.protocol import FailureKind, HelmMessage, MessageLevel, RenderRequest
from helm_constitution.lint import registry
from helm_constitution.lint.needs import CheckedChart
from helm_constitution.lint.rule import NotApplicable, Outcome, Related, Tally, Unchecked, Violation
from helm_constitution.locate.resolve import locate
from helm_constitution.render.results import ScenarioResult
from helm_constitution.render.scenarios import Scenario
from tests.rules.support import checked, subject_of

RULES = {rule.id: rule for rule in registry.rules()}

Check = Callable[..., list[str]]


def result(name: str, status: Status, *kinds: FailureKind, skip_schema: bool = False) -> ScenarioResult:
    errors = tuple(HelmMessage(MessageLevel.ERROR, "…", kind) for kind in kinds)
    return ScenarioResult(Scenario(name, RenderRequest(skip_schema=skip_schema)), status, None, None, errors)


class Charts:
    """Makes charts and asks rules about them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def checked(self, files: Mapping[str, str], *results: ScenarioResult) -> CheckedChart:
        for name, text in {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", **files}.items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return checked(load_chart(self.folder, shown="web"), results)

    def outcomes(
        self, rule: str, files: Mapping[str, str], *results: ScenarioResult, **parameters: str
    ) -> list[Outcome]:
        checking = RULES[f"values/{rule}"]
        return list(checking.check(subject_of(checking, self.checked(files, *results), parameters)))

    def found(self, rule: str, files: Mapping[str, str], *results: ScenarioResult) -> list[str]:
        """``file:line message`` of each problem."""
        lines = []
        for outcome in self.outcomes(rule, files, *results):
            if isinstance(outcome, Violation):
                place = locate(outcome.at)
                lines.append(f"{place.file}:{place.line} {outcome.message}")
        return lines

    def undocumented(self, values: str, template: str = "", **files: str) -> list[str]:
        """The keys that have no comment."""
        texts = {"values.yaml": values, "templates/a.yaml": template, **files}
        return [line.split()[1] for line in self.found("undocumented", texts)]


@pytest.fixture
def charts(tmp_path: Path) -> Charts:
    return Charts(tmp_path)


# undocumented


def test_each_leaf_needs_a_comment_of_its_own(charts: Charts) -> None:
    values = "# The image\nimage:\n  repository: a\n  # Which one\n  tag: b\nreplicas: 1\n"
    assert charts.undocumented(values) == ["image.repository", "replicas"]


def test_a_row_in_the_readme_counts_unless_only_comments_are_to(charts: Charts) -> None:
    files = {
        "values.yaml": "image:\n  tag: a\n  repository: b\nreplicas: 1\nport: 80\n",
        "README.md": "| Key | Description |\n|---|---|\n| `image` | What runs |\n| replicas | How many |\n",
    }
    found = charts.outcomes("undocumented", files)
    assert [outcome.message for outcome in found if isinstance(outcome, Violation)] == [
        "port has no comment and no row in the README; describe it in a comment above the key"
    ]
    comments_only = charts.outcomes("undocumented", files, readme="")
    assert len([one for one in comments_only if isinstance(one, Violation)]) == 4


def test_a_map_with_documented_leaves_needs_none(charts: Charts) -> None:
    assert charts.undocumented("image:\n  # Where it is\n  repository: a\n  # Which one\n  tag: b\n") == []


@pytest.mark.parametrize(
    "name",
    [
        "resources",
        "nodeSelector",
        "podSecurityContext",
        "livenessProbe",
        "affinity",
        "podAnnotations",
        "extraLabels",
        "updateStrategy",
        "dnsConfig",
    ],
)
def test_fields_of_kubernetes_need_one_comment(name: str, charts: Charts) -> None:
    assert charts.undocumented(f"# Words\n{name}:\n  a:\n    b: 1\n  c: 2\n") == []
    assert charts.undocumented(f"{name}:\n  # Words\n  a:\n    b: 1\n  c: 2\n") == []
    assert charts.undocumented(f"{name}:\n  a:\n    b: 1\n  c: 2\n") == [name]


@pytest.mark.parametrize("name", ["service", "ingress", "autoscaling", "environmentName", "labelsEnabled", "image"])
def test_groups_of_the_chart_itself_are_no_fields_of_kubernetes(name: str, charts: Charts) -> None:
    assert charts.undocumented(f"# Words\n{name}:\n  a: 1\n  b: 2\n") == [f"{name}.a", f"{name}.b"]


@pytest.mark.parametrize(
    "template",
    [
        "{{ toYaml .Values.config }}",
        "{{ range $name, $value := .Values.config }}{{ $name }}={{ $value }}{{ end }}",
        "{{ with .Values.config }}{{ toYaml . | nindent 2 }}{{ end }}",
        '{{ include "web.config" .Values.config }}{{ define "web.config" }}{{ toJson . }}{{ end }}',
    ],
)
def test_a_map_that_is_passed_on_whole_needs_one_comment(template: str, charts: Charts) -> None:
    assert charts.undocumented("# Words\nconfig:\n  a: 1\n  b:\n    c: 2\n", template) == []
    assert charts.undocumented("config:\n  a: 1\n  b:\n    c: 2\n", template) == ["config"]


def test_a_map_whose_keys_are_read_is_the_charts_own_though_a_checksum_takes_it_whole(charts: Charts) -> None:
    template = "{{ .Values.config.a }}{{ toYaml .Values.config | sha256sum }}"
    assert charts.undocumented("# Words\nconfig:\n  a: 1\n  b: 2\n", template) == ["config.a", "config.b"]


def test_a_dependencys_values_are_documented_there(charts: Charts) -> None:
    chart = "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n  - {name: redis, version: 1.x, alias: cache}\n"
    values = "# The cache\ncache:\n  port: 1\n  auth:\n    enabled: true\nredis:\n  port: 1\n"
    assert charts.undocumented(values, **{"Chart.yaml": chart}) == ["redis.port"]


def test_hidden_keys_and_what_is_below_them_need_none(charts: Charts) -> None:
    assert charts.undocumented("# @ignored\na:\n  b: 1\n  c: 2\n# Words\nd: 1\n") == []


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ("# The scraping interval\na:\n  b: 1\n", []),  # the only key
        ("# Instrumentation of Go programs\na:\n  go:\n    enabled: false\n", []),  # the only key of the only key
        ("# Instrumentation of Go programs\na:\n  go:\n    b: 1\n    c: 1\n", ["a.go.b", "a.go.c"]),
        ("# Instrumentation of programs\na:\n  go:\n    b: 1\n  java:\n    b: 1\n", ["a.go.b", "a.java.b"]),
        ("# Enable the feature\na:\n  enabled: false\n  b: 1\n", ["a.b"]),
        ("# Feature\na:\n  enabled: false\n  b: 1\n", ["a.enabled", "a.b"]),
        ("# Replicas and maxSurge of the pods\na:\n  replicas: 1\n  maxSurge: 1\n  b: 1\n", ["a.b"]),
        ("# dnsPolicy and dnsServer of the pods\ndnsPolicy: a\ndnsServer: b\n", []),
        ("# dnsPolicy and dnsServer of the pods\ndnsPolicy: a\n\ndnsServer: b\n", ["dnsServer"]),
        ("# The port and its name\nport: 1\nname: b\n", ["name"]),  # a word, not a key's name
        ("# Additional labels and annotations\nlabels: {}\nannotations: {}\n", []),
        ("# Internal/External traffic policy\nexternalTrafficPolicy: a\ninternalTrafficPolicy: b\n", []),
        ("# Traffic policy\nexternalTrafficPolicy: a\ninternalTrafficPolicy: b\n", ["internalTrafficPolicy"]),
        ("# dnsPolicy and dnsConfig of the pods\ndnsPolicy: a\ndnsConfig:\n  a: 1\n  b: 1\n", []),
        ("# Exposes the feature outside\na:\n  enabled: false\n  b: 1\n", ["a.b"]),  # that is what it switches
    ],
)
def test_a_comment_may_be_about_a_key_nearby(values: str, missing: list[str], charts: Charts) -> None:
    assert charts.undocumented(values) == missing


def test_a_set_of_equal_things_needs_one_comment(charts: Charts) -> None:
    flags = "".join(f"  alert{number}: true\n" for number in range(5))
    assert charts.undocumented(f"# Alerts that are made\nrules:\n{flags}") == []
    assert charts.undocumented(f"rules:\n{flags}") == ["rules"]
    assert charts.undocumented(f"# Alerts that are made\nrules:\n{flags}  level: high\n")[-1] == "rules.level"


def test_a_reference_to_a_secret_needs_one_comment(charts: Charts) -> None:
    assert charts.undocumented("# Secret with the password\nexistingSecret:\n  name: ''\n  key: password\n") == []


def test_the_message_tells_when_an_example_stands_there(charts: Charts) -> None:
    (line,) = charts.found("undocumented", {"values.yaml": "tolerations: []\n# - key: spot\n"})
    assert line == (
        "values.yaml:1 tolerations has no comment; describe it in a comment above the key (a "
        "commented-out example is not a description)"
    )


def test_the_evidence_counts_what_needs_a_comment(charts: Charts) -> None:
    files = {"values.yaml": "# Words\nresources:\n  limits:\n    cpu: 1\n    memory: 1\na: 1\nb: 2 # Words\n"}
    assert charts.outcomes("undocumented", files)[-1] == Tally(2, 3, "values documented")


@pytest.mark.parametrize("files", [{}, {"values.yaml": ""}, {"values.yaml": "# nothing\n"}])
def test_without_values_there_is_nothing_to_judge(files: dict[str, str], charts: Charts) -> None:
    for rule in ("undocumented", "unused", "no-schema"):
        with pytest.raises(NotApplicable, match="the chart has no values"):
            charts.outcomes(rule, files, FAILED)


# unused


def unused(charts: Charts, values: str, template: str = "", **files: str) -> list[str]:
    texts = {"values.yaml": values, "templates/a.yaml": template, **files}
    return [line.split(" ", 1)[1].split(";")[0] for line in charts.found("unused", texts)]


def test_a_value_that_no_template_reads(charts: Charts) -> None:
    values = "a: 1\nb: 2\nc:\n  d: 1\n  e: {f: 1}\n"
    assert unused(charts, values, "{{ .Values.a }}{{ .Values.c.d }}") == [
        "value b is never used",
        "value c.e and the keys below it are never used",
    ]
    assert unused(charts, values, "{{ toYaml .Values }}") == []


def test_notes_count_as_templates_and_comments_do_not(charts: Charts) -> None:
    files = {"templates/NOTES.txt": "{{ .Values.a }}", "templates/b.yaml": "# see .Values.b\n{{/* .Values.c */}}"}
    assert unused(charts, "a: 1\nb: 1\nc: 1\n", "", **files) == ["value b is never used", "value c is never used"]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("Injected by the catalogue. This value is not used by the chart.", 0),
        ("Ignored by the web chart itself; charts that depend on it may read it", 0),
        ("Not used", 1),
    ],
)
def test_a_comment_may_say_that_others_read_a_value(charts: Charts, comment: str, expected: int) -> None:
    assert len(unused(charts, f"# {comment}\na: 1\n", "")) == expected


def test_dependencies_read_their_values(charts: Charts) -> None:
    chart = (
        "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n"
        "  - {name: db, version: 1.x, condition: store.enabled, tags: [data]}\n"
    )
    values = "db:\n  port: 1\nstore:\n  enabled: true\ntags:\n  data: true\nglobal:\n  region: x\nother: 1\n"
    db = {"charts/db/Chart.yaml": "name: db\nversion: 1.0.0\n", "Chart.yaml": chart}
    assert unused(charts, values, "", **db) == ["value other is never used"]


def test_what_carries_an_anchor_is_used_by_its_aliases(charts: Charts) -> None:
    assert unused(charts, "x: &x\n  a: 1\nb: *x\nc:\n  <<: *x\n", "{{ .Values.b.a }}{{ .Values.c.a }}") == []
    assert unused(charts, "x: &x\n  a: 1\nb: 1\n", "{{ .Values.b }}") == [
        "value x and the keys below it are never used"
    ]


@pytest.mark.parametrize("end", ["\r", "\x85", "\u2028", "\u2029", "\r\r\n"])
def test_lines_end_where_yaml_ends_them(charts: Charts, end: str) -> None:
    values = end.join(("x: &x", "  a: 1", "b: 1", "c: *x", "b: 2", ""))
    assert unused(charts, values, "{{ .Values.c.a }}") == ["value b is never used"]
    (problem,) = charts.found("duplicate-key", {"values.yaml": values})
    assert "key b is defined twice" in problem


def test_values_for_templates_in_values(charts: Charts) -> None:
    values = "# Values for use in templates of sidecars\ncontext: {}\n# Sidecars\nsidecars: []\n"
    assert unused(charts, values, "{{ tpl (toYaml .Values.sidecars) . }}") == []


def test_a_misspelt_name_is_told_on_both_sides(charts: Charts) -> None:
    files = {"values.yaml": "image:\n  pullPolicy: Always\n", "templates/a.yaml": "{{ .Values.image.PullPolicy }}"}
    (line,) = charts.found("unused", files)
    assert line.endswith("image.pullPolicy is never used; did you mean image.PullPolicy, which the templates read?")
    assert charts.found("undefined", files) == [
        "templates/a.yaml:1 .Values.image.PullPolicy is not defined in values.yaml; did you mean image.pullPolicy?"
    ]


def test_a_name_with_something_before_it_may_be_meant(charts: Charts) -> None:
    files = {"values.yaml": "test:\n  pullPolicy: Always\n", "templates/a.yaml": "{{ .Values.test.imagePullPolicy }}"}
    (line,) = charts.found("undefined", files)
    assert line.endswith("; did you mean test.pullPolicy?")
    assert "did you mean" not in charts.found("undefined", {**files, "values.yaml": "test: {policy: Always}\n"})[0]


def test_unused_values_as_evidence(charts: Charts) -> None:
    files = {"values.yaml": "a: 1\nb: {c: 1, d: 2}\n", "templates/a.yaml": "{{ .Values.a }}"}
    assert charts.outcomes("unused", files)[-1] == Tally(1, 3, "values read by templates")


LIBRARY = "apiVersion: v2\nname: web\nversion: 1.0.0\ntype: library\n"


@pytest.mark.parametrize("rule", ["unused", "undefined"])
def test_a_library_charts_values_belong_to_its_users(rule: str, charts: Charts) -> None:
    files = {"Chart.yaml": LIBRARY, "values.yaml": "a: 1\n", "templates/_a.tpl": "{{ .Values.b }}"}
    with pytest.raises(NotApplicable, match="library"):
        charts.outcomes(rule, files)


# undefined


def test_a_read_that_finds_nothing_is_told_once_with_its_other_places(charts: Charts) -> None:
    files = {
        "values.yaml": "a: 1\n",
        "templates/b.yaml": "{{ .Values.missing }}\n{{ .Values.missing }}",
        "templates/a.yaml": "x\n{{ .Values.missing }}",
    }
    (problem,) = charts.outcomes("undefined", files)
    assert isinstance(problem, Violation)
    places = [locate(place) for place in (problem.at, *(related.at for related in problem.related))]
    assert [(place.file, place.line) for place in places] == [
        ("templates/a.yaml", 2),
        ("templates/b.yaml", 1),
        ("templates/b.yaml", 2),
    ]


def test_without_values_every_unguarded_read_finds_nothing(charts: Charts) -> None:
    files = {"templates/a.yaml": "{{ .Values.a }}{{ .Values.b | default 1 }}{{ if .Values.c }}{{ .Values.c }}{{ end }}"}
    assert charts.found("undefined", files) == [
        "templates/a.yaml:1 .Values.a is not defined in values.yaml; add a default there, or guard the read"
    ]
    assert charts.found("missing-file", files) == [
        (
            "templates/a.yaml:None templates read values, but the chart has no values.yaml; "
            "add it with a default for each value"
        )
    ]


def test_a_chart_that_reads_no_values_needs_no_file(charts: Charts) -> None:
    assert charts.found("missing-file", {"templates/a.yaml": "{{ .Release.Name }}"}) == []


# schema

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "replicas": {"type": "integer", "minimum": 1},
        "level": {"enum": ["info", "debug"]},
        "image": {"type": "object", "additionalProperties": False, "properties": {"tag": {"type": "string"}}},
        "port": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[a-z]+$"}]},
        "host": {"oneOf": [{"type": "integer"}, {"type": "string"}]},
        "secret": {"type": "string"},
    },
}


OR_ANOTHER = "(or another alternative of the schema)"


def mismatches(
    charts: Charts, schema: object, values: str, *results: ScenarioResult, files: Mapping[str, str] | None = None
) -> list[str]:
    texts = {"values.schema.json": json.dumps(schema), "values.yaml": values, **(files or {})}
    return charts.found("schema-mismatch", texts, *results)


FAILED = result(DEFAULTS, Status.FAILED, FailureKind.SCHEMA)


def test_the_nulls_of_the_defaults_stay(charts: Charts) -> None:
    """Helm 3 rejects them, Helm 4 leaves them out."""
    schema = {"properties": {"a": {"type": "string"}}}
    told = mismatches(charts, schema, "a: null\n", FAILED)
    assert told == ["values.yaml:1 a is null, but the schema requires string"]


def test_every_mismatch_is_told_at_its_line(charts: Charts) -> None:
    values = 'replicas: "3"\nlevel: warn\nimage:\n  tag: 1\n  digest: x\nport: A1\nhost: {}\n'
    assert mismatches(charts, SCHEMA, values, FAILED) == [
        'values.yaml:1 replicas is the string "3", but the schema requires integer',
        'values.yaml:2 level is "warn", but the schema allows only "info", "debug"',
        "values.yaml:5 image.digest is not allowed by the schema",
        "values.yaml:4 image.tag is the number 1, but the schema requires string",
        f'values.yaml:6 port is "A1", but the schema requires a match of ^[a-z]+$ {OR_ANOTHER}',
        "values.yaml:7 host is the map {}, but the schema requires integer or string",
    ]


@pytest.mark.parametrize(
    ("name", "keyword"),
    [
        ("http://json-schema.org/draft-04/schema#", "definitions"),
        ("http://json-schema.org/draft-06/schema#", "definitions"),
        ("http://json-schema.org/draft-07/schema#", "definitions"),
        ("https://json-schema.org/draft/2019-09/schema", "$defs"),
        ("https://json-schema.org/draft/2020-12/schema", "$defs"),
        (None, "$defs"),
    ],
)
def test_each_draft_and_references_inside_the_file(name: str | None, keyword: str, charts: Charts) -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"port": {"$ref": f"#/{keyword}/port"}},
        keyword: {"port": {"type": "integer"}},
    }
    if name is not None:
        schema["$schema"] = name
    expected = ['values.yaml:1 port is the string "http", but the schema requires integer']
    assert mismatches(charts, schema, "port: http\n", FAILED) == expected


def test_remote_references_are_named_and_never_fetched(monkeypatch: pytest.MonkeyPatch, charts: Charts) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was asked for")

    monkeypatch.setattr("socket.socket.connect", refuse)
    schema = {
        "properties": {
            "resources": {"$ref": "https://example.com/kubernetes.json#/definitions/resources"},
            "replicas": {"type": "integer"},
        }
    }
    files = {"values.schema.json": json.dumps(schema), "values.yaml": "resources: 1\nreplicas: x\n"}
    rendered = result(DEFAULTS, Status.RENDERED)  # helm was asked to leave the schema alone
    assert charts.found("schema-mismatch", files, rendered) == [
        'values.yaml:2 replicas is the string "x", but the schema requires integer'
    ]
    with pytest.raises(Unchecked, match=r"references https://example\.com/kubernetes\.json#/definitions/resources"):
        charts.outcomes("schema-mismatch", {**files, "values.yaml": "resources: 1\nreplicas: 1\n"}, rendered)


@pytest.mark.parametrize(
    ("schema", "values", "expected"),
    [
        ({"minLength": 2}, "a: x\n", 'a is "x", but the schema requires at least 2 characters'),
        ({"maxLength": 1}, "a: xy\n", 'a is "xy", but the schema requires at most 1 character'),
        ({"minItems": 1}, "a: []\n", "a has 0 items, but the schema requires at least 1 item"),
        ({"maxProperties": 1}, "a: {b: 1, c: 2}\n", "a has 2 keys, but the schema requires at most 1 key"),
        ({"uniqueItems": True}, "a: [1, 1]\n", "a has an item twice, but the schema requires unique items"),
        ({"not": {"const": "latest"}}, "a: latest\n", 'a is "latest", which the schema forbids'),
        (
            {"oneOf": [{"type": "number"}, {"minimum": 1}]},
            "a: 2\n",
            "a is 2, which matches several alternatives of the schema instead of one",
        ),
        (
            {"if": {"required": ["b"]}, "then": {"required": ["c"]}},
            "a: {b: 1}\n",
            "a.c is missing, but the schema requires it",
        ),
        ({"properties": {}, "unevaluatedProperties": False}, "a: {b: 1}\n", "a.b is not allowed by the schema"),
        (
            {"propertyNames": {"pattern": "^[a-z]+$"}},
            "a: {B: 1}\n",
            'a is "B", but the schema requires a match of ^[a-z]+$',
        ),
    ],
)
def test_messages_say_what_was_expected(schema: dict[str, Any], values: str, expected: str, charts: Charts) -> None:
    assert mismatches(charts, {"properties": {"a": schema}}, values, FAILED) == [f"values.yaml:1 {expected}"]


def test_beside_a_remote_reference_the_schema_keeps_its_draft_and_its_names(charts: Charts) -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "id": "https://example.com/web.json",
        "additionalProperties": False,
        "properties": {
            "id": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
            "$schema": {"type": "string"},
            "level": {"enum": [{"$ref": "x"}, "info"]},
            "resources": {"$ref": "https://example.com/kubernetes.json#/definitions/resources"},
        },
    }
    assert mismatches(charts, schema, "id: 0\nlevel: {$ref: x}\nresources: 1\n", FAILED) == [
        "values.yaml:1 id is 0, but the schema requires minimum 0"
    ]


def test_a_reference_that_leads_nowhere_is_the_schemas_fault(charts: Charts) -> None:
    schema = {"properties": {"a": {"$ref": "#/definitions/a"}}}
    assert mismatches(charts, schema, "a: 1\n", FAILED) == [
        "values.schema.json:None values.schema.json is not a valid JSON schema: #/definitions/a does not exist"
    ]


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("a", "1"),
        (["a"], "1"),
        ({"pattern": "("}, "x"),
        ({"properties": 3}, "{b: 1}"),
        ({"multipleOf": 0}, "1"),
        ({"minimum": "a"}, "1"),
    ],
)
def test_a_reference_to_what_is_no_schema_is_the_schemas_fault(charts: Charts, part: object, value: str) -> None:
    schema = {"x-parts": {"a": part}, "properties": {"a": {"$ref": "#/x-parts/a"}}}
    (fault,) = mismatches(charts, schema, f"a: {value}\n", FAILED)
    assert fault.endswith("is not a valid JSON schema: a $ref leads to something that is no schema")


def test_a_reference_to_another_file_is_named(charts: Charts) -> None:
    files = {"values.schema.json": '{"$ref": "other.json"}', "values.yaml": "a: 1\n"}
    with pytest.raises(Unchecked, match=r"references other\.json"):
        charts.outcomes("schema-mismatch", files, FAILED)


def test_what_helm_found_valid_is_not_checked_again(charts: Charts) -> None:
    valid = (
        result(DEFAULTS, Status.RENDERED),
        result("ci/a-values.yaml", Status.FAILED, FailureKind.TEMPLATE),
        result("ci/b-values.yaml", Status.NEEDS_INPUT, FailureKind.REQUIRED),
    )
    assert mismatches(charts, SCHEMA, "replicas: x\n", *valid) == []
    code = "import sys; import helm_constitution.rules.values_first; print('jsonschema' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_where_helm_did_not_check_the_schema_is_checked_here(charts: Charts) -> None:
    expected = ['values.yaml:1 replicas is the string "x", but the schema requires integer']
    for outcome in (
        result(DEFAULTS, Status.RENDERED, skip_schema=True),
        result(DEFAULTS, Status.FAILED, FailureKind.DEPENDENCY),
        result(DEFAULTS, Status.NOT_RUN),
    ):
        assert mismatches(charts, SCHEMA, "replicas: x\n", outcome) == expected


def test_a_library_chart_is_checked_here(charts: Charts) -> None:
    assert mismatches(charts, SCHEMA, "replicas: x\n", files={"Chart.yaml": LIBRARY}) == [
        'values.yaml:1 replicas is the string "x", but the schema requires integer'
    ]


def test_a_property_that_users_have_to_give_is_no_mismatch(charts: Charts) -> None:
    schema = {**SCHEMA, "required": ["secret", "replicas"]}
    asked = result(DEFAULTS, Status.NEEDS_INPUT, FailureKind.SCHEMA)
    assert mismatches(charts, schema, "level: info\n", asked) == []
    assert mismatches(charts, schema, "level: info\nimage: x\n", FAILED) == [
        'values.yaml:2 image is the string "x", but the schema requires object',
        "values.yaml:1 secret is missing, but the schema requires it",
        "values.yaml:1 replicas is missing, but the schema requires it",
    ]


def test_a_scenarios_values_lie_over_the_defaults(charts: Charts) -> None:
    files = {"ci/a-values.yaml": "level: warn\nimage: {digest: x}\nreplicas: null\n"}
    schema = {**SCHEMA, "required": ["replicas"]}
    rendered, failed = result(DEFAULTS, Status.RENDERED), result("ci/a-values.yaml", Status.FAILED, FailureKind.SCHEMA)
    found = mismatches(charts, schema, "replicas: 1\nimage: {tag: x}\n", rendered, failed, files=files)
    assert sorted(found) == [
        'ci/a-values.yaml:1 level is "warn", but the schema allows only "info", "debug"',
        "ci/a-values.yaml:2 image.digest is not allowed by the schema",
        "ci/a-values.yaml:3 replicas is missing, but the schema requires it",
    ]


def test_a_mismatch_of_the_defaults_is_told_once(charts: Charts) -> None:
    files = {"ci/a-values.yaml": "level: info\n"}
    failed = result("ci/a-values.yaml", Status.FAILED, FailureKind.SCHEMA)
    assert mismatches(charts, SCHEMA, "replicas: x\n", FAILED, failed, files=files) == [
        'values.yaml:1 replicas is the string "x", but the schema requires integer'
    ]


def test_a_schema_that_is_none(charts: Charts) -> None:
    (line,) = mismatches(charts, {"properties": {"a": {"type": "strng"}}}, "a: 1\n", FAILED)
    assert line.startswith(
        "values.schema.json:None values.schema.json is not a valid JSON schema: /properties/a/type: 'strng'"
    )


def test_without_a_schema_nothing_can_mismatch(charts: Charts) -> None:
    with pytest.raises(NotApplicable, match=r"no values\.schema\.json"):
        charts.outcomes("schema-mismatch", {"values.yaml": "a: 1\n"}, FAILED)


def test_an_empty_schema_is_a_schema(charts: Charts) -> None:
    assert len(charts.found("no-schema", {"values.yaml": "a: 1\n"}, FAILED)) == 1
    assert charts.found("no-schema", {"values.yaml": "a: 1\n", "values.schema.json": "{}"}, FAILED) == []


# text


def test_duplicate_keys_name_the_lost_one(charts: Charts) -> None:
    (problem,) = charts.outcomes("duplicate-key", {"values.yaml": "a:\n  b: 1\nc: 1\na:\n  d: 1\n"})
    assert isinstance(problem, Violation)
    assert problem.message == "key a is defined twice, and helm ignores the one on line 1; merge them"
    assert locate(problem.at).line == 4
    assert isinstance(problem.related[0], Related)
    assert locate(problem.related[0].at).line == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a: yes", "is read as true; write true, or quote it"),
        ("a: OFF", "is read as false; write false, or quote it"),
        ("a: [n]", "is read as false; write false, or quote it"),
        ("zip: 0123", "is read as the number 83; quote it, or write 83"),
        ("phone: 0800", "is read as the number 800; quote it, or write 800"),
        ("commit: 12e6", "is read as the number 12000000; quote it, or write 12000000"),
        ("tag: 1.10", "is read as the number 1.1; quote it"),
        ("appVersion: 2.0", "is read as the number 2; quote it"),
    ],
)
def test_scalars_that_read_otherwise(line: str, message: str, charts: Charts) -> None:
    (found,) = charts.found("ambiguous-scalar", {"values.yaml": f"{line}\n"})
    assert found.endswith(message)


@pytest.mark.parametrize(
    "line",
    [
        "a: true",
        "a: False",
        "a: 'yes'",
        "a: 1:30",
        "a: 2026-01-01",
        "mode: 0644",
        "defaultMode: 0400",
        "ratio: 1.0",
        "a: 1.2.0",
        "a: 0",
        "a: 0.5",
        "a: 1.5e3",
        "a: 0x1F",
        "a: 0o17",
        "a: '0123'",
        "tag: '1.10'",
        "tag: 1.11",
        "a: nothing",
        "a: ~",
        "a: |\n  yes",
    ],
)
def test_scalars_that_read_as_they_look(line: str, charts: Charts) -> None:
    assert charts.found("ambiguous-scalar", {"values.yaml": f"{line}\n"}) == []


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("log-level", "a hyphen; rename it to logLevel"),
        ("Replicas", "a leading capital; rename it to replicas"),
        ("URL", "a leading capital; rename it to url"),
        ("HTTPPort", "a leading capital; rename it in camelCase"),
        ("a.b-c", "a dot; rename it to aBC"),
        ("-", "a hyphen; rename it in camelCase"),
    ],
)
def test_names_that_are_not_in_camel_case(name: str, fault: str, charts: Charts) -> None:
    files = {"values.yaml": f"'{name}': 1\n", "templates/a.yaml": f'{{{{ index .Values "{name}" }}}}'}
    (line,) = charts.found("key-style", files)
    assert line.endswith(f" has {fault}")


@pytest.mark.parametrize("name", ["logLevel", "a1", "snake_case", "a"])
def test_names_that_helm_reads_well(name: str, charts: Charts) -> None:
    files = {"values.yaml": f"{name}: 1\n", "templates/a.yaml": f"{{{{ .Values.{name} }}}}"}
    assert charts.found("key-style", files) == []


def test_names_in_maps_that_are_passed_on_are_free(charts: Charts) -> None:
    template = "{{ toYaml .Values.config }}{{ range $name, $_ := .Values.hosts }}{{ $name }}{{ end }}"
    values = "config:\n  Log-Level: x\nhosts:\n  web.example.com: {}\n"
    assert charts.found("key-style", {"values.yaml": values, "templates/a.yaml": template}) == []


@pytest.mark.parametrize(
    ("values", "schema"),
    [
        ("auth: {password: hunter2}\n", '{"properties": {"auth": {"properties": {"password": {"type": "integer"}}}}}'),
        ("auth: {password: hunter2}\n", '{"properties": {"auth": {"type": "string"}}}'),
        ("auth: {password: hunter2}\n", '{"properties": {"auth": {"not": {}}}}'),
        ("auth: {password: hunter2}\n", '{"properties": {"auth": {"propertyNames": {"maxLength": 1}}}}'),
        ("url: postgres://u:hunter2@db/x\n", '{"properties": {"url": {"type": "integer"}}}'),
        ("auth: {password: hunter2}\n", '{"properties": {"auth": {"if": true, "then": {"minProperties": 2}}}}'),
        ("password: a\n", '{"properties": {"password": {"enum": ["hunter2"]}}}'),
        ("password: a\n", '{"properties": {"password": {"const": "hunter2"}}}'),
        (
            "env: [{name: DB_PASSWORD, value: hunter2}]\n",
            '{"properties": {"env": {"items": {"properties": {"value": {"maxLength": 1}}}}}}',
        ),
    ],
)
def test_a_value_that_the_schema_rejects_is_withheld_where_it_is_a_secret(
    charts: Charts, values: str, schema: str
) -> None:
    found = mismatches(charts, json.loads(schema), values, FAILED)
    assert found
    assert not any("hunter2" in line for line in found)
