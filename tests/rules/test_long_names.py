"""helm/long-name: what a name's expression gives for the longest release name."""

from __future__ import annotations

import pytest

from helm_constitution.lint import registry
from tests.rules.support import judge_in

RULE = next(rule for rule in registry.rules() if rule.id == "helm/long-name")
HELPERS = """
{{- define "web.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- define "web.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}
{{- define "web.labels" -}}
app: {{ template "web.fullname" . }}-frontend
{{- end }}
"""
VALUES = "nameOverride: ''\nfullnameOverride: ''\nsuffix: metrics-of-the-server\n"


def lengths(template: str, rendered: str) -> list[str]:
    files = {"templates/_helpers.tpl": HELPERS, "values.yaml": VALUES, "templates/x.yaml": template}
    return [message.partition(" characters")[0] for message in judge_in(RULE, rendered, files)]


def service(name: str) -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n"


@pytest.mark.parametrize(
    ("written", "rendered", "expected"),
    [
        ('{{ include "web.fullname" . }}', "release-name-web", []),
        ('{{ include "web.fullname" . }}-headless', "release-name-web-headless", ["Service name has 66"]),
        ('"{{ template "web.fullname" . }}-headless"', "release-name-web-headless", ["Service name has 66"]),
        ('{{ printf "%s-headless" (include "web.fullname" .) }}', "release-name-web-headless", ["Service name has 66"]),
        ('{{ printf "%s-headless" (include "web.fullname" .) | trunc 63 }}', "release-name-web-headless", []),
        ("{{ .Release.Name }}-{{ .Values.suffix }}", "release-name-metrics-of-the-server", ["Service name has 75"]),
        ("{{ .Release.Name }}-{{ .Values.suffix }}", "release-name-other-than-what-the-values-say", []),
        ('{{ include "web.fullname" . | sha256sum }}-headless', "release-name-web-headless", []),
        ('{{ include "other.fullname" . }}-headless', "release-name-web-headless", []),
        ("{{ unclosed", "release-name-web-headless", []),
    ],
)
def test_names(written: str, rendered: str, expected: list[str]) -> None:
    assert lengths(service(written), service(rendered)) == expected


def test_a_variable_of_the_file() -> None:
    template = '{{- $full := include "web.fullname" . -}}\n{{- $other := index .Values "a" -}}\n'
    assert lengths(template + service("{{ $full }}-headless"), service("release-name-web-headless")) == [
        "Service name has 66"
    ]
    assert lengths(template + service("{{ $other }}-headless"), service("release-name-web-headless")) == []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("ConfigMap", []),
        ("Deployment", []),
        ("CronJob", ["CronJob name has 57"]),
        ("StatefulSet", ["StatefulSet name has 57"]),
        ("Job", []),
    ],
)
def test_each_kind_has_its_limit(kind: str, expected: list[str]) -> None:
    written = service('{{ include "web.fullname" . }}').replace("Service", kind)
    assert lengths(written, service("release-name-web").replace("Service", kind)) == expected


@pytest.mark.parametrize(
    ("suffix", "advice"),
    [
        ("", "truncate it with trunc to at most 52 characters"),
        ("-a", "truncate the part before the suffix with trunc, so that all of it has at most 52 characters"),
    ],
)
def test_what_is_to_be_cut(suffix: str, advice: str) -> None:
    written = service('{{ include "web.fullname" . }}' + suffix).replace("Service", "StatefulSet")
    files = {"templates/_helpers.tpl": HELPERS, "values.yaml": VALUES, "templates/x.yaml": written}
    rendered = service(f"release-name-web{suffix}").replace("Service", "StatefulSet")
    (message,) = judge_in(RULE, rendered, files)
    assert message.endswith(f"; {advice} (with a hash appended, it becomes the label controller-revision-hash)")


def test_a_label_out_of_a_named_template() -> None:
    template = service("web") + '  labels:\n    {{- include "web.labels" . | nindent 4 }}\n'
    rendered = service("web") + "  labels:\n    app: release-name-web-frontend\n"
    files = {"templates/_helpers.tpl": HELPERS, "values.yaml": VALUES, "templates/x.yaml": template}
    (message,) = judge_in(RULE, rendered, files)
    assert message.startswith("label app has 66 characters with a 53-character release name")


def test_other_scenarios_have_names_of_their_own() -> None:
    files = {"templates/_helpers.tpl": HELPERS, "templates/x.yaml": service('{{ include "web.fullname" . }}-headless')}
    assert judge_in(RULE, service("release-name-web-headless"), files, scenario="ci/x-values.yaml") == []
