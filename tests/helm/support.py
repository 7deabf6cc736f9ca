"""Small charts for tests that run a real helm."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helm_constitution.helm.cli import CliEngine
from helm_constitution.helm.protocol import HelmEngine, Limits, LintOutput, RenderOutput, RenderRequest

CHART = "apiVersion: v2\nname: web\nversion: 0.1.0\nicon: https://example.com/icon.png\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: b\n"
SUBCHART = {
    "charts/dep/Chart.yaml": "apiVersion: v2\nname: dep\nversion: 0.1.0\n",
    "charts/dep/values.yaml": "p: 1\n",
}
WITH_DEPENDENCY = CHART + "dependencies: [{name: dep, version: 0.1.0}]\n"


def write_chart(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Writes a chart named web: a Chart.yaml, values.yaml and template unless the files say otherwise.

    Args:
        folder: where to.
        files: the content by path; empty text leaves the file out.
    """
    content: dict[str, str | bytes] = {"Chart.yaml": CHART, "values.yaml": "a:\n  b: 1\n"}
    if not any(name.startswith("templates/") for name in files):
        content["templates/a.yaml"] = CONFIG_MAP
    for name, text in {**content, **files}.items():
        if not text:
            continue
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def run(engine: HelmEngine, chart: Path, request: RenderRequest | None = None) -> tuple[LintOutput, RenderOutput]:
    """Lint beside render, as a check does."""
    asked = request or RenderRequest()
    lint, render = engine.lint(chart, asked), engine.render(chart, asked)
    return lint.result(), render.result()


def fake_helm(folder: Path, *, template: str, lint: str, status: int = 0) -> CliEngine:
    """A program in a folder in place of helm: it prints these texts for helm's two commands."""
    (folder / "template.txt").write_text(template)
    (folder / "lint.txt").write_text(lint)
    helm = folder / "helm"
    helm.write_text(
        f'#!/bin/sh\ncase "$1" in\nversion) printf v4.3.1;;\n*) cat "{folder}/$1.txt"; exit {status};;\nesac\n'
    )
    helm.chmod(0o755)
    return CliEngine(str(helm), Limits())
