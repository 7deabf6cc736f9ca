"""Steps of versions, and the smallest version that a change allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.compare.changes import Step, is_enough, is_major_step, smallest_version, step_between
from helm_constitution.text.semver import Version, parse_version

versions = st.builds(
    Version,
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from(["", "", "alpha", "rc.1"]),
)
steps = st.sampled_from(list(Step))


def version(text: str) -> Version:
    found = parse_version(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("old", "new", "step"),
    [
        ("1.2.3", "1.2.3", Step.NONE),
        ("1.2.3", "1.2.2", Step.NONE),
        ("1.2.3", "1.2.4", Step.PATCH),
        ("1.2.3", "1.3.0", Step.MINOR),
        ("1.2.3", "2.0.0", Step.MAJOR),
        ("1.2.3", "2.0.0-rc.1", Step.MAJOR),
        ("2.0.0-rc.1", "2.0.0-rc.2", Step.MAJOR),
        ("2.0.0-rc.1", "2.0.0", Step.MAJOR),
        ("2.1.0-rc.1", "2.1.0", Step.MINOR),
        ("2.1.1-rc.1", "2.1.1", Step.PATCH),
        ("2.1.1", "2.1.1-rc.1", Step.NONE),
    ],
)
def test_steps(old: str, new: str, step: Step) -> None:
    assert step_between(version(old), version(new)) is step


@pytest.mark.parametrize(
    ("old", "step", "smallest"),
    [
        ("1.2.3", Step.NONE, "1.2.3"),
        ("1.2.3", Step.PATCH, "1.2.4"),
        ("1.2.3", Step.MINOR, "1.3.0"),
        ("1.2.3", Step.MAJOR, "2.0.0"),
        ("0.2.3", Step.PATCH, "0.2.4"),
        ("0.2.3", Step.MINOR, "0.2.4"),
        ("0.2.3", Step.MAJOR, "0.3.0"),
        ("2.0.0-rc.1", Step.MAJOR, "2.0.0"),
        ("2.1.0-rc.1", Step.MAJOR, "3.0.0"),
        ("2.1.0-rc.1", Step.MINOR, "2.1.0"),
    ],
)
def test_smallest_versions(old: str, step: Step, smallest: str) -> None:
    assert str(smallest_version(step, version(old))) == smallest


@given(versions, steps)
def test_the_smallest_version_is_enough(old: Version, step: Step) -> None:
    assert is_enough(step, old, smallest_version(step, old))


@given(versions, versions, steps)
def test_nothing_smaller_is_enough(old: Version, new: Version, step: Step) -> None:
    smallest = smallest_version(step, old)
    if not new.pre and old.order < new.order < smallest.order:
        assert not is_enough(step, old, new)


@pytest.mark.parametrize(
    ("old", "new", "is_major"),
    [
        ("1.2.3", "2.0.0", True),
        ("v1", "v2.1", True),
        ("1.2.3", "1.9.0", False),
        ("0.9.0", "1.0.0", False),
        ("2.0.0", "1.0.0", False),
        ("2023.10.1", "2024.2.1", False),
        ("20230801", "20240102", False),
    ],
)
def test_an_applications_major_version(old: str, new: str, is_major: bool) -> None:
    assert is_major_step(parse_version(old, strict=False), parse_version(new, strict=False)) is is_major
