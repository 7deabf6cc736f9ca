"""What a person reads is plain English: odd words of the first version stay out of messages, help, rule pages and
documents."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.document_site import DOCS, ROOT

WORDS = (
    r"\bmend(?:s|ed|ing)?\b",  # fix
    r"\bjudg(?:e|es|ed|ing)\b",  # check
    r"letter for letter",  # byte for byte
    r"missed by nobody",
    r"known again",
    r"made harmless",
    r"nearest parent",
    r"decided by",
    r"rendered here",
    r"this asks for",
    r"doesn't tell",
    r"one kind of object a file",
    r"there already",
    r"is no folder",
    r"nothing is left that",
    r"takes in no",
    r"finds something in",
    r"becomes of",
    r"\bbe it\b",
    r"\bor so\b",
    r"\bcares? for\b",
    r"\bis told\b",
    r"\bsuch as is\b",
    r"\bone that is there\b",
    r"\bmakes of\b",
    r"\bhangs on\b",
    r"\bset otherwise\b",
    r"\bwith commas between\b",
    r"\bthe other way round\b",
    r"\btruth value\b",
    r"\bhas to bear\b",
    r"\bthe team asks\b",
    r"\bof one's own\b",
    r"\bcomes? to be\b",
    r"\btakes? (?:it |them |this |that )?for (?:true|false|an?|the)\b",
    r"\btakes in\b",  # matches, accepts
    r"\bgives another\b",
    r"\bby way of\b",
    r"\bis fixed to\b",
    r"\bno semantic version\b",  # not a semantic version
    r"\bgiven up\b",
    r"\bmade anew\b",
    r"\brender no longer\b",
    r"\bgoes without\b",
    r"\bof its own making\b",
    r"\bnotes on upgrading\b",  # upgrade notes
    r"\bin vain\b",
    r"\bisn't told\b",
    r"\btells of\b",  # mentions
    r"\bdecides nothing\b",
    r"doesn't (?:say|know)\b",
    r"\bstands twice\b",
    r"\bleads? nowhere\b",
    r"\bwithout a word\b",
    r"\bonce rendered: ",
    r"\bnot done within\b",
    r"\bcan't be had\b",
    r"\bis no (?:list|map|chart|folder|plain)\b",
    r"\bis none of\b",
    r"\bkept as it is\b",
)
ODD = re.compile("|".join(WORDS), re.IGNORECASE)
NAMES = re.compile(r"judge_tests|could-not-judge|judges\b|decided_by")
"""Parts of contracts, which stay: a configuration's key, an id in SARIF and Code Quality, a field's name."""


def texts_of(source: Path) -> Iterator[tuple[int, str]]:
    """The text literals of a module that a person may read: those with a space, and the pages of rules."""
    tree = ast.parse(source.read_text("utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    pages = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
        and any(isinstance(one, ast.Call) for one in node.decorator_list)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or " " not in node.value:
            continue
        if id(node) not in docstrings or id(node) in pages:
            yield node.lineno, node.value


def odd(text: str) -> list[str]:
    """The odd words in a text."""
    return [found[0] for found in ODD.finditer(NAMES.sub("", text))]


@pytest.mark.parametrize("folder", ["src/helm_constitution", "rules"])
def test_messages_help_and_rule_pages_are_plain(folder: str) -> None:
    found = [
        f"{source.relative_to(ROOT)}:{line}: {word}"
        for source in sorted((ROOT / folder).rglob("*.py"))
        for line, text in texts_of(source)
        for word in odd(text)
    ]
    assert found == []


def test_documents_are_plain() -> None:
    documents = [ROOT / "README.md", ROOT / "action.yml", *sorted((ROOT / "examples" / "ci").iterdir())]
    documents += [file for file in sorted(DOCS.rglob("*.md")) if file.name != "peers.md"]
    documents += sorted((ROOT / "src" / "helm_constitution" / "data").glob("con*"))
    documents += [file for file in sorted((ROOT / "spec-kit").rglob("*")) if file.is_file()]
    found = [
        f"{file.relative_to(ROOT)}:{number}: {word}"
        for file in documents
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        for word in odd(line)
    ]
    assert found == []
