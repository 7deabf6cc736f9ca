"""Label selectors (meta/v1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from helm_constitution.core.records import record
from helm_constitution.text.yaml_document import View


@record
class LabelSelector:
    """A label selector (meta/v1: matchLabels, matchExpressions). ``view`` is its map."""

    view: View

    @property
    def is_empty(self) -> bool:
        """Whether it requires nothing, and so matches everything."""
        return not self.view.get("matchLabels") and not self.view.get("matchExpressions")

    def unmet(self, labels: Mapping[str, Any], ignoring: frozenset[str] = frozenset()) -> Iterator[View]:
        """The requirements that these labels don't meet: label by label, expression by expression.

        Args:
            labels: of a pod or another object.
            ignoring: labels that can't be known from a rendering, because only running pods have them.
        """
        for key, value in self.view.get("matchLabels").entries():
            if key not in ignoring and labels.get(key) != value.data:
                yield value
        for expression in self.view.get("matchExpressions").items():
            key = expression.get("key").string() or ""
            if key in ignoring:
                continue
            values = [value.data for value in expression.get("values").items()]
            present = key in labels
            met = {
                "In": present and labels[key] in values,
                "NotIn": not present or labels[key] not in values,
                "Exists": present,
                "DoesNotExist": not present,
            }
            if not met.get(expression.get("operator").string() or "", True):
                yield expression

    def matches(self, labels: Mapping[str, Any], ignoring: frozenset[str] = frozenset()) -> bool:
        """Whether it matches an object with these labels."""
        return next(self.unmet(labels, ignoring), None) is None
