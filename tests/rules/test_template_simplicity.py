"""The rules of Template Simplicity beyond their cases."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from helm_constitution.core.model import Severity, Status
from helm_constitution.helm.protocol import FailureKind, HelmMessage, MessageLevel, RenderRequest
from helm_constitution.lint import registry
from helm_constitution.lint.needs import CheckedChart
from helm_constitution.lint.rule import Rule, Tally, Unchecked, Violation
from helm_constitution.render.results import ScenarioResult
from helm_constitution.render.scenarios import Scenario
from helm_constitution.text.place import TextPlace
from helm_constitution.text.yaml_document import View, dotted

from .support import chart_of, chart_subject, checked, found, judge, problems, subject_of

RULES = {rule.id: rule for rule in registry.rules()}
NESTING = RULES["templates/nesting-depth"]
KINDS = RULES["templates/mixed-kinds"]
UNDOCUMENTED = RULES["templates/define-undocumented"]
UNPREFIXED = RULES["templates/define-unprefixed"]
INVALID = RULES["templates/invalid-yaml"]
DUPLICATE = RULES["templates/duplicate-key"]
NO_VALUE = RULES["templates/no-value"]
RENDER_ERROR = RULES["testing/render-error"]


def nesting(text: str, limit: int) -> list[str]:
    subject = chart_subject(NESTING, {"templates/a.yaml": text}, {"limit": limit})
    return [outcome.message for outcome in NESTING.check(subject) if isinstance(outcome, Violation)]


TWO = (
    "`if` is nested 2 levels deep, and 1 more block beside it (3 with their inner blocks), and the "
    "limit is 1; move them to"
)


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("{{ if .a }}{{ end }}", 1, []),
        ("{{ if .a }}{{ end }}{{ if .b }}{{ end }}", 0, ["`if` is nested 1 levels deep, and the limit is 0"] * 2),
        ("{{ if .a }}{{ with .b }}{{ end }}{{ end }}", 1, ["`with` is nested 2 levels deep, and the limit is 1"]),
        ("{{ if .a }}{{ else }}{{ range .b }}{{ end }}{{ end }}", 1, ["`range` is nested 2 levels deep"]),
        ("{{ if .a }}{{ else if .b }}{{ else if .c }}{{ end }}", 1, []),
        ("{{ range .a }}{{ else }}{{ end }}{{ if .b }}{{ end }}", 1, []),
        ('{{ define "web.a" }}{{ if .a }}{{ end }}{{ end }}', 1, []),
        ("{{ if .a }}{{ if .b }}{{ if .c }}{{ end }}{{ end }}{{ if .d }}{{ end }}{{ end }}", 1, [TWO]),
        ('{{ if .a }}{{ block "web.b" . }}{{ if .c }}{{ end }}{{ end }}{{ end }}', 1, []),
    ],
)
def test_levels_are_counted(text: str, limit: int, expected: list[str]) -> None:
    messages = nesting(text, limit)
    assert len(messages) == len(expected)
    assert all(part in message for part, message in zip(expected, messages, strict=True))


def test_a_file_with_a_syntax_error_is_not_counted() -> None:
    subject = chart_subject(NESTING, {"templates/a.yaml": "{{ if }}", "templates/b.yaml": ""}, {"limit": 3})
    assert list(NESTING.check(subject)) == [Tally(1, 1, "templates nested at most 3 levels deep")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: Service\n---\nkind: Service\n", []),
        ("kind: Service\n---\nkind: Ingress # behind\n", ["templates/a.yaml:3 file renders Service and In"]),
        ("kind: Aa\n---\nkind: Bb\n---\nkind: Cc\n", ["templates/a.yaml:3 file renders Aa, Bb a"]),
        ("kind: {{ if .x }}Deployment{{ else }}DaemonSet{{ end }}\n", []),
        ("{{ if .x }}\nkind: Aa\n{{ else if .y }}\nkind: Bb\n{{ else }}\nkind: Cc\n{{ end }}\n", []),
        (
            "{{ if .x }}\n---\nkind: Aa\n{{ else }}\n---\nkind: Bb\n---\nkind: Cc\n{{ end }}\n",
            ["templates/a.yaml:8 file re"],
        ),
        ("{{ if .x }}\nkind: Aa\n{{ end }}\n{{ if .y }}\n---\nkind: Bb\n{{ end }}\n", ["templates/a.yaml:6 file re"]),
        ("{{ if .x }}\nkind: Aa\n{{ else }}\nkind: Bb\n{{ end }}\n---\nkind: Cc\n", ["templates/a.yaml:7 file re"]),
        ('kind: {{ .x | default "DaemonSet" }}\n', []),
        ('kind: "Service"\n---\nkind: Service\n', []),
        ("kind: {{ .Values.kind }}\n", []),
        ("kind: Role\n---\nkind: ClusterRole\n", []),
        ("kind: Issuer\n---\nkind: ClusterIssuer\n---\nkind: Certificate\n", ["templates/a.yaml:5 file re"]),
        ("kind: List\nitems:\n- kind: Service\n", []),
        ("data:\n  kind: A\n---\nkind: B\n", []),
        ("{{/*\nkind: A\n*/}}\nkind: B\n", []),
        ('{{ define "web.a" }}\nkind: A\n{{ end }}\nkind: B\n', []),
        ("# kind: A\nkind: B\n", []),
        ("no objects\n", []),
    ],
)
def test_kinds_are_read_from_the_text(text: str, expected: list[str]) -> None:
    lines = found(KINDS, {"templates/a.yaml": text})
    assert [line[: len(part)] for line, part in zip(lines, expected, strict=True)] == expected


@pytest.mark.parametrize("path", ["templates/_a.tpl", "templates/tests/a.yaml", "files/a.yaml"])
def test_files_that_make_no_objects_of_the_release_may_mix_kinds(path: str) -> None:
    assert found(KINDS, {path: "kind: A\n---\nkind: B\n"}) == []


@pytest.mark.parametrize(
    ("text", "documented"),
    [
        ('{{/* The name. */}}\n{{ define "web.a" }}x{{ end }}', True),
        ('{{- /* The name. */ -}}\n\n{{- define "web.a" -}}x{{ end }}', True),
        ('{{/* The name. */}}\n\n\n{{ define "web.a" }}x{{ end }}', False),
        ('{{/* The name. */}}{{ $x := 1 }}{{ define "web.a" }}x{{ end }}', False),
        ('{{ define "web.a" }}\n{{/* The name. */}}x{{ end }}', True),
        ('{{ define "web.a" }}x{{/* The name. */}}{{ end }}', False),
        ('{{/* --------- */}}\n{{ define "web.a" }}x{{ end }}', False),
        ('{{/* Copyright 2020 Acme */}}\n{{ define "web.a" }}x{{ end }}', False),
        ('## The name.\n{{ define "web.a" }}x{{ end }}', True),
        ('## The name.\n\ntext\n{{ define "web.a" }}x{{ end }}', False),
        ('{{ define "web.a" }}x{{ end }}', False),
        ('{{ block "web.a" . }}x{{ end }}', False),
    ],
)
def test_a_comment_documents_a_named_template(text: str, documented: bool) -> None:
    assert (found(UNDOCUMENTED, {"templates/_a.tpl": text}) == []) is documented


@pytest.mark.parametrize(
    ("name", "prefixed"),
    [
        ("web.labels", True),
        ("web", True),
        ("web-labels", True),
        ("Web.labels", True),
        ("labels", False),
        ("website.labels", False),
        ("common.web.labels", False),
        ("", False),
    ],
)
def test_names_begin_with_the_chart(name: str, prefixed: bool) -> None:
    assert (found(UNPREFIXED, {"templates/_a.tpl": f'{{{{ define "{name}" }}}}x{{{{ end }}}}'}) == []) is prefixed


def test_a_first_part_that_stands_for_the_chart_is_replaced() -> None:
    names = ("this.name", "this.labels", "this.image", "host.name")
    text = "".join(f'{{{{ define "{name}" }}}}x{{{{ end }}}}' for name in names)
    subject = chart_subject(UNPREFIXED, {"templates/_a.tpl": text})
    messages = [outcome.message for outcome in UNPREFIXED.check(subject) if isinstance(outcome, Violation)]
    proposals = [message.partition("rename it to ")[2] for message in messages]
    assert proposals == ['"web.name"', '"web.labels"', '"web.image"', '"web.host.name"']


@pytest.mark.parametrize("name", ["argo-cd.name", "argocd.name", "argoCd.name", "argo_cd/name"])
def test_names_are_compared_without_their_separators(name: str) -> None:
    subject = chart_subject(UNPREFIXED, {"templates/_a.tpl": f'{{{{ define "{name}" }}}}x{{{{ end }}}}'})
    object.__setattr__(subject.chart, "name", "argo-cd")
    assert [outcome for outcome in UNPREFIXED.check(subject) if isinstance(outcome, Violation)] == []


@pytest.mark.parametrize(
    ("name", "prefixed"),
    [
        ("sql-exporter.name", True),
        ("acmeSql.name", True),
        ("ase.name", True),
        ("exporter.name", False),
        ("acme.name", False),
        ("acme-exporter.name", False),
        ("as.name", False),
    ],
)
def test_long_names_of_charts_may_be_shortened(name: str, prefixed: bool) -> None:
    subject = chart_subject(UNPREFIXED, {"templates/_a.tpl": f'{{{{ define "{name}" }}}}x{{{{ end }}}}'})
    object.__setattr__(subject.chart, "name", "acme-sql-exporter")
    assert ([outcome for outcome in UNPREFIXED.check(subject) if isinstance(outcome, Violation)] == []) is prefixed


def test_a_dependencys_template_may_be_replaced() -> None:
    subject = chart_subject(UNPREFIXED, {"templates/_a.tpl": '{{ define "redis.name" }}x{{ end }}'})
    dependency = cast(Any, SimpleNamespace(name="redis", key="cache"))
    object.__setattr__(subject.chart, "dependencies", (dependency,))
    assert list(UNPREFIXED.check(subject)) == [Tally(1, 1, "named templates named after the chart")]


def broken(*faults: tuple[str, str, FailureKind], running: Mapping[str, Severity] | None = None) -> CheckedChart:
    """A chart whose scenarios (by name) each fail with a fault in a file."""
    results: dict[str, list[HelmMessage]] = {}
    for scenario, file, kind in faults:
        message = HelmMessage(MessageLevel.ERROR, f"not YAML: {file}.", kind, file=file, rendered_line=7)
        results.setdefault(scenario, []).append(message)
    failed = tuple(
        ScenarioResult(Scenario(name, RenderRequest()), Status.FAILED, "x", None, tuple(errors))
        for name, errors in results.items()
    )
    return checked(chart_of({}), failed, severities=running)


def messages(rule: Rule, known: CheckedChart) -> list[str]:
    return [
        f"{outcome.at.file if isinstance(outcome.at, TextPlace) else None} {outcome.message}"
        for outcome in rule.check(subject_of(rule, known))
        if isinstance(outcome, Violation)
    ]


def test_every_document_that_is_no_yaml_is_named_once() -> None:
    yaml = FailureKind.YAML
    subject = broken(
        ("defaults", "templates/a.yaml", yaml),
        ("defaults", "templates/b.yaml", yaml),
        ("ci/x.yaml", "templates/a.yaml", yaml),
        ("ci/x.yaml", "templates/c.yaml", yaml),
    )
    assert messages(INVALID, subject) == [
        "templates/a.yaml not YAML: templates/a.yaml (line 7 of the rendered text)",
        "templates/b.yaml not YAML: templates/b.yaml (line 7 of the rendered text)",
        "templates/c.yaml not YAML: templates/c.yaml (line 7 of the rendered text) with ci/x.yaml",
    ]


def test_what_renders_nothing_is_unchecked() -> None:
    with pytest.raises(Unchecked):
        messages(INVALID, broken(("defaults", "templates/a.yaml", FailureKind.TEMPLATE)))
    with pytest.raises(Unchecked):
        list(INVALID.check(chart_subject(INVALID, {})))


@pytest.mark.parametrize("running", [{}, {"templates/invalid-yaml": Severity.WARNING}])
def test_a_document_that_is_no_yaml_is_a_render_error(running: dict[str, Severity]) -> None:
    subject = broken(("defaults", "templates/a.yaml", FailureKind.YAML), running=running)
    assert len(messages(RENDER_ERROR, subject)) == 1


def test_what_invalid_yaml_tells_is_not_told_twice() -> None:
    running = {INVALID.id: Severity.ERROR}
    yaml = ("defaults", "templates/a.yaml", FailureKind.YAML)
    with pytest.raises(Unchecked, match="see templates/invalid-yaml"):
        messages(RENDER_ERROR, broken(yaml, running=running))
    other = ("defaults", "templates/b.yaml", FailureKind.TEMPLATE)
    assert len(messages(RENDER_ERROR, broken(yaml, other, running=running))) == 1


def test_keys_of_other_documents_are_not_this_objects() -> None:
    text = "kind: List\nitems:\n- kind: A\n  a: 1\n  a: 2\n- kind: B\n  b: 1\n"
    (problem,) = problems(DUPLICATE, text)
    assert problem.message.startswith("key a is rendered twice")
    assert isinstance(problem.at, View)
    assert dotted(problem.at.path) == "items[0].a"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a: '%!s(<nil>)'", "%!s(<nil>)"),
        ("a: x-<nil>-y", "<nil>"),
        ("a: '%!d(string=80)/tcp'", "%!d(string=80)"),
        ("a: '%!s(int=80)'", "%!s(int=80)"),
        ("a: '%!(EXTRA string=x)'", "%!(EXTRA string=x)"),
        ("a: 'x%!v(BADWIDTH)'", "%!v(BADWIDTH)"),
        ("a: |\n  host=<nil>\n  x\n", "<nil>"),
        ('a: |\n  host: "<nil>"\n  x\n', "<nil>"),
        ("kind: Secret\ndata:\n  a: JSFzKDxuaWw+KQ==", "%!s(<nil>)"),
        ("a: 100%!", None),
        ("a: '%! (x)'", None),
        ("a: |\n  returns <nil> on success\n  x\n", None),
        ("kind: Secret\ndata:\n  a: '%%%'", None),
        ("kind: CustomResourceDefinition\ndescription: is <nil>", None),
        ("a: null", None),
    ],
)
def test_traces_of_missing_values(text: str, shown: str | None) -> None:
    found = judge(NO_VALUE, text)
    assert [message.split("`")[1] for message in found] == ([shown] if shown else [])
