"""What the analysis calls unread changes nothing once rendered, and what changes something is called read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.unused import STYLES, Perturbation, ValuesPath, Verdicts, leaves, main, other, overlay
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import HelmEngine, Limits
from tests.cases import BASE

from .test_uses import READS_OF_A_B

pytestmark = pytest.mark.helm

CHARTS = [BASE, *sorted(STYLES.iterdir())]


@pytest.fixture(scope="module")
def engine() -> Iterator[HelmEngine]:
    engine = choose_engine("embedded", Limits())
    yield engine
    engine.close()


def strangers(values: Mapping[str, Any], path: ValuesPath = ()) -> Iterator[ValuesPath]:
    """A key in every map of the values that their author has never heard of."""
    yield (*path, "neverHeardOf")
    for key, value in values.items():
        if isinstance(value, dict):
            yield from strangers(value, (*path, str(key)))


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_what_is_called_unread_changes_nothing(chart: Path, tmp_path: Path, engine: HelmEngine) -> None:
    perturbation = Perturbation(chart, engine, tmp_path)
    found = perturbation.verdicts(planted=strangers(perturbation.values))
    assert found.scenarios > 0
    assert ("neverHeardOf",) in found.unread
    assert found.refuted == {}


@pytest.mark.parametrize("name", ["flat", "helpers", "ranged", "tpl", "woven"])
def test_what_is_called_read_changes_something(name: str, tmp_path: Path, engine: HelmEngine) -> None:
    found = Perturbation(STYLES / name, engine, tmp_path).verdicts(used=True)
    assert found.read > 0
    assert found.silent == []


def made(folder: Path, template: str, values: str, **files: str) -> Path:
    texts = {
        "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "values.yaml": values,
        "templates/x.yaml": f"kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: x\ndata:\n{template}",
        **files,
    }
    for name, text in texts.items():
        file = folder / "web" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder / "web"


def test_helm_agrees_with_the_analysis_on_every_construct(tmp_path: Path, engine: HelmEngine) -> None:
    values = "a: {b: one, c: two}\nz: {b: three}\nc: four\nx: ''\n'y': true\nlist: [1]\nnone: ''\n"
    # What helm doesn't render: values that are no plain map, a text beside a number, a subchart that isn't there.
    refused = ('"none" .Values }}', ".Values | dig", "eq .Values.a.b 1", ".Subcharts")
    texts = {
        f"templates/{number}.yaml": f"apiVersion: v1\nkind: ConfigMap\nnumber: {number}\ntext: |\n  {template}\n"
        for number, template in enumerate(READS_OF_A_B)
        if not any(part in template for part in refused)
    }
    chart = made(tmp_path, "  a: x\n", values, **texts)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    perturbation = Perturbation(chart, engine, scratch)
    unread = [path for path, _ in leaves(perturbation.values) if not perturbation.uses.is_read(path)]
    assert unread == [("a", "c"), ("c",)]
    found = perturbation.verdicts()
    assert found.scenarios > 0
    assert found.refuted == {}
    plain = perturbation.rendered(perturbation.request, {})
    changed = perturbation.changed(perturbation.request, {("a", "b"): "one"})
    same = [one.source for one, another in zip(plain.documents, changed.documents, strict=True) if one == another]
    # What asks whether the value is there, or drops it, is the same with another one.
    silent = ("if ", "ternary", "web/templates/x.yaml")
    assert [source for source in same if not any(part in texts.get(source[4:], source) for part in silent)] == []


def judged(chart: Path, folder: Path, engine: HelmEngine, **options: Any) -> Verdicts:
    scratch = folder / "scratch"
    scratch.mkdir()
    return Perturbation(chart, engine, scratch).verdicts(**options)


def test_a_value_that_is_read_only_while_a_feature_is_on_is_refuted(
    tmp_path: Path, engine: HelmEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    chart = made(tmp_path, "  a: {{ if .Values.feature }}{{ .Values.a }}{{ end }}\n", "feature: false\na: 1\nb: 2\n")
    monkeypatch.setattr("helm_constitution.templates.uses.ValueUses.is_read", lambda uses, path: path == ("feature",))
    found = judged(chart, tmp_path, engine)
    assert (found.unread, found.refuted) == ([("a",), ("b",)], {("a",): "feature=true"})


def test_random_lines_refute_nothing(tmp_path: Path, engine: HelmEngine) -> None:
    chart = made(tmp_path, "  a: {{ randAlphaNum 20 }}\n  b: {{ .Values.b }}\n", "a: 1\nb: 2\n")
    found = judged(chart, tmp_path, engine, used=True)
    assert (found.unread, found.refuted, found.silent) == ([("a",)], {}, [])


def test_a_chart_that_does_not_render_confirms_nothing(tmp_path: Path, engine: HelmEngine) -> None:
    chart = made(tmp_path, '  a: {{ fail "give a" }}\n', "a: 1\n")
    found = judged(chart, tmp_path, engine)
    assert (found.unread, found.scenarios) == ([("a",)], 0)


@pytest.mark.parametrize(
    ("value", "changed"),
    [
        (True, False),
        (2, 3),
        (0.5, 1.5),
        ("a", "aperturbed"),
        (None, "perturbed"),
        ([], ["perturbed"]),
        ({}, {"perturbed": "perturbed"}),
    ],
)
def test_a_changed_value_keeps_its_type(value: object, changed: object) -> None:
    assert other(value) == changed


def test_changes_are_put_together() -> None:
    assert overlay([(("a", "b"), 1), (("a", "c"), 2), (("d",), 3)]) == {"a": {"b": 1, "c": 2}, "d": 3}


def test_the_tool_says_what_it_confirmed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chart = made(tmp_path, "  b: {{ .Values.b }}\n", "a: 1\nb: 2\n")
    assert main([str(chart)]) == 0
    assert capsys.readouterr().out == (
        "web: 2 values, 1 unread, 0 refuted, 1 scenarios\nvalues called unread: 1; confirmed 1, refuted 0\n"
    )
