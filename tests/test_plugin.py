"""The Helm plugin, installed and run by real Helm 3 and Helm 4, without a network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from uv import find_uv_bin

from scripts.fetch_wheels import ROOT
from tests.cases import BASE, CHARTS

pytestmark = pytest.mark.slow

NAME = "helm-constitution"
ASKS_FOR_INPUT = {
    "Chart.yaml": "apiVersion: v2\nname: asks\nversion: 0.1.0\n",
    "templates/x.yaml": '{{ fail (printf "this is namespace %s" .Release.Namespace) }}\n',
}


@dataclass
class Home:
    """A user's home, on a machine that has helm, a shell, git and Python, and wheels instead of a network."""

    helm: Path
    folder: Path
    wheels: Path
    installer: str
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        binaries = self.folder / "bin"
        binaries.mkdir(parents=True)
        # The plain interpreter: a virtual environment's would be found by its symlink.
        (binaries / "python3").write_text(f'#!/bin/sh\nexec "{sys._base_executable}" "$@"\n', encoding="utf-8")  # type: ignore[attr-defined]
        (binaries / "python3").chmod(0o755)
        if self.installer == "uv":
            (binaries / "uv").symlink_to(find_uv_bin())
        self.variables = {
            "PATH": f"{binaries}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "HELM_DATA_HOME": str(self.folder / "data"),
            "HELM_CACHE_HOME": str(self.folder / "cache"),
            "HELM_CONFIG_HOME": str(self.folder / "config"),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "UV_OFFLINE": "1",
            "UV_NO_INDEX": "1",
            "UV_FIND_LINKS": str(self.wheels),
            "UV_PYTHON_DOWNLOADS": "never",
            "GIT_CONFIG_GLOBAL": os.devnull,
        }

    @property
    def plugins(self) -> Path:
        return self.folder / "data" / "plugins"

    def run(
        self,
        *arguments: str | Path,
        helm: str | Path | None = None,
        cwd: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [helm or self.helm, *arguments],
            cwd=cwd or self.folder,
            env={**self.variables, **(variables or {})},
            capture_output=True,
            text=True,
            check=False,
        )

    def install(self, source: Path | str, *, find_links: str | None = None) -> subprocess.CompletedProcess[str]:
        # Helm 4 wants a signature of what comes from a URL; Helm 3 doesn't know the option.
        from_url = "://" in str(source) and self.run("version", "--short").stdout.startswith("v4")
        options = ["--verify=false"] if from_url else []
        variables = {} if find_links is None else {"PIP_FIND_LINKS": find_links}
        return self.run("plugin", "install", *options, source, variables=variables)

    def folders(self) -> set[str]:
        return {path.name for path in self.plugins.iterdir()}


def write(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def copy_of_plugin(folder: Path) -> Path:
    """This repository, as far as the plugin needs it."""
    folder.mkdir(parents=True)
    for name in ("plugin.yaml", "plugin.complete", "pyproject.toml", "setup.py", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    for name in ("src", "rules", "scripts"):
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=ignored)
    return folder


def ended_well(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def home(helm: Path, wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """With the plugin installed from a folder, by uv."""
    home = Home(helm, tmp_path_factory.mktemp("home") / "user", wheels, installer="uv")
    source = copy_of_plugin(home.folder / NAME)
    before = {path for path in source.rglob("*") if path.is_file()}
    ended_well(home.install(source))
    assert home.folders() == {NAME, f"{NAME}.venv"}
    assert {path for path in source.rglob("*") if path.is_file()} == before, "installing leaves nothing in the folder"
    return home


def test_a_kept_constitution_ends_with_0(home: Home) -> None:
    done = home.run("constitution", "check", "--format", "json", BASE)
    report = json.loads(ended_well(done))
    version = home.run("version", "--template", "{{.Version}}").stdout
    assert report["engine"]["name"] == "cli"
    assert report["engine"]["helm"] == version


def test_a_broken_one_ends_with_1(home: Home) -> None:
    done = home.run("constitution", "check", CHARTS / "demo")
    assert done.returncode == 1, done.stderr
    assert "security/host-path" in done.stdout


def test_what_can_not_be_judged_ends_with_2(home: Home) -> None:
    done = home.run("constitution", "check", "nowhere")
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["-n", "shop", "constitution"], ["constitution", "--namespace", "shop"]])
def test_helm_takes_the_namespace_and_passes_it_on(home: Home, tmp_path: Path, arguments: list[str]) -> None:
    chart = write(tmp_path, ASKS_FOR_INPUT)
    done = home.run(*arguments, "check", "--format", "json", chart)
    assert json.loads(done.stdout)["charts"][0]["scenarios"][0]["message"] == "this is namespace shop"


def test_helm_takes_debug_and_passes_it_on(home: Home) -> None:
    ended_well(home.run("constitution", "check", "--debug", BASE))


def test_helm_may_be_started_by_a_relative_path(home: Home, tmp_path: Path) -> None:
    (tmp_path / "helm").symlink_to(home.helm)
    chart = shutil.copytree(BASE, tmp_path / "web")
    ended_well(home.run("constitution", "check", chart, helm="./helm", cwd=tmp_path))
    ended_well(home.run("constitution", "check", helm="../helm", cwd=chart))


def test_modules_in_the_charts_folder_do_not_take_over(home: Home, tmp_path: Path) -> None:
    chart = shutil.copytree(BASE, tmp_path / "web")
    write(chart, dict.fromkeys(["json.py", "click.py", "yaml.py"], "raise SystemExit('taken over')\n"))
    ended_well(home.run("constitution", "check", cwd=chart, variables={"PYTHONPATH": str(chart)}))


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["ch"], ["check", ":4"]),
        (["comp"], ["completion", ":4"]),
        (["check", "--engine", "c"], ["cli", ":4"]),
        (["check", "--kube-v"], ["--kube-version", ":4"]),
        (["explain", "security/root-us"], ["security/root-user", ":4"]),
        (["check", "--select", "docs,security/root-us"], ["docs,security/root-user", ":4"]),
        (["check", "--ignore", "docs/no-chang"], ["docs/no-changelog", ":4"]),
        (["check", "--format", "gith"], ["github", ":4"]),
        (["check", "-f", ""], [":0"]),
        (["check", 'a "quoted\\ folder', "--engine", "e"], ["embedded", ":4"]),
        (["check", "--engine", "cli", "a folder"], [":0"]),
    ],
)
def test_tab_completes(home: Home, words: list[str], offered: list[str]) -> None:
    assert ended_well(home.run("__complete", "constitution", *words)).split("\n")[:-1] == offered


def test_bytecode_is_compiled(home: Home) -> None:
    (package,) = (home.plugins / f"{NAME}.venv").glob("lib/python3*/site-packages/helm_constitution")
    modules = {path.stem for path in package.glob("*.py")}
    assert {path.name.partition(".")[0] for path in (package / "__pycache__").glob("*.pyc")} == modules


def test_from_git_by_uv_with_update_and_uninstall(helm: Path, wheels: Path, tmp_path: Path) -> None:
    home = Home(helm, tmp_path / "user", wheels, installer="uv")
    repository = copy_of_plugin(tmp_path / "repositories" / NAME)

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *arguments], cwd=repository, env=home.variables, check=True)

    def release(version: str) -> None:
        for name in ("src/helm_constitution/__init__.py", "plugin.yaml"):
            text = (repository / name).read_text(encoding="utf-8")
            (repository / name).write_text(text.replace(current[0], version), encoding="utf-8")
        git("commit", "--quiet", "--all", "--message", version)
        current[0] = version

    current = ["0.1.0"]
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "0.1.0")
    ended_well(home.install(repository.as_uri()))
    folder = next(name for name in home.folders() if not name.endswith(".venv"))
    assert home.folders() == {folder, f"{folder}.venv"}
    assert "0.1.0" in ended_well(home.run("constitution", "--version"))

    release("0.1.1")
    ended_well(home.run("plugin", "update", "constitution"))
    assert "0.1.1" in ended_well(home.run("constitution", "--version"))

    release("0.1.2")
    empty = str(write(tmp_path / "empty", {"x": ""}))
    offline = {"UV_FIND_LINKS": empty, "UV_NO_CACHE": "1"}
    failed = home.run("plugin", "update", "constitution", variables=offline)
    assert failed.returncode != 0
    assert "The version that was installed before stays." in failed.stdout + failed.stderr
    assert "0.1.1" in ended_well(home.run("constitution", "--version"))

    ended_well(home.run("plugin", "uninstall", "constitution"))
    assert home.folders() == set()


def test_a_failed_install_says_what_to_do(helm: Path, wheels: Path, tmp_path: Path) -> None:
    home = Home(helm, tmp_path / "user", wheels, installer="pip")
    source = copy_of_plugin(tmp_path / NAME)
    empty = str(write(tmp_path / "empty", {"x": ""}))
    failed = home.install(source, find_links=empty)
    assert failed.returncode != 0
    assert "helm plugin uninstall constitution" in failed.stdout + failed.stderr
    assert home.folders() == {NAME}
    unready = home.run("constitution", "--version")
    assert unready.returncode == 2
    assert "helm plugin uninstall constitution" in unready.stderr
    ended_well(home.run("plugin", "uninstall", "constitution"))
    ended_well(home.install(source))
    assert ended_well(home.run("constitution", "--version"))


def find_python(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", ROOT / "scripts" / "find_python.sh"],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def fake_python(folder: Path, name: str, script: str) -> None:
    write(folder, {name: f"#!/bin/sh\n{script}\n"})
    (folder / name).chmod(0o755)


def test_a_newer_python_is_found_beside_an_old_one(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3", "exit 1")
    fake_python(tmp_path, "python3.12", "exit 0")
    assert ended_well(find_python(tmp_path)) == "python3.12\n"


@pytest.mark.parametrize(
    ("scripts", "message"),
    [
        ({}, "there is no python3 on PATH"),
        ({"python3": 'case "$*" in -V) echo Python 3.9.2 ;; *) exit 1 ;; esac'}, "python3 is Python 3.9.2"),
        ({"python3": 'case "$*" in *ensurepip*) exit 1 ;; esac'}, "apt install python3-venv"),
    ],
    ids=["none", "old", "no venv"],
)
def test_no_python_that_serves(tmp_path: Path, scripts: dict[str, str], message: str) -> None:
    for name, script in scripts.items():
        fake_python(tmp_path, name, script)
    done = find_python(tmp_path)
    assert done.returncode == 1
    assert message in done.stderr
