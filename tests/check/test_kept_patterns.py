"""Expressions that an earlier check compiled are what Python compiles, whatever stands in the cache."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from helm_constitution import api
from helm_constitution.check import kept_patterns
from helm_constitution.check.kept_patterns import KeptPatterns, understands_python
from helm_constitution.check.private_folder import PrivateFolder
from helm_constitution.core.lazy import LazyPattern, compiled_by
from helm_constitution.lint.registry import rules

SOURCE = r"(?P<word>\w+)=(?:a|[b-dß]{2,3}?)(?<!x)$"
EXPRESSIONS = [
    (SOURCE, 0),
    (SOURCE, re.IGNORECASE),
    ("é+|[À-ſ]", re.IGNORECASE | re.MULTILINE),
    (r"(x)(?i:q)\1?", re.ASCII),
    (r"(?s)(?x: a  b ) .", 0),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "reports"


def file_of(place: Path) -> Path:
    (file,) = place.glob("*.patterns")
    return file


def kept(place: Path, *expressions: tuple[str, int]) -> list[re.Pattern[str]]:
    """What one process compiles."""
    patterns = KeptPatterns(str(place))
    made = [patterns.compile(*expression) for expression in expressions]
    patterns.keep()
    return made


def test_this_python_is_understood() -> None:
    assert understands_python()


def test_all_expressions_of_the_program_are_as_python_compiles_them(place: Path) -> None:
    assert rules()
    assert api.__name__ in sys.modules
    modules = [module for name, module in sys.modules.items() if name.startswith("helm_constitution.")]
    lazy = {
        (one._source, int(one._flags))
        for module in modules
        for one in vars(module).values()
        if isinstance(one, LazyPattern)
    }
    matchers = {(matcher.pattern, int(re.IGNORECASE)) for rule in rules() for matcher in rule.enforces}
    expressions = sorted(lazy | matchers)
    assert len(expressions) > 500
    own = [re.compile(*expression) for expression in expressions]
    assert kept(place, *expressions) == own
    assert kept(place, *expressions) == own


def test_what_was_compiled_once_is_read(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = [re.compile(*expression) for expression in EXPRESSIONS]
    assert kept(place, *EXPRESSIONS) == own
    before = file_of(place).stat()
    assert stat.S_IMODE(before.st_mode) == 0o600

    def compiled_again(source: str, flags: int) -> re.Pattern[str]:
        raise AssertionError(source)

    monkeypatch.setattr(kept_patterns, "_parts", compiled_again)
    monkeypatch.setattr(re, "compile", compiled_again)
    again = kept(place, *EXPRESSIONS)
    assert again == own
    assert file_of(place).stat().st_mtime_ns == before.st_mtime_ns
    found = again[0].search("key=bc")
    assert found is not None
    assert found["word"] == "key"
    assert again[0].groupindex == {"word": 1}


def test_a_wrong_expression_is_told_as_by_python(place: Path) -> None:
    with pytest.raises(re.error) as own:
        re.compile("(a")
    with pytest.raises(re.error, match=re.escape(str(own.value))):
        kept(place, ("(a", 0))


def test_what_another_wrote_or_changed_is_not_read(place: Path, tmp_path: Path) -> None:
    kept(place, (SOURCE, 0))
    file = file_of(place)
    sealed = file.read_bytes()
    kept(tmp_path / "other", ("other", 0))
    foreign = file_of(tmp_path / "other").read_bytes()
    for content in (b"", sealed[:-1], sealed[:40], foreign, sealed.replace(b"word", b"ward"), b"\0" * 100):
        file.write_bytes(content)
        assert kept(place, (SOURCE, 0)) == [re.compile(SOURCE)]
    assert file.read_bytes() == sealed


@pytest.mark.parametrize(
    "parts",
    [
        None,
        5,
        [],
        [32, 1, {}, "%"],
        [32, 1, {"word": 1}, ""],
        [32, 1, {"word": 1}, "AAAA"],
        [32, 1, {"word": 1}, "/////////////////////w=="],
        [32, -1, {}, "AQAAAA=="],
        [32, 1 << 80, {}, "AQAAAA=="],
        [32, 1, {"word": []}, "AQAAAA=="],
        [32, 1, 7, "AQAAAA=="],
        ["32", 1, {}, "AQAAAA=="],
    ],
)
def test_nonsense_is_compiled_as_always(place: Path, parts: object) -> None:
    kept(place, (SOURCE, 0))
    folder = PrivateFolder.open(str(place))
    assert folder is not None
    for content in (json.dumps({f"0:{SOURCE}": parts}), json.dumps(parts), "[" * 100_000):
        folder.write(file_of(place).name, content.encode())
        assert kept(place, (SOURCE, 0)) == [re.compile(SOURCE)]


def test_two_that_write_at_once_lose_time_alone(place: Path) -> None:
    one, other = KeptPatterns(str(place)), KeptPatterns(str(place))
    one.compile("a")
    other.compile("b")
    one.keep()
    other.keep()
    assert kept(place, ("a", 0), ("b", 0)) == [re.compile("a"), re.compile("b")]
    assert set(json.loads(file_of(place).read_bytes()[32:])) == {"0:a", "0:b"}


def test_the_file_is_bounded(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_patterns, "KEPT", 3)
    kept(place, ("a", 0), ("b", 0))
    kept(place, ("b", 0), ("c", 0))
    assert set(json.loads(file_of(place).read_bytes()[32:])) == {"0:a", "0:b", "0:c"}
    kept(place, ("c", 0), ("d", 0))
    assert set(json.loads(file_of(place).read_bytes()[32:])) == {"0:c", "0:d"}


def test_a_folder_that_others_may_write_to_is_left_alone(place: Path) -> None:
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    assert kept(place, (SOURCE, 0)) == [re.compile(SOURCE)]
    assert list(place.iterdir()) == []


def test_another_python_is_not_trusted(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_patterns, "_parts", lambda source, flags: (32, 0, {}, "AQAAAA=="))
    assert kept(place, (SOURCE, 0)) == [re.compile(SOURCE)]
    assert list(place.glob("*.patterns")) == []


def test_lazy_patterns_are_compiled_by_what_is_named(place: Path) -> None:
    patterns = KeptPatterns(str(place))
    with compiled_by(patterns.compile):
        assert LazyPattern(SOURCE).search("a=a") is not None
    patterns.keep()
    assert file_of(place).exists()


def test_the_program_keeps_them_and_cleans(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    place = tmp_path / "helm-constitution" / "reports"

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "helm_constitution", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    shown = run("constitution", "show")
    assert run("constitution", "show") == shown
    assert f"{place}: 0 reports, 0 report parts, 0 lint results, 0 line maps, 0 chart states, 1 pattern file, " in run(
        "cache", "info"
    )
    assert (
        run("cache", "clean")
        == "removed 0 reports, 0 report parts, 0 lint results, 0 line maps, 0 chart states, 1 pattern file\n"
    )
    assert list(place.glob("*.patterns")) == []
