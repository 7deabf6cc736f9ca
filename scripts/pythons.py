"""Runs the fast tests on each Python that pyproject.toml allows and that is here: the oldest of each minor version.

``python -m scripts.pythons`` looks on PATH, in /usr/bin, and at what pyenv and uv have installed; what is not there is
said and fails nothing. Each gets an environment of its own in the development cache, by uv, which needs no ensurepip.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from scripts.fetch_helm import HelmMissing, cache_folder, find_helm
from scripts.fetch_wheels import ROOT

OLDEST = (3, 11)
# No helm, no installation: what differs between Pythons is in the readers and parsers.
FAST = ("tests/core", "tests/text", "tests/templates", "tests/kubernetes")
NEEDED = ("cel-expr-python", "hypothesis", "pytest", "pytest-xdist", "markdown-it-py", "junitparser")
_VERSION = "import sys; print('.'.join(map(str, sys.version_info[:3])), sys.implementation.name)"


class Python(NamedTuple):
    """An interpreter and its version."""

    version: tuple[int, int, int]
    path: Path

    @property
    def shown(self) -> str:
        """The version, as Python writes it."""
        return ".".join(map(str, self.version))


def candidates() -> Iterator[Path]:
    """Files that may be a Python, some of them twice or not there."""
    versions = "versions/*/bin/python3"
    yield from Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv").glob(versions)
    yield from (Path.home() / ".pyenv").glob(versions)
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    managed = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    yield from managed.glob("*/bin/python3")
    for folder in (*os.get_exec_path(), "/usr/bin"):
        yield from (file for file in Path(folder).glob("python3*") if re.fullmatch(r"python3(\.\d+)?", file.name))


def installed(files: Iterable[Path]) -> list[Python]:
    """Those of the files that are a CPython which pyproject.toml allows, oldest first."""
    found = {}
    for file in {path.resolve() for path in files}:
        try:
            asked = subprocess.run([file, "-I", "-c", _VERSION], capture_output=True, text=True, check=True, timeout=20)
        except (OSError, subprocess.SubprocessError):
            continue  # not there, or pyenv's stand-in for a version that nobody chose
        version, name = asked.stdout.split()
        major, minor, patch = map(int, version.split("."))
        if name == "cpython" and (major, minor) >= OLDEST:
            found[file] = Python((major, minor, patch), file)
    return sorted(found.values())


def chosen(pythons: Iterable[Python]) -> list[Python]:
    """The oldest of each minor version."""
    oldest: dict[tuple[int, int], Python] = {}
    for python in sorted(pythons):
        oldest.setdefault(python.version[:2], python)
    return list(oldest.values())


def missing(pythons: Iterable[Python]) -> list[str]:
    """The minor versions that pyproject.toml names and that are not here."""
    here = {f"{python.version[0]}.{python.version[1]}" for python in pythons}
    named = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text("utf-8"))
    return [version for version in named if version not in here]


def environment(python: Python) -> Path:
    """The interpreter of an environment with what the tests need, made where it is missing."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extra = [one for one in project["optional-dependencies"]["test"] if re.split(r"[<>=]", one)[0] in NEEDED]
    wanted = [*project["dependencies"], *extra]
    digest = hashlib.sha256("\n".join([str(python.path), *wanted]).encode()).hexdigest()[:12]
    folder = cache_folder() / "pythons" / f"{python.shown}-{digest}"
    interpreter = folder / "bin" / "python"
    ready = folder / "ready"
    if not ready.is_file():
        uv = (sys.executable, "-m", "uv", "--quiet")
        subprocess.run([*uv, "venv", "--clear", "--python", python.path, folder], check=True)
        subprocess.run([*uv, "pip", "install", "--python", interpreter, *wanted], check=True)
        ready.touch()
    return interpreter


def check(python: Python, helm: Path | None) -> bool:
    """Runs the fast tests, and a check of the demo chart; tells whether both went as they should."""
    begin = time.monotonic()
    try:
        interpreter = environment(python)
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"Python {python.shown}: no environment ({error})\n")
        return False
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    variables.pop("VIRTUAL_ENV", None)
    options = ("-n", "auto", "-p", "no:cacheprovider", "-m", "not helm")
    tests: list[str | Path] = [interpreter, "-m", "pytest", *options, *FAST]
    passed = subprocess.run(tests, cwd=ROOT, env=variables, check=False).returncode == 0
    if helm is not None:
        demo: list[str | Path] = [interpreter, "-m", "helm_constitution", "check", "--no-cache", "--engine", "cli"]
        demo.append("testdata/charts/demo")
        variables["HELM_BIN"] = str(helm)
        done = subprocess.run(demo, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
        if done.returncode != 1:  # the chart has faults on purpose
            passed = False
            sys.stderr.write(f"the check of the demo chart ended with {done.returncode}: {done.stderr}\n")
    outcome = "passed" if passed else "FAILED"
    print(f"Python {python.shown} ({python.path}): {outcome} in {time.monotonic() - begin:.0f} s", flush=True)
    return passed


def main() -> int:
    """Exit status 1 where a test fails on a Python that is here."""
    parser = argparse.ArgumentParser(prog="scripts.pythons", description=__doc__.split("\n\n")[0])
    parser.add_argument("--list", action="store_true", help="say which Pythons would be used, run nothing")
    options = parser.parse_args()
    pythons = chosen(installed(candidates()))
    for version in missing(pythons):
        print(f"Python {version}: not here, so nothing runs on it")
    if options.list:
        for python in pythons:
            print(f"Python {python.shown}: {python.path}")
        return 0
    try:
        helm = find_helm(4)
    except HelmMissing as error:
        helm = None
        print(f"no check of the demo chart: {error}")
    passed = [check(python, helm) for python in pythons]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
