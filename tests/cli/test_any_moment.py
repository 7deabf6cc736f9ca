"""Interrupted or ended at any moment: no child is left, no file is half-written, and the exit status says so."""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.fuzz.team import WHOLE_PLAN
from tests.helm.test_limits import alive

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]
CHART = Path(__file__).parents[2] / "testdata" / "charts" / "demo"
MOMENTS = 5
"""For each command and signal: 80 in all."""
OLD = '{"version": 1, "charts": [], "summary": {}}\n'
OURS = "# Ours\n\n## Docs\n\nA chart MUST have a README. <!-- rules: docs/no-readme -->\n"
COMMANDS = (
    ("check", "web", "--engine", "embedded", "--output", "json=report.json", "--force"),
    ("check", "web", "--engine", "cli", "--output", "json=report.json", "--force"),
    ("accept", "web", "--select", "security,values,docs"),
    ("plan", "plan.md", "web"),
    ("init", "--force"),
    ("fix", "web", "--unsafe", "--select", "security,values,docs", "--engine", "embedded"),
    ("fleet", "web", "--results", "results", "--engine", "embedded"),
)


def started(folder: Path, helm4: Path, arguments: tuple[str, ...], *, talks: bool = False) -> subprocess.Popen[bytes]:
    """The program in a session of its own, as soon as it handles signals (Python itself answers them before)."""
    environment = {**os.environ, "HELM_BIN": str(helm4), "TMPDIR": str(folder / "tmp")}
    environment["XDG_CACHE_HOME"] = str(folder / "cache")
    program = subprocess.Popen(
        [sys.executable, "-m", "helm_constitution", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE if talks else None,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    while program.poll() is None and not handles(program.pid, signal.SIGTERM):
        time.sleep(0.002)
    return program


def handles(pid: int, number: signal.Signals) -> bool:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return False
    mask = next((line.split()[1] for line in lines if line.startswith("SigCgt")), "0")
    return bool(int(mask, 16) >> (number - 1) & 1)


def session_of(leader: int) -> list[int]:
    """The processes of a session that are not at their end."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat[3]) == leader and alive(int(entry)):
                found.append(int(entry))
    return found


def nobody_is_left(leader: int) -> bool:
    """Whether every process of a session comes to its end: a worker sees that its pipe is closed."""
    until = time.monotonic() + 60
    while (left := session_of(leader)) and time.monotonic() < until:
        time.sleep(0.02)
    return not left


def laid_out(folder: Path) -> None:
    folder.mkdir()
    (folder / "tmp").mkdir()
    shutil.copytree(CHART, folder / "web")
    (folder / "report.json").write_text(OLD)
    (folder / "plan.md").write_text(WHOLE_PLAN)
    (folder / "constitution.md").write_text(OURS)


def written(folder: Path) -> dict[str, bytes]:
    """What every file holds, packed ones unpacked, but for the folder's own path and times."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith(
            ("tmp/", "cache/", "results/states/")
        ):  # sealed with a key of its own
            content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            found[re.sub(r"/[0-9a-f]{2}/[0-9a-f]{62}", "", name)] = content.replace(os.fsencode(folder), b".")
    return found


@pytest.mark.parametrize("arguments", COMMANDS, ids=["embedded", "cli", "accept", "plan", "init", "fix", "fleet"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_any_moment(tmp_path: Path, helm4: Path, arguments: tuple[str, ...], number: signal.Signals) -> None:
    moments = random.Random(f"{arguments} {number}")
    laid_out(tmp_path / "whole")
    before = written(tmp_path / "whole")
    began = time.monotonic()
    program = started(tmp_path / "whole", helm4, arguments)
    program.communicate()
    longest = time.monotonic() - began
    after = written(tmp_path / "whole")
    assert before != after
    ended = 0
    for count in range(MOMENTS):
        folder = tmp_path / str(count)
        laid_out(folder)
        program = started(folder, helm4, arguments)
        time.sleep(moments.random() * longest)
        program.send_signal(number)
        _, said = program.communicate()
        # A shell says 128 + number as well of what Python's own end leaves to the system.
        assert program.returncode in (0, 1, 128 + number, -number), said
        ended += program.returncode not in (0, 1)
        assert b"Traceback" not in said
        assert nobody_is_left(program.pid)
        now = written(folder)
        names = {*before, *now, *after}
        assert [name for name in names if now.get(name) not in (before.get(name), after.get(name))] == []
        assert [path.name for path in folder.rglob("*.part")] == []
        assert list((folder / "tmp").iterdir()) == []
    assert ended or longest < 1


def message(method: str, number: int | None, **params: object) -> bytes:
    """A message of the language server protocol, as an editor sends it."""
    body = {"jsonrpc": "2.0", "method": method, "params": params, **({} if number is None else {"id": number})}
    text = json.dumps(body).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(text), text)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_at_any_moment(tmp_path: Path, helm4: Path, number: signal.Signals) -> None:
    moments = random.Random(f"server {number}")
    for count in range(MOMENTS):
        folder = tmp_path / str(count)
        laid_out(folder)
        before = written(folder)
        program = started(folder, helm4, ("server",), talks=True)
        assert program.stdin is not None
        file = folder / "web" / "values.yaml"
        document = {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": file.read_text()}
        program.stdin.write(
            message("initialize", 1, processId=None, rootUri=folder.as_uri(), capabilities={})
            + message("initialized", None)
            + message("textDocument/didOpen", None, textDocument=document)
        )
        program.stdin.flush()
        time.sleep(moments.random() * 4)
        program.send_signal(number)
        # Its input stays open: the signal alone has to end it.
        program.wait(60)
        assert program.stderr is not None
        said = program.stderr.read()
        assert program.returncode in (128 + number, -number), said
        assert b"Traceback" not in said
        program.communicate()
        assert nobody_is_left(program.pid)
        assert written(folder) == before
        assert list((folder / "tmp").iterdir()) == []
