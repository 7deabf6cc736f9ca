"""Machines that are short of something, and signals: one line and exit 2, nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from helm_constitution import __main__
from helm_constitution.cli.main import cli
from helm_constitution.core.signals import Interrupted, Terminated
from helm_constitution.policy.debt import read_debt
from tests.helm.support import write_chart

CHARTS = Path(__file__).parents[2] / "testdata" / "charts"
MORE = "raise the limit of processes (ulimit -u)"
_LOOP = "{{ range until 9999 }}"
BUSY = {"templates/a.yaml": 3 * _LOOP + 3 * "{{ end }}" + "\n"}


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


@pytest.mark.parametrize("engine", ["cli", "embedded"])
@pytest.mark.parametrize("closed", ["<&-", "2>&-", "2>&- <&-"])
def test_standard_error_and_input_that_are_closed(helm: Path, tmp_path: Path, engine: str, closed: str) -> None:
    """Without what is known of this helm: its version is asked as well."""
    assert shell(helm, tmp_path, f"$CHECK --engine {engine} {CHARTS / 'base'} {closed} >/dev/null") == (0, "")


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
        (FileNotFoundError(2, "No such file or directory"), "the working folder has been removed"),
        (OSError(24, "Too many open files"), "Too many open files; raise the limit of open files (ulimit -n)"),
        (OSError(11, "Resource temporarily unavailable"), f"Resource temporarily unavailable; {MORE}"),
        (RuntimeError("can't start new thread"), f"can't start a thread; {MORE} or of memory"),
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


@pytest.mark.parametrize(
    ("end", "status"), [(Interrupted(), 130), (KeyboardInterrupt(), 130), (Terminated(signal.SIGTERM), 143)]
)
def test_a_signal_while_a_class_is_made_ends_the_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], end: BaseException, status: int
) -> None:
    class Field:
        def __set_name__(self, owner: type, name: str) -> None:
            raise end

    def made(**_: object) -> None:
        type("Record", (), {"field": Field()})

    monkeypatch.setattr(cli, "main", made)
    with pytest.raises(SystemExit) as ended:
        __main__._finish()
    assert ended.value.code == status
    assert capsys.readouterr().err == ""


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
    # helm 4 and the library take a while to start under load; what is waited for are children that are at work: not one
    # that says its version and is gone.
    children: list[int] = []
    while not children and program.poll() is None:
        started = children_of(program.pid)
        time.sleep(0.5)
        children = [child for child in children_of(program.pid) if child in started]
    assert children
    program.send_signal(number)
    _, words = program.communicate(timeout=120)
    assert program.returncode == 128 + number, words
    assert "Traceback" not in words
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
    assert list((tmp_path / "tmp").iterdir()) == []


def children_of(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found


def test_an_ignored_hangup_stays_ignored(helm4: Path, tmp_path: Path) -> None:
    line = f"trap '' HUP; $CHECK {CHARTS / 'base'} >/dev/null & sleep 0.4; kill -HUP $! 2>/dev/null; wait $!"
    assert shell(helm4, tmp_path, line) == (0, "")


@pytest.mark.parametrize("argument", ["--$'x\\n::error::y'", "--fail-on=$'x\\n##vso[task]y'", "--$'\\x1b[31mx'"])
def test_usage_errors_hold_no_commands(helm4: Path, tmp_path: Path, argument: str) -> None:
    status, words = shell(helm4, tmp_path, f"$CHECK {argument}")
    assert status == 2
    assert "\x1b" not in words
    assert not any(line.startswith(("::", "##")) for line in words.splitlines())


def test_a_full_disk(helm4: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands for it: what is written fails as there, and the old report stays."""
    report = tmp_path / "report.json"
    report.write_text('{"version": 1, "charts": [], "summary": {}}')
    before = report.read_text()
    line = f"ulimit -f 1; $CHECK {CHARTS / 'demo'} --force --output json={report} >/dev/null"
    words = f"helm-constitution: error: {report}: the report can't be written: File too large\n"
    assert shell(helm4, tmp_path, line) == (2, words)
    assert report.read_text() == before
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("report.json", "cache")] == []


@pytest.mark.parametrize("engine", ["cli", "embedded"])
def test_no_room_for_what_a_check_needs(helm4: Path, tmp_path: Path, engine: str) -> None:
    """Neither the cache, nor copies of the chart for line numbers, nor an unpacked package can be written."""
    (tmp_path / "tmp").mkdir()
    package = tmp_path / "base.tgz"
    with tarfile.open(package, "w:gz") as archive:
        archive.add(CHARTS / "base", "base")
    check = "${CHECK% --no-cache}"
    for chart in (CHARTS / "base", package):
        line = f"ulimit -f 0; TMPDIR={tmp_path / 'tmp'} {check} --engine {engine} {chart} > /dev/null"
        status, words = shell(helm4, tmp_path, line)
        assert status in (0, 2), words
        assert len(words.splitlines()) == (status == 2), words
        assert "internal error" not in words
        assert list((tmp_path / "tmp").iterdir()) == []


def test_no_room_for_one_of_several_charts(helm4: Path, tmp_path: Path) -> None:
    """Each chart's report says what the machine is short of: that is no fault of the program."""
    check = f"$CHECK --engine embedded --jobs 2 {CHARTS / 'base'} {CHARTS / 'demo'}"
    status, words = shell(helm4, tmp_path, f"ulimit -f 0; TMPDIR={tmp_path} {check} | cat >&2; exit ${{PIPESTATUS[0]}}")
    assert status == 2
    assert "could not check: File too large; --debug shows where" in words
    assert "internal error" not in words


def test_a_chart_home_and_temporary_folder_that_can_not_be_written(helm4: Path, tmp_path: Path) -> None:
    chart = tmp_path / "base"
    shutil.copytree(CHARTS / "base", chart)
    for path in (*chart.rglob("*"), chart):
        path.chmod(0o555 if path.is_dir() else 0o444)
    check = "${CHECK% --no-cache}"
    # Nobody, not even root, writes into /proc.
    line = f"HOME=/proc XDG_CACHE_HOME=/proc/cache TMPDIR=/proc {check} {chart} >/dev/null"
    assert shell(helm4, tmp_path, line) == (0, "")
    status, words = shell(helm4, tmp_path, f"$CHECK {chart} --output json=/proc/report.json >/dev/null")
    assert (status, len(words.splitlines())) == (2, 1)
    assert "the report can't be written" in words


@pytest.mark.parametrize("engine", ["cli", "embedded"])
def test_no_home_and_no_temporary_folder_named(helm4: Path, tmp_path: Path, engine: str) -> None:
    line = f"unset HOME TMPDIR XDG_CACHE_HOME; $CHECK --engine {engine} {CHARTS / 'base'} >/dev/null"
    assert shell(helm4, tmp_path, line) == (0, "")


def test_a_reader_that_has_seen_enough(helm4: Path, tmp_path: Path) -> None:
    line = f"$CHECK --format json {CHARTS / 'demo'} | true; exit ${{PIPESTATUS[0]}}"
    status, words = shell(helm4, tmp_path, line)
    assert status in (1, 141), words
    assert words == ""


@pytest.mark.parametrize("locale", ["LC_ALL=C", "LC_ALL=C PYTHONCOERCECLOCALE=0 PYTHONUTF8=0", "LC_ALL=nowhere"])
def test_the_c_locale(helm4: Path, tmp_path: Path, locale: str) -> None:
    chart = write_chart(tmp_path / "bü é", {"values.yaml": "# Grüße.\nü: 1\n"})
    status, words = shell(helm4, tmp_path, f"{locale} $CHECK '{chart}' --format json > {tmp_path / 'report.json'}")
    assert status in (0, 1), words
    assert words == ""
    (report,) = json.loads((tmp_path / "report.json").read_bytes())["charts"]
    assert report["path"].encode("utf-8", "surrogateescape") == bytes(chart)


@pytest.mark.parametrize("engine", ["cli", "embedded"])
@pytest.mark.parametrize("name", [b"a\xff\xfeb", b'a\n"\\\tb'])
def test_a_folder_whose_name_is_no_usual_text(helm4: Path, tmp_path: Path, engine: str, name: bytes) -> None:
    """The embedded library takes UTF-8 alone, and a patch has such names in quotes."""
    chart = tmp_path / os.fsdecode(name)
    shutil.copytree(CHARTS / "demo", chart)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    environment = {**os.environ, "HELM_BIN": str(helm4), "TMPDIR": str(tmp_path), "XDG_CACHE_HOME": os.devnull}
    program = [sys.executable, "-m", "helm_constitution"]
    for command in (["check"], ["fix", "--diff"]):
        call = [*program, *command, "--engine", engine, str(chart)]
        done = subprocess.run(call, env=environment, cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 1, done.stderr
        assert b"could not be checked" not in done.stdout + done.stderr
    subprocess.run(["git", "apply"], cwd=tmp_path, input=done.stdout, check=True)
    assert "type: application" in (chart / "Chart.yaml").read_text()
    assert sorted(os.listdir(tmp_path)) == sorted([".git", chart.name])


@pytest.mark.parametrize("engine", ["cli", "embedded"])
def test_little_of_everything(helm4: Path, tmp_path: Path, engine: str) -> None:
    """Few descriptors, little address space: a result, or one line."""
    for limit in ("ulimit -n 32", "ulimit -v 614400", "ulimit -v 300000", "ulimit -n 32 -v 2000000"):
        line = f"{limit}; $CHECK --engine {engine} {CHARTS / 'base'} >/dev/null"
        status, words = shell(helm4, tmp_path, line)
        assert status in (0, 2), (limit, words)
        assert "Traceback" not in words
        assert len(words.splitlines()) <= 1, (limit, words)


HELMS = {
    "hangs": ("sleep 1000", "did not finish within 2 s"),
    "hangs and ignores the end": ("trap '' TERM INT HUP; sleep 1000; sleep 1000", "did not finish within 2 s"),
    "crashes": ("kill -SEGV $$", "helm ended by signal 11"),
    "prints garbage": ("head -c 3000 /dev/zero | tr '\\0' x", "foreign output"),
    "prints endlessly": ("yes", "and was stopped"),
    "is Helm 2": ("echo 'Error: unknown flag: --kube-version' >&2; exit 1", "unknown flag"),
    "gets no thread": ("echo 'runtime: failed to create new OS thread' >&2; exit 2", "helm can't start a thread"),
    "is no program": (None, "can't be run"),
}


@pytest.mark.parametrize("kind", HELMS)
def test_a_helm_that_is_none(helm4: Path, tmp_path: Path, kind: str) -> None:
    body, words = HELMS[kind]
    helm = tmp_path / "bin" / "helm"
    helm.parent.mkdir()
    version = 'case "$1" in version) echo "v3.17.3"; exit;; esac'
    helm.write_text(f"#!/bin/sh\n{version}\n{body}\n" if body is not None else "\x7fELF")
    helm.chmod(0o755)
    line = f"HELM_BIN={helm} $CHECK --timeout 2 --engine cli {CHARTS / 'base'}"
    status, said = shell(helm4, tmp_path, f"{line} 2>&1 >{tmp_path / 'out'} | cat >&2; exit ${{PIPESTATUS[0]}}")
    assert status == 2
    assert words in said + (tmp_path / "out").read_text()
    assert "Traceback" not in said


def test_a_helm_whose_version_hangs(helm4: Path, tmp_path: Path) -> None:
    helm = tmp_path / "helm"
    helm.write_text('#!/bin/sh\ncase "$1" in version) sleep 1000;; esac\nexec true\n')
    helm.chmod(0o755)
    words = f"{helm} version did not finish within 2 s and was stopped; raise --timeout; HELM_BIN can name another helm"
    status, said = shell(helm4, tmp_path, f"HELM_BIN={helm} $CHECK --timeout 2 --engine cli {CHARTS / 'base'}")
    assert (status, said) == (2, f"helm-constitution: error: {words}\n")


def test_several_programs_on_one_chart_and_one_cache(helm4: Path, tmp_path: Path) -> None:
    check = "${CHECK% --no-cache}"
    chart = CHARTS / "demo"
    many = f"for i in 1 2 3 4; do {check} {chart} --format json > {tmp_path}/$i & done; wait"
    assert shell(helm4, tmp_path, f"{many}; {many}") == (0, "")
    assert len({(tmp_path / str(number)).read_bytes() for number in range(1, 5)}) == 1
    assert json.loads((tmp_path / "1").read_text())["summary"]["charts"] == 1


def test_two_that_accept_lose_nothing(helm4: Path, tmp_path: Path) -> None:
    names = ("a", "b", "c", "d")
    for name in names:
        write_chart(tmp_path / name, {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n"})
    (tmp_path / ".helm-constitution.yaml").write_text("fail_on: error\n")
    accept = "${CHECK%check --no-cache}accept"
    many = "; ".join(f"{accept} {tmp_path / name} >/dev/null &" for name in names).replace("&;", "&")
    assert shell(helm4, tmp_path, f"{many} wait") == (0, "")
    assert set(read_debt(tmp_path / ".helm-constitution-debt.yaml")) == set(names)


@pytest.mark.parametrize("when", [0, 4_102_444_800, -2_000_000_000])
def test_a_clock_that_jumps(helm4: Path, tmp_path: Path, when: int) -> None:
    """What was written in another century is as good as new, or is written again."""
    chart = tmp_path / "demo"
    shutil.copytree(CHARTS / "demo", chart)
    check = f"${{CHECK% --no-cache}} {chart} --format json"
    assert shell(helm4, tmp_path, f"{check} > {tmp_path / 'before'}") == (1, "")
    for path in (*chart.rglob("*"), *(tmp_path / "cache").rglob("*")):
        os.utime(path, (when, when))
    assert shell(helm4, tmp_path, f"{check} > {tmp_path / 'after'}") == (1, "")
    assert (tmp_path / "after").read_bytes() == (tmp_path / "before").read_bytes()


def test_a_helm_that_gets_no_thread_for_its_version(helm4: Path, tmp_path: Path) -> None:
    helm = tmp_path / "helm"
    helm.write_text("#!/bin/sh\necho 'runtime: failed to create new OS thread (errno=11)' >&2\nexit 2\n")
    helm.chmod(0o755)
    words = f"helm-constitution: error: {helm} can't start a thread; {MORE} or of memory\n"
    assert shell(helm4, tmp_path, f"HELM_BIN={helm} $CHECK --engine cli {CHARTS / 'base'}") == (2, words)
