"""Starting the embedded engine's worker: a fork if that is safe, otherwise a new process."""

from __future__ import annotations

import contextlib
import os
import sys

from helm_constitution.core import signals
from helm_constitution.core.errors import EngineError, of_system
from helm_constitution.core.forks import may_fork
from helm_constitution.helm import options, process
from helm_constitution.helm.protocol import Limits
from helm_constitution.helm.worker import serve


class WorkerProcess:
    """A worker process and the ends of its pipes. ``ready``: it has sent its first message.

    Raises:
        EngineError: no process can be started.
    """

    def __init__(self, limits: Limits) -> None:
        self.ready = False
        self.errors = process.scratch_file()
        environment = options.environment(tuple(limits.environment), limits.memory)
        request_end, self.requests = os.pipe()
        self.answers, answer_end = os.pipe()
        try:
            if may_fork():
                self.child = _fork(request_end, answer_end, self.errors, environment)
            else:
                self.child = _spawn(request_end, answer_end, self.errors, environment)
        except OSError as error:
            raise EngineError(f"can't start a process for the embedded engine: {of_system(error)}") from error
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


def _fork(requests: int, answers: int, errors: int, environment: dict[str, str]) -> process.Child:
    """A worker with all modules of this process already loaded."""
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            os.setpgid(0, 0)
            for number, descriptor in enumerate((requests, answers, errors)):
                os.dup2(descriptor, number)
            os.closerange(3, 4096)
            sys.stdout = sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 - for the rest of its life
            signals.end_at_once()
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
