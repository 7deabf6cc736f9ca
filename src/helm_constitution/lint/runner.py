"""Runs rules over a subject: stamps what they find, keeps a crashing one apart and goes on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from helm_constitution.core.model import Demand, Trouble
from helm_constitution.kubernetes.manifests import Container, Manifest, PodSpec, Rendering, Workload
from helm_constitution.lint.rule import Outcome, Problem, Rule, Tally, Unjudged
from helm_constitution.lint.run import RuleRun
from helm_constitution.lint.subject import Facts, NotYet, Subject
from helm_constitution.render.scenarios import names_field
from helm_constitution.text.yaml_document import RenderedLine, View, YamlDocument

if TYPE_CHECKING:
    pass


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
