"""What a report may be written over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helm_constitution.check.failed import failed_report
from helm_constitution.core.errors import ChartError
from helm_constitution.report import FORMATS, lcov, renderer
from helm_constitution.report.earlier import may_be_replaced
from tests.report.sample import file_of
from tests.report.support import chart, finding, run


def holding(folder: Path, text: str) -> Path:
    file = folder / "report"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("form", FORMATS)
def test_every_report_may_be_replaced(form: str, tmp_path: Path) -> None:
    assert may_be_replaced(file_of(form))
    for one in (chart(), chart(findings=(finding(),) * 500), failed_report(Path("web"), ChartError("no chart"))):
        assert may_be_replaced(holding(tmp_path, renderer(form)(run(one))))


def test_coverage_may_be_replaced(tmp_path: Path) -> None:
    assert may_be_replaced(holding(tmp_path, lcov.render(run(chart()))))
    assert may_be_replaced(holding(tmp_path, "TN:\nSF:web/templates/a.yaml\nDA:1,1\nend_of_record\n"))


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        '{"version": 1, "tool": {"name": "other"}}\n',
        '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "other"}}}]}\n',
        '<testsuites name="pytest"><testsuite name="helm-constitution"/></testsuites>\n',
        "# helm-constitution\n\n## helm-constitution: how we use it\n",
        "::error file=a::b\nand my own words\n",
        '[{"name": "web"}]\n',
        "#!/bin/sh\necho TN: SF:\n",
        "\x00\x01",
    ],
)
def test_anything_else_stays(text: str, tmp_path: Path) -> None:
    assert not may_be_replaced(holding(tmp_path, text))


def test_nothing_is_lost_where_there_is_nothing(tmp_path: Path) -> None:
    assert may_be_replaced(tmp_path / "none")
    assert may_be_replaced(holding(tmp_path, "\n"))
    assert may_be_replaced(Path(os.devnull))
