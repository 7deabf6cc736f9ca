"""A waiver."""

from __future__ import annotations

from collections.abc import Collection

from helm_constitution.core.model import Location, Waived
from helm_constitution.core.named_tuples import NamedTuple


class Waiver(NamedTuple):
    """One waiver; of ``rule`` and ``principle`` exactly one is there.

    ``file``, ``object`` (kind/name), ``container`` and ``values`` (a path in a values file) narrow it; ``lines`` are
    those that a comment covers. ``expires`` is the last day, an ISO date. ``is_shared``: it is written for
    several charts: it is not unused because one of them doesn't need it.
    """

    rule: str | None
    principle: str | None
    why_needed: str
    simpler_alternative_rejected_because: str | None
    location: Location
    file: str | None = None
    object: str | None = None
    container: str | None = None
    values: str | None = None
    lines: Collection[int] = ()
    expires: str | None = None
    approved_by: str | None = None
    is_shared: bool = False

    @property
    def waives(self) -> str:
        """The rule's or the principle's id."""
        return self.rule or self.principle or ""

    @property
    def scope(self) -> dict[str, str]:
        """What narrows it, by the words of the configuration."""
        narrowing = {"file": self.file, "object": self.object, "container": self.container, "values": self.values}
        return {word: text for word, text in narrowing.items() if text}

    @property
    def stamp(self) -> Waived:
        """What a finding that it waives carries."""
        return Waived(
            self.why_needed,
            self.simpler_alternative_rejected_because,
            self.expires,
            self.location,
            self.approved_by,
        )
