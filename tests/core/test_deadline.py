"""Processor time is bounded, in patterns of ``re`` as well."""

from __future__ import annotations

import contextlib
import re
import time

import pytest

from helm_constitution.core.deadline import OutOfTime, part_limit, time_left, time_limit, uninterrupted

SLOW = "a" * 60 + "b"


def test_a_pattern_that_never_ends_is_cut() -> None:
    begin = time.process_time()
    with pytest.raises(OutOfTime), time_limit(0.2):
        re.search(r"^(a+)+$", SLOW)
    assert time.process_time() - begin < 5


def test_what_ends_in_time_is_left_alone_and_no_timer_stays_behind() -> None:
    with time_limit(0.05):
        found = 1 + 1
    while time.process_time() < 0.2:
        found += 1
    assert found >= 2


def _cut(seconds: float) -> None:
    with time_limit(seconds), contextlib.suppress(OutOfTime):
        re.search(r"^(a+)+$", SLOW)


def _swallowing() -> None:
    """As a rule of somebody's may do."""
    with contextlib.suppress(Exception):
        re.search(r"^(a+)+$", SLOW)


def _one_after_the_other() -> None:
    _cut(0.05)
    re.search(r"^(a+)+$", SLOW)


def test_an_outer_limit_goes_on_behind_an_inner_one() -> None:
    with pytest.raises(OutOfTime), time_limit(0.3):
        _one_after_the_other()


def test_an_inner_limit_is_no_longer_than_the_outer_one() -> None:
    begin = time.process_time()
    with pytest.raises(OutOfTime), time_limit(0.1), time_limit(100):
        re.search(r"^(a+)+$", SLOW)
    assert time.process_time() - begin < 5


def test_what_swallows_every_exception_does_not_swallow_the_end() -> None:
    with pytest.raises(OutOfTime), time_limit(0.05):
        _swallowing()


def test_a_part_has_half_of_what_is_left_and_says_so() -> None:
    begin = time.process_time()
    with time_limit(2):
        with pytest.raises(OutOfTime, match=r"^took more than 1 s of processor time; raise --timeout$"), part_limit():
            re.search(r"^(a+)+$", SLOW)
        left = time_left()
        assert left is not None
        assert 0 < left < 1.5
    assert time.process_time() - begin < 10


def test_a_part_without_a_limit_around_it_has_none() -> None:
    with part_limit():
        assert time_left() is None


def _held(ended: list[float]) -> None:
    begin = time.process_time()
    with uninterrupted():
        while time.process_time() - begin < 0.3:
            pass
        ended.append(time.process_time())
        assert time_left() == 0
    re.search(r"^(a+)+$", SLOW)


def test_what_is_not_interrupted_comes_to_its_end() -> None:
    ended: list[float] = []
    with pytest.raises(OutOfTime), time_limit(0.05):
        _held(ended)
    assert ended
