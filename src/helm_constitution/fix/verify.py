"""Whether fixes had the intended effect, as rendering and checking the chart again shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from helm_constitution.core.fixes import Applicability
from helm_constitution.core.model import Finding, Location, Severity, Status
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.fix.candidates import Candidate
from helm_constitution.fix.rendering import changed_templates
from helm_constitution.text.edits import merged

if TYPE_CHECKING:
    from helm_constitution.check.pipeline import Examined
    from helm_constitution.render.results import RenderedChart

_ORDER = (Status.RENDERED, Status.NEEDS_INPUT, Status.NOT_RUN, Status.FAILED)
"""How well a scenario went."""


class Judgement(NamedTuple):
    """What is wrong after fixes: the fixes to blame, each with a reason; and problems that no single fix caused."""

    blamed: Mapping[Candidate, str]
    reason: str | None = None
    new: Sequence[Finding] = ()
    """The new findings, where nothing else is wrong."""
    suspected: Collection[Candidate] = ()
    """Where no single one is to blame: those that are tried apart from the others."""

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.blamed and self.reason is None


def judge(before: Examined, after: Examined, applied: Sequence[Candidate], unstable: Collection[str] = ()) -> Judgement:
    """Compares a chart before and after fixes.

    Args:
        before: the chart without them.
        after: the chart with them.
        applied: the fixes.
        unstable: templates whose output is random.
    """
    blamed: dict[Candidate, str] = {}
    worse = reason = _worse(before, after)
    same = _Same(before, after, applied)
    for candidate in _left(before, after, applied, same):
        blamed[candidate] = "its finding remains"
    new = [] if blamed or worse is not None else _new(before, after, same)
    # A new finding with a fix counts against no other fix before that fix was tried.
    hopeless = [finding for finding in new if finding.fix is None] or new
    for finding in hopeless:
        message = f"causes a new finding: {finding.rule}: {finding.message}"
        causes = _causes(finding, applied)
        if causes:
            blamed.update(dict.fromkeys(causes, message))
        else:
            reason = reason or message
    safe = [one for one in applied if one.fix.applicability is Applicability.SAFE]
    if safe and len(safe) == len(applied):
        moves = dict(move for one in applied for move in one.fix.moves)
        random = {*unstable, *(moves.get(file, file) for file in unstable)}
        changed = [one for one in changed_templates(before.rendered, after.rendered) if one not in random]
        new = [] if changed else new
        for source in changed:
            message = f"changes what {source} renders"
            causes = [one for one in safe if source in one.files]
            if causes:
                blamed.update(dict.fromkeys(causes, message))
            else:
                reason = reason or message
    # What nobody wrote is found in what is no longer used.
    suspected = [one for one in applied if _only_removes(one)] if hopeless else []
    return Judgement(blamed, reason, new, suspected)


def _singles(examined: Examined) -> list[Finding]:
    """Every finding separately, even if one edit fixes several."""
    return [single for finding in examined.report.findings for single in finding.singles]


def _worse(before: Examined, after: Examined) -> str | None:
    """A scenario that rendered better before, or something that could be checked before."""
    earlier = {one.name: one.status for one in before.report.scenarios}
    for one in after.report.scenarios:
        if one.name in earlier and _ORDER.index(one.status) > _ORDER.index(earlier[one.name]):
            return f"{one.name} no longer renders: {' '.join((one.message or '').split())[:200]}"
    if len(after.report.scenarios) < len(before.report.scenarios):
        return "a scenario no longer exists"
    known = Counter((trouble.kind, trouble.rule, trouble.file) for trouble in before.report.troubles)
    for trouble in after.report.troubles:
        known[key := (trouble.kind, trouble.rule, trouble.file)] -= 1
        if known[key] < 0:
            return f"can no longer be checked: {trouble.message}"
    return None


class _Same:
    """The identity of a finding before and after fixes: its rule, its object or file, its field and its message.

    Files have another name if fixes move them. Names of objects that only one side has, such as random ones, are
    ignored.
    """

    def __init__(self, before: Examined, after: Examined, applied: Iterable[Candidate]) -> None:
        self._moved = {old: new for one in applied for old, new in one.fix.moves}
        self._names = _names(before.rendered) & _names(after.rendered)

    def kind(self, finding: Finding) -> tuple[object, ...]:
        """A finding's rule, and its object or file."""
        thing, file = finding.object, finding.location.file or ""
        if thing is not None:
            name = thing.name if thing.name in self._names else None
            return finding.rule, thing.kind, thing.namespace, name, thing.container
        return finding.rule, self._moved.get(file, file)

    def key(self, finding: Finding) -> tuple[object, ...]:
        """All of it."""
        return *self.kind(finding), finding.object and finding.object.field, finding.message


def _names(rendered: RenderedChart) -> set[str]:
    return {
        manifest.name
        for result in rendered.results
        for manifest in (result.rendering.manifests if result.rendering is not None else ())
    }


def _left(before: Examined, after: Examined, applied: Iterable[Candidate], same: _Same) -> Iterable[Candidate]:
    """The fixes whose findings are still there."""
    was = Counter(same.key(one) for one in _singles(before))
    now = Counter(same.key(one) for one in _singles(after))
    owners: dict[tuple[object, ...], list[Candidate]] = {}
    for candidate in applied:
        for finding in candidate.findings:
            owners.setdefault(same.key(finding), []).append(candidate)
    for key, those in owners.items():
        if now[key] > was[key] - len(those):
            yield from those


def _new(before: Examined, after: Examined, same: _Same) -> list[Finding]:
    """The findings that are more numerous than before: of one rule in one object, or in one file."""
    was = Counter(same.kind(one) for one in _singles(before))
    exact = Counter(same.key(one) for one in _singles(before))
    found: list[Finding] = []
    more: dict[tuple[object, ...], list[Finding]] = {}
    for finding in _singles(after):
        more.setdefault(same.kind(finding), []).append(finding)
    for kind, those in more.items():
        surplus = len(those) - was[kind]
        if surplus > 0:
            unknown = [one for one in those if not exact[same.key(one)]]
            found.extend((unknown or those)[:surplus])
    return found


def _causes(finding: Finding, applied: Iterable[Candidate]) -> list[Candidate]:
    """The fixes that may have caused a finding: those of findings in the same object, else in the same file."""
    thing = finding.object
    if thing is not None:
        same = [
            one
            for one in applied
            if any(
                other.object is not None and other.object[:4] == thing[:4] and other.rule != finding.rule
                for other in one.findings
            )
        ]
        if thing.field:
            inside = [
                one
                for one in same
                if any(other.object is not None and _is_in(other.object.field, thing.field) for other in one.findings)
            ]
            if inside:
                return inside
        return same if len(same) == 1 else []
    named = [one for one in applied if any(file in finding.message for file in one.files)]
    if len(named) == 1:
        return named
    same = [one for one in applied if finding.location.file in one.files]
    if len(same) == 1:
        return same
    return [one for one in same if finding.rule in one.rules.split(", ")] or _on_lines(finding.location, same)


def _on_lines(place: Location, those: Sequence[Candidate]) -> list[Candidate]:
    """The fixes of a file that wrote some of a place's lines; of several, those of the least severe findings."""
    if place.line is None:
        return []
    written: dict[tuple[int, int, int, int], tuple[int, int]] = {}
    shift = 0
    for edit in merged(edit for one in those for edit in one.fix.edits if edit.file == place.file):
        first, more = edit.line + shift, edit.text.count("\n")
        written[edit[1:5]] = (first, first + more)
        shift += more - (edit.end_line - edit.line)
    last = place.end_line or place.line
    found = [
        one
        for one in those
        if any(
            edit.file == place.file and written[edit[1:5]][0] <= last and place.line <= written[edit[1:5]][1]
            for edit in one.fix.edits
        )
    ]
    least = min((_severity(one) for one in found), default=None)
    return [one for one in found if _severity(one) == least]


def _only_removes(candidate: Candidate) -> bool:
    edits = candidate.fix.edits
    return bool(edits) and not any(edit.text for edit in edits)


def _severity(candidate: Candidate) -> Severity:
    return max(finding.severity for finding in candidate.findings)


def _is_in(field: str | None, outer: str) -> bool:
    return field is not None and (field == outer or field.startswith((f"{outer}.", f"{outer}[")))
