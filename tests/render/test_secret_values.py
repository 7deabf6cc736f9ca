"""What helm quotes of a value that is a secret is no part of a report."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import RenderRequest, SetArgument
from tests.helm.support import write_chart
from tests.support import check_chart

VALUES = "auth:\n  password: Kanari-1\n  token: kanariword\n"


@pytest.mark.parametrize(
    "template",
    [
        '{{ fail (printf "weak: %s" .Values.auth.password) }}',
        '{{ mustToDate "2006" .Values.auth.token }}',
        '{{ tpl (printf "{{ %s }}" .Values.auth.token) . }}',
        "a: {{ index (list) .Values.auth.password }}",
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


def test_a_secret_that_is_a_word_leaves_the_words_of_a_message(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    files = {
        "values.yaml": "auth:\n  password: password\n",
        "templates/a.yaml": '{{ fail "set a better password than \\"password\\"" }}',
    }
    report = check_chart(write_chart(tmp_path / "web", files), embedded, CheckOptions())
    assert {one.message for one in report.scenarios} == {'set a better password than "…"'}
