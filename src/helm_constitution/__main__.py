"""The entry point, and the one handler of errors."""

from __future__ import annotations

import atexit
import gc
import sys


def main() -> None:
    """Runs the command line; exits 0, 1 or 2 (see the README), 130 when interrupted."""
    # One chart makes little garbage in cycles, and looking for it costs a tenth of the time; see also check/charts.py.
    # At its end Python looks once more, which takes another tenth: what is frozen is left alone.
    gc.disable()
    atexit.register(gc.freeze)

    import click

    from helm_constitution.cli.main import cli
    from helm_constitution.core.errors import ConstitutionError

    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    try:
        status = cli.main(prog_name="helm-constitution", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ConstitutionError as error:
        from helm_constitution.report.words import clean, inert

        lines = [clean(line) for line in f"helm-constitution: error: {error}".splitlines()]
        click.echo(inert("\n".join(lines)), err=True)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        # The reader (head, less) has seen enough; without this Python complains once more at exit.
        sys.stderr.close()
        sys.exit(141)
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
