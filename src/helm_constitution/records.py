"""A lighter dataclass for what compares by identity.

Making a frozen dataclass costs a millisecond each at start-up, and setting its fields one by one costs at run time.
What compares by value is a NamedTuple; for the rest there is this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, eq_default=False)
def record(cls: type[_T]) -> type[_T]:
    """A dataclass that compares and hashes by identity; only the type checker holds it to be frozen."""
    return dataclass(eq=False, repr=False)(cls)
