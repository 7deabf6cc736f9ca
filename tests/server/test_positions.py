"""Places as the program and as editors count them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.server.notes import Place
from helm_constitution.server.positions import EditorRange, Encoding, Positions
from helm_constitution.server.protocol import Texts

TEXT = "a: 1\r\n😀ключ: 2\u20283\n\nlast"


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("utf-8", (1, 4, 1, 12)), ("utf-16", (1, 2, 1, 6)), ("utf-32", (1, 1, 1, 5))],
)
def test_columns_count_what_the_editor_counts(encoding: Encoding, expected: tuple[int, ...]) -> None:
    assert Positions(TEXT, encoding).to_editor(2, 2, 2, 6) == EditorRange(*expected)


def test_without_columns_it_is_the_text_of_the_line() -> None:
    assert Positions("a:\n  b: 1  \n", "utf-16").to_editor(2, None) == EditorRange(1, 2, 1, 6)
    assert Positions("", "utf-16").to_editor(None, None) == EditorRange(0, 0, 0, 0)
    assert Positions("  ", "utf-16").to_editor(None, None) == EditorRange(0, 0, 0, 0)


def test_a_place_outside_of_the_text_is_cut_to_it() -> None:
    assert Positions("a\nb", "utf-16").to_editor(9, 5, 12, 3) == EditorRange(1, 1, 1, 1)
    assert Positions("a: 1", "utf-16").to_editor(1, 4, 3, 1) == EditorRange(0, 3, 0, 3)
    assert Positions("a\nb", "utf-16").from_editor(7, 0) == (2, 2)


@given(st.text(" \n\ufeffa😀"), st.integers(1, 4), st.none() | st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
def test_no_stretch_ends_before_it_begins(text: str, row: int, column: int | None, last: int, end: int) -> None:
    found = Positions(text, "utf-16").to_editor(row, column, last, end)
    assert (found.line, found.character) <= (found.end_line, found.end_character)


@given(st.text(), st.sampled_from(["utf-8", "utf-16", "utf-32"]), st.integers(0, 20), st.integers(0, 20))
def test_there_and_back_is_the_same_place(text: str, encoding: Encoding, row: int, column: int) -> None:
    positions = Positions(text, encoding)
    line = min(row, len(positions.lines) - 1)
    index = min(column, len(positions.lines[line].removeprefix("\ufeff" if line == 0 else "")))
    found = positions.to_editor(line + 1, index + 1, line + 1, index + 1)
    assert positions.from_editor(found.line, found.character) == (line + 1, index + 1)


def test_a_text_is_read_once_for_an_answer() -> None:
    read: list[str] = []

    def positions(path: str) -> Positions:
        read.append(path)
        return Positions("a: 1\n", "utf-16")

    texts = Texts(positions, str)
    assert [texts.range_of(Place("/a", line)).start.line for line in (1, 2, 9)] == [0, 1, 1]
    assert read == ["/a"]


@pytest.mark.parametrize(("encoding", "width"), [("utf-8", 3), ("utf-16", 1), ("utf-32", 1)])
def test_a_byte_order_mark_that_an_editor_sends_is_counted_for_it_alone(encoding: Encoding, width: int) -> None:
    positions = Positions("\ufeffa: 1\nb: 2", encoding)
    assert positions.to_editor(1, 2, 2, 2) == EditorRange(0, width + 1, 1, 1)
    assert positions.point(1, 1) == (0, width)
    assert positions.from_editor(0, width + 1) == (1, 2)
    assert positions.from_editor(0, 0) == (1, 1)
    assert positions.from_editor(1, 1) == (2, 2)
