"""The values.schema.json that ``fix`` writes for a chart without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.core.fixes import Applicability
from helm_constitution.fix.session import Fixed, fix_chart
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import Limits
from tests.support import write

pytestmark = pytest.mark.helm

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": "user:\n  id: 1\n",
    "templates/config.yaml": """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: web
        data:
          user: {{ toJson .Values.user | quote }}
        """,
    "constitution.md": "# Ours\n\n## Values\n\nA schema MUST exist. <!-- rules: values/no-schema -->\n",
}
SCHEMA = """\
{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Values of the chart web",
  "type": "object",
  "properties": {
    "user": {
      "type": TYPE,
      "properties": {
        "id": {"type": ["integer", "string"]}
      }
    }
  }
}
"""


def fixed(chart: Path) -> Fixed:
    engine = EmbeddedEngine(Limits())
    try:
        return fix_chart(CheckRequest(chart, engine, CheckOptions()), (Applicability.SAFE,))
    finally:
        engine.close()


def test_it_accepts_the_files_of_scenarios_that_are_not_packaged(tmp_path: Path) -> None:
    write(tmp_path, {**CHART, ".helmignore": "ci/\n", "ci/none-values.yaml": 'user: ""\n'})
    result = fixed(tmp_path)
    assert (len(result.applied), result.taken_back) == (1, ())
    assert result.files == {"values.schema.json": SCHEMA.replace("TYPE", '["object", "string", "number"]').encode()}


def test_its_lines_end_as_those_of_chart_yaml_do(tmp_path: Path) -> None:
    write(tmp_path, CHART)
    (tmp_path / "Chart.yaml").write_bytes(CHART["Chart.yaml"].replace("\n", "\r\n").encode())
    result = fixed(tmp_path)
    assert result.files == {"values.schema.json": SCHEMA.replace("TYPE", '"object"').replace("\n", "\r\n").encode()}
