"""``explain``: a rule's page."""

from __future__ import annotations

from pathlib import Path

import click

from helm_constitution.cli.options import complete_rules, rule_modules, rules_option
from helm_constitution.lint.explain import page
from helm_constitution.policy.reader import expand


@click.command("explain")
@click.argument("rule_id", metavar="RULE", shell_complete=complete_rules)
@rules_option
def command(rule_id: str, folders: tuple[Path, ...]) -> None:
    """Show why a rule exists, bad and good examples, the fix and the source."""
    modules = rule_modules(folders)
    wanted = set(expand([rule_id], modules))
    click.echo("\n\n".join(page(rule) for module in modules for rule in module.rules if rule.id in wanted))
