"""Charts of realistic sizes, made of the base chart: its server several times over, each with values of its own."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import yaml

BASE = Path(__file__).parent.parent / "testdata" / "charts" / "base"
PER_SERVER = ("deployment", "service", "serviceaccount", "networkpolicy", "pdb", "hpa", "ingress", "servicemonitor")


@dataclass(frozen=True)
class Size:
    """How large a chart is made.

    ``servers`` is how often the base chart's server comes, with the first ``templates`` of its files (a Deployment and
    what goes with it), ``alerts`` how many files of alerting rules it has, some 25 KB each once rendered.
    """

    name: str
    servers: int
    templates: int
    alerts: int


# The last is of the size of the largest charts that are widely used: 200 KB of values, 660 KB of manifests.
SIZES = (
    Size("small", servers=1, templates=8, alerts=0),
    Size("medium", servers=5, templates=8, alerts=1),
    Size("large", servers=12, templates=6, alerts=6),
    Size("huge", servers=50, templates=2, alerts=17),
)


def make(folder: Path, size: Size) -> Path:
    """Makes a chart of this size in ``folder / size.name``."""
    chart = folder / size.name
    shutil.copytree(BASE, chart, ignore=shutil.ignore_patterns("templates", "ci", "tests"))
    templates = chart / "templates"
    templates.mkdir()
    values = (BASE / "values.yaml").read_text(encoding="utf-8")
    all_values, table = [], []
    for number in range(size.servers):
        server = f"server{number}"
        for name in ("_helpers.tpl", *(f"{kind}.yaml" for kind in PER_SERVER[: size.templates])):
            text = (BASE / "templates" / name).read_text(encoding="utf-8")
            file = f"_{server}.tpl" if name == "_helpers.tpl" else f"{server}-{name}"
            (templates / file).write_text(_of_server(text, server), encoding="utf-8")
        # Every third server's values are undocumented: a chart that large has findings.
        own = re.sub(r"(?m)^ *#.*\n", "", values) if number % 3 == 2 else values
        all_values.append(f"{server}:\n" + re.sub(r"(?m)^(?=.)", "  ", own))
        table.append(_rows(values, server))
    for number in range(size.alerts):
        (templates / f"alerts{number}-prometheusrule.yaml").write_text(_alerts(number), encoding="utf-8")
    (chart / "values.yaml").write_text("\n".join(all_values), encoding="utf-8")
    (chart / "values.schema.json").unlink()
    readme = (chart / "README.md").read_text(encoding="utf-8")
    head, tail = re.split(r"(?m)(?:^\| (?!Key).*\n)+(?=\n)", readme, maxsplit=1)
    (chart / "README.md").write_text(head + "|-----|------|---------|-------------|\n" + "".join(table) + tail)
    notes = (BASE / "templates" / "NOTES.txt").read_text(encoding="utf-8")
    (templates / "NOTES.txt").write_text(_of_server(notes, "server0"), encoding="utf-8")
    return chart


def _of_server(text: str, server: str) -> str:
    """A text of the base chart's templates as it reads for one server."""
    text = text.replace(".Values.", f".Values.{server}.").replace('"web.', f'"web.{server}.')
    text = text.replace("component: server", f"component: {server}")
    return text.replace("default .Chart.Name", f'default "{server}"')


def _rows(values: str, server: str) -> str:
    """A server's part of the README's table."""
    paths: list[str] = []

    def walk(value: object, path: str) -> None:
        if isinstance(value, dict) and value:
            for key, inner in value.items():
                walk(inner, f"{path}.{key}")
        else:
            paths.append(path)

    walk(yaml.safe_load(values), server)
    return "".join(f"| {path} | | | As of the base chart |\n" for path in paths)


def _alerts(number: int) -> str:
    """A file of alerting rules: long texts with an action here and there, as such charts have them by the dozen."""
    rules = "".join(ALERT.replace("<n>", str(number)).replace("<i>", str(index)) for index in range(40))
    return ALERTS.replace("<n>", str(number)) + rules


ALERTS = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {{ include "web.server0.fullname" . }}-alerts<n>
  labels:
    {{- include "web.server0.labels" . | nindent 4 }}
spec:
  groups:
    - name: alerts<n>
      rules:
"""

ALERT = """\
        - alert: Group<n>Alert<i>
          annotations:
            summary: Requests of {{ printf "%s" $.Release.Name }} fail, form <i>.
            description: |-
              {{ `{{ $labels.job }} on {{ $labels.instance }} fails {{ $value | humanizePercentage }} of requests.` }}
              That is more than the objective <i> of group <n> allows for the last half an hour of its working days.
          expr: |-
            sum by (job, instance) (rate(http_requests_total{code=~"5..", group="<n>", form="<i>"}[5m]))
              / sum by (job, instance) (rate(http_requests_total{group="<n>", form="<i>"}[5m])) > 0.0<i>
          for: 15m
          labels:
            severity: critical
"""
