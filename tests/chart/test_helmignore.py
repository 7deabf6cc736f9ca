"""What .helmignore leaves out of copies of a chart."""

from __future__ import annotations

import pytest

from helm_constitution.chart.helmignore import parse_ignore_rules


@pytest.mark.parametrize(
    ("text", "folder", "is_skipped"),
    [
        ("node_modules/\n", "node_modules", True),
        ("node_modules/\n", "web/node_modules", True),
        ("/.git/\n", ".git", True),
        ("", "node_modules", False),
        ("docs/\n", "docs", False),
    ],
)
def test_copies_skip_large_folders_that_helm_does_not_read(text: str, folder: str, is_skipped: bool) -> None:
    assert parse_ignore_rules(text, ".helmignore").skipped_in_copies(folder) is is_skipped


def test_a_pattern_of_many_stars_ends() -> None:
    rules = parse_ignore_rules("*a" * 50 + "*b", ".helmignore")
    assert not rules.ignores("a" * 200, is_folder=False)
    assert rules.ignores("a" * 200 + "b", is_folder=False)
