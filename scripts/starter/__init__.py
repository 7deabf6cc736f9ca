"""Makes ``data/starter.json``, what ``create`` writes, of the chart that the rules' cases begin with.

``python -m scripts.starter`` writes it; a test compares. The base chart is the one source: what differs for a kind
stands here, and what it has besides in ``testdata/starter/``: whole files, values with their comments and schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from scripts.starter.jobs import cronjob, job
from scripts.starter.servers import deployment, library, statefulset, with_gateway
from scripts.starter.texts import README, ROOT, VALUES, Files, rows

FILE = ROOT / "src" / "helm_constitution" / "data" / "starter.json"


NAME = "<CHARTNAME>"
"""What `helm create --starter` replaces by the chart's name."""


def charts() -> dict[str, Files]:
    """The files of each starter by their paths, with the chart's name left open."""
    made = {
        "deployment ingress": deployment(),
        "deployment gateway": with_gateway(deployment()),
        "statefulset ingress": statefulset(),
        "statefulset gateway": with_gateway(statefulset()),
        "job": job(),
        "cronjob": cronjob(),
        "library": library(),
    }
    return {kind: _named(files) for kind, files in made.items()}


def _named(files: Files) -> Files:
    found = {path: re.sub(r"(?<![A-Za-z0-9])web(?![A-Za-z0-9])", NAME, text) for path, text in files.items()}
    if VALUES in found:
        table = "\n".join(rows(found[VALUES]))
        found[README] = re.sub(r"(?m)^\|--.*\|\n(\|.*\n)*", lambda rule: f"{_first(rule[0])}\n{table}\n", found[README])
    return dict(sorted(found.items()))


def _first(lines: str) -> str:
    return lines.partition("\n")[0]


def text() -> str:
    """The file's text: each text once, and for each starter which text is which file."""
    texts: dict[str, int] = {}
    found: dict[str, Mapping[str, int]] = {}
    for kind, files in charts().items():
        found[kind] = {path: texts.setdefault(text, len(texts)) for path, text in files.items()}
    return json.dumps({"charts": found, "texts": list(texts)}, indent=1, ensure_ascii=False) + "\n"
