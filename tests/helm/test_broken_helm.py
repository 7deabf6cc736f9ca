"""A program that is not helm, or a helm that is cut off: never a chart that renders."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.core.errors import EngineError
from helm_constitution.helm.cli import CliEngine
from helm_constitution.helm.protocol import Limits, RenderOutput, RenderRequest
from tests.helm.support import CONFIG_MAP, fake_helm, run, write_chart

WHOLE = f"---\n# Source: web/templates/a.yaml\n{CONFIG_MAP}"
SUMMARY = "==> Linting web\n\n1 chart(s) linted, 0 chart(s) failed\n"


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("", "printed nothing"),
        ("Welcome to the helm\n", "printed incomplete or foreign output"),
        ('{"a": 1}\n', "printed incomplete or foreign output"),
        ("---\n# Sour", "printed incomplete or foreign output"),
        ("---\n# Source: web/templates/a.yaml\napiVersion: v1\nkind: Conf", "printed incomplete or foreign output"),
        ("\0\0\0", "printed incomplete or foreign output"),
    ],
)
def test_output_that_is_not_helms(tmp_path: Path, output: str, words: str) -> None:
    engine = fake_helm(tmp_path, template=output, lint=output)
    lint, render = run(engine, write_chart(tmp_path / "web", {}))
    tail = "and reported success; run `helm version` to check that it is helm"
    assert render.documents == ()
    assert [message.text for message in render.errors] == [f"helm template {words} {tail}"]
    assert lint.failed
    assert [message.text for message in lint.messages] == [f"helm lint {words} {tail}"]
    engine.close()


@pytest.mark.parametrize(
    ("output", "documents"),
    [("\n", 0), (WHOLE, 1), (f"\n{WHOLE}", 1), (f"WARNING: a wrapper speaks\n{WHOLE}", 1)],
)
def test_output_that_may_be_helms(tmp_path: Path, output: str, documents: int) -> None:
    engine = fake_helm(tmp_path, template=output, lint=f"WARNING: a wrapper speaks\n{SUMMARY}")
    lint, render = run(engine, write_chart(tmp_path / "web", {}))
    assert not lint.failed
    assert render.ok
    assert len(render.documents) == documents
    engine.close()


def test_a_silent_failure_says_so(tmp_path: Path) -> None:
    engine = fake_helm(tmp_path, template="", lint="", status=3)
    lint, render = run(engine, write_chart(tmp_path / "web", {}))
    assert lint.failed
    assert [message.text for message in render.errors] == ["helm ended with exit status 3 without a message"]
    engine.close()


def test_a_program_that_cannot_run(tmp_path: Path) -> None:
    helm = tmp_path / "helm"
    helm.write_bytes(b"\x7fELF garbage")
    helm.chmod(0o755)
    engine = CliEngine(str(helm), Limits())
    with pytest.raises(EngineError, match="can't be run"):
        engine.render(write_chart(tmp_path / "web", {}), RenderRequest()).result()
    engine.close()


def test_a_chart_without_objects_renders(tmp_path: Path, engine: CliEngine) -> None:
    chart = write_chart(tmp_path / "web", {"templates/a.yaml": "{{ if false }}a: b{{ end }}"})
    assert engine.render(chart, RenderRequest()).result() == RenderOutput(())
