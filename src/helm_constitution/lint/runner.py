"""Runs rules over a chart, each once; isolates a crashing rule and continues."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from helm_constitution.core.deadline import TIME_IS_UP, OutOfTime, time_left, time_limit
from helm_constitution.core.errors import ConstitutionError, LimitReached
from helm_constitution.core.fixes import Fix
from helm_constitution.core.model import Location, RuleSetting, StillCounts, Trouble, still_counts
from helm_constitution.core.signals import is_end
from helm_constitution.helm.protocol import Limits
from helm_constitution.kubernetes.manifests import Container, Manifest, PodSpec, Rendering, Workload
from helm_constitution.lint.evidence import Evidence
from helm_constitution.lint.needs import ON_HELM, CheckedChart
from helm_constitution.lint.outcomes import Outcomes
from helm_constitution.lint.rule import (
    NotApplicable,
    Outcome,
    PipeField,
    ReadValue,
    Rule,
    SetField,
    Tally,
    Unchecked,
    Violation,
)
from helm_constitution.lint.run import RuleRun
from helm_constitution.lint.subject import Subject
from helm_constitution.render.scenarios import names_field
from helm_constitution.text.place import TextPlace
from helm_constitution.text.yaml_document import RenderedLine, View

if TYPE_CHECKING:
    from helm_constitution.lint.placeholder_filter import PlaceholderFilter
    from helm_constitution.render.results import RenderedChart


class Runner:
    """Runs each rule once, as soon as everything that it needs is available.

    Args:
        settings: the rules to run, with severity and parameters.
        debug: keep the traceback of a crashed rule.
        seconds: of processor time for all rules; one rule may take a quarter of it.
        still_counts: called before each rule; an exception from it ends the check.
        outcomes: what rules found in objects in earlier checks of the chart; None for a single check.
    """

    def __init__(
        self,
        settings: Mapping[Rule, RuleSetting],
        *,
        debug: bool = False,
        seconds: float = Limits().seconds,
        still_counts: StillCounts = still_counts,
        outcomes: Outcomes | None = None,
    ) -> None:
        self._settings = settings
        self._seconds = seconds
        self._left = seconds
        self._debug = debug
        self._still_counts = still_counts
        self._outcomes = outcomes
        self._runs: dict[Rule, RuleRun] = {}

    def run(
        self, checked: CheckedChart, *, on_helm: bool = False, until: Callable[[], bool] | None = None
    ) -> tuple[RuleRun, ...]:
        """Runs the rules that have not run yet and whose needs are available.

        Args:
            checked: what is known of the chart.
            on_helm: run only the rules that need output of helm; the others can wait.
            until: called before each rule; once it returns true, the remaining rules wait for the next call.

        Returns:
            The runs of the rules that have run so far, in the order of the settings.
        """
        for rule, setting in self._settings.items():
            if rule in self._runs or not checked.has(rule.needs) or (on_helm and not rule.needs & ON_HELM):
                continue
            if until is not None and until():
                break
            self._still_counts()
            self._runs[rule] = self._timed(rule, setting, checked)
        return tuple(self._runs[rule] for rule in self._settings if rule in self._runs)

    def _timed(self, rule: Rule, setting: RuleSetting, checked: CheckedChart) -> RuleRun:
        """Runs a rule within the time that is left for it."""
        if self._left <= self._seconds / 50:
            reason = f"earlier rules took {self._seconds:g} {TIME_IS_UP}"
            return RuleRun(rule, setting, unchecked=reason)
        # Other parts of the check may have taken more than their share; the report needs some time, too.
        left = time_left()
        rest = self._left if left is None else left - self._seconds / 2
        if rest <= self._seconds / 50:
            reason = f"earlier parts of the check took {2.5 * self._seconds:g} {TIME_IS_UP}"
            return RuleRun(rule, setting, unchecked=reason)
        begin, most = time.process_time(), min(self._seconds / 4, self._left, rest)
        try:
            with time_limit(most):
                return run_rule(rule, setting, checked, self._outcomes, debug=self._debug)
        except OutOfTime:
            reason = f"rule took more than {most:.2g} {TIME_IS_UP}"
            return RuleRun(rule, setting, unchecked=reason)
        finally:
            self._left -= time.process_time() - begin


def run_rule(
    rule: Rule, setting: RuleSetting, checked: CheckedChart, known: Outcomes | None = None, *, debug: bool = False
) -> RuleRun:
    """Runs one rule over a chart for which everything that it needs is available.

    A rule is foreign code: an exception that it raises becomes the run's crash, and so does anything it yields that is
    not an outcome. A file of the chart that can't be read is reported as trouble of the chart.
    """
    if (absent := checked.not_applicable(rule.needs)) is not None:
        return RuleRun(rule, setting, not_applicable=absent)
    reason = checked.lacking(rule.needs)
    if reason is not None:
        return RuleRun(rule, setting, unchecked=reason)
    violations: list[tuple[Violation, Manifest | None]] = []
    tallies: list[Tally] = []
    unseen = checked.unseen(rule.needs)
    reasons: dict[str, None] = {} if unseen is None else {unseen: None}
    try:
        for outcome, manifest in _outcomes(rule, Subject(checked, rule.needs, setting.parameters), known):
            if isinstance(outcome, Tally):
                tallies.append(outcome)
            elif isinstance(outcome, Violation):
                violations.append((_told(outcome), manifest))
            elif isinstance(outcome, Unchecked):
                reasons[str(outcome)] = None
            else:
                raise TypeError(f"must yield a Violation or a Tally, not {type(outcome).__name__}")
    except NotApplicable as error:
        if not violations and not reasons:
            return RuleRun(rule, setting, not_applicable=str(error))
    except (Unchecked, LimitReached) as error:
        reasons = {str(error): None}
    except ConstitutionError as error:
        return RuleRun(rule, setting, crash=_unreadable(error, checked.analysed.chart.shown))
    except BaseException as error:
        if is_end(error) or isinstance(error, OutOfTime):
            raise
        return RuleRun(rule, setting, crash=_crash(rule, error, debug))
    return RuleRun(rule, setting, tuple(violations), tuple(tallies), unchecked="; ".join(reasons) or None)


def _told(violation: Violation) -> Violation:
    """A violation whose parts can be placed and printed: the rule's author may not use a type checker."""
    if not isinstance(violation.message, str):
        raise TypeError(f"the message of a violation must be a string, not {type(violation.message).__name__}")
    for at in (violation.at, *(related.at for related in violation.related)):
        if not isinstance(at, View | RenderedLine | TextPlace | Location | None):
            raise TypeError(f"the place of a violation must be a View, a TextPlace or None, not {type(at).__name__}")
    fix: object = violation.fix
    if not isinstance(fix, Fix | SetField | PipeField | ReadValue | None):
        kind = type(fix).__name__
        raise TypeError(f"the fix of a violation must be a Fix, SetField, PipeField or ReadValue, not {kind}")
    return violation


def _unreadable(error: ConstitutionError, chart: str) -> Trouble:
    """The trouble for a part of the chart that can't be read when a rule needs it: reported once, as the chart's."""
    file = error.file.removeprefix(f"{chart}{os.sep}") if error.file is not None else None
    return Trouble("error", error.message, file=file, line=error.line)


def _crash(rule: Rule, error: BaseException, debug: bool) -> Trouble:
    import traceback

    trace = "".join(traceback.format_exception(error)) if debug else None
    message = f"rule {rule.id} crashed: {type(error).__name__}: {error}; this is a bug in the rule, not in the chart"
    return Trouble("crash", message, rule=rule.id, traceback=trace)


def _outcomes(rule: Rule, subject: Subject, known: Outcomes | None) -> Iterator[tuple[Outcome, Manifest | None]]:
    if rule.scope is Subject:
        return ((outcome, None) for outcome in rule.check(subject))
    return _scoped_outcomes(rule, subject, known)


def _scoped_outcomes(rule: Rule, subject: Subject, known: Outcomes | None) -> Iterator[tuple[Outcome, Manifest | None]]:
    """The outcomes of a rule for each thing of its scope in each rendering; at the end, their counts.

    A thing for which the rule raises NotApplicable is left out; if all are, the rule is not applicable.
    """
    rendered = subject.checked.rendered
    assert rendered is not None
    evidence = Evidence(rule.evidence)
    is_empty, absent = True, ""
    for result in rendered.results:
        if result.rendering is None:
            continue
        if result.broken and rule.scope is Rendering:
            continue  # missing objects may be in the documents that can't be parsed
        kind = result.scenario.kind
        filled: PlaceholderFilter | None = None
        if result.scenario.filled:
            from helm_constitution.lint.placeholder_filter import PlaceholderFilter

            filled = PlaceholderFilter(result.scenario, rendered.without_placeholders)
        for thing, manifest in _things(rule, result.rendering, rendered):
            if kind.is_checked_alone and manifest is None:
                continue
            try:
                if known is None or manifest is None:
                    outcomes = _begun(iter(rule.check(thing, subject)))
                else:
                    outcomes = _begun(known.of(rule, thing, manifest, subject))
            except NotApplicable as error:
                absent = str(error)
                continue
            is_empty = False
            counts = kind.counts_as_evidence
            identity = _identity(thing, manifest) if counts else ()
            if counts:
                evidence.add(identity)
            for outcome in outcomes:
                if counts:
                    evidence.take(identity, outcome)
                    told = not isinstance(outcome, Tally)
                elif not isinstance(outcome, Violation):
                    told = isinstance(outcome, Unchecked) and filled is None
                elif filled is not None:
                    told = manifest is not None and filled.is_true(outcome, manifest)
                else:
                    told = not _is_chosen(outcome, rule, result.rendering, rendered)
                if told:
                    yield outcome, manifest
    if is_empty:
        raise NotApplicable(absent or f"the chart renders no {_NOUNS.get(rule.scope, 'objects')}")
    for tally in evidence.tallies():
        yield tally, None


def _begun(outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """The outcomes, with the first one computed: until then a rule can raise NotApplicable for this thing."""
    first = next(outcomes, None)
    return outcomes if first is None else chain((first,), outcomes)


_NOUNS: Mapping[type, str] = {Container: "containers", PodSpec: "pods", Workload: "workloads"}


def _is_chosen(violation: Violation, rule: Rule, rendering: Rendering, rendered: RenderedChart) -> bool:
    """Whether a violation is what the toggled value requests: the user's choice, not a fault of the chart.

    That is a field with exactly this value; a field that is named by an enabled flag (``controller.hostPort.enabled``);
    or, for a disabled flag, a missing field or object.
    """
    toggled = rendered.set_value(rendering.scenario)
    view = violation.at
    if toggled is not None and toggled.value is False:
        if not isinstance(view, View) or not view.exists:
            return True
        if rule.scope is Rendering:
            manifest = rendering.object_of(view)
            return manifest is None or rendered.is_in_users_scenario(manifest)
    if toggled is None or not isinstance(view, View) or not view.exists:
        return False
    if toggled.value is True:
        return names_field(toggled.path, view)
    return isinstance(toggled.value, str) and view.data == toggled.value


def _identity(thing: object, manifest: Manifest | None) -> tuple[object, ...]:
    """The identity of a thing in all scenarios: evidence counts it once."""
    if manifest is None:
        return ()
    pod = thing.pod if isinstance(thing, Container | Workload) else thing
    template = pod.view.path if isinstance(pod, PodSpec) and len(manifest.workloads) > 1 else None
    name = thing.name if isinstance(thing, Container) else None
    return manifest.kind, manifest.effective_namespace, manifest.name, template, name


def _things(rule: Rule, rendering: Rendering, rendered: RenderedChart) -> Iterator[tuple[Any, Manifest | None]]:
    """The things that a scoped rule checks in a rendering, equal objects once; test hooks only if it checks them."""
    if rule.scope is Rendering:
        yield rendering, None
        return
    for manifest in rendering.manifests:
        if rendered.is_repeated(manifest) or (manifest.is_left_out and not rule.tests):
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
