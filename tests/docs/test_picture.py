"""The README's picture: what the program prints, in its colours."""

from __future__ import annotations

from scripts.picture import COLUMNS, PICTURE, drawing, output


def test_the_picture_is_of_the_report_as_it_is_now(embedded: object) -> None:
    """`make docs` draws it anew."""
    printed = output()
    assert "\x1b[1;31mFAIL" in printed
    assert drawing(printed) == PICTURE.read_text("utf-8")


def test_colours_become_spans_and_markup_stays_text() -> None:
    drawn = drawing("\x1b[1;31merror\x1b[0m: <b> & \x1b[2mdim\x1b[0m")
    assert '<tspan fill="#ff8a80" font-weight="bold">error</tspan>: &lt;b&gt; &amp; ' in drawn
    assert '<tspan fill="#a3adb8">dim</tspan>' in drawn
    assert f'width="{round(COLUMNS * 8.4 + 28)}"' in drawn
