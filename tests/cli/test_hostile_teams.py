"""Hostile texts in what a team writes or names besides: debt, policies, plans, values, revisions, folders; and what a
cluster answers. Nothing obeys them, in any format."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
import pytest

from helm_constitution.cli.main import cli
from helm_constitution.cli.options import complete_rules
from helm_constitution.report import FORMATS
from tests.cli.test_hostile_texts import TEXTS, has_no_effect, said
from tests.support import WEB, write

ALL = "\n".join(reversed(TEXTS.values())).encode("utf-8", "replace").decode()
"""All of them in one text; what steers a spreadsheet comes first."""
KINDS = {"all": ALL, "long": f"=a::error::b {TEXTS['markup']}" + "x" * 100_000}
EACH = [f"--output={form}={form}.out" for form in FORMATS]
PLAN = (
    "# Plan {0}\n\n## Constitution Check\n\n- [ ] **{0}**: {0}\n- [ ] **Security by Default**: {0}\n\n"
    "## Complexity Tracking\n\n| Violation | Why Needed | Simpler Alternative Rejected Because |\n|-|-|-|\n"
    "| docs/no-readme | {0} | {0} |\n"
)
POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: {0}, annotations: {{description: {0}}}}}
spec:
  matchConstraints:
    resourceRules: [{{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}}]
  validations:
    - {{expression: "false", message: {0}, reason: {0}}}
    - {{expression: "false", messageExpression: {1}}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: {0}}}
spec: {{policyName: {0}, validationActions: [Deny]}}
"""


class Team:
    """A repository with a chart, and the program in it.

    Args:
        folder: the repository.
        text: the hostile text.
        run: runs the program; gives standard output and error.
    """

    def __init__(self, folder: Path, text: str, run: Callable[[tuple[str, ...]], tuple[str, str]]) -> None:
        self.folder, self.text, self._run = folder, text, run
        self.quoted = json.dumps(text)
        self.line = re.sub(r"\s+", " ", text)
        self.name = re.sub(r"[/\x00]", "", text)[:60]

    def write(self, file: str, text: str) -> None:
        """Writes a file as it is."""
        (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / file).write_text(text, "utf-8")

    def told(self, *arguments: str) -> str:
        """Runs the program; nothing may obey what it prints. Gives both outputs."""
        # The system passes no NUL in an argument.
        output, error = self._run(tuple(one.replace("\0", "") for one in arguments))
        has_no_effect("text", output)
        has_no_effect("text", error)
        return output + error

    def check(self, *arguments: str) -> str:
        """Checks the chart; gives the JSON report. Nothing may obey any format."""
        self.told("check", "web", *EACH, "--force", "--select", "security,values,docs,helm,compat", *arguments)
        for form in FORMATS:
            has_no_effect(form, (self.folder / f"{form}.out").read_text("utf-8"))
        return (self.folder / "json.out").read_text("utf-8")


@pytest.fixture(params=KINDS)
def team(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    helm4: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Team:
    write(tmp_path, {**WEB, ".git/HEAD": ""})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HELM_BIN", str(helm4))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Team(tmp_path, KINDS[request.param], lambda arguments: said(arguments, capsys, monkeypatch))


def test_debt(team: Team) -> None:
    entry = ", ".join(f"{key}: {team.quoted}" for key in ("rule", "file", "message", "object", "fingerprint"))
    team.write(
        ".helm-constitution-debt.yaml",
        f'version: 1\ncharts:\n  "web":\n    - {{{entry}, scenarios: [{team.quoted}], since: 2024-01-01}}\n',
    )
    team.check()
    team.told("accept", "web", "--prune")
    for bad in (f"version: {team.quoted}\n", f"version: 1\ncharts: {{web: [{team.quoted}]}}\n", team.text):
        team.write(".helm-constitution-debt.yaml", bad)
        assert "debt" in team.told("check", "web")


def test_policies(team: Team) -> None:
    expression = json.dumps(json.dumps(team.text[:2_000]))
    team.write("policies/p.yaml", POLICY.format(team.quoted, expression))
    team.write(
        "policies/plain.yaml", POLICY.format(team.quoted, expression).replace(f"name: {team.quoted}", "name: plain")
    )
    assert "policy/" in team.check("--policies", "policies")
    team.told("rules", "--policies", "policies")
    team.told("explain", f"policy/{team.name}", "--policies", "policies")
    with click.Context(cli) as context:
        context.params["policies"] = (team.folder / "policies",)
        offered = complete_rules(context, cli.params[0], "policy")
    assert [one.value for one in offered] == ["policy", "policy/plain"]
    for one in offered:
        has_no_effect("text", one.help or "")
    team.write("policies/p.yaml", POLICY.format(team.quoted, expression).replace('"false"', team.quoted))
    team.check("--policies", "policies")


def test_plans_and_waivers(team: Team) -> None:
    team.write("plan.md", PLAN.format(team.line))
    team.write(".helm-constitution.yaml", "plan: plan.md\n")
    team.check()
    team.told("plan", "plan.md", "web")
    team.told("waivers", "web")
    team.told("waive", "docs/no-chart-readme", "web", "--why", team.line[:500], "--instead", team.line[:500])
    team.told("waive", "docs/no-readme", "web", "--why", team.text[:500], "--instead", team.text[:500])
    team.told("waive", team.name, "web", "--why", team.text[:500], "--instead", team.text[:500])
    team.told("waivers", "web")


def test_values(team: Team) -> None:
    team.write(f"{team.name}.yaml", f"{json.dumps(team.text[:100])}: {team.quoted}\nimage: {team.quoted}\n")
    team.check("-f", f"{team.name}.yaml", "--set-string", f"image={team.text[:500]}")
    team.write(f"{team.name}.yaml", f"a: [{team.quoted}\n")
    team.told("check", "web", "-f", f"{team.name}.yaml")
    team.told("check", "web", "-f", f"{team.name}.yml")
    for flag in ("--set", "--set-json", "--set-file", "--set-literal"):
        team.told("check", "web", flag, team.text[:500])
        team.told("check", "web", flag, f"a={team.text[:500]}")
    scenario = f"{{name: {team.quoted}, values: [{team.quoted}], set: [{team.quoted}]}}"
    team.write(".helm-constitution.yaml", f"scenarios: [{scenario}]\n")
    team.told("check", "web")


def test_versions(team: Team) -> None:
    keys = ("version", "appVersion", "kubeVersion", "apiVersion", "type", "icon")
    old = team.folder / "web" / "Chart.yaml"
    shutil.copytree(team.folder / "web", team.folder / "old")
    for key in keys:
        old.write_text(re.sub(rf"(?m)^{key}:.*\n", "", WEB["web/Chart.yaml"]) + f"{key}: {team.quoted}\n")
        team.told("check", "web", "--baseline", "old")
    team.check("--baseline", "old")
    (team.folder / "old" / "Chart.yaml").write_text(old.read_text())
    old.write_text(WEB["web/Chart.yaml"])
    team.check("--baseline", "old")


def test_revisions(team: Team) -> None:
    shutil.rmtree(team.folder / ".git")
    name = re.sub(r"[\s\x00-\x20\x7f~^:?*\[\\\udc80-\udcff]|\.\.|//|@\{", "", team.text)[:80].strip("./")

    def git(*arguments: str) -> None:
        words = ["git", "-c", "user.name=a", "-c", "user.email=a@b.test", *arguments]
        subprocess.run(words, cwd=team.folder, check=True, capture_output=True)

    git("init", "-q", "-b", name)
    git("add", "web")
    git("commit", "-q", "-m", team.text[:1_000].replace("\0", ""))
    git("tag", f"web-{name}")
    team.write("web/values.yaml", "# The name.\nname: x\n")
    assert name[:20] in team.check("--baseline", f"web-{name}")
    team.check("--baseline", name)
    team.told("check", "web", "--baseline", team.text[:500])
    team.told("check", "--changed", team.name)
    team.told("fleet", f"git+{team.folder}@{name}", f"git+{team.folder}@web-{name}", "--results", "results")


def test_names_of_folders_and_files(team: Team) -> None:
    place = team.folder / team.name / "web"
    shutil.copytree(team.folder / "web", place)
    for file in ("templates", "crds", "ci", "files"):
        team.write(f"{team.name}/web/{file}/{team.name}.yaml", f"a: {team.quoted}\n")
    team.write(f"{team.name}/web/charts/{team.name}/Chart.yaml", f"name: {team.quoted}\n")
    for command in (("check",), ("fix", "--unsafe"), ("accept",), ("fleet",)):
        team.told(*command, team.name)
    outputs = [f"--output={form}={form}.out" for form in FORMATS]
    team.told("check", team.name, *outputs, "--force", "--coverage", f"{team.name}.info")
    for form in FORMATS:
        has_no_effect(form, (team.folder / f"{form}.out").read_text("utf-8"))
    team.told("create", team.name)
    team.told("create", f"{team.name}-")
    team.told("check", "web", "--config", team.name)
    team.told("check", "web", "--constitution", team.name)


class Answer(BaseHTTPRequestHandler):
    """A cluster that answers with a text of its own."""

    text = ""

    def answer(self) -> None:
        """The lists of the API that every client asks for, and a refusal of everything else."""
        lists: dict[str, object] = {
            "/version": {"major": "1", "minor": "36", "gitVersion": f"v1.36.0{self.text}"},
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/apis": {"kind": "APIGroupList", "groups": []},
        }
        path = self.path.partition("?")[0]
        causes = [{"reason": self.text, "message": self.text, "field": self.text}]
        refusal = {"kind": "Status", "status": "Failure", "message": self.text, "reason": self.text, "code": 422}
        body = json.dumps(lists.get(path, {**refusal, "details": {"name": self.text, "causes": causes}})).encode()
        self.send_response(200 if path in lists else 422)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = answer

    def log_message(self, format: str, *args: object) -> None:
        """Writes nothing."""


def test_answers_of_a_cluster(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = type("Hostile", (Answer,), {"text": team.text})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cluster = {"server": f"http://127.0.0.1:{server.server_port}"}
        config = {
            "clusters": [{"name": team.name, "cluster": cluster}],
            "users": [{"name": "u", "user": {"token": "abcdefgh"}}],
            "contexts": [{"name": team.name, "context": {"cluster": team.name, "user": "u"}}],
        }
        (team.folder / "kubeconfig").write_text(json.dumps(config), "utf-8")
        monkeypatch.setenv("KUBECONFIG", str(team.folder / "kubeconfig"))
        assert "cluster" in team.told("check", "web", "--cluster", team.name, "--cluster-namespace", "default")
        team.told("check", "web", "--cluster", f"{team.name}-")
        server.shutdown()
