"""Which values decide a field, and where it is to be fixed: the ways in which templates pass values on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import HelmEngine, Limits, RenderRequest, SetArgument
from tests.places import HEAD, places

pytestmark = pytest.mark.helm

DATA = ("data", "a")


@pytest.fixture(scope="module")
def engine() -> Iterator[HelmEngine]:
    engine = choose_engine("embedded", Limits())
    yield engine
    engine.close()


VALUES = """\
x: one
z: two
map:
  a: one
  b: two
list:
  - name: first
    a: one
  - name: second
    a: two
empty: ""
"""


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        # a value unchanged: the value is to be fixed, the template line to be looked at
        ("  a: {{ .Values.x }}", "values.yaml:1 < templates/a.yaml:6 rendered at"),
        ("  a: {{ .Values.x | quote }}", "values.yaml:1 < templates/a.yaml:6 rendered at"),
        ("  a: {{ $.Values.map.a }}", "values.yaml:4 < templates/a.yaml:6 rendered at"),
        ("  a: {{ .Values.nothing | default .Values.x }}", "values.yaml:1 < templates/a.yaml:6 rendered at"),
        ("  a: {{ .Values.empty | default .Values.x }}", "values.yaml:1 < templates/a.yaml:6 rendered at"),
        ("  a: {{ coalesce .Values.empty .Values.map.a }}", "values.yaml:4 < templates/a.yaml:6 rendered at"),
        ('  a: {{ index .Values "map" "a" }}', "values.yaml:4 < templates/a.yaml:6 rendered at"),
        ('  a: {{ required "x" .Values.x }}', "values.yaml:1 < templates/a.yaml:6 rendered at"),
        ("  a: {{ with .Values.map }}{{ .a }}{{ end }}", "values.yaml:4 < templates/a.yaml:6 rendered at"),
        ("  {{- with .Values.map }}\n  a: {{ .a }}\n  {{- end }}", "values.yaml:4 < templates/a.yaml:7 rendered at"),
        ("  {{- $m := .Values.map }}\n  a: {{ $m.a }}", "values.yaml:4 < templates/a.yaml:7 rendered at"),
        ("  {{- $v := .Values.x }}\n  a: {{ $v }}", "values.yaml:1 < templates/a.yaml:7 rendered at"),
        ("  {{- toYaml .Values.map | nindent 2 }}", "values.yaml:4 < templates/a.yaml:6 rendered at"),
        (
            "  {{- with .Values.map }}\n  {{- toYaml . | nindent 2 }}\n  {{- end }}",
            "values.yaml:4 < templates/a.yaml:7 rendered at",
        ),
        ('  {{- omit .Values.map "b" | toYaml | nindent 2 }}', "values.yaml:4 < templates/a.yaml:6 rendered at"),
        (
            '  {{- merge (dict "c" "3") .Values.map | toYaml | nindent 2 }}',
            "values.yaml:4 < templates/a.yaml:6 rendered at",
        ),
        ('  a: {{ (dict "k" .Values.x).k }}', "values.yaml:1 < templates/a.yaml:6 rendered at"),
        ("  a: {{ tpl .Values.x . }}", "values.yaml:1 < templates/a.yaml:6 rendered at"),
        # a value that is only a part, or is changed: the template line, and what decides it
        ("  a: {{ .Values.x | upper }}", "templates/a.yaml:6 < values.yaml:1 set by `x`"),
        ("  a: a-{{ .Values.x }}", "templates/a.yaml:6 < values.yaml:1 set by `x`"),
        (
            "  a: {{ .Values.x }}:{{ .Values.z }}",
            "templates/a.yaml:6 < values.yaml:1 set by `x` < values.yaml:2 set by `z`",
        ),
        (
            '  a: {{ printf "%s/%s" .Values.x .Values.z }}',
            "templates/a.yaml:6 < values.yaml:1 set by `x` < values.yaml:2 set by `z`",
        ),
        ('  a: {{ ternary "1" "2" (eq .Values.x "one") | quote }}', "templates/a.yaml:6 < values.yaml:1 set by `x`"),
        # no value at all, or none that the values files have
        ("  a: literal", "templates/a.yaml:6"),
        ("  a: {{ .Release.Name }}", "templates/a.yaml:6"),
        ('  a: {{ .Values.nothing | default "d" }}', "templates/a.yaml:6"),
        # a line that reads many values is a computation
        ("  a: {{ .Values.x }}{{ .Values.z }}{{ .Values.map.a }}{{ .Values.map.b }}", "templates/a.yaml:6"),
    ],
)
def test_values_through_templates(engine: HelmEngine, tmp_path: Path, lines: str, place: str) -> None:
    files = {"values.yaml": VALUES, "templates/a.yaml": f"{HEAD}data:\n{lines}\n"}
    assert places(engine, tmp_path, files, *DATA) == [place]


@pytest.mark.parametrize(
    ("call", "define", "place"),
    [
        # what the named template prints by lines of its own is placed there
        ('{{ include "h" . | nindent 2 }}', "a: {{ .Values.x }}", "values.yaml:1 < templates/_h.tpl:2 rendered at"),
        ('  {{ template "h" . }}', "a: {{ .Values.x }}", "values.yaml:1 < templates/_h.tpl:2 rendered at"),
        (
            '{{ include "h" $.Values.map | nindent 2 }}',
            "a: {{ .a }}",
            "values.yaml:4 < templates/_h.tpl:2 rendered at",
        ),
        (
            '{{ include "h" (dict "v" .Values.x) | nindent 2 }}',
            "a: {{ .v }}",
            "values.yaml:1 < templates/_h.tpl:2 rendered at",
        ),
        (
            '{{ include "h" (dict "c" . "v" .Values.map) | nindent 2 }}',
            "{{- with .v }}\na: {{ .a }}\n{{- end }}",
            "values.yaml:4 < templates/_h.tpl:3 rendered at",
        ),
        (
            '{{ include "h" (list . .Values.x) | nindent 2 }}',
            "a: {{ index . 1 }}",
            "values.yaml:1 < templates/_h.tpl:2 rendered at",
        ),
        ('{{ include "h" . | nindent 2 }}', "a: literal", "templates/_h.tpl:2"),
        # a part of a scalar, or what it was given: the line that includes it
        ('  a: {{ include "h" . }}', "{{ .Values.x }}", "values.yaml:1 < templates/a.yaml:6 rendered at"),
        (
            '  a: {{ include "h" . }}',
            "{{ .Values.x }}-{{ .Values.z }}",
            "templates/a.yaml:6 < values.yaml:1 set by `x` < values.yaml:2 set by `z`",
        ),
        (
            '  {{- include "h" (dict "v" .Values.map) | nindent 2 }}',
            "{{ toYaml .v }}",
            "values.yaml:4 < templates/a.yaml:6 rendered at",
        ),
        # its text is used elsewhere, so it bears no marks: its only line with the key
        (
            '  b: {{ include "h" . | len }}\n  {{- include "h" . | nindent 2 }}',
            "a: {{ .Values.x }}",
            "values.yaml:1 < templates/_h.tpl:2 rendered at",
        ),
        ('  {{- include "h" . | fromYaml | toYaml | nindent 2 }}', "a: literal", "templates/_h.tpl:2"),
        ('  {{- include "h" . | fromYaml | toYaml | nindent 2 }}', "b:\n  a: 1\na: literal", "templates/_h.tpl:4"),
        (
            '  {{- include "h" . | fromYaml | toYaml | nindent 2 }}',
            "{{- if .Values.x }}\na: 1\n{{- else }}\na: 2\n{{- end }}",
            "templates/a.yaml",
        ),
    ],
)
def test_values_through_named_templates(engine: HelmEngine, tmp_path: Path, call: str, define: str, place: str) -> None:
    files = {
        "values.yaml": VALUES,
        "templates/_h.tpl": f'{{{{- define "h" -}}}}\n{define}\n{{{{- end -}}}}\n',
        "templates/a.yaml": f"{HEAD}data:\n{call}\n",
    }
    assert places(engine, tmp_path, files, *DATA) == [place]


# --- what takes turns: range, and named templates with several callers ------------------------------------------------

SERVICES = """\
services:
  web:
    port: {web}
  api:
    port: {api}
"""
OBJECT = "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: r-{{ $n }}\ndata:\n  a: {{ $v.port }}\n"


@pytest.mark.parametrize(("web", "api"), [("80", "81"), ("80", "80")])
def test_range_over_a_map_goes_by_the_objects_names(engine: HelmEngine, tmp_path: Path, web: str, api: str) -> None:
    files = {
        "values.yaml": SERVICES.format(web=web, api=api),
        "templates/a.yaml": f"{{{{- range $n, $v := .Values.services }}}}\n{OBJECT}{{{{- end }}}}\n",
    }
    assert places(engine, tmp_path, files, *DATA) == [
        "values.yaml:5 < templates/a.yaml:8 rendered at",
        "values.yaml:3 < templates/a.yaml:8 rendered at",
    ]


def test_what_an_entry_lacks_is_not_taken_from_another(engine: HelmEngine, tmp_path: Path) -> None:
    """The default that is printed for one service is the port of the other."""
    template = OBJECT.replace("$v.port", "$v.port | default 80")
    files = {
        "values.yaml": "services:\n  web:\n    port: 80\n  api: {}\n",
        "templates/a.yaml": f"{{{{- range $n, $v := .Values.services }}}}\n{template}{{{{- end }}}}\n",
    }
    assert places(engine, tmp_path, files, *DATA) == [
        "templates/a.yaml:8",
        "values.yaml:3 < templates/a.yaml:8 rendered at",
    ]


def test_range_over_a_list_goes_by_the_items_names(engine: HelmEngine, tmp_path: Path) -> None:
    files = {
        "values.yaml": "jobs:\n  - name: one\n    a: x\n  - name: two\n    a: x\n",
        "templates/a.yaml": """\
            {{- range .Values.jobs }}
            ---
            kind: ConfigMap
            metadata: {name: "{{ .name }}"}
            data:
              a: {{ .a }}
            {{- end }}
            """,
    }
    assert places(engine, tmp_path, files, *DATA) == [
        "values.yaml:3 < templates/a.yaml:6 rendered at",
        "values.yaml:5 < templates/a.yaml:6 rendered at",
    ]


def test_without_names_the_only_equal_item_is_it(engine: HelmEngine, tmp_path: Path) -> None:
    template = f"{HEAD}parts:\n{{{{- range .Values.l }}}}\n  - a: {{{{ .a }}}}\n{{{{- end }}}}\n"
    distinct = {"values.yaml": "l:\n  - a: 1\n  - a: 2\n", "templates/a.yaml": template}
    alike = {"values.yaml": "l:\n  - a: 1\n  - a: 1\n", "templates/a.yaml": template}
    found = places(engine, tmp_path / "distinct", distinct, "parts", 1, "a")
    assert found == ["values.yaml:3 < templates/a.yaml:7 rendered at"]
    assert places(engine, tmp_path / "alike", alike, "parts", 1, "a") == ["templates/a.yaml:7"]


def test_a_list_that_range_prints_item_by_item_is_that_list(engine: HelmEngine, tmp_path: Path) -> None:
    files = {
        "values.yaml": "rules:\n  - verbs: [get, list]\n  - verbs: [watch]\n",
        "templates/a.yaml": """\
            kind: Role
            metadata: {name: a}
            rules:
              {{- range .Values.rules }}
              - apiGroups: [""]
                verbs:
                  {{- range .verbs }}
                  - {{ . | quote }}
                  {{- end }}
              {{- end }}
            """,
    }
    found = places(engine, tmp_path, files, "rules", 1, "verbs")
    assert found == ["values.yaml:3 < templates/a.yaml:6 rendered at"]


CALLED = """\
{{- define "h" -}}
kind: ConfigMap
metadata: {name: "{{ .n }}"}
data:
  a: {{ .v.port | default 80 }}
{{- end -}}
{{- include "h" (dict "n" "web" "v" .Values.services.web) }}
---
{{ include "h" (dict "n" "api" "v" .Values.services.api) }}
"""


def test_a_named_template_goes_by_its_callers_names(engine: HelmEngine, tmp_path: Path) -> None:
    files = {"values.yaml": SERVICES.format(web=80, api=80), "templates/a.yaml": CALLED}
    assert places(engine, tmp_path, files, *DATA) == [
        "values.yaml:3 < templates/a.yaml:5 rendered at",
        "values.yaml:5 < templates/a.yaml:5 rendered at",
    ]


# --- which file -------------------------------------------------------------------------------------------------------

LAYERED = {
    "values.yaml": "x: one\nm:\n  a: 1\n  b: 2\n",
    "ci/b-values.yaml": "# a comment\nx: two\n",
    "templates/a.yaml": HEAD + "data:\n  a: {{ .Values.x }}\n  {{- with .Values.m }}\n  m: {{ .b }}\n  {{- end }}\n",
}


def test_the_file_that_sets_a_value_last_decides(engine: HelmEngine, tmp_path: Path) -> None:
    given = tmp_path / "mine.yaml"
    given.write_text("\n\nx: three\n")
    request = RenderRequest(values_files=(given,))
    assert places(engine, tmp_path, LAYERED, *DATA, request=request) == [f"{given}:3 < templates/a.yaml:6 rendered at"]
    found = places(engine, tmp_path / "m", LAYERED, "data", "m", request=request)
    assert found == ["values.yaml:4 < templates/a.yaml:8 rendered at"]


def test_a_scenarios_file_decides_in_that_scenario(engine: HelmEngine, tmp_path: Path) -> None:
    assert places(engine, tmp_path, LAYERED, *DATA, scenarios="quick") == [
        "values.yaml:1 < templates/a.yaml:6 rendered at",
        "ci/b-values.yaml:2 < templates/a.yaml:6 rendered at",
    ]


def test_what_the_command_line_sets_stands_in_no_file(engine: HelmEngine, tmp_path: Path) -> None:
    request = RenderRequest(set_arguments=(SetArgument("--set", "x=four"),))
    assert places(engine, tmp_path, LAYERED, *DATA, request=request) == [
        "templates/a.yaml:6 < values.yaml:1 set by `x`"
    ]


# --- maps, lists and texts that are printed whole ---------------------------------------------------------------------

POD = """\
pod:
  securityContext:
    runAsUser: 1
  containers:
    - name: b
      args: [x]
      resources:
        limits:
          cpu: 1
"""
POD_TEMPLATE = """\
kind: Pod
metadata: {name: a}
spec:
  securityContext:
    {{- toYaml .Values.pod.securityContext | nindent 4 }}
  containers:
    - name: a
      image: x
    {{- toYaml .Values.pod.containers | nindent 4 }}
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        # behind another item in what is rendered
        (("containers", 1, "name"), "values.yaml:5 < templates/a.yaml:9 rendered at"),
        (("containers", 1, "args"), "values.yaml:6 < templates/a.yaml:9 rendered at"),
        (("containers", 1, "args", 0), "values.yaml:6 < templates/a.yaml:9 rendered at"),
        # missing in a part of the values: that part
        (("containers", 1, "image"), "values.yaml:5 (parent) < templates/a.yaml:9 (parent) rendered at"),
        (
            ("containers", 1, "resources", "limits", "memory"),
            "values.yaml:8 (parent) < templates/a.yaml:9 (parent) rendered at",
        ),
        # missing in a map that is printed under the template's own key: that key, and the map
        (
            ("securityContext", "runAsNonRoot"),
            "templates/a.yaml:4 (parent) < values.yaml:2 set by `pod.securityContext`",
        ),
        # missing in what the template writes itself
        (("containers", 0, "args"), "templates/a.yaml:7 (parent)"),
        (("hostNetwork",), "templates/a.yaml:3 (parent)"),
    ],
)
def test_maps_and_lists(engine: HelmEngine, tmp_path: Path, path: tuple[str | int, ...], place: str) -> None:
    assert places(engine, tmp_path, {"values.yaml": POD, "templates/a.yaml": POD_TEMPLATE}, "spec", *path) == [place]


@pytest.mark.parametrize("text", ["{}", "{a: 1}"])
def test_a_map_that_becomes_the_whole_field_is_it(engine: HelmEngine, tmp_path: Path, text: str) -> None:
    files = {"values.yaml": f"m: {text}\n", "templates/a.yaml": f"{HEAD}data: {{{{ toJson .Values.m }}}}\n"}
    assert places(engine, tmp_path, files, "data") == ["values.yaml:1 < templates/a.yaml:5 rendered at"]


TEXT = """\
sidecars: |
  {{- if true }}
  - name: {{ .Release.Name }}-b
    image: x:latest
    env:
      - name: HOME
        value: "{{ .Values.home }}"
  {{- end }}
home: /h
"""
TEXT_TEMPLATE = """\
kind: Pod
metadata: {name: a}
spec:
  containers:
    - name: a
    {{- tpl .Values.sidecars . | nindent 4 }}
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("image",), "values.yaml:4 < templates/a.yaml:6 rendered at"),
        (("name",), "values.yaml:3 < templates/a.yaml:6 rendered at"),
        (("env", 0, "value"), "values.yaml:7 < templates/a.yaml:6 rendered at"),
        (("resources",), "values.yaml:3 (parent) < templates/a.yaml:6 (parent) rendered at"),
    ],
)
def test_texts_that_are_templates(engine: HelmEngine, tmp_path: Path, path: tuple[str | int, ...], place: str) -> None:
    files = {"values.yaml": TEXT, "templates/a.yaml": TEXT_TEMPLATE}
    assert places(engine, tmp_path, files, "spec", "containers", 1, *path) == [place]


def test_objects_in_a_text_are_found_whatever_stands_before_them(engine: HelmEngine, tmp_path: Path) -> None:
    files = {
        "values.yaml": """\
            extra: |
              kind: ConfigMap
              metadata:
                name: {{ .Release.Name }}-one
              data: {a: x}
              ---
              kind: ConfigMap
              metadata:
                name: {{ .Release.Name }}-two
                labels:
                  {{- toYaml .Values.labels | nindent 4 }}
              data:
                a: x
            labels: {b: c}
            """,
        "templates/a.yaml": "{{ tpl .Values.extra . }}\n",
    }
    found = places(engine, tmp_path, files, *DATA)
    assert [place.partition(" <")[0] for place in found] == ["values.yaml:5", "values.yaml:13"]


def test_objects_in_a_list_of_the_values(engine: HelmEngine, tmp_path: Path) -> None:
    files = {
        "values.yaml": """\
            extra:
              - kind: ConfigMap
                metadata: {name: "{{ .Release.Name }}-one"}
                data: {a: x}
              - kind: ConfigMap
                metadata: {name: "{{ .Release.Name }}-two"}
                data:
                  a: x
            """,
        "templates/a.yaml": "{{ range .Values.extra }}\n---\n{{ tpl (toYaml .) $ }}\n{{ end }}\n",
    }
    found = places(engine, tmp_path, files, *DATA)
    assert [place.partition(" <")[0] for place in found] == ["values.yaml:4", "values.yaml:8"]


def test_a_text_whose_yaml_its_actions_make_is_not_searched(engine: HelmEngine, tmp_path: Path) -> None:
    values = "extra: |\n  {{ range list 1 2 }}\n  a{{ . }}: x\n  {{ end }}\n"
    files = {"values.yaml": values, "templates/a.yaml": f"{HEAD}data:\n{{{{ tpl .Values.extra . | indent 2 }}}}\n"}
    assert places(engine, tmp_path, files, "data", "a1") == ["templates/a.yaml:6 < values.yaml:1 set by `extra`"]


# --- a part of the field's text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ("latest", "values.yaml:2 < templates/a.yaml:6 rendered at"),
        ("acme", "values.yaml:1 < templates/a.yaml:6 rendered at"),
        (":", "templates/a.yaml:6 < values.yaml:1 set by `image` < values.yaml:2 set by `tag`"),
        (None, "templates/a.yaml:6 < values.yaml:1 set by `image` < values.yaml:2 set by `tag`"),
    ],
)
def test_the_value_that_holds_what_is_wrong(engine: HelmEngine, tmp_path: Path, part: str | None, place: str) -> None:
    files = {
        "values.yaml": "image: acme/web\ntag: latest\n",
        "templates/a.yaml": f"{HEAD}data:\n  a: {{{{ .Values.image }}}}:{{{{ .Values.tag }}}}\n",
    }
    assert places(engine, tmp_path, files, *DATA, part=part) == [place]


@pytest.mark.parametrize(
    ("lines", "path", "place"),
    [
        # an empty map on the line below its key is the value as well
        (
            "data:\n  {{- toYaml .Values.none | nindent 2 }}",
            ("data", "missing"),
            "templates/a.yaml:5 (parent) < values.yaml:2 set by `none`",
        ),
        # a key that an empty value leaves out, in an item and in a map
        (
            "data:\n  - a: b\n    {{- with .Values.none }}\n    c:\n      {{- toYaml . | nindent 6 }}\n    {{- end }}",
            ("data", 0, "c", "d"),
            "templates/a.yaml:6 (parent) < values.yaml:2 set by `none`",
        ),
        (
            "data:\n  {{- if .Values.none }}\n  c: {{ toYaml .Values.none | nindent 6 }}\n  {{- end }}\n  a: b",
            ("data", "c"),
            "templates/a.yaml:5 (parent) < values.yaml:2 set by `none`",
        ),
        # not where another map has the key, or the value isn't empty
        (
            "data:\n  - a: b\n  - a: c\n    {{- with .Values.none }}\n    c: {{ toYaml . }}\n    {{- end }}",
            ("data", 0, "c"),
            "templates/a.yaml:6 (parent)",
        ),
        (
            "data:\n  a: b\n  {{- if .Values.none }}\n  c: {{ .Values.x }}\n  {{- end }}",
            ("data", "c"),
            "templates/a.yaml:5 (parent)",
        ),
        # what a map begins with doesn't decide the map, nor does a value in its first line decide an object
        ("data:\n  a: x-{{ .Values.x }}\n  b: y", ("data",), "templates/a.yaml:5"),
        ("data:\n  a: {{ .Values.x }}", (), "templates/a.yaml:1"),
    ],
)
def test_values_of_maps(
    engine: HelmEngine, tmp_path: Path, lines: str, path: tuple[str | int, ...], place: str
) -> None:
    head = HEAD.replace("v1", "{{ .Values.api }}") if not path else HEAD
    files = {"values.yaml": "x: one\nnone: {}\napi: v1\n", "templates/a.yaml": f"{head}{lines}\n"}
    assert places(engine, tmp_path, files, *path) == [place]


def test_a_key_of_an_item_with_another_name_is_not_the_one(engine: HelmEngine, tmp_path: Path) -> None:
    own = "  - name: own\n    {{- with .Values.x }}\n    a: one\n    {{- end }}"
    define = f"x:\n{own}\n  {{{{- .Values.more | nindent 2 }}}}"
    use = '{{- include "h" . | nindent 2 }}\n  size: {{ include "h" . | len }}'  # so it bears no marks
    files = {
        "values.yaml": "x: 1\nmore: |-\n  - a: one\n    name: other\n",
        "templates/_h.tpl": f'{{{{- define "h" -}}}}\n{define}\n{{{{- end -}}}}\n',
        "templates/a.yaml": f"{HEAD}data:\n  {use}\n",
    }
    assert places(engine, tmp_path, files, "data", "x", 0, "a") == ["templates/_h.tpl:5"]
    assert places(engine, tmp_path, files, "data", "x", 1, "a") == ["templates/a.yaml"]


def test_a_key_below_a_list_is_of_none_of_its_items(engine: HelmEngine, tmp_path: Path) -> None:
    define = "name: own\nports:\n  - name: http\n    a: 1\nprobe:\n  get:\n    b: literal"
    files = {
        "values.yaml": "x: 1\n",
        "templates/_h.tpl": f'{{{{- define "h" -}}}}\n{define}\n{{{{- end -}}}}\n',
        "templates/a.yaml": f'{HEAD}data:\n  - {{{{ include "h" . | fromYaml | toYaml | nindent 4 | trim }}}}\n',
    }
    assert places(engine, tmp_path, files, "data", 0, "probe", "get", "b") == ["templates/_h.tpl:8"]


def test_an_item_whose_line_is_not_known_is_found_in_the_values(engine: HelmEngine, tmp_path: Path) -> None:
    define = "x:\n  - name: own\n    a: zero\n  - name: other\n    a: zero\n  {{- toYaml .Values.list | nindent 2 }}"
    use = '{{- include "h" . | nindent 2 }}\n  size: {{ include "h" . | len }}'  # so it bears no marks
    files = {
        "values.yaml": VALUES,
        "templates/_h.tpl": f'{{{{- define "h" -}}}}\n{define}\n{{{{- end -}}}}\n',
        "templates/a.yaml": f"{HEAD}data:\n  {use}\n",
    }
    assert places(engine, tmp_path, files, "data", "x", 2, "a") == ["values.yaml:8 < templates/a.yaml rendered at"]
    twice = {**files, "values.yaml": VALUES + "again:\n  - name: first\n    a: one\n"}
    twice["templates/a.yaml"] += "  again:\n    {{- toYaml .Values.again | nindent 4 }}\n"
    assert places(engine, tmp_path, twice, "data", "x", 2, "a") == ["templates/a.yaml"]
