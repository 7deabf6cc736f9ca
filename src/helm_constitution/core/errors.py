"""The errors that end a run: one root, one handler (in ``__main__``), exit status 2."""

from __future__ import annotations

import errno

_PROCESSES = "; raise the limit of processes (ulimit -u)"
_ADVICE = {
    errno.EAGAIN: _PROCESSES,
    errno.ENOSPC: "; free some disk space",
    errno.EMFILE: "; raise the limit of open files (ulimit -n)",
    errno.ENFILE: "; close other programs",
}


class ConstitutionError(Exception):
    """Something that keeps the gate from judging: its message is meant for the user.

    The message names the file (and line, where there is one) and the way out.
    """

    def __init__(self, message: str, *, file: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line

    def __str__(self) -> str:
        if self.file is None:
            return self.message
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}"


NO_THREAD = f"can't start a thread{_PROCESSES} or of memory"


def lacks_threads(words: str) -> bool:
    """Whether Python's or Go's words mean that the system starts no more threads."""
    return any(sign in words for sign in ("can't start new thread", "pthread_create failed", "new OS thread"))


def of_system(error: OSError) -> str:
    """The system's words for an error, and the way out where there is one."""
    return f"{error.strerror}{_ADVICE.get(error.errno or 0, '')}"


def unforeseen(error: Exception) -> str:
    """The words for an error that nobody foresaw: what the machine is short of, or a fault of the program."""
    if isinstance(error, FileNotFoundError) and error.filename is None:
        return "the working folder has been removed"  # os.getcwd names nothing
    if isinstance(error, OSError) and error.strerror:
        return of_system(error) if error.filename is None else f"{error.filename}: {of_system(error)}"
    if isinstance(error, MemoryError):
        return "out of memory"
    if lacks_threads(first := next(iter(str(error).splitlines()), "")):
        return NO_THREAD
    return f"internal error: {type(error).__name__}{first and f': {first}'}"


class ChartError(ConstitutionError):
    """The chart is missing, unreadable, unsafe to unpack or not a chart."""


class LimitReached(ConstitutionError):
    """Something in a chart is larger than what is read of it; the message names the limit."""


class ConstitutionFileError(ConstitutionError):
    """The constitution document can't be used as it is."""


class ConfigurationError(ConstitutionError):
    """The configuration or the command line asks for something that doesn't exist."""


class EngineError(ConstitutionError):
    """No helm can be run, or the one asked for can't do what was asked of it."""


class YamlSyntaxError(ConstitutionError):
    """A YAML text that Kubernetes' reader rejects. ``line`` and ``column`` count from 1."""

    def __init__(
        self, message: str, *, file: str | None = None, line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(message, file=file, line=line)
        self.column = column


class BaselineError(ConstitutionError):
    """The earlier release that a chart is to be compared with can't be had."""


class ClusterError(ConstitutionError):
    """The cluster that is asked can't be reached, doesn't accept the credentials, or is gone in between. The message
    names context and address, never credentials."""
