"""The words without which a pattern can't match: sound for every pattern that the rules have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_constitution.lint import registry
from helm_constitution.policy.prefilter import folded, needed_words


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("probe", ("probe",)),
        ("Probe", ("probe",)),
        (r"\bprobes?\b", ("probe",)),
        (r"live|ready", ("live", "ready")),
        (r"(?:live|ready)ness", ("live", "ready")),
        (r"(?:liv|ready)ness", ("ness",)),
        (r"(?:liveness|readiness)[- ]", ("liveness", "readiness")),
        (r"(?P<what>liveness|readiness)\b", ("liveness", "readiness")),
        (r"(liveness)?\s", None),
        (r"(?:liveness){0,2}", None),
        (r"(?:liveness){1,2}", ("liveness",)),
        (r"(?=.*liveness)", ("liveness",)),
        (r"(?!.*liveness)x", None),
        (r"(?<!liveness )probe", ("probe",)),
        (r"liveness|\d+", None),
        (r"a.*b", None),
        (r"values\.yaml", ("values.yaml",)),
        (r"lo+ng", None),
        (r"very lo+ng", ("very lo",)),
        (r"[\]a(b|c]probe", ("probe",)),
        (r"[]a(b|c]probe", ("probe",)),
        (r"prob\w*", ("prob",)),
        (r"proble*", ("probl",)),
        (r"grün|blau", None),
        (r"ab{2,3}c def", ("c def",)),
        (r"\{\{ include", ("{{ include",)),
        (r"{{ include", ("{{ include",)),
        (r"(?i:probe)", None),
        (r"(?P<a>x)(?P=a)probe", ("probe",)),
    ],
)
def test_words(pattern: str, words: tuple[str, ...] | None) -> None:
    re.compile(pattern)
    assert needed_words(pattern) == words


@pytest.mark.parametrize("text", ["K", "ſKIP ıİ"])
def test_folding_follows_re(text: str) -> None:
    assert folded("K") == "k"
    assert "skip ii" in folded("ſKIP ıİ")


LITERALS = st.text(alphabet="abi -", min_size=1, max_size=5)


def _combined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    quantifier = st.sampled_from(["", "?", "*", "+", "{0,1}", "{2}", "+?"])
    return st.one_of(
        st.lists(parts, min_size=1, max_size=3).map("".join),
        st.lists(parts, min_size=2, max_size=3).map(lambda some: f"(?:{'|'.join(some)})"),
        st.builds("(?:{}){}".format, parts, quantifier),
        st.builds("{}{}".format, st.sampled_from(["a", "[ab]", r"\w", ".", "-"]), quantifier),
        st.builds("(?={})".format, parts),
        st.builds("(?!{})".format, parts),
    )


@settings(max_examples=200)
@given(st.recursive(LITERALS, _combined, max_leaves=8), st.text(alphabet="abiIAB -", max_size=12))
def test_no_text_without_the_words_matches(pattern: str, text: str) -> None:
    words = needed_words(pattern)
    if re.search(pattern, text, re.IGNORECASE):
        assert words is None or any(word in folded(text) for word in words)


def test_no_statement_is_lost_to_a_rule() -> None:
    """Whatever a rule's pattern finds in constitutions, its words find too."""
    patterns = {matcher.pattern for rule in registry.rules() for matcher in rule.enforces}
    patterns.update(rule.umbrella for rule in registry.rules() if rule.umbrella)
    files = [*(Path(__file__).parents[2] / "testdata" / "constitutions").glob("*.md")]
    files.append(Path(registry.__file__).parent.parent / "data" / "constitution.md")
    texts = {line for file in files for line in file.read_text("utf-8").splitlines() if line}
    for pattern in patterns:
        words = needed_words(pattern)
        if words is None:
            continue
        compiled = re.compile(pattern, re.IGNORECASE)
        for text in texts:
            if compiled.search(text):
                assert any(word in folded(text) for word in words), (pattern, text)


def test_most_patterns_have_words() -> None:
    patterns = {matcher.pattern for rule in registry.rules() for matcher in rule.enforces}
    assert sum(needed_words(pattern) is None for pattern in patterns) < len(patterns) / 10
