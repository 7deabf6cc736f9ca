"""Compiled expressions kept between runs are what ``re.compile`` gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helm_constitution import registry
from helm_constitution.expressions import Expressions
from helm_constitution.lazy import LazyPattern, lazily_compiled

SOURCES = [
    (r"a(b)?(?P<name>c+)(?P=name)", 0),
    (r"(?ix) [a-zäöü€]+ # words \n | \d{2,400}", 0),
    (r"^name:[ \t]*(?P<word>\w++)(?<!x)$", re.MULTILINE | re.IGNORECASE),
    (r"(?s)\{\{.*?\}\}|[^\W_]|\N{EM DASH}", re.DOTALL),
]


@pytest.mark.parametrize(("source", "flags"), SOURCES)
def test_kept_expressions_are_those_that_python_compiles(tmp_path: Path, source: str, flags: int) -> None:
    file = str(tmp_path / "folder" / "kept")
    first = Expressions(file)
    wanted = re.compile(source, flags)
    assert first.compile(source, flags) == wanted
    first.keep()
    second = Expressions(file).compile(source, flags)
    assert second == wanted  # the code itself is compared
    assert (second.pattern, second.flags, second.groups) == (wanted.pattern, wanted.flags, wanted.groups)
    assert second.groupindex == wanted.groupindex
    found = second.search("abcc name: word {{ x }} 12")
    other = wanted.search("abcc name: word {{ x }} 12")
    assert (found and found.groupdict()) == (other and other.groupdict())
    assert (found and found.lastgroup) == (other and other.lastgroup)


def test_every_statement_pattern_of_every_rule(tmp_path: Path) -> None:
    expressions = Expressions(str(tmp_path / "kept"))
    sources = {matcher.pattern for rule in registry.rules() for matcher in rule.enforces}
    assert len(sources) > 100
    for source in sorted(sources)[::5]:
        assert expressions.compile(source, re.IGNORECASE) == re.compile(source, re.IGNORECASE)


@pytest.mark.parametrize("content", [b"", b"\x00", b"i\x01\x00\x00\x00", b"{0"])
def test_a_damaged_file_is_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "kept"
    file.write_bytes(content)
    expressions = Expressions(str(file))
    assert expressions.compile("a+").fullmatch("aaa")
    expressions.keep()
    assert Expressions(str(file)).compile("a+") == re.compile("a+")


def test_nothing_is_written_where_nothing_is_new(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    Expressions(str(file)).keep()
    assert not file.exists()


def test_an_expression_that_is_none_is_told_as_by_python(tmp_path: Path) -> None:
    with pytest.raises(re.error, match="unterminated"):
        Expressions(str(tmp_path / "kept")).compile("(a")


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


def test_re_compile_is_itself_again_afterwards() -> None:
    compile_now = re.compile
    with lazily_compiled():
        assert isinstance(re.compile("a"), LazyPattern)
    assert re.compile is compile_now
