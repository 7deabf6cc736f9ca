"""The built-in constitution: all ten principles, every rule behind a statement of its own weight."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from helm_constitution.core.model import PRINCIPLE_KEYS, Base, Obligation
from helm_constitution.lint import registry
from helm_constitution.lint.rule import OFF, Rule
from helm_constitution.policy.built_in import TABLE
from helm_constitution.policy.constitution import (
    BUILT_IN,
    Constitution,
    load_constitution,
    parse_constitution,
    read_constitution,
)
from helm_constitution.policy.faults import constitution_faults
from helm_constitution.policy.rule_selection import match
from scripts.built_in import table

MODULES = registry.modules()


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    name, text = read_constitution(tmp_path_factory.mktemp("nowhere"))
    assert name == BUILT_IN
    return text


@pytest.fixture(scope="module")
def constitution(text: str) -> Constitution:
    return parse_constitution(text, BUILT_IN, MODULES, base=Base.ABSOLUTE)


def test_the_table_is_what_the_document_says(tmp_path: Path, constitution: Constitution) -> None:
    assert TABLE.read_text("utf-8") == table(), "run `make docs`"
    assert load_constitution(tmp_path) == constitution._replace(builtin=True)


def test_it_has_no_faults(text: str) -> None:
    assert constitution_faults(text, BUILT_IN, MODULES) == []


def test_it_has_the_ten_principles_in_order(constitution: Constitution) -> None:
    assert tuple(principle.key for principle in constitution.principles) == PRINCIPLE_KEYS


def test_titles_are_those_of_the_modules(constitution: Constitution) -> None:
    assert [principle.title for principle in constitution.principles] == [module.title for module in MODULES]


@pytest.mark.parametrize(
    "rule", [rule for rule in registry.rules() if rule.default is not OFF], ids=lambda rule: rule.id
)
def test_a_rule_stands_behind_statements_of_its_own_weight(rule: Rule, constitution: Constitution) -> None:
    weights = {
        statement.obligation
        for _, statement in constitution.statements
        for pin in statement.pins
        if pin.rule == rule.id
    }
    assert weights == {rule.default}


def test_a_rule_that_is_off_is_not_demanded(constitution: Constitution) -> None:
    demanded = {rule.id for rule, demand in match(constitution, MODULES).rules.items() if demand.statements}
    assert demanded == {rule.id for rule in registry.rules() if rule.default is not OFF}


def test_a_rule_stands_under_its_own_principle(constitution: Constitution) -> None:
    """It may serve statements of other principles besides."""
    at_home = {
        pin.rule
        for principle, statement in constitution.statements
        for pin in statement.pins
        if pin.rule.partition("/")[0] == principle.key
    }
    assert at_home == {pin.rule for _, statement in constitution.statements for pin in statement.pins}


def test_only_pins_choose_its_rules(constitution: Constitution) -> None:
    demands = match(constitution, MODULES)
    for principle, statement in constitution.statements:
        ids = sorted(rule.id for rule in demands.of(principle, statement))
        assert ids == sorted(pin.rule for pin in statement.pins), statement.text


def test_few_statements_are_unchecked(constitution: Constitution) -> None:
    unchecked = [statement.text for _, statement in constitution.statements if not statement.pins]
    assert len(unchecked) <= len(list(constitution.statements)) / 6, unchecked


def test_parameters_keep_their_defaults(constitution: Constitution) -> None:
    for rule, demand in match(constitution, MODULES).rules.items():
        assert demand.parameters == {name: parameter.default for name, parameter in rule.parameters.items()}


def test_little_in_it_is_optional(constitution: Constitution) -> None:
    optional = [one for _, one in constitution.statements if one.obligation is Obligation.MAY]
    assert {pin.rule for one in optional for pin in one.pins} == {
        "docs/readme-no-troubleshooting",
        "observability/no-cpu-limit",
        "observability/no-startup-probe",
        "portability/node-affinity",
        "security/pull-policy",
    }


def test_reading_it_is_quick(text: str) -> None:
    parse_constitution(text, BUILT_IN, MODULES)
    taken = []
    for _ in range(10):
        started = time.process_time()
        parse_constitution(text, BUILT_IN, MODULES)
        taken.append(time.process_time() - started)
    # 8 ms on an idle machine; the slack is for a busy one.
    assert min(taken) < 0.08


def test_it_is_shipped_with_the_package() -> None:
    file = Path(registry.__file__).parent.parent / "data" / "constitution.md"
    assert file.is_file()
