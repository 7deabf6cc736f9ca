"""X. Documentation: the README, the changelog, and whether they tell the truth."""

from __future__ import annotations

from helm_constitution.api import RuleModule

from .changelog import changelog_unstructured, changelog_version_missing, no_changelog
from .readme import no_readme, readme_help_missing, readme_section_missing
from .values_table import readme_values_drift

MODULE = RuleModule(
    key="docs",
    title="Documentation",
    aliases=(r"\bdocument(?:ation|ing|ed)?\b", r"\breadme\b", r"\bchangelog\b"),
    rules=(
        no_readme,
        readme_section_missing,
        readme_help_missing,
        readme_values_drift,
        no_changelog,
        changelog_version_missing,
        changelog_unstructured,
    ),
)
