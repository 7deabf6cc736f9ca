"""A bound on the processor time that a part of the program takes, whatever it is at: a pattern of Python's ``re`` too.

Time that helm takes, in processes of its own, doesn't count, and neither does a busy machine.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

TIME_IS_UP = "s of processor time; raise --timeout"
"""How each message of a limit on time ends."""

_PERIOD = 0.02
"""Seconds of processor time between two looks at the limits: each rule has one of its own, and a timer for each would
take longer than most rules."""
_GRACE = 1.0
"""Seconds of processor time from one exception to the next, in code that goes on all the same."""

_held: list[None] = []
"""The parts under way that are not interrupted."""
_ends: list[float] = []
"""The processor times at which the limits around the running part end, the innermost last; none is later than those
before it."""


class OutOfTime(BaseException):
    """The time is up. Not an Exception: a rule that catches these must not go on."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises OutOfTime in the body once it has taken these seconds of processor time, or those of a limit around it.

    There is no limit on Windows, which has no such timer, and outside of the main thread, which no signal reaches.
    """
    if not _is_limited():
        yield
        return
    end = time.process_time() + seconds
    if _ends:
        _ends.append(min(end, _ends[-1]))
        try:
            yield
        finally:
            _ends.pop()
        return
    _ends.append(end)
    handler = signal.signal(signal.SIGVTALRM, _look)
    signal.setitimer(signal.ITIMER_VIRTUAL, _PERIOD, _PERIOD)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, handler)
        _ends.clear()


def time_left() -> float | None:
    """The seconds of processor time until the limit around the caller, at least 0; None where there is none."""
    return max(_ends[-1] - time.process_time(), 0.0) if _ends and _is_limited() else None


@contextmanager
def part_limit() -> Iterator[None]:
    """Limits a part of a check to half of the time that is left, so that there is time to go on and to report it.

    Raises OutOfTime, whose words say so. There is no limit where the caller has none.
    """
    left = time_left()
    if left is None:
        yield
        return
    try:
        with time_limit(left / 2):
            yield
    except OutOfTime:
        raise OutOfTime(f"took more than {left / 2:.2g} {TIME_IS_UP}") from None


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Lets the body finish before the time is up: half a request in a pipe would garble all that follow it."""
    _held.append(None)
    try:
        yield
    finally:
        _held.pop()


def _is_limited() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


def _look(number: int, frame: FrameType | None) -> None:
    now = time.process_time()
    if _ends and now >= _ends[-1] and not _held:
        _ends[-1] = now + _GRACE
        raise OutOfTime


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_ends.clear)  # a child has no timer yet
