"""One engine of each kind for a whole test session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helm_constitution.helm.cli import CliEngine
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import HelmEngine, Limits


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


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


@pytest.fixture
def engines(cli3: CliEngine, cli4: CliEngine, embedded: EmbeddedEngine) -> tuple[HelmEngine, ...]:
    """All three."""
    return cli3, cli4, embedded
