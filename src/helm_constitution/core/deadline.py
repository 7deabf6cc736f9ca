"""A bound on the processor time that a part of the program takes, whatever it is at: a pattern of Python's ``re`` too.

Time that helm takes, in processes of its own, doesn't count, and neither does a busy machine.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class OutOfTime(BaseException):
    """The time is up. Not an Exception: a rule that catches these must not go on."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises OutOfTime in the body once it has taken these seconds of processor time, or those of a limit around it.

    There is no limit on Windows, which has no such timer, and outside of the main thread, which no signal reaches.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGVTALRM, _out_of_time)
    begin = time.process_time()
    left, _ = signal.setitimer(signal.ITIMER_VIRTUAL, max(seconds, _SOON))
    if 0 < left < seconds:
        signal.setitimer(signal.ITIMER_VIRTUAL, left)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, handler)
        if left:
            signal.setitimer(signal.ITIMER_VIRTUAL, max(left - (time.process_time() - begin), _SOON))


def time_left() -> float | None:
    """The seconds of processor time until the limit around the caller; None where there is none."""
    if not hasattr(signal, "getitimer") or threading.current_thread() is not threading.main_thread():
        return None
    return signal.getitimer(signal.ITIMER_VIRTUAL)[0] or None


_SOON = 0.001


def _out_of_time(number: int, frame: FrameType | None) -> None:
    raise OutOfTime
