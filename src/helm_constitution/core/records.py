"""A lighter class for what has fields and compares by identity; what compares by value is a named tuple.

A frozen dataclass costs a millisecond at start-up, and setting its fields one by one costs at run time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, eq_default=False)
def record(cls: type[_T]) -> type[_T]:
    """A dataclass that compares and hashes by identity; only the type checker holds it to be frozen."""
    return dataclass(eq=False, repr=False)(cls)
