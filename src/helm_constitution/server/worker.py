"""The process that checks: runs one task after the other, and drops one that no longer counts, between two rules.

A process of its own, because the limit on a rule's time works in a main thread alone, because a check must not keep the
editor's messages waiting, and because a hanging one can be ended.
"""

from __future__ import annotations

import contextlib
import gc
import os
import queue
import threading
from multiprocessing.connection import Connection
from typing import TypeAlias

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.errors import ConstitutionError, unforeseen
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.scratch import remove_all
from helm_constitution.core.signals import end_cleanly
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import Limits
from helm_constitution.server.checker import Checker
from helm_constitution.server.tasks import Superseded, Task

_LAST_SECONDS = 3.0
"""How long a check may go on after the editor's end is closed."""
_REST_SECONDS = 2.0
"""How long there must have been no task before all memory is looked through for garbage."""
_MOST_TASKS = 20
"""After so many tasks without a rest that is done all the same."""


Tasks: TypeAlias = "queue.SimpleQueue[tuple[int, Task] | None]"


class Setup(NamedTuple):
    """What a worker starts with: the engine, its limits, the options of every check."""

    engine: str
    limits: Limits
    options: CheckOptions


class Failure(NamedTuple):
    """A failed task: the message for the user; ``is_ours`` for an error in this program."""

    message: str
    is_ours: bool = True


class _StillCounts:
    """Raises Superseded if a task was cancelled."""

    def __init__(self, cancelled: set[int], number: int) -> None:
        self._cancelled = cancelled
        self._number = number

    def __call__(self) -> None:
        if self._number in self._cancelled or _ALL in self._cancelled:
            raise Superseded


_ALL = -1


class _Garbage:
    """Collects the reference cycles of checks while nobody waits. All of them take as long as a check of a large
    chart: that is for when the user rests, or has typed for long; after each task there is time for the new ones."""

    def __init__(self) -> None:
        gc.disable()
        self._tasks = 0

    def next_of(self, tasks: Tasks) -> tuple[int, Task] | None:
        """The next task; None at the end."""
        if self._tasks:
            with contextlib.suppress(queue.Empty):
                return tasks.get(timeout=_REST_SECONDS)
            self._take_all()
        return tasks.get()

    def take_young(self, tasks: Tasks) -> None:
        """After a task: what it left behind."""
        self._tasks += 1
        if self._tasks >= _MOST_TASKS:
            self._take_all()
        elif tasks.empty():
            gc.collect(1)

    def _take_all(self) -> None:
        gc.collect()
        self._tasks = 0


def serve(connection: Connection, setup: Setup) -> None:
    """Answers tasks until the other end is closed or sends None.

    A message is a number with a task, or with None: that task is cancelled. An answer is the task's number with its
    result: None if it was cancelled.
    """
    end_cleanly()
    tasks: Tasks = queue.SimpleQueue()
    cancelled: set[int] = set()
    threading.Thread(target=_listen, args=(connection, tasks, cancelled), daemon=True).start()
    checker: Checker | None = None
    garbage = _Garbage()
    try:
        while (message := garbage.next_of(tasks)) is not None:
            number, task = message
            answer: object = None
            try:
                if checker is None:
                    checker = Checker(choose_engine(setup.engine, setup.limits), setup.options)
                still_counts = _StillCounts(cancelled, number)
                still_counts()
                answer = task.run(checker, still_counts)
            except Superseded:
                pass
            except ConstitutionError as error:
                answer = Failure(str(error), is_ours=False)
            except Exception as error:  # noqa: BLE001 - one check's fault must not end the session
                answer = Failure(unforeseen(error))
            cancelled.discard(number)
            connection.send((number, answer))
            del answer
            garbage.take_young(tasks)
    except OSError:
        pass  # the editor has exited
    finally:
        if checker is not None:
            checker.close()


def _listen(connection: Connection, tasks: Tasks, cancelled: set[int]) -> None:
    try:
        while True:
            message = connection.recv()
            if message is None:
                raise EOFError
            number, task = message
            if task is None:
                cancelled.add(number)
            else:
                tasks.put((number, task))
    except (EOFError, OSError):
        cancelled.add(_ALL)
        tasks.put(None)
        # What hangs must not outlive the editor.
        end = threading.Timer(_LAST_SECONDS, _end_at_once)
        end.daemon = True
        end.start()


def _end_at_once() -> None:
    remove_all()
    os._exit(1)
