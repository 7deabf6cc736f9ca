"""Reading Markdown costs about as much as the text is long, whatever it holds."""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import process_time

import pytest

from helm_constitution.text import markdown_blocks, markdown_tables

PARTS: dict[str, Callable[[int], str]] = {
    "picture": lambda size: f"![x](data:image/png;base64,{'A' * size})",
    "open tags": lambda size: "<a " * (size // 3),
    "open links": lambda size: "[a](" * (size // 4),
    "brackets": lambda size: "[" * (size // 2) + "]" * (size // 2),
    "badges": lambda size: "[![x](https://a.test/b.svg)](https://a.test) " * (size // 45),
    "minified": lambda size: "<div><p class=x>a</p></div>" * (size // 27),
    "spaces": lambda size: f"a{' ' * size}b",
    "equals": lambda size: f"{'=' * size}x",
    "dashes": lambda size: f"a|b\n{'-' * size}x",
    "divider of spaces": lambda size: f"a|b\n{' ' * size}-x",
    "pipes": lambda size: "|-" * (size // 2) + "x",
    "open code": lambda size: "<code>" * (size // 6),
    "crossed code": lambda size: "<code></pre>" * (size // 12),
    "ticks": lambda size: "` `` " * (size // 5),
    "fence that is none": lambda size: f"```{'a' * size}`",
    "fence of spaces": lambda size: f"```{' ' * size}`",
    "comments": lambda size: "<!-- a -->" * (size // 10),
    "stars": lambda size: "**a *" * (size // 5),
    "quotes": lambda size: "> " * (size // 2),
    "headings in one line": lambda size: f"<h1>{'</h1> x' * (size // 7)}",
}


def seconds(text: str) -> float:
    gc.disable()  # its time grows with what other tests have left
    began = process_time()
    markdown_blocks.read(text)
    for table in markdown_tables.read_markdown(f"{text}\n\n# {text}\n\na|b\n-|-\n{text}|c\n").tables:
        for row in table.rows:
            assert [(cell.text, cell.code, cell.is_code) for cell in row.cells]
    used = process_time() - began
    gc.enable()
    return used


@pytest.mark.parametrize("name", PARTS)
def test_ten_times_the_text_costs_about_ten_times_as_much(name: str) -> None:
    part = PARTS[name]
    # The better of two: what another process or the garbage collection takes in between is not the text's.
    small, large = (min(seconds(part(size)) for _ in range(2)) for size in (4_000, 40_000))
    assert large < max(50 * small, 0.5), (small, large)
    assert large < 8


def test_code_in_code_is_one_piece() -> None:
    (table,) = markdown_tables.read_markdown(
        "a|b\n-|-\n<pre><code>x</code></pre>|<code>y</code> <code>z</code>\n"
    ).tables
    first, second = table.rows[0].cells
    assert (first.code, first.is_code) == (("x",), True)
    assert (second.code, second.is_code) == (("y", "z"), False)


def test_dividers() -> None:
    for divider in ("-|-", "|-|-|", "| - | :-: |", " :--- | ---: ", "|-|-"):
        assert len(markdown_tables.read_markdown(f"a|b\n{divider}\nc|d\n").tables) == 1, divider
    for divider in ("-", "||", "a|-", "- -", "|-|-|x", "::-|-"):
        assert markdown_tables.read_markdown(f"a|b\n{divider}\nc|d\n").tables == (), divider
