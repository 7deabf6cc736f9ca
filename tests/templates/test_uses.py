"""Which values templates read: every way in which charts pass them around."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given

from helm_constitution.chart.model import Chart, Dependency
from helm_constitution.chart.values import ValuesFile
from helm_constitution.core.kept import Kept
from helm_constitution.templates import parse_templates
from helm_constitution.templates.analysis import AnalysedChart
from helm_constitution.templates.uses import ValueUses, analyse
from helm_constitution.text.yaml import load_document
from helm_constitution.text.yaml_document import dotted

from .test_lexer import TEMPLATES


def chart(
    files: Mapping[str, str],
    *,
    values: str = "",
    subcharts: Mapping[str, Chart] | None = None,
    name: str = "web",
    dependencies: tuple[Dependency, ...] = (),
) -> Chart:
    return Chart(
        path=Path(name),
        shown=name,
        name=name,
        version="1.0.0",
        metadata=load_document(f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n", "Chart.yaml"),
        values=ValuesFile("values.yaml", values),
        files=files,
        undecodable=(),
        dependencies=dependencies,
        subcharts=subcharts or {},
        missing_dependencies=(),
        schema=None,
    )


def uses_of(template: str, *, values: str = "", **files: str) -> ValueUses:
    """The uses of a chart with one template; ``helpers`` is its _helpers.tpl."""
    texts = {"templates/x.yaml": template}
    if "helpers" in files:
        texts["templates/_helpers.tpl"] = files.pop("helpers")
    made = chart({**texts, **files}, values=values)
    return analyse(made, parse_templates(made))


def paths(uses: ValueUses) -> set[str]:
    return {dotted(read.path) for read in uses.reads}


def unread(uses: ValueUses, *names: str) -> list[str]:
    return [name for name in names if not uses.is_read(tuple(name.split(".")))]


def missing(uses: ValueUses, values: str = "") -> list[str]:
    data = ValuesFile("values.yaml", values).data
    return [dotted(path) for _, path in uses.missing(data)]


READS_OF_A_B = [
    "{{ .Values.a.b }}",
    "{{ $.Values.a.b }}",
    "{{ .Values.a.b | quote }}",
    "{{ $root := . }}{{ $root.Values.a.b }}",
    "{{ $values := .Values }}{{ $values.a.b }}",
    "{{ with .Values.a }}{{ .b }}{{ end }}",
    "{{ with $x := .Values.a }}{{ $x.b }}{{ end }}",
    "{{ with .Release }}{{ $.Values.a.b }}{{ end }}",
    "{{ with .Values.none }}{{ else with .Values.a }}{{ .b }}{{ end }}",
    "{{ range .Values.list }}{{ $.Values.a.b }}{{ end }}",
    "{{ (.Values.a).b }}",
    "{{ ((.Values).a).b }}",
    '{{ index .Values "a" "b" }}',
    '{{ (index .Values "a").b }}',
    '{{ index .Values.a "b" | quote }}',
    '{{ $key := "b" }}{{ index .Values.a $key }}',
    '{{ range $name := list "b" "z" }}{{ index $.Values.a $name }}{{ end }}',
    '{{ get .Values.a "b" }}',
    '{{ (get .Values "a").b }}',
    '{{ dig "a" "b" "none" .Values }}',
    '{{ dig "a" "b" "none" .Values.AsMap }}',
    '{{ .Values | dig "a" "b" "none" }}',
    '{{ pluck "b" .Values.a | first }}',
    '{{ pick .Values.a "b" | toYaml }}',
    '{{ if hasKey .Values.a "b" }}x{{ end }}',
    "{{ if .Values.a.b }}x{{ end }}",
    "{{ if eq .Values.a.b 1 }}x{{ end }}",
    "{{ if and .Values.x (not .Values.a.b) }}x{{ end }}",
    "{{ default 1 .Values.a.b }}",
    "{{ .Values.a.b | default 1 }}",
    "{{ coalesce .Values.x .Values.a.b }}",
    "{{ (coalesce .Values.x .Values.a).b }}",
    '{{ ternary "x" .Values.a.b true }}',
    '{{ required "set a.b" .Values.a.b }}',
    "{{ $copy := deepCopy .Values.a }}{{ $copy.b }}",
    '{{ $d := dict "values" .Values.a }}{{ $d.values.b }}',
    '{{ $d := dict }}{{ $_ := set $d "values" .Values.a }}{{ $d.values.b }}',
    '{{ $d := dict "a" (dict) }}{{ range list 1 2 }}{{ $_ := set $d "a" $.Values.a }}{{ end }}{{ $d.a.b }}',
    "{{ $m := merge (dict) .Values.a .Values.z }}{{ $m.b }}",
    "{{ $m := dict }}{{ $_ := mergeOverwrite $m .Values.a }}{{ $m.b }}",
    '{{ $m := mergeOverwrite (deepCopy .) (dict "x" 1) }}{{ $m.Values.a.b }}',
    '{{ $ctx := dict "Values" .Values "x" 1 }}{{ $ctx.Values.a.b }}',
    "{{ range list .Values.a .Values.z }}{{ .b }}{{ end }}",
    '{{ range $k, $v := dict "one" .Values.a }}{{ $v.b }}{{ end }}',
    '{{ range $k, $v := dict "a" 1 }}{{ (index $.Values $k).b }}{{ end }}',
    "{{ (first (list .Values.a .Values.z)).b }}",
    "{{ (index (list 1 .Values.a) 1).b }}",
    "{{ $l := list }}{{ $l = append $l .Values.a }}{{ range $l }}{{ .b }}{{ end }}",
    "{{ $x := .Values.z }}{{ if .Values.y }}{{ $x = .Values.a }}{{ end }}{{ $x.b }}",
    '{{ tpl "{{ .Values.a.b }}" . }}',
    '{{ tpl (printf "{{ .Values.%s }}" "a.b") $ }}',
    '{{ printf "%s-%d" .Values.a.b 1 }}',
    '{{ block "x" .Values.a }}{{ .b }}{{ end }}',
    "{{ .Subcharts.redis.Values.z }}{{ .Values.a.b }}",
    '{{ mustDeepCopy .Values.a | dig "b" "none" }}',
    "{{ (mustMerge (dict) .Values.a).b }}",
    '{{ (mustMergeOverwrite (dict "b" 1) .Values.a).b }}',
    '{{ (merge (dict) (pick .Values.a "b")).b }}',
    '{{ $a := .Values.a }}{{ if hasKey $a "b" }}{{ $a.b }}{{ end }}',
    "{{ with $ }}{{ with .Values }}{{ with .a }}{{ .b }}{{ end }}{{ end }}{{ end }}",
    "{{ $root := . }}{{ with .Values.z }}{{ $root.Values.a.b }}{{ end }}",
    "{{ range $i, $v := list .Values.a }}{{ $i }}{{ $v.b }}{{ end }}",
    '{{ index (dict "k" .Values.a) "k" "b" }}',
    "{{ (last (list .Values.z .Values.a)).b }}",
    "{{ (index (rest (list 1 .Values.a)) 0).b }}",
    '{{ (dig "k" (dict) (dict "k" .Values.a)).b }}',
    '{{ ((pluck "k" (dict "k" .Values.a)) | first).b }}',
    "{{ .Values.a.b | toString | upper | trunc 9 }}",
    "{{ if not (empty .Values.a.b) }}x{{ else }}y{{ end }}",
    '{{ range tuple "a" }}{{ (get $.Values .).b }}{{ end }}',
]
"""Templates that read a.b, and of a no other key."""


@pytest.mark.parametrize("template", READS_OF_A_B)
def test_a_read_is_found_and_its_neighbours_are_not(template: str) -> None:
    uses = uses_of(template)
    assert unread(uses, "a", "a.b") == []
    assert unread(uses, "a.c", "c") == ["a.c", "c"]


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ('{{ include "h" . }}', "{{ .Values.a.b }}"),
        ('{{ include "h" $ }}', "{{ $.Values.a.b }}"),
        ('{{ template "h" . }}', "{{ .Values.a.b }}"),
        ('{{ template "h" .Values.a }}', "{{ .b }}"),
        ('{{ . | include "h" | nindent 4 }}', "{{ .Values.a.b }}"),
        ('{{ include "h" .Values.a }}', "{{ .b }}"),
        ('{{ include "h" (dict "ctx" $ "x" 1) }}', "{{ .ctx.Values.a.b }}"),
        ('{{ include "h" (dict "values" .Values.a) }}', "{{ with .values }}{{ .b }}{{ end }}"),
        ('{{ include "h" (list $ .Values.a) }}', "{{ (index . 1).b }}"),
        ('{{ include "h" (list $ .Values.a) }}', "{{ $top := first . }}{{ with last . }}{{ .b }}{{ end }}"),
        ('{{ include "h" (tuple . "a") }}', "{{ (index (index . 0).Values (index . 1)).b }}"),
        ('{{ include "h" (merge (dict "x" 1) .) }}', "{{ .Values.a.b }}"),
        ('{{ include "h" (set (deepCopy .) "x" 1) }}', "{{ .Values.a.b }}"),
        ('{{ include "h" (dict "root" $ "name" "a") }}', "{{ (index .root.Values .name).b }}"),
        ('{{ include (printf "%s" "h") . }}', "{{ .Values.a.b }}"),
        ('{{ include (print $.Chart.Name "h" | trimPrefix "web") . }}', "{{ .Values.a.b }}"),
        ('{{ range $k, $v := (dict "x" .Values.a) }}{{ include "h" $v }}{{ end }}', "{{ .b }}"),
        ('{{ include "h" . | fromYaml | toYaml }}', '{{ include "i" .Values.a }}{{ define "i" }}{{ .b }}{{ end }}'),
    ],
)
def test_named_templates_are_judged_with_what_they_are_given(call: str, body: str) -> None:
    inner = ""
    if "{{ define" in body:
        body, _, rest = body.partition("{{ define")
        inner = "{{ define" + rest
    uses = uses_of(call, helpers=f'{{{{ define "h" }}}}{body}{{{{ end }}}}{inner}')
    assert unread(uses, "a.b") == []
    assert unread(uses, "a.c", "c") == ["a.c", "c"]


@pytest.mark.parametrize(
    "template",
    [
        "{{ toYaml .Values.a }}",
        "{{ .Values.a | toJson }}",
        "{{ .Values.a }}",
        "{{ range .Values.a }}x{{ end }}",
        "{{ range $k, $v := .Values.a }}{{ $v.name }}{{ end }}",
        "{{ with .Values.a }}{{ toYaml . }}{{ end }}",
        "{{ unheardOf .Values.a }}",
        '{{ include "h" .Values.a }}',
        '{{ include "h" (dict "value" .Values.a) }}',
        "{{ keys .Values.a }}",
        "{{ tpl (toYaml .Values.a) . }}",
        '{{ omit .Values.a "x" | toYaml }}',
        '{{ $d := dict "a" .Values.a }}{{ toYaml $d }}',
        '{{ $l := list .Values.a }}{{ join "," $l }}',
        "{{ merge .Values.z .Values.a | toYaml }}",
    ],
)
def test_what_is_used_as_a_whole_counts_with_all_below(template: str) -> None:
    uses = uses_of(template, helpers='{{ define "h" }}{{ toYaml . }}{{ end }}')
    assert unread(uses, "a", "a.b", "a.b.c") == []
    assert uses.is_whole(("a", "b"))
    assert unread(uses, "c") == ["c"]


@pytest.mark.parametrize(
    "template",
    [
        "{{ index .Values.a .Release.Name }}",
        '{{ index .Values.a (include "h" .) }}',
        "{{ range $key := .Values.keys }}{{ index $.Values.a $key }}{{ end }}",
        '{{ $_ := set . "x" .Values.a }}',
        '{{ include "unknown" .Values.a }}',
        "{{ get .Values.a (lower .Release.Name) }}",
        '{{ range $i := until 3 }}{{ index $.Values.a (printf "x%d" $i) }}{{ end }}',
    ],
)
def test_what_is_computed_counts_with_all_that_it_may_reach(template: str) -> None:
    uses = uses_of(template, helpers='{{ define "h" }}x{{ end }}')
    assert unread(uses, "a", "a.b", "a.b.c") == []
    assert not uses.is_whole(("a", "b"))
    assert unread(uses, "c") == ["c"]


@pytest.mark.parametrize(
    "template",
    [
        "{{ toYaml .Values }}",
        "{{ index .Values .Release.Name }}",
        '{{ include "unknown" . }}',
        "{{ range $k, $v := .Values }}{{ end }}",
    ],
)
def test_any_value_may_be_read(template: str) -> None:
    assert unread(uses_of(template), "a", "b.c") == []


def test_a_map_that_is_only_tested_is_read_with_its_keys() -> None:
    assert unread(uses_of("{{ if .Values.a }}x{{ end }}"), "a.b") == []
    assert unread(uses_of("{{ if .Values.a }}{{ .Values.a.c }}{{ end }}"), "a.b") == ["a.b"]


def test_what_a_checksum_goes_through_is_read_elsewhere() -> None:
    helpers = '{{ define "all" }}{{ toYaml .Values }}{{ end }}'
    uses = uses_of('{{ print (include "all" .) | sha256sum }}\n{{ include "all" . }}', helpers=helpers)
    assert uses.is_read(("a",))


@pytest.mark.parametrize(
    ("template", "is_read"),
    [
        ("{{ print .Values | sha256sum }}", False),
        ("{{ .Values | toYaml | sha256sum | trunc 8 }}", False),
        ("{{ toYaml . | sha1sum }}", False),
        ("{{ .Values.a | toYaml | sha256sum }}", True),
        ("{{ print .Values }}", True),
        ('{{ include "all" . | sha256sum }}', True),
    ],
)
def test_a_checksum_of_all_values_reads_none(template: str, is_read: bool) -> None:
    helpers = '{{ define "all" }}{{ toYaml .Values }}{{ end }}' if "include" in template else ""
    assert uses_of(template, helpers=helpers).is_read(("a",)) is is_read


def test_the_checksum_of_a_template_is_no_read_of_everything() -> None:
    uses = uses_of('{{ include (print $.Template.BasePath "/y.yaml") . | sha256sum }}{{ .Values.a }}')
    assert unread(uses, "a", "b") == ["b"]


def test_a_computed_name_calls_every_named_template_that_it_may_mean() -> None:
    helpers = '{{ define "web.a" }}{{ .Values.a }}{{ end }}{{ define "web.b" }}{{ .Values.b }}{{ end }}'
    uses = uses_of('{{ include (printf "web.%s" .Release.Name) . }}', helpers=helpers)
    assert unread(uses, "a", "b", "c") == ["c"]


def test_texts_in_the_values_are_templates_where_tpl_is_used() -> None:
    values = "host: '{{ .Values.global.domain }}'\nlist: ['{{ $.Values.b }}', '{{ include \"chart.x\" . }}']\n"
    assert unread(uses_of("{{ tpl .Values.host . }}", values=values), "global.domain", "b", "c") == ["c"]
    assert unread(uses_of("{{ .Values.host }}", values=values), "global.domain") == ["global.domain"]


def test_files_are_templates_where_tpl_renders_them() -> None:
    files = {"files/a.conf": "{{ .Values.a }}", "files/b.conf": "{{ .Values.b }}", "README.md": "{{ .Values.c }}"}
    one = uses_of('{{ tpl (.Files.Get "files/a.conf") . }}', **files)
    assert unread(one, "a", "b", "c") == ["b", "c"]
    every = '{{ range $path, $_ := .Files.Glob "files/*" }}{{ tpl ($.Files.Get $path) $ }}{{ end }}'
    assert unread(uses_of(every, **files), "a", "b", "c") == ["c"]
    config = '{{ tpl (.Files.Glob "files/*").AsConfig . }}'
    assert unread(uses_of(config, **files), "a", "b", "c") == ["c"]


def test_named_templates_that_nobody_calls_count_as_called() -> None:
    """A parent chart may call them, with whatever context."""
    uses = uses_of("x", helpers='{{ define "a" }}{{ .Values.a }}{{ .context.Values.b }}{{ toYaml .given }}{{ end }}')
    assert unread(uses, "a", "b", "c") == ["c"]
    assert missing(uses) == []


def test_a_dependency_reads_its_own_values() -> None:
    view = load_document("{}", "Chart.yaml").view
    dependency = Dependency("redis", "1.x", "", "cache.enabled, redis.enabled", ("backend",), "cache", (), view)
    made = chart({"templates/x.yaml": ""}, dependencies=(dependency,))
    uses = analyse(made, parse_templates(made))
    assert unread(uses, "cache", "cache.x.y", "global.x", "tags.backend", "redis.enabled") == []
    assert unread(uses, "redis.x", "tags.frontend") == ["redis.x", "tags.frontend"]


def test_imported_values_are_provided() -> None:
    view = load_document("{}", "Chart.yaml").view
    imports = ({"child": "exported", "parent": "a"},)
    dependency = Dependency("redis", "1.x", "", "", (), "", imports, view)
    made = chart({"templates/x.yaml": "{{ .Values.a.b }}{{ .Values.c }}"}, dependencies=(dependency,))
    assert missing(analyse(made, parse_templates(made))) == ["c"]


def test_a_library_reads_the_values_of_its_caller() -> None:
    library = chart({"templates/_a.tpl": '{{ define "lib.a" }}{{ .Values.a }}{{ end }}'}, name="lib")
    made = chart({"templates/x.yaml": '{{ include "lib.a" . }}'}, subcharts={"lib": library})
    uses = analyse(made, parse_templates(made))
    assert unread(uses, "a", "b") == ["b"]
    assert {read.file for read in uses.reads} == {"charts/lib/templates/_a.tpl"}
    assert missing(uses) == []


def test_the_charts_own_named_template_hides_a_dependencys() -> None:
    library = chart({"templates/_a.tpl": '{{ define "a" }}{{ .Values.a }}{{ end }}'}, name="lib")
    files = {"templates/x.yaml": '{{ include "a" . }}', "templates/_b.tpl": '{{ define "a" }}{{ .Values.b }}{{ end }}'}
    made = chart(files, subcharts={"lib": library})
    assert unread(analyse(made, parse_templates(made)), "a", "b") == ["a"]


def test_a_template_that_cannot_be_parsed_may_read_anything() -> None:
    uses = uses_of("{{ if }}")
    assert unread(uses, "a") == []


@pytest.mark.parametrize(
    "helpers",
    [
        '{{ define "h" }}{{ include "h" . }}{{ .Values.a }}{{ end }}',
        '{{ define "h" }}{{ include "h" (dict "x" .) }}{{ .Values.a }}{{ end }}',
        '{{ define "h" }}{{ include "i" (list . $) }}{{ end }}{{ define "i" }}{{ include "h" (list .) }}{{ end }}',
    ],
)
def test_recursion_ends(helpers: str) -> None:
    assert unread(uses_of('{{ include "h" . }}', helpers=helpers), "a") == []


def test_a_place_is_told() -> None:
    uses = uses_of("a: 1\nb: {{ quote .Values.b }}\n")
    (read,) = uses.reads
    assert (read.file, read.span.line, read.span.column) == ("templates/x.yaml", 2, 13)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ .Values.a }}", ["a"]),
        ("{{ .Values.a.b.c }}", ["a"]),
        ("{{ .Values.here.b }}", ["here.b"]),
        ("{{ .Values.here.x }}", []),
        ("{{ .Values.null.b }}", ["null"]),
        ("{{ .Values.list.b }}", []),
        ("{{ quote .Values.a | upper }}", ["a"]),
        ("{{ toYaml .Values.a }}", ["a"]),
        # A condition may ask for a missing leaf, but not below a missing map.
        ("{{ if .Values.a }}x{{ end }}", []),
        ("{{ if .Values.a.b }}x{{ end }}", ["a"]),
        ("{{ if eq .Values.here.b 1 }}x{{ end }}", []),
        ("{{ range .Values.a }}x{{ end }}", []),
        ("{{ with .Values.a }}{{ .b }}{{ end }}", []),
        ("{{ default 1 .Values.a }}", []),
        ("{{ default 1 .Values.a.b }}", ["a"]),
        ("{{ .Values.a | default 1 | quote }}", []),
        ("{{ .Values.a | quote | default 1 }}", []),
        ("{{ if .Values.a }}{{ .Values.a.b }}{{ end }}", []),
        ("{{ if and .Values.a .Values.a.b }}x{{ end }}", []),
        ("{{ if or (not .Values.a) .Values.a.b }}x{{ end }}", []),
        ("{{ and .Values.a.b .Values.a }}", ["a"]),
        ("{{ if not .Values.a }}x{{ else }}{{ .Values.a.b }}{{ end }}", []),
        ("{{ if .Values.here }}{{ .Values.here.b }}{{ end }}", []),
        ("{{ if .Values.here.x }}{{ .Values.here.b }}{{ end }}", ["here.b"]),
        ("{{ if .Values.here.y }}{{ .Values.here.b }}{{ end }}", []),
        ('{{ if hasKey .Values.here "b" }}{{ .Values.here.b }}{{ end }}', []),
        ('{{ dig "a" "b" 1 .Values }}', []),
        ('{{ get .Values "a" }}', []),
        ("{{ (.Values.a).b }}", []),
        ('{{ required "set a" .Values.a }}{{ .Values.a.b }}', []),
        ('{{ if not .Values.a }}{{ fail "set a" }}{{ end }}{{ .Values.a }}', []),
        ('{{ $_ := set .Values "a" 1 }}{{ .Values.a.b }}', []),
        ('{{ $_ := set .Values.here "b" 1 }}{{ .Values.here.b }}', []),
        ("{{ $x := .Values.a }}{{ if $x }}{{ $x.b }}{{ end }}", []),
        ("{{ $x := .Values.a.b }}", ["a"]),
        ("{{ $m := merge (dict) .Values.here .Values.here.x }}{{ $m.b }}", []),
        ('{{ coalesce .Values.a .Values.b "c" }}', []),
        ('{{ ternary .Values.a "x" true }}', []),
        ('{{ ternary .Values.a.b "x" (empty .Values.a) }}', ["a"]),
        ('{{ include "tested" . }}', []),
        ('{{ include "plain" . }}', ["a"]),
        ('{{ if .Values.a }}{{ include "plain" . }}{{ end }}', []),
        ('{{ if .Values.a }}{{ include "plain" . }}{{ end }}{{ include "plain" . }}', ["a"]),
        ('{{ if .Values.b }}{{ include "plain" . }}{{ end }}', ["a"]),
        ('{{ if include "tested" . }}{{ .Values.a.b }}{{ end }}', []),
        ('{{ include "given" .Values.a }}', []),
    ],
)
def test_reads_that_find_nothing(template: str, expected: list[str]) -> None:
    helpers = (
        '{{ define "tested" }}{{ if .Values.a }}{{ .Values.a.b }}{{ end }}{{ end }}'
        '{{ define "plain" }}{{ .Values.a.b }}{{ end }}{{ define "given" }}{{ with . }}{{ .b }}{{ end }}{{ end }}'
    )
    values = "here: {x: 1}\n'null':\nlist: []\n"
    assert missing(uses_of(template, values=values, helpers=helpers), values) == expected


@given(TEMPLATES)
def test_any_template_is_analysed(text: str) -> None:
    assert isinstance(uses_of(text).reads, tuple)


@pytest.mark.parametrize(
    ("template", "before", "after", "are_same"),
    [
        ("a: {{ .Values.a }}", "a: 1\n", "a: 2\n", True),
        ("{{ if .Values.a.set }}b: {{ .Values.a.b }}{{ end }}", "a: {}\n", "a: {c: 1}\n", True),
        ("{{ if .Values.a.set }}b: {{ .Values.a.b }}{{ end }}", "a: {}\n", "a: {set: false}\n", False),
        ("a: {{ tpl .Values.a . }}", "a: text\n", "a: other\n", True),
        ("a: {{ tpl .Values.a . }}", "a: text\n", "a: '{{ .Values.b }}'\n", False),
        ('a: {{ tpl (.Files.Get "values.yaml") . }}', "a: 1\n", "b: 1 # of .Values\n", True),  # helm has it not there
        ('a: {{ tpl (.Files.Get "x.txt") . }}', "a: 1\n", "b: 1 # of .Values\n", True),
    ],
)
def test_other_values_change_who_reads_them_only_where_the_walk_looked(
    template: str, before: str, after: str, are_same: bool
) -> None:
    kept = Kept()
    one, other = (
        AnalysedChart(chart({"templates/x.yaml": template, "values.yaml": values}, values=values), kept)
        for values in (before, after)
    )
    assert (one.uses is other.uses) is are_same
    anew = AnalysedChart(other.chart).uses
    assert paths(other.uses) == paths(anew)
    assert (other.uses.whole, other.uses.reached) == (anew.whole, anew.reached)


def test_another_dependency_is_walked_again() -> None:
    helper = '{{ define "lib.x" }}{{ .Values.%s }}{{ end }}'
    kept, found = Kept(), []
    for value in ("a", "a", "b"):
        library = chart({"templates/_x.tpl": helper % value}, name="lib")
        made = chart({"templates/x.yaml": 'x: {{ include "lib.x" . }}'}, subcharts={"lib": library})
        found.append(AnalysedChart(made, kept).uses)
    assert found[0] is found[1]
    assert [paths(uses) for uses in found] == [{"a"}, {"a"}, {"b"}]
