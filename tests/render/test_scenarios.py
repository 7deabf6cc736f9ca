"""Scenarios: those that the configuration adds, inputs that a chart asks for, how many are rendered at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from helm_constitution.chart.reading import MAX_READ
from helm_constitution.check import pipeline
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.cli.main import cli
from helm_constitution.core.errors import ChartError, ConfigurationError
from helm_constitution.helm.cli import CliEngine
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import HelmEngine, Limits, RenderRequest, SetArgument
from helm_constitution.policy.configuration import load_configuration
from helm_constitution.render.scenarios import ScenarioKind, ScenarioSetting, plan, set_json
from helm_constitution.report.model import ChartReport
from tests.helm.support import write_chart

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n"


@pytest.fixture
def embedded() -> Iterator[HelmEngine]:
    engine = EmbeddedEngine(Limits(jobs=2))
    yield engine
    engine.close()


def check(folder: Path, files: Mapping[str, str | bytes], engine: HelmEngine, which: str = "quick") -> ChartReport:
    """The report of a chart of these files."""
    chart = write_chart(folder / "web", files)
    return pipeline.run(CheckRequest(chart, engine, CheckOptions(constitution=Path("built-in"), scenarios=which)))


def statuses(report: ChartReport) -> dict[str, str]:
    return {result.name: result.status.value for result in report.scenarios}


# --- the configuration ------------------------------------------------------------------------------------------------


def test_a_configured_scenario_has_its_own_values_below_those_of_the_command_line(tmp_path: Path) -> None:
    large, mine = tmp_path / "large.yaml", tmp_path / "mine.yaml"
    setting = ScenarioSetting(
        "large", (large,), (SetArgument("--set", "a=1"),), namespace="shop", api_versions=("x/v1",)
    )
    request = RenderRequest((mine,), (SetArgument("--set", "a=2"),), api_versions=("y/v1",), kube_version="1.35")
    *_, scenario = plan(tmp_path, request, "quick", [setting])
    assert scenario.kind is ScenarioKind.CONFIGURED
    assert scenario.request == RenderRequest(
        values_files=(large, mine),
        set_arguments=(SetArgument("--set", "a=1"), SetArgument("--set", "a=2")),
        namespace="shop",
        kube_version="1.35",
        api_versions=("x/v1", "y/v1"),
    )
    assert [one.name for one in plan(tmp_path, request, "defaults", [setting])] == ["defaults"]


def test_what_a_configured_scenario_says_reaches_the_templates(tmp_path: Path, engine: HelmEngine) -> None:
    files = {
        ".helm-constitution.yaml": "scenarios:\n- name: other\n  values: [large.yaml]\n  set: ['a.b={x,y}']\n"
        "  release_name: rel\n  namespace: shop\n  is_upgrade: true\n",
        "large.yaml": "size: large\n",
        "templates/a.yaml": CONFIG_MAP + '  it: {{ fail (printf "set it to %v %v %s %s %v" .Values.size .Values.a.b '
        ".Release.Name .Release.Namespace .Release.IsUpgrade) }}\n",
    }
    report = check(tmp_path, files, engine)
    message = next(one.message for one in report.scenarios if one.name == "other")
    assert message == "set it to large [x y] rel shop true"


def test_versions_are_for_the_helm_command(tmp_path: Path, helm4: Path, embedded: HelmEngine) -> None:
    files = {
        ".helm-constitution.yaml": "scenarios:\n- name: old\n  kube_version: '1.35'\n  api_versions: [shop.io/v1]\n",
        "templates/a.yaml": '{{- if and (eq .Capabilities.KubeVersion.Version "v1.35.0")\n'
        '      (.Capabilities.APIVersions.Has "shop.io/v1") }}\n{{ fail "set a.b: old" }}\n{{- end }}\n' + CONFIG_MAP,
    }
    cli4 = CliEngine(str(helm4), Limits())
    assert statuses(check(tmp_path / "cli", files, cli4)) == {"defaults": "rendered", "old": "needs-input"}
    cli4.close()
    report = check(tmp_path / "embedded", files, embedded)
    assert statuses(report) == {"defaults": "rendered", "old": "not-run"}
    assert "only renders for Kubernetes" in (report.scenarios[1].message or "")
    assert not report.troubles


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("scenarios: {a: b}", 1, "scenarios must be a list of maps"),
        ("scenarios:\n- a", 2, "a scenario must be a map with a name"),
        ("scenarios:\n- name: a\n  value: [x]", 3, "unknown option of a scenario 'value'; did you mean 'values'?"),
        ("scenarios:\n- values: []", 2, "a scenario's name must consist of"),
        ("scenarios:\n- name: defaults", 2, "a scenario's name must consist of"),
        ("scenarios:\n- name: kubernetes 1.35", 2, "a scenario's name must consist of"),
        ("scenarios:\n- name: a=b", 2, "a scenario's name must consist of"),
        ("scenarios:\n- name: a\n- name: a", 3, "duplicate scenario 'a'"),
        ("scenarios:\n- name: a\n  values: [none.yaml]", 3, "no such file: none.yaml"),
        ("scenarios:\n- name: a\n  set: a=b", 3, "set must be a list of strings"),
        ("scenarios:\n- name: a\n  is_upgrade: 1", 3, "is_upgrade must be true or false"),
        ("scenarios:\n- name: a\n  kube_version: 1.35", 3, "kube_version must be a string; write it in quotes"),
        ("scenarios:\n- name: a\n  kube_version: new", 3, "'new' is not a Kubernetes version"),
        ("scenarios:\n- name: a\n  namespace: ''", 3, "namespace must be a string"),
        ("scenarios:\n- name: a\n  namespace: A_B", 3, "namespace 'A_B' must consist of lower-case letters"),
    ],
)
def test_a_wrong_scenario_is_named_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    file = tmp_path / ".helm-constitution.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as raised:
        load_configuration(file, tmp_path)
    assert words in raised.value.message
    assert (raised.value.file, raised.value.line) == (str(file), line)


def test_a_changed_values_file_of_a_scenario_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    chart = write_chart(
        tmp_path / "web", {"templates/a.yaml": CONFIG_MAP + '  c: {{ required "set c to a text" .Values.c }}\n'}
    )
    (tmp_path / ".helm-constitution.yaml").write_text("scenarios:\n- name: mine\n  values: [mine.yaml]\n", "utf-8")
    found = []
    for text in ("c: x\n", "c: ''\n"):
        (tmp_path / "mine.yaml").write_text(text, "utf-8")
        done = CliRunner().invoke(cli, ["check", "--engine", "embedded", "--format", "json", str(chart)])
        scenarios = json.loads(done.stdout)["charts"][0]["scenarios"]
        found.append(next(one["status"] for one in scenarios if one["name"] == "mine"))
    assert found == ["rendered", "needs-input"]


# --- inputs -----------------------------------------------------------------------------------------------------------


def inputs(report: ChartReport) -> list[tuple[str, str]]:
    return [(one.path, one.kind) for one in report.inputs]


def test_every_way_of_asking_is_answered(tmp_path: Path, engine: HelmEngine) -> None:
    files = {
        "values.yaml": 'database: {host: "", port: 5432}\nmode: ""\nauth: {password: "", existing: ""}\n'
        'hosts: []\nreplicas: 0\nname: ""\n',
        "values.schema.json": json.dumps(
            {
                "required": ["region", "zone"],
                "properties": {
                    "region": {"enum": ["eu", "us"]},
                    "zone": {"$ref": "#/definitions/zone"},
                },
                "definitions": {"zone": {"type": "object", "required": ["id"], "properties": {"id": {"minimum": 7}}}},
            }
        ),
        "templates/a.yaml": """\
{{- if not (has .Values.mode (list "single" "cluster")) }}
{{- fail "unknown mode" }}
{{- end }}
{{- if and (not .Values.auth.password) (not .Values.auth.existing) }}
  {{- fail "no credentials" }}
{{- end }}
{{- $name := .Values.name }}
"""
        + CONFIG_MAP
        + """\
  host: {{ required "where is the database?" .Values.database.host }}
  hosts: {{ required "hosts please" (first .Values.hosts) }}
  name: {{ required "no name" $name }}
  {{- include "web.asks" . | nindent 2 }}
""",
        "templates/_helpers.tpl": '{{- define "web.asks" }}\n{{- if lt (int .Values.replicas) 1 }}\n'
        '{{- fail "replicas is too small" }}\n{{- end }}\nreplicas: {{ .Values.replicas | quote }}\n{{- end }}\n',
    }
    report = check(tmp_path, files, engine)
    assert statuses(report) == {"defaults": "needs-input", "inputs": "rendered"}
    assert sorted(inputs(report)) == [
        ("auth.password", "text"),
        ("database.host", "text"),
        ("hosts", "list"),
        ("mode", "text"),
        ("name", "text"),
        ("region", "text"),
        ("replicas", "number"),
        ("zone", "map"),
    ]
    given = {one.path: one.placeholder for one in report.inputs}
    assert (given["region"], given["mode"], given["replicas"]) == ("eu", "single", 1)
    assert not report.troubles


def test_objects_behind_an_input_are_judged(tmp_path: Path, embedded: HelmEngine) -> None:
    pod = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ required "set name" .Values.name }}\nspec:\n'
    pod += "  containers:\n    - name: a\n      image: a:1\n      securityContext:\n        privileged: true\n"
    report = check(tmp_path, {"templates/a.yaml": pod, "values.yaml": "name: ''\n"}, embedded)
    (finding,) = (finding for finding in report.singles if finding.rule == "security/privileged")
    assert (finding.location.file, finding.location.line, finding.scenarios) == ("templates/a.yaml", 10, ("inputs",))
    assert not [finding for finding in report.singles if finding.rule == "disclosure/placeholder-accepted"]


def test_a_dependency_asks_for_values_below_its_key(tmp_path: Path, engine: HelmEngine) -> None:
    files = {
        "Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n"
        "dependencies: [{name: dep, version: 0.1.0, alias: store}]\n",
        "charts/dep/Chart.yaml": "apiVersion: v2\nname: dep\nversion: 0.1.0\n",
        "charts/dep/values.yaml": "user: ''\n",
        "charts/dep/templates/b.yaml": CONFIG_MAP + '  user: {{ required "who?" .Values.user }}\n',
    }
    report = check(tmp_path, files, engine)
    assert statuses(report) == {"defaults": "needs-input", "inputs": "rendered"}
    assert inputs(report) == [("store.user", "text")]


def test_overlays_are_filled_with_the_same_inputs(tmp_path: Path, embedded: HelmEngine) -> None:
    files = {
        "values.yaml": "a: ''\nb: ''\nc: false\n",
        "platforms/aws.yaml": "c: true\n",
        "ci/all-values.yaml": "a: x\n",
        "templates/a.yaml": CONFIG_MAP
        + """\
  a: {{ required "set a" .Values.a }}
  {{- if .Values.c }}
  b: {{ required "set b" .Values.b }}
  {{- end }}
""",
    }
    report = check(tmp_path, files, embedded)
    assert statuses(report) == {
        "defaults": "needs-input",
        "ci/all-values.yaml": "rendered",
        "platforms/aws.yaml": "needs-input",
        "inputs": "rendered",
        "platforms/aws.yaml with inputs": "rendered",
    }
    assert inputs(report) == [("a", "text"), ("b", "text")]


def test_what_no_placeholder_answers_stays_as_it_is(tmp_path: Path, engine: HelmEngine) -> None:
    files = {"templates/a.yaml": CONFIG_MAP + '  a: {{ fail "never: set x to y" }}\n', "values.yaml": "x: ''\n"}
    report = check(tmp_path, files, engine)
    assert statuses(report) == {"defaults": "needs-input"}
    assert inputs(report) == []
    assert [trouble.kind for trouble in report.troubles] == ["needs-input"]


def test_placeholders_that_are_refused_are_replaced_and_flags_are_turned_last(
    tmp_path: Path, engine: HelmEngine
) -> None:
    files = {
        "values.yaml": "place: local\npassword: changeme\nkeys: {enabled: false, secret: ''}\na: ''\n",
        "templates/a.yaml": """\
{{- if eq .Values.place "local" }}
{{- if eq .Values.password "changeme" }}
{{- fail "not set: thePassword" }}
{{- end }}
{{- end }}
{{- if not (or .Values.keys.enabled .Values.keys.secret) }}
{{- fail "no keys: use keys.enabled or keys.secret" }}
{{- end }}
"""
        + CONFIG_MAP
        + '  a: {{ required "set a" .Values.a }}\n  b: {{ required "set a.b" (tpl "" .) }}\n',
    }
    report = check(tmp_path, files, engine)
    assert statuses(report) == {"defaults": "needs-input"}
    files["templates/a.yaml"] = files["templates/a.yaml"].replace('(tpl "" .)', '"x"')
    report = check(tmp_path / "other", files, engine)
    assert inputs(report) == [("password", "text"), ("keys.secret", "text"), ("a", "text")]


def test_with_defaults_alone_nothing_is_filled(tmp_path: Path, embedded: HelmEngine) -> None:
    files = {"templates/a.yaml": CONFIG_MAP + '  a: {{ required "set x" .Values.x }}\n', "values.yaml": "x: ''\n"}
    assert statuses(check(tmp_path, files, embedded, "defaults")) == {"defaults": "needs-input"}


def test_inputs_are_in_both_reports(tmp_path: Path) -> None:
    chart = write_chart(
        tmp_path / "web",
        {"templates/a.yaml": CONFIG_MAP + '  a: {{ required "set x.y" .Values.x.y }}\n', "values.yaml": "x: {y: ''}\n"},
    )
    arguments = ["check", "--no-cache", "--engine", "embedded", str(chart)]
    text = CliRunner().invoke(cli, arguments).stdout
    assert "inputs a user must give:\n  x.y (text): set x.y\n" in text
    report = json.loads(CliRunner().invoke(cli, [*arguments, "--format", "json"]).stdout)
    assert report["charts"][0]["inputs"] == [
        {"path": "x.y", "type": "text", "placeholder": "placeholder", "message": "set x.y"}
    ]


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        (("a", "b"), True, "a.b=true"),
        (("a.b", "c=d"), "x,y", r'a\.b.c\=d="x,y"'),
        (("a[0]",), [1], r"a\[0\]=[1]"),
        (("a\\b",), None, r"a\\b=null"),
    ],
)
def test_a_value_is_set_by_its_path(path: tuple[str, ...], value: object, text: str) -> None:
    assert set_json(path, value) == SetArgument("--set-json", text)  # type: ignore[arg-type]


def test_jobs_limit_what_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    assert [Limits(jobs=jobs).at_once for jobs in (0, 1, 5)] == [8, 2, 5]


# --- everything -------------------------------------------------------------------------------------------------------

POD = """\
{{- if .Values.debug.enabled }}
apiVersion: v1
kind: Pod
metadata:
  name: debug
spec:
  containers:
    - name: debug
      image: debug:1.0.0
      securityContext:
        privileged: true
{{- end }}
"""


def places(report: ChartReport, rule: str) -> list[tuple[str | None, int | None, tuple[str, ...]]]:
    return [
        (finding.location.file, finding.location.line, finding.scenarios)
        for finding in report.singles
        if finding.rule == rule
    ]


def test_what_a_flag_turns_on_is_judged(tmp_path: Path, engine: HelmEngine) -> None:
    files = {"values.yaml": "debug: {enabled: false}\n", "templates/a.yaml": CONFIG_MAP + "  a: b\n"}
    files["templates/pod.yaml"] = POD
    full = check(tmp_path / "full", files, engine, "full")
    assert places(full, "security/privileged") == [("templates/pod.yaml", 11, ("debug.enabled=true",))]
    assert full.status == 1
    assert places(check(tmp_path / "quick", files, engine), "security/privileged") == []


def test_a_flag_within_a_feature_is_switched_with_the_feature_on(tmp_path: Path, embedded: HelmEngine) -> None:
    files = {
        "values.yaml": "a: {enabled: false, host: '', b: {enabled: false, mode: x}}\n",
        "templates/a.yaml": CONFIG_MAP
        + """\
  {{- if .Values.a.enabled }}
  host: {{ required "set a.host" .Values.a.host }}
  {{- if .Values.a.b.enabled }}
  mode: {{ if eq .Values.a.b.mode "y" }}{{ fail "a.b.mode y is gone: set x" }}{{ end }}
  {{- end }}
  {{- end }}
""",
    }
    report = check(tmp_path, files, embedded, "full")
    assert {name: status for name, status in statuses(report).items() if "=" in name} == {
        "a.enabled=true with inputs": "rendered",
        "a.b.enabled=true": "rendered",
        "a.b.mode=y": "needs-input",
    }
    assert inputs(report) == []
    assert places(report, "disclosure/dead-flag") == []


def test_below_full_nothing_is_said_of_flags(tmp_path: Path, embedded: HelmEngine) -> None:
    report = check(tmp_path, {"templates/a.yaml": CONFIG_MAP + "  a: {{ .Values.a.b }}\n"}, embedded)
    reasons = {one.rule: one.reason for one in report.rules if one.rule.startswith("disclosure/")}
    assert (
        reasons["disclosure/dead-flag"]
        == reasons["disclosure/flag-breaks"]
        == "needs --scenarios full, which toggles every flag"
    )


def test_a_flag_that_breaks_the_chart_is_a_finding_and_no_failure(tmp_path: Path, engine: HelmEngine) -> None:
    files = {
        "values.yaml": "debug: {enabled: false}\n",
        "templates/a.yaml": CONFIG_MAP + "  {{- if .Values.debug.enabled }}\n  b: {{ .Values.x.y }}\n  {{- end }}\n",
    }
    report = check(tmp_path, files, engine, "full")
    assert places(report, "disclosure/flag-breaks") == [("templates/a.yaml", 7, ())]
    assert statuses(report)["debug.enabled=true"] == "failed"
    assert not report.troubles
    assert report.status == 1


def test_random_values_are_no_change(tmp_path: Path, engine: HelmEngine) -> None:
    files = {
        "values.yaml": "a: {enabled: true}\nb: {enabled: true}\n",
        "templates/a.yaml": CONFIG_MAP
        + """\
  key: {{ randAlphaNum 20 | b64enc }}
  {{- if .Values.a.enabled | default true }}
  a: b
  {{- end }}
  {{- if .Values.b.enabled }}
  c: d
  {{- end }}
""",
    }
    report = check(tmp_path, files, engine, "full")
    assert places(report, "disclosure/dead-flag") == [("values.yaml", 1, ())]


def test_what_the_user_gives_is_not_toggled(tmp_path: Path, embedded: HelmEngine) -> None:
    chart = write_chart(
        tmp_path / "web",
        {
            "values.yaml": "a: true\nb: true\nc: true\nd: {e: true}\n",
            "templates/a.yaml": CONFIG_MAP
            + "  x: {{ if and .Values.a .Values.b .Values.c .Values.d.e }}y{{ else }}z{{ end }}\n",
        },
    )
    mine = tmp_path / "mine.yaml"
    mine.write_text("b: false\nd: {}\n", "utf-8")
    request = RenderRequest((mine,), (SetArgument("--set", "c=false"),))
    report = pipeline.run(CheckRequest(chart, embedded, CheckOptions(request, Path("built-in"), scenarios="full")))
    assert [name for name in statuses(report) if "=" in name] == ["a=false", "d.e=false"]


def test_enums_come_from_the_schema_and_from_comparisons(tmp_path: Path, embedded: HelmEngine) -> None:
    files = {
        "values.yaml": "level: info\nmode: a\nkind: ''\nother: x\n",
        "values.schema.json": json.dumps({"properties": {"level": {"enum": ["debug", "info"]}}}),
        "templates/a.yaml": CONFIG_MAP
        + """\
  level: {{ .Values.level }}
  {{- if eq .Values.mode "b" }}
  b: c
  {{- else if has .Values.kind (list "d" "e") }}
  f: g
  {{- end }}
  other: {{ .Values.other }}
""",
    }
    report = check(tmp_path, files, embedded, "full")
    assert [name for name in statuses(report) if "=" in name] == ["level=debug", "mode=b", "kind=d", "kind=e"]


@pytest.mark.parametrize(("values", "rendered"), [(12, 11), (13, 0)])
def test_an_enum_of_too_many_values_is_not_toggled(
    tmp_path: Path, embedded: HelmEngine, values: int, rendered: int
) -> None:
    compared = "".join(f'  {{{{ if eq .Values.level "l{one}" }}}}a{one}: b{{{{ end }}}}\n' for one in range(values))
    files = {"values.yaml": "level: l0\n", "templates/a.yaml": CONFIG_MAP + compared}
    report = check(tmp_path, files, embedded, "full")
    assert sum(name.startswith("level=") for name in statuses(report)) == rendered
    never = [line for _, line, _ in places(report, "testing/branch-never-rendered")]
    assert len(never) == (0 if rendered else 12)


def test_what_a_value_says_by_itself_is_its_users_choice(tmp_path: Path, embedded: HelmEngine) -> None:
    files = {
        "values.yaml": "pull: Always\nhostNetwork: false\nreadOnly: true\nuseHostPort: false\n",
        "values.schema.json": json.dumps({"properties": {"pull": {"enum": ["Always", "Never"]}}}),
        "templates/pod.yaml": """\
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  {{- if .Values.hostNetwork }}
  hostNetwork: {{ .Values.hostNetwork }}
  hostPID: true
  {{- end }}
  containers:
    - name: a
      image: a:1.0.0
      imagePullPolicy: {{ .Values.pull }}
      ports:
        - containerPort: 8080
          {{- if .Values.useHostPort }}
          hostPort: 8080
          {{- end }}
      securityContext:
        {{- if .Values.readOnly }}
        readOnlyRootFilesystem: true
        {{- end }}
        allowPrivilegeEscalation: false
""",
    }
    report = check(tmp_path, files, embedded, "full")
    assert places(report, "security/pull-policy") == []
    assert places(report, "security/writable-root") == []
    assert places(report, "portability/host-port") == []
    assert places(report, "security/host-namespace") == [("templates/pod.yaml", 8, ("hostNetwork=true",))]


def test_an_upgrade_is_rendered(tmp_path: Path, engine: HelmEngine) -> None:
    files = {"templates/pod.yaml": POD.replace(".Values.debug.enabled", ".Release.IsUpgrade"), "values.yaml": ""}
    files["templates/a.yaml"] = CONFIG_MAP + "  a: b\n"
    report = check(tmp_path, files, engine, "full")
    assert places(report, "security/privileged") == [("templates/pod.yaml", 11, ("upgrade",))]


@pytest.mark.parametrize(
    ("condition", "scenario"),
    [
        ('eq .Release.Name "prod"', "release prod"),
        ('hasPrefix "prod-" $.Release.Name', "release prod-x"),
        ('has .Release.Name (list "blue" "blue")', "release blue"),
        ('ne "default" (lower .Release.Namespace)', "namespace not-default"),
        ('.Release.Namespace | contains "prod"', "namespace prod"),
        ('and .Values.live (eq .Release.Namespace "prod")', "namespace prod"),
    ],
)
def test_what_only_a_certain_name_has_is_found(
    tmp_path: Path, embedded: HelmEngine, condition: str, scenario: str
) -> None:
    named = CONFIG_MAP.replace("name: a", "name: {{ .Release.Name }}-{{ .Release.Namespace }}")
    pod = POD.replace(".Values.debug.enabled", condition)
    files = {"templates/pod.yaml": pod, "values.yaml": "live: true\n", "templates/a.yaml": f"{named}  a: b\n"}
    report = check(tmp_path, files, embedded, "full")
    assert places(report, "security/privileged") == [("templates/pod.yaml", 11, (scenario,))]
    assert [one.scenarios for one in report.findings if one.location.file == "templates/a.yaml"].count((scenario,)) == 0


def test_of_many_names_some_are_rendered_and_rules_on_all_objects_are_unchecked(
    tmp_path: Path, embedded: HelmEngine
) -> None:
    always, other = (CONFIG_MAP.replace("name: a\ndata:", f"name: {name}\ndata: {{}}") for name in ("a", "other"))
    objects = (f'---\n{{{{ if eq .Release.Name "n{number}" }}}}\n{other}{{{{ end }}}}\n' for number in range(11))
    report = check(tmp_path, {"templates/a.yaml": always + "".join(objects)}, embedded, "full")
    assert [name for name in statuses(report) if name.startswith("release")] == [f"release n{one}" for one in range(10)]
    reason = "templates compare the release with 11 names, and only 10 of them are rendered"
    assert {run.reason for run in report.rules if run.rule == "disclosure/dead-flag"} == {reason}
    assert report.status == 2


def test_names_that_change_nothing_are_not_listed(tmp_path: Path, embedded: HelmEngine) -> None:
    text = CONFIG_MAP + '  a: {{ ternary 1 2 (eq .Release.Name "prod") }}\n  b: {{ printf "x-%s" .Release.Name }}\n'
    report = check(tmp_path, {"templates/a.yaml": text, "values.yaml": ""}, embedded, "full")
    assert not [name for name in statuses(report) if name.startswith(("release", "namespace"))]


def test_the_second_revision_is_rendered_or_named_as_not_run(tmp_path: Path, engine: HelmEngine) -> None:
    text = CONFIG_MAP + "  a: {{ if gt .Release.Revision 1 }}later{{ else }}first{{ end }}\n"
    chart = write_chart(tmp_path / "web", {"templates/a.yaml": text})
    report = pipeline.run(
        CheckRequest(chart, engine, CheckOptions(constitution=Path("built-in"), scenarios="full", coverage=True))
    )
    assert statuses(report)["upgrade"] == "rendered"
    assert report.coverage is not None
    entered = [branch.entered for file in report.coverage for branch in file.branches]
    if engine.name == "embedded":
        assert "second revision" not in statuses(report)
        assert entered == [True, True]
    else:
        (second,) = (one for one in report.scenarios if one.name == "second revision")
        assert (second.status, second.message) == (
            "not-run",
            "helm template renders only the first revision, even with --is-upgrade; use --engine embedded",
        )
        assert entered == [False, True]


def test_where_no_template_asks_for_the_revision_none_is_named(tmp_path: Path, engine: HelmEngine) -> None:
    report = check(tmp_path, {"templates/a.yaml": CONFIG_MAP + "  a: b\n"}, engine, "full")
    assert "second revision" not in statuses(report)


def test_kubernetes_versions_that_the_chart_allows_are_rendered(tmp_path: Path, helm: Path) -> None:
    engine = CliEngine(str(helm), Limits())
    files = {
        "Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\nkubeVersion: '>=1.24.0-0'\n",
        "values.yaml": "",
        "templates/a.yaml": CONFIG_MAP
        + """\
  {{- if semverCompare ">=1.27-0" .Capabilities.KubeVersion.Version }}
  new: api
  {{- else }}
  old: api
  {{- end }}
  {{- if semverCompare "<1.20-0" .Capabilities.KubeVersion.Version }}
  older: api
  {{- end }}
""",
        "templates/pod.yaml": POD.replace(
            ".Values.debug.enabled", 'and (.Capabilities.APIVersions.Has "shop.io/v1") (ge 1 1)'
        ),
    }
    report = check(tmp_path, files, engine, "full")
    assert list(statuses(report)) == [
        *("defaults", "upgrade", "kubernetes 1.26", "kubernetes 1.35", "kubernetes 1.37", "API versions"),
    ]
    assert set(statuses(report).values()) == {"rendered"}
    assert places(report, "security/privileged") == [("templates/pod.yaml", 11, ("API versions",))]
    engine.close()


def test_a_flag_that_asks_for_another_api_is_tried_in_a_cluster_that_has_it(tmp_path: Path, helm: Path) -> None:
    engine = CliEngine(str(helm), Limits())
    condition = 'and .Values.debug.enabled (.Capabilities.APIVersions.Has "shop.io/v1")'
    files = {
        "values.yaml": "debug: {enabled: false}\n",
        "templates/a.yaml": CONFIG_MAP + "  a: b\n",
        "templates/pod.yaml": POD.replace(".Values.debug.enabled", condition),
    }
    report = check(tmp_path, files, engine, "full")
    engine.close()
    expected = ("templates/pod.yaml", 11, ("debug.enabled=true with API versions",))
    assert places(report, "security/privileged") == [expected]


@pytest.mark.parametrize(("text", "line"), [("a: 1\n---\nb: 2\n", 3), ("---\n---\na: 1\n", 3)])
def test_values_in_several_documents_are_refused(tmp_path: Path, embedded: HelmEngine, text: str, line: int) -> None:
    with pytest.raises(ChartError, match="several YAML documents") as raised:
        check(tmp_path, {"ci/a-values.yaml": text}, embedded)
    assert str(raised.value.file).endswith("/ci/a-values.yaml")
    assert raised.value.line == line


def test_values_larger_than_any_chart_are_not_read_whole(tmp_path: Path, embedded: HelmEngine) -> None:
    """Those that .helmignore names are no files of the chart, and a scenario all the same."""
    chart = write_chart(tmp_path / "web", {".helmignore": "ci/\n", "ci/a-values.yaml": "a: 1\n"})
    with open(chart / "ci/a-values.yaml", "wb") as file:
        file.truncate(MAX_READ + 1)
    with pytest.raises(ChartError, match="larger than 100 MiB") as raised:
        pipeline.run(CheckRequest(chart, embedded, CheckOptions()))
    assert str(raised.value.file).endswith("/ci/a-values.yaml")


def test_a_scenario_that_repeats_an_earlier_one_is_judged_once(tmp_path: Path, embedded: HelmEngine) -> None:
    files = {"values.yaml": "debug: {enabled: false}\n", "templates/pod.yaml": POD}
    files["ci/debug-values.yaml"] = "debug: {enabled: true}\n"
    report = check(tmp_path, files, embedded, "full")
    assert places(report, "security/privileged") == [("templates/pod.yaml", 11, ("ci/debug-values.yaml",))]
