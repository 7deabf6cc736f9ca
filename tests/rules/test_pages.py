"""What the page of a rule on rendered objects shows as good is YAML that one can paste."""

from __future__ import annotations

import inspect
import re
import textwrap

import pytest

from helm_constitution.api import Subject
from helm_constitution.lint import registry
from helm_constitution.lint.rule import Rule
from helm_constitution.text.yaml import load_documents

RULES = [
    rule
    for rule in registry.rules()
    if rule.principle in ("portability", "observability", "security", "helm") and rule.scope is not Subject
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_a_page_shows_as_good_can_be_pasted(rule: Rule) -> None:
    section = re.search(r"(?m)^Good:\n((?:    .*\n|\n)+)", inspect.cleandoc(rule.doc) + "\n")
    assert section is not None
    good = textwrap.dedent(section[1])
    assert "…" not in good
    # Actions on lines of their own are template logic; others stand for a value.
    rendered = re.sub(r"\{\{.*?\}\}", "x", re.sub(r"(?m)^\s*\{\{-.*\}\}\s*(?:#.*)?$", "", good))
    (document,) = load_documents(rendered, "good.yaml", rendered=True)
    assert document.view.data is not None
