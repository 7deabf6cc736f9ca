"""Makes one finding of those that one edit fixes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from helm_constitution.check.verdict import finding_order
from helm_constitution.core.model import Finding, Group, ObjectRef, Severity

_T = TypeVar("_T")

_ITEMS = 8
"""So many items of a group are named in its message."""


def grouped(findings: Iterable[Finding]) -> list[Finding]:
    """The findings in the order of reports, those of one group as one; what is waived or debt stays apart."""
    together: dict[object, list[Finding]] = {}
    for number, finding in enumerate(sorted(findings, key=finding_order)):
        together.setdefault(number if finding.group is None else _key(finding, finding.group), []).append(finding)
    return sorted((_one(those) for those in together.values()), key=finding_order)


def _key(finding: Finding, group: Group) -> object:
    thing = finding.object if group.by_object else None
    place = (thing.kind, thing.namespace, thing.name, thing.container) if thing is not None else None
    return group.key, place, finding.waived, finding.debt


def _one(parts: Sequence[Finding]) -> Finding:
    # What adds nothing is the thing itself, of which the others tell a part.
    parts = sorted(parts, key=lambda part: (-part.severity, part.group is not None and part.group.item != ""))
    first = parts[0]
    if first.group is None or len(parts) == 1:
        return first
    scenarios = () if any(not part.scenarios for part in parts) else _each(part.scenarios for part in parts)
    # Beside what has to be done, what may be done isn't named.
    named = [part for part in parts if part.severity is not Severity.NOTE] or parts
    items = _items(named)
    is_several = len(items) > 1 or any(part.group is not None and not part.group.item for part in parts)
    return first._replace(
        message=_message(first.group, items) if items and is_several else first.message,
        statements=_each(part.statements for part in parts),
        object=_object(parts),
        scenarios=scenarios,
        group=first.group._replace(paste=_merged(part.paste for part in named), item=""),
        members=tuple(parts),
    )


def _items(parts: Iterable[Finding]) -> list[str]:
    """What parts add, each once."""
    return list(dict.fromkeys(part.group.item for part in parts if part.group is not None and part.group.item))


def _object(parts: Sequence[Finding]) -> ObjectRef | None:
    """The object, and the field, that all parts are about."""
    things = {part.object for part in parts}
    if len(things) > 1:
        things = {thing and thing._replace(field=None) for thing in things}
    return things.pop() if len(things) == 1 else None


def _message(group: Group, items: Sequence[str]) -> str:
    """What is wrong with all of the items, the first of them by name."""
    more = f" and {len(items) - _ITEMS} more" if len(items) > _ITEMS + 1 else ""
    listed = ", ".join(items[:_ITEMS] if more else items) + more
    return group.message.replace("{count}", str(len(items))).replace("{items}", listed)


def _each(several: Iterable[Iterable[_T]]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(one for those in several for one in those))


def _merged(pieces: Iterable[Mapping[str, object] | None]) -> Mapping[str, object] | None:
    """The pieces of YAML as one: maps are merged, the first of several values stays."""
    merged: dict[str, object] = {}
    for piece in pieces:
        for key, value in (piece or {}).items():
            known = merged.setdefault(key, value)
            if isinstance(known, Mapping) and isinstance(value, Mapping):
                merged[key] = _merged((known, value))
    return merged or None
