"""Values set in YAML texts: the data changes there and nowhere else, and the text around it stays."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.text.edits import apply_edits
from helm_constitution.text.yaml import load_document
from helm_constitution.text.yaml_document import Path, walk
from helm_constitution.text.yaml_edits import set_value
from helm_constitution.text.yaml_scalars import Json

TEXT = """\
# The image.
image:
    repository: web   # where it is
    tag: "1.2"

resources: {}  # none
empty:
nothing: null
flow: {a: 1, b: [x, y]}
list:
- name: a
  value: 1
- name: b
script: |
    echo
    exit

# The end.
last: on
"""


def changed(text: str, path: Path, value: Json) -> str | None:
    edits = set_value(load_document(text, "values.yaml"), path, value)
    return None if edits is None else apply_edits(text, edits)


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (("image", "repository"), "api", "repository: web   # where", "repository: api   # where"),
        (("image", "tag"), "true", 'tag: "1.2"', 'tag: "true"'),
        (("image", "pullPolicy"), "Always", '    tag: "1.2"\n', '    tag: "1.2"\n    pullPolicy: Always\n'),
        (("resources",), {"requests": {"cpu": "10m"}}, " {}  # none\n", "  # none\n    requests:\n        cpu: 10m\n"),
        (("resources", "limits", "cpu"), 1, " {}  # none\n", "  # none\n    limits:\n        cpu: 1\n"),
        (("empty",), "x", "empty:\n", "empty: x\n"),
        (("empty", "a"), "x", "empty:\n", "empty:\n    a: x\n"),
        (("nothing", "a"), 1, "nothing: null\n", "nothing:\n    a: 1\n"),
        (("flow", "c"), True, "b: [x, y]}", "b: [x, y], c: true}"),
        (("flow", "b"), ["z"], "[x, y]", "[z]"),
        (("list", 1, "value"), 2, "- name: b\n", "- name: b\n  value: 2\n"),
        (("list", 0, "name"), "c d", "- name: a\n", "- name: c d\n"),
        (("last",), False, "last: on\n", "last: false\n"),
        (("new",), "x: y", "last: on\n", 'last: on\nnew: "x: y"\n'),
    ],
)
def test_a_value_is_set_where_it_belongs(path: Path, value: Json, old: str, new: str) -> None:
    assert TEXT.count(old) == 1
    assert changed(TEXT, path, value) == TEXT.replace(old, new)


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("a:\n  b: 1\n\n  # c: 2\n  #   d: 3\n", ("e",), "a:\n  b: 1\n\n  # c: 2\n  #   d: 3\ne: true\n"),
        ("a:\n  b: 1\n  # c: 2\n# The end.\n", ("e",), "a:\n  b: 1\n  # c: 2\ne: true\n# The end.\n"),
        (
            "a:\n  b:\n    c: 1\n    # d: 2\n  # e: 3\nf: 4\n",
            ("a", "g"),
            "a:\n  b:\n    c: 1\n    # d: 2\n  g: true\n  # e: 3\nf: 4\n",
        ),
    ],
)
def test_a_key_comes_behind_the_comments_that_belong_to_the_entry_before(text: str, path: Path, expected: str) -> None:
    assert changed(text, path, True) == expected


def test_a_key_comes_before_the_comment_of_the_next_block() -> None:
    text = "a:\n  b: 1\n\n# The next one.\nc: 2\n"
    assert changed(text, ("a", "d"), 2) == "a:\n  b: 1\n  d: 2\n\n# The next one.\nc: 2\n"


def test_a_key_comes_behind_a_text_of_several_lines() -> None:
    text = "a:\n  b: |\n    x\n\nc: 2\n"
    assert changed(text, ("a", "d"), 2) == "a:\n  b: |\n    x\n  d: 2\n\nc: 2\n"


def test_a_last_line_without_an_end_keeps_having_none() -> None:
    assert changed("a: 1", ("b",), 2) == "a: 1\nb: 2"


@pytest.mark.parametrize("path", [("script",), ("script", "a"), ("image", "tag", "x"), ("list", "x")])
def test_what_needs_more_than_a_small_edit_is_left(path: Path) -> None:
    assert changed(TEXT, path, "x") is None


@pytest.mark.parametrize("path", [("b",), ("b", "x")])
def test_what_an_alias_brings_is_left(path: Path) -> None:
    assert changed("a: &a {x: 1}\nb: *a\n", path, 2) is None


@pytest.mark.parametrize("text", ["a: &one x\nb: *one\n", "\ufeffa: &one {}\nb: *one\n"])
def test_what_others_take_by_an_anchor_is_left(text: str) -> None:
    assert changed(text, ("a",), "y") is None


KEYS = st.text("abcxyz", min_size=1, max_size=3)
SCALARS = st.one_of(st.booleans(), st.none(), st.integers(-9, 999), st.text(max_size=6))


def places(data: Any) -> list[Path]:
    return [path for path, _ in walk(data) if path]


@given(st.data(), SCALARS)
def test_at_any_place_only_that_value_changes(data: st.DataObject, value: Json) -> None:
    document = load_document(TEXT, "values.yaml")
    path = data.draw(st.sampled_from(places(document.data)))
    text = changed(TEXT, path, value)
    if text is None:
        return
    expected = copy.deepcopy(document.data)
    target: Any = expected
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    assert load_document(text, "values.yaml").data == expected
    assert [line for line in TEXT.split("\n") if "#" in line and line[0] == "#"] == [
        line for line in text.split("\n") if line[:1] == "#"
    ]
