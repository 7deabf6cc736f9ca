"""No report shows a secret of either release, whatever is said of it: a change, a finding, a schema's complaint."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from helm_constitution.check.charts import check_alone
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.helm.protocol import HelmEngine
from helm_constitution.report import FORMATS, renderer
from helm_constitution.report.model import RunReport
from tests.helm.support import write_chart

SECRETS = {
    "password": "correct horse <n>",
    "db.url": "postgres://me:kW9<n>swordfish@db/x",
    "db.dsn": "host=db password=kW9<n>swordfish user=me",
    "auth.header": "Bearer kW9<n>swordfish",
    "auth.token": "kW9<n>swordfish-and-many-words-behind-it-that-are-cut",
    "aws": "AKIA<n>Q6T3WJ5XN2K7PLMD",
    "gh": "ghp_kW9<n>swordfish012345abcdefABCDEF0123456789",
    "hook": "https://hooks.slack.com/services/T00000000/B00000000/kW9<n>swordfish0123456789",
    "key": "-----BEGIN RSA PRIVATE KEY-----\nkW9<n>swordfishAAAA\n-----END RSA PRIVATE KEY-----\n",
}
SHOWN = re.compile(r"horse|swordfish|Q6T3W")
RULES = ("values", "security", "compat", "docs", "disclosure", "testing")


def values(number: int) -> str:
    """The values of one release."""
    found: dict[str, object] = {"env": [{"name": "DB_PASSWORD", "value": f"kW9{number}swordfish"}]}
    for path, secret in SECRETS.items():
        *above, last = path.split(".")
        place = found
        for step in above:
            place = place.setdefault(step, {})  # type: ignore[assignment]
        place[last] = secret.replace("<n>", str(number))
    return json.dumps(found, indent=2)


def template() -> str:
    """A config map and a pod with all of them."""
    data = "".join(f"  k{number}: {{{{ .Values.{path} | quote }}}}\n" for number, path in enumerate(SECRETS))
    return (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n{data}---\n"
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    - name: a\n      image: a:1.0.0\n"
        '      args: ["--password={{ .Values.password }}"]\n      env: {{ .Values.env | toJson }}\n'
    )


def schema() -> str:
    """A schema that allows none of them."""
    properties: dict[str, object] = {}
    for path in SECRETS:
        place = properties
        *above, last = path.split(".")
        for step in above:
            place = place.setdefault(step, {"properties": {}})["properties"]  # type: ignore[index]
        place[last] = {"pattern": "^x$"}
    return json.dumps({"properties": properties})


@pytest.mark.parametrize("with_schema", [False, True], ids=["values", "schema"])
def test_no_report_shows_a_secret(tmp_path: Path, engine: HelmEngine, with_schema: bool) -> None:
    old = write_chart(tmp_path / "old" / "web", {"values.yaml": values(1), "templates/a.yaml": template()})
    files = {"values.yaml": values(2), "templates/a.yaml": template(), "ci/a-values.yaml": values(3)}
    chart = write_chart(tmp_path / "web", {**files, "values.schema.json": schema() if with_schema else ""})
    options = CheckOptions(select=RULES, scenarios="full", baseline=str(old), sources=True)
    report = check_alone(CheckRequest(chart, engine, options))
    assert any("password" in one.message for one in report.findings) or with_schema
    run = RunReport(engine.name, "v4", "v1", (report,))
    for form in FORMATS:
        found = SHOWN.search(text := renderer(form)(run))
        assert found is None, (form, text[max(found.start() - 200, 0) : found.end() + 50])
