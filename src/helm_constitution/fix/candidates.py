"""Which fixes are tried together: those of active findings, without overlaps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from helm_constitution.core.fixes import Applicability, Edit, Fix
from helm_constitution.core.model import Finding
from helm_constitution.core.records import record
from helm_constitution.text.edits import EditError, merged


@record
class Candidate:
    """A fix with every finding that it fixes."""

    fix: Fix
    findings: tuple[Finding, ...]

    @property
    def files(self) -> frozenset[str]:
        """The files that it changes, by their paths in the chart."""
        return frozenset([*(edit.file for edit in self.fix.edits), *(name for move in self.fix.moves for name in move)])

    @property
    def rules(self) -> str:
        """The rules of its findings."""
        return ", ".join(dict.fromkeys(finding.rule for finding in self.findings))


def candidates(
    findings: Iterable[Finding], applicable: Collection[Applicability], only: Collection[str] = ()
) -> list[Candidate]:
    """The fixes of findings, each once, those of the worst findings first.

    Args:
        findings: of one chart; waived findings and debt are left alone.
        applicable: the required safety of a fix.
        only: the rules whose findings are fixed; all, if empty.
    """
    found: dict[tuple[object, ...], list[Finding]] = {}
    fixes: dict[tuple[object, ...], Fix] = {}
    every = [single for finding in findings for single in finding.singles]
    for finding in sorted(every, key=lambda one: -one.severity):
        fix = finding.fix
        if fix is None or not finding.active or finding.summary or fix.applicability not in applicable:
            continue
        if only and finding.rule not in only:
            continue
        # A fix that a person must apply may have no edits: then its finding identifies it.
        key = (fix.edits, fix.moves, () if fix.edits or fix.moves else (fix.title, finding.location))
        fixes.setdefault(key, fix)
        found.setdefault(key, []).append(finding)
    made = [Candidate(fixes[key], tuple(those)) for key, those in found.items()]
    return [one for one in made if not any(file.startswith(("charts/", "/", "../")) for file in one.files)]


def together(wanted: Sequence[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
    """Fixes that can be applied together, in order; and those that overlap with one of these."""
    taken: list[Candidate] = []
    later: list[Candidate] = []
    edits: dict[str, list[Edit]] = {}
    moved: set[str] = set()
    for candidate in wanted:
        names = {name for move in candidate.fix.moves for name in move}
        fits = not names & (moved | edits.keys()) and not moved & candidate.files
        if fits and all(_fits(edit, edits.get(edit.file, ())) for edit in candidate.fix.edits):
            taken.append(candidate)
            moved |= names
            for edit in candidate.fix.edits:
                edits.setdefault(edit.file, []).append(edit)
        else:
            later.append(candidate)
    return taken, later


def _fits(edit: Edit, others: Sequence[Edit]) -> bool:
    begin, end = edit[1:3], edit[3:5]
    near = [one for one in others if one[1:3] <= end and begin <= one[3:5]]
    near = [one for one in near if (one[3:5] != begin and one[1:3] != end) or one[1:5] == edit[1:5]]
    if not near:
        return True
    try:
        merged([*near, edit])
    except EditError:
        return False
    return True
