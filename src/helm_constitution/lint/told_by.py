"""One finding per fault: a violation that another rule reports at the same place becomes part of its finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from helm_constitution.lint.rule import Rule, Violation
from helm_constitution.lint.run import Also, RuleRun
from helm_constitution.text.place import TextPlace
from helm_constitution.text.yaml_document import View

_Key: TypeAlias = tuple[object, ...]
_Telling: TypeAlias = tuple[str, int]
"""A violation that is reported: its rule's id, and its number in the run."""


def each_once(runs: Sequence[RuleRun]) -> tuple[RuleRun, ...]:
    """The runs without the violations that other rules report at the same place, as rules declare it by ``told_by``.

    Two violations are the same fault if both are at one field or one line, or contain the same secrets. The removed one
    is recorded at the reported one (``also``), with the statements that it breaks. The order of the runs doesn't
    matter; if a rule doesn't run, the other one's violations are reported.
    """
    by_rule = {run.rule.id: run for run in runs}
    told: dict[str, dict[_Key, _Telling]] = {}
    also: dict[_Telling, list[Also]] = {}
    kept: dict[str, list[int]] = {}
    for run in _tellers_first(runs):
        own = told[run.rule.id] = {}
        kept[run.rule.id] = []
        known: dict[_Key, _Telling] = {}
        for teller in run.rule.told_by:
            for key, telling in told.get(teller, {}).items():
                known.setdefault(key, telling)
        for number, (violation, _) in enumerate(run.violations):
            keys = list(_keys(violation))
            teller_of = next((known[key] for key in keys if key in known), None)
            if teller_of is not None and all(key in known for key in keys if key[0] == "secret"):
                also.setdefault(teller_of, []).append(Also(run.setting, violation))
                continue
            kept[run.rule.id].append(number)
            for key in keys:
                own.setdefault(key, (run.rule.id, number))
    return tuple(_without(by_rule[run.rule.id], kept[run.rule.id], also) for run in runs)


def _without(run: RuleRun, kept: Sequence[int], also: Mapping[_Telling, Sequence[Also]]) -> RuleRun:
    noted = {
        place: tuple(also[run.rule.id, number]) for place, number in enumerate(kept) if (run.rule.id, number) in also
    }
    return run._replace(violations=tuple(run.violations[number] for number in kept), also=noted)


def _tellers_first(runs: Iterable[RuleRun]) -> list[RuleRun]:
    """The runs, each after those of the rules in its ``told_by``."""
    by_id = {run.rule.id: run for run in runs}
    found: dict[str, RuleRun] = {}

    def add(rule: Rule, below: frozenset[str]) -> None:
        for teller in rule.told_by:
            if teller in by_id and teller not in found and teller not in below:
                add(by_id[teller].rule, below | {rule.id})
        found.setdefault(rule.id, by_id[rule.id])

    for run in runs:
        add(run.rule, frozenset())
    return list(found.values())


def _keys(violation: Violation) -> Iterator[_Key]:
    """The keys that are equal for the same fault: the secrets, or else the place."""
    at = violation.at
    if violation.secrets:
        yield from (("secret", secret.strip()) for secret in violation.secrets)
    elif isinstance(at, View):
        yield ("field", at.document.alike, at.path)
    elif isinstance(at, TextPlace) and at.span is not None:
        yield ("line", at.base, at.file, at.span.line)
