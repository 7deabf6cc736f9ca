"""A chart's report as JSON and back, for what is remembered between runs. Reading it builds these records only."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Iterable
from typing import Any

from helm_constitution.core import fixes
from helm_constitution.core import model as core
from helm_constitution.core.model import Status
from helm_constitution.report import model as report
from helm_constitution.report.model import BranchCoverage, FileCoverage, FunctionCoverage

_RECORDS: dict[str, type[tuple[Any, ...]]] = {
    kind.__name__: kind
    for kind in (
        core.Location,
        core.RelatedLocation,
        core.ObjectRef,
        core.RulePin,
        core.Statement,
        core.Waived,
        core.Debt,
        core.Group,
        fixes.Edit,
        fixes.Fix,
        core.Finding,
        core.Trouble,
        report.ScenarioReport,
        report.InputReport,
        report.ConstitutionReport,
        report.NotUnderstoodReport,
        report.StatementReport,
        report.PrincipleReport,
        report.RuleReport,
        report.StaleWaiver,
        report.ChangeReport,
        report.BaselineReport,
        report.ChartReport,
        BranchCoverage,
        FunctionCoverage,
        FileCoverage,
    )
}
_ENUMS: dict[str, type[enum.Enum]] = {
    kind.__name__: kind
    for kind in (fixes.Applicability, core.Severity, core.Obligation, core.Verdict, core.Base, core.Precision, Status)
}

_PLAIN = frozenset({type(None), bool, int, float, str})
_TUPLES: dict[type, str] = {tuple: "tuple", **{kind: name for name, kind in _RECORDS.items()}}


def encode(value: object) -> object:
    """A value as JSON has it; whatever JSON lacks becomes an object with one key, the kind.

    Raises:
        TypeError: no report holds a value of this type.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if (name := _TUPLES.get(kind)) is not None and isinstance(value, tuple):
        return {name: _encoded(value)}
    if isinstance(value, enum.Enum) and _ENUMS.get(kind.__name__) is kind:
        return {kind.__name__: value.value}
    if kind is list and isinstance(value, list):
        return _encoded(value)
    if kind is dict and isinstance(value, dict):
        return {"dict": [[encode(key), encode(item)] for key, item in value.items()]}
    raise TypeError(f"a report can't hold {kind.__name__}")


def _encoded(items: Iterable[object]) -> list[object]:
    # Most of a report's thousands of values are plain: no call for those.
    return [item if type(item) in _PLAIN else encode(item) for item in items]


def decode(text: str) -> Any:
    """The value whose encoding this JSON text is.

    Raises:
        ValueError, TypeError, KeyError: the text was not made of what :func:`encode` of this version gives.
    """
    # From inside out, by the parser itself: a report has thousands of records.
    return json.loads(text, object_pairs_hook=_value)


def _value(pairs: list[tuple[str, Any]]) -> Any:
    ((name, content),) = pairs
    return _MAKERS[name](content)


_MAKERS: dict[str, Callable[[Any], Any]] = {
    "tuple": tuple,
    "dict": dict,
    **{name: {member.value: member for member in kind}.__getitem__ for name, kind in _ENUMS.items()},
    **{name: getattr(kind, "_make") for name, kind in _RECORDS.items()},  # noqa: B009 - a NamedTuple's, untyped here
}
"""What makes a value of the content of its kind."""
