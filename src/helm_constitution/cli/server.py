"""``server``: the language server, on standard input and output."""

from __future__ import annotations

import gc

import click

from helm_constitution.cli.options import CheckArguments, check_options
from helm_constitution.core.errors import ConfigurationError


@click.command("server")
@click.option("--stdio", is_flag=True, help="Use standard input and output (always on; editors pass it).")
@check_options
def command(arguments: CheckArguments, /, *, stdio: bool) -> int:
    """Run a language server: it gives editors diagnostics, fixes and more as you type.

    When a file is opened or saved, its chart is checked with --scenarios; as you type, with the default values only.
    """
    try:
        from helm_constitution.server.main import serve
        from helm_constitution.server.worker import Setup
    except ModuleNotFoundError as error:
        message = f'the language server needs pygls ({error}): pip install "helm-constitution[lsp]"'
        raise ConfigurationError(message) from None
    gc.enable()  # this process lives for days
    return serve(Setup(arguments.engine, arguments.limits, arguments.options))
