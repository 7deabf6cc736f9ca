"""The benchmark of a thousand objects judges what it says it does."""

from __future__ import annotations

import pytest

from bench import objects

pytestmark = pytest.mark.slow


def test_the_objects_are_as_many_as_it_says_and_have_faults() -> None:
    run = objects.once(objects.manifests(9))
    assert run.objects == 72
    assert run.problems > 72
    assert run.judging == pytest.approx(sum(run.rules.values()))
