"""The editor's side of the process that checks: starts it, sends it tasks, ends it if it hangs."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import multiprocessing
import threading
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

from helm_constitution.server.tasks import Task
from helm_constitution.server.worker import Failure, Setup, serve

if TYPE_CHECKING:
    from asyncio import Future

_END_SECONDS = 5.0


class Link:
    """Sends tasks to a worker process, which is started with the first task and again after its end.

    Args:
        setup: what the worker starts with.
        silence: seconds after which a task without an answer is abandoned, and the worker ended.
    """

    def __init__(self, setup: Setup, silence: float) -> None:
        self._setup = setup
        self._silence = silence
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[object]] = {}
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None

    async def ask(self, task: Task) -> object:
        """The result of a task: None for a cancelled one, a Failure if the worker ended or hung.

        Raises:
            asyncio.CancelledError: the caller was cancelled, and the task with it.
        """
        number = next(self._numbers)
        future: Future[object] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            self._send(number, task)
            return await asyncio.wait_for(future, self._silence)
        except asyncio.CancelledError:
            self._send(number, None)
            raise
        except TimeoutError:
            self.close(at_once=True)
            return Failure(f"a check did not answer within {self._silence:g} s and was stopped; raise --timeout")
        except OSError as error:
            self.close(at_once=True)
            return Failure(f"the process that checks can't be reached: {error.strerror or error}")
        finally:
            self._waiting.pop(number, None)

    def close(self, *, at_once: bool = False) -> None:
        """Ends the worker, at the session's end: its current tasks are cancelled. ``at_once``: they fail."""
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection is not None and not at_once:
            with contextlib.suppress(OSError):
                connection.send(None)
        if process is not None:
            if at_once:
                process.terminate()
            process.join(_END_SECONDS)
            if process.is_alive():
                process.kill()
                process.join()
        lost = Failure("the process that checks was stopped") if at_once else None
        for future in self._waiting.values():
            if not future.done():
                future.set_result(lost)

    def _send(self, number: int, task: Task | None) -> None:
        if self._connection is None:
            if task is None:
                return
            self._start()
        assert self._connection is not None
        self._connection.send((number, task))

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")  # threads run here by now: no fork is safe
        ours, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self._setup), daemon=False)
        self._process.start()
        theirs.close()
        self._connection = ours
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._listen, args=(ours, loop), daemon=True).start()

    def _listen(self, connection: Connection, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while True:
                number, answer = connection.recv()
                loop.call_soon_threadsafe(self._answered, number, answer)
        except (EOFError, OSError, RuntimeError):  # RuntimeError: the loop is closed
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._ended, connection)
        finally:
            connection.close()

    def _answered(self, number: int, answer: object) -> None:
        future = self._waiting.get(number)
        if future is not None and not future.done():
            future.set_result(answer)

    def _ended(self, connection: Connection) -> None:
        if self._connection is connection:
            self.close(at_once=True)
