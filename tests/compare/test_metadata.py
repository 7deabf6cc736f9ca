"""What is said of Chart.yaml and the definitions of two releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.chart.loader import load_chart
from helm_constitution.compare.comparison import Comparison
from helm_constitution.compare.metadata import compare_definitions, compare_metadata
from helm_constitution.render.results import RenderedChart
from tests.helm.support import write_chart
from tests.rules.support import chart_of, rendered_chart, rendering

DEFINITION = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: backups.acme.test
spec:
  names: {kind: Backup, plural: backups}
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          properties:
            spec:
              type: object
              properties:
                target:
                  type: string
"""
FIELD = "                description:\n                  type: string\n"


def changes(new: str) -> list[str]:
    old, this = (chart_of({"crds/backup.yaml": text}) for text in (DEFINITION, new))
    return [change.what for change in compare_definitions(old, this, {})]


@pytest.mark.parametrize(
    "new",
    [
        DEFINITION,
        DEFINITION.replace("type: object", "type: object\n              description: What is saved"),
        DEFINITION.replace("type: object", "type: object\n              x-kubernetes-map-type: atomic"),
        DEFINITION.replace("plural: backups", "plural: backups, shortNames: [b]"),
    ],
)
def test_what_an_object_loses_nothing_by(new: str) -> None:
    assert changes(new) == []


def test_a_field_may_be_called_a_description() -> None:
    (change,) = changes(DEFINITION + FIELD)
    assert change.startswith("custom resource definitions in crds/ changed (backups.acme.test)")


OPERATOR = """apiVersion: apps/v1
kind: Deployment
metadata: {name: operator}
spec: {template: {spec: {containers: [{name: operator, image: "acme/operator:1.0.0"}]}}}
"""


@pytest.mark.parametrize(
    ("application", "objects", "is_needed"),
    [
        ("1.0.0", OPERATOR, False),
        ("1.0.1", OPERATOR.replace("1.0.0", "1.0.1"), False),
        ("1.1.0", OPERATOR, True),
        ("1.0.0", OPERATOR.replace("1.0.0", "1.1.0"), True),
        ("1.0.0", OPERATOR + "---\napiVersion: acme.test/v1\nkind: Backup\nmetadata: {name: all}\n", True),
        ("1.0.0", "", True),
    ],
    ids=[
        "same program",
        "its PATCH version",
        "another application",
        "another image",
        "an object of the definition",
        "no program known",
    ],
)
def test_the_same_program_needs_no_new_definition(application: str, objects: str, is_needed: bool) -> None:
    def side(version: str, definition: str, rendered: str) -> RenderedChart:
        files = {"Chart.yaml": f"name: web\nversion: 1.0.0\nappVersion: {version}\n", "crds/backup.yaml": definition}
        return rendered_chart(files, [rendering(rendered)])

    old = side("1.0.0", DEFINITION, OPERATOR if objects else "")
    found = Comparison("old", old, side(application, DEFINITION + FIELD, objects))
    assert ("compat/definition-changed" in {change.rule for change in found.changes}) is is_needed


def test_another_chart_under_the_alias_of_a_dependency(tmp_path: Path) -> None:
    metadata = (
        "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n  - {{name: {}, alias: cache, version: 1.0.0}}\n"
    )
    old, new, same = (
        load_chart(write_chart(tmp_path / f"{index}", {"Chart.yaml": metadata.format(name)}))
        for index, name in enumerate(("redis", "redis-ha", "redis"))
    )
    assert [change.what for change in compare_metadata(old, new)] == [
        "dependency cache was replaced: chart redis-ha instead of redis"
    ]
    assert list(compare_metadata(old, same)) == []


@pytest.mark.parametrize(("kind", "count"), [("library", 0), ("application", 1)])
def test_a_library_has_neither_objects_nor_values(tmp_path: Path, kind: str, count: int) -> None:
    metadata = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
    common = f"apiVersion: v2\nname: common\nversion: 1.0.0\ntype: {kind}\n"
    old, moved, gone = (
        load_chart(
            write_chart(tmp_path / f"{index}", {"Chart.yaml": metadata + more, "charts/common/Chart.yaml": common})
        )
        for index, more in enumerate(
            (
                "dependencies: [{name: common, version: 1.0.0}]\n",
                "dependencies: [{name: common, version: 2.0.0}]\n",
                "",
            )
        )
    )
    assert len(list(compare_metadata(old, moved))) == count
    assert len(list(compare_metadata(old, gone))) == count


OTHER = DEFINITION.replace("backup", "restore").replace("Backup", "Restore")
FLOW = "kind: CustomResourceDefinition\nmetadata: {name: backups.acme.test}\nspec: {names: {kind: Backup}}\n"
JSON = '{"kind": "CustomResourceDefinition", "metadata": {"name": "backups.acme.test"}, "spec": {}}'


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"crds/a.yaml": DEFINITION}, {}, "custom resource definition backups.acme.test is no longer in crds/"),
        (
            {"crds/a.yaml": f"{DEFINITION}---\n{OTHER}"},
            {"crds/a.yaml": OTHER},
            "custom resource definition backups.acme.test is",
        ),
        (
            {"crds/a.yaml": DEFINITION, "crds/b.yaml": OTHER},
            {},
            "2 custom resource definitions (backups.acme.test, ",
        ),
        ({"crds/a.yaml": DEFINITION}, {"crds/moved.yaml": DEFINITION}, ""),
        ({"crds/a.yaml": FLOW}, {}, "custom resource definition backups.acme.test is no longer in crds/"),
        ({"crds/a.json": JSON}, {}, "custom resource definition backups.acme.test is no longer in crds/"),
        ({"crds/a.yaml": f"---\n{FLOW}"}, {"crds/b.yaml": FLOW.replace("{", "{ ")}, ""),
    ],
)
def test_definitions_that_leave_crds(before: dict[str, str], after: dict[str, str], told: str) -> None:
    changes = [one.what for one in compare_definitions(chart_of(before), chart_of(after), {})]
    assert [told in one for one in changes] == [True] * bool(told)
