"""Policies answer as the API server does; ``tests/cluster`` compares the same pairs with a real one."""

from __future__ import annotations

import pytest

from tests.admission.cases import FOLDER, NAMES, answers, expected


@pytest.mark.parametrize("name", NAMES)
def test_objects_are_answered_as_by_the_api_server(name: str) -> None:
    assert list(answers(FOLDER / name)) == expected(name)


def test_there_are_many_pairs() -> None:
    assert sum(len({line.partition(":")[0] for line in expected(name)}) for name in NAMES) >= 40
