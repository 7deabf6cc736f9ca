"""``rules``: lists what there is to enforce."""

from __future__ import annotations

from pathlib import Path

import click

from helm_constitution.cli.options import policies_option, rule_modules, rules_option
from helm_constitution.cli.printing import say
from helm_constitution.lint.explain import title


@click.command("rules")
@rules_option
@policies_option
def command(folders: tuple[Path, ...], policies: tuple[Path, ...]) -> None:
    """List every rule: id, weight in the built-in constitution, what it finds."""
    for module in rule_modules(folders, policies):
        say(f"{module.title} ({module.key})")
        for rule in module.rules:
            say(f"  {rule.id:<40} {rule.weight:<7} {title(rule)}")
