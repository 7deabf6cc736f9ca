"""Each policy as a rule, ``policy/NAME``: its denials become violations at the field that they are about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from helm_constitution.admission.admitted import admitted
from helm_constitution.admission.evaluation import Applied, Denial, Request, Unknown, evaluate
from helm_constitution.admission.matching import CREATE, UPDATE
from helm_constitution.admission.places import place_of
from helm_constitution.admission.policies import Policy, PolicySet, Unread
from helm_constitution.admission.reading import files_of, read_policies
from helm_constitution.admission.requests import GivenParameters, KnownNamespaces, pod_field, pod_request_of, request_of
from helm_constitution.api import (
    MAY,
    MUST,
    SHOULD,
    Manifest,
    NotApplicable,
    Outcome,
    Path,
    Rule,
    RuleModule,
    Severity,
    Subject,
    Unchecked,
    View,
    Violation,
    rule,
)
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.file_state import FileState
from helm_constitution.core.model import Obligation
from helm_constitution.kubernetes.resources import is_built_in

if TYPE_CHECKING:
    from helm_constitution.api import Comparison, Rendering
    from helm_constitution.render.results import RenderedChart

KEY = "policy"
"""The part before the slash in the ids of these rules."""

_WEIGHTS: Mapping[Severity, Obligation] = {Severity.ERROR: MUST, Severity.WARNING: SHOULD, Severity.NOTE: MAY}


def policy_module(places: Sequence[FilePath]) -> RuleModule:
    """The policies of files and folders as rules.

    Raises:
        ConfigurationError: one can't be used; with file and line.
    """
    files = tuple(file for place in places for file in files_of(place))
    states = tuple((str(file), FileState.of(file.stat())) for file in files)
    return _module(tuple(str(place) for place in places), states)


@lru_cache(maxsize=8)
def _module(places: tuple[str, ...], states: tuple[tuple[str, FileState], ...]) -> RuleModule:
    """The module of these files as they are now: many charts share it."""
    found = read_policies([FilePath(place) for place in places])
    made = [(_rule_of(policy, found), policy.file, policy.line) for policy in found.policies]
    made.extend((_unread_rule(policy), policy.file, policy.line) for policy in found.unread)
    rules: dict[str, Rule] = {}
    for one, file, line in made:
        if one.id in rules:
            raise ConfigurationError(f"policy {one.id} already exists; rename this one", file=file, line=line)
        rules[one.id] = one
    return RuleModule(KEY, "Policies", (), tuple(rules.values()))


def _id_of(name: str) -> str:
    return f"{KEY}/{name.lower().replace('.', '-')}"


def _rule_of(policy: Policy, known: PolicySet) -> Rule:
    severities = [max(binding.severities) for binding in policy.bindings] or [Severity.ERROR]

    def check(manifest: Manifest, subject: Subject) -> Iterator[Outcome]:
        return _outcomes(policy, known, manifest, subject)

    check.__doc__ = _page(policy)
    made = rule(_id_of(policy.name), scope=Manifest, default=_WEIGHTS[max(severities)], tests=True)
    return made(check)


def _unread_rule(policy: Unread) -> Rule:
    def check(subject: Subject) -> Iterator[Outcome]:
        raise Unchecked(
            f"a {policy.kind} is not supported; only ValidatingAdmissionPolicy and Kyverno's ValidatingPolicy are"
        )

    check.__doc__ = f"""{policy.kind} {policy.name} is not read.

    Why: Only policies in CEL can be evaluated here.
    Fix: Write it as a ValidatingAdmissionPolicy.
    Source: {policy.file}, line {policy.line}.
    """
    return rule(_id_of(policy.name), default=MUST)(check)


def _page(policy: Policy) -> str:
    """The rule's page. Its requirements are the policy's messages, else its expressions."""
    demands = "; ".join(one.message or one.check.text for one in policy.validations)
    return f"""Object violates the policy {policy.name}.

    Why: {policy.description or "The cluster's admission denies such an object."}
    Fix: {" ".join(demands.split())}
    Source: {policy.kind} {policy.name}, {policy.file}, line {policy.line}.
    """


def _outcomes(policy: Policy, known: PolicySet, manifest: Manifest, subject: Subject) -> Iterator[Outcome]:
    rendering = _rendering_of(manifest, subject.checked.rendered)
    assert rendering is not None, "an object is of a rendering"
    namespaces = KnownNamespaces(known.objects, rendering)
    parameters = GivenParameters(known.objects)
    told: set[tuple[str, Severity, Path]] = set()
    unknown: dict[str, None] = {}
    is_for_it = False
    if (missing := _never_asked(policy, subject)) is not None:
        unknown[missing] = None
    # What admission sees of an object is the same for each policy, and costs more than most policies.
    for request, field in rendering.derived(_requests, manifest, known, subject.checked.comparison):
        for outcome in evaluate(policy, request, parameters.of, namespaces.labels):
            if isinstance(outcome, Applied):
                is_for_it = True
                continue
            if isinstance(outcome, Unknown):
                unknown[outcome.reason] = None
                continue
            place = place_of(field, policy, outcome.validation, outcome.message, outcome.activation)
            if (outcome.message, outcome.severity, place.path) not in told:
                told.add((outcome.message, outcome.severity, place.path))
                yield _violation(policy, outcome, place)
    yield from (Unchecked(reason) for reason in unknown)
    if not (is_for_it or told or unknown):
        raise NotApplicable("the policy applies to none of the rendered objects")


def _never_asked(policy: Policy, subject: Subject) -> str | None:
    """Why the policy matches no request of this check, whatever the object; None if it may match some."""
    operations = {operation for one in policy.resources.rules for operation in one.operations}
    if not operations or operations & {CREATE, "*"}:
        return None
    if UPDATE in operations:
        return None if subject.checked.comparison is not None else "it applies only to updates; use --baseline"
    return f"it is for {' and '.join(sorted(operations))} alone, which neither an installation nor an upgrade does"


def _violation(policy: Policy, denial: Denial, place: View) -> Violation:
    # A note of one binding stays a note, though another one denies.
    strongest = max((max(binding.severities) for binding in policy.bindings), default=Severity.ERROR)
    return Violation(denial.message, place, at_most=denial.severity if denial.severity < strongest else None)


_Asked = tuple[Request, Callable[..., View]]
"""A request, and what gives a field of its object as rendered."""


_CONTROLLED = frozenset({"CronJob", "DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"})
"""The kinds whose pods Kubernetes' own controllers create from the template as it is."""


def _requests(
    rendering: Rendering, manifest: Manifest, known: PolicySet, comparison: Comparison | None
) -> tuple[_Asked, ...]:
    """The object's creation; its update, if the baseline has it too; and the creation of its pods."""
    namespaces = KnownNamespaces(known.objects, rendering)
    made = request_of(manifest, CREATE, namespaces)
    found: list[_Asked] = [(made, manifest.view.get)]
    before = _rendering_of(manifest, comparison.old) if comparison is not None else None
    old = before.find(manifest.kind, manifest.name, manifest.effective_namespace) if before is not None else None
    if old is not None:
        data = admitted(old.view.data, old.group, old.kind, made.target.namespace)
        target = made.target._replace(operation=UPDATE, old_labels=old.labels)
        found.append((made._replace(target=target, old_object=data), manifest.view.get))
    if manifest.kind in _CONTROLLED and is_built_in(manifest.group):
        found.extend((pod_request_of(one, namespaces), partial(pod_field, one)) for one in manifest.workloads)
    return tuple(found)


def _rendering_of(manifest: Manifest, rendered: RenderedChart | None) -> Rendering | None:
    """The rendering of an object's scenario."""
    result = rendered.result_of(manifest.scenario) if rendered is not None else None
    return result.rendering if result is not None else None
