"""The GitHub Action and the examples for CI: held to their schemas, and their scripts really run, without a network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from junitparser import JUnitXml

from scripts.fetch_wheels import ROOT
from tests.cases import BASE
from tests.cli.test_main import CHARTS
from tests.test_plugin import copy_of_plugin

pytestmark = pytest.mark.slow

EXAMPLES = ROOT / "examples" / "ci"


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        (("vendor.github-actions",), ROOT / "action.yml"),
        (("vendor.github-workflows",), EXAMPLES / "github-workflow.yml"),
        (("vendor.gitlab-ci", "--data-transform", "gitlab-ci"), EXAMPLES / "gitlab-ci.yml"),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else "",
)
def test_each_file_keeps_to_its_schema(schema: tuple[str, ...], file: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema, file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_text_of_an_input_becomes_a_part_of_a_script() -> None:
    for step in action()["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_the_example_workflow_gives_inputs_that_there_are() -> None:
    workflow = yaml.safe_load((EXAMPLES / "github-workflow.yml").read_text("utf-8"))
    steps = workflow["jobs"]["constitution"]["steps"]
    (used,) = [step for step in steps if "helm-constitution@" in step.get("uses", "")]
    assert set(used["with"]) <= set(action()["inputs"])
    text = (EXAMPLES / "github-workflow.yml").read_text("utf-8")
    assert set(re.findall(r"steps\.constitution\.outputs\.(\w+)", text)) <= set(action()["outputs"])


def action() -> Any:
    return yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


class Runner:
    """GitHub's runner, as far as this action needs it: inputs, outputs, expressions, and bash as it starts it."""

    def __init__(self, folder: Path, action_path: Path, variables: Mapping[str, str]) -> None:
        self.folder = folder
        self.action_path = action_path
        self.variables = variables
        self.install: dict[str, str] | None = None

    def run(self, **inputs: str) -> Job:
        """Runs every step that is a script; what is installed stays from one run to the next."""
        for name in ("output", "summary"):
            (self.folder / name).write_text("")
        context = {
            **{f"inputs.{name}": str(spec["default"]) for name, spec in action()["inputs"].items()},
            **{f"inputs.{name.replace('_', '-')}": value for name, value in inputs.items()},
            "steps.python.outputs.python-path": sys.executable,
            "github.action_path": str(self.action_path),
            "runner.temp": str(self.folder / "temp"),
        }
        log, status, outputs = "", 0, {}
        for step in action()["runs"]["steps"]:
            if "run" not in step:
                continue
            if step.get("id") == "install" and self.install is not None:
                outputs = self.install
            else:
                done = self.script(step, context)
                log += done.stdout + done.stderr
                status = done.returncode
                lines = (self.folder / "output").read_text().splitlines()
                outputs = dict(line.split("=", 1) for line in lines)
            if step.get("id") == "install":
                self.install = outputs
            context.update({f"steps.{step.get('id')}.outputs.{name}": value for name, value in outputs.items()})
            if status:
                break
        return Job(log, status, outputs, (self.folder / "summary").read_text("utf-8"), step["name"])

    def script(self, step: Any, context: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        environment = {
            name: re.sub(r"\$\{\{ (\S+) \}\}", lambda found: context.get(found[1], ""), text)
            for name, text in step["env"].items()
        }
        (self.folder / "output").write_text("")
        (self.folder / "script").write_text(step["run"])
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", self.folder / "script"],
            cwd=self.folder / "workspace",
            env={
                **self.variables,
                **environment,
                "GITHUB_OUTPUT": str(self.folder / "output"),
                "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            },
            capture_output=True,
            text=True,
            check=False,
        )


class Job:
    """What a run of the action leaves behind."""

    def __init__(self, log: str, status: int, outputs: Mapping[str, str], summary: str, last: str) -> None:
        self.log, self.status, self.outputs, self.summary, self.last = log, status, outputs, summary, last


@pytest.fixture(scope="module")
def variables(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A machine without helm and network, that has this project among its wheels."""
    folder = tmp_path_factory.mktemp("machine")
    source = copy_of_plugin(folder / "source")
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder / "dist", source],
        env={**os.environ, **offline},
        check=True,
    )
    links = f"{wheels} {folder / 'dist'}"
    return {**offline, "PIP_FIND_LINKS": links, "PATH": f"{no_helm(folder)}:/usr/bin:/bin", "HOME": str(folder)}


def no_helm(folder: Path) -> Path:
    """A folder for PATH with this Python."""
    (folder / "bin").mkdir()
    (folder / "bin" / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (folder / "bin" / "python3").chmod(0o755)
    return folder / "bin"


def repository(folder: Path) -> Path:
    """A repository with a good chart and one with faults."""
    (folder / ".git").mkdir(parents=True)
    shutil.copytree(BASE, folder / "charts" / "good chart")
    shutil.copytree(CHARTS / "demo", folder / "charts" / "demo")
    return folder


@pytest.fixture(scope="module")
def runner(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Runner:
    folder = tmp_path_factory.mktemp("runner")
    repository(folder / "workspace")
    (folder / "temp").mkdir()
    # An action's own folder may have any name.
    return Runner(folder, copy_of_plugin(folder / "_actions" / "helm-constitution"), variables)


def test_the_action_annotates_summarises_and_passes_the_exit_status_on(runner: Runner) -> None:
    job = runner.run(charts="charts", sarif="results.sarif")
    assert (job.status, job.last) == (1, "Pass the exit status on"), job.log
    assert "security/host-path" in job.log
    assert re.search(r"^::error file=charts/demo/\S+,line=\d+", job.log, re.MULTILINE)
    assert job.summary.startswith("## helm-constitution: gate: ❌ fail\n")
    sarif = json.loads((runner.folder / "workspace" / "results.sarif").read_text("utf-8"))
    uris = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in sarif["runs"][0]["results"]
    }
    assert all(uri.startswith("charts/demo/") for uri in uris)


def test_the_action_leaves_the_fixes_as_a_patch(runner: Runner) -> None:
    job = runner.run(charts="charts/demo", fix="unsafe")
    patch = runner.folder / "temp" / "helm-constitution.patch"
    assert job.status == 1
    assert "+++ b/charts/demo/templates/frontend.yaml\n" in patch.read_text("utf-8")
    clone = runner.folder / "clone"
    shutil.copytree(runner.folder / "workspace", clone)
    shutil.rmtree(clone / ".git")
    subprocess.run(["git", "init", "--quiet"], cwd=clone, check=True)
    subprocess.run(["git", "apply", "--whitespace=error-all", patch], cwd=clone, check=True)
    before, after = (
        (folder / "charts" / "demo" / "templates" / "frontend.yaml").read_text("utf-8")
        for folder in (runner.folder / "workspace", clone)
    )
    assert after != before
    wrong = runner.run(charts="charts/demo", fix="all")
    assert (wrong.status, "the input fix must be safe or unsafe" in wrong.log) == (2, True)


def test_the_action_says_where_no_fixes_could_be_made(runner: Runner) -> None:
    job = runner.run(charts="charts/demo", fix="safe", config="no such file")
    assert "::warning title=helm-constitution::some charts have no fixes; the log says why" in job.log
    assert (job.status, job.last) == (2, "Pass the exit status on")


def test_the_actions_outputs_name_the_reports(runner: Runner) -> None:
    runner.run(charts="charts/good chart", upload_sarif="true")
    # The last step has no outputs: ask the check's own.
    step = next(step for step in action()["runs"]["steps"] if step.get("id") == "check")
    assert runner.install is not None
    context = {
        "steps.install.outputs.program": runner.install["program"],
        "runner.temp": str(runner.folder / "temp"),
        "inputs.charts": "charts/good chart",
        "inputs.upload-sarif": "true",
    }
    assert runner.script(step, context).returncode == 0
    outputs = dict(line.split("=", 1) for line in (runner.folder / "output").read_text().splitlines())
    assert outputs["status"] == "0"
    assert json.loads(Path(outputs["sarif"]).read_text("utf-8"))["version"] == "2.1.0"
    assert "gate: ✅ pass" in Path(outputs["markdown"]).read_text("utf-8")


def test_each_input_of_the_action_reaches_the_check_as_one_argument(runner: Runner) -> None:
    job = runner.run(charts="charts/good chart", baseline="no such revision", fail_on="never", config="no such file")
    assert job.status == 2
    assert "no such file" in job.log


def test_the_actions_inputs_are_lists_one_a_line_and_nothing_else(runner: Runner) -> None:
    job = runner.run(
        charts="charts/good chart\n\ncharts/demo\n",
        arguments="--fail-on\nnever\n--set\nnote=$(touch evil) `touch evil` ; touch evil",
        annotations="false",
        summary="false",
    )
    assert job.status == 0, job.log
    assert "chart: charts/good chart" in job.log
    assert "chart: charts/demo" in job.log
    assert "::" not in job.log
    assert job.summary == ""
    assert not list(runner.folder.rglob("evil"))


def test_the_action_says_that_nothing_could_be_checked(runner: Runner) -> None:
    job = runner.run(charts="nowhere")
    assert job.status == 2
    assert "nowhere: no such chart" in job.log
    assert "::error title=helm-constitution::nothing could be checked" in job.log


@pytest.fixture(scope="module")
def shell(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which the example for the shell has run once."""
    folder = repository(tmp_path_factory.mktemp("shell") / "repository")
    done = run_shell(folder, variables, "sh", EXAMPLES / "check.sh", "charts/demo")
    assert done.returncode == 1, done.stderr
    return folder


def run_shell(folder: Path, variables: Mapping[str, str], *command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


def test_the_shell_example_leaves_reports_and_the_exit_status(shell: Path, variables: dict[str, str]) -> None:
    assert list(JUnitXml.fromstring((shell / "reports" / "constitution.xml").read_bytes()))
    assert (shell / "reports" / "constitution.md").read_text("utf-8").startswith("## helm-constitution: gate: ❌")
    done = run_shell(shell, variables, "sh", EXAMPLES / "check.sh", "charts/good chart")
    assert done.returncode == 0, done.stderr


def test_the_gitlab_example_writes_what_its_artifacts_name(shell: Path, variables: dict[str, str]) -> None:
    job = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text("utf-8"))["constitution"]
    path = f"{shell / '.venv-helm-constitution' / 'bin'}:{variables['PATH']}"
    done = run_shell(shell, {**variables, "PATH": path}, "sh", "-ec", "\n".join(job["script"]))
    assert done.returncode == 1, done.stderr
    reports = job["artifacts"]["reports"]
    assert json.loads((shell / reports["codequality"]).read_text("utf-8"))[0]["location"]["path"].startswith("charts/")
    assert list(JUnitXml.fromstring((shell / reports["junit"]).read_bytes()))
