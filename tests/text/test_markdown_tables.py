"""Headings, tables and code blocks of READMEs and changelogs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.text import markdown_tables as markdown


def headings(text: str) -> list[tuple[int, str, int]]:
    return [(heading.level, heading.text, heading.line) for heading in markdown.read_markdown(text).headings]


def rows(text: str) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for table in markdown.read_markdown(text).tables for row in table.rows]


def test_headings_of_both_styles_with_their_lines() -> None:
    text = "# web\n\nInstalling\n==========\n\nUpgrading\n---\n\n### Values ###\n#### C#\n"
    assert headings(text) == [(1, "web", 1), (1, "Installing", 3), (2, "Upgrading", 6), (3, "Values", 9), (4, "C#", 10)]


def test_heading_text_is_free_of_markup() -> None:
    text = "## [1.2.3](https://example.com/a_(b)) (2024-01-01)\n## **Install** the `web` chart\n## values_file\n"
    assert [heading[1] for heading in headings(text)] == [
        "1.2.3 (2024-01-01)",
        "Install the web chart",
        "values_file",
    ]


def test_html_heading() -> None:
    assert headings('<h2 id="values">Values</h2>\n') == [(2, "Values", 1)]


def test_what_only_looks_like_a_heading() -> None:
    text = (
        "```console\n# helm install web\n```\n<!--\n## hidden\n-->\n#hashtag\n\n---\n- item\n---\n    # indented code\n"
    )
    assert headings(text) == []


def test_code_blocks_keep_language_and_line() -> None:
    (block,) = markdown.read_markdown("text\n\n~~~ Console x\nhelm install web .\n```\n~~~\n").code
    assert (block.language, block.lines, block.line) == ("console", ("helm install web .", "```"), 4)


def test_a_fence_that_is_never_closed_runs_to_the_end() -> None:
    (block,) = markdown.read_markdown("```\n# a\n# b").code
    assert block.lines == ("# a", "# b")


def test_the_table_of_helm_docs() -> None:
    text = '## Values\n\n| Key | Type | Default |\n|-----|------|---------|\n| a.b | string | `"x"` |\n\nmore | text\n'
    (table,) = markdown.read_markdown(text).tables
    assert table.header == ("Key", "Type", "Default")
    assert table.heading is not None
    assert table.heading.text == "Values"
    (row,) = table.rows
    assert row.line == 5
    assert row.cells[2].is_code
    assert row.cells[2].text == '"x"'
    assert (row.cells[2].span.column, row.cells[2].span.end_column) == (18, 23)


def test_pipes_are_escaped_by_a_backslash_even_in_code() -> None:
    assert rows("a | b\n--|--\n`x \\| y` | z \\| w\n") == [["x | y", "z | w"]]


def test_cells_lose_their_markup() -> None:
    table = "| a |\n|---|\n| **image.tag** |\n| [image.tag](./values.yaml#L1) |\n| image\\_tag |\n"
    table += "| `image_tag`<br/>x |\n| &lt;nil&gt; |\n"
    assert rows(table) == [["image.tag"], ["image.tag"], ["image_tag"], ["image_tag x"], ["<nil>"]]


def test_a_cell_with_more_than_code_is_not_code() -> None:
    (table,) = markdown.read_markdown("| a |\n|---|\n| `x` (see values) |\n| `x` and `y` |\n| `` a`b `` |\n").tables
    assert [row.cells[0].is_code for row in table.rows] == [False, False, True]
    assert table.rows[1].cells[0].code == ("x", "y")
    assert table.rows[2].cells[0].text == "a`b"


def test_a_table_needs_a_delimiter_of_its_width() -> None:
    assert rows("| a | b |\n|---|\n| 1 | 2 |\n") == []


def test_html_table() -> None:
    text = (
        "<table>\n<thead>\n<th>Key</th>\n<th>Default</th>\n</thead>\n<tbody>\n<tr>\n"
        '\t<td id="a"><a href="./values.yaml#L1">image.tag</a></td>\n'
        '\t<td><pre lang="json">\n"1 &lt; 2"\n</pre>\n</td>\n</tr>\n</tbody>\n</table>\n'
    )
    (table,) = markdown.read_markdown(text).tables
    assert table.header == ("Key", "Default")
    (row,) = table.rows
    assert [cell.text for cell in row.cells] == ["image.tag", '"1 < 2"']
    assert row.cells[1].is_code
    assert row.line == 8


@given(st.text(alphabet=st.sampled_from("|-`~#=<>!*_[]()\\& \n\ttdrhablecopa1:"), max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    document = markdown.read_markdown(text)
    lines = text.count("\n") + 1
    assert all(1 <= heading.line <= lines for heading in document.headings)
    for table in document.tables:
        for row in table.rows:
            for cell in row.cells:
                assert 1 <= cell.span.line <= lines
                assert isinstance(cell.text, str)
                assert isinstance(cell.code, tuple)
    assert len(document.prose) == lines


@given(st.lists(st.text(alphabet="ab|\\ .", min_size=1, max_size=8), min_size=1, max_size=4))
def test_a_cell_is_read_back_as_it_was_written(cells: list[str]) -> None:
    contents = [cell.replace("\\", "").strip() or "x" for cell in cells]
    line = "|" + "|".join(f" {content.replace('|', chr(92) + '|')} " for content in contents) + "|"
    header = "|" + "h|" * len(contents)
    delimiter = "|" + "---|" * len(contents)
    assert rows(f"{header}\n{delimiter}\n{line}\n") == [contents]
