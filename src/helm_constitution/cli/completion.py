"""``completion``: what a shell is offered when somebody presses Tab; the machinery is Click's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem, get_completion_class

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.report.words import clean

if TYPE_CHECKING:
    from helm_constitution.lint.rule import RuleModule

_PLAIN = LazyPattern(r"[\w./-]+")


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the shell completion script for commands, options, rules and files.

    \b
    bash, in ~/.bashrc:  eval "$(helm-constitution completion bash)"
    zsh, in ~/.zshrc:    eval "$(helm-constitution completion zsh)"
    fish:                helm-constitution completion fish >
                           ~/.config/fish/completions/helm-constitution.fish
    """
    click.echo(script(context.find_root().command, shell), nl=False)


def script(command: click.Command, shell: str, program: str = "helm-constitution") -> str:
    """The script that a shell must source, so that Tab asks the program.

    Args:
        command: the whole command line.
        shell: bash, zsh or fish.
        program: what the user types.
    """
    completion = get_completion_class(shell)
    assert completion is not None, shell
    return completion(command, {}, program, f"_{program}_COMPLETE".replace("-", "_").upper()).source()


def rule_ids(incomplete: str, modules: Sequence[RuleModule]) -> list[CompletionItem[str]]:
    """Rules and modules that go on from what is typed, with what they find; in a list with commas the last word.

    A policy is named by somebody else, and a shell would run parts of an odd name: that is not offered.
    """
    from helm_constitution.lint.explain import title

    done, comma, word = incomplete.rpartition(",")
    offered = [
        *((module.key, f"all rules of {module.title}") for module in modules),
        *((rule.id, title(rule)) for module in modules for rule in module.rules),
    ]
    return [
        CompletionItem(f"{done}{comma}{name}", help=clean(text))
        for name, text in offered
        if name.startswith(word) and _PLAIN.fullmatch(name)
    ]
