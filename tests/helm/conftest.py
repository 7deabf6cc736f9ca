"""All engines at once, and a cache that is not the user's."""

from __future__ import annotations

import pytest

from helm_constitution.helm.cli import CliEngine
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import HelmEngine


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def engines(cli3: CliEngine, cli4: CliEngine, embedded: EmbeddedEngine) -> tuple[HelmEngine, ...]:
    """All three."""
    return cli3, cli4, embedded
