"""Charts that the fleet's tests write, package and commit."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from tests.support import WEB, write


def write_chart(root: Path, name: str, version: str = "1.0.0") -> Path:
    """A chart with findings, in a folder of its name."""
    files = {path.replace("web/", f"{name}/", 1): text for path, text in WEB.items() if path.startswith("web/")}
    files[f"{name}/Chart.yaml"] = f"apiVersion: v2\nname: {name}\nversion: {version}\n"
    write(root, files)
    return root / name


def package(chart: Path) -> bytes:
    """A chart as ``helm package`` packs it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        archive.add(chart, chart.name)
    return out.getvalue()


def git(folder: Path, *arguments: str) -> None:
    """Runs git, with a name and no settings of the user's."""
    names = {f"GIT_{who}_{what}": "ours@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *arguments], cwd=folder, env={**os.environ, **names, **settings}, check=True)


def commit(folder: Path, *tags: str) -> None:
    """Commits everything, and tags it."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A release")
    for tag in tags:
        git(folder, "tag", tag)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """A cache and a folder for temporary files of its own, and no helm of the user's."""
    (folder / "tmp").mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HELM_")}
    places = {"XDG_CACHE_HOME": str(folder / "cache"), "TMPDIR": str(folder / "tmp")}
    homes = {f"HELM_{name}_HOME": str(folder / "helm" / name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
    return {**kept, **places, **homes, **more}


def fleet(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs the command in a folder, with the embedded engine."""
    return subprocess.run(
        [sys.executable, "-m", "helm_constitution", "fleet", "--engine", "embedded", *arguments],
        cwd=folder,
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        check=False,
    )


def matrix(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    """The charts of a JSON matrix, by what it calls them."""
    return {chart["path"]: chart for chart in json.loads(done.stdout)["fleet"]}
