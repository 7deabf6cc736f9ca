"""What is said of the values of two releases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from helm_constitution.chart.loader import load_chart
from helm_constitution.compare.changes import Step
from helm_constitution.compare.values import compare_values
from helm_constitution.render.results import RenderedChart
from helm_constitution.templates.analysis import AnalysedChart
from tests.helm.support import write_chart
from tests.rules.support import rendered_chart


def changes(old: tuple[str, str], new: tuple[str, str]) -> list[str]:
    """The changes between two charts, each given by values.yaml and the data of a ConfigMap's template."""
    sides = [
        rendered_chart({"values.yaml": values, "templates/x.yaml": f"kind: ConfigMap\ndata:\n{template}"})
        for values, template in (old, new)
    ]
    return [f"{change.step.name} {change.what}" for change in compare_values(*sides)]


def test_nothing_changed() -> None:
    side = ("a: 1\n", "  a: {{ .Values.a }}\n")
    assert changes(side, side) == []


def test_a_value_is_new_where_somebody_reads_it() -> None:
    old = ("a: 1\n", "  a: {{ .Values.a }}\n")
    assert changes(old, ("a: 1\nb: 2\n", old[1])) == []
    assert changes(old, ("a: 1\nb: 2\n", old[1] + "  b: {{ .Values.b }}\n")) == ["MINOR value b is new"]


def test_a_key_in_a_map_that_is_printed_whole_is_a_default() -> None:
    template = "  labels: {{ toYaml .Values.labels }}\n"
    assert changes(("labels: {}\n", template), ("labels:\n  a: b\n", template)) == [
        'PATCH default of labels.a changed from nothing to "b"'
    ]
    assert changes(("labels:\n  a: b\n", template), ("labels: {}\n", template)) == [
        'PATCH default of labels.a changed from "b" to nothing'
    ]


def test_a_value_that_lost_its_reader_and_stays_in_the_file() -> None:
    assert changes(("a: 1\n", "  a: {{ .Values.a }}\n"), ("a: 1\n", "  a: 1\n")) == ["MAJOR value a is no longer read"]


def test_a_part_that_lost_its_reader_is_told_alone() -> None:
    values = "log:\n  level: info\n  format: json\n"
    old = (values, "  l: {{ .Values.log.level }}\n  f: {{ .Values.log.format }}\n")
    new = (values, "  l: {{ .Values.log.level }}\n")
    assert changes(old, new) == ["MAJOR value log.format is no longer read"]


def test_a_value_that_is_only_shown_commented_out() -> None:
    values = "service:\n  type: NodePort\n  # nodePort: 30080\n# note: ports are open\n  port: 80\n"
    reading = "  n: {{ .Values.service.nodePort }}\n"
    rest = "  t: {{ .Values.service.type }}\n  p: {{ .Values.service.port }}\n"
    assert changes((values, reading + rest), (values, reading + rest)) == []
    assert changes((values, reading + rest), (values, rest)) == ["MAJOR value service.nodePort was removed"]


def test_a_value_that_values_yaml_never_showed_is_nobodys() -> None:
    assert changes(("a: 1\n", "  a: {{ .Values.a }}{{ .Values.b }}\n"), ("a: 1\n", "  a: {{ .Values.a }}\n")) == []


def test_parts_of_a_removed_map_that_are_still_read_are_none() -> None:
    old = ("probe:\n  path: /\n  port: 80\n", "  path: {{ .Values.probe.path }}\n  port: {{ .Values.probe.port }}\n")
    new = ("other: 1\n", '  path: {{ .Values.probe.path | default "/" }}\n')
    assert changes(old, new) == ["MAJOR value probe.port was removed"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("replicas: 2\n", "replicaCount: 2\n"),
        ("podAnnotations: {a: b}\n", "pod:\n  annotations: {a: b}\n"),
        ("logLevel: info\n", "log:\n  level: info\n"),
    ],
)
def test_renames_by_name_and_use(before: str, after: str) -> None:
    def template(values: str) -> str:
        keys = [line.strip().partition(":")[0] for line in values.splitlines()]
        return f"  x: {{{{ .Values.{'.'.join(keys)} | toYaml }}}}\n"

    (change,) = changes((before, template(before)), (after, template(after)))
    assert "was probably renamed to" in change


def test_what_only_shares_a_flag_is_no_rename() -> None:
    old = ("monitoring:\n  enabled: true\n", "  m: {{ .Values.monitoring.enabled }}\n")
    new = ("ingress:\n  enabled: true\n", "  i: {{ .Values.ingress.enabled }}\n")
    assert changes(old, new) == [
        "MAJOR value monitoring was removed with all values below it (enabled)",
        "MINOR value ingress is new",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (("a: 8080\n", "  a: {{ .Values.a }}\n"), ('a: "8080"\n', "  a: {{ .Values.a | quote }}\n")),
        (('a: ""\n', "  a: {{ toYaml .Values.a }}\n"), ("a: {}\n", "  a: {{ toYaml .Values.a | nindent 4 }}\n")),
        (("a: {}\n", "  a: {{ toYaml .Values.a }}\n"), ("a: []\n", "  a: {{ toYaml .Values.a | nindent 4 }}\n")),
        (("a: true\n", "  a: {{ .Values.a }}\n"), ("a: auto\n", "  a: {{ .Values.a }}\n")),
        (("a:\n", "  a: {{ .Values.a }}\n"), ("a: {b: 1}\n", "  a: {{ .Values.a.b }}\n")),
    ],
)
def test_types_that_templates_take_both_ways_are_no_break(old: tuple[str, str], new: tuple[str, str]) -> None:
    assert not [change for change in changes(old, new) if "retyped" in change or " was a " in change]


@pytest.mark.parametrize(
    ("new", "is_break"),
    [
        ("  a: {{ .Values.a.name }}\n", True),
        ('  a: {{ kindIs "string" .Values.a | ternary .Values.a .Values.a.name }}\n', False),
        ("  a: {{ toYaml .Values.a }}\n", False),
    ],
)
def test_a_map_where_an_empty_text_was(new: str, is_break: bool) -> None:
    found = changes(('a: ""\n', "  a: {{ .Values.a | quote }}\n"), ('a: {name: ""}\n', new))
    assert ("MAJOR value a was a string and is now a map" in found) is is_break


def test_a_map_of_containers_where_a_list_was() -> None:
    old = ("sidecars:\n", "  {{- toYaml .Values.sidecars | nindent 2 }}\n")
    new = (
        "sidecars: {}\n",
        "  {{- range $name, $spec := .Values.sidecars }}\n  {{ $name }}: {{ $spec }}\n  {{- end }}\n",
    )
    assert changes(old, new) == ["MAJOR value sidecars was a list and is now a map"]


@pytest.mark.parametrize(
    ("readme", "found"),
    [
        ("| Value | What |\n| --- | --- |\n| cron.command | Runs |\n", ["value cron.command was removed"]),
        ("Set `cron.command`.\n", ["value cron.command was removed"]),
        ("Set `.Values.cron.command`.\n", ["value cron.command was removed"]),
        ("Set cron.command.\n", []),
    ],
)
def test_a_value_that_only_the_readme_names(readme: str, found: list[str]) -> None:
    values, rest = "cron: {on: true}\n", "kind: ConfigMap\ndata:\n  on: '{{ .Values.cron.on }}'\n"
    reading = rest + "  command: '{{ .Values.cron.command }}'\n"
    old = rendered_chart({"values.yaml": values, "README.md": readme, "templates/x.yaml": reading})
    new = rendered_chart({"values.yaml": values, "templates/x.yaml": rest})
    assert [change.what for change in compare_values(old, new) if change.step is Step.MAJOR] == found


def test_a_list_where_keys_had_names() -> None:
    old = (
        "params:\n  enabled: true\n  conf: {a: b}\n",
        "  {{- if .Values.params.enabled }}\n  c: {{ .Values.params.conf }}\n  {{- end }}\n",
    )
    new = ("params:\n", "  {{- range .Values.params }}\n  {{ .name }}: {{ .target }}\n  {{- end }}\n")
    assert changes(old, new) == ["MAJOR value params was a map and is now a list"]


def test_tags_and_versions_are_the_applications() -> None:
    template = "  a: {{ .Values.image.tag }}\n  b: {{ .Values.version }}\n"
    assert (
        changes(("image: {tag: 1.2.3}\nversion: 1\n", template), ("image: {tag: 1.2.4}\nversion: 2\n", template)) == []
    )


def test_a_registry_of_its_own() -> None:
    old = ("image:\n  repository: quay.io/acme/web\n", "  i: {{ .Values.image.repository }}\n")
    new = (
        "image:\n  registry: quay.io\n  repository: acme/web\n",
        "  i: {{ .Values.image.registry }}/{{ .Values.image.repository }}\n",
    )
    found = changes(old, new)
    assert "MAJOR value image.repository no longer contains the registry, which is now image.registry" in found


def test_deprecation_is_read_from_the_old_comments() -> None:
    old = rendered_chart(
        {
            "values.yaml": "# -- Deprecated, use b\na: 1\nold:\n  # -- How many\n  b: 2\n",
            "templates/x.yaml": "a: {{ .Values.a }}\nb: {{ .Values.old.b }}\n",
        }
    )
    new = rendered_chart({"values.yaml": "", "templates/x.yaml": "a: b\n"})
    found = {change.names[0]: change.announced for change in compare_values(old, new) if change.step is Step.MAJOR}
    assert found == {"a": True, "old": False}


def test_what_only_the_notes_read_is_missed_by_nobody() -> None:
    files = {
        "values.yaml": "a: 1\nb: 2\n",
        "templates/NOTES.txt": "{{ .Values.a }}",
        "templates/x.yaml": "b: {{ .Values.b }}",
    }
    old = rendered_chart(files)
    new = rendered_chart({"values.yaml": "", "templates/x.yaml": "a: b\n"})
    assert [change.what for change in compare_values(old, new)] == ["value b was removed"]


POLICY = "{{- if .Values.a }}\napiVersion: policy/v1beta1\nkind: PodSecurityPolicy\n{{- end }}\n"
TEST = 'kind: Pod\nmetadata:\n  annotations:\n    "helm.sh/hook": test-success\n  name: {{ .Values.a }}\n'


@pytest.mark.parametrize(
    ("file", "text", "kube_version", "found"),
    [
        ("psp.yaml", POLICY, ">=1.25.0-0", []),
        ("psp.yaml", POLICY, ">=1.24.0-0", ["value a was removed"]),
        ("psp.yaml", POLICY, "", ["value a was removed"]),
        ("tests/pod.yaml", "kind: Pod\nmetadata: {name: '{{ .Values.a }}'}\n", "", []),
        ("test.yaml", TEST, "", []),
        ("test.yaml", TEST.replace("test-success", "pre-install"), "", ["value a was removed"]),
    ],
)
def test_what_nothing_that_runs_reads_is_missed_by_nobody(
    file: str, text: str, kube_version: str, found: list[str]
) -> None:
    chart = f'apiVersion: v2\nname: web\nversion: 1.0.0\nkubeVersion: "{kube_version}"\n'
    old = rendered_chart({"Chart.yaml": chart, "values.yaml": "a: true\n", f"templates/{file}": text})
    new = rendered_chart({"Chart.yaml": chart, "values.yaml": "", "templates/x.yaml": "a: b\n"})
    assert [change.what for change in compare_values(old, new) if change.step is Step.MAJOR] == found


def test_tests_that_are_off_now_are_no_lost_feature() -> None:
    text = "{{- if .Values.tests.enabled }}\n" + TEST.replace(".a", ".tests.name") + "{{- end }}\n"
    old, new = (
        rendered_chart({"values.yaml": f"tests: {{enabled: {on}, name: a}}\n", "templates/test.yaml": text})
        for on in ("true", "false")
    )
    assert [change.step for change in compare_values(old, new)] == [Step.PATCH]


def test_a_text_where_a_list_is_gone_over_now() -> None:
    old = ('filters: ""\n', "  {{- if .Values.filters }}\n  f: --filters={{ .Values.filters }}\n  {{- end }}\n")
    new = ("filters: []\n", "  {{- range .Values.filters }}\n  {{ . }}: x\n  {{- end }}\n")
    assert changes(old, new) == ["MAJOR value filters was a string and is now a list"]


def test_what_was_only_printed_with_its_map_is_not_told_when_it_loses_its_reader() -> None:
    values = "server:\n  port: 80\n  labels: {}\n"
    old = (values, "  s: {{ toYaml .Values.server }}\n")
    assert changes(old, (values, "  p: {{ .Values.server.port }}\n")) == []


READS_HOST = "  h: {{ .Values.host }}\n"
ASKS_HOST = '  h: {{ required "a host is needed" .Values.host }}\n'


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("if .Values.proxy.enabled", []),
        ("if and .Values.proxy.enabled .Values.proxy.host", []),
        ("with .Values.proxy.host", []),
        ("if not .Values.proxy.enabled", ["MAJOR value host is now required"]),
        ("if .Values.on", ["MAJOR value host is now required"]),
        ("range .Values.proxy.host", ["MAJOR value host is now required"]),
        ("if .Values.on }}  {{ else if .Values.proxy.enabled", []),
    ],
)
def test_a_value_that_only_a_new_feature_asks_for(condition: str, found: list[str]) -> None:
    old = ("host: ''\non: true\n", READS_HOST + "  o: {{ .Values.on }}\n")
    values = old[0] + "proxy:\n  enabled: false\n  host: ''\n"
    new = (values, old[1] + f"  {{{{- {condition} }}}}\n{ASKS_HOST}  {{{{- end }}}}\n")
    assert [change for change in changes(old, new) if change.startswith("MAJOR")] == found


def test_a_value_that_is_asked_for_in_one_more_place() -> None:
    values = "host: ''\nproxy: false\n"
    behind = f"  {{{{- if .Values.proxy }}}}\n{ASKS_HOST}  {{{{- end }}}}\n"
    found = changes(("host: ''\n", READS_HOST), (values, behind + ASKS_HOST))
    assert "MAJOR value host is now required" in found


def test_a_new_flag_over_settings_that_work_without_it() -> None:
    old = ("db: {host: a, port: 1}\n", "  h: {{ .Values.db.host }}\n  p: {{ .Values.db.port }}\n")
    values = "db: {host: a, port: 1, enabled: false}\n"
    behind = f"  {{{{- if .Values.db.enabled }}}}\n{old[1]}  {{{{- end }}}}\n"
    assert [change for change in changes(old, (values, behind)) if change.startswith("MAJOR")] == [
        "MAJOR value db no longer has any effect unless db.enabled is true"
    ]
    assert [change for change in changes(old, (values, old[1] + behind)) if change.startswith("MAJOR")] == []


def test_templates_that_tell_the_types_apart() -> None:
    old = ("hosts: [a]\n", "  h: {{ join .Values.hosts }}\n")
    plain = "  {{- range .Values.hosts }}\n  {{ .name }}: x\n  {{- end }}\n"
    both = '  {{- if kindIs "string" (first .Values.hosts) }}\n  h: {{ join .Values.hosts }}\n  {{- else }}\n'
    values = "hosts:\n  - name: a\n"
    assert changes(old, (values, plain)) == ["MAJOR value hosts was a list of strings and is now a list of maps"]
    assert [one for one in changes(old, (values, both + plain + "  {{- end }}\n")) if one.startswith("MAJOR")] == []


LOOP = "  {{- range $name, $port := .Values.ports }}\n  {{ $name }}: {{ $port.port }}\n  {{- end }}\n"
SHOWN = "  {{- range .Values.ports }}\n  {{- if .shown }}\n  a: b\n  {{- end }}\n  {{- end }}\n"


@pytest.mark.parametrize(
    ("template", "found"),
    [
        (LOOP, ["MAJOR value ports.web.shown was removed"]),
        (LOOP + SHOWN, []),
        (LOOP + "  {{- range .Values.ports }}\n  a: {{ toYaml . }}\n  {{- end }}\n", []),
        (LOOP + "  a: {{ toYaml .Values.ports }}\n", []),
        (LOOP + "  a: {{ .Values.ports.web.shown }}\n", []),
    ],
)
def test_a_key_that_was_read_in_a_loop(template: str, found: list[str]) -> None:
    old = ("ports: {web: {port: 80, shown: true}}\n", LOOP + SHOWN)
    assert [one for one in changes(old, ("ports: {web: {port: 80}}\n", template)) if "MAJOR" in one] == found


def test_a_flag_in_a_loop_that_is_a_map_now() -> None:
    old = ("ports: {web: {port: 80, shown: true}}\n", LOOP + SHOWN)
    new = ("ports: {web: {port: 80, shown: {default: true}}}\n", LOOP + SHOWN.replace(".shown", ".shown.default"))
    assert changes(old, new) == ["MAJOR value ports.web.shown was a boolean and is now a map"]


def with_database(
    folder: Path, *releases: Mapping[str, str], own: str = "", condition: str = ""
) -> list[RenderedChart]:
    """Releases of a chart with the dependency ``db``, whose values.yaml is ``own``; each by its other files."""
    chart = "apiVersion: v2\nname: {}\nversion: 1.0.0\n"
    files = {
        "Chart.yaml": chart.format("web")
        + f"dependencies:\n  - {{name: db, version: 1.0.0, condition: '{condition}'}}\n",
        "charts/db/Chart.yaml": chart.format("db"),
        "charts/db/values.yaml": own,
    }
    charts = (write_chart(folder / str(index), {**files, **more}) for index, more in enumerate(releases))
    return [RenderedChart(AnalysedChart(load_chart(chart))) for chart in charts]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("image: {repository: acme/db}", "image: {repository: ''}", "its default acme/db was removed"),
        ("port: 1", "image: {repository: ''}", "its default acme/own was removed"),
        ("port: 1", "other: {repository: ''}", ""),
        ("port: 1", "sidecarImage: {repository: ''}", ""),
        ("image: {repository: ''}", "image: {repository: ''}", ""),
        ("image: {repository: acme/db}", "port: 1", ""),
    ],
)
def test_an_image_of_a_dependency_without_a_default(tmp_path: Path, before: str, after: str, found: str) -> None:
    own = "image: {repository: acme/own}\nsidecarImage: {repository: ''}\n"
    sides = with_database(tmp_path, *({"values.yaml": f"db: {{{part}}}\n"} for part in (before, after)), own=own)
    said = [change.what for change in compare_values(*sides) if change.step is Step.MAJOR]
    assert said == ([f"value db.image.repository is now required: {found}"] if found else [])


PATHS = "  {{- range .Values.paths }}\n  - path: {{ . }}\n  {{- end }}\n"
MAPS = PATHS.replace("{{ . }}", "{{ .path }}")


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        (PATHS, MAPS, 1),
        (PATHS, PATHS, 0),
        (PATHS, MAPS + PATHS, 0),
        (MAPS, PATHS, 0),
        (PATHS.replace("{{ . }}", "{{ toYaml . }}"), MAPS, 0),
        (PATHS, PATHS.replace("{{ . }}", "{{ . | quote }}"), 0),
    ],
)
def test_items_in_which_keys_are_looked_for_now(before: str, after: str, count: int) -> None:
    said = ["MAJOR items of paths were plain values and are now maps"] * count
    assert changes(("paths: []\n", before), ("paths: []\n", after)) == said


def test_notes_that_show_items_as_they_were() -> None:
    files = {"values.yaml": "paths: []\n", "templates/NOTES.txt": PATHS}
    old, new = (rendered_chart({**files, "templates/x.yaml": f"a:\n{text}"}) for text in (PATHS, MAPS))
    assert [change.what for change in compare_values(old, new)] == ["items of paths were plain values and are now maps"]


def test_a_map_that_is_gone_and_only_tested() -> None:
    old = ("a: {b: {c: 1}}\n", "  {{- if .Values.a.b }}\n  b: {{ toYaml .Values.a.b }}\n  {{- end }}\n")
    tested = "  {{- if .Values.a.b }}\n  c: d\n  {{- end }}\n"
    assert changes(old, ("a: {}\n", tested)) == ["MAJOR value a.b was removed with all values below it (c)"]
    assert changes(old, ("a: {}\n", tested + "  a: {{ toYaml .Values.a }}\n"))[0].startswith("PATCH")
    flag = ("a: {b: true}\n", "  b: {{ .Values.a.b }}\n")
    assert changes(flag, ("a: {}\n", tested))[0].startswith("PATCH")


@pytest.mark.parametrize(
    ("own", "found"), [("auth: {}", ["value db.auth.secret was removed"]), ("auth: {secret: a}", [])]
)
def test_a_value_of_a_dependency_that_the_chart_read_too(tmp_path: Path, own: str, found: list[str]) -> None:
    old = {
        "values.yaml": "db: {auth: {secret: a, user: b}}\n",
        "templates/x.yaml": "a: {{ .Values.db.auth.secret }}\n",
    }
    new = {"values.yaml": "db: {auth: {user: b}}\n", "templates/x.yaml": "a: b\n"}
    sides = with_database(tmp_path, old, new, own=own + "\n")
    assert [change.what for change in compare_values(*sides) if change.step is Step.MAJOR] == found


def test_a_flag_for_the_whole_chart() -> None:
    old = ("a: 1\n", "  a: {{ .Values.a }}\n")
    new = ("a: 1\nenabled: false\n", f"  {{{{- if .Values.enabled }}}}\n{old[1]}  {{{{- end }}}}\n")
    assert changes(old, new) == ["PATCH default of enabled changed from nothing to false"]


@pytest.mark.parametrize(
    "asked", ['if kindIs "map" .Values.a', 'if (kindIs "map" .Values.a)', 'if eq (kindOf .Values.a) "map"']
)
def test_templates_that_take_a_text_and_a_map(asked: str) -> None:
    text, part = "  a: {{ .Values.a }}\n", "  a: {{ .Values.a.b }}\n"
    both = f"  {{{{- {asked} }}}}\n{part}  {{{{- else }}}}\n{text}  {{{{- end }}}}\n"
    found = changes(("a: x\n", text), ("a: {b: x}\n", both))
    assert [change for change in found if change.startswith("MAJOR")] == []


def test_a_loop_that_takes_texts_and_maps() -> None:
    plain = "  {{- range $k, $v := .Values.c }}\n  {{ $k }}: {{ $v }}\n  {{- end }}\n"
    both = plain.replace("{{ $v }}", '{{ if kindIs "map" $v }}{{ $v.v }}{{ else }}{{ $v }}{{ end }}')
    old = ("c: {a: x}\n", plain)
    assert [one for one in changes(old, ("c: {a: {v: x}}\n", both)) if one.startswith("MAJOR")] == []
    below = plain.replace("$v }}\n  {{- end", "$v.v }}\n  {{- end")
    assert changes(old, ("c: {a: {v: x}}\n", below)) == ["MAJOR value c.a was a string and is now a map"]


def test_a_loss_is_told_once() -> None:
    old = ("cron: {a: 1}\n", "  a: {{ .Values.cron.a }}\n")
    assert changes(old, ("cron: {}\n", "  a: b\n")) == [
        "MAJOR value cron is no longer read with all values below it (a)"
    ]


def test_a_condition_of_a_dependency_does_something_though_only_notes_read_it(tmp_path: Path) -> None:
    notes = "{{ if .Values.db.enabled }}A database{{ end }}"
    releases = ({"values.yaml": f"db: {{enabled: {on}}}\n", "templates/NOTES.txt": notes} for on in ("true", "false"))
    sides = with_database(tmp_path, *releases, condition="db.enabled")
    assert [change.what for change in compare_values(*sides) if change.step is Step.MAJOR] == [
        "db is now disabled by default"
    ]


def test_a_test_beside_an_object_is_judged_by_itself() -> None:
    beside = "kind: ConfigMap\ndata: {a: '{{ .Values.a }}'}\n---\n" + TEST.replace(".a ", ".b ")
    old = rendered_chart({"values.yaml": "a: x\nb: y\n", "templates/x.yaml": beside})
    new = rendered_chart({"values.yaml": "", "templates/x.yaml": "a: b\n"})
    assert [change.what for change in compare_values(old, new)] == ["value a was removed"]


CHOICE = """{{- define "web.pdb" -}}
{{- if .Values.apiVersions.pdb -}}{{ .Values.apiVersions.pdb }}{{- else -}}policy/v1beta1{{- end -}}
{{- end -}}
"""
CHOSEN = """apiVersion: {{ include "web.pdb" . }}\nkind: PodDisruptionBudget\n"""


@pytest.mark.parametrize(
    ("before", "after", "kube_version", "found"),
    [
        (CHOSEN, "apiVersion: policy/v1\nkind: PodDisruptionBudget\n", ">=1.22.0-0", []),
        (CHOSEN, "apiVersion: policy/v1\nkind: PodDisruptionBudget\n", ">=1.19.0-0", ["apiVersions.pdb"]),
        (CHOSEN, "apiVersion: policy/v1\nkind: PodDisruptionBudget\n", "", ["apiVersions.pdb"]),
        (CHOSEN, "apiVersion: {{ .Values.x }}\nkind: PodDisruptionBudget\n", ">=1.22.0-0", ["apiVersions.pdb"]),
        (CHOSEN + 'note: {{ include "web.pdb" . }}\n', "apiVersion: policy/v1\n", ">=1.22.0-0", ["apiVersions.pdb"]),
    ],
    ids=["every cluster has it", "older clusters", "any cluster", "still chosen", "printed elsewhere"],
)
def test_an_api_version_that_needs_no_choice(before: str, after: str, kube_version: str, found: list[str]) -> None:
    values = "apiVersions: {{ingress: ''{}}}\nx: policy/v1\n"
    ingress = "kind: ConfigMap\ndata: {i: '{{ .Values.apiVersions.ingress }}'}\n"
    chart = f'apiVersion: v2\nname: web\nversion: 1.0.0\nkubeVersion: "{kube_version}"\n'
    old, new = (
        rendered_chart({"Chart.yaml": chart, "templates/x.yaml": ingress, **files})
        for files in (
            {"values.yaml": values.format(", pdb: ''"), "templates/_x.tpl": CHOICE, "templates/pdb.yaml": before},
            {"values.yaml": values.format(""), "templates/pdb.yaml": after},
        )
    )
    breaking = [change.what for change in compare_values(old, new) if change.step is Step.MAJOR]
    assert breaking == [f"value {path} was removed" for path in found]


COMPUTED = """{{ range $s := splitList "," .Values.names }}{{ with index $.Values.server $s }}
  {{ $s }}: {{ .labels }}
{{ end }}{{ end }}"""


@pytest.mark.parametrize(
    ("before", "after", "successor"),
    [
        ("server:\n  config: {shards: 512}\n", "server:\n  shards: 512\n", "server.shards"),
        ("server:\n  shards: 512\n", "server:\n  config: {shards: 512}\n", "server.config.shards"),
        ("server:\n  a: {shards: 512}\n", "server:\n  b: {shards: 512}\n", "server.b.shards"),
        ("server: {x: 1, shards: 512}\n", "server: {x: 1}\nstore:\n  shards: 512\n", "store.shards"),
    ],
)
def test_a_key_that_moves_below_keys_that_are_computed_at_run_time(before: str, after: str, successor: str) -> None:
    def side(values: str, path: str) -> tuple[str, str]:
        return f"names: a,b\n{values}", f"  shards: {{{{ .Values.{path} }}}}\n{COMPUTED}"

    path = {"server.shards": "server.config.shards", "server.b.shards": "server.a.shards"}.get(
        successor, "server.shards"
    )
    assert changes(side(before, path), side(after, successor)) == [
        f"MAJOR value {path} was probably renamed to {successor}"
    ]


def test_what_computed_keys_read_now_is_read_still() -> None:
    old = ("names: a\nserver:\n  a: {labels: x}\n", f"  a: {{{{ .Values.server.a.labels }}}}\n{COMPUTED}")
    assert changes(old, ("names: a\nserver: {}\n", COMPUTED)) == [
        'PATCH default of server.a changed from {"labels": "x"} to nothing'
    ]


@pytest.mark.parametrize(
    ("reading", "is_default"),
    [
        ("  x: {{ tpl (index .Values .Values.name) $ }}\n", False),
        ("  x: {{ toYaml .Values.more | quote }}\n", True),
    ],
)
def test_a_default_is_one_only_where_the_old_templates_name_it(reading: str, is_default: bool) -> None:
    old = ("name: a\nmore:\n  b: 1\n", reading + "  b: {{ .Values.more.b }}{{ .Values.name }}\n")
    new = ("name: a\nmore:\n  b: 1\n  extra: {on: true}\n", old[1] + "  y: {{ .Values.more.extra.on }}\n")
    assert any("default of more.extra" in change for change in changes(old, new)) is is_default


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [
        ("ghcr.io/acme/gateway:0.5.17", "ghcr.io/acme/gateway:0.5.20", False),
        ("nats:2.12.6", "nats:2.12.7", False),
        ("localhost:5000/a/b:1.0.0", "localhost:5000/a/b:1.0.1@sha256:abcd", False),
        ("host.acme.io:8080", "host.acme.io:9090", True),
    ],
)
def test_an_image_of_a_new_release_is_no_other_default(before: str, after: str, is_told: bool) -> None:
    key = "image" if "acme.io:" not in before else "address"
    old = (f'{key}: "{before}"\n', f"  x: {{{{ .Values.{key} }}}}\n")
    found = changes(old, (f'{key}: "{after}"\n', old[1]))
    assert any(f"default of {key}" in change for change in found) is is_told
