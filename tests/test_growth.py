"""The time of a check grows about as a chart does, whatever of it there is much of (``bench.growth`` goes further)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.growth import COMPARED, KINDS, TEAM, seconds
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import HelmEngine, Limits

pytestmark = pytest.mark.helm


@pytest.fixture(scope="module")
def engine() -> Iterator[HelmEngine]:
    engine = EmbeddedEngine(Limits(seconds=600))
    seconds("values", 10, engine)  # imports and compiles what checks need
    yield engine
    engine.close()


@pytest.mark.parametrize("kind", [*KINDS, *TEAM, *COMPARED])
def test_ten_times_as_much_takes_about_ten_times_as_long(kind: str, engine: HelmEngine) -> None:
    small, large = seconds(kind, 40, engine), seconds(kind, 400, engine)
    # Where time grows with the square it is a hundred times as long; what is short is measured badly.
    assert large < max(40 * small, 3), (small, large)
