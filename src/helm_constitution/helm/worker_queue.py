"""Requests to the embedded engine's worker: sent in order, watched, and retried after its end."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import deque

from helm_constitution.core.deadline import uninterrupted
from helm_constitution.core.errors import NO_THREAD, ConfigurationError, EngineError, lacks_threads
from helm_constitution.helm import process
from helm_constitution.helm.protocol import HelmMessage, Limits
from helm_constitution.helm.worker import Message, read_message, write_message
from helm_constitution.helm.worker_process import WorkerProcess

_SLACK_SECONDS = 0.5
_GO_REASONS = ("fatal error: ", "panic: ", "runtime: ")


class Answer:
    """The outcome of a request: the worker's message, or why there is none."""

    def __init__(self, message: Message, failure: HelmMessage | None = None) -> None:
        self.message = message
        self.failure = failure


class Call:
    """One request to the worker. ``alone``: it must run alone, because another request may have crashed its worker."""

    def __init__(self, request: Message) -> None:
        self.request = request
        self.alone = False
        self.until = 0.0
        self._done = threading.Event()
        self._answer: Answer | None = None
        self._error: EngineError | None = None

    def finish(self, answer: Answer) -> None:
        """The worker has answered, or exceeded a limit."""
        self._answer = answer
        self._done.set()

    def fail(self, error: EngineError) -> None:
        """Records that there will be no answer."""
        self._error = error
        self._done.set()

    def result(self) -> Answer:
        """Waits for the answer. Raises EngineError if there is none, ConfigurationError if the request is at fault."""
        self._done.wait()
        if self._error is not None:
            raise self._error
        if self._answer is None:
            raise EngineError("helm was asked for something after its engine was closed")
        if "usage" in self._answer.message:
            raise ConfigurationError(self._answer.message["usage"])
        return self._answer

    def done(self) -> bool:
        """Whether the result is available without waiting."""
        return self._done.is_set()


class WorkerQueue:
    """Runs one worker: sends it requests, watches it, and replaces it when it has to be ended."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._changed = threading.Condition()
        self._queue: deque[Call] = deque()
        self._under_way: dict[int, Call] = {}
        self._last_id = 0
        self._version: str | None = None
        self._breach: str | None = None
        self._is_cancelled = False
        self._error: EngineError | None = None
        self._worker = WorkerProcess(limits)  # forked before this process has a second thread
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._listen, self._guard)]
        for thread in self._threads:
            thread.start()
        atexit.register(self.close)

    def submit(self, request: Message) -> Call:
        """Sends a request to the worker, or queues it."""
        call = Call(request)
        with uninterrupted(), self._changed:
            if self._error is not None:
                call.fail(self._error)
            else:
                self._queue.append(call)
                self._send()
                self._changed.notify_all()
        return call

    def version(self) -> str:
        """The version that the worker sends when it is ready."""
        with self._changed:
            self._changed.wait_for(lambda: self._version is not None or self._error is not None)
            if self._version is None:
                raise self._error or EngineError("the embedded engine is closed")
            return self._version

    def cancel(self, reason: str) -> None:
        """Ends all requests that are under way or queued, as if each had exceeded a limit."""
        from helm_constitution.helm import messages

        with self._changed:
            for call in (*self._under_way.values(), *self._queue):
                call.finish(Answer({}, messages.broken_limit(reason)))
            self._queue.clear()
            if self._under_way:
                self._under_way.clear()
                self._breach, self._is_cancelled = reason, True
                self._worker.child.kill()

    def close(self) -> None:
        """Ends the worker and its current requests."""
        with self._changed:
            if self._error is None:
                self._stop(EngineError("helm was asked for something after its engine was closed"))
                self._worker.child.kill()
        for thread in self._threads:
            thread.join(process.LEAVE_SECONDS)
        atexit.unregister(self.close)

    def _stop(self, error: EngineError) -> None:
        self._error = error
        for call in (*self._under_way.values(), *self._queue):
            call.fail(error)
        self._under_way.clear()
        self._queue.clear()
        self._changed.notify_all()

    def _send(self) -> None:
        """Sends the worker the requests that it can take now."""
        while self._queue and len(self._under_way) < self._limits.at_once:
            alone = self._queue[0].alone or any(call.alone for call in self._under_way.values())
            if alone and self._under_way:
                return
            call = self._queue.popleft()
            self._last_id += 1
            now, seconds = time.monotonic(), self._limits.seconds
            # A retried one has what is left of its time, for two that use too much memory together to end by then.
            call.until = max(call.until, now + seconds / 4) if call.until else now + seconds
            self._under_way[self._last_id] = call
            try:
                write_message(self._worker.requests, {**call.request, "id": self._last_id})
            except OSError:
                return  # it has ended; the listener sees that and takes everything back

    def _listen(self) -> None:
        """Receives the worker's answers until the engine is closed."""
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
                        call.finish(Answer(message))
                self._send()
                self._changed.notify_all()

    def _guard(self) -> None:
        """Enforces the worker's limits while it is handling requests."""
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

    def _overdue(self, slack: float) -> list[Call]:
        """The requests that exceed their time limit now, or will in so many seconds."""
        now = time.monotonic() + slack
        return [call for call in self._under_way.values() if call.until <= now]

    def _replace(self) -> None:
        """After the worker's end: fails the request that caused it, and retries the others with a new worker."""
        worker, breach, self._breach = self._worker, self._breach, None
        is_cancelled, self._is_cancelled = self._is_cancelled, False
        calls = list(self._under_way.values())
        # A lint that began with the render would be ended next.
        overdue = self._overdue(_SLACK_SECONDS)
        status = worker.close()
        said = "" if process.output_breach((worker.errors,)) else process.read_all(worker.errors)
        os.close(worker.errors)
        if self._error is not None:
            return
        if breach is None and not worker.ready:
            self._stop(EngineError(_not_loaded(said)))  # with those that are under way
            return
        self._under_way.clear()
        from helm_constitution.helm import messages

        failure = messages.crash(status, said) if breach is None else messages.broken_limit(breach)
        # Time is each request's own. Memory and crashes are the fault of a request that ran alone; otherwise each is
        # retried alone.
        guilty = overdue or (calls if len(calls) == 1 else [])
        if is_cancelled:
            guilty = []  # these came after what was cancelled
        for call in guilty:
            call.finish(Answer({}, failure))
        for call in reversed([call for call in calls if call not in guilty]):
            call.alone = not is_cancelled
            self._queue.appendleft(call)
        try:
            self._worker = WorkerProcess(self._limits)
        except EngineError as error:
            self._stop(error)


def _not_loaded(said: str) -> str:
    lines = said.strip().split("\n")
    # Go prints the reason first, Python last.
    words = next((line for line in lines if line.startswith(_GO_REASONS)), lines[-1]) or "it ended without a message"
    if lacks_threads(said):
        return f"the embedded engine {NO_THREAD}"
    return (
        f"the embedded engine's library (helm-python-sdk) can't be loaded: {words}; reinstall it with "
        'pip install --force-reinstall "helm-constitution[embedded]", or install helm'
    )
