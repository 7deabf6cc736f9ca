"""The words without which a pattern can't match: sound for every pattern that the rules have."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helm_constitution import registry
from helm_constitution.patterns import folded, needed_words


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


@settings(max_examples=300)
@given(st.recursive(LITERALS, _combined, max_leaves=8), st.text(alphabet="abiIAB -", max_size=12))
def test_no_text_without_the_words_matches(pattern: str, text: str) -> None:
    words = needed_words(pattern)
    if re.search(pattern, text, re.IGNORECASE):
        assert words is None or any(word in folded(text) for word in words)


PATTERNS = sorted(
    {matcher.pattern for rule in registry.rules() for matcher in rule.enforces}
    | {rule.umbrella for rule in registry.rules() if rule.umbrella}
)


@settings(max_examples=2, suppress_health_check=list(HealthCheck), database=None, deadline=None)
@pytest.mark.parametrize("pattern", PATTERNS)
@given(data=st.data())
def test_every_pattern_of_the_rules(pattern: str, data: st.DataObject) -> None:
    words = needed_words(pattern)
    if words is not None:
        text = data.draw(st.from_regex(re.compile(pattern, re.IGNORECASE)))
        assert any(word in folded(text) for word in words)
