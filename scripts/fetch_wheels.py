"""Gathers the wheels that installing this project needs, so that the tests can install it without a network.

``python -m scripts.fetch_wheels`` is a part of ``make setup``; it fetches only what the cache does not hold yet.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from scripts.fetch_helm import cache_folder

ROOT = Path(__file__).resolve().parent.parent


def requirements() -> list[str]:
    """What the project needs to be built and to run, Helm's own library with it."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = document["project"]
    embedded = project["optional-dependencies"]["embedded"]
    return sorted([*document["build-system"]["requires"], *project["dependencies"], *embedded])


def wheel_folder() -> Path:
    """Where they are kept: a folder for each Python version and set of requirements."""
    digest = hashlib.sha256("\n".join(requirements()).encode()).hexdigest()[:12]
    return cache_folder() / f"wheels-{sys.implementation.cache_tag}-{digest}"


def main() -> int:
    """Fills the folder. Exit status 1 where pip can't get a wheel."""
    folder = wheel_folder()
    if folder.is_dir():
        return 0
    folder.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.write(f"gathering wheels in {folder}\n")
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        wheels = Path(temporary, "wheels")
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
        if subprocess.run([*command, "--wheel-dir", wheels, *requirements()], check=False).returncode:
            return 1
        os.replace(wheels, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
