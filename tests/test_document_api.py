"""CONTRIBUTING's reference of the rule API: current, complete, and made of docstrings that are there."""

from __future__ import annotations

import re

from helm_constitution import api
from scripts.document_api import GROUPS, INNER, PAGE, RETURNED, Entry, entries, with_reference


def test_the_reference_is_current() -> None:
    page = PAGE.read_text("utf-8")
    assert with_reference(page) == page, "write it anew: make docs"


def test_every_export_is_documented_once() -> None:
    named = [name for names in GROUPS.values() for name in names]
    assert sorted(named) == sorted({*api.__all__, *RETURNED}), "put each export into one group of scripts/document_api"


def test_what_is_exported_is_not_called_returned() -> None:
    assert not set(RETURNED) & set(api.__all__)


def test_every_public_member_has_a_docstring() -> None:
    missing = [name for entry in entries() for name in entry.undocumented()]
    assert missing == [], "write a docstring, or name the field in the docstring of its class"


def test_inner_members_are_there() -> None:
    members = {f"{entry.name}.{member.name}" for entry in entries() for member in entry.all_members}
    assert members >= INNER


def test_types_that_members_give_are_documented() -> None:
    documented = {entry.name for entry in entries()}
    named = {
        word
        for name in ("Subject", "Container", "PodSpec", "Workload", "Manifest", "Rendering", "Chart", "ValuesFile")
        for member in Entry(name).members
        for word in re.findall(r"\b[A-Z]\w+\b", member.form.partition(":")[2].partition(" = ")[0])
    }
    plain = {"Any", "Callable", "Concatenate", "Identity", "Iterator", "Mapping", "None", "Sequence"}
    assert named - documented == plain & named


def test_a_members_form_docstring_and_place() -> None:
    page = with_reference(PAGE.read_text("utf-8"))
    assert "- `name: str`: The container's name;" in page.partition("#### `Container`")[2].partition("####")[0]
