"""What the keys of a user's file decide, in charts that render by a function instead of helm."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from helm_constitution.compare.effects import Effect, Trial, lost_effects
from helm_constitution.kubernetes.documents import manifests_of
from helm_constitution.kubernetes.manifests import Rendering
from helm_constitution.text.yaml import load_documents
from helm_constitution.text.yaml_scalars import Json

Chart = Callable[[dict[str, Json]], str | None]

WORKLOAD = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: {replicas}
  minReadySeconds: {seconds}
  template:
    spec:
      containers:
        - name: web
          args: ["--level={level}"]
"""
NOTHING = {"replicas": 1, "seconds": 0, "level": "info"}


def rendered(chart: Chart) -> Callable[[dict[str, Json]], Rendering | None]:
    def render(values: dict[str, Json]) -> Rendering | None:
        text = chart(values)
        if text is None:
            return None
        manifests = manifests_of(load_documents(text, "templates/x.yaml", rendered=True), scenario="x")
        return Rendering("x", "web", "release-name", "default", tuple(manifests))

    return render


def filled(**fields: str) -> Chart:
    """A chart that fills fields of the workload from values: ``replicas="count"``."""

    def render(values: dict[str, Json]) -> str:
        given = {field: values.get(key, NOTHING[field]) for field, key in fields.items()}
        return WORKLOAD.format(**{**NOTHING, **given})

    return render


def effects(old: Chart, new: Chart, values: dict[str, Json], defaults: dict[str, Json] | None = None) -> list[Effect]:
    return list(lost_effects(values, defaults or {}, Trial(rendered(old), rendered(new))))


def test_a_key_that_decides_the_same_field() -> None:
    chart = filled(replicas="count", level="log")
    assert effects(chart, chart, {"count": 3, "log": "debug"}) == []


def test_a_key_that_decides_nothing_any_more() -> None:
    old, new = filled(replicas="count", seconds="wait"), filled(seconds="wait")
    assert effects(old, new, {"count": 3, "wait": 5, "unknown": 1}) == [
        Effect(("count",), "spec.replicas of Deployment web", None)
    ]


def test_a_key_that_decides_another_field() -> None:
    old, new = filled(replicas="count"), filled(seconds="count")
    assert effects(old, new, {"count": 3}) == [
        Effect(("count",), "spec.replicas of Deployment web", "spec.minReadySeconds of Deployment web")
    ]


def test_what_a_program_reads_may_move() -> None:
    old, new = filled(level="log"), filled(seconds="log")
    assert effects(old, new, {"log": 3}) == []


def test_a_key_that_asks_for_the_new_default() -> None:
    old = filled(replicas="count")

    def new(values: dict[str, Json]) -> str:
        return WORKLOAD.format(**{**NOTHING, "replicas": values.get("count", 3)})

    assert effects(old, new, {"count": 3}, {"count": 3}) == []
    assert effects(old, new, {"count": 5}, {"count": 3}) == []


def test_a_field_with_another_name_in_another_version_of_the_api() -> None:
    def old(values: dict[str, Json]) -> str:
        return (
            f"apiVersion: acme.test/v1\nkind: Web\nmetadata: {{name: web}}\nspec: {{port: {values.get('port', 80)}}}\n"
        )

    def new(values: dict[str, Json]) -> str:
        return f"apiVersion: acme.test/v2\nkind: Web\nmetadata: {{name: web}}\nspec: {{to: {values.get('port', 80)}}}\n"

    assert effects(old, new, {"port": 8080}) == []


def test_what_is_random_says_nothing() -> None:
    numbers: Iterator[int] = iter(range(1000))

    def old(values: dict[str, Json]) -> str:
        return WORKLOAD.format(**{**NOTHING, "seconds": next(numbers)})

    assert effects(old, filled(), {"count": 3}) == []


@pytest.mark.parametrize("side", ["old", "new"])
def test_values_that_helm_refuses_are_told_elsewhere(side: str) -> None:
    def refused(values: dict[str, Json]) -> None:
        return None

    charts: dict[str, Chart] = {"old": filled(replicas="count"), "new": filled(), side: refused}
    assert effects(charts["old"], charts["new"], {"count": 3}) == []


def test_a_deep_key_among_many() -> None:
    def old(values: dict[str, Json]) -> str:
        web = values.get("web")
        count = web.get("count", 1) if isinstance(web, dict) else 1
        return WORKLOAD.format(**{**NOTHING, "replicas": count})

    values: dict[str, Json] = {f"key{number}": number for number in range(40)}
    assert effects(old, filled(), {**values, "web": {"count": 4, "port": 80}}) == [
        Effect(("web", "count"), "spec.replicas of Deployment web", None)
    ]


def test_a_key_in_an_item_of_a_list() -> None:
    def chart(field: str) -> Chart:
        def render(values: dict[str, Json]) -> str:
            targets = values.get("targets")
            first = targets[0] if isinstance(targets, list) and targets else {}
            given = first.get("wait", 0) if isinstance(first, dict) else 0
            count = len(targets) if isinstance(targets, list) else 0
            return WORKLOAD.format(**{**NOTHING, "level": count, field: given})

        return render

    targets: dict[str, Json] = {"targets": [{"name": "a", "wait": 4}, "plain"]}
    assert effects(chart("seconds"), chart("seconds"), targets) == []
    assert effects(chart("seconds"), chart("replicas"), targets) == [
        Effect(("targets", 0, "wait"), "spec.minReadySeconds of Deployment web", "spec.replicas of Deployment web")
    ]
