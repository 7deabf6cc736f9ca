"""Builds the API server and the etcd that the tests of ``check --cluster`` run, into the development cache.

``python -m scripts.build_cluster`` needs Go 1.26 and gets the modules through its module proxy; what is built is pinned
by ``scripts/cluster/go.mod`` and ``go.sum``. It takes ten minutes on two cores once, and nothing while what was built
is there. ``--check`` only says by the exit status whether it is.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from scripts.fetch_helm import cache_folder

MODULE = Path(__file__).resolve().parent / "cluster"
PACKAGES: Mapping[str, str] = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
}
"""The binaries, and the packages that they are built from."""
_VERSION = "k8s.io/component-base/version"


class ClusterMissing(Exception):
    """There is no API server to run; the message says how to get one."""


def kubernetes_version() -> str:
    """The version that go.mod names, ``v1.36.3``."""
    found = re.search(r"^\s*k8s\.io/kubernetes (v\S+)$", (MODULE / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


def cluster_folder() -> Path:
    """Where the binaries are kept: a folder for each set of pinned modules."""
    content = b"".join((MODULE / name).read_bytes() for name in ("go.mod", "go.sum"))
    return cache_folder() / f"cluster-{kubernetes_version()}-{hashlib.sha256(content).hexdigest()[:12]}"


def find_binaries() -> Path:
    """The folder with both binaries.

    Raises:
        ClusterMissing: where they have not been built.
    """
    folder = cluster_folder()
    if not all((folder / name).is_file() for name in PACKAGES):
        raise ClusterMissing("there is no API server to test with: run `make cluster-test`, which builds it once")
    return folder


def build(name: str) -> Path:
    """Builds one binary into the cache.

    Raises:
        ClusterMissing: where there is no Go, or the build fails.
    """
    go = shutil.which("go")
    if go is None:
        raise ClusterMissing("there is no Go to build an API server with; install Go 1.26 or newer")
    folder = cluster_folder()
    folder.mkdir(parents=True, exist_ok=True)
    version = kubernetes_version()
    major, minor, _ = version.removeprefix("v").split(".")
    # What a server says that it is; without it, it would be v0.0.0.
    stamps = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    flags = " ".join(["-s", "-w", *(f"-X {_VERSION}.{key}={value}" for key, value in stamps.items())])
    built = folder / f".{name}-{os.getpid()}"
    options = ["-trimpath", "-buildvcs=false", "-mod=readonly", "-p=2", "-ldflags", flags, "-o", str(built)]
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
    if subprocess.run([go, "build", *options, PACKAGES[name]], cwd=MODULE, env=environment, check=False).returncode:
        raise ClusterMissing(f"go can't build {PACKAGES[name]} {version}; its own message stands above")
    # In one step, so that a half-written binary is never found.
    os.replace(built, folder / name)
    return folder / name


def main() -> int:
    """Makes sure that both are there; with ``--check`` builds nothing, and the exit status says whether they are."""
    if "--check" in sys.argv[1:]:
        try:
            find_binaries()
        except ClusterMissing:
            return 1
        return 0
    for name in PACKAGES:
        if not (cluster_folder() / name).is_file():
            sys.stderr.write(f"building {name} in {cluster_folder()}: minutes, once\n")
            build(name)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ClusterMissing as missing:
        sys.exit(f"error: {missing}")
