"""What the tests share: real Helm binaries, an engine of each kind, and wheels.

Tests never fetch anything; ``make setup`` does.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from helm_constitution.helm.cli import CliEngine
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import HelmEngine, Limits
from scripts.build_cluster import ClusterMissing
from scripts.fetch_helm import HelmMissing, cache_folder, find_helm
from scripts.fetch_wheels import wheel_folder
from tests.cluster.server import Server, running_server

# One profile for all: times differ between machines and runs, and CI tries the same examples each time.
settings.register_profile("helm-constitution", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("helm-constitution")

# Where `make setup` has put things, whatever cache folder a test gives the program.
os.environ["HELM_CONSTITUTION_DEV_CACHE"] = str(cache_folder())

_ASKING_CLUSTER = {"api_server"}
_RUNNING_HELM = {"helm", "helm3", "helm4", "cli3", "cli4", "embedded", "engine", "program"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what runs a real Helm or asks a real API server, by its fixtures: together that takes minutes."""
    for item in items:
        if _RUNNING_HELM.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("helm")
        if _ASKING_CLUSTER.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("cluster")


def pytest_collection_finish() -> None:
    """What nine thousand tests are made of stays to the end: the garbage collector has not to look at it again."""
    gc.collect()
    gc.freeze()


def _helm(major: int) -> Path:
    try:
        return find_helm(major)
    except HelmMissing as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture(scope="session")
def helm3() -> Path:
    """A real Helm 3."""
    return _helm(3)


@pytest.fixture(scope="session")
def helm4() -> Path:
    """A real Helm 4."""
    return _helm(4)


@pytest.fixture(scope="session", params=[3, 4], ids=["helm3", "helm4"])
def helm(request: pytest.FixtureRequest) -> Path:
    """Both, one after the other."""
    return _helm(request.param)


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real API server, one for all tests."""
    try:
        with running_server(tmp_path_factory.mktemp("server")) as server:
            yield server
    except ClusterMissing as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture(scope="session")
def wheels() -> Path:
    """What installing this project needs, for ``PIP_FIND_LINKS``."""
    folder = wheel_folder()
    if not folder.is_dir():
        pytest.fail("the wheels that the tests install are missing: run `make setup`", pytrace=False)
    return folder


@pytest.fixture(scope="session")
def cli3(helm3: Path) -> Iterator[CliEngine]:
    """Helm 3."""
    engine = CliEngine(str(helm3), Limits())
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def cli4(helm4: Path) -> Iterator[CliEngine]:
    """Helm 4."""
    engine = CliEngine(str(helm4), Limits())
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedEngine]:
    """The embedded library."""
    engine = EmbeddedEngine(Limits())
    yield engine
    engine.close()


@pytest.fixture(params=["cli3", "cli4", "embedded"])
def engine(request: pytest.FixtureRequest) -> HelmEngine:
    """Each of the three, one after the other."""
    found: HelmEngine = request.getfixturevalue(request.param)
    return found
