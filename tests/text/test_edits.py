"""Edits of texts: what they change, and that all else stays."""

from __future__ import annotations

import json

import pytest

from helm_constitution.core.fixes import Edit
from helm_constitution.text.edits import EditError, apply_edits, merged


def edit(line: int, column: int, end_line: int, end_column: int, text: str) -> Edit:
    return Edit("values.yaml", line, column, end_line, end_column, text)


@pytest.mark.parametrize(
    ("text", "edits", "expected"),
    [
        ("a: 1\nb: 2\n", [edit(2, 4, 2, 5, "3")], "a: 1\nb: 3\n"),
        ("a: 1\nb: 2", [edit(2, 5, 2, 5, "\nc: 3")], "a: 1\nb: 2\nc: 3"),
        ("a: 1\r\nb: 2\r\n", [edit(1, 5, 1, 5, "\nc: 3")], "a: 1\r\nc: 3\r\nb: 2\r\n"),
        ("\ufeffa: 1\n", [edit(1, 4, 1, 5, "2")], "\ufeffa: 2\n"),
        ("ä: 𝄞\n", [edit(1, 4, 1, 5, "x")], "ä: x\n"),
        ("a\nb\nc\n", [edit(3, 1, 4, 1, ""), edit(1, 1, 1, 1, "z\n")], "z\na\nb\n"),
        ("", [edit(1, 1, 1, 1, "new\n")], "new\n"),
    ],
)
def test_only_the_stretch_changes(text: str, edits: list[Edit], expected: str) -> None:
    assert apply_edits(text, edits) == expected


@pytest.mark.parametrize(
    ("text", "edits", "message"),
    [
        ("a\n", [edit(4, 1, 4, 1, "x")], "has no line 4"),
        ("a\r\nb\n", [edit(1, 3, 1, 3, "x")], "has no column 3 in line 1"),
        ("abc\n", [edit(1, 1, 1, 3, "x"), edit(1, 2, 1, 4, "y")], "two edits overlap"),
        ("a\rb\n", [edit(1, 1, 1, 1, "x")], "line separators that only some readers count"),
        ("a\u2028b\n", [edit(1, 1, 1, 1, "x")], "line separators that only some readers count"),
    ],
)
def test_what_is_not_certain_is_refused(text: str, edits: list[Edit], message: str) -> None:
    with pytest.raises(EditError, match=message):
        apply_edits(text, edits)


def test_blocks_of_yaml_at_one_place_become_one() -> None:
    first = edit(5, 9, 5, 9, "\n  securityContext:\n    capabilities:\n      drop: [ALL]")
    second = edit(5, 9, 5, 9, "\n  securityContext:\n    runAsNonRoot: true")
    third = edit(5, 9, 5, 9, "\n  securityContext:\n    capabilities:\n      add: [NET_BIND_SERVICE]")
    (one,) = merged([first, second, third])
    assert one.text.split("\n") == [
        "",
        "  securityContext:",
        "    capabilities:",
        "      drop: [ALL]",
        "      add: [NET_BIND_SERVICE]",
        "    runAsNonRoot: true",
    ]


@pytest.mark.parametrize("text", ["\n  runAsNonRoot: false", "x"])
def test_what_contradicts_is_no_block(text: str) -> None:
    with pytest.raises(EditError, match="overlap"):
        merged([edit(5, 9, 5, 9, "\n  runAsNonRoot: true"), edit(5, 9, 5, 9, text)])


MEMORY = """,
    "web": {
      "type": "object",
      "properties": {
        "memory": {
          "type": "string"
        }
      }
    }"""


def test_members_of_a_json_object_at_one_place_become_one() -> None:
    others = (
        MEMORY.replace("memory", "cpu"),
        MEMORY.replace("web", "db"),
        MEMORY.replace("web", "db").replace("memory", "cpu"),
    )
    for texts in ((MEMORY, *others), (*others, MEMORY)):
        (one,) = merged([edit(5, 9, 5, 9, text) for text in texts])
        assert json.loads("{" + one.text[1:] + "}") == {
            name: {"type": "object", "properties": {"cpu": {"type": "string"}, "memory": {"type": "string"}}}
            for name in ("web", "db")
        }
        assert one.text.startswith(',\n    "')
        assert '\n          "type": "string"\n' in one.text


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (', "a": {"b": 1}', ', "a": {"c": null}', ', "a": {"b": 1, "c": null}'),
        (', "a": {"b": 1}', ', "a": {"b": 2}', None),
        (', "a": {"b": null}', ', "a": {"b": 2}', None),
        (',"a":{"b": 1}', ',"a":{"c": 2}', None),  # an unknown layout
        (", one", ", other", None),
    ],
)
def test_members_in_one_line_become_one_or_are_refused(first: str, second: str, expected: str | None) -> None:
    edits = [edit(5, 9, 5, 9, first), edit(5, 9, 5, 9, second)]
    if expected is None:
        with pytest.raises(EditError, match="two edits overlap"):
            merged(edits)
    else:
        assert [one.text for one in merged(edits)] == [expected]
