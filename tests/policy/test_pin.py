"""Pins: proposed, written once, and nothing else changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from helm_constitution.cli.main import cli
from helm_constitution.core.errors import ConstitutionFileError
from helm_constitution.lint import registry
from helm_constitution.policy.constitution import parse_constitution
from helm_constitution.policy.pin import check_pins, pinned_text, proposals, unpinned
from helm_constitution.policy.rule_selection import match

MODULES = registry.modules()
FOLDER = Path(__file__).parents[2] / "testdata" / "constitutions"
DOCUMENT = "## Security\n\nContainers MUST NOT be privileged, and MUST drop all capabilities. Our cat MUST be fed.\n"
PINNED = (
    "## Security\n\nContainers MUST NOT be privileged <!-- rules: security/privileged -->, and MUST drop all "
    "capabilities. <!-- rules: security/capabilities --> Our cat MUST be fed. <!-- rules: none -->\n"
)


def pinned(text: str) -> str:
    return pinned_text(text, proposals(text, "constitution.md", MODULES))


def test_each_demand_gets_the_rules_that_it_is_matched_with() -> None:
    assert pinned(DOCUMENT) == PINNED
    assert pinned(PINNED) == PINNED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- Pods MUST be non-root.  \n", "- Pods MUST be non-root. <!-- rules: security/root-user -->  \n"),
        ("| a | No privileged pods |\n", "| a | No privileged pods <!-- rules: security/privileged --> |\n"),
        ("**MUST NOT**:\r\n- Run as root\r\n", "**MUST NOT**:\r\n- Run as root <!-- rules: security/root-user -->\r\n"),
        (
            "> Pods MUST be\n> non-root. <!-- reviewed -->\n",
            "> Pods MUST be\n> non-root. <!-- rules: security/root-user --> <!-- reviewed -->\n",
        ),
        ("Pods MUST be `non-root`", "Pods MUST be `non-root` <!-- rules: security/root-user -->"),
    ],
)
def test_where_a_pin_is_written(text: str, expected: str) -> None:
    assert pinned(text) == expected


@pytest.mark.parametrize("name", ["prose.md", "blocks.md"])
def test_a_pinned_document_says_what_it_said(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    result = pinned(text)
    check_pins(text, result, name, MODULES)
    assert re.sub(r" ?<!-- rules: [^>]*-->", "", result) == re.sub(r" ?<!-- rules: [^>]*-->", "", text)
    before, after = (parse_constitution(document, name, MODULES) for document in (text, result))
    assert unpinned(after) == ()
    assert pinned(result) == result
    assert match(before, MODULES).by_statement == match(after, MODULES).by_statement


def test_the_command(tmp_path: Path) -> None:
    file = tmp_path / "constitution.md"
    file.write_text(DOCUMENT, "utf-8")
    shown = CliRunner().invoke(cli, ["constitution", "pin", str(file)])
    assert shown.exit_code == 0
    assert f"{file}:3: MUST Our cat MUST be fed.\n    <!-- rules: none -->\n    no rule checks this\n" in shown.output
    assert shown.output.endswith("3 statements unpinned; --write pins them\n")
    assert file.read_text("utf-8") == DOCUMENT
    written = CliRunner().invoke(cli, ["constitution", "pin", str(file), "--write"])
    assert (written.exit_code, written.output.splitlines()[-1]) == (0, f"{file}: pinned 3 statements")
    assert file.read_text("utf-8") == PINNED
    again = CliRunner().invoke(cli, ["constitution", "pin", str(file), "--write"])
    assert (again.exit_code, again.output) == (0, f"{file}: every statement is pinned\n")
    assert file.read_text("utf-8") == PINNED


def test_the_built_in_constitution_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["constitution", "pin", "--write"])
    assert (result.exit_code, result.output) == (0, "built-in constitution: every statement is pinned\n")


def test_check_says_what_is_unpinned_and_not_understood(tmp_path: Path) -> None:
    file = tmp_path / "constitution.md"
    file.write_text(DOCUMENT + "\nImages müssen signiert sein.\n", "utf-8")
    result = CliRunner().invoke(cli, ["constitution", "check", str(file)])
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        f"{file}:5: not understood (not in English), so no rule checks it: Images müssen signiert sein.",
        f"{file}: 3 statements are unpinned (line 3); `constitution pin --write` pins them",
        f"{file}: no faults",
    ]


def test_show_says_what_is_left_open_and_not_understood(tmp_path: Path) -> None:
    file = tmp_path / "constitution.md"
    file.write_text("## Pods\n\nPods MUST be non-root and start in 10 seconds.\n\nImages müssen leben.\n", "utf-8")
    result = CliRunner().invoke(cli, ["constitution", "show", str(file)])
    assert "      partly checked; no rule checks: start in 10 seconds\n" in result.output
    assert "Not understood\n  line 5: Images müssen leben. (not in English)\n" in result.output
    assert result.output.endswith("0 are unchecked; 1 sentence is not understood\n")


def test_a_document_in_another_language_is_of_no_use(tmp_path: Path) -> None:
    file = tmp_path / "constitution.md"
    message = "its one demand is not understood (line 5); write it in English with MUST, SHOULD or MAY"
    file.write_text("# Verfassung\n\n## Sicherheit\n\n- Container dürfen nicht als root laufen.\n", "utf-8")
    for command in ("show", "pin"):
        result = CliRunner().invoke(cli, ["constitution", command, str(file)])
        assert isinstance(result.exception, ConstitutionFileError)  # exit status 2
        assert str(result.exception) == f"{file}: {message}"
    result = CliRunner().invoke(cli, ["constitution", "check", str(file)])
    assert f"{file}: {message}" in result.output.splitlines()


def test_a_pin_keeps_the_weight_of_a_wide_statement() -> None:
    text = "## Pods\n\nCharts MUST follow Helm's best practices.\n"
    kept = pinned(text)
    assert "helm/missing-label, helm/missing-version-label (default)" in kept
    before, after = (match(parse_constitution(one, "c.md", MODULES), MODULES) for one in (text, kept))
    assert {rule.id: setting.severity for rule, setting in before.rules.items()} == {
        rule.id: setting.severity for rule, setting in after.rules.items()
    }
    assert proposals(kept, "c.md", MODULES) == ()


def test_a_pin_at_the_default_is_never_stronger_than_its_statement() -> None:
    text = "## Pods\n\nCharts SHOULD be safe. <!-- rules: security/privileged (default), helm/no-notes(default) -->\n"
    found = match(parse_constitution(text, "c.md", MODULES), MODULES)
    weights = {rule.id: setting.severity.label for rule, setting in found.rules.items() if setting.statements}
    assert weights == {"security/privileged": "warning", "helm/no-notes": "warning"}


@pytest.mark.parametrize(
    ("sentence", "rule", "parameters"),
    [
        ("Templates MUST nest at most 4 levels.", "templates/nesting-depth (limit=2)", {"limit": 2}),
        ("Templates MUST nest at most 4 levels.", "templates/nesting-depth", {"limit": 4}),
        ("Templates MUST nest at most 4 levels.", "templates/nesting-depth (default, limit=2)", {"limit": 2}),
        (
            "Objects MUST be labelled.",
            'observability/no-owner-label (label="acme.io/team, owner")',
            {"label": "acme.io/team, owner", "objects": "workloads"},
        ),
        (
            "Workloads MUST have the labels acme.io/team and acme.io/tier.",
            "observability/no-owner-label",
            {"label": "acme.io/team and acme.io/tier", "objects": "workloads"},
        ),
    ],
)
def test_a_pin_sets_a_parameter_before_the_words_do(sentence: str, rule: str, parameters: dict[str, int | str]) -> None:
    document = parse_constitution(f"## Rules\n\n{sentence} <!-- rules: {rule} -->\n", "c.md", MODULES)
    ((found, setting),) = [(one, setting) for one, setting in match(document, MODULES).rules.items() if not one.always]
    assert found.id == rule.partition(" ")[0]
    assert setting.parameters == parameters


@pytest.mark.parametrize(
    ("sentence", "pin"),
    [
        ("Templates MUST nest at most 4 levels.", "templates/nesting-depth (limit=4)"),
        (
            "Workloads MUST have the labels acme.io/team and acme.io/tier.",
            'observability/no-owner-label (label="acme.io/team and acme.io/tier")',
        ),
    ],
)
def test_a_pin_is_written_with_what_the_words_set(sentence: str, pin: str) -> None:
    text = f"## Rules\n\n{sentence}\n"
    assert pinned(text) == f"## Rules\n\n{sentence} <!-- rules: {pin} -->\n"
    assert pinned(pinned(text)) == pinned(text)


@pytest.mark.parametrize(
    ("pin", "message"),
    [
        (
            "templates/nesting-depth (limt=2)",
            "unknown parameter of templates/nesting-depth 'limt'; did you mean 'limit'?",
        ),
        ("security/root-user (weak)", "unknown parameter of security/root-user 'weak'; known: none"),
        (
            "templates/nesting-depth (limit=x)",
            "the parameter limit of templates/nesting-depth must be an integer, not 'x'",
        ),
        (
            "templates/nesting-depth (limit)",
            "the parameter limit of templates/nesting-depth must have a value; write limit=…",
        ),
    ],
)
def test_a_bad_parameter_in_a_pin_has_a_line(pin: str, message: str) -> None:
    document = parse_constitution(f"## Rules\n\nKeep it flat.\n<!-- rules: {pin} -->\n", "c.md", MODULES)
    with pytest.raises(ConstitutionFileError) as error:
        match(document, MODULES)
    assert (error.value.line, error.value.message) == (4, message)
