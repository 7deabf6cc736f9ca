"""Runs rules over a subject: stamps what they find, keeps a crashing one apart and goes on."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from helm_constitution.api import Outcome, Problem, Rule, Tally, Unjudged
from helm_constitution.core.digest import sha256
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Demand, Finding, ObjectRef, RelatedLocation, Severity, Trouble
from helm_constitution.kubernetes.manifests import Container, Manifest, PodSpec, Rendering, Workload
from helm_constitution.lint.redaction import Secrets
from helm_constitution.lint.subject import Facts, NotYet, Subject
from helm_constitution.locate.resolve import at_baseline, locate
from helm_constitution.locate.value_origins import Deciders
from helm_constitution.render.scenarios import names_field
from helm_constitution.text.yaml import RenderedLine, View, YamlDocument, dotted

if TYPE_CHECKING:
    from helm_constitution.api import Place
    from helm_constitution.core.model import Location


@dataclass
class RuleRun:
    """How one rule went over one chart. ``on_renderings`` tells that it looked at what helm rendered or said."""

    rule: Rule
    demand: Demand
    problems: list[tuple[Problem, Manifest | None]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    unjudged: str | None = None
    crash: Trouble | None = None
    on_renderings: bool = False


def run_rules(
    demands: Mapping[Rule, Demand],
    facts: Facts,
    *,
    debug: bool = False,
    judged: Callable[[Sequence[RuleRun]], object] | None = None,
) -> list[RuleRun]:
    """Runs every demanded rule; :func:`stamp` makes findings of what they say.

    What needs no rendering goes first, while helm is at work, and is left for later as soon as helm has rendered: what
    rules say of the renderings may give helm more to do.

    Args:
        demands: the rules to run, with severity and parameters.
        facts: the chart; its renderings may still be under way.
        debug: keep the traceback of a crashed rule.
        judged: called once with all runs when the renderings are judged; others may still be to come.

    Returns:
        The runs, in the order of ``demands``.
    """
    runs = [RuleRun(rule, demand) for rule, demand in demands.items()]
    facts.running = {rule.id: demand.severity for rule, demand in demands.items()}
    rendered = [run for run in runs if run.rule.scope is not Subject]
    others = deque(run for run in runs if run.rule.scope is Subject)

    def put_off(some: Iterable[RuleRun]) -> Iterator[RuleRun]:
        for run in some:
            try:
                _run(run, facts, debug)
            except NotYet:
                yield run

    while others and not facts.is_rendered():
        rendered.extend(put_off([others.popleft()]))
    facts.wait_for_renderings()
    late = list(put_off(rendered))
    if judged is not None:
        judged(runs)
    late.extend(put_off(others))
    facts.wait()
    for run in late:
        _run(run, facts, debug)
    return runs


def _run(run: RuleRun, facts: Facts, debug: bool) -> None:
    subject = Subject(facts, run.demand.parameters)
    problems: list[tuple[Problem, Manifest | None]] = []
    tallies: list[Tally] = []
    facts.consulted = False
    try:
        for outcome, manifest in _outcomes(run.rule, subject):
            if isinstance(outcome, Tally):
                tallies.append(outcome)
            else:
                problems.append((outcome, manifest))
    except NotYet:
        raise
    except Unjudged as reason:
        run.unjudged = str(reason)
    except Exception as error:  # noqa: BLE001 - a rule is foreign code: whatever it raises must not look like a clean chart
        run.crash = _crash(run.rule, error, debug)
    else:
        run.problems, run.tallies = problems, tallies
    run.on_renderings = facts.consulted


def documents_to_locate(runs: Iterable[RuleRun], *, subcharts: bool = False) -> list[YamlDocument]:
    """The rendered documents that hold the place of a problem, each once; of dependencies only where asked for.

    Of a document that several scenarios render alike, only the first.
    """
    found: dict[tuple[str, str, str], YamlDocument] = {}
    for document in _rendered_documents(runs):
        if subcharts or not document.file.startswith("charts/"):
            found.setdefault(document.alike, document)
    return list(found.values())


def _rendered_documents(runs: Iterable[RuleRun]) -> Iterator[YamlDocument]:
    """The rendered document of each place that a problem names."""
    for run in runs:
        for problem, _ in run.problems:
            for place in (problem.at, *(related.at for related in problem.related)):
                if isinstance(place, View | RenderedLine) and place.document.rendered:
                    yield place.document


def _crash(rule: Rule, error: Exception, debug: bool) -> Trouble:
    import traceback

    trace = "".join(traceback.format_exception(error)) if debug else None
    message = f"rule {rule.id} crashed: {type(error).__name__}: {error}; this is a fault of the rule, not of the chart"
    return Trouble("crash", message, rule=rule.id, traceback=trace)


def _outcomes(rule: Rule, subject: Subject) -> Iterator[tuple[Outcome, Manifest | None]]:
    if rule.scope is Subject:
        for outcome in rule.check(subject):
            yield outcome, None
        return
    if not subject.rendered:
        raise Unjudged(subject.facts.not_rendered)
    judged: dict[tuple[object, ...], bool] = {}
    counted: dict[str, dict[tuple[object, ...], Tally]] = {}
    renderings = (result.rendering for result in subject.results if result.rendering is not None)
    for rendering in renderings:
        is_plain = subject.facts.set_value(rendering.scenario) is None
        fills = subject.facts.fills(rendering.scenario)
        for thing, manifest in _things(rule, rendering):
            if fills is not None:
                # Of what is filled only single objects are judged: how they fit together, the placeholders decide.
                if manifest is not None:
                    for outcome in rule.check(thing, subject):
                        if isinstance(outcome, Problem) and fills.is_true(outcome, manifest):
                            yield outcome, manifest
                continue
            if not is_plain:
                # Counted is what the chart is by itself, not what somebody may make of it.
                for outcome in rule.check(thing, subject):
                    if isinstance(outcome, Problem) and not _is_chosen(outcome, rule, rendering, subject.facts):
                        yield outcome, manifest
                continue
            identity = _identity(thing, manifest)
            judged.setdefault(identity, True)
            for outcome in rule.check(thing, subject):
                if isinstance(outcome, Tally):
                    # A rule that judges only some of its things counts these itself; the worst scenario counts.
                    same = counted.setdefault(outcome.what, {}).setdefault(identity, outcome)
                    if outcome.good * same.total < same.good * outcome.total:
                        counted[outcome.what][identity] = outcome
                    continue
                if isinstance(outcome, Problem):
                    judged[identity] = False
                yield outcome, manifest
    if rule.evidence and judged:
        yield Tally(sum(judged.values()), len(judged), rule.evidence), None
    for what, tallies in counted.items():
        good, total = sum(tally.good for tally in tallies.values()), sum(tally.total for tally in tallies.values())
        yield Tally(good, total, what), None


def _is_chosen(problem: Problem, rule: Rule, rendering: Rendering, facts: Facts) -> bool:
    """Whether a problem is what the switched value says by itself: its user's choice, not the chart's fault.

    A field that is the value; one that a flag names that was turned on (``controller.hostPort.enabled``); or, where a
    flag was turned off, what is missing, be it a field or another object.
    """
    switched = facts.set_value(rendering.scenario)
    view = problem.at
    if switched is not None and switched.value is False:
        if not isinstance(view, View) or not view.exists:
            return True
        if rule.scope is Rendering:
            manifest = _manifest_of(view)
            return manifest is None or facts.is_by_itself(manifest)
    if switched is None or not isinstance(view, View) or not view.exists:
        return False
    if switched.value is True:
        return names_field(switched.path, view)
    return isinstance(switched.value, str) and view.data == switched.value


def _identity(thing: object, manifest: Manifest | None) -> tuple[object, ...]:
    """What a thing is called, whatever scenario it was rendered in: evidence counts it once."""
    if manifest is None:
        return ()
    pod = thing.pod if isinstance(thing, Container | Workload) else thing
    template = pod.view.path if isinstance(pod, PodSpec) and len(manifest.workloads) > 1 else None
    name = thing.name if isinstance(thing, Container) else None
    return manifest.kind, manifest.effective_namespace, manifest.name, template, name


def _things(rule: Rule, rendering: Rendering) -> Iterator[tuple[Any, Manifest | None]]:
    """What a scoped rule judges in a rendering, equal objects once. Test hooks only where the rule asks for them."""
    if rule.scope is Rendering:
        yield rendering, None
        return
    for manifest in rendering.manifests:
        if manifest.repeats or (manifest.is_left_out and not rule.tests):
            continue
        if rule.scope is Manifest:
            yield manifest, manifest
            continue
        for workload in manifest.workloads:
            if rule.scope is Workload:
                yield workload, manifest
            elif rule.scope is PodSpec:
                yield workload.pod, manifest
            elif rule.scope is Container:
                for container in workload.pod.all_containers:
                    yield container, manifest


def _manifest_of(view: View) -> Manifest | None:
    """The object that a view of a rendered document is a part of."""
    for manifest in view.document.manifests:
        if view.path[: len(manifest.view.path)] == manifest.view.path:
            return manifest
    return None


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
        run.findings = _fingerprinted(secrets.hide(finding) for finding in run.findings)


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


_INDEX = LazyPattern(r"\[\d+\]")
_MOVES = LazyPattern(
    r"(?<=\.yaml|.\.yml|.\.tpl|.\.txt|\.json):\d+(?:-\d+)?|\d+ (?=lines?\b)|(?<=\bline )\d+|(?<=\blines )\d+"
    r"| \(and \d+ more[^()]*\)"
)
"""What a message says of other lines: their numbers, and how many there are."""


def _fingerprinted(findings: Iterable[Finding]) -> list[Finding]:
    """Gives each finding an identity of its own that survives what moves it.

    Of an object that is its name and the field, wherever its template stands and whatever is listed before it; else the
    file and the source line's text. What is alike in all that is numbered.
    """
    counts: dict[tuple[str, ...], int] = {}
    stamped: list[Finding] = []
    for finding in findings:
        parts = (finding.rule, *_identity_of(finding))
        counts[parts] = number = counts.get(parts, 0) + 1
        digest = sha256(repr((parts, number)).encode()).hexdigest()[:32]
        stamped.append(finding._replace(fingerprint=digest))
    return stamped


def _identity_of(finding: Finding) -> tuple[str, ...]:
    thing = finding.object
    message = _MOVES.sub("", finding.message)
    if finding.summary and finding.dependency is not None:
        return ("dependency", finding.dependency)  # its message names the first object, and counts the others
    if thing is not None:
        field = _INDEX.sub("[]", thing.field or "")
        return (thing.kind, thing.namespace or "", thing.name, thing.container or "", field, message)
    line = " ".join((finding.source_line or "").split())
    return (finding.location.base.value, finding.location.file or "", line, message)
