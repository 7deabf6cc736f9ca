"""Fixes that become possible, or wrong, by other fixes: one run of ``fix`` finds them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.core.fixes import Applicability
from helm_constitution.fix.session import fix_chart
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import Limits
from tests.support import write

pytestmark = pytest.mark.helm

RULES = '''
from helm_constitution.api import MUST, Edit, Fix, RuleModule, Subject, TextPlace, Violation, rule


@rule("own/name", default=MUST)
def name(subject: Subject):
    """A name is not read from values."""
    is_fixed = "name: web" in subject.chart.files["templates/config.yaml"]
    if is_fixed or "extra" not in subject.chart.files["values.yaml"]:
        edit = Edit("templates/config.yaml", 4, 9, 4, 12, "{{ (.Values.extra).name }}")
        fix = Fix("read it", (edit,)) if is_fixed else None
        yield Violation("fixed name", TextPlace("templates/config.yaml"), fix=fix)


@rule("own/values", default=MUST)
def values(subject: Subject):
    """A value is missing."""
    text = subject.chart.files["values.yaml"]
    line = text.count("\\n") + 1
    for before, new in (("first", "second: true\\n"), ("second", "extra:\\n  name: web\\n")):
        if before in text and new.partition(":")[0] not in text:
            edit = Edit("values.yaml", line, 1, line, 1, new)
            yield Violation(f"lacks what follows {before}", TextPlace("values.yaml"), fix=Fix(f"add {new}", (edit,)))


MODULE = RuleModule("own", "Own", (), (name, values))
'''


def test_what_fails_is_tried_once_more_with_the_fixes_that_stayed_since(tmp_path: Path) -> None:
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n"
    chart = {
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "web/values.yaml": "first: true\n",
        "web/templates/config.yaml": config,
        "web/constitution.md": "# Ours\n\n## Names\n\nNames MUST be values. <!-- rules: own/name, own/values -->\n",
        "rules/own.py": RULES,
    }
    write(tmp_path, chart)
    engine = EmbeddedEngine(Limits())
    try:
        request = CheckRequest(tmp_path / "web", engine, CheckOptions(rules=(tmp_path / "rules",)))
        result = fix_chart(request, (Applicability.UNSAFE,))
    finally:
        engine.close()
    assert result.files == {
        "templates/config.yaml": config.replace("web", "{{ (.Values.extra).name }}").encode(),
        "values.yaml": b"first: true\nsecond: true\nextra:\n  name: web\n",
    }
    assert (result.taken_back, result.after.findings) == ((), ())


REMOVING = '''
from helm_constitution.api import MUST, Edit, Fix, RuleModule, Subject, TextPlace, Violation, rule


@rule("own/old", default=MUST)
def old(subject: Subject):
    """A line is old."""
    for number, line in enumerate(subject.chart.files["templates/config.yaml"].splitlines(), 1):
        if "old" in line:
            edit = Edit("templates/config.yaml", number, 1, number + 1, 1, "")
            yield Violation(line.strip(), TextPlace("templates/config.yaml"), fix=Fix(f"delete {line}", (edit,)))


@rule("own/lower", default=MUST)
def lower(subject: Subject):
    """A comment is in capitals."""
    for number, line in enumerate(subject.chart.files["values.yaml"].splitlines(), 1):
        if line.startswith("# ") and line.isupper():
            edit = Edit("values.yaml", number, 1, number, len(line) + 1, line.lower())
            yield Violation(line, TextPlace("values.yaml"), fix=Fix("lower case", (edit,)))


@rule("own/read", default=MUST)
def read(subject: Subject):
    """A value is not read."""
    if ".Values.a" not in subject.chart.files["templates/config.yaml"]:
        yield Violation("a is not read", TextPlace("values.yaml"))


MODULE = RuleModule("own", "Own", (), (old, lower, read))
'''


def test_what_removes_text_is_tried_apart_where_something_is_missing_afterwards(tmp_path: Path) -> None:
    comments = "".join(f"# COMMENT {number}\n" for number in range(40))
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n# old\n# old too: {{ .Values.a }}\n"
    chart = {
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "web/values.yaml": comments + "a: 1\n",
        "web/templates/config.yaml": config,
        "web/constitution.md": "# Ours\n\n## Lines\n\nLines MUST do. <!-- rules: own/old, own/lower, own/read -->\n",
        "rules/own.py": REMOVING,
    }
    write(tmp_path, chart)
    engine = EmbeddedEngine(Limits())
    try:
        request = CheckRequest(tmp_path / "web", engine, CheckOptions(rules=(tmp_path / "rules",)))
        result = fix_chart(request, (Applicability.UNSAFE,))
    finally:
        engine.close()
    assert result.files == {
        "templates/config.yaml": config.replace("# old\n", "").encode(),
        "values.yaml": (comments.lower() + "a: 1\n").encode(),
    }
    assert [(one.candidate.fix.title, one.reason) for one in result.taken_back] == [
        ("delete # old too: {{ .Values.a }}", "causes a new finding: own/read: a is not read")
    ]
    assert result.checks == 6


def test_a_template_that_renders_something_else_each_time_is_known_by_its_new_name_too(tmp_path: Path) -> None:
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{.Release.Name}}-{{ randNumeric 5 }}\n"
    chart = {
        "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "templates/c.yaml": config,
        "constitution.md": "# Ours\n\n## A\n\nIt MUST do. <!-- rules: templates/file-name, templates/spacing -->\n",
    }
    write(tmp_path, chart)
    engine = EmbeddedEngine(Limits())
    try:
        result = fix_chart(CheckRequest(tmp_path, engine, CheckOptions()), (Applicability.SAFE,))
    finally:
        engine.close()
    assert result.files == {
        "templates/c.yaml": None,
        "templates/c-configmap.yaml": config.replace("{{.Release.Name}}", "{{ .Release.Name }}").encode(),
    }
    assert result.taken_back == ()
