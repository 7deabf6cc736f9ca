"""Which rules a constitution demands, how strongly, and with which parameters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from helm_constitution.core.errors import ConstitutionFileError
from helm_constitution.core.model import Obligation, Principle, RulePin, RuleSetting, Severity, Statement
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.lint.rule import Matcher
from helm_constitution.policy.coverage_of_words import Span, left_open
from helm_constitution.policy.pins import pin_faults, pin_text, pinned_parameters
from helm_constitution.policy.search import Search, Source, is_purpose, own_start, text_of

if TYPE_CHECKING:
    from helm_constitution.lint.rule import Rule, RuleModule
    from helm_constitution.policy.constitution import Constitution

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
    statements: Sequence[tuple[Principle, Statement]], links: Sequence[_Found], gathered: Mapping[Rule, _Gathered]
) -> Iterator[tuple[StatementId, list[str]]]:
    """The statements that want what another one has set otherwise."""
    for (principle, statement), found in zip(statements, links, strict=True):
        if parts := [part for rule, (_, values) in found.items() for part in gathered[rule].unheard(rule, values)]:
            yield statement_id(principle, statement), parts


def _names(value: int | str) -> list[str]:
    """The names of a list as people write one."""
    return [name for name in re.split(r",\s*(?:and\s+)?|\s+and\s+|\s+", str(value)) if name]


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


_Found = dict["Rule", tuple[Obligation, dict[str, int | str]]]
"""The rules of one statement."""


class _Links(NamedTuple):
    """For each statement, by number: its rules, what they leave open, and the rules that demand the opposite."""

    rules: tuple[_Found, ...]
    open_parts: tuple[tuple[str, ...], ...]
    opposed: tuple[tuple[Rule, ...], ...]


@lru_cache(maxsize=8)
def _links(constitution: Constitution, modules: tuple[RuleModule, ...]) -> _Links:
    """The rules of each statement in the modules' order, each with the obligation and parameters it gets from it.

    A statement's own words decide. The words that led to it count where no rule is found by its own; as an umbrella
    they count where none of the statements that they lead has a rule of its own.
    """
    titles = [principle.title for principle, _ in constitution.statements]
    statements = [statement for _, statement in constitution.statements]
    links: tuple[_Found, ...] = tuple({} for _ in statements)
    by_id = {rule.id: rule for module in modules for rule in module.rules}
    for found, statement in zip(links, statements, strict=True):
        for pin in statement.pins:
            if pin.rule in by_id:
                found[by_id[pin.rule]] = _pinned(by_id[pin.rule], pin, statement)
    search = Search(statements)
    spans: dict[int, list[Span]] = {}
    led: list[_Led] = []
    wide: list[_Wide] = []
    opposed: dict[int, list[Rule]] = {}
    for module in modules if search.free else ():
        for rule in module.rules:
            for matcher in rule.enforces:
                for number, match_, source in search(matcher, module.key):
                    asked = statements[number].obligation
                    if source is Source.OWN:
                        spans.setdefault(number, []).append(_span(match_, search.texts[number]))
                        values = _parameters(rule, match_)
                        links[number][rule] = asked, {**values, **links[number].get(rule, (asked, {}))[1]}
                    elif source is Source.LABEL:
                        led.append(_Led(number, rule, asked, _parameters(rule, match_), source))
                    elif isinstance(rule.default, Obligation):
                        led.append(_Led(number, rule, min(asked, rule.default), _parameters(rule, match_), source))
                if not matcher.forbids:
                    for number in search.opposed(matcher):
                        opposed.setdefault(number, []).append(rule)
            wide += _wide(rule, module.key, search, titles)
    # Words that say precisely what they demand are no umbrella: "requests and limits" asks for just these.
    wide = [one for one in wide if not any(a < one.end and one.start < b for a, b in spans.get(one.number, ()))]
    for number, rule, weight, source, *_ in wide:
        if source is Source.OWN:
            links[number].setdefault(rule, (weight, {}))
    _add_led(links, led, wide, statements)
    order = {rule: place for place, rule in enumerate(by_id.values())}
    links = tuple(dict(sorted(found.items(), key=lambda item: order[item[0]])) for found in links)
    own = {*spans, *(one.number for one in led if one.source is not Source.LEAD)}
    own.update(one.number for one in wide if one.source is not Source.LEAD)
    parts = tuple(
        _left_open(statement, spans.get(number, ()), is_led=bool(links[number]) and number not in own)
        for number, statement in enumerate(statements)
    )
    against = tuple(tuple(dict.fromkeys(opposed.get(n, ()))) if not links[n] else () for n in range(len(statements)))
    return _Links(links, parts, against)


_FEW = 2
"""A list's lead that asks for more rules than these is an umbrella over it."""


class _Led(NamedTuple):
    """A rule that a pattern finds in the words before a list's colon, or in a statement's label."""

    number: int
    rule: Rule
    weight: Obligation
    values: dict[str, int | str]
    source: Source


class _Wide(NamedTuple):
    """A rule whose umbrella a statement names, other than as a purpose, and where."""

    number: int
    rule: Rule
    weight: Obligation
    source: Source
    start: int
    end: int


def _wide(rule: Rule, module: str, search: Search, titles: Sequence[str]) -> Iterator[_Wide]:
    """The statements that name the umbrella of a rule, if it has one."""
    if rule.umbrella is None or not isinstance(rule.default, Obligation):
        return
    umbrella = Matcher(rule.umbrella, forbids=False)
    for number, found, source in search(umbrella, module):
        if umbrella.search(f"{titles[number]}: {search.texts[number]}") is None:
            continue  # what it is about stands in the heading: "RBAC: follow least privilege"
        if source is not Source.LEAD and is_purpose(found):
            continue
        weight = min(search.statements[number].obligation, rule.default)
        yield _Wide(number, rule, weight, source, *_span(found, search.texts[number]))


def _add_led(
    links: Sequence[_Found], led: Sequence[_Led], wide: Sequence[_Wide], statements: Sequence[Statement]
) -> None:
    """Adds what a statement's label and the words before its list's colon ask for, where its own words leave room."""
    labelled = {number for number, found in enumerate(links) if not found}
    for number, rule, weight, values, source in led:
        if source is Source.LABEL and number in labelled:
            links[number].setdefault(rule, (weight, values))
    without = {number for number, found in enumerate(links) if not found}
    with_own = {statements[number].lead for number in range(len(links)) if number not in without}
    asked = Counter(found.number for found in led if found.source is Source.LEAD)
    for number, rule, weight, values, source in led:
        if source is Source.LEAD and (number in without or asked[number] <= _FEW):
            links[number].setdefault(rule, (weight, values))
    for number, rule, weight, source, *_ in wide:
        is_alone = source is Source.LABEL or statements[number].lead not in with_own
        if source is not Source.OWN and number in without and is_alone:
            links[number].setdefault(rule, (weight, {}))


def _left_open(statement: Statement, spans: Sequence[Span], *, is_led: bool) -> tuple[str, ...]:
    """The parts of a statement that its rules leave open: all of it where only what leads its list has them."""
    if statement.pinned or not (spans or is_led):
        return ()
    if is_led:
        return (statement.text,)
    text = text_of(statement)
    return left_open(text, own_start(statement), spans)


def _span(found: re.Match[str], text: str) -> Span:
    """Where a pattern matched; one that only looks ahead speaks of the whole statement."""
    behind = len(text) - len(found.string)
    return (found.start() + behind, found.end() + behind) if found.end() > found.start() else (0, len(text))


def _pinned(rule: Rule, pin: RulePin, statement: Statement) -> tuple[Obligation, dict[str, int | str]]:
    """The weight and the parameters that a pinned rule gets."""
    weight = statement.obligation
    if pin.by_default and isinstance(rule.default, Obligation):
        weight = min(rule.default, weight)
    return weight, {**_said_parameters(rule, statement), **pinned_parameters(rule, pin)}


def _said_parameters(rule: Rule, statement: Statement) -> dict[str, int | str]:
    """The parameters that the words of a pinned statement set, the first pattern first."""
    values: dict[str, int | str] = {}
    for matcher in rule.enforces if rule.parameters else ():
        if "(?P<" in matcher.pattern and (found := matcher.search(text_of(statement))):
            values = {**_parameters(rule, found), **values}
    return values


_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def _parameters(rule: Rule, found: re.Match[str]) -> dict[str, int | str]:
    """The named groups that a statement filled, as the rule's parameters want them."""
    values: dict[str, int | str] = {}
    for group, text in found.groupdict().items():
        name = group.rstrip("0123456789").rstrip("_")  # "minimum_2" is another place of "minimum"
        if text is None or name not in rule.parameters:
            continue
        if isinstance(rule.parameters[name].default, str):
            values[name] = text
        elif text.lower() in _NUMBERS:
            values[name] = _NUMBERS.index(text.lower())
        elif text.isascii() and text.isdigit() and len(text) < 10:
            values[name] = int(text)
    return values
