"""Earlier JSON reports, as ``--history`` reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.report import renderer
from helm_constitution.report.history import read_history
from tests.report.support import WAIVED, chart, finding, run


def test_active_findings_are_counted_by_chart_and_principle_in_the_order_of_the_files(tmp_path: Path) -> None:
    one = run(chart(finding(), finding(waived=WAIVED)), chart(finding(statements=()), name="api"))
    (tmp_path / "2026-11-02.json").write_text(renderer("json")(run(chart())))
    (tmp_path / "2026-11-01.json").write_text(renderer("json")(one))
    (tmp_path / "notes.txt").write_text("no report")
    first, second = read_history(tmp_path)
    assert (first.label, first.findings) == ("2026-11-01", {("web", "security"): 1, ("api", "selected"): 1})
    assert (second.label, second.findings) == ("2026-11-02", {})


@pytest.mark.parametrize(
    ("text", "line"), [("{", 1), ("[]", None), ('{"version": 2, "tool": {"name": "helm-constitution"}}', None)]
)
def test_what_is_no_report_is_named(tmp_path: Path, text: str, line: int | None) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ConfigurationError, match="must be a JSON report of helm-constitution") as caught:
        read_history(tmp_path)
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "a.json"), line)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such folder"):
        read_history(tmp_path / "none")
