"""A chart that is loaded again and again is what is on the disk each time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helm_constitution.chart.loader import Loads, load_chart
from helm_constitution.core.errors import ChartError
from tests.support import write

FILES = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: db, version: 1.0.0}]\n",
    "values.yaml": "a: 1\n",
    "templates/a.yaml": "a: 1\n",
    "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
    "charts/db/values.yaml": "b: 1\n",
    "charts/db/templates/b.yaml": "b: 1\n",
}
LONG_AGO = 1_000_000_000


def aged(folder: Path) -> None:
    """Makes all files old: what was just written is read again anyway."""
    for path in folder.rglob("*"):
        os.utime(path, (LONG_AGO, LONG_AGO))


@pytest.mark.parametrize("old", [True, False])
@pytest.mark.parametrize(
    "edit",
    [
        {"templates/a.yaml": "a: 2\n"},
        {"templates/a.yaml": "a: 1\nb: 2\n"},
        {"values.yaml": "a: 2\n"},
        {"charts/db/values.yaml": "b: 2\n"},
        {"charts/db/templates/c.yaml": "c: 1\n"},
        {"charts/db/charts/more/Chart.yaml": "apiVersion: v2\nname: more\nversion: 1.0.0\n"},
        {".helmignore": "templates/a.yaml\n"},
    ],
)
def test_an_edit_is_noticed(tmp_path: Path, edit: dict[str, str], old: bool) -> None:
    write(tmp_path, FILES)
    if old:
        aged(tmp_path)
    loads = Loads()
    before = load_chart(tmp_path, earlier=loads)
    assert list(before.subcharts["db"].subcharts) == []
    write(tmp_path, edit)
    after, fresh = load_chart(tmp_path, earlier=loads), load_chart(tmp_path)
    assert (after.files, after.values and after.values.data) == (fresh.files, fresh.values and fresh.values.data)
    old_db, db, fresh_db = before.subcharts["db"], after.subcharts["db"], fresh.subcharts["db"]
    assert (db.files, db.values and db.values.data) == (fresh_db.files, fresh_db.values and fresh_db.values.data)
    assert list(db.subcharts) == list(fresh_db.subcharts)
    assert (db is old_db) == (not any(name.startswith("charts/") for name in edit))


def test_a_file_that_goes_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    loads = Loads()
    load_chart(tmp_path, earlier=loads)
    (tmp_path / "templates/a.yaml").unlink()
    assert load_chart(tmp_path, earlier=loads).files == load_chart(tmp_path).files
    (tmp_path / "Chart.yaml").unlink()
    with pytest.raises(ChartError, match=r"no Chart\.yaml"):
        load_chart(tmp_path, earlier=loads)
