"""The rules on how templates are written, beyond their cases."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from helm_constitution.api import Subject
from helm_constitution.core.model import Severity
from helm_constitution.helm.protocol import HelmMessage, MessageLevel
from helm_constitution.lint import registry
from helm_constitution.lint.rule import Rule, Tally, Violation
from helm_constitution.locate.resolve import locate

from .support import chart_of, chart_subject, checked, fields, judge, subject_of

RULES = {rule.id: rule for rule in registry.rules()}
DUPLICATED = RULES["templates/duplicated-block"]
INLINE = RULES["templates/inline-logic"]
UNEXPLAINED = RULES["templates/unexplained-function"]
FILE_NAME = RULES["templates/file-name"]
EXTENSION = RULES["templates/extension"]
UNUSED = RULES["templates/define-unused"]
SPACING = RULES["templates/spacing"]
TRAILING = RULES["templates/trailing-space"]
TOP_INDENT = RULES["templates/top-indent"]
DUPLICATE_ENV = RULES["templates/duplicate-env"]
LINT_ERROR = RULES["testing/lint-error"]
LINT_WARNING = RULES["testing/lint-warning"]


def found(rule: Rule, files: Mapping[str, str], **parameters: int) -> list[str]:
    """What a rule finds in a chart of these files, as ``file:line message``."""
    bound = {name: parameter.default for name, parameter in rule.parameters.items()} | parameters
    places = [
        (locate(outcome.at), outcome.message)
        for outcome in rule.check(chart_subject(rule, files, bound))
        if isinstance(outcome, Violation)
    ]
    return [f"{place.file}:{place.line} {message}" for place, message in places]


def begins(lines: list[str], expected: list[str]) -> bool:
    return len(lines) == len(expected) and all(
        line.startswith(part) for line, part in zip(lines, expected, strict=True)
    )


SIX = "".join(f"k{index}: {{{{ .Values.a.v{index} }}}}\n" for index in range(6))


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (SIX, ["templates/b.yaml:1 6 lines repeat templates/a.yaml:1-6;"]),
        (SIX.replace(".a.", ".b."), ["templates/b.yaml:1 6 lines repeat templates/a.yaml:1-6 with b for a;"]),
        (SIX.replace(".a.", ".b.").replace("v0", "w0"), ["templates/b.yaml:1 6 lines repeat"]),
        (SIX.replace(".a.", ".b.").replace("v0", "w0").replace("v1", "w1"), []),
        (SIX.replace("k3", "other"), []),
        ("".join(SIX.splitlines(keepends=True)[:5]), []),
        ("x: 1\n\n# comment\n" + SIX.replace("\n", "\n\n"), ["templates/b.yaml:4 11 lines repeat"]),
        ("{{- /* a\nb */}}\n" + SIX, ["templates/b.yaml:3 6 lines"]),
        ("  " + SIX.replace("\n", "\n  "), ["templates/b.yaml:1 6 lines"]),
        (SIX.replace("{{", "").replace("}}", ""), []),
    ],
)
def test_a_block_stands_twice(second: str, expected: list[str]) -> None:
    assert begins(found(DUPLICATED, {"templates/a.yaml": SIX, "templates/b.yaml": second}), expected)


def test_blocks_in_one_file_are_found_and_summed_up() -> None:
    other = SIX.replace("k", "other")
    text = f"{SIX}---\n{SIX}x: 1\n{other}y: 1\n{other}"
    (line,) = found(DUPLICATED, {"templates/a.yaml": text})
    assert line.startswith("templates/a.yaml:8 6 lines repeat templates/a.yaml:1-6 (and 1 more block in this file);")


def test_the_length_of_blocks_is_a_parameter() -> None:
    files = {"templates/a.yaml": SIX, "templates/b.yaml": SIX}
    assert found(DUPLICATED, files, lines=7) == []
    assert len(found(DUPLICATED, {"templates/a.yaml": SIX[:72], "templates/b.yaml": SIX[:72]}, lines=3)) == 1


def test_what_every_object_needs_is_no_copy() -> None:
    text = """
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "web.name" . }}
  labels:
    {{- include "web.labels" . | nindent 4 }}
    {{- with .Values.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
"""
    assert found(DUPLICATED, {"templates/a.yaml": text, "templates/b.yaml": text}) == []


@pytest.mark.parametrize("path", ["templates/NOTES.txt", "templates/crd.yaml"])
def test_generated_definitions_and_notes_are_not_compared(path: str) -> None:
    text = "apiVersion: v1\nkind: CustomResourceDefinition\n" + SIX
    assert found(DUPLICATED, {"templates/a.yaml": SIX, path: text}) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"x: 1\n{{{{- with .Values.a }}}}\n{SIX}{{{{- end }}}}\n", "8 lines repeat templates/a.yaml:2-9;"),
        (
            f"{{{{- if .Values.a }}}}\nx: 1\n{SIX}{{{{- end }}}}\ny: {{{{ .Values.y }}}}\n",
            "6 lines repeat templates/a.yaml:3-8",
        ),
        (
            f"{{{{- if .Values.a }}}}\nx: 1\ny: {{{{ .y }}}}\n{{{{- else }}}}\n{SIX}{{{{- end }}}}\n",
            "templates/a.yaml:5-10",
        ),
    ],
    ids=["its own end", "the end of another block", "another arm"],
)
def test_a_block_begins_and_ends_in_one_arm(text: str, place: str) -> None:
    (line,) = found(DUPLICATED, {"templates/a.yaml": text, "templates/b.yaml": text.replace("x: 1", "z: 1")})
    assert place in line


def test_what_only_arms_cut_in_two_is_no_block() -> None:
    first = "{{- with .Values.a }}\nx: 1\n" + SIX[:72] + "{{- end }}\n" + SIX[72:]
    second = first.replace("x: 1", "y: 1")
    assert found(DUPLICATED, {"templates/a.yaml": first, "templates/b.yaml": second}) == []


def test_the_helper_is_named_after_the_outermost_key() -> None:
    block = "- name: x\n  probe:\n" + "".join(f"    {line}\n" for line in SIX.splitlines())
    (line,) = found(DUPLICATED, {"templates/a.yaml": block, "templates/b.yaml": block})
    assert 'named template, "web.probe", and include it twice' in line


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("if and .a .b .c", None),
        ("if and .a .b (not .c) (eq .d 1)", "action has 4 conditions"),
        ("if and .a (or .b .c) .d", "action has 4 conditions"),
        ("if not (and .a .b .c .d)", "action has 4 conditions"),
        ("if and (not (or .a .b)) .c", None),
        ("if .a | and .b .c .d", "action has 4 conditions"),
        ("with (and .a .b .c .d).e", "action has 4 conditions"),
        ("if eq .a 1 2 3 4 5", None),
        ("if .a | b | c | d", None),
        ("if .a | b | c | d | f", "pipeline has 5 steps"),
        ("if print (.a | b | c | d | f)", "pipeline has 5 steps"),
        ("if .a | b | toYaml | trim | nindent 4 | quote", None),
    ],
)
def test_what_one_action_says(action: str, expected: str | None) -> None:
    lines = found(INLINE, {"templates/a.yaml": f"{{{{ {action} }}}}{{{{ end }}}}"})
    assert begins(lines, [f"templates/a.yaml:1 {expected}"] if expected else [])


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("{{ $a := len 1 }}{{ $b := len 2 }}\n{{ $c := len 3 }}{{/* x */}}{{ $d := len 4 }}", 1),
        ("{{ $a := len 1 }}{{ $b := len 2 }}text{{ $c := len 3 }}{{ $d := len 4 }}", 0),
        ("{{ $a := len 1 }}{{ $b := len 2 }}{{ $x := .y }}{{ $c := len 3 }}{{ $d := len 4 }}", 1),
        ('{{ $a := include "a" . }}{{ $b := .x | default "y" }}{{ $c := .c.d }}{{ $d := "text" }}{{ $e := dict }}', 0),
        ("{{ $a := len 1 }}{{ $a = len 2 }}{{ $a = len 3 }}{{ $a = len 4 }}x", 1),
        ("{{ range .x }}{{ $a := len 1 }}{{ $b := len 2 }}{{ $c := len 3 }}{{ $d := len 4 }}{{ end }}", 1),
        ('{{ define "web.a" }}{{ $a := len 1 }}{{ $b := len 2 }}{{ $c := len 3 }}{{ $d := len 4 }}{{ end }}', 0),
    ],
)
def test_runs_of_variables(text: str, count: int) -> None:
    assert len(found(INLINE, {"templates/a.yaml": text})) == count


def test_a_run_of_set_is_no_run_of_variables() -> None:
    text = "".join(f'{{{{ $_ := set . "k{index}" {index} }}}}\n' for index in range(4))
    (line,) = found(INLINE, {"templates/a.yaml": text})
    assert line == "templates/a.yaml:1 4 keys are set in a row; build the map in a named template"


@pytest.mark.parametrize("path", ["templates/_a.tpl", "templates/NOTES.txt"])
def test_logic_in_partials_and_notes_is_theirs(path: str) -> None:
    assert found(INLINE, {path: "{{ if and .a .b .c .d .e }}{{ end }}"}) == []


@pytest.mark.parametrize(
    ("text", "explained"),
    [
        ("a: {{ dig 1 }}", False),
        ("{{/* why */}}\na: {{ dig 1 }}", True),
        ("# why\na: {{ dig 1 }}", True),
        ("a: {{ dig 1 }} # why", True),
        ("a: {{ dig 1 }}\n# why", False),
        ("# why\n\n\n\na: {{ dig 1 }}", False),
        ("# ----\na: {{ dig 1 }}", False),
        ("{{/*\nwhy\nso\n*/}}\na: {{ dig 1 }}", True),
        ("# why\na: {{ dig 1 }}\n\n\n\n\nb: {{ dig 2 }}", True),
        ('{{/* why */}}\n{{ define "web.a" }}\n\n\n\n\n{{ dig 1 }}{{ end }}', True),
        ('{{ define "web.a" }}\n\n\n\n\n{{ dig 1 }}{{ end }}', False),
        ('a: "{{ .Values.dig }}"\nb: dig\n', True),
        ('a: {{ include "dig" . }}', True),
    ],
)
def test_comments_explain_what_stands_near(text: str, explained: bool) -> None:
    assert (found(UNEXPLAINED, {"templates/a.yaml": text}) == []) is explained


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("mustRegexMatch 1 2", "mustRegexMatch"),
        ("regexFind 1 2", "regexFind"),
        ("set .a 1 2", "set"),
        ("1 | genCA 2", "genCA"),
        (".a | fromYaml", "fromYaml"),
        ("fromJson .a", "fromJson"),
        ('include "a" . | fromYaml', None),
        ('include "a" (dict "b" 1) | fromJsonArray', None),
        ('fromYaml (include "a" .)', None),
        ("index .a 1 2 3", "index"),
        ("index .a 1 2", None),
        ('.Files.Glob "*"', ".Files.Glob"),
        ('$.Files.Glob "*"', ".Files.Glob"),
        ('(.Files.Glob "*").AsConfig', ".Files.Glob"),
        ('.Files.Get "x"', None),
        ('printf "%s%s%s%s" 1 2 3 4', 'printf "%s%s%s%s"'),
        ('printf "%s%%%s%%" 1 2', None),
        ('printf "%s %s %s %s" 1 2 3 4', None),
        ("default 1 (lookup 1)", "lookup"),
        ("toYaml .a", None),
    ],
)
def test_unusual_functions(call: str, name: str | None) -> None:
    lines = found(UNEXPLAINED, {"templates/a.yaml": f"{{{{ {call} }}}}"})
    assert begins(lines, [f"templates/a.yaml:1 `{name}` "] if name else [])


def test_one_finding_for_a_function_in_the_chart() -> None:
    text = "{{ dig 1 }}{{ dig 2 }}"
    (line,) = found(
        UNEXPLAINED, {"templates/a.yaml": text, "templates/b.yaml": text, "templates/c.yaml": f"# why\n{text}"}
    )
    assert line.startswith("templates/a.yaml:1 `dig` (4 times in 2 files) looks up")


@pytest.mark.parametrize(
    ("values", "explained"),
    [
        ("a: x", False),
        ("# -- Evaluated as a template\na: x", True),
        ("# -- Text (templated)\na: x", True),
        ("# -- May hold {{ .Release.Name }}\na: x", True),
        ("# -- Labels of the pod template\na: x", False),
        ("a: '{{ .Release.Name }}'", False),
    ],
)
def test_values_say_what_tpl_renders(values: str, explained: bool) -> None:
    files = {"templates/a.yaml": "{{ tpl .Values.a . }}", "values.yaml": values}
    assert (found(UNEXPLAINED, files) == []) is explained


@pytest.mark.parametrize(
    ("path", "kind", "named"),
    [
        ("service.yaml", "Service", True),
        ("svc.yaml", "Service", True),
        ("web-svc.yaml", "Service", True),
        ("services/web.yaml", "Service", True),
        ("metrics.yaml", "Service", False),
        ("hpa.yaml", "HorizontalPodAutoscaler", True),
        ("autoscaling.yaml", "HorizontalPodAutoscaler", True),
        ("rbac.yaml", "ClusterRoleBinding", True),
        ("network-policy.yaml", "NetworkPolicy", True),
        ("networkpolicy.yaml", "CiliumNetworkPolicy", True),
        ("policy.yaml", "AuthorizationPolicy", True),
        ("certificate.yaml", "Certificate", True),
        ("tests/connection.yaml", "Pod", True),
        ("web-dep.yaml", "Deployment", True),
        ("department.yaml", "Deployment", False),
        ("web-tls.yaml", "Secret", True),
        ("web-webhook.yaml", "MutatingWebhookConfiguration", True),
        ("acme.io_webs.yaml", "CustomResourceDefinition", True),
        ("crd-acme.io_webs.yaml", "CustomResourceDefinition", True),
        ("acme.io_webs_crd.yaml", "CustomResourceDefinition", False),
        ("acme.io_webs.yaml", "Service", False),
        ("Service.yaml", "Service", False),
        ("my_service.yaml", "Service", False),
        ("_Partial_x.tpl", "Service", True),
    ],
)
def test_file_names_tell_the_kind(path: str, kind: str, named: bool) -> None:
    assert (found(FILE_NAME, {f"templates/{path}": f"kind: {kind}\n"}) == []) is named


def test_a_better_name_keeps_the_extension() -> None:
    (line,) = found(FILE_NAME, {"templates/my_Service.yml": "kind: Service\n"})
    assert line.endswith("rename it to my-service.yml")


def test_files_without_a_kind_of_their_own_are_free() -> None:
    text = "{{ range .Values.extra }}\n---\n{{ toYaml . }}\n{{ end }}"
    assert found(FILE_NAME, {"templates/extra.yaml": text, "templates/NOTES.txt": "x"}) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.yaml", None),
        ("a.yml", None),
        ("_a.tpl", None),
        ("NOTES.txt", None),
        ("a.json", ".json"),
        ("a", "no extension"),
    ],
)
def test_extensions(name: str, expected: str | None) -> None:
    lines = found(EXTENSION, {f"templates/{name}": "", "files/a.json": ""})
    assert [expected in line for line in lines if expected] == ([True] if expected else [])
    assert len(lines) == bool(expected)


@pytest.mark.parametrize(
    ("caller", "used"),
    [
        ('{{ include "web.a" . }}', True),
        ("{{ include `web.a` . }}", True),
        ('{{ template "web.a" . }}', True),
        ('{{ include (printf "web.%s" .x) . }}', True),
        ('{{ include (printf "other.%s" .x) . }}', False),
        ("{{ include .Values.name . }}", True),
        ('{{ include (print "web" ".a") . }}', True),
        ('{{ include (print $.Template.BasePath "/a.yaml") . }}', False),
        ('{{ include "web.ab" . }}', False),
        ("", False),
    ],
)
def test_named_templates_are_called(caller: str, used: bool) -> None:
    files = {"templates/_a.tpl": '\n{{ define "web.a" }}x{{ end }}', "templates/b.yaml": caller}
    lines = found(UNUSED, files)
    assert begins(lines, [] if used else ['templates/_a.tpl:2 named template "web.a" is never used'])


def test_values_may_call_named_templates_and_readmes_do_not() -> None:
    define = {"templates/_a.tpl": '{{ define "web.a" }}x{{ end }}'}
    call = '{{ include "web.a" . }}'
    assert found(UNUSED, {**define, "values.yaml": f"a: '{call}'"}) == []
    assert len(found(UNUSED, {**define, "README.md": call})) == 1


def test_a_dependency_that_is_not_there_may_call_its_own_name() -> None:
    defines = "".join(f'{{{{ define "{name}" }}}}x{{{{ end }}}}\n' for name in ("redis.image", "cache.image"))
    subject = chart_subject(UNUSED, {"templates/_a.tpl": defines})
    dependency = cast(Any, SimpleNamespace(name="redis", key="cache"))
    object.__setattr__(subject.chart, "dependencies", (dependency,))
    (message,) = [outcome.message for outcome in UNUSED.check(subject) if isinstance(outcome, Violation)]
    assert "cache.image" in message


def test_library_charts_are_there_to_be_called() -> None:
    files = {"Chart.yaml": "name: web\ntype: library\n", "templates/_a.tpl": '{{ define "web.a" }}x{{ end }}'}
    assert found(UNUSED, files) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("{{ .a }}", 0),
        ("{{- .a -}}", 0),
        ("{{.a }}", 1),
        ("{{ .a}}", 1),
        ("{{ .a -}}{{- .b}}", 1),
        ("{{ if .a}}{{end}}", 1),
        ("{{-1}}", 1),
        ("{{/*x*/}}{{- /*x*/ -}}", 0),
        ('{{"{{"}}{{`}}`}}', 0),
        ('{{"a" | quote }}{{.b}}', 1),
        ('{"a":{"b":{}}}', 0),
        ("{{\n.a\n}}", 0),
        ('{{ .a | trimPrefix ":"}}', 1),
        ('{{- if eq .a "b"}}c{{- end }}', 1),
        ("{{`{{ .a }}`}}{{ if .a }}b{{end}}", 1),
        ("{ {{- .a -}} }", 0),
    ],
)
def test_spaces_inside_braces(text: str, count: int) -> None:
    assert len(found(SPACING, {"templates/a.yaml": text})) == count


def test_trailing_spaces_are_counted_and_shown() -> None:
    subject = chart_subject(TRAILING, {"templates/a.yaml": "a \nb\n\t\nc\r\nd \r\n", "templates/b.yaml": "a\n"})
    problem, tally = TRAILING.check(subject)
    assert isinstance(problem, Violation)
    assert problem.message == "3 lines end in white space; delete it"
    assert (locate(problem.at).line, locate(problem.at).column) == (1, 2)
    assert tally == Tally(1, 2, "templates without trailing spaces")


INDENTED = 'document starts with an illegal indent: "  apiVersion: v1", which may cause parsing problems'
ODD_EXTENSION = "file extension '.json' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt"


def linted(rule: Rule, level: MessageLevel, text: str, running: Mapping[str, Severity]) -> Subject:
    chart = chart_of({"templates/a.yaml": "{{ if .x }}\n  apiVersion: v1\n{{ end }}\n"})
    message = HelmMessage(level, text, file="templates/a.yaml")
    return subject_of(rule, checked(chart, lint=(message,), severities=running))


def test_the_line_that_helm_quotes_is_found() -> None:
    (problem,) = TOP_INDENT.check(linted(TOP_INDENT, MessageLevel.WARNING, INDENTED, {}))
    assert isinstance(problem, Violation)
    place = locate(problem.at)
    assert (place.file, place.line, place.column, place.end_column) == ("templates/a.yaml", 2, 1, 3)


@pytest.mark.parametrize(
    ("rule", "level", "text", "running", "told"),
    [
        (LINT_WARNING, MessageLevel.WARNING, INDENTED, {TOP_INDENT.id: Severity.ERROR}, False),
        (LINT_WARNING, MessageLevel.WARNING, INDENTED, {TOP_INDENT.id: Severity.NOTE}, True),
        (LINT_WARNING, MessageLevel.WARNING, INDENTED, {}, True),
        (LINT_ERROR, MessageLevel.ERROR, ODD_EXTENSION, {EXTENSION.id: Severity.ERROR}, False),
        (LINT_ERROR, MessageLevel.ERROR, ODD_EXTENSION, {EXTENSION.id: Severity.WARNING}, True),
    ],
)
def test_what_another_rule_tells_is_not_told_twice(
    rule: Rule, level: MessageLevel, text: str, running: dict[str, Severity], told: bool
) -> None:
    assert (list(rule.check(linted(rule, level, text, running))) != []) is told


def pod(env: str) -> str:
    return f"kind: Pod\nspec:\n  containers:\n  - name: a\n    env: {env}\n  initContainers:\n  - env: [{{name: A}}]\n"


@pytest.mark.parametrize(
    ("env", "places"),
    [
        ("[{name: A, value: x}, {name: B}]", []),
        ("[{name: A, value: x}, {name: A, value: x}]", ["spec.containers[0].env[1].name"]),
        ("[{name: A}, {name: A}, {name: A}]", ["spec.containers[0].env[1].name", "spec.containers[0].env[2].name"]),
        ("[{value: x}, {value: x}]", []),
        ("null", []),
    ],
)
def test_variables_of_a_container_are_set_once(env: str, places: list[str]) -> None:
    assert fields(DUPLICATE_ENV, pod(env)) == places
    assert all(
        message.startswith("container sets variable A twice (also as item")
        for message in judge(DUPLICATE_ENV, pod(env))
    )


def test_of_a_long_action_both_braces_are_shown() -> None:
    text = '{{ printf "%s/%s-ca" (include "web.namespace" .) (include "web.fullname" .) | quote}}\n'
    (line,) = found(SPACING, {"templates/a.yaml": f"a: {text}"})
    assert line.endswith('`{{ printf "%s/%s-ca" (include …me" .) | quote}}`; add spaces'), line
