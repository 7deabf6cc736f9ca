"""The hooks, installed and run by the real pre-commit on a repository with several charts, without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.fetch_wheels import ROOT
from tests.cases import BASE
from tests.test_plugin import copy_of_plugin, write

pytestmark = pytest.mark.slow

BAD_VALUES = "# How many pods run.\nreplicas: 1\nundocumented: 2\n"
CONSTITUTION = "# Ours\n\n## Values\n\nValues MUST have comments. <!-- rules: values/undocumented -->\n"


@dataclass
class Repository:
    """A team's repository, with the hooks installed."""

    folder: Path
    variables: Mapping[str, str]

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=self.folder, env=self.variables, capture_output=True, text=True, check=False)

    def git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        identity = ("-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false")
        return self.run("git", *identity, *arguments)

    def commit(self, message: str, *, skip_hooks: bool = False) -> subprocess.CompletedProcess[str]:
        self.git("add", "--all")
        return self.git("commit", "--message", message, *(["--no-verify"] if skip_hooks else []))

    def hook(self, hook_id: str, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "pre_commit", "run", hook_id, "--hook-stage", "manual", *options)


def checked(output: str) -> list[str]:
    """The charts that a run has checked, in order."""
    return [line.removeprefix("chart: ") for line in output.splitlines() if line.startswith("chart: ")]


@pytest.fixture(scope="module")
def repository(wheels: Path, helm4: Path, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Three charts, of which one has a subchart, under a constitution of their own; pre-commit is installed."""
    folder = tmp_path_factory.mktemp("pre-commit")
    binaries = write(folder / "bin", {"x": ""})
    (binaries / "helm").symlink_to(helm4)
    variables = {
        "PATH": f"{binaries}:{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(folder),
        "PRE_COMMIT_HOME": str(folder / "hooks"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    tool = Repository(copy_of_plugin(folder / "tool"), variables)
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", tool.folder)
    tool.git("init", "--quiet")
    assert tool.commit("first").returncode == 0
    revision = tool.git("rev-parse", "HEAD").stdout.strip()

    team = Repository(folder / "team", variables)
    for name in ("charts/web", "charts/api", "other/deep/job"):
        shutil.copytree(BASE, team.folder / name)
    with (team.folder / "charts/web/Chart.yaml").open("a") as file:
        file.write("dependencies:\n  - name: db\n    version: 1.0.0\n    repository: https://charts.example.org\n")
    write(
        team.folder,
        {
            "constitution.md": CONSTITUTION,
            "charts/web/charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
            "README.md": "# Charts\n",
            ".pre-commit-config.yaml": f"repos:\n  - repo: {tool.folder}\n    rev: {revision}\n    hooks:\n"
            "      - id: helm-constitution\n        alias: changed\n"
            "      - id: helm-constitution-all\n        stages: [manual]\n"
            "      - id: helm-constitution-fix\n        stages: [manual]\n"
            "      - id: helm-constitution\n        alias: embedded\n        args: [--engine, embedded]\n"
            "        stages: [manual]\n",
        },
    )
    team.git("init", "--quiet")
    assert team.commit("first", skip_hooks=True).returncode == 0
    installed = team.run(sys.executable, "-m", "pre_commit", "install", "--install-hooks")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return team


@pytest.fixture
def team(repository: Repository) -> Iterator[Repository]:
    """As it was committed."""
    head = repository.git("rev-parse", "HEAD").stdout.strip()
    yield repository
    repository.git("reset", "--quiet", "--hard", head)
    repository.git("clean", "--quiet", "--force", "-d")


def test_a_commit_checks_the_chart_of_its_files_once(team: Repository) -> None:
    write(team.folder, {"charts/web/values.yaml": BAD_VALUES, "charts/web/ci/odd name%20:x-values.yaml": "a: 1\n"})
    done = team.commit("change")
    assert done.returncode == 1
    assert "Failed" in done.stderr
    assert checked(done.stderr) == ["charts/web"]
    assert "error[values/undocumented]" in done.stderr
    assert "--> charts/web/values.yaml:3:1" in done.stderr


def test_a_good_commit_passes(team: Repository) -> None:
    write(team.folder, {"charts/api/templates/NOTES.txt": "Thank you.\n"})
    done = team.commit("change")
    assert (done.returncode, "Passed" in done.stderr) == (0, True), done.stderr


def test_several_charts_are_checked_once_each_and_a_subchart_by_its_parent(team: Repository) -> None:
    files = {
        "charts/web/charts/db/values.yaml": "a: 1\n",
        "charts/web/Chart.lock": "dependencies: []\n",
        "other/deep/job/values.yaml": BAD_VALUES,
        "other/deep/job/README.md": "# Job\n",
    }
    write(team.folder, files)
    done = team.commit("change")
    assert checked(done.stderr) == ["charts/web", "other/deep/job"]


def test_a_file_of_no_chart_passes_silently(team: Repository) -> None:
    write(team.folder, {"README.md": "# Our charts\n", "docs/files/x": "x\n", "Makefile": "x:\n"})
    done = team.commit("change")
    assert done.returncode == 0
    assert "helm-constitution....." in done.stderr
    assert checked(done.stderr) == []


def test_another_constitution_checks_every_chart_that_it_rules(team: Repository) -> None:
    write(team.folder, {"constitution.md": CONSTITUTION.replace("Values MUST", "All values MUST")})
    done = team.hook("changed", "--files", "constitution.md", "--verbose")
    assert done.returncode == 0, done.stdout
    assert checked(done.stdout) == ["charts/api", "charts/web", "other/deep/job"]


def test_the_hook_brings_helms_own_library(team: Repository) -> None:
    done = team.hook("embedded", "--files", "charts/api/values.yaml", "--verbose")
    assert done.returncode == 0, done.stdout
    assert "engine: embedded" in done.stdout


def test_a_commit_that_only_deletes_is_seen_by_the_hook_for_all_charts(team: Repository) -> None:
    write(team.folder, {"other/deep/job/values.yaml": BAD_VALUES})
    assert team.commit("unseen", skip_hooks=True).returncode == 0
    (team.folder / "charts/api/templates/NOTES.txt").unlink(missing_ok=True)
    (team.folder / "charts/api/README.md").unlink()
    team.git("add", "--all")
    assert "Skipped" in team.hook("changed").stdout
    done = team.hook("helm-constitution-all", "--all-files")
    assert done.returncode == 1
    assert checked(done.stdout) == ["charts/api", "charts/web", "other/deep/job"]


def test_the_hook_for_fixes_changes_the_files_and_fails_until_they_are_staged(team: Repository) -> None:
    constitution = "# Ours\n\n## Templates\n\nTemplates MUST be tidy. <!-- rules: templates/spacing -->\n"
    template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{.Release.Name}}  # as it is\n"
    write(team.folder, {"constitution.md": constitution, "charts/api/templates/config.yaml": template})
    team.git("add", "--all")
    files = ("--files", "charts/api/templates/config.yaml", "charts/api/values.yaml")
    done = team.hook("helm-constitution-fix", *files, "--verbose")
    assert done.returncode == 1
    assert "files were modified by this hook" in done.stdout
    assert done.stdout.count("fix applied") == 1
    fixed = template.replace("{{.Release.Name}}", "{{ .Release.Name }}")
    assert (team.folder / "charts/api/templates/config.yaml").read_text("utf-8") == fixed
    team.git("add", "--all")
    again = team.hook("helm-constitution-fix", *files)
    assert (again.returncode, "Passed" in again.stdout) == (0, True), again.stdout
