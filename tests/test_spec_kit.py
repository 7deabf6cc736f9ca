"""The packages for spec-kit: their manifests, their templates, and what the real ``specify`` makes of them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from helm_constitution.cli.plan import fill_plan
from helm_constitution.core.model import Verdict
from helm_constitution.lint import registry
from helm_constitution.policy.constitution import Constitution, parse_constitution
from helm_constitution.policy.faults import constitution_faults, constitution_remarks
from helm_constitution.report.model import ChartReport, PrincipleReport
from scripts.document_site import DOCS
from scripts.spec_kit import BUILT_IN, FOLDER, TEMPLATE, constitution_template
from tests.command_lines import parse
from tests.report.support import chart

PAGE = DOCS / "how-to" / "spec-kit.md"
PLAN = FOLDER / "preset" / "templates" / "plan-template.md"
PLACEHOLDERS = {
    "[PROJECT_NAME]": "Web",
    "[CONSTITUTION_VERSION]": "1.0.0",
    "[RATIFICATION_DATE]": "2026-11-30",
    "[LAST_AMENDED_DATE]": "2026-11-30",
}
AGENT = """\
#!/bin/sh
# Does what an agent would, as far as the workflow needs it.
case "$2" in
*speckit-specify*) .specify/scripts/bash/create-new-feature.sh --json web ;;
*speckit-plan*) .specify/scripts/bash/setup-plan.sh ;;
*speckit-implement*) helm-constitution create charts/web && echo 'neverRead: 1' >> charts/web/values.yaml ;;
esac
"""


def manifest(path: str) -> dict[str, Any]:
    document = yaml.safe_load((FOLDER / path).read_text("utf-8"))
    assert isinstance(document, dict)
    return document


def filled_template() -> str:
    """The constitution template as a project fills it."""
    text = TEMPLATE.read_text("utf-8")
    for placeholder, words in PLACEHOLDERS.items():
        text = text.replace(placeholder, words)
    return text


def built_in() -> Constitution:
    return parse_constitution(BUILT_IN.read_text("utf-8"), "constitution.md", registry.modules())


def test_the_manifests_name_files_that_exist() -> None:
    commands = manifest("extension/extension.yml")["provides"]["commands"]
    named = {command["file"] for command in commands}
    there = {f"commands/{file.name}" for file in (FOLDER / "extension" / "commands").iterdir()}
    assert named == there
    assert all(command["file"] == f"commands/{command['name']}.md" for command in commands)
    templates = manifest("preset/preset.yml")["provides"]["templates"]
    assert {one["file"] for one in templates} == {f"templates/{file.name}" for file in PLAN.parent.iterdir()}


def test_each_hook_runs_a_command_of_the_extension() -> None:
    extension = manifest("extension/extension.yml")
    hooks = {event: hook["command"] for event, hook in extension["hooks"].items()}
    assert set(hooks) == {"before_plan", "after_plan", "after_implement"}
    assert set(hooks.values()) == {command["name"] for command in extension["provides"]["commands"]}
    assert all(hook["optional"] is False for hook in extension["hooks"].values())


def test_the_commands_tell_the_agent_what_they_do() -> None:
    described = {one["name"]: one["description"] for one in manifest("extension/extension.yml")["provides"]["commands"]}
    for name, description in described.items():
        text = (FOLDER / "extension" / "commands" / f"{name}.md").read_text("utf-8")
        head = yaml.safe_load(text.split("---\n")[1])
        assert head == {"description": description}


def test_the_gate_is_the_last_step_of_the_workflow_and_a_shell_step() -> None:
    workflow = manifest("workflow/workflow.yml")
    steps = workflow["steps"]
    assert len({step["id"] for step in steps}) == len(steps)
    assert steps[-1] == {"id": "gate", "type": "shell", "run": 'helm-constitution check "{{ inputs.chart }}"'}
    used = set(re.findall(r"inputs\.(\w+)", yaml.safe_dump(steps))) | {step.get("verdict_input") for step in steps}
    assert used - {None} == set(workflow["inputs"])


def uses() -> Iterator[str]:
    """Every use of the program in the extension's commands and the workflow's steps."""
    for file in sorted((FOLDER / "extension" / "commands").iterdir()):
        for block in re.findall(r"^ *```bash\n(.*?)```", file.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            yield from (line.strip() for line in block.splitlines() if line.strip())
    for step in manifest("workflow/workflow.yml")["steps"]:
        if (found := re.search(r"helm-constitution .*", step.get("run", ""))) is not None:
            yield found[0]


@pytest.mark.parametrize("use", list(uses()))
def test_commands_and_options_exist(use: str) -> None:
    program, _, arguments = use.partition(" ")
    assert program == "helm-constitution"
    parse(arguments)


def test_the_constitution_template_is_current() -> None:
    """`make docs` writes it anew."""
    assert TEMPLATE.read_text("utf-8") == constitution_template()


def test_the_constitution_template_has_the_principles_and_pins_of_the_built_in_constitution() -> None:
    def shape(constitution: Constitution) -> list[object]:
        return [
            (principle.title, one.text, one.obligation, one.forbids, [(pin.rule, pin.by_default) for pin in one.pins])
            for principle in constitution.principles
            for one in principle.statements
        ]

    filled = parse_constitution(filled_template(), "constitution.md", registry.modules())
    assert len(filled.principles) == 10
    assert shape(filled) == shape(built_in())


def test_the_constitution_template_has_no_fault_once_it_is_filled() -> None:
    modules = registry.modules()
    unfilled = [message for _, message in constitution_faults(TEMPLATE.read_text("utf-8"), "x", modules)]
    assert sorted(unfilled) == sorted(f"the template's placeholder {one} is not filled in" for one in PLACEHOLDERS)
    assert constitution_faults(filled_template(), "x", modules) == []
    assert constitution_remarks(filled_template(), modules) == []


def checked() -> ChartReport:
    """A chart that keeps all ten principles."""
    principles = tuple(PrincipleReport(one.key, one.title, Verdict.PASS, "3 of 3", ()) for one in built_in().principles)
    return chart()._replace(principles=principles)


def test_the_plan_template_is_filled_twice_the_same_and_gets_no_new_entry() -> None:
    template, modules = PLAN.read_text("utf-8"), registry.modules()
    filled = fill_plan(template, checked(), (), modules, file="plan.md")
    assert fill_plan(filled, checked(), (), modules, file="plan.md") == filled
    found = " <!-- helm-constitution -->pass; 3 of 3<!-- /helm-constitution -->"
    assert filled.count(found) == 10
    assert filled.replace(found, "").replace("- [x] **", "- [ ] **") == template


def test_the_plan_template_has_the_principles_in_their_order() -> None:
    titles = re.findall(r"^- \[ \] \*\*(.+?)\*\*: \S", PLAN.read_text("utf-8"), re.MULTILINE)
    assert titles == [re.sub(r"^[IVX]+\. ", "", principle.title) for principle in built_in().principles]


def page_commands() -> list[str]:
    """What the guide tells a user to type, in its order."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@pytest.mark.slow
def test_the_guide_leads_from_specify_init_to_a_gated_chart(tmp_path: Path) -> None:
    """Its commands are run, by the real specify; a script stands in for the agent."""
    shutil.copytree(FOLDER, tmp_path / "helm-constitution" / "spec-kit")
    agent = tmp_path / "bin" / "claude"
    agent.parent.mkdir()
    agent.write_text(AGENT, "utf-8")
    agent.chmod(0o755)
    path = f"{agent.parent}:{Path(sys.executable).parent}:/usr/bin:/bin"
    environment = {"PATH": path, "HOME": str(tmp_path), "GIT_CONFIG_GLOBAL": os.devnull}
    project = tmp_path / "web"

    def run(line: str, folder: Path = project) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            shlex.split(line, comments=True),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    specify = [line for line in page_commands() if line.startswith("specify ")]
    assert [line.split()[1] for line in specify] == ["init", "extension", "preset", "workflow", *["workflow"] * 4]
    for number, line in enumerate(specify[:4]):
        done = run(line, project if number else tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr

    hooks = yaml.safe_load((project / ".specify" / "extensions.yml").read_text("utf-8"))["hooks"]
    assert set(hooks) == {"before_plan", "after_plan", "after_implement"}
    resolved = run(".specify/scripts/bash/resolve-template.sh constitution-template").stdout
    assert resolved == TEMPLATE.read_text("utf-8")
    constitution = project / ".specify" / "memory" / "constitution.md"
    assert run("helm-constitution constitution check").returncode == 2  # spec-kit's template, unfilled
    constitution.write_text(filled_template(), "utf-8")
    assert run("helm-constitution constitution check").returncode == 0

    started, spec, plan, again = specify[4:]
    paused = json.loads(run(f"{started} --json").stdout)
    assert paused["status"] == "paused"
    assert "paused" in run(spec.replace("RUN_ID", paused["run_id"])).stdout
    assert run("cat specs/001-web/plan.md").stdout == PLAN.read_text("utf-8")  # no chart yet, so nothing is filled
    failed = run(plan.replace("RUN_ID", paused["run_id"]))
    assert "[gate]" in failed.stdout
    assert failed.returncode == 1
    assert "**: Each new setting is a documented value with a default and a type in the schema <!-- helm-const" in (
        written := run("cat specs/001-web/plan.md").stdout
    )
    assert written.count("<!-- helm-constitution -->") == 10
    assert run("helm-constitution check charts/web").stdout.startswith("FAIL  web")

    values = project / "charts" / "web" / "values.yaml"
    values.write_text(values.read_text("utf-8").replace("neverRead: 1\n", ""), "utf-8")
    completed = run(again.replace("RUN_ID", paused["run_id"]))
    assert completed.returncode == 0, completed.stdout
    assert run("helm-constitution check charts/web").stdout.startswith("PASS  web")
