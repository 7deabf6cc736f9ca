"""Charts with symbolic links: what they lead to is rendered, and nothing outside of the chart is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.core.errors import ChartError
from helm_constitution.core.fixes import Edit, Fix
from helm_constitution.fix.files import ChartFiles
from helm_constitution.helm.protocol import HelmEngine
from tests.fix.test_fix import CHART, fixed, library
from tests.support import write

pytestmark = pytest.mark.helm

__all__ = ["library"]


def test_a_link_out_of_the_chart_is_not_followed(tmp_path: Path) -> None:
    chart = write(tmp_path / "web", CHART)
    outside = tmp_path / "values.yaml"
    outside.write_text("image: web\n")
    (chart / "values.yaml").unlink()
    (chart / "values.yaml").symlink_to(outside)
    with pytest.raises(ChartError, match="a link to a file outside of the chart"):
        ChartFiles(chart).after({}, [Fix("", (Edit("values.yaml", 1, 1, 1, 1, "x"),))])


def test_links_of_a_chart_are_rendered_as_what_they_lead_to(tmp_path: Path, library: HelmEngine) -> None:
    chart = write(tmp_path / "web", CHART)
    (chart / "templates").rename(tmp_path / "shared")
    (chart / "templates").symlink_to("../shared")
    (chart / "values.yaml").rename(chart / "own.yaml")
    (chart / "values.yaml").symlink_to("own.yaml")
    (chart / "gone.yaml").symlink_to("nowhere.yaml")
    result = fixed(chart, library, "security/capabilities")
    assert [one.fix.edits[0].file for one in result.applied] == ["values.yaml"]
    reasons = [(one.candidate.fix.edits[0].file, one.reason) for one in result.taken_back]
    assert reasons == [("templates/pod.yaml", "a link leads to a file outside of the chart; edit that file instead")]
    assert result.source.write(result.files) == ["values.yaml"]
    assert (chart / "values.yaml").is_symlink()
    assert "drop: [ALL]" in (chart / "own.yaml").read_text()
