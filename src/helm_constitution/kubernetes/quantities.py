"""Numbers in text: quantities of Kubernetes' API (cores, bytes, with their suffixes), and plain whole numbers."""

from __future__ import annotations

from helm_constitution.core.lazy import LazyPattern

_QUANTITY = LazyPattern(r"([+-]?(?:\d+\.?\d*|\.\d+))([eE][+-]?\d+|[KMGTPE]i|[numkMGTPE]?)\Z")
_LONGEST = 64
"""Characters; Kubernetes itself keeps 18 digits."""
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
    text = str(value).strip()
    match = _QUANTITY.match(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    number, suffix = match.groups()
    if suffix in _DIVISORS:
        return float(number) / _DIVISORS[suffix]
    if suffix in _FACTORS:
        return float(number) * _FACTORS[suffix]
    return float(number + suffix)


def whole_number(text: str) -> int | None:
    """The whole number that a text of at most 18 ASCII digits writes out; None for any other text.

    >>> whole_number("080"), whole_number("-1"), whole_number("٣"), whole_number("9" * 5000)
    (80, None, None, None)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
