"""Reads files of policies: ValidatingAdmissionPolicy, its bindings and parameters, and Kyverno's variant."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from helm_constitution.admission import POLICIES
from helm_constitution.admission.policies import (
    Binding,
    Expression,
    MatchResources,
    ParameterReference,
    Policy,
    PolicySet,
    ResourceRule,
    Unread,
    Validation,
)
from helm_constitution.cel.expressions import composed, names, variables_in
from helm_constitution.cel.programs import CelSyntaxError, Unevaluable, compiled
from helm_constitution.core.errors import ConfigurationError, YamlSyntaxError
from helm_constitution.core.model import Severity
from helm_constitution.kubernetes.schema_faults import schema_faults
from helm_constitution.kubernetes.schemas import bundled, kubernetes_versions
from helm_constitution.kubernetes.selectors import LabelSelector
from helm_constitution.text.yaml import load_documents
from helm_constitution.text.yaml_document import View
from helm_constitution.text.yaml_scalars import Json

MOST_BYTES = 4 * 1024 * 1024
_GROUP = "admissionregistration.k8s.io"
_KYVERNO = "policies.kyverno.io"
_POLICY, _BINDING = "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"
_SEVERITIES = {"Deny": Severity.ERROR, "Warn": Severity.WARNING, "Audit": Severity.NOTE}
_OTHER_GROUPS = (
    "kyverno.io",
    _KYVERNO,
    "templates.gatekeeper.sh",
    "constraints.gatekeeper.sh",
    "policies.kubewarden.io",
)
_ONLY_IN_A_CLUSTER = ("authorizer", "request.userInfo", "request.options", "request.uid")
_DESCRIPTIONS = ("description", "kubernetes.io/description", "policies.kyverno.io/description")


def read_policies(places: Sequence[Path]) -> PolicySet:
    """The policies of files and folders, with their bindings.

    Raises:
        ConfigurationError: there is none, or one can't be used; with file and line.
    """
    views = [view for place in places for file in files_of(place) for view in _objects(file)]
    bindings: dict[str, list[Binding]] = {}
    for view in views:
        if _is(view, _GROUP, _BINDING):
            _require_schema(view)
            bindings.setdefault(view.get("spec", "policyName").string() or "", []).append(_binding(view))
    policies: dict[str, Policy] = {}
    unread: list[Unread] = []
    others: list[Mapping[str, Json]] = []
    for view in views:
        if _is(view, _GROUP, _POLICY) or _is(view, _KYVERNO, "ValidatingPolicy"):
            _require_schema(view)
            policy = _policy(view, bindings)
            if policy.name in policies:
                raise _fault(f"the policy {policy.name} is also in {policies[policy.name].file}; name it once", view)
            policies[policy.name] = policy
        elif _is_other_policy(view):
            name = view.get("metadata", "name")
            kind = view.get("kind").string() or ""
            unread.append(Unread(name.string() or "", kind, view.document.file, _line(name)))
        elif isinstance(view.data, dict):
            others.append(view.data)
    if not policies and not unread:
        raise ConfigurationError(f"no policy here: no {_POLICY}", file=", ".join(str(place) for place in places))
    for unbound in bindings.keys() - policies.keys():
        place = next(view for view in views if view.get("spec", "policyName").string() == unbound)
        raise _fault(f"binds the policy {unbound!r}, which is not in the given files", place.get("spec", "policyName"))
    return PolicySet(tuple(policies.values()), tuple(others), tuple(unread))


def files_of(place: Path) -> Iterator[Path]:
    """A file, or the files of a folder that may hold policies, in the order of their names.

    Raises:
        ConfigurationError: there is neither.
    """
    if place.is_file():
        yield place
        return
    if not place.is_dir():
        raise ConfigurationError("no such file or folder of policies", file=str(place))
    for folder, folders, files in os.walk(place):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(POLICIES) and not name.startswith("."):
                yield Path(folder, name)


def _objects(file: Path) -> Iterator[View]:
    try:
        if not file.is_file():
            raise ConfigurationError("must be a regular file, not a device, a pipe or a socket", file=str(file))
        if file.stat().st_size > MOST_BYTES:
            raise ConfigurationError(f"larger than {MOST_BYTES // 1024 // 1024} MiB", file=str(file))
        documents = load_documents(file.read_bytes().decode("utf-8-sig"), str(file))
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"not UTF-8 at byte {error.start}; save it as UTF-8", file=str(file)) from None
    except OSError as error:
        raise ConfigurationError(f"can't be read: {error.strerror}", file=str(file)) from None
    except YamlSyntaxError as error:
        raise ConfigurationError(error.message, file=str(file), line=error.line) from None
    for document in documents:
        if document.duplicates:
            twice = document.duplicates[0]
            raise ConfigurationError(f"{twice.path[-1]} is set twice", file=str(file), line=twice.second.line)
        view = document.view
        is_list = (view.get("kind").string() or "").endswith("List") and view.get("items").is_list
        yield from (part for part in (view.get("items").items() if is_list else (view,)) if part.is_map)


def _is(view: View, group: str, kind: str) -> bool:
    api_version = view.get("apiVersion").string() or ""
    return view.get("kind").string() == kind and api_version.rpartition("/")[0] == group


def _is_other_policy(view: View) -> bool:
    group = (view.get("apiVersion").string() or "").rpartition("/")[0]
    return group in _OTHER_GROUPS or _is(view, _GROUP, "MutatingAdmissionPolicy")


def _require_schema(view: View) -> None:
    """Validates an object against its schema, as the API server would."""
    api_version, kind = view.get("apiVersion").string() or "", view.get("kind").string() or ""
    schemas = (bundled(api_version, kind, minor) for minor in reversed(kubernetes_versions()))
    schema = next((found for found in schemas if found is not None), None)
    if not view.get("metadata", "name").string():
        raise _fault(f"the {kind} has no metadata.name", view)
    fault = next(schema_faults(view.data, schema), None) if schema is not None else None
    if fault is not None:
        raise _fault(f"{fault.problem}; {fault.fix}", view.get(*fault.path))


def _fault(message: str, view: View) -> ConfigurationError:
    return ConfigurationError(message, file=view.document.file, line=_line(view))


def _line(view: View) -> int:
    spans = (view.document.key_span(view.path[:length]) for length in range(len(view.path), -1, -1))
    return next((span.line for span in spans if span is not None), 1)


def _policy(view: View, bindings: Mapping[str, Sequence[Binding]]) -> Policy:
    spec, name = view.get("spec"), view.get("metadata", "name").string() or ""
    variables: dict[str, Expression] = {}
    kind = view.get("kind").string() or ""
    for part in spec.get("variables").items():
        # Each one is compiled by itself, so that an error names its place.
        variables[part.get("name").string() or ""] = _expression(part.get("expression"), variables, None, kind, spec)
    conditions = tuple(
        _expression(part.get("expression"), variables, "BOOL", kind, spec)
        for part in spec.get("matchConditions").items()
    )
    validations = tuple(
        Validation(
            _expression(part.get("expression"), variables, "BOOL", kind, spec),
            (part.get("message").string() or "").strip(),
            _expression(part.get("messageExpression"), variables, "STRING", kind, spec)
            if part.get("messageExpression").string()
            else None,
        )
        for part in spec.get("validations").items()
    )
    parameter = spec.get("paramKind")
    annotations = view.get("metadata", "annotations")
    texts = (annotations.get(key).string() for key in _DESCRIPTIONS)
    return Policy(
        name=name,
        kind=kind,
        file=view.document.file,
        line=_line(view.get("metadata", "name")),
        description=" ".join((next((text for text in texts if text), None) or "").split()),
        resources=_resources(spec.get("matchConstraints")),
        conditions=conditions,
        validations=validations,
        variables=variables,
        fails=spec.get("failurePolicy").string() != "Ignore",
        parameter_kind=(
            (parameter.get("apiVersion").string() or "", parameter.get("kind").string() or "") if parameter else None
        ),
        bindings=tuple(bindings.get(name, ())) if kind == _POLICY else (_own_binding(spec, name),),
    )


def _expression(
    view: View, variables: Mapping[str, Expression], wanted: str | None, kind: str, spec: View
) -> Expression:
    """An expression, compiled; if only a cluster can evaluate it, the reason.

    Raises:
        ConfigurationError: it can't be compiled.
    """
    text = (view.string() or "").strip()
    direct = variables_in(text)
    for name in direct:
        if name not in variables:
            raise _fault(f"reads variables.{name}, which is not defined before it", view)
    if names(text, "params") and not spec.get("paramKind").exists:
        raise _fault("reads params, but the policy has no paramKind", view)
    every = {*direct, *(inner for name in direct for inner in variables[name].variables)}
    read = tuple(name for name in variables if name in every)
    whole = [text, *(variables[name].text for name in read)]
    made = Expression(text, variables=read, reads_namespace=any(names(part, "namespaceObject") for part in whole))
    for word in _ONLY_IN_A_CLUSTER:
        if any(names(part, word) for part in whole):
            return made._replace(unknown=f"reads {word}, which only a cluster has")
    try:
        program = compiled(composed(text, {name: variables[name].text for name in read}))
    except Unevaluable as error:
        return made._replace(unknown=f"{_short(text)} can't be evaluated here: {error}")
    except CelSyntaxError as error:
        if kind != _POLICY and "undeclared reference" in str(error):
            return made._replace(unknown=f"{_short(text)} uses what only Kyverno supports: {error}")
        raise _fault(f"the expression can't be compiled: {error}", view) from None
    if wanted is not None and program.type != wanted:
        raise _fault(f"the expression must evaluate to {wanted.lower()} but got {program.type.lower()}", view)
    return made._replace(program=program)


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 60 else f"{words[:59]}…"


def _resources(view: View) -> MatchResources:
    if not view.exists:
        return MatchResources()
    return MatchResources(
        rules=tuple(_resource_rule(part) for part in view.get("resourceRules").items()),
        excluded=tuple(_resource_rule(part) for part in view.get("excludeResourceRules").items()),
        namespaces=_selector(view.get("namespaceSelector")),
        objects=_selector(view.get("objectSelector")),
        is_exact=view.get("matchPolicy").string() == "Exact",
    )


def _selector(view: View) -> LabelSelector | None:
    selector = LabelSelector(view)
    return None if selector.is_empty else selector


def _resource_rule(view: View) -> ResourceRule:
    return ResourceRule(
        groups=_words(view.get("apiGroups")),
        versions=_words(view.get("apiVersions")),
        resources=_words(view.get("resources")),
        operations=_words(view.get("operations")),
        names=_words(view.get("resourceNames")),
        scope=view.get("scope").string() or "*",
    )


def _words(view: View) -> tuple[str, ...]:
    return tuple(word for part in view.items() if (word := part.string()) is not None)


def _severities(view: View) -> tuple[Severity, ...]:
    found = {_SEVERITIES[word] for word in _words(view) if word in _SEVERITIES}
    return tuple(sorted(found, reverse=True)) or (Severity.ERROR,)


def _binding(view: View) -> Binding:
    spec = view.get("spec")
    reference = spec.get("paramRef")
    parameters = None
    if reference.exists:
        parameters = ParameterReference(
            reference.get("name").string() or "",
            reference.get("namespace").string() or "",
            LabelSelector(reference.get("selector")) if reference.get("selector").exists else None,
        )
    return Binding(
        view.get("metadata", "name").string() or "",
        _resources(spec.get("matchResources")),
        _severities(spec.get("validationActions")),
        parameters,
    )


def _own_binding(spec: View, name: str) -> Binding:
    """The counterpart of a binding in Kyverno's variant: its own validationActions."""
    return Binding(name, MatchResources(), _severities(spec.get("validationActions")))
