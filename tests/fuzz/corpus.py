"""What the fuzzer found, as the smallest chart that showed it: the files that differ from those of write_chart."""

from __future__ import annotations

from collections.abc import Mapping

from tests.helm.support import CHART, CONFIG_MAP, WITH_DEPENDENCY

CORPUS: Mapping[str, Mapping[str, str]] = {
    "a number of 5,000 digits in a schema": {
        "values.schema.json": '{"properties": {"a": {"maximum": ' + "9" * 5000 + "}}}",
    },
    "a schema that is a list": {"values.schema.json": "[]"},
    "a schema that is a number": {"values.schema.json": "5"},
    "a schema of an odd draft": {"values.schema.json": '{"$schema": [], "$id": 5, "$ref": []}'},
    "a schema whose id is a number": {"values.schema.json": '{"$schema": 5, "$id": 5}'},
    "a schema that refers to itself": {"values.schema.json": '{"$ref": "#"}'},
    "a schema of old drafts with an odd id": {
        "values.schema.json": '{"$schema": "http://json-schema.org/draft-07/schema#", "$id": 5}'
    },
    "a subchart's Chart.yaml with a map for a key": {
        "Chart.yaml": WITH_DEPENDENCY,
        "charts/dep/Chart.yaml": "{{ include (printf `%s` .Chart.Name) . }}",
    },
    "a subchart without anything": {"charts/dep/templates/a.yaml": CONFIG_MAP},
    "a platform's values that are no YAML": {"platforms/aws.yaml": "a: b: c\n"},
    "a platform's values that are a list": {"platforms/aws.yaml": "[1, {}, null]\n"},
    "values that are a text": {"values.yaml": "'{{ .Values.x }}'\n"},
    "values with every odd scalar": {
        "values.yaml": "a: .nan\nb: 0o17\nc: 1:30\nd: !!binary aGk=\ne: 2024-01-01\nf: '='\n"
    },
    "values that refer to themselves": {"values.yaml": "a: &a [*a]\n"},
    "a Chart.yaml of odd parts": {
        "Chart.yaml": f"{CHART}maintainers: [x]\nkeywords: {{}}\nannotations: {{a: [1]}}\ndependencies: [5, {{}}]\n"
    },
    "a template of control characters": {"templates/a.yaml": f'{CONFIG_MAP}  b: "\\u202e\\a\\e[31m"\n'},
    "a template whose name is an option": {"templates/-f": CONFIG_MAP},
    "a template that includes itself": {
        "templates/a.yaml": '{{ define "self" }}{{ include "self" . }}{{ end }}{{ include "self" . }}'
    },
    "a table of values with an endless index": {
        "README.md": "# web\n\n| Key | Default |\n|-----|---------|\n| `a[99999999999999999999]` | x |\n"
    },
    "a README of open links and tags": {"README.md": "[a](" * 300 + "\n" + "<a " * 300 + "\n" + "`" * 301 + "\n"},
    "a comment that waives what isn't there": {"values.yaml": "# constitution: allow x/y -- \u202e\na:\n  b: 1\n"},
}
"""By what is odd about the chart."""
