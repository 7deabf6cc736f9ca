"""Turns violations into findings: places them, merges equal ones, sums up those of dependencies."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from helm_constitution.core.deadline import TIME_IS_UP, OutOfTime, part_limit, time_left
from helm_constitution.core.fixes import Fix
from helm_constitution.core.model import (
    Base,
    Finding,
    Location,
    ObjectRef,
    Precision,
    RelatedLocation,
    Severity,
    StillCounts,
    Trouble,
    still_counts,
)
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.lint.field_fixes import FieldFixes
from helm_constitution.lint.fingerprints import fingerprinted, lasting_words
from helm_constitution.lint.placing import Placed, ReleaseOrigins
from helm_constitution.lint.redaction import Secrets
from helm_constitution.lint.rule import SetField, Violation
from helm_constitution.locate.resolve import locate
from helm_constitution.text.yaml_document import View, dotted

if TYPE_CHECKING:
    from helm_constitution.helm.protocol import HelmEngine
    from helm_constitution.kubernetes.manifests import Manifest
    from helm_constitution.lint.needs import CheckedChart
    from helm_constitution.lint.rule import Rule
    from helm_constitution.lint.run import Also, RuleRun
    from helm_constitution.locate.candidates import Asked
    from helm_constitution.locate.proved_values import Proofs, Proved, Proving
    from helm_constitution.locate.source_map import SourceMaps
    from helm_constitution.render.results import RenderedChart, RenderedObjects
    from helm_constitution.templates.analysis import AnalysedChart


MOST_PLACES = 3
"""Places of other rules named at a finding that tells what they find too."""


class _PlacedViolation(NamedTuple):
    """A violation with the object that its rule checked, the one that it is about, the origin of its line, the field
    whose value that doesn't show, and what other rules find about the same fault."""

    violation: Violation
    scoped: Manifest | None
    manifest: Manifest | None
    placed: Placed
    asked: Asked | None
    also: Sequence[Also]


class FindingMaker:
    """Turns the violations of one chart into findings: one for all scenarios, one for all objects of a dependency.

    Args:
        checked: the chart, with everything known about it.
        objects: the objects of its renderings, and of its baseline's.
        sources: the template lines of rendered documents, as far as known.
        engine: renders with other values, to prove which value sets a field; None to skip this.
        proofs: which values were proved to set fields, as an earlier check gave them; None to prove all.
        subcharts: check the objects of dependencies as the chart's own, instead of one note for each rule and
        dependency.
        still_counts: called before each rule's violations; an exception from it ends the check.
    """

    def __init__(
        self,
        checked: CheckedChart,
        objects: RenderedObjects,
        sources: SourceMaps,
        engine: HelmEngine | None = None,
        proofs: Proofs | None = None,
        *,
        subcharts: bool = False,
        still_counts: StillCounts = still_counts,
    ) -> None:
        assert checked.rendered is not None
        self._checked = checked
        self._rendered = checked.rendered
        self._objects = objects
        self.origins = ReleaseOrigins(checked, objects, sources)
        self._subcharts = subcharts
        self._engine = engine
        self._still_counts = still_counts
        self._earlier_proofs = proofs
        self.proofs: Proofs = {}
        """The values that are proved to set fields, for the next check."""
        self._known: dict[int, tuple[Violation, Manifest | None, Placed, Asked | None]] = {}
        self._begun: Proving | None = None
        self._secrets = Secrets(checked.analysed.kept)
        self._fixes = FieldFixes(checked.analysed.chart)
        self.cut: str | None = None
        """That there was no time for all places and fixes."""
        self._late: dict[Rule, str] = {}  # the rules whose findings there was no time to make, with the limit
        self._reserve = 0.0

    def begin(self, runs: Iterable[RuleRun]) -> None:
        """Starts to prove which values set the fields that rules found so far: helm is at work while others run.

        If what they find makes a violation part of another finding, it is proved anew.
        """
        self._begun = self._proving(self._all_placed(runs))

    def findings(self, runs: Iterable[RuleRun]) -> tuple[Finding, ...]:
        """The findings of rules, in order."""
        self.cut = None
        placed = self._all_placed(runs)
        self._reserve = (time_left() or 0) / 2  # for the report, and for what it is compared with
        proving = self._proving(placed)
        proved = proving.result() if proving is not None else {}
        self.proofs = proving.proofs if proving is not None else {}
        found: list[Finding] = []
        for run, some in placed:
            if some and self._is_late(self._reserve):
                self._late[run.rule] = f"making the findings took more than {self._reserve:.2g} {TIME_IS_UP}"
            else:
                found.extend(self._of_run(run, some, proved))
        names: dict[str, str] = {}
        for manifest, _ in self._random_manifests:
            names.setdefault(manifest.name, manifest.template)
        shown = (self._secrets.hide(finding) for finding in found)
        return tuple(fingerprinted(shown, names, self._random_texts))

    def _all_placed(self, runs: Iterable[RuleRun]) -> list[tuple[RuleRun, list[_PlacedViolation]]]:
        """The violations of each run with their places; those for which there is no time with their files."""
        placed: list[tuple[RuleRun, list[_PlacedViolation]]] = [(run, []) for run in runs]
        try:
            with part_limit():
                for run, found in placed:
                    self._still_counts()
                    for number, one in enumerate(run.violations):
                        found.append(self._placed(*one, run.also.get(number, ())))
        except OutOfTime as limit:
            self.cut = f"placing the findings {limit}"
        for run, found in placed:
            for number, (violation, scoped) in enumerate(run.violations[len(found) :], len(found)):
                at = self.origins.in_file(violation)
                found.append(_PlacedViolation(violation, scoped, scoped, at, None, run.also.get(number, ())))
        return placed

    def without_late(self, runs: Sequence[RuleRun]) -> tuple[RuleRun, ...]:
        """The runs; of a rule whose findings there was no time to make, the limit is an error: it must not pass."""
        return tuple(
            run._replace(violations=(), also={}, crash=Trouble("error", self._late[run.rule]))
            if run.rule in self._late
            else run
            for run in runs
        )

    @staticmethod
    def _is_late(reserve: float) -> bool:
        """Whether less time than this is left."""
        left = time_left()
        return left is not None and left < reserve

    def without_secrets(self, file: str, text: str) -> str:
        """The text of a file of the chart without the secrets that rules found in it."""
        return self._secrets.hide_in(file, text)

    @cached_property
    def _random_manifests(self) -> tuple[tuple[Manifest, AnalysedChart], ...]:
        """The objects, including the baseline's, whose templates have random output."""
        sides = [(self._checked.analysed, self._rendered.results)]
        if (comparison := self._checked.comparison) is not None:
            sides.append((comparison.old.analysed, tuple(comparison.all_results)))
        return tuple(
            (manifest, analysed)
            for analysed, results in sides
            for result in results
            if result.rendering is not None
            for manifest in result.rendering.manifests
            if manifest.name and analysed.is_random(manifest)
        )

    @cached_property
    def _random_texts(self) -> dict[str, frozenset[str]]:
        """The names of random objects, each with its texts that may change in each rendering."""
        texts: dict[str, frozenset[str]] = {}
        for manifest, analysed in self._random_manifests:
            texts[manifest.name] = texts.get(manifest.name, frozenset()) | analysed.random_texts(manifest)
        return texts

    def _placed(self, violation: Violation, scoped: Manifest | None, also: Sequence[Also]) -> _PlacedViolation:
        known = self._known.get(id(violation))
        if known is None:
            manifest = self._objects.object_of(violation.at) if isinstance(violation.at, View) else None
            manifest = manifest or scoped
            placed = self.origins.placed(violation, manifest)
            asked = self.origins.asked(violation, manifest, placed) if self._engine is not None else None
            # With the violation: another one may get the identity of one that is gone.
            known = self._known[id(violation)] = violation, manifest, placed, asked
        return _PlacedViolation(violation, scoped, *known[1:], also)

    def _proving(self, placed: Iterable[tuple[RuleRun, Sequence[_PlacedViolation]]]) -> Proving | None:
        """Starts to prove which values set the fields whose lines don't show it, unless just that is under way; None if
        there are no such fields."""
        asked = [one.asked for _, some in placed for one in some if one.asked is not None]
        if self._engine is None or not asked:
            return None
        if self._begun is not None and self._begun.asked == asked:
            return self._begun
        from helm_constitution.locate.proved_values import Proving

        return Proving(asked, self._rendered, self._engine, self._earlier_proofs)

    def _of_run(self, run: RuleRun, found: Iterable[_PlacedViolation], proved: Proved) -> list[Finding]:
        """The findings of a run, with secrets not yet hidden; the secrets are recorded."""
        merged: dict[tuple[Any, ...], Finding] = {}
        scenarios: dict[tuple[Any, ...], list[str]] = {}
        for violation, scoped, manifest, by_line, _, also in found:
            placed = self.origins.with_proof(violation, by_line, proved)
            if self._is_chosen(manifest, placed):
                continue
            for place in (placed.location, *(one.location for one in placed.decided)) if violation.secrets else ():
                self._secrets.add(place, violation.secrets)
            reference: ObjectRef | None = None
            if manifest is not None:
                part = violation.at if isinstance(violation.at, View) and violation.at.document.rendered else None
                reference = manifest.reference(part)
            key = (placed.location, reference, violation.message)
            names = scenarios.setdefault(key, [])
            if manifest is not None:
                # What a rule finds in a single object is true wherever the same object is rendered.
                alike = self._rendered.also_in(manifest) if scoped is not None else ()
                names.extend(name for name in (manifest.scenario, *alike) if name not in names)
            if key not in merged:
                finding = self._finding(run, violation, manifest, reference, placed)
                merged[key] = self._with_others(finding, also, run.setting.severity)
        named = self._rendered.worth_naming
        stamped = [bare._replace(scenarios=named(scenarios[key])) for key, bare in merged.items()]
        return self._with_notes(_one_for_all_names(stamped, self._rendered, self._random_texts))

    def _finding(
        self,
        run: RuleRun,
        violation: Violation,
        manifest: Manifest | None,
        reference: ObjectRef | None,
        placed: Placed,
    ) -> Finding:
        setting = run.setting
        severity = setting.severity if violation.at_most is None else min(setting.severity, violation.at_most)
        if _is_of_a_test(placed):
            severity = min(severity, Severity.NOTE)
        related = tuple(RelatedLocation(self.origins.place(one.at), one.message) for one in violation.related)
        return Finding(
            rule=run.rule.id,
            principle=run.rule.principle,
            statements=setting.statements,
            severity=severity,
            message=violation.message,
            location=placed.location,
            related=(*placed.decided, *related),
            object=reference,
            dependency=manifest.dependency if manifest is not None else None,
            group=violation.group,
            fix=self._fix(violation, placed, manifest),
        )

    def _with_others(self, finding: Finding, also: Sequence[Also], usual: Severity) -> Finding:
        """A finding with the results of other rules for the same fault: their places, their statements, and their
        severity, except for one that is below its rule's."""
        places = dict.fromkeys(
            RelatedLocation(self.origins.place(one.violation.at), one.violation.message) for one in also
        )
        statements = dict.fromkeys([*finding.statements, *(each for one in also for each in one.setting.statements)])
        weights = [one.setting.severity for one in also] if finding.severity >= usual else []
        return finding._replace(
            statements=tuple(statements),
            severity=max([finding.severity, *weights]),
            related=(*finding.related, *list(places)[:MOST_PLACES]),
        )

    def _fix(self, violation: Violation, placed: Placed, manifest: Manifest | None) -> Fix | None:
        """The fix as edits, as long as there is time to look for them."""
        fix, at = violation.fix, violation.at
        if fix is None or isinstance(fix, Fix):
            return fix
        if self._is_late(1.5 * self._reserve):
            self.cut = self.cut or f"looking for fixes took more than {self._reserve / 2:.2g} {TIME_IS_UP}"
            return None
        if isinstance(fix, SetField) and fix.field is not None:
            at = fix.field
            placed = self.origins.placed(Violation(violation.message, at), manifest)
        return self._fixes.edits(fix, at, placed) if isinstance(at, View) else None

    def _is_chosen(self, manifest: Manifest | None, placed: Placed) -> bool:
        """Whether the field is a value that a scenario toggled or filled: the user's choice."""
        if manifest is None:
            return False
        toggled = self._rendered.set_value(manifest.scenario)
        chosen = [toggled] if toggled is not None else self._rendered.filled_values(manifest.scenario)
        return any(_holds(path, dotted(one.path)) for one in chosen for path in placed.paths)

    def _with_notes(self, findings: Iterable[Finding]) -> list[Finding]:
        """Findings with their source lines; those in a dependency's objects as one note."""
        own: list[Finding] = []
        foreign: dict[str, list[Finding]] = {}
        for bare in findings:
            finding = bare._replace(source_line=self._checked.shown_line(bare.location))
            if finding.dependency is not None and self._is_foreign(finding.dependency, finding.location):
                foreign.setdefault(finding.dependency, []).append(finding)
            else:
                own.append(finding)
        own.extend(self._one_note(dependency, group) for dependency, group in foreign.items())
        return own

    def _is_foreign(self, dependency: str, location: Location) -> bool:
        """Whether an object of a dependency is outside the chart author's control."""
        in_dependency = location.file is None or location.file.startswith("charts/")
        return not self._subcharts and in_dependency and self._checked.analysed.is_foreign(f"charts/{dependency}/")

    def _one_note(self, dependency: str, group: list[Finding]) -> Finding:
        """The findings of a rule in a dependency's objects as one note: the chart's author can't edit them."""
        first = group[0]
        thing = f"{first.object.kind} {first.object.name}: " if first.object else ""
        more = f" (and {len(group) - 1} more in this dependency)" if len(group) > 1 else ""
        place = self._checked.analysed.dependency_entry(dependency)
        location = locate(place) if place is not None else None
        return first._replace(
            summary=True,
            group=None,
            severity=Severity.NOTE,
            message=f"dependency {dependency}: {thing}{first.message}{more}",
            location=location or first.location,
            related=(RelatedLocation(first.location, "rendered at"),) if location is not None else (),
            object=first.object,
            fix=None,
            scenarios=self._rendered.worth_naming(
                dict.fromkeys(name for finding in group for name in finding.scenarios)
            ),
            source_line=self._checked.shown_line(location) if location is not None else None,
        )


def _is_of_a_test(placed: Placed) -> bool:
    """Whether all values that set a field are in the chart's own tests, ``ci/*-values.yaml``, which no user has."""
    if not placed.is_value and placed.location.precision is Precision.PARENT:
        return False  # the template omits a missing field
    deciding = [placed.location] if placed.is_value else [one.location for one in placed.decided]
    return bool(placed.paths) and all(
        place.base is Base.CHART and (place.file or "").startswith("ci/") for place in deciding
    )


def _one_for_all_names(
    findings: list[Finding], rendered: RenderedChart, random_texts: Mapping[str, Collection[str]]
) -> list[Finding]:
    """One finding if one place of a template is wrong in an object that other scenarios name or order differently.

    A scenario with ``fullnameOverride`` renames the object, one with a sidecar moves its containers. Two objects that
    one scenario renders from one place stay two findings.
    """
    merged: list[Finding] = []
    # For each thing that is wrong, the findings so far by their scenarios: of thousands of objects few differ in those.
    alike: dict[tuple[object, ...], dict[tuple[str, ...], list[int]]] = {}
    for finding in findings:
        thing = finding.object
        if thing is not None and finding.scenarios:
            field = thing.field and re.sub(r"(?<=ontainers|c\.volumes|umeMounts)\[\d+\]", "", thing.field)
            key = (finding.location, *lasting_words(finding, random_texts), thing.kind, field)
            places = alike.setdefault(key, {})
            others = [known for known in places if places[known] and set(known).isdisjoint(finding.scenarios)]
            if others:
                known = min(others, key=lambda one: places[one][0])
                index = heappop(places[known])
                scenarios = rendered.worth_naming([*known, *finding.scenarios])
                merged[index] = merged[index]._replace(scenarios=scenarios)
            else:
                index, scenarios = len(merged), finding.scenarios
                merged.append(finding)
            heappush(places.setdefault(scenarios, []), index)
        else:
            merged.append(finding)
    return merged


def _holds(path: str, inner: str) -> bool:
    """Whether a values path is the other one, or contains it."""
    return inner == path or inner.startswith((f"{path}.", f"{path}["))
