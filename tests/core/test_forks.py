"""A process is forked only where that is known to be safe."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helm_constitution.core.forks import may_fork, may_soon_fork
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import Limits, RenderRequest
from tests.helm.support import write_chart


@pytest.mark.helm
def test_without_proc_a_new_process_is_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in a container that hides /proc: nobody can tell how many threads there are."""
    listed = os.listdir

    def without_proc(path: str = ".") -> list[str]:
        if str(path).startswith("/proc"):
            raise FileNotFoundError(2, os.strerror(2), path)
        return listed(path)

    monkeypatch.setattr(os, "listdir", without_proc)
    assert not may_fork()
    assert not may_soon_fork()
    engine = EmbeddedEngine(Limits())
    try:
        assert engine.render(write_chart(tmp_path, {}), RenderRequest()).result().ok
    finally:
        engine.close()
