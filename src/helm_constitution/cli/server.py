"""``server``: the language server, on standard input and output."""

from __future__ import annotations

import gc

import click

from helm_constitution.cli.options import CheckArguments, check_options
from helm_constitution.core.errors import ConfigurationError


@click.command("server")
@click.option("--stdio", is_flag=True, help="Standard input and output; there is no other way, editors give this.")
@check_options
def command(arguments: CheckArguments, /, *, stdio: bool) -> int:
    """Serve an editor: diagnostics, fixes and more while one writes, by the Language Server Protocol.

    A chart is checked with --scenarios when one of its files is opened or saved, while one types with its defaults.
    """
    try:
        from helm_constitution.server.main import serve
        from helm_constitution.server.worker import Setup
    except ModuleNotFoundError as error:
        message = f'the language server needs pygls ({error}): pip install "helm-constitution[lsp]"'
        raise ConfigurationError(message) from None
    gc.enable()  # this process lives for days
    serve(Setup(arguments.engine, arguments.limits, arguments.options))
    return 0
