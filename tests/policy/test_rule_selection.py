"""Which rules statements demand: pins, patterns and their polarity, umbrellas, parameters, severities."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helm_constitution.core.errors import ConstitutionFileError
from helm_constitution.core.model import Severity
from helm_constitution.lint.rule import (
    MAY,
    MUST,
    OFF,
    SHOULD,
    Parameter,
    Rule,
    RuleModule,
    Violation,
    forbid,
    require,
    rule,
)
from helm_constitution.lint.subject import Subject
from helm_constitution.policy.constitution import Constitution, parse_constitution
from helm_constitution.policy.rule_selection import RuleSelection, match
from helm_constitution.policy.show import show_lines

UMBRELLA = r"secure defaults|best practices"


@rule("security/root-user", default=MUST, enforces=(require(r"non-root"), forbid(r"as root")), umbrella=UMBRELLA)
def root_user(subject: Subject) -> Iterator[Violation]:
    """A container may run as root."""
    yield from ()


@rule("security/security-off", default=MUST, enforces=forbid(r"\bdisabl\w* (?:tls|security)"))
def security_off(subject: Subject) -> Iterator[Violation]:
    """Security is off."""
    yield from ()


@rule("security/no-tls", default=SHOULD, enforces=require(r"\btls\b"), umbrella=UMBRELLA)
def no_tls(subject: Subject) -> Iterator[Violation]:
    """There is no TLS."""
    yield from ()


@rule("security/no-digest", default=OFF, enforces=require(r"\bdigest\b"), umbrella=UMBRELLA)
def no_digest(subject: Subject) -> Iterator[Violation]:
    """An image has no digest."""
    yield from ()


@rule(
    "templates/nesting-depth",
    default=SHOULD,
    enforces=(
        require(r"nesting depth to (?P<limit>\w+)(?: under (?P<name>\w+))?"),
        require(r"\bnesting\b"),
    ),
    parameters={"limit": Parameter(3, "three is enough"), "name": Parameter("if", "the usual one")},
)
def nesting_depth(subject: Subject) -> Iterator[Violation]:
    """Nested too deeply."""
    yield from ()


@rule("testing/lint-error", default=MUST, enforces=require(r"helm lint"), always=True)
def lint_error(subject: Subject) -> Iterator[Violation]:
    """Lint."""
    yield from ()


@rule("testing/render-error", default=MUST, enforces=require(r"helm template"), always=True)
def render_error(subject: Subject) -> Iterator[Violation]:
    """Render."""
    yield from ()


@rule("docs/no-diagram", default=MAY, enforces=require(r"\bdiagrams?\b"), umbrella=UMBRELLA)
def no_diagram(subject: Subject) -> Iterator[Violation]:
    """No diagram."""
    yield from ()


def _module(key: str, *rules: Rule) -> RuleModule:
    return RuleModule(key, key.title(), (), rules)


MODULES = (
    _module("templates", nesting_depth),
    _module("security", root_user, security_off, no_tls, no_digest),
    _module("testing", lint_error, render_error),
    _module("docs", no_diagram),
)
ALWAYS = ["testing/lint-error", "testing/render-error"]


def document(text: str) -> Constitution:
    return parse_constitution(text, "constitution.md", MODULES)


def demands(text: str, **options: object) -> RuleSelection:
    return match(document(text), MODULES, **options)  # type: ignore[arg-type]


def demanded(text: str, **options: object) -> dict[str, Severity]:
    """Rules and severities besides the two that always run."""
    found = demands(text, **options).rules
    return {rule.id: demand.severity for rule, demand in found.items() if rule.id not in ALWAYS}


def by_line(text: str) -> dict[int, list[str]]:
    found = demands(text).by_statement
    return {line: [rule.id for rule in rules] for (_, line, _), rules in found.items()}


def test_the_keyword_gives_the_severity() -> None:
    assert demanded("Pods MUST be non-root.\n\nTLS SHOULD be on.\n\nA diagram MAY help.\n") == {
        "security/root-user": Severity.ERROR,
        "security/no-tls": Severity.WARNING,
        "docs/no-diagram": Severity.NOTE,
    }


def test_a_statement_outranks_the_default() -> None:
    assert demanded("TLS MUST be on.") == {"security/no-tls": Severity.ERROR}
    assert demanded("Pods SHOULD be non-root.") == {"security/root-user": Severity.WARNING}
    assert demanded("Images MUST have a digest.") == {"security/no-digest": Severity.ERROR}


def test_what_nobody_demands_does_not_run() -> None:
    assert list(demanded("TLS MUST be on.")) == ["security/no-tls"]


def test_case_and_markup_do_not_matter() -> None:
    assert demanded("Pods MUST be **NON-ROOT**.") == {"security/root-user": Severity.ERROR}
    assert demanded("Pods MUST be non‑root.") == {"security/root-user": Severity.ERROR}


def test_polarity() -> None:
    assert by_line("Charts MUST NOT disable TLS.\n\nCharts MUST disable TLS.\n\nTLS MUST NOT be needed.\n") == {
        1: ["security/security-off", "security/no-tls"],
        3: [],
        5: [],
    }


@pytest.mark.parametrize(
    "text", ["Pods MUST NOT run as root.", "Pods MUST never run as root.", "**MUST NOT**: as root"]
)
def test_ways_to_forbid(text: str) -> None:
    assert list(demanded(text)) == ["security/root-user"]


def test_the_strongest_statement_gives_the_severity() -> None:
    found = demands("## A\nPods SHOULD be non-root.\n\nPods MUST be non-root.\n\nPods MAY be non-root.\n").rules
    demand = found[root_user]
    assert demand.severity is Severity.ERROR
    assert demand.statements == (("a", 2), ("a", 4), ("a", 6))


def test_one_statement_may_demand_rules_of_any_module() -> None:
    assert by_line("## Security\nTLS, non-root and diagrams MUST be.\n") == {
        2: ["security/root-user", "security/no-tls", "docs/no-diagram"]
    }


def test_two_statements_of_one_line() -> None:
    found = demands("Pods MUST be non-root. TLS MUST be on. Peace MUST be.")
    assert [[rule.id for rule in rules] for rules in found.by_statement.values()] == [
        ["security/root-user"],
        ["security/no-tls"],
        [],
    ]


# Pins


def test_a_pin_fixes_the_rules() -> None:
    text = "TLS MUST be on. <!-- rules: security/root-user, docs/no-diagram -->"
    assert demanded(text) == {"security/root-user": Severity.ERROR, "docs/no-diagram": Severity.ERROR}


def test_a_pin_takes_no_notice_of_polarity() -> None:
    assert list(demanded("Pods MUST NOT be silly. <!-- rules: security/no-tls -->")) == ["security/no-tls"]


def test_a_pin_of_none_leaves_a_statement_to_people() -> None:
    assert by_line("TLS MUST be on. <!-- rules: none -->\n\nPods MUST be non-root.\n") == {
        1: [],
        3: ["security/root-user"],
    }


@pytest.mark.parametrize(
    ("pin", "hint"),
    [
        ("security/rootuser", "did you mean 'security/root-user'?"),
        ("whatever", "`helm-constitution rules` lists them"),
        ("*", "`helm-constitution rules` lists them"),
    ],
)
def test_an_unknown_pin(pin: str, hint: str) -> None:
    with pytest.raises(ConstitutionFileError) as caught:
        demands(f"Pods MUST be non-root.\n<!-- rules:\n  {pin} -->")
    assert str(caught.value) == f"constitution.md:3: names the unknown rule {pin!r}; {hint}"


# Umbrellas


def test_an_umbrella_runs_rules_at_the_weaker_of_both() -> None:
    assert demanded("Charts MUST have secure defaults.") == {
        "security/root-user": Severity.ERROR,
        "security/no-tls": Severity.WARNING,
        "docs/no-diagram": Severity.NOTE,
    }
    assert demanded("Charts SHOULD have secure defaults.") == {
        "security/root-user": Severity.WARNING,
        "security/no-tls": Severity.WARNING,
        "docs/no-diagram": Severity.NOTE,
    }


def test_an_umbrella_runs_nothing_that_is_off() -> None:
    assert "security/no-digest" not in demanded("Charts MUST follow best practices.")


def test_a_statement_that_forbids_is_no_umbrella() -> None:
    with pytest.raises(ConstitutionFileError):
        demands("Charts SHOULD NOT have secure defaults.")


def test_what_a_statement_names_itself_outranks_the_umbrella() -> None:
    assert demanded("Charts MUST have secure defaults (TLS).")["security/no-tls"] is Severity.ERROR


# Parameters


def limit(text: str, **options: object) -> int | str:
    return demands(text, **options).rules[nesting_depth].parameters["limit"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("**SHOULD**: Limit nesting depth to 4.", 4),
        ("**SHOULD**: Limit nesting depth to four levels.", 4),
        ("**SHOULD**: Limit nesting depth to a few.", 3),
        ("**SHOULD**: Limit nesting depth to ٣.", 3),
        ("**SHOULD**: Limit nesting depth to 99999999999999999999.", 3),
        ("**SHOULD**: Limit nesting.", 3),
        ("**SHOULD**: Limit nesting depth to 2. <!-- rules: templates/nesting-depth -->", 2),
        ("**SHOULD**: Limit nesting.\n\n**MUST**: Limit nesting depth to 5.", 5),
        ("**SHOULD**: Limit nesting depth to 4. Deeper nesting MUST go.", 4),
        ("**SHOULD**: Limit nesting depth to 4.\n\n**MUST**: Limit nesting depth to 5.", 5),
        ("**MUST**: Limit nesting depth to 4.\n\n**SHOULD**: Limit nesting depth to 5.", 4),
        ("**MUST**: Limit nesting depth to 4.\n\n**MUST**: Limit nesting depth to 5.", 4),
    ],
)
def test_a_statement_sets_a_parameter(text: str, value: int) -> None:
    assert limit(text) == value


def test_text_parameters() -> None:
    found = demands("**SHOULD**: Limit nesting depth to 4 under range.").rules[nesting_depth]
    assert found.parameters == {"limit": 4, "name": "range"}


def test_the_configuration_overrides_parameters() -> None:
    assert limit("**MUST**: Limit nesting depth to 4.", parameters={"templates/nesting-depth": {"limit": 6}}) == 6


# What the user adds and takes away


def test_two_rules_always_run_as_errors() -> None:
    found = demands("TLS MUST be on.").rules
    assert found[lint_error].severity is found[render_error].severity is Severity.ERROR
    assert found[lint_error].statements == ()
    assert demands("**MAY**: pass `helm lint`").rules[lint_error].severity is Severity.ERROR


def test_select_adds() -> None:
    found = demanded("TLS MUST be on.", select=["security/root-user", "security/no-digest", "docs/no-diagram"])
    assert found == {
        "security/root-user": Severity.ERROR,
        "security/no-tls": Severity.ERROR,
        "security/no-digest": Severity.WARNING,
        "docs/no-diagram": Severity.NOTE,
    }


def test_select_changes_nothing_about_a_demanded_rule() -> None:
    assert demanded("TLS MUST be on.", select=["security/no-tls"]) == {"security/no-tls": Severity.ERROR}


def test_ignore_wins() -> None:
    options = {"select": ["security/root-user"], "ignore": ["security/root-user", "security/no-tls", *ALWAYS]}
    found = demands("TLS MUST be on.", **options)
    assert found.rules == {}
    ((rules),) = found.by_statement.values()
    assert rules == (no_tls,)


def test_the_configuration_overrides_severities() -> None:
    options = {
        "select": ["docs/no-diagram"],
        "severities": {
            "security/no-tls": Severity.NOTE,
            "docs/no-diagram": Severity.ERROR,
            "security/root-user": Severity.ERROR,
        },
    }
    assert demanded("TLS MUST be on.", **options) == {
        "security/no-tls": Severity.NOTE,
        "docs/no-diagram": Severity.ERROR,
    }


def test_rules_come_in_the_modules_order() -> None:
    text = "A diagram MUST be.\n\nTLS MUST be.\n\nNesting MUST end.\n"
    assert list(demanded(text)) == ["templates/nesting-depth", "security/no-tls", "docs/no-diagram"]


@pytest.mark.parametrize(("text", "words"), [("We MUST sing.", "its one"), ("We MUST sing. All MUST.", "any of its 2")])
def test_another_projects_constitution(text: str, words: str) -> None:
    with pytest.raises(ConstitutionFileError) as caught:
        demands(text)
    assert str(caught.value).startswith(f"constitution.md: no rule enforces {words} statement")


def test_show() -> None:
    text = """\
## Security

**MUST NOT**: Disable TLS.

Charts MUST:
- be non-root
- be kind

**SHOULD**: Limit nesting depth to 4.

**Version**: 1.2.3
"""
    constitution = document(text)
    found = match(constitution, MODULES, ignore=["security/root-user"])
    assert list(show_lines(constitution, found)) == [
        "constitution.md, version 1.2.3",
        "",
        "Security (security)",
        "  MUST NOT, line 3: Disable TLS.",
        "      security/security-off (error)",
        "      security/no-tls (error)",
        "  MUST, line 6: Charts MUST: be non-root",
        "      security/root-user (ignored)",
        "  MUST, line 7: Charts MUST: be kind",
        "      unchecked: no rule enforces this",
        "  SHOULD, line 9: Limit nesting depth to 4.",
        "      templates/nesting-depth (warning, limit 4, name if)",
        "",
        "3 of 4 statements are enforced, by 3 rules; 1 is unchecked",
    ]
