"""The rules in CEL that the schemas of a CustomResourceDefinition contain, ``x-kubernetes-validations``.

Source: Kubernetes documentation, "Validation rules" of custom resource definitions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.kubernetes.schema_faults import SchemaFault
from helm_constitution.text.yaml_document import Path
from helm_constitution.text.yaml_scalars import Json

_NAMES = ("self", "oldSelf")
_KEY = "x-kubernetes-validations"
_RESULTS: Mapping[str, tuple[str, str]] = {"rule": ("BOOL", "true or false"), "messageExpression": ("STRING", "a text")}
_DEEPEST = 100


class NotCompiled(NamedTuple):
    """An expression that can't be compiled here, and why; the API server may accept it."""

    path: Path
    """Its place, from the definition's top."""
    reason: str
    """Why."""


def validation_faults(definition: Json) -> Iterator[SchemaFault | NotCompiled]:
    """What is wrong with the expressions of a definition: their syntax, their names and functions, their results.

    The types of the fields that they read are not compared with the schema.
    """
    spec = definition.get("spec") if isinstance(definition, dict) else None
    versions = spec.get("versions") if isinstance(spec, dict) else None
    for index, version in enumerate(versions if isinstance(versions, list) else []):
        schema = version.get("schema") if isinstance(version, dict) else None
        top = schema.get("openAPIV3Schema") if isinstance(schema, dict) else None
        if isinstance(top, dict):
            yield from _faults(top, ("spec", "versions", index, "schema", "openAPIV3Schema"))


def _faults(schema: Mapping[str, Any], path: Path) -> Iterator[SchemaFault | NotCompiled]:
    if len(path) > _DEEPEST:
        return
    rules = schema.get(_KEY)
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        for key in _RESULTS:
            text = rule.get(key) if isinstance(rule, dict) else None
            if isinstance(text, str):
                yield from _expression_faults(text, key, (*path, _KEY, index, key))
    properties = schema.get("properties")
    for name, part in properties.items() if isinstance(properties, dict) else ():
        if isinstance(part, dict):
            yield from _faults(part, (*path, "properties", name))
    for key in ("items", "additionalProperties"):
        if isinstance(part := schema.get(key), dict):
            yield from _faults(part, (*path, key))


def _expression_faults(text: str, key: str, path: Path) -> Iterator[SchemaFault | NotCompiled]:
    from helm_constitution.cel.expressions import composed
    from helm_constitution.cel.programs import CelSyntaxError, Unevaluable, compiled

    kind, shown = _RESULTS[key]
    try:
        program = compiled(composed(text, {}), _NAMES)
    except CelSyntaxError as error:
        yield SchemaFault(path, f"the expression of {key} is not valid: {error}", "correct it")
    except (Unevaluable, ConfigurationError) as error:
        yield NotCompiled(path, str(error))
    else:
        if program.type not in (kind, "DYN"):
            yield SchemaFault(path, f"the expression of {key} must give {shown}, not {program.type}", "correct it")
