"""Whether fixes did what they should, as rendering and checking the chart again shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from helm_constitution.core.fixes import Applicability
from helm_constitution.core.model import Finding, Status
from helm_constitution.fix.candidates import Candidate

if TYPE_CHECKING:
    from helm_constitution.check.pipeline import Examined
    from helm_constitution.render.results import RenderedChart

_ORDER = (Status.RENDERED, Status.NEEDS_INPUT, Status.NOT_RUN, Status.FAILED)
"""How well a scenario went."""


class Judgement(NamedTuple):
    """What is wrong after fixes: those that are to blame, each with a reason; and what no single one caused."""

    blamed: Mapping[Candidate, str]
    reason: str | None = None
    new: Sequence[Finding] = ()
    """The new findings, where nothing else is wrong."""

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
        unstable: templates that render something else each time.
    """
    blamed: dict[Candidate, str] = {}
    worse = reason = _worse(before, after)
    moved = {old: new for one in applied for old, new in one.fix.moves}
    for candidate in _left(before, after, applied, moved):
        blamed[candidate] = "its finding is still there"
    new = [] if blamed or worse is not None else _new(before, after, moved)
    # What is new and has a fix is nobody's fault before that fix was tried.
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
        changed = [one for one in changed_templates(before.rendered, after.rendered) if one not in unstable]
        new = [] if changed else new
        for source in changed:
            message = f"changes what {source} renders"
            causes = [one for one in safe if source in one.files]
            if causes:
                blamed.update(dict.fromkeys(causes, message))
            else:
                reason = reason or message
    return Judgement(blamed, reason, new)


def _singles(examined: Examined) -> list[Finding]:
    """Every finding by itself, whatever is edited with it."""
    return [single for finding in examined.report.findings for single in finding.singles]


def _worse(before: Examined, after: Examined) -> str | None:
    """A scenario that went better before, or something that could be checked before."""
    earlier = {one.name: one.status for one in before.report.scenarios}
    for one in after.report.scenarios:
        if one.name in earlier and _ORDER.index(one.status) > _ORDER.index(earlier[one.name]):
            return f"{one.name} no longer renders: {' '.join((one.message or '').split())[:200]}"
    if len(after.report.scenarios) < len(before.report.scenarios):
        return "a scenario is gone"
    known = Counter((trouble.kind, trouble.rule, trouble.file) for trouble in before.report.troubles)
    for trouble in after.report.troubles:
        known[key := (trouble.kind, trouble.rule, trouble.file)] -= 1
        if known[key] < 0:
            return f"could not be checked any more: {trouble.message}"
    return None


def _left(
    before: Examined, after: Examined, applied: Iterable[Candidate], moved: Mapping[str, str]
) -> Iterable[Candidate]:
    """The fixes whose findings are still there."""
    was = Counter(_key(one, moved) for one in _singles(before))
    now = Counter(_key(one, {}) for one in _singles(after))
    owners: dict[tuple[object, ...], list[Candidate]] = {}
    for candidate in applied:
        for finding in candidate.findings:
            owners.setdefault(_key(finding, moved), []).append(candidate)
    for key, those in owners.items():
        if now[key] > was[key] - len(those):
            yield from those


def _new(before: Examined, after: Examined, moved: Mapping[str, str]) -> list[Finding]:
    """The findings that there are more of than before: of one rule in one object, or in one file."""
    was = Counter(_kind(one, moved) for one in _singles(before))
    exact = Counter(_key(one, moved) for one in _singles(before))
    found: list[Finding] = []
    more: dict[tuple[object, ...], list[Finding]] = {}
    for finding in _singles(after):
        more.setdefault(_kind(finding, {}), []).append(finding)
    for kind, those in more.items():
        surplus = len(those) - was[kind]
        if surplus > 0:
            unknown = [one for one in those if not exact[_key(one, {})]]
            found.extend((unknown or those)[:surplus])
    return found


def _kind(finding: Finding, moved: Mapping[str, str]) -> tuple[object, ...]:
    thing, file = finding.object, finding.location.file or ""
    if thing is not None:
        return finding.rule, thing.kind, thing.namespace, thing.name, thing.container
    return finding.rule, moved.get(file, file)


def _key(finding: Finding, moved: Mapping[str, str]) -> tuple[object, ...]:
    return *_kind(finding, moved), finding.object and finding.object.field, finding.message


def _causes(finding: Finding, applied: Iterable[Candidate]) -> list[Candidate]:
    """The fixes that may have caused a finding: those of findings in the same object, else in the same file."""
    thing = finding.object
    if thing is not None:
        same = [
            one
            for one in applied
            if any(
                other.object is not None and other.object[:5] == thing[:5] and other.rule != finding.rule
                for other in one.findings
            )
        ]
        return same if len(same) == 1 else []
    named = [one for one in applied if any(file in finding.message for file in one.files)]
    if len(named) == 1:
        return named
    same = [one for one in applied if finding.location.file in one.files]
    return same if len(same) == 1 else [one for one in same if finding.rule in one.rules.split(", ")]


def changed_templates(before: RenderedChart, after: RenderedChart) -> list[str]:
    """The templates that render something else in any scenario."""
    known = _texts(before)
    found: dict[str, None] = {}
    for name, texts in _texts(after).items():
        if name in known:
            found.update(_difference(known[name], texts))
    return list(found)


def _texts(rendered: RenderedChart) -> dict[str, Counter[tuple[str, str]]]:
    """Each scenario's documents, with the template that made each."""
    return {
        result.scenario.name: Counter(
            (document.source.partition("/")[2], document.text) for document in result.documents
        )
        for result in rendered.results
    }


def _difference(one: Counter[tuple[str, str]], other: Counter[tuple[str, str]]) -> dict[str, None]:
    """The sources of texts that only one side has: a template of another name that renders the same has none."""
    left, right = one - other, other - one
    texts = Counter(text for _, text in left.elements())
    texts.subtract(text for _, text in right.elements())
    return {source: None for source, text in [*left, *right] if texts[text]}
