"""A check without a baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helm_constitution.core.named_tuples import NamedTuple

if TYPE_CHECKING:
    from helm_constitution.render.results import RenderedChart


class NoBaseline(NamedTuple):
    """Why a chart is not compared."""

    reason: str = "no baseline was given"

    def done(self) -> bool:
        """Always true: there is nothing to wait for."""
        return True

    def compare(self, rendered: RenderedChart) -> None:
        """Returns the reason: there is nothing to compare with."""
