"""How the time of a check grows with the size of what a chart holds.

``python -m bench.growth [SIZE…]`` prints the processor time of this program's own part for charts with so many values,
objects, named templates and so on (30, 300 and 3,000). helm's own time doesn't count, and helm lint's grows with the
square of the documents. The last column is the growth at ten times the size: about 10 where time is linear.
"""

from __future__ import annotations

import gc
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import process_time
from typing import TypeAlias

from helm_constitution.check.charts import check_alone
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import HelmEngine, Limits
from helm_constitution.report import FORMATS, renderer
from helm_constitution.report.model import RunReport

Files: TypeAlias = Mapping[str, str]

SIZES = (30, 300, 3_000)
_MODULES = "values,templates,compat,portability,disclosure,observability,security,helm,testing,docs"
_CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c<n>\ndata:\n  a: b\n"
_SERVER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: d<n>, labels: {app: d<n>}}
spec:
  selector: {matchLabels: {app: d<n>}}
  template:
    metadata: {labels: {app: d<n>}}
    spec:
      serviceAccountName: s<n>
      containers:
        - name: c
          image: x:1
          env: [{name: A, valueFrom: {secretKeyRef: {name: k<n>, key: a}}}]
          volumeMounts: [{name: v, mountPath: /v}]
      volumes: [{name: v, configMap: {name: m<n>}}]
---
apiVersion: v1
kind: Service
metadata: {name: s<n>}
spec: {selector: {app: d<n>}, ports: [{port: 80, targetPort: 80}]}
"""
_DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: a<n>s.a.test}
spec:
  group: a.test
  scope: Namespaced
  names: {kind: A<n>, plural: a<n>s, singular: a<n>}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {a: {type: string}}}}}}
"""
_POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
_WAIVER = """\
  - rule: values/unused
    values: k<n>
    why_needed: The value k<n> is read by another tool.
    simpler_alternative_rejected_because: Number <n> has none.
"""
_DEBT = 'version: 1\ncharts:\n  ".":\n'
_ACCEPTED = """\
    - {rule: values/unused, file: values.yaml, message: m, scenarios: [defaults], since: 2024-01-01,
       fingerprint: "<n>"}
"""
_PROPERTIES = '{"type": "object", "properties": {<n>}}'


def _each(text: str, size: int, between: str = "") -> str:
    """A text so many times, each with its number."""
    return between.join(text.replace("<n>", str(number)) for number in range(size))


def _values(size: int) -> str:
    return _each("# The value k<n> is a number.\nk<n>: <n>\n", size)


def _schema(size: int) -> str:
    return _PROPERTIES.replace("<n>", _each('"k<n>": {"type": "integer"}', size, ", "))


def _referring(size: int) -> str:
    parts = {"$defs": '"k<n>": {"type": "integer"}', "properties": '"k<n>": {"$ref": "#/$defs/k<n>"}'}
    return "{" + ", ".join(f'"{key}": {{{_each(part, size, ", ")}}}' for key, part in parts.items()) + "}"


def _keyed(line: str, size: int) -> str:
    """A config map with so many keys."""
    return _MAP.replace("<n>", "") + _each(line, size)


def _dependencies(size: int) -> Files:
    entry = "- {name: d<n>, version: '^1.<n>', repository: 'https://a.test/b', condition: d<n>.enabled}\n"
    lock = "- {name: d<n>, version: 1.<n>.0, repository: 'https://a.test/b'}\n"
    return {
        "Chart.yaml": f"{_CHART}dependencies:\n{_each(entry, size)}",
        "Chart.lock": f"dependencies:\n{_each(lock, size)}",
    }


KINDS: Mapping[str, Callable[[int], Files]] = {
    "values": lambda size: {
        "values.yaml": _values(size),
        "templates/a.yaml": _keyed("  k<n>: {{ .Values.k<n> | quote }}\n", size),
    },
    "unused values": lambda size: {"values.yaml": _values(size)},
    "properties of a schema": lambda size: {"values.yaml": _values(size), "values.schema.json": _schema(size)},
    "stale properties of a schema": lambda size: {"values.yaml": "a: 1\n", "values.schema.json": _schema(size)},
    "values that break a schema": lambda size: {
        "values.yaml": _values(size),
        "values.schema.json": _schema(size).replace("integer", "string"),
    },
    "keys of a schema that refer to others": lambda size: {
        "values.yaml": _values(size),
        "values.schema.json": _referring(size),
    },
    "duplicated keys": lambda size: {"templates/a.yaml": _keyed("  k<n>: a\n  k<n>: b\n", size)},
    "comments of values": lambda size: {
        "values.yaml": _each("# The value k<n>.\n#\n# - one\n# Text.\nk<n>: <n>\n", size)
    },
    "dependencies": _dependencies,
    "documents": lambda size: {"templates/a.yaml": _each(_MAP, size // 3, "---\n")},
    "templates": lambda size: {f"templates/a{number}.yaml": _each(_MAP, 1) for number in range(size // 3)},
    "documents of a range": lambda size: {
        "templates/a.yaml": f"{{{{ range until {size} }}}}\n---\n{_MAP.replace('<n>', '{{ . }}')}{{{{ end }}}}\n"
    },
    "documents in one template": lambda size: {"templates/a.yaml": _each(f"---\n{_MAP}", size)},
    "definitions in crds": lambda size: {
        f"crds/a{number}.yaml": _DEFINITION.replace("<n>", str(number)) for number in range(size // 3)
    },
    "values files": lambda size: {f"ci/a{number}-values.yaml": f"k: {number}\n" for number in range(size // 100)},
    "lines of NOTES": lambda size: {
        "values.yaml": "k: 1\n",
        "templates/NOTES.txt": _each("Open k<n> {{ .Values.k }} on https://a<n>.test\n", size),
    },
    "lines of a template": lambda size: {
        "templates/a.yaml": _keyed("  # A comment.\n  k<n>: {{ .Release.Name }}-<n>\n", size)
    },
    "servers": lambda size: {"templates/a.yaml": _each(_SERVER, size // 30, "---\n")},
    "named templates on one line": lambda size: {
        "templates/_a.tpl": _each('{{ define "a<n>" }}x{{ end }}', size),
        "templates/a.yaml": _keyed("", 0),
    },
    "uses of named templates": lambda size: {
        "templates/_a.tpl": _each('{{ define "web.a<n>" }}x{{ end }}\n', size),
        "templates/a.yaml": _keyed('  k<n>: {{ include "web.a<n>" . }}\n', size),
    },
    "conditions": lambda size: {
        "values.yaml": _each("k<n>: false\n", size),
        "templates/a.yaml": _keyed("  {{- if .Values.k<n> }}\n  k<n>: b\n  {{- end }}\n", size),
    },
    "equal blocks": lambda size: {
        f"templates/{name}.yaml": _keyed("  k<n>: {{ .Values.k<n> }}\n", size) for name in "abc"
    },
    "waiver comments": lambda size: {
        "values.yaml": _each("# constitution: allow values/unused -- needed\nk<n>: <n>\n", size)
    },
    "secrets": lambda size: {"values.yaml": _each("password<n>: hunter2secret<n>xyz\n", size)},
    "variables": lambda size: {
        "templates/a.yaml": f"{_POD}    - name: c\n      image: x\n      env:\n"
        + _each("        - {name: A<n>, value: '$(A<n>)'}\n", size)
    },
    "volumes": lambda size: {
        "templates/a.yaml": f"{_POD}    - name: c\n      image: x\n      volumeMounts:\n"
        + _each("        - {name: v<n>, mountPath: /v<n>}\n", size)
        + "  volumes:\n"
        + _each("    - {name: v<n>, emptyDir: {}}\n", size)
    },
    "a table in the README": lambda size: {
        "README.md": "# web\n\n| Key | Default |\n|-|-|\n" + _each("| `k<n>` | `<n>` |\n", size),
        "values.yaml": _values(size),
    },
    "code in the README": lambda size: {
        "README.md": "# web\n\n" + _each("```sh\nhelm install web . --set k=<n>\n```\n\n", size // 3)
    },
    "releases in the CHANGELOG": lambda size: {
        "CHANGELOG.md": "# Changes\n\n" + _each("## <n>.0.0\n\n- k<n>\n\n", size)
    },
    "open brackets in documents": lambda size: {
        "README.md": "# web\n\n" + "![" * (100 * size) + "\n" + "](" * (100 * size) + "\n" + "<img " * (100 * size),
        "CHANGELOG.md": "# Changes\n\n## 1.0.0\n\n- " + "![" * (250 * size) + "\n",
        "templates/a.yaml": _each(_SERVER, 3, "---\n"),
    },
    "statements": lambda size: {
        "constitution.md": "# C\n\n" + _each("## P<n>\n\nImages number <n> MUST NOT be latest.\n\n", size)
    },
}
"""What grows, and the files of a chart with so many of them."""

TEAM: Mapping[str, Callable[[int], Files]] = {
    "links of the README": lambda size: {
        "README.md": "# web\n\n" + _each("See [k<n>](https://a<n>.test) and ![b](https://b.test/<n>).\n", size)
    },
    "waivers": lambda size: {
        ".helm-constitution.yaml": "waivers:\n" + _each(_WAIVER, size),
        "values.yaml": _values(size),
    },
    "debt": lambda size: {".helm-constitution-debt.yaml": _DEBT + _each(_ACCEPTED, size), "values.yaml": _values(size)},
    "scenarios": lambda size: {
        ".helm-constitution.yaml": "scenarios:\n" + _each("  - {name: s<n>, set: [k=<n>]}\n", size // 20),
        "values.yaml": "k: 1\n",
        "templates/a.yaml": _keyed("  k: {{ .Values.k | quote }}\n", 1),
    },
}
"""The same for what a team writes."""

COMPARED: Mapping[str, Callable[[int], tuple[Files, Files]]] = {
    "changed values": lambda size: (
        {"values.yaml": _values(size)},
        {"values.yaml": _values(size).replace("k", "m")},
    ),
    "changed properties": lambda size: (
        {"values.schema.json": _schema(size)},
        {"values.schema.json": _schema(size).replace("integer", "string")},
    ),
    "moved values": lambda size: (
        {"values.yaml": _each("# V <n>.\nk<n>: v<n>\n", size)},
        {"values.yaml": _each("# V <n>.\nm<n>: {x: v<n>}\n", size)},
    ),
    "changed documents": lambda size: (
        {"templates/a.yaml": _each(_MAP, size // 3, "---\n")},
        {"templates/a.yaml": _each(_MAP.replace("name: c", "name: e"), size // 3, "---\n")},
    ),
    "changed text": lambda size: (
        {"templates/a.yaml": _keyed("  k<n>: line <n>\n", size)},
        {"templates/a.yaml": _keyed("  k<n>: lime <n>\n", size)},
    ),
}
"""The same for two releases: the baseline's files, and those of the chart."""


def seconds(kind: str, size: int, engine: HelmEngine) -> float:
    """The processor time of a check, with all rules and formats, of a chart of this kind and size."""
    with tempfile.TemporaryDirectory() as folder:
        baseline = None
        if kind in COMPARED:
            old, files = COMPARED[kind](size)
            baseline = str(_written(Path(folder, "old", "web"), old))
        else:
            files = {**KINDS, **TEAM}[kind](size)
        chart = _written(Path(folder, "new", "web"), files)
        options = CheckOptions(select=tuple(_MODULES.split(",")), baseline=baseline, sources=True, seconds=600)
        gc.collect()
        begin = process_time()
        report = check_alone(CheckRequest(chart, engine, options))
        run = RunReport(engine.name, "v4", "v1", (report,))
        for form in FORMATS:
            renderer(form)(run)
        return process_time() - begin


def _written(chart: Path, files: Files) -> Path:
    for name, text in {"Chart.yaml": _CHART, **files}.items():
        file = chart / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return chart


def main(arguments: Sequence[str]) -> int:
    """Prints the table."""
    sizes = tuple(int(one) for one in arguments) or SIZES
    engine = EmbeddedEngine(Limits(seconds=600))
    seconds("values", 10, engine)  # imports
    try:
        for kind in (*KINDS, *TEAM, *COMPARED):
            taken = [seconds(kind, size, engine) for size in sizes]
            growth = taken[-1] / max(taken[-2], 0.01) if len(taken) > 1 else 1
            sys.stdout.write(f"{kind:30}{''.join(f'{one:9.2f}' for one in taken)} s{growth:8.1f}\n")
            sys.stdout.flush()
    finally:
        engine.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
