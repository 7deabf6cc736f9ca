"""X. Documentation: the README, the changelog, and whether they tell the truth."""

from __future__ import annotations

from helm_constitution.api import RuleModule

from .changelog import changelog_unstructured, changelog_version_missing, no_changelog
from .commands import readme_command_broken
from .diagrams import no_diagram
from .examples import example_broken
from .readme import no_readme, readme_no_installing, readme_no_troubleshooting, readme_no_upgrading, readme_no_values
from .upgrading import no_upgrade_guide, stale_docs
from .values_table import readme_values_drift

MODULE = RuleModule(
    key="docs",
    title="Documentation",
    aliases=(r"\bdocument(?:ation|ing|ed)?\b", r"\breadme\b", r"\bchangelog\b"),
    rules=(
        no_readme,
        readme_no_installing,
        readme_no_values,
        readme_values_drift,
        readme_command_broken,
        readme_no_upgrading,
        readme_no_troubleshooting,
        no_changelog,
        changelog_version_missing,
        changelog_unstructured,
        no_diagram,
        example_broken,
        no_upgrade_guide,
        stale_docs,
    ),
)
