"""A check without a baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from helm_constitution.render.results import RenderedChart


class NoBaseline(NamedTuple):
    """Why a chart is compared with nothing."""

    reason: str = "no baseline was given"

    def done(self) -> bool:
        """Whether nobody has to wait for helm: nothing is under way."""
        return True

    def compare(self, rendered: RenderedChart) -> None:
        """There is nothing to compare with."""
