"""``explain``: a rule's page."""

from __future__ import annotations

from pathlib import Path

import click

from helm_constitution.cli.options import complete_rules, policies_option, rule_modules, rules_option
from helm_constitution.cli.printing import say
from helm_constitution.lint.explain import page
from helm_constitution.policy.reader import expand
from helm_constitution.report.pages import rule_address


@click.command("explain")
@click.argument("rule_id", metavar="RULE", shell_complete=complete_rules)
@rules_option
@policies_option
def command(rule_id: str, folders: tuple[Path, ...], policies: tuple[Path, ...]) -> None:
    """Show why a rule exists, bad and good examples, the fix and the source."""
    modules = rule_modules(folders, policies)
    every = [rule for module in modules for rule in module.rules]
    # The name alone will do, as far as it is of one rule or of a few.
    wanted = {rule.id for rule in every if rule.id.endswith(f"/{rule_id}")} or set(expand([rule_id], modules))
    for number, rule in enumerate(rule for rule in every if rule.id in wanted):
        address = rule_address(rule.id)
        ending = f"\n\nWith tested examples: {address}" if address is not None else ""
        # A policy's page holds the texts of its file.
        for line in (("\n" if number else "") + page(rule) + ending).split("\n"):
            say(line)
