"""A check against the API server of the tests, as a user starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.cluster.server import NAMESPACE, Server


class Checked(NamedTuple):
    """How a check ended, and its JSON report; None where there is none."""

    status: int
    output: str
    errors: str
    report: dict[str, Any] | None

    @property
    def chart(self) -> dict[str, Any]:
        """The only chart of the report."""
        assert self.report is not None, self.errors
        (chart,) = self.report["charts"]
        found: dict[str, Any] = chart
        return found

    def findings(self, rule: str = "testing/rejected-by-cluster") -> list[tuple[str, int | None, str]]:
        """File, line and message of each finding of a rule."""
        return [(one["file"], one["line"], one["message"]) for one in self.chart["findings"] if one["rule"] == rule]

    def unchecked(self, rule: str = "testing/rejected-by-cluster") -> str:
        """Why the statement of a rule is unchecked."""
        statements = [one for principle in self.chart["principles"] for one in principle["statements"]]
        (statement,) = [one for one in statements if rule in one["rules"]]
        return str(statement["reason"])


def check(server: Server, folder: Path, *arguments: str, context: str = "admin", helm: Path | None = None) -> Checked:
    """Checks charts with ``--cluster``, by default in the namespace that exists."""
    named = [] if "--cluster-namespace" in arguments else ["--cluster-namespace", NAMESPACE]
    return run(server, folder, *arguments, "--cluster", context, *named, helm=helm)


def run(server: Server, folder: Path, *arguments: str, helm: Path | None = None) -> Checked:
    """Checks charts in a folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HELM_")}
    environment = {**kept, "KUBECONFIG": str(server.kubeconfig), "XDG_CACHE_HOME": str(folder / ".cache")}
    if helm is not None:
        environment["HELM_BIN"] = str(helm)
    engine = "embedded" if helm is None else "cli"
    command = [sys.executable, "-m", "helm_constitution", "check", "--format", "json", "--engine", engine, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout) if done.stdout.startswith("{") else None
    return Checked(done.returncode, done.stdout, done.stderr, report)
