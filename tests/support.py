"""Charts and configurations that tests write, and a check of them; what rules find in a chart that a test makes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from helm_constitution.check import pipeline
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.core.model import Finding
from helm_constitution.helm.protocol import HelmEngine
from helm_constitution.lint.findings import FindingMaker
from helm_constitution.lint.needs import CheckedChart
from helm_constitution.lint.run import RuleRun
from helm_constitution.locate.source_map import NO_SOURCES
from helm_constitution.render.results import RenderedObjects
from helm_constitution.report.model import ChartReport

_T = TypeVar("_T")


class Given(Generic[_T]):
    """A Pending whose result is there."""

    def __init__(self, value: _T) -> None:
        self.value = value

    def result(self) -> _T:
        """What was given."""
        return self.value

    def done(self) -> bool:
        """It is there."""
        return True


def check_chart(path: Path, engine: HelmEngine, options: CheckOptions | None = None) -> ChartReport:
    """Checks a chart as the program does."""
    return pipeline.run(CheckRequest(path, engine, options or CheckOptions()))


def findings_of(checked: CheckedChart, runs: Iterable[RuleRun], *, subcharts: bool = False) -> tuple[Finding, ...]:
    """The findings of rules, without template lines."""
    assert checked.rendered is not None
    results = list(checked.rendered.results)
    if checked.comparison is not None:
        results.extend(checked.comparison.all_results)
    return FindingMaker(checked, RenderedObjects(results), NO_SOURCES, subcharts=subcharts).findings(runs)


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Writes files (by their paths from ``root``), unindented; gives ``root``."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return root


WEB = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/values.yaml": """
        # The image.
        image: web:1.2.3
        # Where notes go.
        notes: none
        """,
    "web/templates/deployment.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{ .Release.Name }}-web
        spec:
          selector:
            matchLabels: {app: web}
          template:
            metadata:
              labels: {app: web}
            spec:
              containers:
                - name: web
                  image: {{ .Values.image }}
                  securityContext:
                    runAsNonRoot: true
                    privileged: true
                - name: proxy
                  image: proxy:1.2.3
                  securityContext:
                    runAsNonRoot: true
                    privileged: true
        """,
    "constitution.md": """
        # Ours

        ## Security

        Containers MUST NOT be privileged. <!-- rules: security/privileged -->

        ## Documentation

        A chart MUST have a README. <!-- rules: docs/no-readme -->

        ## Values

        There MUST NOT be an unused value. <!-- rules: values/unused -->
        """,
}
"""A chart with four findings: two privileged containers, no README, a value that nothing reads."""
