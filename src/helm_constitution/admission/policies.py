"""ValidatingAdmissionPolicies as read: what they match, what they demand, and how they are bound."""

from __future__ import annotations

from collections.abc import Mapping

from helm_constitution.cel.programs import Program
from helm_constitution.core.model import Severity
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.records import record
from helm_constitution.kubernetes.selectors import LabelSelector
from helm_constitution.text.yaml_scalars import Json


class Expression(NamedTuple):
    """An expression of a policy. If it can't be evaluated without a cluster, ``program`` is None and ``unknown`` is the
    reason. ``variables`` are those that it reads, with those that these read; ``reads_namespace``: it names
    namespaceObject."""

    text: str
    program: Program | None = None
    unknown: str = ""
    variables: tuple[str, ...] = ()
    reads_namespace: bool = False


class ResourceRule(NamedTuple):
    """A rule of ``resourceRules``: ``*`` stands for everything; without names it matches all. ``scope`` is ``*``,
    ``Cluster`` or ``Namespaced``."""

    groups: tuple[str, ...]
    versions: tuple[str, ...]
    resources: tuple[str, ...]
    operations: tuple[str, ...]
    names: tuple[str, ...]
    scope: str


class MatchResources(NamedTuple):
    """What a policy or a binding matches: without rules it matches everything. ``is_exact``: other versions of a
    resource don't match."""

    rules: tuple[ResourceRule, ...] = ()
    excluded: tuple[ResourceRule, ...] = ()
    namespaces: LabelSelector | None = None
    objects: LabelSelector | None = None
    is_exact: bool = False


class ParameterReference(NamedTuple):
    """Which objects a binding gives its policy as parameters: by name, or by their labels."""

    name: str
    namespace: str
    selector: LabelSelector | None


class Binding(NamedTuple):
    """A binding of a policy. ``severities`` are those of its validationActions, the strongest first."""

    name: str
    resources: MatchResources
    severities: tuple[Severity, ...]
    parameters: ParameterReference | None = None


class Validation(NamedTuple):
    """One requirement of a policy. ``message`` is empty if it has none."""

    check: Expression
    message: str
    message_expression: Expression | None


class Policy(NamedTuple):
    """A policy with its bindings. ``fails``: an expression without a value denies the request (failurePolicy).
    ``variables`` are expressions by name; ``parameter_kind`` is apiVersion and kind."""

    name: str
    kind: str
    file: str
    line: int
    description: str
    resources: MatchResources
    conditions: tuple[Expression, ...]
    validations: tuple[Validation, ...]
    variables: Mapping[str, Expression]
    fails: bool
    parameter_kind: tuple[str, str] | None
    bindings: tuple[Binding, ...]


class Unread(NamedTuple):
    """A policy of an unsupported kind."""

    name: str
    kind: str
    file: str
    line: int


@record
class PolicySet:
    """The contents of policy files: policies, other objects (parameters, namespaces), unsupported policies."""

    policies: tuple[Policy, ...]
    objects: tuple[Mapping[str, Json], ...]
    unread: tuple[Unread, ...]
