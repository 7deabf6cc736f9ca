"""Values of the types that Kubernetes adds to CEL, as maps with one entry: only CEL's own types can be returned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Opaque: TypeAlias = Mapping[str, str]
"""The type's name, and the value in its one canonical form, so that equal values are equal maps."""

QUANTITY = "kubernetes.Quantity"
SEMVER = "kubernetes.Semver"
URL = "kubernetes.URL"
IP = "net.IP"
CIDR = "net.CIDR"


class NoSuchOverload(Exception):
    """A function was called with arguments of a wrong type."""

    def __init__(self) -> None:
        super().__init__("no such overload")


def content(value: Any, *kinds: str) -> str:
    """The canonical form of a value of one of these types.

    Raises:
        NoSuchOverload: for any other value.
    """
    if isinstance(value, Mapping) and len(value) == 1:
        kind, text = next(iter(value.items()))
        if kind in kinds and isinstance(text, str):
            return text
    raise NoSuchOverload


def kind_of(value: Any) -> str:
    """The type's name; empty for values of other types."""
    return str(next(iter(value), "")) if isinstance(value, Mapping) and len(value) == 1 else ""
