"""Quantities of Kubernetes' API: cores, bytes, with their suffixes."""

from __future__ import annotations

from helm_constitution.core.lazy import LazyPattern

_QUANTITY = LazyPattern(r"([+-]?(?:\d+\.?\d*|\.\d+))([eE][+-]?\d+|[KMGTPE]i|[numkMGTPE]?)\Z")
_DIVISORS = {"n": 10**9, "u": 10**6, "m": 10**3}
_FACTORS = {
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "P": 10**15,
    "E": 10**18,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
    "Pi": 2**50,
    "Ei": 2**60,
}


def quantity(value: object) -> float | None:
    """A Kubernetes quantity in its base unit (cores, bytes); None where it is none.

    >>> quantity("250m"), quantity("1Gi"), quantity(2), quantity("12e2"), quantity("much")
    (0.25, 1073741824.0, 2.0, 1200.0, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    match = _QUANTITY.match(str(value).strip())
    if match is None:
        return None
    number, suffix = match.groups()
    if suffix in _DIVISORS:
        return float(number) / _DIVISORS[suffix]
    if suffix in _FACTORS:
        return float(number) * _FACTORS[suffix]
    return float(number + suffix)
