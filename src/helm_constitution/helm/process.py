"""Child processes: started in a group of their own, watched for time, memory and output, killed as a group."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

from helm_constitution.core.deadline import uninterrupted
from helm_constitution.core.errors import EngineError
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.signals import held
from helm_constitution.helm.protocol import Limits

OUTPUT_LIMIT = 16 * 1024**2
"""Bytes that a process may write. The largest public charts render to 2 MB."""

LEAVE_SECONDS = 2.0
"""How long a thread has to come to its end. It may wait for a lock that a signal left taken (Python's own, of an
import); it dies with the program then."""
POLL_SECONDS = 0.02
"""How often a process at work is looked at."""

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class Ended(NamedTuple):
    """How a process ended: its exit status (negative: the signal), its output, the limit that it exceeded."""

    status: int
    output: str
    errors: str
    breach: str | None = None


class Child(Protocol):
    """A child process that may still be running."""

    @property
    def pid(self) -> int:
        """The process id, which is also that of its group."""
        ...

    def wait(self, seconds: float) -> int | None:
        """Its exit status (negative: the signal), None if it is still running after so many seconds."""
        ...

    def kill(self) -> None:
        """Ends it with all processes that it has started."""
        ...


if sys.platform != "win32":

    class PosixChild:
        """A child of this process, by its process id."""

        def __init__(self, pid: int) -> None:
            self.pid = pid
            self._status: int | None = None
            self._lock = threading.Lock()
            self._handle = _handle(pid)

        def wait(self, seconds: float) -> int | None:
            """See Child."""
            handle = self._handle  # another thread's wait may close it meanwhile
            if handle is not None:
                import select

                watch = select.poll()
                watch.register(handle, select.POLLIN)
                watch.poll(seconds * 1000)
                return self._reap()
            until = time.monotonic() + seconds
            while (status := self._reap()) is None and time.monotonic() < until:
                time.sleep(0.002)
            return status

        def _reap(self) -> int | None:
            with self._lock:
                if self._status is None:
                    _end_group(self.pid)
                    pid, status = os.waitpid(self.pid, os.WNOHANG)
                    if pid:
                        self._status = os.waitstatus_to_exitcode(status)
                        if self._handle is not None:
                            os.close(self._handle)
                            self._handle = None
                return self._status

        def kill(self) -> None:
            """See Child."""
            import signal

            with self._lock:  # never a number that the system may have given to somebody else
                if self._status is None:
                    os.killpg(self.pid, signal.SIGKILL)

    def _end_group(pid: int) -> None:
        """Kills what a process that has ended left behind, before it is reaped: nobody else has its number until then.

        A process that starts one in the background and ends (a helm that is a script) would leave it for ever.
        """
        if sys.platform != "linux":  # macOS has no waitid
            return
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            import signal

            os.killpg(pid, signal.SIGKILL)

    def _handle(pid: int) -> int | None:
        """A descriptor that becomes readable when the process ends; None if the system has none."""
        if sys.platform != "linux":
            return None
        try:
            return os.pidfd_open(pid)
        except OSError:
            return None

    def start(
        arguments: Sequence[str], environment: Mapping[str, str], *, stdin: int | None, stdout: int, stderr: int
    ) -> Child:
        """Starts a program by its absolute path. Not by subprocess, whose import costs 7 ms.

        Raises:
            OSError: it can't be run.
        """
        null = os.open(os.devnull, os.O_RDONLY) if stdin is None else None
        try:
            pid = os.posix_spawn(
                arguments[0],
                list(arguments),
                environment,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, stdin if null is None else null, 0),
                    (os.POSIX_SPAWN_DUP2, stdout, 1),
                    (os.POSIX_SPAWN_DUP2, stderr, 2),
                ],
                setpgroup=0,
            )
        finally:
            if null is not None:
                os.close(null)
        return PosixChild(pid)

else:  # pragma: no cover - not tried
    import subprocess

    class WindowsChild:
        """A child of this process, by subprocess."""

        def __init__(self, popen: subprocess.Popen[bytes]) -> None:
            self._popen = popen
            self.pid = popen.pid

        def wait(self, seconds: float) -> int | None:
            """See Child."""
            try:
                return self._popen.wait(seconds)
            except subprocess.TimeoutExpired:
                return None

        def kill(self) -> None:
            """See Child."""
            self._popen.kill()

    def start(
        arguments: Sequence[str], environment: Mapping[str, str], *, stdin: int | None, stdout: int, stderr: int
    ) -> Child:
        """Starts a program.

        Raises:
            OSError: it can't be run.
        """
        popen = subprocess.Popen(
            list(arguments),
            env=dict(environment),
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=stdout,
            stderr=stderr,
            creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,
        )
        return WindowsChild(popen)


def scratch_file() -> int:
    """The descriptor of a file without a name: a pipe would block a process that writes more than is read."""
    if hasattr(os, "memfd_create"):  # Linux
        return os.memfd_create("helm-constitution")
    import tempfile

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def read_all(descriptor: int) -> str:
    """The contents of a scratch file, as text; bytes that are not UTF-8 become U+FFFD."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts).decode("utf-8", "replace")


def resident(pid: int) -> int:
    """The resident memory of a process in bytes, 0 if unknown."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def memory_breach(pid: int, limits: Limits) -> str | None:
    """The message for a process that exceeds its memory limit; None while it doesn't."""
    if resident(pid) <= limits.memory:
        return None
    return f"helm used more than {_mebibytes(limits.memory)} of memory and was stopped"


def output_breach(outputs: Sequence[int]) -> str | None:
    """The message for a process that exceeds its output limit; None while it doesn't."""
    if all(os.fstat(output).st_size <= OUTPUT_LIMIT for output in outputs):
        return None
    return too_much_output()


def too_much_output() -> str:
    """The message for a process that exceeds its output limit."""
    return f"helm printed more than {_mebibytes(OUTPUT_LIMIT)} and was stopped"


def time_breach(limits: Limits) -> str:
    """The message for a process that exceeds its time limit."""
    return f"helm did not finish within {limits.seconds:g} s and was stopped; raise --timeout"


def _mebibytes(size: int) -> str:
    return f"{size / 1024**2:g} MiB"


def limit_orphan(pid: int, limits: Limits) -> None:
    """Makes sure that a process ends even if this one is killed and can't watch it any more."""
    if sys.platform != "linux":
        return
    import resource

    seconds = int(limits.seconds * (os.cpu_count() or 1)) + 1
    try:
        resource.prlimit(pid, resource.RLIMIT_CPU, (seconds, seconds))
    except (OSError, ValueError):
        return  # it has ended already, or a tighter limit holds


class Processes:
    """Runs processes side by side, as many as the limits allow, the others in a queue; each has its own watch."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.closed = False
        self.slots = threading.Semaphore(limits.at_once)
        self._runs: list[Run] = []
        atexit.register(self.close)

    def start(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Run:
        """Starts a program by its absolute path, at once if a slot is free. Its time counts from its own start."""
        with held(), uninterrupted():  # or nobody would know of the process
            run = Run(self, arguments, environment)
            self._runs = [run, *(other for other in self._runs if not other.done())]
        return run

    def cancel(self, reason: str) -> None:
        """Ends whatever is running or waits for a slot, as if it had exceeded a limit."""
        for run in self._runs:
            run.cancel(reason)

    def close(self) -> None:
        """Ends whatever is still running."""
        self.closed = True
        for run in self._runs:
            run.kill()
        for run in self._runs:
            run.join()
        self._runs.clear()
        atexit.unregister(self.close)


class Run:
    """One process from its start to its end."""

    def __init__(self, processes: Processes, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self._processes = processes
        self._arguments = arguments
        self._environment = environment
        self._child: Child | None = None
        self._lock = threading.Lock()
        self._ended: Ended | None = None
        self._failure: OSError | None = None
        self._cancelled: str | None = None
        self._outputs: tuple[int, int] | None = None
        # The first ones start here: a thread would have to wait for this one to let go of the interpreter.
        started = processes.slots.acquire(blocking=False)
        if started:
            self._start()
        self._thread = threading.Thread(target=self._serve, args=(started,), daemon=True)
        self._thread.start()

    def result(self) -> Ended:
        """Waits for the process to end.

        Raises:
            EngineError: it could not be run.
        """
        self._thread.join()
        if self._failure is not None:
            raise EngineError(f"{self._arguments[0]} can't be run: {self._failure.strerror or self._failure}")
        if self._ended is None:
            raise EngineError("helm was asked for something after its engine was closed")
        return self._ended

    def done(self) -> bool:
        """Whether the process has ended."""
        return not self._thread.is_alive()

    def kill(self) -> None:
        """Ends the process, or keeps it from starting."""
        with self._lock:
            if self._child is not None:
                self._child.kill()

    def cancel(self, reason: str) -> None:
        """Ends the process, or keeps it from starting; the reason stands for an exceeded limit."""
        with self._lock:
            self._cancelled = reason
        self.kill()

    def join(self) -> None:
        """Waits for the watch to end, and for the process that was killed."""
        self._thread.join(LEAVE_SECONDS)
        # An interrupt in an earlier join makes Python consider a running thread as ended (bpo-45274).
        while self._child is not None and self._child.wait(POLL_SECONDS) is None:
            pass

    def _start(self) -> None:
        with self._lock:
            if self._processes.closed:
                return
            if self._cancelled is not None:
                self._ended = Ended(1, "", "", self._cancelled)
                return
            try:
                self._outputs = scratch_file(), scratch_file()
                self._child = start(
                    self._arguments,
                    self._environment,
                    stdin=None,
                    stdout=self._outputs[0],
                    stderr=self._outputs[1],
                )
            except OSError as error:
                self._failure = error

    def _serve(self, started: bool) -> None:
        if not started:
            self._processes.slots.acquire()
            self._start()
        try:
            if self._child is not None and self._outputs is not None:
                self._ended = self._watch(self._child, self._outputs)
        except (OSError, ImportError) as error:  # too few descriptors, say
            self.kill()
            self._failure = error if isinstance(error, OSError) else OSError(0, str(error))
        finally:
            self._processes.slots.release()
            for output in self._outputs or ():
                os.close(output)

    def _watch(self, child: Child, outputs: tuple[int, int]) -> Ended:
        limits = self._processes.limits
        until = time.monotonic() + limits.seconds
        limit_orphan(child.pid, limits)
        breach: str | None = None
        while (status := child.wait(POLL_SECONDS)) is None:
            breach = breach or self._cancelled or memory_breach(child.pid, limits) or output_breach(outputs)
            if breach is None and time.monotonic() >= until:
                breach = time_breach(limits)
            if breach is not None:
                child.kill()
        breach = breach or self._cancelled or output_breach(outputs)
        if breach is not None:
            return Ended(status, "", "", breach)
        return Ended(status, read_all(outputs[0]), read_all(outputs[1]))
