"""What helm quotes of a value that is a secret is no part of a report."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import RenderRequest, SetArgument
from tests.helm.support import write_chart
from tests.support import check_chart

VALUES = """
auth:
  password: Kanari-1
  token: kanariword
url: db://me:kanari@x
env: [{name: PASSWORD, value: Kanari-4}]
"""


@pytest.mark.parametrize(
    "template",
    [
        '{{ fail (printf "weak: %s" .Values.auth.password) }}',
        '{{ mustToDate "2006" .Values.auth.token }}',
        '{{ tpl (printf "{{ %s }}" .Values.auth.token) . }}',
        "a: {{ index (list) .Values.auth.password }}",
        "{{ fail (b64enc .Values.auth.token) }}",
        "{{ fail .Values.url }}",
        "{{ fail (toJson .Values.env) }}",
    ],
)
def test_a_message_of_helm_holds_no_secret(tmp_path: Path, embedded: EmbeddedEngine, template: str) -> None:
    files = {"values.yaml": VALUES, "templates/a.yaml": template, "ci/a-values.yaml": "auth:\n  password: Kanari-2\n"}
    chart = write_chart(tmp_path / "web", files)
    given = RenderRequest(set_arguments=(SetArgument("--set", "auth.token=Kanari-3"),))
    for options in (CheckOptions(), CheckOptions(request=given), CheckOptions(baseline=str(chart))):
        report = check_chart(chart, embedded, options)
        assert report.troubles
        assert "kanari" not in repr(report).lower()
        assert base64.b64encode(b"kanariword").decode() not in repr(report)


@pytest.mark.parametrize(
    ("flag", "text"),
    [
        ("--set-json", 'auth={"token": "Kanari-3"}'),
        ("--set-json", '{"auth": {"token": "Kanari-3"}}'),
        ("--set-file", "auth.token={file}"),
        ("--set-literal", "auth.token=Kanari-3"),
    ],
)
def test_a_secret_that_any_option_sets_is_hidden(
    tmp_path: Path, embedded: EmbeddedEngine, flag: str, text: str
) -> None:
    (tmp_path / "token").write_text("Kanari-3\n")
    chart = write_chart(tmp_path / "web", {"templates/a.yaml": "{{ fail .Values.auth.token }}"})
    argument = SetArgument(flag, text.replace("{file}", str(tmp_path / "token")))
    report = check_chart(chart, embedded, CheckOptions(request=RenderRequest(set_arguments=(argument,))))
    assert report.troubles
    assert "Kanari" not in repr(report)


def test_a_secret_may_be_bytes_that_are_no_text(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    chart = write_chart(tmp_path / "web", {"templates/a.yaml": '{{ fail "on purpose" }}'})
    given = RenderRequest(set_arguments=(SetArgument("--set", "auth.token=Kanari\udcff3"),))
    report = check_chart(chart, embedded, CheckOptions(request=given))
    assert {one.message for one in report.scenarios} == {"on purpose"}


def test_a_secret_that_is_a_word_leaves_the_words_of_a_message(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    files = {
        "values.yaml": "auth:\n  password: password\n",
        "templates/a.yaml": '{{ fail "set a better password than \\"password\\"" }}',
    }
    report = check_chart(write_chart(tmp_path / "web", files), embedded, CheckOptions())
    assert {one.message for one in report.scenarios} == {'set a better password than "…"'}


def test_a_scenario_is_not_named_after_a_secret(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    files = {
        "values.yaml": "auth:\n  password: ''\n  kind: a\n",
        "templates/a.yaml": '{{ if or (eq .Values.auth.password "kanari") (eq .Values.auth.password "kanari2") }}'
        '{{ fail "weak" }}{{ end }}{{ if eq .Values.auth.kind "b" }}{{ end }}',
    }
    report = check_chart(write_chart(tmp_path / "web", files), embedded, CheckOptions(scenarios="full"))
    assert {"auth.password=…", "auth.kind=b"} <= {one.name for one in report.scenarios}
    assert "kanari" not in repr(report)
