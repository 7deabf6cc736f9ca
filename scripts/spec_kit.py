"""Writes the constitution template of the spec-kit preset from the built-in constitution (``make docs``).

A test compares the template with what this script makes.
"""

from __future__ import annotations

import re
from pathlib import Path

from scripts.document_site import ROOT

FOLDER = ROOT / "spec-kit"
TEMPLATE = FOLDER / "preset" / "templates" / "constitution-template.md"
BUILT_IN = ROOT / "src" / "helm_constitution" / "data" / "constitution.md"

_HEAD = """\
# [PROJECT_NAME] Constitution

<!--
  `helm-constitution check` checks charts against this document. Change the words, remove what does not apply, and add
  principles. MUST makes errors, SHOULD warnings, MAY notes. The comment behind each statement names the rules that
  check it: keep it with its statement. `helm-constitution constitution check` finds faults in this file, and
  `helm-constitution constitution pin` proposes rules for new statements.
-->

"""
_VERSION = (
    "**Version**: [CONSTITUTION_VERSION] | **Ratified**: [RATIFICATION_DATE] | **Last Amended**: [LAST_AMENDED_DATE]"
)


def constitution_template() -> str:
    """The built-in constitution, with spec-kit's placeholders for the project's name, the version and the dates."""
    text = BUILT_IN.read_text("utf-8")
    body = text[text.index("## Core Principles") :]
    filled, count = re.subn(r"^\*\*Version\*\*: .*$", _VERSION, body, flags=re.MULTILINE)
    assert count == 1, "the built-in constitution has one line with its version"
    return _HEAD + filled


def main() -> None:
    """Write the template."""
    Path(TEMPLATE).write_text(constitution_template(), "utf-8")


if __name__ == "__main__":
    main()
