"""`constitution pin`: fixes which rules enforce each statement, whatever a new version of the program would choose."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.cli.printing import say
from helm_constitution.core.files import write_file
from helm_constitution.policy.constitution import read_constitution
from helm_constitution.policy.pin import check_pins, pin_lines, pinned_text, proposals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helm_constitution.lint.rule import RuleModule


def pin(file: Path | None, modules: Sequence[RuleModule], *, write: bool) -> int:
    """Proposes a pin for each statement that has none, and writes them where asked to.

    Args:
        file: the constitution; without it the one that a check in this folder would use.
        modules: the rule modules that there are.
        write: whether to write the pins into the file.

    Returns:
        The exit status, 0.

    Raises:
        ConstitutionFileError: where the document can't be used.
    """
    shown, text = read_constitution(Path(), file)
    proposed = proposals(text, shown, modules)
    for line in pin_lines(proposed, shown):
        say(line)
    if not proposed:
        say(f"{shown}: every statement is pinned")
        return 0
    count = f"{len(proposed)} statement{'s' * (len(proposed) > 1)}"
    if not write:
        say(f"{shown}: {count} unpinned; --write pins them")
        return 0
    pinned = pinned_text(text, proposed)
    check_pins(text, pinned, shown, modules)
    bom = "\ufeff" if Path(shown).read_bytes().startswith(b"\xef\xbb\xbf") else ""
    write_file(Path(shown), bom + pinned, "the constitution")
    say(f"{shown}: pinned {count}")
    return 0
