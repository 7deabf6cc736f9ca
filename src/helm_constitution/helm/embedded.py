"""The engine that needs no helm: Helm's Go SDK as a shared library (helm-python-sdk), in a process of its own."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from helm_constitution.core.errors import ConfigurationError, EngineError
from helm_constitution.helm import options, process
from helm_constitution.helm.protocol import (
    DEFAULT_KUBE_VERSION,
    HelmMessage,
    Limits,
    LintOutput,
    MessageLevel,
    Pending,
    RenderOutput,
    RenderRequest,
)
from helm_constitution.helm.schemas import remote_schemas
from helm_constitution.helm.worker import Message, read_message, serve, write_message

_SLACK_SECONDS = 0.5


class EmbeddedEngine:
    """Lints and renders by the embedded library, without network and cluster. One worker serves a whole run.

    It has several requests under way, each in a thread: one worker with two takes 90 ms less of processor time than two
    workers, each of which would load the library.

    Numbers from ``--set`` reach templates as the library takes them, as floats, like those from values files.

    Args:
        limits: what each request may use; the memory is the worker's as a whole.
    """

    name = "embedded"

    def __init__(self, limits: Limits) -> None:
        self._workers = _Workers(limits)
        self._held: dict[str, _Hold] = {}
        self._holds = 0

    def version(self) -> str:
        """The version of Helm's SDK, ``v4.2.3``.

        Raises:
            EngineError: the library can't be loaded.
        """
        return self._workers.version()

    def kube_version(self, request: RenderRequest) -> str:
        """The one Kubernetes version that the library renders for."""
        return DEFAULT_KUBE_VERSION

    def remote_schemas(self, chart: Path) -> tuple[str, ...]:
        """The references in the chart's schemas that helm would fetch; with any, it validates no schema."""
        return remote_schemas(os.path.abspath(chart))

    def refusal(self, request: RenderRequest) -> str | None:
        """Why the library can't render what is asked for: it knows one Kubernetes version."""
        what = None
        if options.kube_version(request) != DEFAULT_KUBE_VERSION:
            what = f"renders for Kubernetes {DEFAULT_KUBE_VERSION} only and takes no --kube-version"
        elif request.api_versions:
            what = "takes no --api-versions"
        return what and (
            f"the embedded engine {what}; install helm (helm.sh/docs/intro/install) and give --engine cli, which does"
        )

    def lint(self, chart: Path, request: RenderRequest) -> Pending[LintOutput]:
        """Starts what ``helm lint`` does.

        Raises:
            ConfigurationError: the request names what is not there or would have to be fetched.
            EngineError: it asks for a Kubernetes version or for API versions.
        """
        return _Lint(self._ask("lint", chart, request), str(chart))

    def render(self, chart: Path, request: RenderRequest) -> Pending[RenderOutput]:
        """Starts what ``helm template`` does.

        Raises:
            ConfigurationError: the request names what is not there or would have to be fetched.
            EngineError: it asks for a Kubernetes version or for API versions.
        """
        return _Render(self._ask("render", chart, request), str(chart))

    @contextlib.contextmanager
    def hold(self, chart: Path) -> Iterator[None]:
        """Promises that a chart's files stay as they are meanwhile: the worker loads it once, if that does no harm."""
        folder = os.path.abspath(chart)
        before = self._held.get(folder)
        if before is None:
            self._holds += 1
            self._held[folder] = _Hold(self._holds, bool(remote_schemas(folder)))
        try:
            yield
        finally:
            if before is None:
                del self._held[folder]

    def close(self) -> None:
        """Ends the worker."""
        self._workers.close()

    def _ask(self, do: str, chart: Path, request: RenderRequest) -> _Call:
        options.check(request)
        if refusal := self.refusal(request):
            raise EngineError(refusal)
        folder = os.path.abspath(chart)
        held = self._held.get(folder) or _Hold(0, bool(remote_schemas(folder)))
        return self._workers.submit(
            {
                "do": do,
                "chart": folder,
                "held": held.number,
                "values": [os.path.abspath(file) for file in request.values_files],
                "sets": [(argument.flag, argument.value) for argument in request.set_arguments],
                "release_name": request.release_name,
                "namespace": request.namespace,
                "is_upgrade": request.is_upgrade,
                "kube_version": DEFAULT_KUBE_VERSION,
                "skip_schema": request.skip_schema or held.is_remote,
            }
        )


class _Hold(NamedTuple):
    """A chart that is held: its number, and whether its schemas refer to what helm would fetch."""

    number: int
    is_remote: bool


class _Lint:
    def __init__(self, call: _Call, chart: str) -> None:
        self._call = call
        self._chart = chart
        self._output: LintOutput | None = None

    def result(self) -> LintOutput:
        """Waits for the worker's answer."""
        if self._output is None:
            self._output = self._read(self._call.result())
        return self._output

    def done(self) -> bool:
        """Whether helm has ended."""
        return self._call.done()

    def _read(self, answer: _Answer) -> LintOutput:
        from helm_constitution.helm import messages

        speaker = messages.Speaker.of(self._chart)
        if answer.failure is not None:
            return LintOutput((answer.failure,), failed=True)
        if "error" in answer.message:
            return LintOutput(messages.failure(answer.message["error"], speaker), failed=True)
        entries = [
            messages.LintEntry(MessageLevel(level or 1), path, text) for level, path, text in answer.message["entries"]
        ]
        return LintOutput(messages.lint_messages(entries, speaker))


class _Render:
    def __init__(self, call: _Call, chart: str) -> None:
        self._call = call
        self._chart = chart
        self._output: RenderOutput | None = None

    def result(self) -> RenderOutput:
        """Waits for the worker's answer."""
        if self._output is None:
            self._output = self._read(self._call.result())
        return self._output

    def done(self) -> bool:
        """Whether helm has ended."""
        return self._call.done()

    def _read(self, answer: _Answer) -> RenderOutput:
        if answer.failure is not None:
            return RenderOutput(errors=(answer.failure,))
        if "error" in answer.message:
            from helm_constitution.helm import messages

            return RenderOutput(errors=messages.failure(answer.message["error"], messages.Speaker.of(self._chart)))
        from helm_constitution.helm import documents

        rendered = documents.of_files(answer.message["files"])
        return RenderOutput(rendered, documents.faults(rendered))


class _Answer:
    """What came of a request: the worker's message, or why there is none."""

    def __init__(self, message: Message, failure: HelmMessage | None = None) -> None:
        self.message = message
        self.failure = failure


class _Call:
    """One request to the worker. ``alone``: another request may have brought its worker down."""

    def __init__(self, request: Message) -> None:
        self.request = request
        self.alone = False
        self.until = 0.0
        self._done = threading.Event()
        self._answer: _Answer | None = None
        self._error: EngineError | None = None

    def finish(self, answer: _Answer) -> None:
        self._answer = answer
        self._done.set()

    def fail(self, error: EngineError) -> None:
        self._error = error
        self._done.set()

    def result(self) -> _Answer:
        self._done.wait()
        if self._error is not None:
            raise self._error
        if self._answer is None:
            raise EngineError("helm was asked for something after its engine was closed")
        if "usage" in self._answer.message:
            raise ConfigurationError(self._answer.message["usage"])
        return self._answer

    def done(self) -> bool:
        return self._done.is_set()


class _Worker:
    """A worker process and the ends of its pipes."""

    def __init__(self, limits: Limits) -> None:
        self.ready = False
        self.errors = process.scratch_file()
        environment = options.environment(tuple(limits.environment), limits.memory)
        request_end, self.requests = os.pipe()
        self.answers, answer_end = os.pipe()
        try:
            if _may_fork():
                self.child = _fork(request_end, answer_end, self.errors, environment)
            else:
                self.child = _spawn(request_end, answer_end, self.errors, environment)
        except OSError as error:
            raise EngineError(f"no process can be started for the embedded engine: {error.strerror}") from error
        finally:
            os.close(request_end)
            os.close(answer_end)

    def close(self) -> int:
        """Waits for the process, which has closed its end or was killed. Returns its exit status."""
        for descriptor in (self.requests, self.answers):
            os.close(descriptor)
        while (status := self.child.wait(1)) is None:
            self.child.kill()
        return status


def _may_fork() -> bool:
    """Whether a fork is safe: on Linux, in a process with one thread. Others may hold locks that the fork inherits."""
    return sys.platform == "linux" and len(os.listdir("/proc/self/task")) == 1


def _fork(requests: int, answers: int, errors: int, environment: dict[str, str]) -> process.Child:
    """A worker that has all of this process's modules already."""
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            os.setpgid(0, 0)
            for number, descriptor in enumerate((requests, answers, errors)):
                os.dup2(descriptor, number)
            os.closerange(3, 4096)
            sys.stdout = sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 - for the rest of its life
            os.environ.clear()
            os.environ.update(environment)
            serve()
            status = 0
        finally:
            error = sys.exception()
            if error is not None:
                sys.excepthook(type(error), error, error.__traceback__)
                sys.stderr.flush()
            os._exit(status)  # never back into the program that was forked
    with contextlib.suppress(OSError):  # it has done so itself
        os.setpgid(pid, pid)
    return process.PosixChild(pid)


def _spawn(requests: int, answers: int, errors: int, environment: dict[str, str]) -> process.Child:
    # The same places for modules as here, and not the current folder, where a chart may hold a json.py.
    environment["PYTHONPATH"] = os.pathsep.join(entry for entry in sys.path if entry)
    arguments = [sys.executable, "-P", "-s", "-m", "helm_constitution.helm.worker"]
    return process.start(arguments, environment, stdin=requests, stdout=answers, stderr=errors)


class _Workers:
    """Keeps one worker at work: hands it requests, watches it, puts another in its place when it has to be ended."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._changed = threading.Condition()
        self._queue: deque[_Call] = deque()
        self._under_way: dict[int, _Call] = {}
        self._last_id = 0
        self._version: str | None = None
        self._breach: str | None = None
        self._error: EngineError | None = None
        self._worker = _Worker(limits)  # forked before this process has a second thread
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._listen, self._guard)]
        for thread in self._threads:
            thread.start()
        atexit.register(self.close)

    def submit(self, request: Message) -> _Call:
        """Hands a request to the worker, or puts it into the queue."""
        call = _Call(request)
        with self._changed:
            if self._error is not None:
                call.fail(self._error)
            else:
                self._queue.append(call)
                self._send()
                self._changed.notify_all()
        return call

    def version(self) -> str:
        """The version that the worker gives when it is ready."""
        with self._changed:
            self._changed.wait_for(lambda: self._version is not None or self._error is not None)
            if self._version is None:
                raise self._error or EngineError("the embedded engine is closed")
            return self._version

    def close(self) -> None:
        """Ends the worker and whatever it has under way."""
        with self._changed:
            if self._error is None:
                self._stop(EngineError("helm was asked for something after its engine was closed"))
                self._worker.child.kill()
        for thread in self._threads:
            thread.join()
        atexit.unregister(self.close)

    def _stop(self, error: EngineError) -> None:
        self._error = error
        for call in (*self._under_way.values(), *self._queue):
            call.fail(error)
        self._under_way.clear()
        self._queue.clear()
        self._changed.notify_all()

    def _send(self) -> None:
        """Hands over what the worker can take now."""
        while self._queue and len(self._under_way) < self._limits.at_once:
            alone = self._queue[0].alone or any(call.alone for call in self._under_way.values())
            if alone and self._under_way:
                return
            call = self._queue.popleft()
            self._last_id += 1
            call.until = time.monotonic() + self._limits.seconds
            self._under_way[self._last_id] = call
            try:
                write_message(self._worker.requests, {**call.request, "id": self._last_id})
            except OSError:
                return  # it has ended; the listener sees that and takes everything back

    def _listen(self) -> None:
        """Takes the worker's answers until the engine is closed."""
        while True:
            message = read_message(self._worker.answers)
            with self._changed:
                if message is None:
                    self._replace()
                    if self._error is not None:
                        return
                elif message["id"] == 0:
                    self._worker.ready = True
                    self._version = message["version"]
                else:
                    call = self._under_way.pop(message["id"], None)
                    if call is not None:
                        call.finish(_Answer(message))
                self._send()
                self._changed.notify_all()

    def _guard(self) -> None:
        """Sees to it that the worker keeps the limits while it has something under way."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._under_way or self._error is not None)
                if self._error is not None:
                    return
                if self._breach is None:
                    worker = self._worker
                    self._breach = process.memory_breach(worker.child.pid, self._limits)
                    self._breach = self._breach or process.output_breach((worker.errors,))
                    if self._breach is None and self._overdue(0):
                        self._breach = process.time_breach(self._limits)
                    if self._breach is not None:
                        worker.child.kill()
            time.sleep(process.POLL_SECONDS)

    def _overdue(self, slack: float) -> list[_Call]:
        """The requests whose time is up, or will be in so many seconds."""
        now = time.monotonic() + slack
        return [call for call in self._under_way.values() if call.until <= now]

    def _replace(self) -> None:
        """After the worker's end: tells who brought it about, lets the others have another try with a new worker."""
        worker, breach, self._breach = self._worker, self._breach, None
        calls = list(self._under_way.values())
        # A lint that began with the render would be ended next.
        overdue = self._overdue(_SLACK_SECONDS)
        self._under_way.clear()
        status = worker.close()
        said = "" if process.output_breach((worker.errors,)) else process.read_all(worker.errors)
        os.close(worker.errors)
        if self._error is not None:
            return
        if breach is None and not worker.ready:
            self._stop(EngineError(_not_loaded(said)))
            return
        from helm_constitution.helm import messages

        failure = messages.crash(status, said) if breach is None else messages.broken_limit(breach)
        # Time is each request's own. Memory and crashes are one's fault who was alone, else each tries again alone.
        guilty = overdue or (calls if len(calls) == 1 else [])
        for call in guilty:
            call.finish(_Answer({}, failure))
        for call in reversed([call for call in calls if call not in guilty]):
            call.alone = True
            self._queue.appendleft(call)
        try:
            self._worker = _Worker(self._limits)
        except EngineError as error:
            self._stop(error)


def _not_loaded(said: str) -> str:
    words = said.strip().rpartition("\n")[2] or "it ended without a word"
    return (
        f"the embedded engine's library (helm-python-sdk) can't be loaded: {words}; reinstall it with "
        'pip install --force-reinstall "helm-constitution[embedded]", or install helm'
    )
