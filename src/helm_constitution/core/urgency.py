"""Which findings reports put before others."""

from __future__ import annotations

import enum


class Urgency(enum.IntEnum):
    """Why what a rule finds is fixed before other findings; the larger, the sooner."""

    USUAL = 0
    """No special urgency: edits that fix the most findings come first."""
    COLLISION = 1
    """Two objects, releases or charts conflict with each other."""
    UPGRADE = 2
    """The next upgrade fails or loses data."""
    EXPOSED = 3
    """A secret, or rights over the cluster, are exposed."""
    BROKEN = 4
    """The chart does not work at all."""
