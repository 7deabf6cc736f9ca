"""Writes the table of the built-in constitution (``make docs``). A test compares it with the document."""

from __future__ import annotations

from helm_constitution.lint import registry
from helm_constitution.policy.built_in import DOCUMENT, TABLE, table_of
from helm_constitution.policy.constitution import BUILT_IN, parse_constitution


def table() -> str:
    """The table of the document as it is now."""
    read = parse_constitution(DOCUMENT.read_text("utf-8"), BUILT_IN, registry.modules())
    assert not read.not_understood, f"a table can't hold what is not understood: {read.not_understood}"
    return table_of(read.version, read.principles)


def main() -> None:
    """Writes the table."""
    TABLE.write_text(table(), "utf-8")


if __name__ == "__main__":
    main()
