"""SIGTERM and SIGHUP end the program as Ctrl-C does: helm is ended and temporary folders are removed on the way out."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_SOON = 0.001
_held: list[None] = []
"""The parts under way that no signal ends."""
_late: list[BaseException] = []
"""The ends that came meanwhile."""


class Terminated(BaseException):
    """The program was asked to end. Not an Exception: nothing but the entry point catches it.

    Args:
        number: the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by signal {number}")
        self.number = number


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, as opposed to a KeyboardInterrupt that somebody's code raises."""


def is_end(error: BaseException) -> bool:
    """Whether the program itself is to end: by a signal, not by what some code raises.

    Where the entry point has not set up the signals, nobody can tell: a KeyboardInterrupt counts as one.
    """
    error = _raised(error)
    if isinstance(error, Terminated | Interrupted):
        return True
    return isinstance(error, KeyboardInterrupt) and signal.getsignal(signal.SIGINT) is not _interrupt


def status_of_end(error: BaseException) -> int | None:
    """The exit status of a program that such an end stopped: 128 and the signal; None for other errors."""
    error = _raised(error)
    if isinstance(error, Terminated):
        return 128 + error.number
    return 128 + signal.SIGINT if isinstance(error, KeyboardInterrupt) else None


def _raised(error: BaseException) -> BaseException:
    """The error itself: before Python 3.12, what is raised while a class is made is the cause of a RuntimeError."""
    while isinstance(error, RuntimeError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _ending_signals() -> tuple[signal.Signals, ...]:
    names = ("SIGTERM", "SIGHUP")
    return tuple(getattr(signal, name) for name in names if hasattr(signal, name))


def end_cleanly() -> None:
    """Raises Terminated in the main thread at the first of these signals, and ignores those behind it; Interrupted at
    Ctrl-C.

    A signal that is ignored already (``nohup``) stays ignored.
    """
    for number in _ending_signals():
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _terminate)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    if sys.unraisablehook is sys.__unraisablehook__ and hasattr(signal, "setitimer"):
        sys.unraisablehook = _swallowed


@contextmanager
def ended_by(stop: Callable[[], None]) -> Iterator[None]:
    """Within, a signal calls ``stop``, which has to end the body; the program then ends as at any other signal. For who
    runs an event loop, which keeps an exception as the result of whatever task runs.

    Raises:
        Terminated: a signal came; behind the body.
    """
    ours = [number for number in (*_ending_signals(), signal.SIGINT) if signal.getsignal(number) in _HANDLERS]
    received: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        for other in ours:
            signal.signal(other, signal.SIG_IGN)
        received.append(number)
        stop()

    for number in ours:
        signal.signal(number, end)
    try:
        yield
    finally:
        if received:
            raise Terminated(received[0])


@contextmanager
def held() -> Iterator[None]:
    """Lets the body finish before a signal ends the program: a process that was started, but that nobody knows of yet,
    would stay.

    Raises:
        Terminated, Interrupted: a signal came; behind the body.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # no signal is handled in other threads
        return
    _held.append(None)
    try:
        yield
    finally:
        _held.pop()
        if _late and not _held:
            raise _late.pop(0)


def end_at_once() -> None:
    """Gives these signals their usual effect again, in a process that has nothing to tidy."""
    for number in _ending_signals():
        if signal.getsignal(number) is _terminate:
            signal.signal(number, signal.SIG_DFL)


def _swallowed(found: UnraisableHookArgs) -> None:
    """Where a signal comes while a callback of Python's own runs, which lets no exception out, it is raised once more a
    moment later."""
    error = found.exc_value
    if not isinstance(error, Terminated | Interrupted):
        sys.__unraisablehook__(found)
        return

    def once_more(number: int, frame: FrameType | None) -> None:
        raise error

    signal.signal(signal.SIGALRM, once_more)
    signal.setitimer(signal.ITIMER_REAL, _SOON)


def _interrupt(number: int, frame: FrameType | None) -> None:
    _end(Interrupted())


def _terminate(number: int, frame: FrameType | None) -> None:
    for other in _ending_signals():
        signal.signal(other, signal.SIG_IGN)
    _end(Terminated(number))


def _end(error: BaseException) -> None:
    if not _held:
        raise error
    _late.append(error)


_HANDLERS = (_interrupt, _terminate)
