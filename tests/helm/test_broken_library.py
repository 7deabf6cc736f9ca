"""The embedded library can't be loaded: an error at once, however far the requests have come."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from helm_constitution.core.errors import EngineError
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import Limits, RenderRequest, SetArgument
from tests.helm.support import write_chart

ENDS = {
    "ImportError: libhelm.so": "raise ImportError('libhelm.so: cannot open shared object file')",
    "fatal error: out of memory": "sys.stderr.write('fatal error: out of memory\\n\\ngoroutine 1:\\n  x.s:3 +0x1\\n'); "
    "sys.stderr.flush(); os._exit(2)",
    "it ended without a message": "os._exit(0)",
    "it ended without a message ": "os.kill(os.getpid(), 9)",
}


@pytest.mark.parametrize("size", [0, 1_000_000], ids=["small", "more-than-a-pipe-holds"])
@pytest.mark.parametrize("seconds", [0, 1])
@pytest.mark.parametrize(("words", "end"), ENDS.items())
def test_every_request_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, end: str, seconds: float, size: int
) -> None:
    library = tmp_path / "helm_python" / "__init__.py"
    library.parent.mkdir()
    library.write_text(f"import os, sys, time\ntime.sleep({seconds})\n{end}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    chart = write_chart(tmp_path / "web", {})
    engine = EmbeddedEngine(Limits())
    errors: list[str] = []
    request = RenderRequest(set_arguments=(SetArgument("--set-string", f"a={'x' * size}"),))

    def ask() -> None:
        for pending in (engine.lint(chart, request), engine.render(chart, request)):
            with pytest.raises(EngineError) as caught:
                pending.result()
            errors.append(str(caught.value))
        engine.close()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(120)
    assert not thread.is_alive(), f"process {os.getpid()} waits for ever"
    assert len(errors) == 2
    assert all(f"can't be loaded: {words.strip()}" in error for error in errors)
