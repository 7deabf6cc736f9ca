"""Limits of time, memory and output, and that nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.errors import EngineError
from helm_constitution.core.model import Gate
from helm_constitution.helm import process
from helm_constitution.helm.cli import CliEngine
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.messages import broken_limit
from helm_constitution.helm.process import Ended, Processes
from helm_constitution.helm.protocol import (
    FailureKind,
    HelmEngine,
    Limits,
    LintOutput,
    Pending,
    RenderOutput,
    RenderRequest,
)
from tests.helm.support import CONFIG_MAP, run, write_chart
from tests.planted import Renderer
from tests.support import check_chart

BUSY = "{{ range until 9999 }}{{ range until 9999 }}{{ range until 9999 }}{{ end }}{{ end }}{{ end }}\n"
LARGE = 'a: {{ range $i := until 400 }}{{ $_ := set $.Values (printf "k%d" $i) (repeat 10000000 "b") }}{{ end }}\n'


def engine_of(kind: str, helm4: Path, limits: Limits) -> HelmEngine:
    return EmbeddedEngine(limits) if kind == "embedded" else CliEngine(str(helm4), limits)


def failures(lint: LintOutput, render: RenderOutput) -> list[tuple[FailureKind, str]]:
    assert lint.failed
    assert render.documents == ()
    return [(message.kind, message.text) for message in (*lint.messages, *render.errors)]


@pytest.mark.parametrize("kind", ["cli", "embedded"])
def test_a_busy_chart_ends_in_time_and_the_next_one_is_rendered(kind: str, helm4: Path, tmp_path: Path) -> None:
    engine = engine_of(kind, helm4, Limits(seconds=6))  # enough for the good chart on a busy machine
    busy = write_chart(tmp_path / "busy", {"templates/a.yaml": BUSY})
    good = write_chart(tmp_path / "good", {})
    engine.render(good, RenderRequest()).result()
    start = time.monotonic()
    lint, render = engine.lint(busy, RenderRequest()), engine.render(busy, RenderRequest())
    other = engine.render(good, RenderRequest())
    found = failures(lint.result(), render.result())
    assert time.monotonic() - start < 120
    text = "helm did not finish within 6 s and was stopped; raise --timeout"
    assert found == [(FailureKind.TIMEOUT, text)] * 2
    assert other.result().ok
    engine.close()


@pytest.mark.parametrize("kind", ["cli", "embedded"])
def test_what_is_cancelled_ends_and_what_comes_later_is_rendered(kind: str, helm4: Path, tmp_path: Path) -> None:
    engine = engine_of(kind, helm4, Limits(jobs=2))
    busy = write_chart(tmp_path / "busy", {"templates/a.yaml": BUSY})
    good = write_chart(tmp_path / "good", {})
    renders = [engine.render(busy, RenderRequest()) for _ in range(4)]  # two under way, two that wait
    engine.cancel("enough")
    later = engine.render(good, RenderRequest())
    assert [render.result().errors for render in renders] == [(broken_limit("enough"),)] * 4
    assert later.result().ok
    engine.close()


@pytest.mark.parametrize("kind", ["cli", "embedded"])
def test_no_other_scenario_is_tried_after_one_that_exceeded_a_limit(kind: str, helm4: Path, tmp_path: Path) -> None:
    engine = engine_of(kind, helm4, Limits(seconds=3, jobs=2))
    ci = {"ci/a-values.yaml": "a: 1\n", "ci/b-values.yaml": "a: 2\n", "ci/c-values.yaml": "a: 3\n"}
    chart = write_chart(tmp_path / "web", {"templates/a.yaml": BUSY, **ci})
    report = check_chart(chart, engine, CheckOptions())
    engine.close()
    told = {one.scenario: one.message for one in report.troubles if one.kind == "scenario"}
    not_tried = f"not tried, because the scenario defaults exceeded a limit: {told['defaults']}"
    assert told == {"defaults": "helm did not finish within 3 s and was stopped; raise --timeout"} | dict.fromkeys(
        ci, not_tried
    )
    assert report.gate is Gate.ERROR


class Recorded(Renderer):
    """An engine that remembers what it was asked to render."""

    def __init__(self, engine: HelmEngine) -> None:
        super().__init__(engine)
        self.requests: list[RenderRequest] = []

    def render(self, chart: Path, request: RenderRequest) -> Pending[RenderOutput]:
        self.requests.append(request)
        return super().render(chart, request)


@pytest.mark.parametrize("kind", ["cli", "embedded"])
def test_a_flag_that_takes_too_long_is_an_error_and_tried_once(kind: str, helm4: Path, tmp_path: Path) -> None:
    engine = Recorded(engine_of(kind, helm4, Limits(seconds=8)))
    template = f"{CONFIG_MAP}{{{{ if .Values.web.enabled }}}}{BUSY.strip()}{{{{ end }}}}\n"
    files = {"values.yaml": "web:\n  enabled: false\n", "templates/a.yaml": template}
    report = check_chart(write_chart(tmp_path / "web", files), engine, CheckOptions(scenarios="full"))
    engine.engine.close()
    assert [(one.scenario, one.kind) for one in report.troubles] == [("web.enabled=true", "scenario")]
    assert report.gate is Gate.ERROR
    assert sum(any("enabled" in one.value for one in request.set_arguments) for request in engine.requests) == 1


@pytest.mark.parametrize("kind", ["cli", "embedded"])
def test_a_large_chart_is_ended(kind: str, helm4: Path, tmp_path: Path) -> None:
    engine = engine_of(kind, helm4, Limits(seconds=30, memory=300 * 1024**2))
    found = failures(*run(engine, write_chart(tmp_path, {"templates/a.yaml": LARGE})))
    assert found == [(FailureKind.TIMEOUT, "helm used more than 300 MiB of memory and was stopped")] * 2
    assert run(engine, write_chart(tmp_path / "good", {}))[1].ok
    engine.close()


MUCH = "helm printed more than 16 MiB and was stopped"


@pytest.mark.parametrize("kind", ["cli", "embedded"])
def test_a_chart_that_renders_to_more_than_anybody_installs(kind: str, helm4: Path, tmp_path: Path) -> None:
    """Maps in maps, twice each: a line for each doubles what is rendered."""
    doubled = "{{ $d := dict }}" + '{{ $d = dict "a" $d "b" $d }}' * 21 + "  b: {{ quote $d }}\n"
    engine = engine_of(kind, helm4, Limits(seconds=60))
    for text in (doubled, doubled.replace("quote $d", "$d")):  # helm takes the second one for bad YAML
        output = engine.render(write_chart(tmp_path, {"templates/a.yaml": CONFIG_MAP + text}), RenderRequest()).result()
        assert [(one.kind, one.text) for one in output.errors] == [(FailureKind.TIMEOUT, MUCH)]
    engine.close()


def test_a_crash_of_the_library_is_its_charts_own(tmp_path: Path) -> None:
    engine = EmbeddedEngine(Limits(memory=8 * 1024**3))
    workers = engine._workers
    good = write_chart(tmp_path, {})
    engine.render(good, RenderRequest()).result()
    # Ended from outside while two requests are under way: both have another try, each alone. It is stopped before, so
    # that neither can be answered by then.
    worker = workers._worker.child.pid
    os.kill(worker, signal.SIGSTOP)
    pending = [engine.render(good, RenderRequest()), engine.lint(good, RenderRequest())]
    os.kill(worker, signal.SIGKILL)
    assert [item.result() for item in pending] == [
        engine.render(good, RenderRequest()).result(),
        LintOutput(),
    ]
    engine.close()


def test_a_crash_is_told_after_a_try_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "helm_python"
    library.mkdir()
    (library / "__init__.py").write_text(
        "import os\nclass HelmError(Exception): pass\ndef helm_sdk_version(): return 'v4.0.0'\n"
        "class Chart:\n    load = staticmethod(lambda path: os.abort())\n"
        "def validate_release_name(name): pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    engine = EmbeddedEngine(Limits())
    assert engine.version() == "v4.0.0"
    chart = write_chart(tmp_path / "chart", {})
    pending = [engine.render(chart, RenderRequest()) for _ in range(3)]
    for render in pending:
        (error,) = render.result().errors
        assert error.kind is FailureKind.OTHER
        assert error.text.startswith("helm ended by signal 6")
    engine.close()


def test_a_library_that_can_not_be_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "helm_python"
    library.mkdir()
    (library / "__init__.py").write_text("raise OSError('wrong ELF class')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    engine = EmbeddedEngine(Limits())
    with pytest.raises(EngineError, match=r"can't be loaded: OSError: wrong ELF class; reinstall"):
        engine.version()
    with pytest.raises(EngineError, match="can't be loaded"):
        engine.render(write_chart(tmp_path / "chart", {}), RenderRequest()).result()
    engine.close()


def test_a_library_that_gets_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "helm_python"
    library.mkdir()
    said = "runtime/cgo: pthread_create failed: Resource temporarily unavailable"
    (library / "__init__.py").write_text(f"import os\nos.write(2, {said.encode()!r})\nos.abort()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    engine = EmbeddedEngine(Limits())
    with pytest.raises(EngineError, match=r"\Athe embedded engine can't start a thread; raise the limit of processes"):
        engine.version()
    engine.close()


def test_a_bug_in_the_worker_keeps_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "helm_python"
    library.mkdir()
    (library / "__init__.py").write_text(
        "class HelmError(Exception): pass\ndef helm_sdk_version(): return 'v4.0.0'\n"
        "def lint(*args, **kwargs): raise KeyError('bug')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    engine = EmbeddedEngine(Limits())
    lint = engine.lint(write_chart(tmp_path / "chart", {}), RenderRequest()).result()
    assert lint.failed
    assert "KeyError: 'bug'" in lint.messages[0].text
    engine.close()


@pytest.mark.parametrize("kind", ["cli", "embedded"])
def test_a_closed_engine_says_so(kind: str, helm4: Path, tmp_path: Path) -> None:
    engine = engine_of(kind, helm4, Limits())
    pending = engine.render(write_chart(tmp_path, {"templates/a.yaml": BUSY}), RenderRequest())
    engine.close()
    engine.close()
    if kind == "embedded":
        with pytest.raises(EngineError, match="closed"):
            pending.result()
    else:
        assert not pending.result().ok
    with pytest.raises(EngineError, match="closed"):
        engine.render(tmp_path, RenderRequest()).result()


SCRIPT = """
import signal, sys, time
# A shell's background job ignores interrupts, and so would this.
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from helm_constitution.helm.{module} import {engine}
from helm_constitution.helm.protocol import Limits, RenderRequest

engine = {engine}({arguments}Limits())
try:
    lint, render = (ask(Path({chart!r}), RenderRequest()) for ask in (engine.lint, engine.render))
    time.sleep(0.5)
    print("ready", flush=True)
    render.result()
finally:
    engine.close()
"""


def children_of(pid: int) -> set[int]:
    found = set()
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat[1]) == pid:
                found.add(int(entry))
    return found


def alive(pid: int) -> bool:
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int) -> bool:
    """Whether a process ends within a minute: who is not its parent can't wait for it."""
    until = time.monotonic() + 60
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not alive(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("kind", ["cli", "embedded"])
def test_an_interrupt_leaves_nothing_behind(kind: str, helm4: Path, tmp_path: Path) -> None:
    chart = write_chart(tmp_path, {"templates/a.yaml": BUSY})
    code = SCRIPT.format(
        module=kind,
        engine="EmbeddedEngine" if kind == "embedded" else "CliEngine",
        arguments="" if kind == "embedded" else f"{str(helm4)!r}, ",
        chart=str(chart),
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        children = children_of(program.pid)
        assert len(children) >= (1 if kind == "embedded" else 2)
        program.send_signal(signal.SIGINT)
        _, errors = program.communicate(timeout=120)
    assert "KeyboardInterrupt" in errors
    assert program.returncode != 0
    assert not [child for child in children if alive(child)]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_worker_ends_with_the_program_that_was_killed(tmp_path: Path) -> None:
    chart = write_chart(tmp_path, {"templates/a.yaml": BUSY})
    code = SCRIPT.format(module="embedded", engine="EmbeddedEngine", arguments="", chart=str(chart))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment) as program:
        assert program.stdout is not None
        program.stdout.readline()
        (child,) = children_of(program.pid)
        program.kill()
    assert gone(child)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")
def test_the_first_worker_is_forked_in_a_program_of_one_thread() -> None:
    """A fork has the program's own command line, a new process that of the worker's module."""
    code = textwrap.dedent("""
        import os
        from helm_constitution.helm.embedded import EmbeddedEngine
        from helm_constitution.helm.protocol import Limits
        engines = []
        for _ in range(2):  # the first one's threads are there when the second begins
            engines.append(EmbeddedEngine(Limits()))
            assert engines[-1].version().startswith("v4."), engines[-1].version()
        print("ready", flush=True)
        input()
        for engine in engines:
            engine.close()
        print(f"end of {os.getpid()}")
    """)
    # Without a cache the version is asked of the worker.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "XDG_CACHE_HOME": os.devnull}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        forked, spawned = (command_line(child) for child in sorted(children_of(program.pid)))
        own = command_line(program.pid)
        output, errors = program.communicate("\n")
    assert forked == own
    assert spawned != own
    assert "helm_constitution.helm.worker" in spawned
    assert errors == ""
    assert output.count("end of") == 1


def command_line(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")


def shell(processes: Processes, script: str) -> Ended:
    return processes.start(["/bin/sh", "-c", script], dict(os.environ)).result()


def test_output_is_read_whole_and_apart() -> None:
    processes = Processes(Limits())
    ended = shell(processes, "head -c 300000 /dev/zero | tr '\\0' a; printf 'e\\377' >&2; exit 3")
    assert (ended.status, len(ended.output), ended.errors, ended.breach) == (3, 300_000, "e\ufffd", None)
    processes.close()


def test_endless_output_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "OUTPUT_LIMIT", 1024**2)
    processes = Processes(Limits())
    for stream in ("1", "2"):
        ended = shell(processes, f"yes >&{stream}")
        assert ended.breach == "helm printed more than 1 MiB and was stopped"
        assert (ended.output, ended.errors) == ("", "")
    processes.close()


def test_the_whole_group_is_ended(tmp_path: Path) -> None:
    processes = Processes(Limits(seconds=5))
    ended = shell(processes, f"sleep 60 & echo $! > {tmp_path / 'pid'}; wait")
    assert ended.breach is not None
    assert gone(int((tmp_path / "pid").read_text()))
    processes.close()


def test_a_process_reads_nothing_from_us() -> None:
    processes = Processes(Limits(seconds=60))
    assert shell(processes, "cat").status == 0
    processes.close()


def test_no_more_at_once_than_slots(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    processes = Processes(Limits())
    count = f"cd {tmp_path}; touch $$; ls | wc -l; sleep 0.5; rm $$"
    runs = [processes.start(["/bin/sh", "-c", count], dict(os.environ)) for _ in range(6)]
    assert max(int(item.result().output) for item in runs) == 2
    processes.close()


def test_without_a_handle_on_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS, or where the system's call is forbidden."""
    monkeypatch.setattr(process, "_handle", lambda pid: None)
    processes = Processes(Limits())
    assert shell(processes, "echo a").output == "a\n"
    processes.close()
    processes = Processes(Limits(seconds=0.3))
    assert shell(processes, "sleep 60").breach is not None
    processes.close()


def test_without_anonymous_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    processes = Processes(Limits())
    assert shell(processes, "echo a; echo b >&2").errors == "b\n"
    processes.close()


def test_documents_of_a_large_rendering_come_through(embedded: EmbeddedEngine, tmp_path: Path) -> None:
    template = CONFIG_MAP + '  large: {{ repeat 3000000 "x" }}\n'
    (document,) = (
        embedded.render(write_chart(tmp_path, {"templates/a.yaml": template}), RenderRequest()).result().documents
    )
    assert len(document.text) > 3_000_000
