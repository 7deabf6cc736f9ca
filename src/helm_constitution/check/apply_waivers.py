"""Which findings the waivers of a team cover."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from helm_constitution.check.settled import Settled
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Base, Finding, Location, ObjectRef, Precision
from helm_constitution.lint.needs import ON_HELM
from helm_constitution.policy.reader import matches_path
from helm_constitution.policy.waiver import Waiver
from helm_constitution.policy.waivers import SECURITY
from helm_constitution.render.scenarios import FULL
from helm_constitution.report.model import StaleWaiver

if TYPE_CHECKING:
    from helm_constitution.lint.run import RuleRun
    from helm_constitution.render.results import RenderedChart
    from helm_constitution.text.yaml_document import YamlDocument


def apply_waivers(
    waivers: Iterable[Waiver],
    findings: Iterable[Finding],
    runs: Iterable[RuleRun],
    rendered: RenderedChart,
    today: str,
) -> Settled:
    """Marks the findings that are waived, and lists the waivers that fail the gate.

    Args:
        waivers: of this chart.
        findings: of all rules.
        runs: how the rules went.
        rendered: the chart, for the lines of values; where not every scenario was rendered, a waiver that waives
            nothing may be needed in others.
        today: an ISO date.
    """
    settled = list(findings)
    values = _ValuesLines(rendered)
    covered = _Candidates(settled, values)
    stale: list[StaleWaiver] = []
    until: str | None = None
    for waiver in waivers:
        if waiver.expires is not None and waiver.expires < today:
            stale.append(_stale(waiver, f"it expired on {waiver.expires}"))
            continue
        if waiver.expires is not None:
            until = min(until or waiver.expires, waiver.expires)
        places: dict[tuple[object, ...], list[int]] = {}
        for index in covered.of(waiver):
            place = _place(waiver, settled[index], values)
            if place is not None:
                places.setdefault(place, []).append(index)
        if not places:
            if not waiver.is_shared and _would_be_used(waiver, runs, rendered.choice == FULL):
                stale.append(_stale(waiver, "unused waiver: no finding matches it; remove it"))
        elif len(places) > 1 and waiver.waives.startswith(f"{SECURITY}/") and not waiver.lines:
            reason = f"it matches {len(places)} places, but security findings must be waived one by one: narrow it"
            stale.append(_stale(waiver, reason))
        else:
            for index in (one for group in places.values() for one in group):
                if settled[index].waived is None:
                    settled[index] = settled[index]._replace(waived=waiver.stamp)
    stale.sort(key=lambda one: (one.location.file or "", one.location.line or 0, one.waives))
    return Settled(tuple(settled), tuple(stale), until)


class _Candidates:
    """The findings that a waiver may cover, by their indexes: a chart may have as many waivers as findings."""

    def __init__(self, findings: Sequence[Finding], values: _ValuesLines) -> None:
        self._values = values
        self._all = range(len(findings))
        self._of_rule: dict[tuple[str, str | None], list[int]] = {}
        self._at: dict[tuple[str | None, int | None], list[int]] = {}
        for index, finding in enumerate(findings):
            self._of_rule.setdefault((finding.rule, None), []).append(index)
            if finding.object is not None:
                self._of_rule.setdefault((finding.rule, _name_of(finding.object)), []).append(index)
            for place in dict.fromkeys((one.file, one.line) for one in _places_of(finding)):
                self._at.setdefault(place, []).append(index)

    def of(self, waiver: Waiver) -> Sequence[int]:
        """In the findings' order."""
        if waiver.lines:
            return self._on({str(waiver.file): waiver.lines})
        if waiver.rule is None:
            found: Sequence[int] = self._all
        else:
            is_name = waiver.object is not None and not set("*?[") & set(waiver.object)
            found = self._of_rule.get((waiver.rule, waiver.object if is_name else None), ())
        if waiver.values is not None:
            lines = self._values.of(waiver.values)
            if sum(map(len, lines.values())) < len(found):
                return self._on(lines)
        return found

    def _on(self, lines: Mapping[str, Collection[int]]) -> list[int]:
        """Those on lines of files."""
        return sorted(
            {index for file, those in lines.items() for line in those for index in self._at.get((file, line), ())}
        )


def _places_of(finding: Finding) -> list[Location]:
    """The places in files of the chart where a finding is, or what decides it."""
    here = [finding.location, *(related.location for related in finding.related)]
    return [location for location in here if location.base is Base.CHART and location.file is not None]


def _name_of(thing: ObjectRef) -> str:
    return f"{thing.kind}/{thing.name}"


def _stale(waiver: Waiver, reason: str) -> StaleWaiver:
    return StaleWaiver(waiver.waives, reason, waiver.location)


def _place(waiver: Waiver, finding: Finding, values: _ValuesLines) -> tuple[object, ...] | None:
    """The place to fix that a waiver covers in a finding; None where it doesn't cover the finding."""
    if waiver.rule is not None:
        if finding.rule != waiver.rule:
            return None
    elif not _is_of(waiver.principle, finding):
        return None
    own = _places_of(finding)
    if waiver.lines:
        own = [one for one in own if one.file == waiver.file and one.line in waiver.lines]
        return own[0] if own else None
    if waiver.file is not None and not any(matches_path(str(one.file), waiver.file) for one in own):
        return None
    thing = finding.object
    if waiver.object is not None and not (thing and fnmatchcase(_name_of(thing), waiver.object)):
        return None
    if waiver.container is not None and not (thing and thing.container == waiver.container):
        return None
    if waiver.values is not None:
        return next((one for one in own if values.holds(waiver.values, one)), None)
    if finding.location.precision in (Precision.EXACT, Precision.PARENT):
        return finding.location
    return (finding.location, thing)


def _is_of(principle: str | None, finding: Finding) -> bool:
    """Whether a finding belongs to a principle (or module); what is security's never does."""
    keys = {finding.principle, *(key for key, _ in finding.statements)}
    return principle in keys and SECURITY not in keys


def _would_be_used(waiver: Waiver, runs: Iterable[RuleRun], full: bool) -> bool:
    """Whether a finding would be known by now, if there were one: the rule ran, over all that it looks at."""
    if waiver.rule is not None:
        mine = [run for run in runs if run.rule.id == waiver.rule]
    else:
        mine = [
            run for run in runs if waiver.principle in (run.rule.principle, *(key for key, _ in run.setting.statements))
        ]
    checked = [run for run in mine if run.unchecked is None and run.not_applicable is None]
    return bool(checked) and all(run.crash is None and (full or not run.rule.needs & ON_HELM) for run in checked)


class _ValuesLines:
    """Which lines of which values files a values path stands on."""

    def __init__(self, rendered: RenderedChart) -> None:
        self._rendered = rendered
        self._documents: Mapping[str, YamlDocument] | None = None
        self._lines: dict[str, Mapping[str, range]] = {}

    def of(self, path: str) -> Mapping[str, range]:
        """The lines of a values path and of what is below it, by file."""
        if self._documents is None:
            self._documents = {
                document.file: document
                for result in self._rendered.results
                for document in self._rendered.values_of(result.scenario.name)
                if document.base is Base.CHART
            }
            if self._rendered.chart.values is not None:
                own = self._rendered.chart.values.document
                self._documents = {own.file: own, **self._documents}
        if path not in self._lines:
            steps = _steps(path)
            spans = {
                file: (document.key_span(steps), document.value_span(steps))
                for file, document in self._documents.items()
            }
            self._lines[path] = {
                file: range(key.line, max(value.end_line, key.line) + 1)
                for file, (key, value) in spans.items()
                if key is not None and value is not None
            }
        return self._lines[path]

    def holds(self, path: str, location: Location) -> bool:
        """Whether a location is at a values path or below it."""
        return location.line in self.of(path).get(location.file or "", ())


_STEP = LazyPattern(r"\[(\d+)\]|\[\"([^\"]*)\"\]|([^.\[\]]+)")


def _steps(path: str) -> tuple[str | int, ...]:
    """The steps of a values path, as the reports write it: ``ports[0].name``, ``annotations["a.b/c"]``."""
    return tuple(
        int(match[1]) if match[1] else match[2] if match[2] is not None else match[3] for match in _STEP.finditer(path)
    )
