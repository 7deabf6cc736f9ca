"""Tokens: what they are, and that they cover the text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import helm_constitution
from helm_constitution.templates import lexer
from helm_constitution.templates.lexer import tokens

FRAGMENTS = st.sampled_from(
    [
        "{{",
        "}}",
        "{{- ",
        " -}}",
        "-}}",
        "{",
        "}",
        "(",
        ")",
        "|",
        "$",
        "$x",
        ".",
        ".a.b",
        ":=",
        "=",
        ",",
        '"',
        '"a"',
        "`",
        "'",
        "if",
        "else",
        "end",
        "range",
        "define",
        "{{/*",
        "*/}}",
        "{{- /* a */ -}}",
        "0x1F",
        "1.5",
        "-",
        "1i",
        " ",
        "\n",
        "\\",
        "é",
        "\x00",
    ]
)
TEMPLATES = st.one_of(
    st.text(),
    st.lists(FRAGMENTS, max_size=30).map("".join),
    st.lists(FRAGMENTS, max_size=12).map(lambda parts: "{{ " + " ".join(parts) + " }}"),
)

UNSAFE_GROUP = re.compile(r"(?<!\\)\)(?:[*+?]|\{[0-9,]+\})\+|\(\?>")


def written(text: str) -> list[str]:
    return [text[start:end] for _, start, end in tokens(text)[:-1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("no action { here }", []),
        ("a {{ .Values.image.tag }} b", ["{{", ".Values.image.tag", "}}"]),
        ("{{- $x := 1 -}}", ["{{-", "$x", ":=", "1", "-}}"]),
        ("{{$.Values.a|quote}}", ["{{", "$.Values.a", "|", "quote", "}}"]),
        ('{{ printf "%s}}" . }}', ["{{", "printf", '"%s}}"', ".", "}}"]),
        ("{{ `{{ $labels.pod }}` }}", ["{{", "`{{ $labels.pod }}`", "}}"]),
        ("{{/* a */}}{{- /* b */ -}}", ["{{/* a */}}", "{{- /* b */ -}}"]),
        ('{{ (index .Values "a").b }}', ["{{", "(", "index", ".Values", '"a"', ")", ".b", "}}"]),
        ("{{ if\n  eq .a\t-1.5e3 }}", ["{{", "if", "eq", ".a", "-1.5e3", "}}"]),
        ("{{ '\\'' }}", ["{{", "'\\''", "}}"]),
        ('{{ "a\\"b\\n" }}', ["{{", '"a\\"b\\n"', "}}"]),
        ("{{ .a }} { x {{ .b }}", ["{{", ".a", "}}", "{{", ".b", "}}"]),
        ("{{ .a }}{ {{ .b }}{", ["{{", ".a", "}}", "{{", ".b", "}}"]),
        ("{{/* a */}} b {{ .c }}", ["{{/* a */}}", "{{", ".c", "}}"]),
        ("{{/** a ** / b **/}}{{/***/}}", ["{{/** a ** / b **/}}", "{{/***/}}"]),
        ("{{/*/ a */}}", ["{{/*/ a */}}"]),
        ("{{ .a.b. }}", ["{{", ".a.b", ".", "}}"]),
        ("{{ $.a.b .5 }}", ["{{", "$.a.b", ".5", "}}"]),
        ('{{ .a.b"c" }}', ["{{", "."]),
        ("{{ 1e+2.5i 0x1p-2 1_0e 3-}}", ["{{", "1e+2.5i", "0x1p-2", "1_0e", "3", "-}}"]),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert written(text) == expected


def test_groups_repeat_neither_possessively_nor_atomically() -> None:
    """Python before 3.11.5 matches a possessive or atomic group wrongly when its last iteration fails halfway."""
    root = Path(helm_constitution.__file__).parents[2]
    sources = [path for folder in ("src", "rules") for path in (root / folder).rglob("*.py")]
    assert len(sources) > 100
    assert [str(path) for path in sources if UNSAFE_GROUP.search(path.read_text(encoding="utf-8"))] == []


def test_nothing_is_read_behind_a_fault() -> None:
    assert tokens("{{ # }}{{ .a }}") == [(lexer.LEFT, 0, 2), (lexer.FAULT, 3, 4), (lexer.END, 15, 15)]


@given(TEMPLATES)
def test_tokens_cover_the_text(text: str) -> None:
    """Between two tokens there is only space, or text without an action; a fault ends it all."""
    cursor, inside = 0, False
    for kind, start, end in tokens(text):
        gap = text[cursor:start]
        if inside:
            assert not gap.strip(lexer.SPACE)
        else:
            assert "{{" not in gap
        assert start >= cursor
        if kind == lexer.FAULT:
            return
        if kind != lexer.END:
            assert end > start
        inside = kind not in (lexer.RIGHT, lexer.COMMENT)
        cursor = end
    assert cursor == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{/*" * 20_000,
        "{{" + "a" * 100_000 + "=}}",
        "{{" + ".a" * 100_000 + "=}}",
        '{{"' + "a\\" * 50_000,
        "{ {" * 50_000,
        "{{" + "1_" * 50_000 + "=",
        "{{/*" + "*" * 100_000,
    ],
)
def test_hostile_text_is_read_in_linear_time(text: str) -> None:
    """Each of these takes minutes where a token is tried again from every character."""
    assert tokens(text)
