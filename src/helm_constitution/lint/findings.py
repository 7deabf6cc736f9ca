"""Makes findings of violations: places them, merges what is alike, sums up what is a dependency's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from helm_constitution.core.model import Finding, ObjectRef, RelatedLocation, Severity
from helm_constitution.kubernetes.manifests import Manifest
from helm_constitution.lint.fingerprints import fingerprinted
from helm_constitution.lint.redaction import Secrets
from helm_constitution.lint.rule import Problem
from helm_constitution.lint.run import RuleRun
from helm_constitution.lint.runner import _manifest_of, _rendered_documents
from helm_constitution.lint.subject import Facts
from helm_constitution.locate.resolve import at_baseline, locate
from helm_constitution.locate.value_origins import Deciders
from helm_constitution.text.yaml_document import View, dotted

if TYPE_CHECKING:
    from helm_constitution.core.model import Location
    from helm_constitution.text.place import Place


def stamp(runs: Iterable[RuleRun], facts: Facts, *, subcharts: bool = False) -> None:
    """Makes findings of the problems of each run: one for all scenarios, one for all objects of a dependency.

    Args:
        runs: as :func:`run_rules` gave them; their ``findings`` are filled.
        facts: the chart.
        subcharts: judge the objects of dependencies as the chart's own, instead of one note a rule and dependency.
    """
    deciders = _Deciders(facts)
    documents = list(_rendered_documents(runs))
    lines = {document.alike: document.lines for document in documents if document.lines is not None}
    for document in documents:
        document.lines = lines.get(document.alike)
    secrets = Secrets()
    for run in runs:
        run.findings = _findings(run, facts, deciders, subcharts, secrets)
    for run in runs:
        run.findings = fingerprinted(secrets.hide(finding) for finding in run.findings)


class _Deciders:
    """Looks up what decides a field, in the chart or in its baseline."""

    def __init__(self, facts: Facts) -> None:
        self._own = Deciders(facts)
        self._earlier = Deciders(facts.comparison.old) if facts.comparison is not None else self._own

    def of(self, place: Place | None) -> Deciders:
        """The one for the side that a place is on."""
        return self._earlier if at_baseline(place) else self._own


def _findings(run: RuleRun, facts: Facts, deciders: _Deciders, subcharts: bool, secrets: Secrets) -> list[Finding]:
    """The findings of a run, with what is to be hidden in them still there; ``secrets`` learns what that is."""
    merged: dict[tuple[Any, ...], Finding] = {}
    scenarios: dict[tuple[Any, ...], list[str]] = {}
    foreign: dict[str, list[Finding]] = {}
    for problem, scoped in run.problems:
        manifest = _manifest_of(problem.at) if isinstance(problem.at, View) else None
        manifest = manifest or scoped
        reference: ObjectRef | None = None
        if manifest is not None:
            part = problem.at if isinstance(problem.at, View) and problem.at.document.rendered else None
            reference = manifest.reference(part)
        location, decided, paths = _placed(problem, manifest, deciders)
        switched = facts.set_value(manifest.scenario) if manifest is not None else None
        chosen = [switched] if switched is not None else facts.filled_values(manifest.scenario) if manifest else ()
        if any(_holds(path, dotted(one.path)) for one in chosen for path in paths):
            continue  # the field is what was switched or filled: its user's choice
        for place in (location, *(related.location for related in decided)) if problem.secrets else ():
            secrets.add(place, problem.secrets)
        key = (location, reference, problem.message)
        names = scenarios.setdefault(key, [])
        if manifest is not None:
            # What a rule says of an object by itself holds wherever the object is rendered alike.
            alike = manifest.also_in if scoped is not None else ()
            names.extend(name for name in (manifest.scenario, *alike) if name not in names)
        if key in merged:
            continue
        merged[key] = Finding(
            rule=run.rule.id,
            principle=run.rule.principle,
            statements=run.demand.statements,
            severity=run.demand.severity if problem.at_most is None else min(run.demand.severity, problem.at_most),
            message=problem.message,
            location=location,
            related=(
                *decided,
                *(
                    RelatedLocation(deciders.of(related.at).place(related.at), related.message)
                    for related in problem.related
                ),
            ),
            object=reference,
            dependency=manifest.dependency if manifest is not None else None,
        )
    findings: list[Finding] = []
    stamped = [bare._replace(scenarios=facts.telling(scenarios[key])) for key, bare in merged.items()]
    for bare in _one_for_all_names(stamped, facts):
        finding = bare._replace(source_line=facts.line_of(bare.location))
        if finding.dependency is not None and not subcharts and _is_foreign(finding.location):
            foreign.setdefault(finding.dependency, []).append(finding)
        else:
            findings.append(finding)
    findings.extend(_one_note(dependency, group, facts) for dependency, group in foreign.items())
    return findings


def _one_for_all_names(findings: list[Finding], facts: Facts) -> list[Finding]:
    """One finding where one place of a template is wrong in an object that other scenarios call or order otherwise.

    A scenario with ``fullnameOverride`` renames the object, one with a sidecar moves its containers. Two objects that
    one scenario renders from one place stay two findings.
    """
    merged: list[Finding] = []
    alike: dict[tuple[object, ...], list[int]] = {}
    for finding in findings:
        thing = finding.object
        if thing is not None and finding.scenarios:
            field = thing.field and re.sub(r"(?<=ontainers|c\.volumes|umeMounts)\[\d+\]", "", thing.field)
            key = (finding.location, finding.message, thing.kind, thing.container, field)
            places = alike.setdefault(key, [])
            for index in places:
                known = merged[index]
                if not set(known.scenarios) & set(finding.scenarios):
                    merged[index] = known._replace(scenarios=facts.telling([*known.scenarios, *finding.scenarios]))
                    break
            else:
                places.append(len(merged))
                merged.append(finding)
        else:
            merged.append(finding)
    return merged


def _placed(
    problem: Problem, manifest: Manifest | None, both: _Deciders
) -> tuple[Location, tuple[RelatedLocation, ...], tuple[str, ...]]:
    """Where to mend a problem, what else to look at, and the values that decide it (with dots).

    Of a rendered field that is a value unchanged, the value is to be mended and the template line to be looked at; of
    any other the other way round.
    """
    deciders = both.of(problem.at)
    location = deciders.place(problem.at)
    view = problem.at
    if not isinstance(view, View) or not view.document.rendered or manifest is None:
        return location, (), ()
    found = deciders.of(view, location, manifest.scenario, problem.part)
    if len(found) == 1 and found[0].alone:
        return found[0].location, (RelatedLocation(location, "rendered here"),), (found[0].path,)
    # In the order of the file: what was found first depends on the run.
    found.sort(key=lambda one: (one.location.file or "", one.location.line or 0, one.path))
    decided = tuple(RelatedLocation(one.location, f"decided by {one.path}") for one in found)
    return location, decided, tuple(one.path for one in found)


def _holds(path: str, inner: str) -> bool:
    """Whether a values path is another, or holds it."""
    return inner == path or inner.startswith((f"{path}.", f"{path}["))


def _is_foreign(location: Location) -> bool:
    return location.file is None or location.file.startswith("charts/")


def _one_note(dependency: str, group: list[Finding], facts: Facts) -> Finding:
    """What a rule found in a dependency's objects, as one note: the chart's author can't edit them."""
    first = group[0]
    thing = f"{first.object.kind} {first.object.name}: " if first.object else ""
    more = f" (and {len(group) - 1} more in this dependency)" if len(group) > 1 else ""
    place = facts.dependency_entry(dependency)
    return first._replace(
        summary=True,
        severity=Severity.NOTE,
        message=f"dependency {dependency}: {thing}{first.message}{more}",
        location=locate(place) if place is not None else first.location,
        related=(RelatedLocation(first.location, "rendered from here"),) if place is not None else (),
        object=first.object,
        scenarios=facts.telling(dict.fromkeys(name for finding in group for name in finding.scenarios)),
        source_line=facts.line_of(locate(place)) if place is not None else None,
    )
