"""Patterns that are compiled when first used are what ``re.compile`` gives."""

from __future__ import annotations

import re

import pytest

from helm_constitution.core.lazy import LazyPattern


def test_an_expression_that_is_none_is_told_as_by_python() -> None:
    with pytest.raises(re.error, match="unterminated"):
        LazyPattern("(a").search("a")


def test_a_lazy_pattern_has_all_that_a_pattern_has() -> None:
    lazy, pattern = LazyPattern(r"(?P<digit>\d)", re.ASCII), re.compile(r"(?P<digit>\d)", re.ASCII)
    assert lazy.search("ab1", 1, 2) is None
    assert lazy.match("ab1", 2) is not None
    assert lazy.fullmatch("ab1", 2, 3) is not None
    assert lazy.findall("1a2", 1) == ["2"]
    assert [found.start() for found in lazy.finditer("1a2", 0, 2)] == [0]
    assert lazy.split("a1b2c", 1) == pattern.split("a1b2c", 1)
    assert lazy.sub("x", "12", 1) == "x2"
    assert lazy.subn("x", "12") == ("xx", 2)
    assert (lazy.pattern, lazy.flags, lazy.groups) == (pattern.pattern, pattern.flags, 1)
    assert lazy.groupindex == {"digit": 1}
