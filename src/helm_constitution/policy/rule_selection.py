"""Which rules a constitution demands, how strongly, and with which parameters."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from helm_constitution.core.errors import ConstitutionFileError
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Obligation, Principle, RulePin, RuleSetting, Severity, Statement
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.policy.pins import Found, pin_faults, pin_text, pinned_parameters
from helm_constitution.policy.said import said_parameters

if TYPE_CHECKING:
    from helm_constitution.lint.rule import Rule, RuleModule
    from helm_constitution.policy.constitution import Constitution

_BETWEEN_NAMES = LazyPattern(r",\s*(?:and\s+)?|\s+and\s+|\s+")

StatementId = tuple[str, int, str]
"""Principle key, line and text of a statement."""


class RuleSelection(NamedTuple):
    """The rules to run, and the rules behind each statement (also those that are ignored).

    ``open_parts`` holds for each statement that its rules check in part what they leave open: all its own words where
    only what leads its list has rules; ``opposed`` for each
    without a rule those that demand the opposite.
    """

    rules: Mapping[Rule, RuleSetting]
    by_statement: Mapping[StatementId, tuple[Rule, ...]]
    open_parts: Mapping[StatementId, tuple[str, ...]] = MappingProxyType({})
    opposed: Mapping[StatementId, tuple[Rule, ...]] = MappingProxyType({})

    def of(self, principle: Principle, statement: Statement) -> tuple[Rule, ...]:
        """The rules that enforce a statement; none where no rule does."""
        return self.by_statement.get(statement_id(principle, statement), ())

    def left_open(self, principle: Principle, statement: Statement) -> tuple[str, ...]:
        """The parts of a statement that its rules don't check; none where they check all of it, or there are none."""
        return self.open_parts.get(statement_id(principle, statement), ())

    def opposite(self, principle: Principle, statement: Statement) -> tuple[Rule, ...]:
        """The rules that demand the opposite of a statement that no rule enforces."""
        return self.opposed.get(statement_id(principle, statement), ())


def statement_id(principle: Principle, statement: Statement) -> StatementId:
    """What distinguishes a statement from all others of its document."""
    return principle.key, statement.line, statement.text


class _Gathered:
    """What the statements ask of one rule."""

    def __init__(self) -> None:
        self.obligation = Obligation.MAY
        self.statements: dict[tuple[str, int], None] = {}
        self.parameters: dict[str, tuple[Obligation, int | str]] = {}

    def add(self, rule: Rule, place: tuple[str, int], asked: Obligation, values: Mapping[str, int | str]) -> None:
        """The strongest statement gives obligation and parameters, the first among equals; lists of names add up."""
        self.obligation = max(self.obligation, asked)
        self.statements[place] = None
        for name, value in values.items():
            strength, known = self.parameters.get(name, (asked, value))
            if strength < asked:
                known = value
            elif strength == asked and rule.parameters[name].adds_up:
                new = [one for one in _names(value) if one not in _names(known)]
                known = ", ".join((str(known), *new))
            self.parameters[name] = max(strength, asked), known

    def unheard(self, rule: Rule, values: Mapping[str, int | str]) -> Iterator[str]:
        """What a statement wants and another one has set otherwise: a rule runs once."""
        for name, value in values.items():
            used = self.parameters[name][1]
            adds_up = rule.parameters[name].adds_up
            if set(_names(value)).difference(_names(used)) if adds_up else used != value:
                yield f"{name} {value} ({rule.id} checks {used})"


def _unheard(
    statements: Sequence[tuple[Principle, Statement]], links: Sequence[Found], gathered: Mapping[Rule, _Gathered]
) -> Iterator[tuple[StatementId, list[str]]]:
    """The statements that want what another one has set otherwise."""
    for (principle, statement), found in zip(statements, links, strict=True):
        if parts := [part for rule, (_, values) in found.items() for part in gathered[rule].unheard(rule, values)]:
            yield statement_id(principle, statement), parts


def _names(value: int | str) -> list[str]:
    """The names of a list as people write one."""
    return [name for name in _BETWEEN_NAMES.split(str(value)) if name]


def match(
    constitution: Constitution,
    modules: Sequence[RuleModule],
    *,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    severities: Mapping[str, Severity] | None = None,
    parameters: Mapping[str, Mapping[str, int | str]] | None = None,
) -> RuleSelection:
    """Finds the rules behind each statement, and from them what to run.

    A pinned statement has the rules of its pins, any other those whose ``enforces`` patterns match it in its polarity,
    and those whose ``umbrella`` matches its other words, at the weaker of its obligation and the rule's default. An
    umbrella runs no rule that is off by default; what is forbidden, or only a purpose ("for security"), is none.

    Args:
        constitution: the document.
        modules: the rules that there are.
        select: ids of rules to run besides.
        ignore: ids of rules not to run, whoever demands them.
        severities: what overrides the severity of rules that run.
        parameters: what overrides the parameters that statements set.

    Raises:
        ConstitutionFileError: for a pin of an unknown rule or parameter, and where no statement has a rule.
    """
    statements = list(constitution.statements)
    for line, message in pin_faults((statement for _, statement in statements), modules):
        raise ConstitutionFileError(message, file=constitution.shown, line=line)
    links, all_parts, opposites = _links(constitution, tuple(modules))
    if not any(links):
        raise ConstitutionFileError(_nothing(len(statements)), file=constitution.shown)
    gathered: dict[Rule, _Gathered] = {}
    by_statement: dict[StatementId, tuple[Rule, ...]] = {}
    open_parts: dict[StatementId, tuple[str, ...]] = {}
    opposed: dict[StatementId, tuple[Rule, ...]] = {}
    for (principle, statement), found, rest, opposite in zip(statements, links, all_parts, opposites, strict=True):
        for rule, (obligation, values) in found.items():
            gathered.setdefault(rule, _Gathered()).add(rule, (principle.key, statement.line), obligation, values)
        key = statement_id(principle, statement)
        if rest:
            open_parts[key] = rest
        if opposite:
            opposed[key] = opposite
        by_statement[key] = tuple(dict.fromkeys((*by_statement.get(key, ()), *found)))
    for key, unheard in _unheard(statements, links, gathered):
        open_parts[key] = tuple(dict.fromkeys((*open_parts.get(key, ()), *unheard)))
    demands: dict[Rule, RuleSetting] = {}
    for rule in (rule for module in modules for rule in module.rules if rule.id not in ignore):
        asked = gathered.get(rule)
        severity = _severity(rule, asked, select)
        if severity is None:
            continue
        bound = {name: parameter.default for name, parameter in rule.parameters.items()}
        if asked is not None:
            bound.update((name, value) for name, (_, value) in asked.parameters.items())
        bound.update((parameters or {}).get(rule.id, {}))
        severity = (severities or {}).get(rule.id, severity)
        demands[rule] = RuleSetting(severity, tuple(asked.statements) if asked is not None else (), bound)
    return RuleSelection(demands, by_statement, open_parts, opposed)


def pins(constitution: Constitution, modules: Sequence[RuleModule]) -> tuple[tuple[str, ...], ...]:
    """For each statement, in order, its rules as a pin names them: with ``(default)`` where they weigh less than it
    says, because it is a wide one, and with the parameters that its words set."""
    return tuple(
        tuple(
            pin_text(rule, by_default=weight < statement.obligation, parameters=values)
            for rule, (weight, values) in found.items()
        )
        for (_, statement), found in zip(
            constitution.statements, _links(constitution, tuple(modules)).rules, strict=True
        )
    )


def _severity(rule: Rule, asked: _Gathered | None, select: Collection[str]) -> Severity | None:
    """What a rule's findings weigh; None where it doesn't run."""
    if rule.always:
        return Severity.ERROR
    if asked is not None:
        return asked.obligation.severity
    if rule.id in select:
        return rule.default.severity if isinstance(rule.default, Obligation) else Severity.WARNING
    return None


def unmatched(constitution: Constitution, modules: Sequence[RuleModule]) -> str | None:
    """What to say where no statement has a rule; None where one has."""
    return None if any(_links(constitution, tuple(modules))[0]) else _nothing(len(list(constitution.statements)))


def _nothing(count: int) -> str:
    what = "its one statement" if count == 1 else f"any of its {count} statements"
    return (
        f"no rule enforces {what}; is it a constitution for Helm charts? `<!-- rules: ID -->` after a statement names "
        "its rules"
    )


class _Links(NamedTuple):
    """For each statement, by number: its rules, what they leave open, and the rules that demand the opposite."""

    rules: tuple[Found, ...]
    open_parts: tuple[tuple[str, ...], ...]
    opposed: tuple[tuple[Rule, ...], ...]


@lru_cache(maxsize=8)
def _links(constitution: Constitution, modules: tuple[RuleModule, ...]) -> _Links:
    """The rules of each statement in the modules' order, each with the obligation and parameters it gets from it."""
    titles = [principle.title for principle, _ in constitution.statements]
    statements = [statement for _, statement in constitution.statements]
    links: tuple[Found, ...] = tuple({} for _ in statements)
    by_id = {rule.id: rule for module in modules for rule in module.rules}
    for found, statement in zip(links, statements, strict=True):
        for pin in statement.pins:
            if pin.rule in by_id:
                found[by_id[pin.rule]] = _pinned(by_id[pin.rule], pin, statement)
    order = {rule: place for place, rule in enumerate(by_id.values())}
    open_parts: Mapping[int, tuple[str, ...]] = {}
    opposed: Mapping[int, tuple[Rule, ...]] = {}
    if not all(statement.pinned for statement in statements):
        from helm_constitution.policy.word_links import add_links

        open_parts, opposed = add_links(links, titles, statements, modules)
    links = tuple(dict(sorted(found.items(), key=lambda item: order[item[0]])) for found in links)
    numbers = range(len(statements))
    parts = tuple(open_parts.get(number, ()) for number in numbers)
    return _Links(links, parts, tuple(opposed.get(number, ()) for number in numbers))


def _pinned(rule: Rule, pin: RulePin, statement: Statement) -> tuple[Obligation, dict[str, int | str]]:
    """The weight and the parameters that a pinned rule gets."""
    weight = statement.obligation
    if pin.by_default and isinstance(rule.default, Obligation):
        weight = min(rule.default, weight)
    return weight, {**said_parameters(rule, statement), **pinned_parameters(rule, pin)}
