"""``explain``: a rule's page, by its id or its name alone, and where the page with its tested examples is."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from helm_constitution.cli.main import cli
from helm_constitution.core.addresses import REPOSITORY


def explained(*arguments: str) -> str:
    return CliRunner().invoke(cli, ["explain", *arguments], catch_exceptions=False).stdout


def test_the_name_of_a_rule_will_do() -> None:
    assert explained("root-user") == explained("security/root-user")
    assert explained("root-user").startswith("security/root-user: Container may run as root.")


def test_it_leads_to_the_page_with_tested_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    ending = "/rules/security/root-user.md\n"
    assert explained("root-user").endswith(f"With tested examples: {REPOSITORY}/blob/main/docs{ending}")
    monkeypatch.setenv("HELM_CONSTITUTION_DOCS", "https://docs.example.com/lint/")
    assert explained("root-user").endswith(f"With tested examples: https://docs.example.com/lint{ending}")
