"""The documentation: made pages are current, links lead somewhere, commands exist, all examples have one address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from helm_constitution.core.addresses import REPOSITORY
from scripts.document_site import DOCS, ROOT, pages
from tests.command_lines import parse

_FENCE = re.compile(r"^( *)(`{3,})(\w*)\n(.*?)^\1\2$", re.MULTILINE | re.DOTALL)


def documents() -> list[Path]:
    """Every page for people."""
    pages = ("README.md", "CONTRIBUTING.md", "spec-kit/README.md")
    return [*(ROOT / page for page in pages), *sorted(DOCS.rglob("*.md"))]


def prose(text: str) -> str:
    """A page without its code."""
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", _FENCE.sub("", text))


def slugs(text: str) -> set[str]:
    """The anchors that headings give, as GitHub and mkdocs make them."""
    heads = re.findall(r"^#{1,6} (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def test_the_made_pages_are_current() -> None:
    """`make docs` writes them anew."""
    made = pages()
    stale = [path for path, text in made.items() if (DOCS / path).read_text("utf-8") != text]
    assert stale == []
    assert {file.relative_to(DOCS).as_posix() for file in (DOCS / "rules").rglob("*.md")} <= set(made)


def test_links_lead_to_files_and_headings_that_are_there() -> None:
    broken = []
    for document in documents():
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(document.read_text("utf-8"))):
            path, _, anchor = target.partition("#")
            if re.match(r"https?://", target):
                continue
            file = (document.parent / path).resolve() if path else document
            if not file.exists() or (anchor and anchor not in slugs(file.read_text("utf-8"))):
                broken.append(f"{document.relative_to(ROOT)}: {target}")
    assert broken == []


def navigation(entry: object) -> Iterator[str]:
    """The pages that the site's menu names."""
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, list):
        for one in entry:
            yield from navigation(one)
    elif isinstance(entry, dict):
        for one in entry.values():
            yield from navigation(one)


def test_the_menu_names_every_page_but_the_rules() -> None:
    named = list(navigation(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]))
    there = {file.relative_to(DOCS).as_posix() for file in DOCS.rglob("*.md")}
    rules = {path for path in there if path.startswith("rules/") and path != "rules/README.md"}
    assert sorted(named) == sorted(there - rules)


def commands() -> Iterator[tuple[str, str]]:
    """Every use of the program in the pages' shell blocks."""
    for document in documents():
        for _, _, language, text in _FENCE.findall(document.read_text("utf-8")):
            if language == "sh":
                for line in re.sub(r" *\\\n *", " ", text).splitlines():
                    if found := re.match(r"(?:\S*/)?helm[- ]constitution (.+?)(?: *>.*)?$", line.partition(" #")[0]):
                        yield f"{document.name}: {line}", found[1]


@pytest.mark.parametrize("arguments", [pytest.param(arguments, id=shown) for shown, arguments in commands()])
def test_commands_and_options_in_the_pages_exist(arguments: str) -> None:
    parse(arguments)


def test_one_place_has_the_address_of_the_repository() -> None:
    name = REPOSITORY.removeprefix("https://github.com/")
    examples = [*documents(), *sorted((ROOT / "examples" / "ci").iterdir()), ROOT / "mkdocs.yml"]
    others = [
        f"{file.relative_to(ROOT)}: {found}"
        for file in examples
        for found in re.findall(r"[\w.:/…-]*/helm-constitution(?=[@\s`]|$)", file.read_text("utf-8"), re.MULTILINE)
        if found not in (name, REPOSITORY) and not found.endswith("bin/helm-constitution")
    ]
    assert others == []


def test_the_readmes_numbers_are_those_of_the_comparison() -> None:
    rows = re.findall(r"^\| [\w-]+ \| (\d+) \| (\d+) \| (\d+) \|", (DOCS / "peers.md").read_text("utf-8"), re.MULTILINE)
    pairs, by_default, configured = (sum(map(int, column)) for column in zip(*rows, strict=True))
    said = " ".join((ROOT / "README.md").read_text("utf-8").split())
    assert f"Of {pairs} findings" in said
    assert f"the rules find {by_default} by default and {configured} with" in said


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= 900
