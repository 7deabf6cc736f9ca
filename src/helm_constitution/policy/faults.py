"""Faults in a constitution itself, and remarks for its authors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from helm_constitution.core.model import Base
from helm_constitution.policy.constitution import Constitution
from helm_constitution.policy.pins import pin_faults
from helm_constitution.text.semver import parse_version

if TYPE_CHECKING:
    from helm_constitution.lint.rule import RuleModule


def constitution_faults(text: str, shown: str, modules: Sequence[RuleModule]) -> list[tuple[int, str]]:
    """Everything wrong with a document itself: (line, message), in the document's order; line 0 is the whole file."""
    from helm_constitution.policy.rule_selection import unmatched
    from helm_constitution.policy.statements import is_placeholder, read_statements

    reading = read_statements(text, modules)
    faults = [(fault.line, fault.message) for fault in reading.faults]
    constitution = Constitution(shown, Base.REPO, reading.version, reading.principles, shown=shown)
    bad_pins = pin_faults((one for _, one in constitution.statements), modules)
    faults.extend(bad_pins)
    if reading.principles and not bad_pins and (message := unmatched(constitution, modules)):
        faults.append((0, message))
    version = reading.version
    if version is not None and parse_version(version) is None and not is_placeholder(version):
        faults.append((reading.version_line, f"version {version!r} must be a semantic version like 1.0.0"))
    return sorted(faults)


def constitution_remarks(text: str, modules: Sequence[RuleModule]) -> list[tuple[int, str]]:
    """What is no fault: demands that are not understood, and statements without a pin; (line, message)."""
    from helm_constitution.policy.statements import read_statements

    reading = read_statements(text, modules)
    remarks = [
        (doubt.line, f"not understood ({doubt.reason}), so no rule checks it: {doubt.text}")
        for doubt in reading.not_understood
    ]
    free = [statement for principle in reading.principles for statement in principle.statements if not statement.pinned]
    if free:
        lines = list(dict.fromkeys(str(statement.line) for statement in free))
        shown = ", ".join(lines[:10]) + (" …" if len(lines) > 10 else "")
        what = "1 statement is" if len(free) == 1 else f"{len(free)} statements are"
        remarks.append(
            (0, f"{what} unpinned (line{'s' * (len(lines) > 1)} {shown}); `constitution pin --write` pins them")
        )
    return remarks
