"""Machines that are short of something, and signals: one line and exit 2, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helm_constitution import __main__
from helm_constitution.cli.main import cli
from tests.helm.support import write_chart

CHARTS = Path(__file__).parents[2] / "testdata" / "charts"
BUSY = {"templates/a.yaml": "{{ range until 300000000 }}x{{ end }}\n"}


def shell(helm4: Path, tmp_path: Path, line: str) -> tuple[int, str]:
    """The exit status of the program in a shell's line, where it is ``$CHECK``, and its standard error."""
    check = f"{sys.executable} -m helm_constitution check --no-cache"
    environment = {**os.environ, "HELM_BIN": str(helm4), "XDG_CACHE_HOME": str(tmp_path / "cache"), "CHECK": check}
    done = subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_standard_output_that_is_full_or_closed(helm4: Path, tmp_path: Path) -> None:
    chart = CHARTS / "base"
    words = "helm-constitution: error: No space left on device; free some disk space; --debug shows where\n"
    assert shell(helm4, tmp_path, f"$CHECK {chart} > /dev/full") == (2, words)
    words = "helm-constitution: error: standard output is closed; redirect it to a file or to /dev/null\n"
    assert shell(helm4, tmp_path, f"$CHECK {chart} >&-") == (2, words)


def test_standard_error_and_input_that_are_closed(helm4: Path, tmp_path: Path) -> None:
    assert shell(helm4, tmp_path, f"$CHECK {CHARTS / 'base'} 2>&- <&- >/dev/null") == (0, "")


def test_few_descriptors(helm4: Path, tmp_path: Path) -> None:
    for count in (9, 12, 16, 20, 32):
        status, words = shell(helm4, tmp_path, f"ulimit -n {count}; $CHECK --engine cli {CHARTS / 'base'} >/dev/null")
        assert status in (0, 2), words
        assert "Traceback" not in words


def test_no_home(helm4: Path, tmp_path: Path) -> None:
    line = f"HOME=/dev/null XDG_CACHE_HOME= $CHECK {CHARTS / 'base'} >/dev/null"
    assert shell(helm4, tmp_path, line) == (0, "")


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyError("x\ny"), "internal error: KeyError: 'x\\\\ny'"),
        (RecursionError(), "internal error: RecursionError"),
        (MemoryError(), "out of memory"),
        (PermissionError(13, "Permission denied", "a\nb"), "a\\nb: Permission denied"),
        (OSError(24, "Too many open files"), "Too many open files; raise the limit of open files (ulimit -n)"),
        (ValueError("first\nsecond"), "internal error: ValueError: first"),
    ],
)
def test_whatever_escapes_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, words: str, debug: bool
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli, "main", fail)
    monkeypatch.setattr(sys, "argv", ["helm-constitution", *(["--debug"] if debug else [])])
    with pytest.raises(SystemExit) as end:
        __main__._finish()
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert said.endswith(f"helm-constitution: error: {words}{'' if debug else '; --debug shows where'}\n")
    assert ("Traceback" in said) == debug
    assert debug or said.count("\n") == 1


@pytest.mark.parametrize("engine", ["cli", "embedded"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_end_helm_and_leave_nothing(helm4: Path, tmp_path: Path, engine: str, number: signal.Signals) -> None:
    (tmp_path / "tmp").mkdir()
    chart = write_chart(tmp_path / "busy", BUSY)
    environment = {**os.environ, "HELM_BIN": str(helm4), "TMPDIR": str(tmp_path / "tmp")}
    environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    program = subprocess.Popen(
        [sys.executable, "-m", "helm_constitution", "check", "--engine", engine, str(chart)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 20
    while not (children := children_of(program.pid)) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.5)
    children = children_of(program.pid)
    assert children
    program.send_signal(number)
    _, words = program.communicate(timeout=20)
    assert program.returncode == 128 + number
    assert "Traceback" not in words
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    assert list((tmp_path / "tmp").iterdir()) == []


def children_of(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found


def test_an_ignored_hangup_stays_ignored(helm4: Path, tmp_path: Path) -> None:
    line = f"trap '' HUP; $CHECK {CHARTS / 'base'} >/dev/null & sleep 0.4; kill -HUP $!; wait $!"
    assert shell(helm4, tmp_path, line) == (0, "")


@pytest.mark.parametrize("argument", ["--$'x\\n::error::y'", "--fail-on=$'x\\n##vso[task]y'", "--$'\\x1b[31mx'"])
def test_usage_errors_hold_no_commands(helm4: Path, tmp_path: Path, argument: str) -> None:
    status, words = shell(helm4, tmp_path, f"$CHECK {argument}")
    assert status == 2
    assert "\x1b" not in words
    assert not any(line.startswith(("::", "##")) for line in words.splitlines())
