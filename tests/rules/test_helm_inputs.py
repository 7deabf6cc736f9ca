"""The rule of the module helm on values that users must give."""

from __future__ import annotations

import pytest

from helm_constitution.rules.helm_best_practices.inputs import no_required
from tests.rules.support import found

READ = "host: {{ .Values.db.host }}\n"
UNASKED = ["values.yaml:3 value db.host is required by its comment, but no template checks it; read it with required"]


def judged(comment: str, template: str = READ, value: str = '""') -> list[str]:
    values = f"db:\n  # {comment}\n  host: {value}\n"
    return found(no_required, {"values.yaml": values, "templates/x.yaml": template})


@pytest.mark.parametrize(
    "comment", ["Host name (required)", "Required. Host name", "Host name, REQUIRED", "Host [required]"]
)
def test_what_nothing_asks_for(comment: str) -> None:
    assert judged(comment) == UNASKED


@pytest.mark.parametrize(
    "comment",
    [
        "Host name",
        "Required if db.enabled",
        "Host name, not required",
        "The host required to reach the database",
        "Required when no existing database is named",
    ],
)
def test_comments_that_require_nothing(comment: str) -> None:
    assert judged(comment) == []


def test_a_default_is_an_answer() -> None:
    assert judged("Host name (required)", value="localhost") == []


@pytest.mark.parametrize(
    "template",
    [
        'host: {{ required "db.host is required" .Values.db.host }}\n',
        'host: {{ .Values.db.host | required "db.host is required" }}\n',
        "{{- if not .Values.db.host }}{{ fail `set db.host` }}{{ end }}\n",
        "nothing: reads it\n",
    ],
)
def test_what_is_asked_for_or_not_used(template: str) -> None:
    assert judged("Host name (required)", template) == []
