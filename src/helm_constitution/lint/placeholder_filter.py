"""Separates violations of the chart from those of placeholders."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import TYPE_CHECKING

from helm_constitution.render.placeholders import KUBERNETES, OVERRIDES, by_name
from helm_constitution.render.scenarios import WORD, Scenario, names_field
from helm_constitution.text.yaml_document import View, walk
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from helm_constitution.kubernetes.manifests import Manifest
    from helm_constitution.lint.rule import Violation


class PlaceholderFilter:
    """Separates the violations of a filled scenario: those of the chart, and those of a placeholder."""

    def __init__(self, scenario: Scenario, plain_of: Callable[[Manifest], Sequence[Manifest]]) -> None:
        self._parts: list[Json] = []
        self._texts: list[str] = []
        self._numbers: set[str] = set()
        self._said: set[str] = set()
        self._pairs: list[tuple[str, Json]] = []
        self._values = scenario.filled
        self._fields = {
            key
            for one in scenario.filled
            if KUBERNETES.search(one.path[-1]) and isinstance(one.value, dict)
            for key in one.value.keys() & _keys(by_name(one.path[-1]))  # an example may show anything
        }
        self._overrides = any(OVERRIDES.search(one.path[-1]) for one in scenario.filled)
        for one in scenario.filled:
            self._take(one.value)
        self._plain_of = plain_of

    def _take(self, value: Json) -> None:
        if isinstance(value, dict | list):
            self._parts.append(value)
            if isinstance(value, dict):
                self._texts.extend(value)
                self._pairs.extend(value.items())
            else:  # a template may print an item's number
                self._numbers.update(str(number) for number in range(len(value)))
            for part in value.values() if isinstance(value, dict) else value:
                self._take(part)
        elif isinstance(value, str):
            self._texts.append(value)
            self._said.add(value)
        elif not isinstance(value, bool):  # many fields are true
            self._numbers.add(str(value))

    def is_true(self, violation: Violation, manifest: Manifest) -> bool:
        """Whether a violation is in the templates' own output, and only with these values."""
        view = violation.at
        if self._overrides or not isinstance(view, View) or not view.exists or not view.document.rendered:
            return False
        if WORD in violation.message:  # two values that are filled alike, for example
            return False
        inside = view.path[len(manifest.view.path) :]
        for earlier in self._plain_of(manifest):
            if earlier.view.get(*inside).exists:
                return False
        if violation.of_key and view.path[-1] in self._fields:
            return True  # what Kubernetes defines for a value of this name stands where it has no such field
        return not (self._is_placeholder(view) or any(names_field(one.path, view) for one in self._values))

    def _is_placeholder(self, view: View) -> bool:
        """Whether a field is a part of a placeholder, or made of nothing else."""
        for length in range(len(view.path) + 1):
            data = view.document.view.get(*view.path[:length]).data
            if isinstance(data, dict | list) and data in self._parts:
                return True
        # A template may print a map's fields beside its own, and a text as a field's name: the type of a volume.
        if view.path and isinstance(name := view.path[-1], str) and (name, view.data) in self._pairs:
            return True
        if any(step in self._said for step in view.path):
            return True
        leaves = [leaf for _, leaf in walk(view.data) if not isinstance(leaf, bool | dict | list)]
        return bool(leaves) and all(self._is_made_of_one(leaf) for leaf in leaves)

    def _is_made_of_one(self, leaf: Json) -> bool:
        told = "" if leaf is None else str(leaf)
        # A template may print a part of a text: the host of a URL.
        return told in self._numbers or any(told in text or (text and text in told) for text in self._texts)


def _keys(value: Json) -> Set[str]:
    return value.keys() if isinstance(value, dict) else frozenset()
