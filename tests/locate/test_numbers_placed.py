"""A number that a template prints by powers of ten is told where the template prints it, in a block too."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.helm.embedded import EmbeddedEngine
from tests.support import check_chart, write

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n"


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("  max: {{ .Values.limits.max | quote }}\n", 5),
        ('  a.json: |\n    {\n      "x": 1,\n      "max": {{ .Values.limits.max }}\n    }\n', 8),
        ("  a.conf: |-\n    rate={{ .Values.rate }}\n\n    max={{ .Values.limits.max }}\n", 8),
        ("  a: |\n    b: 1\n  max: '--max={{ .Values.limits.max }}'\n", 7),
    ],
)
def test_the_line_that_prints_it(tmp_path: Path, embedded: EmbeddedEngine, template: str, line: int) -> None:
    files = {
        "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "values.yaml": "rate: 10\nlimits:\n  max: 5242880\n",
        "templates/a.yaml": CONFIG + template,
    }
    write(tmp_path, files)
    (found,) = (one for one in check_chart(tmp_path, embedded).singles if one.rule == "values/large-integer")
    assert (found.location.file, found.location.line) == ("templates/a.yaml", line)
    assert [(one.location.file, one.location.line) for one in found.related] == [("values.yaml", 3)]
