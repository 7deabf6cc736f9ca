"""A process that checks one chart after another, until it has grown too large or its input is closed."""

from __future__ import annotations

import functools
import gc
import os
import pickle
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.core import signals
from helm_constitution.core.scratch import remove_all
from helm_constitution.fleet.bring import check_place
from helm_constitution.helm.process import resident
from helm_constitution.helm.protocol import HelmEngine
from helm_constitution.helm.worker import read_message, write_message
from helm_constitution.report.model import ChartReport

GROWN_BYTES = 96 * 1024**2
"""A worker that holds so much more than at its start makes room for a fresh one: no garbage is collected in it.

With 45 MiB at its start and 155 MiB for the largest charts, that keeps every worker below 300 MiB."""


def fork_worker(
    start: Callable[[], HelmEngine],
    options: CheckOptions,
    finish: Callable[[ChartReport], object],
    foreign: Sequence[int],
) -> tuple[int, int, int]:
    """Forks a worker. The process must have one thread.

    Args:
        start: makes the worker's engine.
        options: the options for each chart.
        finish: what the worker makes of a chart's report, for the process that forks it.
        foreign: descriptors that belong to other workers, closed in this one.

    Returns:
        Its process id, the descriptor that takes requests, and the one that gives answers.

    Raises:
        OSError: no process can be started.
    """
    request_end, requests = os.pipe()
    answers, answer_end = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        for descriptor in (request_end, requests, answers, answer_end):
            os.close(descriptor)
        raise
    if pid == 0:
        serve = functools.partial(_serve, request_end, answer_end, start, options, finish)
        _live(serve, (*foreign, requests, answers))
    os.close(request_end)
    os.close(answer_end)
    return pid, requests, answers


def _live(serve: Callable[[], None], foreign: Sequence[int]) -> None:
    """The life of a worker, of which it never comes back into the program that was forked."""
    status = 70
    try:
        os.setpgid(0, 0)  # an interrupt on the terminal reaches the parent alone, which ends its workers in order
        for descriptor in foreign:
            os.close(descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdout = sys.stderr  # standard output is the report's
        signals.end_cleanly()
        gc.disable()
        serve()
        status = 0
    except (signals.Terminated, KeyboardInterrupt, BrokenPipeError):
        status = 1
    except BaseException as error:  # noqa: BLE001 - the last handler of this process
        sys.excepthook(type(error), error, error.__traceback__)
        sys.stderr.flush()
    finally:
        remove_all()
        os._exit(status)


def _serve(
    requests: int,
    answers: int,
    start: Callable[[], HelmEngine],
    options: CheckOptions,
    finish: Callable[[ChartReport], object],
) -> None:
    def progress(done: int, planned: int) -> None:
        write_message(answers, {"done": done, "planned": planned})

    most = resident(os.getpid()) + GROWN_BYTES
    engine = start()
    asked = CheckRequest(Path(), engine, options, progress)
    try:
        while (request := read_message(requests)) is not None:
            # Pipes of our own between two copies of one program: nobody else writes into them.
            cache = pickle.loads(request["cache"])
            finished = pickle.dumps(finish(check_place(pickle.loads(request["place"]), asked, cache)))
            leaves = resident(os.getpid()) > most
            write_message(answers, {"finished": finished, "leaves": leaves})
            if leaves:
                return
    finally:
        engine.close()
