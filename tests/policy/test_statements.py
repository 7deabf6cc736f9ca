"""The grammar of a constitution: which sentences are statements, of which principle, with which pins."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.core.model import Principle, RulePin, Statement
from helm_constitution.lint.rule import RuleModule
from helm_constitution.policy.statements import Reading, read_statements

MODULES = (
    RuleModule("values", "Values-First Configuration", (r"\bvalues\b",), ()),
    RuleModule("security", "Security by Default", (r"\bsecur(?:e|ity)\b", r"\bhardening\b"), ()),
    RuleModule("testing", "Testing", (r"\btest(?:s|ing)\b", r"\blint\b"), ()),
    RuleModule("docs", "Documentation", (r"\bdocumentation\b",), ()),
)


def reading(text: str) -> Reading:
    return read_statements(text, MODULES)


def statements(text: str) -> list[Statement]:
    return [statement for principle in reading(text).principles for statement in principle.statements]


def said(text: str) -> list[str]:
    """Each statement as ``line KEYWORD text``."""
    return [f"{statement.line} {statement.keyword} {statement.text}" for statement in statements(text)]


def principles(text: str) -> list[Principle]:
    return list(reading(text).principles)


def keys(text: str) -> list[str]:
    return [principle.key for principle in principles(text)]


# Blocks led by a keyword


def test_a_block_led_by_a_keyword_is_one_statement() -> None:
    assert said("**MUST**: Pin every image. A tag is enough; a digest is better.\n") == [
        "1 MUST Pin every image. A tag is enough; a digest is better."
    ]


@pytest.mark.parametrize(
    ("label", "keyword"),
    [
        ("**MUST**:", "MUST"),
        ("**MUST:**", "MUST"),
        ("__MUST__:", "MUST"),
        ("MUST:", "MUST"),
        ("**SHALL**:", "MUST"),
        ("**REQUIRED**:", "MUST"),
        ("**MUST NOT**:", "MUST NOT"),
        ("**SHALL NOT**:", "MUST NOT"),
        ("**MUST NEVER**:", "MUST NOT"),
        ("**SHOULD**:", "SHOULD"),
        ("**RECOMMENDED**:", "SHOULD"),
        ("**NOT RECOMMENDED**:", "SHOULD NOT"),
        ("**SHOULD NOT**:", "SHOULD NOT"),
        ("**MAY**:", "MAY"),
        ("**OPTIONAL**:", "MAY"),
        ("**MUST** (since 2.0):", "MUST"),
    ],
)
def test_labels(label: str, keyword: str) -> None:
    assert said(f"{label} use probes.\n") == [f"1 {keyword} use probes."]
    assert said(f"- {label} use probes.\n") == [f"1 {keyword} use probes."]


def test_the_leading_keyword_wins() -> None:
    assert said("**SHOULD**: Charts MUST have notes.\n") == ["1 SHOULD Charts MUST have notes."]


def test_a_later_sentence_with_a_keyword_is_a_statement_of_its_own() -> None:
    text = "**SHOULD**: Keep to standard objects. Routes MUST be off by default. Nobody has them."
    assert said(text) == ["1 SHOULD Keep to standard objects.", "1 MUST Routes MUST be off by default."]


def test_a_label_forbids_whatever_the_sentence_says() -> None:
    assert said("**MUST NOT**: Containers MUST NOT run as root.\n") == ["1 MUST NOT Containers MUST NOT run as root."]


@pytest.mark.parametrize(
    "sentence",
    [
        "Secrets MUST never be hardcoded.",
        "Never commit secrets.",
        "Do not commit secrets.",
        "Don't commit secrets.",
        "Avoid plain secrets.",
        "No `latest` tags.",
    ],
)
def test_a_led_block_may_forbid_by_its_own_words(sentence: str) -> None:
    (statement,) = statements(f"**MUST**: {sentence}")
    assert statement.forbids


@pytest.mark.parametrize(
    "sentence", ["Not only lint but test charts.", "`helm lint` (no errors).", "No-op charts are kept."]
)
def test_a_led_block_that_sounds_like_a_prohibition(sentence: str) -> None:
    (statement,) = statements(f"**MUST**: {sentence}")
    assert not statement.forbids


def test_led_blocks_need_no_blank_line_between_them() -> None:
    assert said("**MUST**: lint\n**SHOULD**: test\n**MAY**: sing\n") == ["1 MUST lint", "2 SHOULD test", "3 MAY sing"]


def test_a_heading_that_is_a_keyword_leads_its_bullets() -> None:
    (principle,) = principles("## Security\n\n### MUST NOT\n\n- run as root\n\n### SHOULD\n\n- drop capabilities\n")
    assert principle.key == "security"
    assert [(s.keyword, s.text) for s in principle.statements] == [
        ("MUST NOT", "run as root"),
        ("SHOULD", "drop capabilities"),
    ]


# Sentences


def test_each_sentence_with_a_keyword() -> None:
    text = "We like order. Charts MUST lint. They are good.\nImages SHOULD be\npinned. Tags MAY float."
    assert said(text) == ["1 MUST Charts MUST lint.", "2 SHOULD Images SHOULD be pinned.", "3 MAY Tags MAY float."]


@pytest.mark.parametrize(
    ("sentence", "keyword"),
    [
        ("Charts MUST lint.", "MUST"),
        ("Charts **MUST** lint.", "MUST"),
        ("Charts __MUST__ lint.", "MUST"),
        ("Charts *MUST* lint.", "MUST"),
        ("Linting is REQUIRED.", "MUST"),
        ("Charts SHALL lint.", "MUST"),
        ("Linting is RECOMMENDED.", "SHOULD"),
        ("Linting is OPTIONAL.", "MAY"),
        ("Charts MUST NOT fail.", "MUST NOT"),
        ("Charts **MUST NOT** fail.", "MUST NOT"),
        ("Charts **MUST** **NOT** fail.", "MUST NOT"),
        ("Charts MUST not fail.", "MUST NOT"),
        ("Charts MUST never fail.", "MUST NOT"),
        ("Charts MUST NEVER fail.", "MUST NOT"),
        ("Charts MUST *never* fail.", "MUST NOT"),
        ("Charts MUST also not fail.", "MUST NOT"),
        ("Charts SHOULD avoid limits.", "SHOULD NOT"),
        ("Limits SHOULD be avoided.", "SHOULD NOT"),
        ("No container MAY run as root.", "MUST NOT"),
        ("No container MUST run as root.", "MUST NOT"),
        ("Under no circumstances SHALL secrets be committed.", "MUST NOT"),
        ("Limits are NOT RECOMMENDED.", "SHOULD NOT"),
        ("Limits are NOT REQUIRED.", "MAY"),
        ("Limits are not REQUIRED.", "MAY"),
        ("Tests are NOT OPTIONAL.", "MUST"),
        ("Charts MUST not only lint but render.", "MUST"),
        ("No exceptions: charts MUST lint.", "MUST"),
        ("No matter what, charts MUST lint.", "MUST"),
    ],
)
def test_keyword_and_polarity(sentence: str, keyword: str) -> None:
    assert [statement.keyword for statement in statements(sentence)] == [keyword]


@pytest.mark.parametrize(
    "text",
    [
        "Charts may rest, and limits are not required.",
        "The flag `MUST` is set; ``SHOULD ` NOT`` too.",
        "What \"MUST\" means, and what “SHOULD” or 'MAY' mean.",
        "REQUIRED_VALUES and IS_REQUIRED are names.",
        "A MUST-have of MUSTARD.",
        "The key words MUST, SHOULD and MAY are to be read as described in RFC 2119.",
        "# Charts MUST lint",
        "```\nCharts MUST lint.\n```",
        "    Charts MUST lint.",
        "<!-- Charts MUST lint. -->",
        "**Rationale**: charts MUST be good.",
        "Rationale: charts MUST be good.",
        "*Rationale*: charts MUST be good.",
        "**Rationale (NON-NEGOTIABLE)**: charts MUST be good.",
        "- **Rationale**: charts MUST be good.",
        "**IMPORTANT**: this file MUST NOT be edited.",
        "**IMPORTANT** this file MUST NOT be edited.",
        "> **Important:** this file MUST NOT be edited.",
        "**Rationale**:\n- charts MUST be good\n  - and MUST be kept so",
    ],
)
def test_no_statement(text: str) -> None:
    assert statements(text) == []


def test_a_rationale_ends_a_paragraph() -> None:
    assert said("Charts MUST lint. Rationale: broken ones MUST NOT ship. They SHOULD not.") == [
        "1 MUST Charts MUST lint."
    ]
    assert said("- Charts MUST lint\n  **Rationale**: they MUST work.\n- Pods MUST run\n") == [
        "1 MUST Charts MUST lint",
        "3 MUST Pods MUST run",
    ]


def test_a_rationale_may_itself_be_demanded() -> None:
    assert said("Rationale MUST be given for each waiver.") == ["1 MUST Rationale MUST be given for each waiver."]


@pytest.mark.parametrize(
    "sentence",
    [
        "Charts, e.g. The Big One, MUST lint",
        "Charts (e.g., `web`. `db`) MUST lint",
        "Charts (see the guide. It helps.) MUST lint",
        "Charts of Helm v3.17.3 MUST lint",
        "Charts of https://charts.example.org/a.b MUST lint",
        "Files such as values.yaml or Chart.yaml MUST exist",
        "Charts, i.e. Helm's packages vs. Manifests, MUST lint",
        "Charts ... all of them ... that exist MUST lint",
        "Text in `a. B` MUST lint",
        "Charts are good. and MUST lint",
    ],
)
def test_full_stops_that_end_no_sentence(sentence: str) -> None:
    assert len(said(f"First. {sentence}. Last.")) == 1
    assert statements(f"First. {sentence}. Last.")[0].text.startswith(sentence[:5])


def test_sentences_end_at_what_follows() -> None:
    text = "A MUST b.) `C` MUST d! *E* MUST f? 9 MUST i… MAY. ÄH MUST j."
    assert [statement.text for statement in statements(text)] == [
        "A MUST b.)",
        "C MUST d!",
        "E MUST f?",
        "9 MUST i… MAY.",
        "ÄH MUST j.",
    ]


def test_text_is_free_of_markdown() -> None:
    (statement,) = statements("Charts **MUST** pass [`helm lint`](https://helm.sh/lint) _always_,\nsay we.")
    assert statement.text == "Charts MUST pass helm lint always, say we."


def test_table_rows_are_read_like_bullets() -> None:
    assert said("| what | how |\n|---|---|\n| limits | SHOULD |\n| tags | MUST NOT float |\n| x | y |\n") == [
        "3 SHOULD limits | SHOULD",
        "4 MUST NOT tags | MUST NOT float",
    ]


def test_a_statement_with_a_rule_under_it_is_no_heading() -> None:
    assert said("Charts MUST lint.\n---\nMore.\n") == ["1 MUST Charts MUST lint."]


# Bullets


def test_bullets_under_a_colon_take_its_obligation() -> None:
    (first, second) = statements("All pods SHOULD have:\n\n- probes. And good ones\n- limits\n\nEnd.\n")
    assert (first.line, first.keyword, first.text) == (3, "SHOULD", "probes. And good ones")
    assert first.lead == "All pods SHOULD have:"
    assert (second.line, second.text) == (4, "limits")


def test_bullets_under_a_label() -> None:
    assert said("**MUST**:\n- lint\n- never fail\n\n**MUST NOT**:\n1. float tags\n2. run as root\n") == [
        "2 MUST lint",
        "3 MUST NOT never fail",
        "6 MUST NOT float tags",
        "7 MUST NOT run as root",
    ]


def test_a_led_block_that_ends_in_a_colon_is_its_bullets() -> None:
    (statement,) = statements("**MUST**: Changes are validated with:\n- `helm lint` (no errors)\n")
    assert (statement.text, statement.lead) == ("helm lint (no errors)", "Changes are validated with:")
    assert statement.keyword == "MUST"


def test_a_bullet_with_a_keyword_keeps_its_own() -> None:
    (first, second) = statements("Pods MUST have:\n- probes\n- They SHOULD have limits\n")
    assert (first.keyword, second.keyword) == ("MUST", "SHOULD")
    assert second.lead == ""


def test_bullets_without_colon_need_a_keyword() -> None:
    assert said("Pods MUST have probes.\n- liveness\n- readiness MUST be quick\n") == [
        "1 MUST Pods MUST have probes.",
        "3 MUST readiness MUST be quick",
    ]


def test_bullets_under_a_colon_without_keyword_need_one() -> None:
    assert said("**Compliance**:\n- reviews\n- tests MUST pass\n") == ["3 MUST tests MUST pass"]


def test_a_colon_in_an_item_leads_the_items_below_it() -> None:
    text = "- Pods MUST have:\n  - probes\n  - limits\n- peace\n"
    assert said(text) == ["2 MUST probes", "3 MUST limits"]


def test_bullets_below_a_bullet_under_a_colon() -> None:
    (first, second, third) = statements("Pods MUST have:\n- probes\n  - liveness\n- limits:\n  - memory\n")
    assert (first.text, first.lead) == ("probes", "Pods MUST have:")
    assert (second.text, second.lead) == ("liveness", "Pods MUST have: probes")
    assert (third.text, third.lead) == ("memory", "Pods MUST have: limits:")


def test_only_the_last_sentence_leads() -> None:
    assert said("Charts MUST lint. Pods SHOULD have:\n- probes\n") == ["1 MUST Charts MUST lint.", "2 SHOULD probes"]


def test_a_colon_over_code_is_a_statement() -> None:
    assert said("Objects MUST carry these labels:\n```yaml\na: b\n```\n- and more\n") == [
        "1 MUST Objects MUST carry these labels:"
    ]


def test_the_list_ends_with_the_next_paragraph() -> None:
    assert said("Pods MUST have:\n- probes\n\nWe think.\n\n- nothing\n") == ["2 MUST probes"]


def test_code_between_bullets_ends_nothing() -> None:
    assert said("Pods MUST have:\n- labels\n  ```yaml\n  a: b\n  ```\n- probes\n") == ["2 MUST labels", "6 MUST probes"]


# Principles


def test_a_principle_is_the_nearest_section() -> None:
    text = "# Web Constitution\n\n## Core\n\n### I. Chart-First\n\nCharts MUST be.\n\n#### More\n\nThey SHOULD stay.\n"
    assert [(p.key, p.title, p.line) for p in principles(text)] == [
        ("chart-first", "Chart-First", 5),
        ("more", "More", 9),
    ]


@pytest.mark.parametrize(
    "title",
    [
        "Security by Default",
        "VII. Security by Default",
        "7. Security by Default",
        "7) Security by Default",
        "Principle 7: Security by Default",
        "Article VII — Security by Default (NON-NEGOTIABLE)",
        "**Security by Default** (non-negotiable)",
        "1.2 Security by Default",
    ],
)
def test_numbers_and_non_negotiable_do_not_matter(title: str) -> None:
    (principle,) = principles(f"## {title}\n\nPods MUST be safe.\n")
    assert (principle.key, principle.title) == ("security", "Security by Default")


def test_aliases_give_a_key_too() -> None:
    assert keys("## Values Contract\nA MUST.\n## Lint & Template\nB MUST.\n") == ["values", "testing"]


def test_the_alias_that_stands_first_wins() -> None:
    assert keys("## Documentation and Testing\nA MUST.\n") == ["docs"]


def test_the_first_of_two_takes_the_key() -> None:
    assert keys("## Security\nA MUST.\n## Hardening\nB MUST.\n") == ["security", "hardening"]


def test_a_heading_without_statements_takes_no_key() -> None:
    assert keys("## Security\nWe care.\n### Security of pods\nA MUST.\n") == ["security"]


def test_a_slug_is_never_one_of_the_ten() -> None:
    text = "# Web\n## Security by Default\nA MUST.\n## Security\nB MUST.\n"
    assert keys(text) == ["security", "web-security"]
    assert keys("# Security by Default\nA MUST.\n# Security\nB MUST.\n") == ["security", "security-2"]


def test_slugs_of_one_title_take_their_parents_with_them() -> None:
    text = "## Pods\n### Rules\nA MUST.\n## Jobs\n### Rules\nB MUST.\n## Other\nC MUST.\n"
    assert keys(text) == ["pods-rules", "jobs-rules", "other"]


def test_slugs_of_other_scripts_and_of_nothing() -> None:
    assert keys("## Größe & Maß\nA MUST.\n## 🔒\nB MUST.\n##\nC MUST.\n") == ["größe-maß", "section", "section-2"]


def test_different_titles_with_one_slug() -> None:
    assert keys("## C+\nA MUST.\n## C#\nB MUST.\n") == ["c", "c-2"]


@pytest.mark.parametrize("title", ["Governance", "IV. Governance", "Governance & Amendments", "9 Governance"])
def test_governance_holds_no_statement(title: str) -> None:
    text = f"## Security\nA MUST.\n## {title}\nB MUST.\n### Amendments\nC MUST.\n## Testing\nD MUST.\n"
    assert keys(text) == ["security", "testing"]


def test_governance_below_another_section() -> None:
    assert said("# Web\n## Charts\n### Governance\nA MUST.\n#### More\nB MUST.\n### Next\nC MUST.\n") == [
        "8 MUST C MUST."
    ]


def test_statements_before_any_heading() -> None:
    (principle,) = principles("Charts MUST lint.\n")
    assert (principle.key, principle.title, principle.line) == ("constitution", "Constitution", 1)


def test_two_sections_of_one_title_under_one_parent() -> None:
    text = "# Web\n## I. Security\nA MUST.\n## Testing\nB MUST.\n## II. security\nC MUST.\n"
    (fault,) = reading(text).faults
    assert fault.fatal
    assert fault.line == 6
    assert fault.message == "two sections are titled 'security' (lines 2 and 6); rename one"


def test_a_statement_without_end_is_a_fault() -> None:
    text = "# Web\n## A\nB MUST.\n\nKeys MUST be "
    (fault,) = reading(f"{text}{'short ' * 1000}.\n").faults
    assert (fault.line, fault.fatal) == (5, True)
    assert fault.message == "a statement of more than 5,000 characters; split it"
    assert reading(f"{text}{'short ' * 500}.\n").faults == []


def test_headings_that_may_repeat() -> None:
    text = "# Web\n## A\n### Rationale\nx\n### Rationale\ny\n## B\n### Rules\nA MUST.\n## C\n### Rules\nB MUST.\n"
    assert reading(text).faults == []


# Pins


def test_a_pin_behind_a_statement() -> None:
    (statement,) = statements("Pods MUST be safe. <!-- rules: security/root-user, security/privileged -->\n")
    assert statement.pins == (RulePin("security/root-user", 1), RulePin("security/privileged", 1))
    assert statement.text == "Pods MUST be safe."


@pytest.mark.parametrize("comment", ["<!--rule:a/b-->", "<!-- rules : a/b -->", "<!-- rules:\n  a/b\n-->"])
def test_ways_to_write_a_pin(comment: str) -> None:
    assert [pin.rule for pin in statements(f"Pods MUST be safe. {comment}\n")[0].pins] == ["a/b"]


def test_pins_know_their_lines() -> None:
    (statement,) = statements("Pods MUST be safe.\n<!-- rules: a/b,\n     c/d\n-->\n")
    assert statement.pins == (RulePin("a/b", 2), RulePin("c/d", 3))


def test_a_pin_belongs_to_the_statement_before_it() -> None:
    first, second = statements("A MUST x. <!-- rules: a/b --> B MUST y. So be it. <!-- rules: c/d -->\n")
    assert [pin.rule for pin in first.pins] == ["a/b"]
    assert [pin.rule for pin in second.pins] == ["c/d"]


@pytest.mark.parametrize(
    "between", ["\n", "\n\n", "\n\nNothing said.\n\n", "\n```\ncode\n```\n", "\n\n**Rationale**: because.\n"]
)
def test_a_pin_may_stand_further_down(between: str) -> None:
    (statement,) = statements(f"## Web\nA MUST x.{between}<!-- rules: a/b -->\n")
    assert [pin.rule for pin in statement.pins] == ["a/b"]


def test_two_pins_behind_one_statement() -> None:
    (statement,) = statements("A MUST x. <!-- rules: a/b -->\n\n<!-- rules: c/d -->\n")
    assert [pin.rule for pin in statement.pins] == ["a/b", "c/d"]


def test_a_pin_behind_a_colon_is_for_the_bullets() -> None:
    first, second, third = statements(
        "Pods MUST have: <!-- rules: a/b -->\n- probes\n- limits <!-- rules: c/d -->\n  - memory\n"
    )
    assert [pin.rule for pin in first.pins] == ["a/b"]
    assert [pin.rule for pin in second.pins] == ["c/d"]
    assert [pin.rule for pin in third.pins] == ["c/d"]


def test_a_pin_of_none() -> None:
    pinned, free = statements("A MUST x. <!-- rules: none -->\n\nB MUST y. <!-- reviewed by hand -->\n")
    assert (pinned.pins, pinned.pinned) == ((), True)
    assert (free.pins, free.pinned) == ((), False)


def test_a_pin_in_code_is_none() -> None:
    (statement,) = statements("A MUST x, see `<!-- rules: a/b -->`.\n")
    assert not statement.pinned


def test_a_pin_behind_no_statement() -> None:
    (fault,) = reading("## A\nB MUST.\n## C\n\n<!-- rules: a/b -->\n\nD MUST.\n").faults
    assert (fault.line, fault.fatal) == (5, True)
    assert "follows no statement" in fault.message


# The document


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("**Version**: 1.2.3 | **Ratified**: 2025-01-01", "1.2.3"),
        ("**Version:** 1.2.3", "1.2.3"),
        ("Version: 1.2.3-rc.1+b\nRatified: today", "1.2.3-rc.1+b"),
        ("- **Version**: 2.0 (draft)", "2.0"),
        ("Version: `3.0.0`", "3.0.0"),
    ],
)
def test_version_line(line: str, version: str) -> None:
    found = reading(f"Charts MUST lint.\n\n## Governance\n\n{line}\n")
    assert (found.version, found.version_line) == (version, 5)


def test_no_version_line() -> None:
    found = reading("<!-- Version: 1.0.0 -->\nVersion: MUST be semantic.\n")
    assert found.version is None


def test_a_template_that_nobody_filled_in() -> None:
    found = reading("# [PROJECT_NAME] Constitution\n### [PRINCIPLE_1_NAME]\n[PRINCIPLE_1_DESCRIPTION]\n")
    assert [(fault.line, fault.fatal) for fault in found.faults] == [(1, True), (2, True), (3, True)]
    assert "[PRINCIPLE_1_NAME]" in found.faults[1].message


def test_a_placeholder_left_in_a_constitution_that_can_be_used() -> None:
    found = reading(
        "Charts MUST lint.\n\n`[A_B]` [C_D](x) [TODO] <!-- [E_F] -->\n\n**Ratified**: [RATIFICATION_DATE]\n"
    )
    assert [(fault.line, fault.fatal) for fault in found.faults] == [(5, False)]


@pytest.mark.parametrize("text", ["", "\n\n", "# Web\n\nWe like charts.\n", "## Governance\nA MUST.\n", "\ufeff"])
def test_no_principle(text: str) -> None:
    (fault,) = reading(text).faults
    assert (fault.line, fault.fatal) == (0, True)
    assert fault.message.startswith("contains no principle")


def test_what_is_never_closed_would_hide_the_rest() -> None:
    (fault,) = reading("A MUST x.\n\n```\nB MUST y.\n").faults
    assert (fault.line, fault.fatal) == (3, True)
    assert "never closed" in fault.message


PARTS = st.sampled_from(
    [
        "# A",
        "## Security",
        "### MUST",
        "**MUST**:",
        "**MUST NOT**: x:",
        "- a",
        "  - b:",
        "1. c MUST",
        "MUST",
        "SHOULD never",
        "MAY.",
        "NOT REQUIRED",
        "e.g.",
        "(",
        ")",
        "`",
        "```",
        "<!-- rules: a/b -->",
        "<!--",
        "-->",
        "**Rationale**: x",
        "> q",
        "---",
        "===",
        "[A_B]",
        "No",
        "**",
        "_",
        "Version: 1",
        "| a | MUST |",
        "\n",
        "\n\n",
        " ",
        "\t",
        "\0",
        "\r",
        "é",
        "\u2028",
        "\ufeff",
    ]
)


@given(st.lists(PARTS, max_size=40))
def test_any_text_can_be_read(parts: list[str]) -> None:
    text = "".join(parts)
    found = reading(text)
    count = text.count("\n") + text.count("\r") + 1
    used: set[str] = set()
    for principle in found.principles:
        assert principle.statements
        assert principle.key not in used
        used.add(principle.key)
        for statement in principle.statements:
            assert 1 <= statement.line <= count
            assert statement.text == " ".join(statement.text.split()) != ""
    assert found.principles or any(fault.fatal for fault in found.faults)


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    read_statements(text, ())


def test_long_texts_take_no_time() -> None:
    started = time.process_time()
    for part in ("MUST ", "No ", "**MUST**: a ", "(a. ", "a. B ", "- MUST:\n", "`", "[A_", "<!-- rules: x -->", "not "):
        reading(part * 5_000)
    assert time.process_time() - started < 20  # with the square of the length it would be minutes
