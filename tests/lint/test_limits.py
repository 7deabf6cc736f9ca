"""A rule that takes too long, or finds more than is read, is unchecked and names the limit; the others go on."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from helm_constitution.api import MUST, TEMPLATES, Subject, Violation, rule
from helm_constitution.chart.loader import load_chart
from helm_constitution.chart.schema import placeholder_of_schema
from helm_constitution.core.model import RuleSetting, Severity
from helm_constitution.lint.runner import Runner, run_rule
from helm_constitution.templates import abstract, interpreter
from helm_constitution.templates.analysis import AnalysedChart
from tests.rules.support import chart_of, checked
from tests.support import write

SETTING = RuleSetting(Severity.ERROR, (), {})


@rule("ours/slow", default=MUST)
def slow(subject: Subject) -> Iterator[Violation]:
    """Slow."""
    re.search(r"^(a+)+$", "a" * 60 + "b")
    yield Violation("slow", at=None)


@rule("ours/quick", default=MUST)
def quick(subject: Subject) -> Iterator[Violation]:
    """Quick."""
    yield Violation("quick", at=None)


@rule("ours/uses", default=MUST, needs={TEMPLATES})
def uses(subject: Subject) -> Iterator[Violation]:
    """Reads the templates."""
    yield Violation(f"{len(subject.uses.reads)} reads", at=None)


def test_a_rule_may_take_a_quarter_of_the_time_and_the_others_go_on() -> None:
    first, second = Runner({slow: SETTING, quick: SETTING}, seconds=0.8).run(checked(chart_of({})))
    assert first.unchecked == "rule took more than 0.2 s of processor time; raise --timeout"
    assert [violation.message for violation, _ in second.violations] == ["quick"]


def test_once_the_time_is_up_the_rules_that_are_left_are_unchecked() -> None:
    slows = {rule(f"ours/slow{number}", default=MUST)(slow.check): SETTING for number in range(20)}
    runs = Runner({**slows, quick: SETTING}, seconds=0.4).run(checked(chart_of({})))
    assert runs[-1].unchecked == "earlier rules took 0.4 s of processor time; raise --timeout"


DOUBLED = (
    'dict "a" $d "b" $d',
    "list $d $d",
    'set $d "a" $d',
    'merge (dict "a" $d) (dict "b" $d)',
)


@pytest.mark.parametrize("step", DOUBLED)
def test_a_value_that_doubles_is_followed_to_a_certain_size(tmp_path: Path, step: str) -> None:
    template = (
        '{{- define "x" }}{{ .a.b }}{{ .Values.seen }}{{ end }}{{- $d := dict "a" .Values.top }}'
        + f"{{{{ $d = {step} }}}}" * 24
        + '{{ include "x" $d }}'
    )
    files = {"web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "web/values.yaml": "top: {a: 1}\n"}
    write(tmp_path, {**files, "web/templates/a.yaml": template})
    begin = time.process_time()
    found = AnalysedChart(load_chart(tmp_path / "web")).uses
    assert found.is_complete
    assert found.is_read(("top", "a"))
    assert time.process_time() - begin < 10


def test_beyond_the_steps_a_rule_is_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "MAX_STEPS", 10)
    chart = chart_of({"templates/a.yaml": "{{ .Values.a }}\n" * 11, "values.yaml": "a: 1\n"})
    run = run_rule(uses, SETTING, checked(chart))
    assert run.unchecked == (
        f"the templates are too complex to follow: more than {abstract.MAX_STEPS:,} steps, or calls nested too deeply"
    )


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 200_000_000},
        {"type": "string", "minLength": 60, "pattern": "^(1+)+b$|^(a+)+b$"},
        {"type": "integer", "minimum": 1.7e308},
        {"type": "integer", "minimum": "x", "maximum": []},
    ],
)
def test_a_placeholder_costs_little_whatever_the_schema_asks_for(schema: dict[str, object]) -> None:
    begin = time.process_time()
    made = placeholder_of_schema(schema, ("a",), schema)
    assert len(str(made)) <= 20_000
    assert time.process_time() - begin < 10
