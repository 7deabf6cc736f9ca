"""The reader of Markdown prose: blocks, their lines, and the comments beside them."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.text.markdown_blocks import MARK, Block, Kind, read


def blocks(text: str) -> list[Block]:
    return read(text).blocks


def told(text: str) -> list[tuple[str, int, str]]:
    return [(block.kind.name, block.depth, block.text) for block in blocks(text)]


def test_headings_of_both_kinds() -> None:
    assert told("# Charts #\n\nSecurity\n========\n\nProbes\n---\n") == [
        ("HEADING", 1, "Charts"),
        ("UNDERLINED", 1, "Security"),
        ("UNDERLINED", 2, "Probes"),
    ]


def test_a_hash_without_a_space_is_no_heading() -> None:
    assert told("#hashtag\n") == [("TEXT", 0, "#hashtag")]


def test_paragraphs_keep_their_lines() -> None:
    (block,) = blocks("\n\nCharts MUST\nbe signed.\n")
    assert (block.lines, block.text) == ([3, 4], "Charts MUST\nbe signed.")


def test_line_ends_of_every_system_count_alike() -> None:
    assert [block.line for block in blocks("one\r\n\r\ntwo\r\rthree\n\nfour\u2028still four")] == [1, 3, 5, 7]


def test_lists_nest_by_indent() -> None:
    assert told("Charts:\n- one\n  - two\n    1. three\n- four\n\n  more\n\nend\n") == [
        ("TEXT", 0, "Charts:"),
        ("ITEM", 1, "one"),
        ("ITEM", 2, "two"),
        ("ITEM", 3, "three"),
        ("ITEM", 1, "four"),
        ("TEXT", 1, "more"),
        ("TEXT", 0, "end"),
    ]


def test_an_item_goes_on_in_lines_below() -> None:
    assert told("- Pods MUST\n  run\nlazily\n") == [("ITEM", 1, "Pods MUST\nrun\nlazily")]


def test_task_list_boxes_are_no_text() -> None:
    assert told("- [x] done\n- [ ] open\n") == [("ITEM", 1, "done"), ("ITEM", 1, "open")]


def test_a_number_that_begins_a_line_of_a_paragraph_is_no_list() -> None:
    assert told("since the year\n2024. Charts\n") == [("TEXT", 0, "since the year\n2024. Charts")]


def test_fenced_code_holds_no_prose() -> None:
    assert told("a\n```yaml\nMUST: 1\n``` not the end\n```\nb\n") == [
        ("TEXT", 0, "a"),
        ("BREAK", 0, ""),
        ("TEXT", 0, "b"),
    ]


def test_a_tilde_fence_may_hold_a_backtick_fence() -> None:
    assert told("~~~\n```\nMUST\n```\n~~~\nb\n") == [("BREAK", 0, ""), ("TEXT", 0, "b")]


def test_code_in_an_item_does_not_end_the_list() -> None:
    assert told("- one\n  ```\n  MUST\n  ```\n- two\n") == [("ITEM", 1, "one"), ("BREAK", 1, ""), ("ITEM", 1, "two")]


def test_an_item_may_open_a_fence() -> None:
    assert told("- ```sh\n  MUST\n  ```\n- two\n") == [("ITEM", 1, ""), ("ITEM", 1, "two")]


def test_indented_code_holds_no_prose() -> None:
    assert told("a\n\n    MUST code\n\nb\n") == [("TEXT", 0, "a"), ("BREAK", 0, ""), ("TEXT", 0, "b")]


def test_quotes_are_read_like_the_rest() -> None:
    assert told("> Charts MUST\n> lint\n>\n> - one\n") == [("TEXT", 0, "Charts MUST\nlint"), ("ITEM", 1, "one")]


def test_table_rows_without_their_header() -> None:
    assert told("| What | Must |\n|---|:-:|\n| probes | SHOULD |\n| a \\| b | `MAY` |\n") == [
        ("ROW", 0, "probes | SHOULD"),
        ("ROW", 0, "a \\| b | `MAY`"),
    ]


def test_a_label_begins_a_block_without_a_blank_line() -> None:
    assert [text for _, _, text in told("**MUST**: one\n**SHOULD NOT:** two\nMAY: three\nHTTP: four\n")] == [
        "**MUST**: one",
        "**SHOULD NOT:** two",
        "MAY: three\nHTTP: four",
    ]


def test_comments_leave_a_mark() -> None:
    (block,) = blocks("Charts MUST lint. <!-- rules: a/b --> They MUST render.<!--\nrules: c/d\n-->\n")
    assert block.text == f"Charts MUST lint. {MARK} They MUST render.\n{MARK}"
    assert [(comment.text, comment.line) for comment in block.comments] == [(" rules: a/b ", 1), ("\nrules: c/d\n", 1)]


def test_a_comment_on_its_own_line_belongs_to_the_block_above() -> None:
    first, second = blocks("Charts MUST lint.\n\n<!-- rules: a/b -->\n\nMore.\n")
    assert first.text == f"Charts MUST lint.\n{MARK}"
    assert first.lines == [1, 3]
    assert second.text == "More."


def test_a_comment_does_not_part_a_lead_from_its_bullets() -> None:
    assert [kind for kind, _, _ in told("Charts MUST:\n<!-- x -->\n- lint\n")] == ["TEXT", "ITEM"]


def test_comments_hide_what_they_hold() -> None:
    assert told("<!--\n# Principle\n\nCharts MUST lint.\n```\n-->\ntext\n") == [("TEXT", 0, MARK), ("TEXT", 0, "text")]


def test_an_arrow_in_code_opens_no_comment() -> None:
    assert told("Write `<!-- rules: x -->` behind it.\n") == [("TEXT", 0, "Write `<!-- rules: x -->` behind it.")]
    assert told("```\n<!--\n```\ntext\n") == [("BREAK", 0, ""), ("TEXT", 0, "text")]


def test_what_is_never_closed_is_named() -> None:
    assert read("a\n```\nb\n").unclosed == (2, "code fence")
    assert read("a\n\n<!-- b\n").unclosed == (3, "comment")
    assert read("a\n").unclosed is None


def test_a_nul_in_the_text_is_no_mark() -> None:
    (block,) = blocks("a \0 b")
    assert MARK not in block.text
    assert block.comments == []


@given(st.text(alphabet=st.sampled_from("#-*>|`~<!- \n\t1.:=_aM\0\r\ufeff[]"), max_size=120))
def test_any_text_can_be_read(text: str) -> None:
    for block in read(text).blocks:
        assert len(block.lines) == len(block.parts)
        assert block.text.count(MARK) == len(block.comments)
        if block.kind is not Kind.BREAK:
            assert block.line >= 1


def test_long_lines_of_anything_take_no_time() -> None:
    started = time.process_time()
    for part in ("`", "``` ", "<!--", "> ", "- ", "|", "* * ", "[", "**", "(", "a. "):
        read(part * 20_000)
    assert time.process_time() - started < 10  # with the square of the length it would be minutes
