"""How wide the report is."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from helm_constitution.cli.main import cli
from tests.helm.support import write_chart

WORDS = "apiVersion: v2\nname: web\nversion: 0.1.0\n"


@pytest.mark.helm
def test_lines_are_wrapped_at_the_width_that_columns_gives(tmp_path: Path) -> None:
    chart = write_chart(tmp_path / "web", {"Chart.yaml": WORDS, "values.yaml": "replicaCount: 1\n"})

    def lines(columns: str | None) -> int:
        arguments = ["check", "--engine", "embedded", "--no-cache", str(chart)]
        return CliRunner().invoke(cli, arguments, env={"COLUMNS": columns}).output.count("\n")

    assert lines("60") > lines("90") > lines("200")
    # No number, or none that can be: as without it, where there is no terminal.
    assert lines("wide") == lines("-5") == lines("0") == lines(None) == lines("100")
