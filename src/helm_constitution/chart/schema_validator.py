"""Validates values against values.schema.json, which may be anybody's: no reference is loaded from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_NO_SCHEMA = (AttributeError, TypeError, ValueError, ArithmeticError, LookupError, re.error)
"""What jsonschema raises where a ``$ref`` leads to something that is no schema; ``check_schema`` doesn't look there."""


class BrokenSchema(Exception):
    """The part of a schema that a value is judged by is no schema; the text says why."""


class RemoteReference(BrokenSchema):
    """A ``$ref`` leads to another file or address, which is its text."""


class SchemaValidator:
    """A JSON schema, of draft 2020-12 if it doesn't name another.

    Args:
        schema: what values.schema.json contains.
        remote: whether references to elsewhere accept everything.

    Attributes:
        fault: why it isn't a JSON schema at all, and can't judge anything; None if it is one.
    """

    def __init__(self, schema: Any, *, remote: bool = False) -> None:
        import jsonschema
        from referencing import Registry

        self.schema = schema
        self.fault: str | None = None
        self._validator: Any = None
        local = _without_references(schema) if remote else schema
        try:
            kind: Any = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
            kind.check_schema(local)
            self._validator = kind(local, registry=Registry())  # one that retrieves nothing
        except jsonschema.SchemaError as error:
            self.fault = f"{_pointer(error.absolute_path)}: {error.message}"
        # The libraries assume that a schema is a map or a boolean, and "$schema" a string.
        except (AttributeError, TypeError):
            self.fault = "a schema must be a map, and its $schema a string"
        except RecursionError:
            self.fault = "it is nested too deeply"

    def errors(self, values: Json) -> list[ValidationError]:
        """What the schema rejects in values.

        Raises:
            BrokenSchema: it is no schema, or a part of it is none, which only shows where the part is used.
            RemoteReference: a part of it lies elsewhere.
        """
        return self._judged(self._validator, values)

    def accepts(self, part: Any, value: Json) -> bool | None:
        """Whether a part of the schema accepts a value; None if the part is no schema."""
        if self.fault is not None:
            return None
        try:
            return not self._judged(self._validator.evolve(schema=part), value, most=1)
        except BrokenSchema:
            return None

    def _judged(self, validator: Any, value: Json, most: int | None = None) -> list[ValidationError]:
        import json

        from referencing.exceptions import Unresolvable

        if self.fault is not None:
            raise BrokenSchema(self.fault)
        try:
            return list(islice(validator.iter_errors(value), most))
        except RecursionError:
            raise BrokenSchema("it references itself endlessly") from None
        except _NO_SCHEMA:
            raise BrokenSchema("a $ref leads to something that is no schema") from None
        except Unresolvable as unresolvable:
            pointer = f"#{unresolvable.ref.removeprefix('#')}"
            if f'"{pointer}"' in json.dumps(self._validator.schema):
                raise BrokenSchema(f"{pointer} does not exist") from None
            raise RemoteReference(unresolvable.ref) from None


_NAMED = frozenset({"properties", "patternProperties", "definitions", "$defs", "dependentSchemas"})
"""Keywords whose keys are names, not keywords."""
_PLAIN = frozenset({"enum", "const", "default", "examples"})
"""Keywords whose parts are values, not schemas."""


def _without_references(schema: object) -> object:
    """The schema in which references outside the file accept everything.

    Without its own ``$id`` too, which would make ``#/…`` relative to that address.
    """
    if isinstance(schema, list):
        return [_without_references(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str) and not reference.startswith("#"):
        return {}
    made: dict[str, object] = {}
    for key, part in schema.items():
        if key in _NAMED and isinstance(part, dict):
            made[key] = {name: _without_references(inner) for name, inner in part.items()}
        elif key not in ("$id", "id", "$schema"):
            made[key] = part if key in _PLAIN else _without_references(part)
    return made


def _pointer(path: Sequence[object]) -> str:
    return "/" + "/".join(str(step) for step in path)
