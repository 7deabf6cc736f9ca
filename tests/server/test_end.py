"""However a session ends, no process of it stays, and none of its folders."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.model import DEFAULTS
from helm_constitution.helm.protocol import Limits
from helm_constitution.server.link import Link
from helm_constitution.server.tasks import CheckTask
from helm_constitution.server.worker import Failure, Setup
from tests.server.editor import SECONDS
from tests.support import WEB, write

pytestmark = pytest.mark.helm

ENDLESS = "{{ range until 9999 }}{{ range until 9999 }}{{ range until 9999 }}{{ end }}{{ end }}{{ end }}\n"


def sent(process: subprocess.Popen[bytes], method: str, params: object = None, number: int | None = None) -> None:
    """Sends a message; with a number it is a request."""
    message = {"jsonrpc": "2.0", "method": method, "params": params}
    body = json.dumps(message if number is None else {**message, "id": number}).encode()
    assert process.stdin is not None
    process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    process.stdin.flush()


def received(process: subprocess.Popen[bytes]) -> dict[str, object]:
    """The next message of the server."""
    assert process.stdout is not None
    length = 0
    while (line := process.stdout.readline()).strip():
        name, _, value = line.partition(b":")
        if name == b"Content-Length":
            length = int(value)
    message: dict[str, object] = json.loads(process.stdout.read(length))
    return message


def shut_down(process: subprocess.Popen[bytes]) -> None:
    sent(process, "shutdown", number=2)
    while (message := received(process)).get("id") != 2:
        assert message["method"] != "window/showMessage"  # what was asked for is no failure
    sent(process, "exit")


def left(process: subprocess.Popen[bytes]) -> None:
    """An editor that ends the server without ``shutdown``: the protocol says 1."""
    sent(process, "exit")


def gone(process: subprocess.Popen[bytes]) -> None:
    """What the server sees of an editor that crashed: its streams are closed."""
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None  # communicate would write to it


def hung_up(process: subprocess.Popen[bytes]) -> None:
    """What the server gets if the editor's terminal is closed."""
    process.send_signal(signal.SIGHUP)


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (shut_down, 0),
        (left, 1),
        (gone, 0),
        (subprocess.Popen.kill, -signal.SIGKILL),
        (subprocess.Popen.terminate, 128 + signal.SIGTERM),
        (hung_up, 128 + signal.SIGHUP),
    ],
)
def test_no_process_stays(tmp_path: Path, end: Callable[[subprocess.Popen[bytes]], None], status: int) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, WEB)
    template = tmp_path / "web" / "templates" / "deployment.yaml"
    command = [sys.executable, "-m", "helm_constitution", "server", "--engine", "embedded", "--timeout", "1000"]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    variables = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(command, env=variables, stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        folders = [{"uri": tmp_path.as_uri(), "name": "root"}]
        sent(process, "initialize", {"processId": None, "capabilities": {}, "workspaceFolders": folders}, 1)
        assert "result" in received(process)
        sent(process, "initialized", {})
        document = {"uri": template.as_uri(), "languageId": "yaml", "version": 1}
        sent(process, "textDocument/didOpen", {"textDocument": {**document, "text": template.read_text()}})
        while received(process).get("method") != "textDocument/publishDiagnostics":
            pass
        changes = [{"text": ENDLESS + template.read_text()}]
        sent(process, "textDocument/didChange", {"textDocument": document, "contentChanges": changes})
        end(process)
        # Every process of the session has the error stream: its end is the end of them all.
        output, errors = process.communicate(timeout=SECONDS)
        assert b"window/showMessage" not in output
        assert b"Traceback" not in errors
        assert process.returncode == status
        assert list(temporary.iterdir()) == []


def test_nothing_counts_before_the_editor_has_introduced_itself() -> None:
    """Source: Language Server Protocol 3.17, "Initialize Request"."""
    command = [sys.executable, "-m", "helm_constitution", "server", "--engine", "embedded"]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        document = {"uri": "file:///web/values.yaml", "languageId": "yaml", "version": 1, "text": ""}
        sent(process, "textDocument/didOpen", {"textDocument": document})
        place = {"line": 0, "character": 0}
        sent(process, "textDocument/hover", {"textDocument": {"uri": document["uri"]}, "position": place}, 1)
        error = received(process)["error"]
        assert isinstance(error, dict)
        assert error["code"] == -32002
        sent(process, "initialize", {"processId": None, "capabilities": {}, "rootUri": None}, 2)
        assert "result" in received(process)
        shut_down(process)
        assert process.communicate(timeout=SECONDS) == (b"", b"")
        assert process.returncode == 0


def test_a_check_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    write(tmp_path, {**WEB, ".git/HEAD": ""})
    link = Link(Setup("embedded", Limits(), CheckOptions()), 0.05)
    answer = asyncio.run(link.ask(CheckTask(tmp_path / "web", DEFAULTS, {})))
    assert answer == Failure("a check did not answer within 0.05 s and was stopped; raise --timeout")
