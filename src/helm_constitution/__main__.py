"""The entry point, and the one handler of errors."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys


def run() -> None:
    """:func:`main` in a process of its own, which ends at once: to take apart all that a check made takes 10 ms."""
    ended: list[int] = []

    def leave() -> None:
        if ended:
            with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or none
                sys.stderr.flush()
            os._exit(ended[0])

    atexit.register(leave)  # before all others: it comes last
    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, int):
            ended.append(end.code)
        raise


def main() -> None:
    """Runs the command line; exits 0, 1 or 2 (see the README), 130, 129 or 143 when interrupted or ended."""
    # One chart makes little garbage in cycles, and looking for it costs a tenth of the time; see also fleet/charts.py.
    # At its end Python looks once more, which takes another tenth: what is frozen is left alone.
    gc.disable()
    atexit.register(gc.freeze)

    _open_standard_streams()
    _search_named_folders_only()

    from helm_constitution.core.signals import end_cleanly

    end_cleanly()
    _finish()


def _open_standard_streams() -> None:
    """Gives 0, 1 and 2 to nothing where they are closed: a file that got one would be helm's input or output."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free


def _search_named_folders_only() -> None:
    """Takes relative folders out of PATH: git is run in a chart's folder, where an empty entry or ``.`` would find the
    chart's own ``git``."""
    if "PATH" in os.environ:
        absolute = os.pathsep.join(filter(os.path.isabs, os.environ["PATH"].split(os.pathsep)))
        os.environ["PATH"] = absolute or os.defpath  # as where there is no PATH; an empty one is the working folder


def _finish() -> None:
    from helm_constitution.core.signals import status_of_end

    status: int | None
    try:
        status = _run()
        # Here, not at exit, where Python would complain and exit with 120.
        _flush()
    except BrokenPipeError:
        # The reader (head, less) has seen enough; without this Python complains once more at exit.
        sys.stderr.close()
        status = 141
    except BaseException as error:
        status = status_of_end(error)
        if status is None:
            if not isinstance(error, Exception):
                raise
            status = 2
            _say(_unexpected(error))
    sys.exit(status)


def _run() -> int:
    if sys.stdout is None:
        _say("helm-constitution: error: standard output is closed; redirect it to a file or to /dev/null")
        return 2
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - for the rest of the program's life
    import click

    from helm_constitution.check.kept_patterns import kept_patterns
    from helm_constitution.cli.main import cli
    from helm_constitution.core.errors import ConstitutionError

    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    try:
        with kept_patterns():
            status = cli.main(prog_name="helm-constitution", standalone_mode=False)
    except click.ClickException as error:
        import io

        shown = io.StringIO()
        error.show(file=shown)
        _say(_harmless(shown.getvalue()))
        return error.exit_code
    except ConstitutionError as error:
        _say(_harmless(f"helm-constitution: error: {error}"))
        return 2
    except click.Abort:
        return 130
    return status if isinstance(status, int) else 0


def _harmless(text: str) -> str:
    """A text without control characters, commands to a CI system and secrets."""
    from helm_constitution.core.secret_texts import without_secrets
    from helm_constitution.report.words import clean, inert

    return without_secrets(inert("\n".join(clean(line) for line in text.splitlines())))


def _unexpected(error: Exception) -> str:
    """One line for what nobody foresaw; the trace goes before it under ``--debug``."""
    if "--debug" in sys.argv:
        import traceback

        _say("".join(traceback.format_exception(error)).rstrip())
    from helm_constitution.core.errors import unforeseen

    words = unforeseen(error)
    advice = "" if "--debug" in sys.argv else "; --debug shows where"
    return f"helm-constitution: error: {words.encode('unicode_escape').decode()}{advice}"


def _say(text: str) -> None:
    """Writes to standard error, if that is open."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()


def _flush() -> None:
    """Raises OSError where what was printed can't be written."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError:
        # What is left would be written once more at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


if __name__ == "__main__":
    run()
