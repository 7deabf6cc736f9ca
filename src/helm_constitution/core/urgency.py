"""Which findings reports put before others."""

from __future__ import annotations

import enum


class Urgency(enum.IntEnum):
    """Why what a rule finds is fixed before other findings; the larger, the sooner."""

    USUAL = 0
    """It waits for its turn: what fixes most comes first."""
    COLLISION = 1
    """Two objects, releases or charts get in each other's way."""
    UPGRADE = 2
    """The next upgrade fails or loses something."""
    EXPOSED = 3
    """A secret, or rights over the cluster, are given away."""
    BROKEN = 4
    """The chart does not work now."""
