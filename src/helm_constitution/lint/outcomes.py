"""What rules found in single objects, for the next check: an object that renders as before isn't looked at again."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from helm_constitution.lint.subject import Subject

if TYPE_CHECKING:
    from helm_constitution.kubernetes.manifests import Manifest
    from helm_constitution.lint.rule import Outcome, Rule


class WatchedSubject(Subject):
    """A subject that notices whether a rule reads anything but its parameters."""

    is_read = False

    def __getattribute__(self, name: str) -> Any:
        if name == "checked":
            object.__setattr__(self, "is_read", True)
        return object.__getattribute__(self, name)


class Outcomes:
    """The outcomes of scoped rules for things in objects, where nothing but the thing decided them."""

    def __init__(self) -> None:
        self._known: dict[Manifest, dict[tuple[object, ...], tuple[Outcome, ...]]] = {}

    def of(self, rule: Rule, thing: object, manifest: Manifest, subject: Subject) -> Iterator[Outcome]:
        """The outcomes of a rule for a thing in an object.

        Raises:
            NotApplicable: the rule doesn't apply to the thing.
        """
        known = self._known.setdefault(manifest, {})
        key = (rule, thing, *sorted(subject.parameters.items()))
        if key in known:
            yield from known[key]
            return
        watched = WatchedSubject(subject.checked, subject.needs, subject.parameters)
        found = []
        for outcome in rule.check(thing, watched):
            found.append(outcome)
            yield outcome
        if not watched.is_read:
            known[key] = tuple(found)

    def keep(self, manifests: Collection[Manifest]) -> None:
        """Drops what was found in other objects."""
        self._known = {manifest: found for manifest, found in self._known.items() if manifest in manifests}
