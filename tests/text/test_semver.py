"""Versions and constraints, as semver.org and Helm's library read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.text.semver import Version, parse_constraint, parse_version


@pytest.mark.parametrize(
    "text",
    ["0.0.0", "1.2.3", "10.20.30", "1.2.3-rc.1", "1.2.3-0", "1.2.3-x-y.0a", "1.2.3+build.01", "1.2.3-a+b.c-d"],
)
def test_strict_versions_are_read_and_written_back(text: str) -> None:
    assert str(parse_version(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1.2",
        "v1.2.3",
        "01.2.3",
        "1.02.3",
        "1.2.3.4",
        "1.2.3-",
        "1.2.3-01",
        "1.2.3+",
        "1.2.3+a_b",
        " 1.2.3",
        "١.2.3",
    ],
)
def test_what_is_no_strict_version(text: str) -> None:
    assert parse_version(text) is None


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("v1.2.3", (1, 2, 3)), ("1.2", (1, 2, 0)), ("1", (1, 0, 0)), ("01.2.3", (1, 2, 3)), ("v1.25.3-gke.1", (1, 25, 3))],
)
def test_helm_reads_versions_loosely(text: str, numbers: tuple[int, int, int]) -> None:
    version = parse_version(text, strict=False)
    assert version is not None
    assert (version.major, version.minor, version.patch) == numbers


def test_precedence_is_that_of_the_specification() -> None:
    texts = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.0.1",
        "1.10.0",
        "2.0.0",
    ]
    versions = [version for text in texts if (version := parse_version(text))]
    assert [str(version) for version in sorted(set(versions), key=lambda version: version.order)] == texts


@pytest.mark.parametrize(
    ("constraint", "accepted", "rejected"),
    [
        (">=1.19.0-0", "1.19.0", "1.18.20"),
        (">=1.19.0-0", "1.25.3-gke.1", "1.18.20-gke.1"),
        ("^1.20", "1.36.0", "2.0.0"),
        ("^1.20", "1.20.0", "1.19.9"),
        ("~1.25", "1.25.9", "1.26.0"),
        ("~1.25.3", "1.25.3", "1.25.2"),
        ("1.25", "1.25.9", "1.26.0"),
        ("=1.25.3", "1.25.3", "1.25.4"),
        ("1.25.x", "1.25.0", "1.24.9"),
        ("1.x", "1.36.0", "2.0.0"),
        ("1.20 - 1.30", "1.30.9", "1.31.0"),
        (">=1.20 <1.30", "1.29.9", "1.30.0"),
        (">=1.20, <1.30", "1.20.0", "1.30.0"),
        (">= 1.20.0 , < 1.30.0", "1.20.0", "1.30.0"),
        ("1.19.x || >=1.22", "1.19.4", "1.20.0"),
        ("1.19.x||>=1.22", "1.22.0", "1.21.14"),
        (">1.25", "1.26.0", "1.25.9"),
        ("<=1.25", "1.25.9", "1.26.0"),
        ("<=1", "1.99.0", "2.0.0"),
        ("!=1.25.3", "1.25.4", "1.25.3"),
        ("!=1.25", "1.26.0", "1.25.3"),
        ("=>1.20 =<1.30", "1.30.5", "1.31.0"),
        ("~>1.25", "1.25.1", "1.26.0"),
        ("^0.2.3", "0.2.9", "0.3.0"),
        ("^0.0", "0.0.9", "0.1.0"),
        ("v1.25.3", "1.25.3", "1.25.2"),
    ],
)
def test_ranges(constraint: str, accepted: str, rejected: str) -> None:
    parsed = parse_constraint(constraint)
    inside, outside = parse_version(accepted), parse_version(rejected)
    assert parsed is not None
    assert inside is not None
    assert outside is not None
    assert parsed.accepts(inside)
    assert not parsed.accepts(outside)


@pytest.mark.parametrize("constraint", ["*", "", "x", ">=0", "X || 1.2"])
def test_everything_is_accepted(constraint: str) -> None:
    parsed = parse_constraint(constraint)
    assert parsed is not None
    assert parsed.accepts(Version(1, 36, 0))


@pytest.mark.parametrize(
    "constraint", ["abc", ">=", "1.2.3.4", ">=1.20 and <1.30", ">>1.2", "1.2 | 1.3", ">=1.20.0-0<1.30"]
)
def test_what_is_no_constraint(constraint: str) -> None:
    assert parse_constraint(constraint) is None


@pytest.mark.parametrize("constraint", [">=1.25.0", "*", "1.25.x", "^1.20", ">=1.20.0-0 <1.30"])
def test_older_helm_takes_a_vendors_suffix_for_a_prerelease(constraint: str) -> None:
    vendor = Version(1, 25, 3, "gke.1")
    parsed = parse_constraint(constraint)
    assert parsed is not None
    assert not parsed.accepts(vendor)
    assert parsed.accepts(vendor, prereleases=True)


@given(st.tuples(*[st.integers(0, 40)] * 3), st.tuples(*[st.integers(0, 40)] * 3))
def test_comparisons_agree_with_the_order_of_numbers(left: tuple[int, int, int], right: tuple[int, int, int]) -> None:
    version = Version(*left)
    written = ".".join(map(str, right))
    for operator, holds in ((">=", left >= right), ("<", left < right), (">", left > right), ("<=", left <= right)):
        parsed = parse_constraint(operator + written)
        assert parsed is not None
        assert parsed.accepts(version) is holds


@given(st.text(alphabet="0123456789.xv-+*^~<>=!|, a", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    parsed = parse_constraint(text)
    assert parsed is None or isinstance(parsed.accepts(Version(1, 2, 3)), bool)
