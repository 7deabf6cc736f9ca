"""Charts and configurations that tests write, and a check of them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Given(Generic[_T]):
    """A Pending whose result is there, and may say that it isn't yet."""

    def __init__(self, value: _T, *, is_done: bool = True) -> None:
        self.value = value
        self.is_done = is_done

    def result(self) -> _T:
        """What was given."""
        return self.value

    def done(self) -> bool:
        """What it was told to say."""
        return self.is_done


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
