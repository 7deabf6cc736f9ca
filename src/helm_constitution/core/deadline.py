"""A bound on the processor time that a part of the program takes, whatever it is at: a pattern of Python's ``re`` too.

Time that helm takes, in processes of its own, doesn't count, and neither does a busy machine.
"""

from __future__ import annotations

import signal
import threading
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
    # Each rule has a limit of its own: one within another leaves the handler as it is, and asks the timer alone.
    around = signal.getitimer(signal.ITIMER_VIRTUAL)[0]
    handler = None if around else signal.signal(signal.SIGVTALRM, _out_of_time)
    given = max(min(seconds, around) if around else seconds, _SOON)
    signal.setitimer(signal.ITIMER_VIRTUAL, given)
    try:
        yield
    finally:
        left, _ = signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if around:
            signal.setitimer(signal.ITIMER_VIRTUAL, max(around - (given - left), _SOON))
        else:
            signal.signal(signal.SIGVTALRM, handler)


def time_left() -> float | None:
    """The seconds of processor time until the limit around the caller; None where there is none."""
    if not hasattr(signal, "getitimer") or threading.current_thread() is not threading.main_thread():
        return None
    return signal.getitimer(signal.ITIMER_VIRTUAL)[0] or None


_SOON = 0.001


def _out_of_time(number: int, frame: FrameType | None) -> None:
    raise OutOfTime
