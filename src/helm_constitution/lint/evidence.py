"""The counts in a principle's line of the report."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.lint.rule import Outcome, Tally, Unchecked, Violation

Identity = tuple[object, ...]
"""The identity of a thing in all scenarios."""


class Evidence:
    """Counts the things that comply with a rule, each once, as the chart itself renders them.

    Args:
        what: the things that are counted (``containers run as non-root``); None if only the rule's tallies count.
    """

    def __init__(self, what: str | None) -> None:
        self._what = what
        self._is_right: dict[Identity, bool] = {}
        self._unchecked: set[Identity] = set()
        self._counted: dict[str, dict[Identity, Tally]] = {}

    def add(self, thing: Identity) -> None:
        """Adds a thing, which complies until a violation is found."""
        self._is_right.setdefault(thing, True)

    def take(self, thing: Identity, outcome: Outcome) -> None:
        """Records what the rule yields for a thing.

        A rule that checks only some of its things counts these itself; of several scenarios the worst counts.
        """
        if isinstance(outcome, Violation):
            self._is_right[thing] = False
        elif isinstance(outcome, Unchecked):
            self._unchecked.add(thing)
        elif isinstance(outcome, Tally):
            same = self._counted.setdefault(outcome.what, {})
            known = same.setdefault(thing, outcome)
            if outcome.good * known.total < known.good * outcome.total:
                same[thing] = outcome

    def tallies(self) -> Iterator[Tally]:
        """The counts."""
        # What is wrong counts even where it could be checked only in part; what is right must have been checked.
        seen = [good for thing, good in self._is_right.items() if not good or thing not in self._unchecked]
        if self._what and seen:
            yield Tally(sum(seen), len(seen), self._what)
        for what, tallies in self._counted.items():
            good, total = sum(tally.good for tally in tallies.values()), sum(tally.total for tally in tallies.values())
            yield Tally(good, total, what)
