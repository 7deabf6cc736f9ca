"""A chart's report as JSON and back, for what is remembered between runs. Reading it builds these records only."""

from __future__ import annotations

import enum
from typing import Any

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
    kind.__name__: kind for kind in (core.Severity, core.Obligation, core.Verdict, core.Base, core.Precision, Status)
}


def encode(value: object) -> object:
    """A value as JSON has it; whatever JSON lacks becomes an object with one key, the kind.

    Raises:
        TypeError: no report holds a value of this type.
    """
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if isinstance(value, enum.Enum) and _ENUMS.get(kind.__name__) is kind:
        return {kind.__name__: value.value}
    if isinstance(value, tuple) and (kind is tuple or _RECORDS.get(kind.__name__) is kind):
        return {kind.__name__: [encode(item) for item in value]}
    if kind is list and isinstance(value, list):
        return [encode(item) for item in value]
    if kind is dict and isinstance(value, dict):
        return {"dict": [[encode(key), encode(item)] for key, item in value.items()]}
    raise TypeError(f"a report can't hold {kind.__name__}")


def decode(data: Any) -> Any:
    """The value that was encoded.

    Raises:
        ValueError, TypeError, KeyError: the data was not made by :func:`encode` of this version.
    """
    if isinstance(data, list):
        return [decode(item) for item in data]
    if not isinstance(data, dict):
        return data
    ((name, content),) = data.items()
    if name in _ENUMS:
        return _ENUMS[name](content)
    if name == "tuple":
        return tuple(decode(item) for item in content)
    if name == "dict":
        return {decode(key): decode(item) for key, item in content}
    return _RECORDS[name](*(decode(item) for item in content))
