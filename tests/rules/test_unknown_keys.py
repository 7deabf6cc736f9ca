"""Keys that no chart reads, in the values files of scenarios: in the chart, beside it, or given by ``-f``."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.model import Base, Severity
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import RenderRequest
from tests.support import check_chart, write

CHART = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/values.yaml": "ingress:\n  enabled: true\n  annotations: {}\nlog: info\n",
}
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: {{ .Values.log }}\n  {{ .Values.extra }}\n"


def told(chart: Path, engine: EmbeddedEngine, *files: Path) -> list[tuple[Base, str | None, int | None, str, Severity]]:
    options = CheckOptions(request=RenderRequest(values_files=files), select=("values/unknown-key",))
    return [
        (one.location.base, one.location.file, one.location.line, one.message, one.severity)
        for one in check_chart(chart, engine, options).singles
        if one.rule == "values/unknown-key"
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (
            "ingress:\n  enable: false\n",
            2,
            "key ingress.enable is neither in values.yaml nor read by a template; did you mean ingress.enabled?",
        ),
        ("logs: debug\n", 1, "key logs is neither in values.yaml nor read by a template; did you mean log?"),
        (
            "log: debug\nother:\n  deep: 1\n",
            2,
            "key other is neither in values.yaml nor read by a template; use a key of values.yaml",
        ),
    ],
)
def test_a_file_from_outside_is_placed_in_itself(
    tmp_path: Path, embedded: EmbeddedEngine, text: str, line: int, message: str
) -> None:
    write(tmp_path, {**CHART, "web/templates/config.yaml": CONFIG, "prod/values.yaml": text})
    file = tmp_path / "prod/values.yaml"
    ((base, shown, at, words, severity),) = told(tmp_path / "web", embedded, file)
    assert (base, shown, at, severity) == (Base.ABSOLUTE, str(file), line, Severity.WARNING)
    assert words.endswith(message)


def test_what_a_template_reads_and_what_is_the_users_to_fill_is_known(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    text = "extra: 'b: c'\nglobal: {a: 1}\ningress:\n  annotations: {a: b}\nlog: debug\n"
    write(tmp_path, {**CHART, "web/templates/config.yaml": CONFIG, "prod.yaml": text})
    assert told(tmp_path / "web", embedded, tmp_path / "prod.yaml") == []


def test_the_chart_s_own_file_given_once_more_is_told_of_once(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    write(tmp_path, {**CHART, "web/templates/config.yaml": CONFIG, "web/ci/a-values.yaml": "logs: a\n"})
    found = told(tmp_path / "web", embedded, tmp_path / "web/ci/a-values.yaml", tmp_path / "web/values.yaml")
    assert [(base, file, severity) for base, file, _, _, severity in found] == [
        (Base.CHART, "ci/a-values.yaml", Severity.ERROR)
    ]
