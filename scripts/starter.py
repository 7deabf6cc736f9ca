"""Makes ``data/starter.json``, what ``create`` writes, of the chart that the rules' cases begin with.

``python -m scripts.starter`` writes it; a test compares. The base chart is the one source: what differs stands here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BASE = ROOT / "testdata" / "charts" / "base"
FILE = ROOT / "src" / "helm_constitution" / "data" / "starter.json"
NAME = "<CHARTNAME>"
"""What `helm create --starter` replaces by the chart's name."""

CHANGELOG = """\
# Changelog

All notable changes of this chart. The form is that of [Keep a Changelog](https://keepachangelog.com/en/1.1.0/), the
versions are [semantic](https://semver.org/spec/v2.0.0.html).

## [0.1.0]

### Added

- The first version.
"""

OVERLAY = """\
# Azure Kubernetes Service: applications stay off the nodes of the system.
nodeSelector:
  kubernetes.azure.com/mode: user
"""

OVERLAY_TEST = """\
  - it: takes the nodes of a platform
    values:
      - ../platforms/aks.yaml
    asserts:
      - equal:
          path: spec.template.spec.nodeSelector
          value:
            kubernetes.azure.com/mode: user
"""


def files() -> dict[str, str]:
    """The starter's files by their paths, with the chart's name left open."""
    found = {
        path.relative_to(BASE).as_posix(): re.sub(r"(?<![A-Za-z0-9])web(?![A-Za-z0-9])", NAME, path.read_text("utf-8"))
        for path in sorted(BASE.rglob("*"))
        if path.is_file()
    }
    found["CHANGELOG.md"] = CHANGELOG
    metadata = re.sub(r"(?m)^version: .*$", "version: 0.1.0", found["Chart.yaml"])
    found["Chart.yaml"] = re.sub(r"(?m)^appVersion: .*$", 'appVersion: "0.1.0"', metadata)
    upgrading = "### To 0.1.0\n\nThe first version: there is nothing to change.\n\n## "
    found["README.md"] = re.sub(r"(?s)### To 1\.0\.0\n.*?\n## ", upgrading, found["README.md"])
    found["platforms/aks.yaml"] = OVERLAY
    found["tests/deployment_test.yaml"] += OVERLAY_TEST
    return dict(sorted(found.items()))


def text() -> str:
    """The file's text."""
    return json.dumps(files(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8", newline="\n")
