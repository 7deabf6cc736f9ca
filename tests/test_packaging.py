"""What is installed: the package with its rules, whole, from a source distribution and from a wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import helm_constitution
from scripts.fetch_wheels import ROOT

pytestmark = pytest.mark.slow

PACKAGE = ROOT / "src" / "helm_constitution"
BUILD_SDIST = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"


@dataclass(frozen=True)
class Built:
    """The files of the project's two distributions, by name."""

    source: frozenset[str]
    wheel: frozenset[str]
    wheel_file: Path


def shipped_files() -> set[str]:
    """Every module and data file in the source tree, by its name once installed."""
    found = set()
    for folder in (PACKAGE, ROOT / "rules"):
        for path in folder.rglob("*"):
            name = Path("helm_constitution", path.relative_to(PACKAGE if folder == PACKAGE else ROOT))
            if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in name.parts):
                found.add(name.as_posix())
    return found


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Built:
    """A source distribution, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    project = folder / "project"
    ignored = shutil.ignore_patterns(".*", "*.egg-info", "build", "dist", "__pycache__", "testdata")
    shutil.copytree(ROOT, project, symlinks=True, ignore=ignored)
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    pip = (sys.executable, "-m", "pip")
    # The tests' own interpreter may have an older setuptools than the build asks for.
    run(*pip, "install", "--target", folder / "setuptools", "setuptools", cwd=folder, **offline)
    run(sys.executable, "-c", BUILD_SDIST, folder, cwd=project, PYTHONPATH=str(folder / "setuptools"))
    (source,) = folder.glob("*.tar.gz")
    run(*pip, "wheel", "--no-deps", "--wheel-dir", folder, source, cwd=folder, **offline)
    (wheel,) = folder.glob("*.whl")
    with tarfile.open(source) as archive:
        names = frozenset(member.name.partition("/")[2] for member in archive if member.isfile())
    with zipfile.ZipFile(wheel) as archive:
        return Built(names, frozenset(archive.namelist()), wheel)


def test_wheel_holds_every_module_and_data_file(built: Built) -> None:
    in_package = {name for name in built.wheel if ".dist-info/" not in name}
    assert sorted(shipped_files() - in_package) == []
    assert sorted(in_package - shipped_files()) == []


def test_wheel_has_no_top_level_rules(built: Built) -> None:
    assert {name.partition("/")[0].partition("-")[0] for name in built.wheel} == {"helm_constitution"}


def test_wheel_holds_the_licence(built: Built) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in built.wheel)


def test_source_distribution_can_be_built_and_read(built: Built) -> None:
    assert {"LICENSE", "README.md", "pyproject.toml", "setup.py", "rules/__init__.py"} <= built.source


def test_installed_program_starts_and_finds_its_rules(built: Built, tmp_path: Path) -> None:
    with zipfile.ZipFile(built.wheel_file) as archive:
        archive.extractall(tmp_path)
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from helm_constitution import rules; "
        "from helm_constitution.lint import registry; "
        "print(rules.__file__, len(registry.rules()))"
    )
    place, count = run(sys.executable, "-c", script, tmp_path, cwd=tmp_path).split()
    assert Path(place) == tmp_path / "helm_constitution" / "rules" / "__init__.py"
    assert int(count) > 0


def test_rules_come_from_the_top_level_folder() -> None:
    from helm_constitution import rules

    assert rules.__file__ is not None
    assert Path(rules.__file__).resolve() == ROOT / "rules" / "__init__.py"


def test_plugin_has_the_programs_version() -> None:
    manifest = yaml.safe_load((ROOT / "plugin.yaml").read_text(encoding="utf-8"))
    assert manifest["version"] == helm_constitution.__version__


def test_changelog_names_the_version() -> None:
    assert f"## [{helm_constitution.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_nothing_imports_a_top_level_rules() -> None:
    """That name belongs to another distribution."""
    sources = [*PACKAGE.rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    lines = [line for path in sources for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if line.startswith(("import rules", "from rules"))] == []


def test_python_versions_are_told_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    least = project["project"]["requires-python"].removeprefix(">=")
    assert project["tool"]["mypy"]["python_version"] == least
    assert project["tool"]["ruff"]["target-version"] == f"py{least.replace('.', '')}"
    assert f"version_info < ({least.replace('.', ', ')})" in (ROOT / "scripts" / "find_python.sh").read_text()
