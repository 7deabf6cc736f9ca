"""A policy's decision on a request: the same as the API server's, if it needs no cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from helm_constitution.admission.matching import NamespaceLabels, Target, matches
from helm_constitution.admission.policies import Binding, Expression, MatchResources, Policy, Validation
from helm_constitution.cel.programs import Activation, CelError, Unevaluable, activation
from helm_constitution.core.model import Severity
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.kubernetes.resources import is_built_in
from helm_constitution.text.yaml_scalars import Json

_LONGEST_MESSAGE = 5 * 1024
"""Bytes of a messageExpression's text; a longer one is not taken."""

_UNBOUND = Binding("", MatchResources(), (Severity.ERROR,))
"""What stands for the binding of a policy that is given without any: whoever names it wants it checked."""


class Request(NamedTuple):
    """A request, as a policy sees it: its target, the object (and the old one), and the namespace's object if it is
    known. ``is_namespace_known`` is false if only a cluster knows the namespace's labels."""

    target: Target
    object: Mapping[str, Json]
    old_object: Mapping[str, Json] | None = None
    namespace_object: Mapping[str, Json] | None = None
    is_namespace_known: bool = False


class Denial(NamedTuple):
    """A validation that an object fails. ``validation`` is None if the policy itself could not be applied."""

    message: str
    severity: Severity
    binding: str
    validation: Validation | None
    activation: Activation


class Unknown(NamedTuple):
    """What can't be evaluated without a cluster, and why."""

    reason: str


class Applied(NamedTuple):
    """The policy's validations apply to the request: a binding matches it."""


Parameters = Callable[[Policy, Binding, str], "Sequence[Mapping[str, Json] | None]"]
"""The parameters of a binding for an object in a namespace. Raises Unevaluable where they are not given."""


def evaluate(
    policy: Policy, request: Request, parameters: Parameters, namespace_labels: NamespaceLabels
) -> Iterator[Denial | Unknown | Applied]:
    """The denials of a request by a policy with its bindings, in the API server's order; and an Applied for each
    binding that matches the request."""
    try:
        if not matches(policy.resources, request.target, namespace_labels):
            return
    except Unevaluable as error:
        yield Unknown(str(error))
        return
    for binding in policy.bindings or (_UNBOUND,):
        try:
            if not matches(binding.resources, request.target, namespace_labels):
                continue
            given = parameters(policy, binding, request.target.namespace)
        except Unevaluable as error:
            yield Unknown(str(error))
            continue
        for parameter in given:
            yield from _evaluate_bound(policy, binding, request, parameter)


def _evaluate_bound(
    policy: Policy, binding: Binding, request: Request, parameter: Mapping[str, Json] | None
) -> Iterator[Denial | Unknown | Applied]:
    # The condition's namespaceObject is null in the API server too.
    bare = _activation(request, parameter, None)
    severity = max(binding.severities)
    try:
        if not _is_wanted(policy, bare, request):
            return
    except Unevaluable as error:
        yield Unknown(str(error))
        return
    except CelError as error:
        if policy.fails:
            yield Denial(str(error), severity, binding.name, None, bare)
        return
    yield Applied()
    values = _activation(request, parameter, request.namespace_object)
    for validation in policy.validations:
        try:
            if _value(validation.check, policy, values, request) is not True:
                message = _message(validation, policy, values, request)
                yield Denial(message, severity, binding.name, validation, values)
        except Unevaluable as error:
            yield Unknown(str(error))
        except CelError as error:
            if policy.fails:
                yield Denial(str(error), severity, binding.name, validation, values)


def _activation(
    request: Request, parameter: Mapping[str, Json] | None, namespace: Mapping[str, Json] | None
) -> Activation:
    return activation(
        {
            "object": dict(request.object),
            "oldObject": dict(request.old_object) if request.old_object is not None else None,
            "request": _request(request.target),
            "params": dict(parameter) if parameter is not None else None,
            "namespaceObject": dict(namespace) if namespace is not None else None,
        }
    )


def _request(target: Target) -> dict[str, Json]:
    """``request``, as far as it is the same in every cluster (admission/v1, AdmissionRequest)."""
    kind: dict[str, Json] = {"group": target.group, "version": target.version, "kind": target.kind}
    resource: dict[str, Json] = {"group": target.group, "version": target.version, "resource": target.resource}
    return {
        "kind": kind,
        "resource": resource,
        "subResource": "",
        "requestKind": kind,
        "requestResource": resource,
        "requestSubResource": "",
        "name": target.name,
        "namespace": target.namespace,
        "operation": target.operation,
        "dryRun": False,
    }


def _is_wanted(policy: Policy, values: Activation, request: Request) -> bool:
    """Whether every matchCondition holds. A false one decides, whatever the others are.

    Raises:
        CelError: the errors of those that have no value, if none is false. Unevaluable: one that can't be known
        decides.
    """
    faults: list[str] = []
    unknown: list[str] = []
    for condition in policy.conditions:
        try:
            if _value(condition, policy, values, request) is False:
                return False
        except CelError as error:
            faults.append(str(error))
        except Unevaluable as error:
            unknown.append(str(error))
    if unknown:
        raise Unevaluable(unknown[0])
    if faults:
        raise CelError(faults[0] if len(faults) == 1 else f"[{', '.join(faults)}]")
    return True


def _value(expression: Expression, policy: Policy, values: Activation, request: Request) -> Json:
    if expression.program is None:
        raise Unevaluable(expression.unknown)
    if expression.reads_namespace and not request.is_namespace_known and request.target.namespace:
        name = request.target.namespace
        raise Unevaluable(f"reads namespaceObject, and only a cluster knows the namespace {name}")
    try:
        return expression.program.evaluate(values)
    except CelError as error:
        if (reason := _set_in_cluster(str(error), request.target)) is not None:
            raise Unevaluable(reason) from None
        cause = _in_variable(expression, policy, values) or str(error)
        raise CelError(f"expression '{expression.text}' resulted in error: {cause}") from None


_SET_BY_CLUSTERS = frozenset(
    {
        "clusterIP",
        "clusterIPs",
        "creationTimestamp",
        "generation",
        "ipFamilies",
        "ipFamilyPolicy",
        "managedFields",
        "nodeName",
        "nodePort",
        "preemptionPolicy",
        "priority",
        "resourceVersion",
        "status",
        "tolerations",
        "uid",
    }
)
"""Fields that the API server and its admission plug-ins set before policies see the object."""


def _set_in_cluster(error: str, target: Target) -> str | None:
    """Why a field that is missing here may be there in a cluster; None for any other error."""
    _, told, key = error.rpartition("no such key: ")
    if not told:
        return None
    if key in _SET_BY_CLUSTERS:
        return f"reads {key}, which only a cluster sets"
    if not is_built_in(target.group):
        return f"reads {key} of {target.kind}, which the definition may give a default"
    return None


def _in_variable(expression: Expression, policy: Policy, values: Activation) -> str | None:
    """The variable whose expression has no value, as the API server names it; None if none is to blame."""
    for name in expression.variables:
        variable = policy.variables[name]
        if variable.program is not None and not variable.variables:
            try:
                variable.program.evaluate(values)
            except CelError as error:
                return f'composited variable "{name}" fails to evaluate: {error}'
            except Unevaluable:
                continue
    return None


def _message(validation: Validation, policy: Policy, values: Activation, request: Request) -> str:
    """The API server's message: that of the messageExpression, else the message, else the expression."""
    if validation.message_expression is not None:
        try:
            found = _value(validation.message_expression, policy, values, request)
        except (CelError, Unevaluable):
            found = None
        if isinstance(found, str) and "\n" not in (text := found.strip()) and len(text.encode()) <= _LONGEST_MESSAGE:
            return text or _plain_message(validation)
    return _plain_message(validation)


def _plain_message(validation: Validation) -> str:
    return validation.message or f"failed expression: {validation.check.text}"
