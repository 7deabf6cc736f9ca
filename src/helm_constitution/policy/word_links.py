"""Finds rules for the statements without a pin, by their words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from helm_constitution.core.model import Obligation, Statement
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.lint.rule import Matcher
from helm_constitution.policy.coverage_of_words import Span, left_open
from helm_constitution.policy.said import parameters_of, text_of
from helm_constitution.policy.search import Search, Source, is_purpose, own_start

if TYPE_CHECKING:
    from helm_constitution.lint.rule import Rule, RuleModule
    from helm_constitution.policy.pins import Found


def add_links(
    links: Sequence[Found], titles: Sequence[str], statements: Sequence[Statement], modules: Sequence[RuleModule]
) -> tuple[Mapping[int, tuple[str, ...]], Mapping[int, tuple[Rule, ...]]]:
    """Adds the rules that the words of statements demand, each with the obligation and parameters it gets from them.

    A statement's own words decide. The words that led to it count where no rule is found by its own; as an umbrella
    they count where none of the statements that they lead has a rule of its own.

    Args:
        links: the rules of each statement, those of pins so far.
        titles: the title of each statement's principle.
        statements: the statements, in the document's order.
        modules: the rules that there are.

    Returns:
        What the rules of a statement leave open, and the rules that demand its opposite, by the statement's number.
    """
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
                        values = parameters_of(rule, match_)
                        links[number][rule] = asked, {**values, **links[number].get(rule, (asked, {}))[1]}
                    elif source is Source.LABEL:
                        led.append(_Led(number, rule, asked, parameters_of(rule, match_), source))
                    elif isinstance(rule.default, Obligation):
                        led.append(_Led(number, rule, min(asked, rule.default), parameters_of(rule, match_), source))
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
    own = {*spans, *(one.number for one in led if one.source is not Source.LEAD)}
    own.update(one.number for one in wide if one.source is not Source.LEAD)
    parts = {
        number: _left_open(statement, spans.get(number, ()), is_led=bool(links[number]) and number not in own)
        for number, statement in enumerate(statements)
    }
    return parts, {number: tuple(dict.fromkeys(rules)) for number, rules in opposed.items() if not links[number]}


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
    links: Sequence[Found], led: Sequence[_Led], wide: Sequence[_Wide], statements: Sequence[Statement]
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
