"""Numbers in text: quantities of Kubernetes' API (cores, bytes, with their suffixes), and plain whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helm_constitution.core.lazy import LazyPattern

if TYPE_CHECKING:
    from fractions import Fraction

_QUANTITY = LazyPattern(r"([+-]?(?:\d+\.?\d*|\.\d+))([eE][+-]?\d+|[KMGTPE]i|[numkMGTPE]?)\Z")
_LONGEST = 64
"""Characters; Kubernetes itself keeps 18 digits."""
_LONGEST_EXPONENT = 5
"""Characters of ``e-100``."""
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


def exact_quantity(text: str) -> Fraction | None:
    """A quantity as an exact number; None where the text is none, or has more digits than anything counts.

    >>> exact_quantity("1500m"), exact_quantity("1Ki"), exact_quantity("1e999999999"), exact_quantity(" 1")
    (Fraction(3, 2), Fraction(1024, 1), None, None)
    """
    from fractions import Fraction

    match = _QUANTITY.match(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    number, suffix = match.groups()
    if suffix in _DIVISORS:
        return Fraction(number) / _DIVISORS[suffix]
    if suffix in _FACTORS:
        return Fraction(number) * _FACTORS[suffix]
    return Fraction(number + suffix) if len(suffix) <= _LONGEST_EXPONENT else None


def canonical_quantity(text: str) -> str | None:
    """A quantity as Kubernetes writes it: no fraction, and the largest suffix that allows that; None where it is none.

    >>> [canonical_quantity(text) for text in ("1000", "0.5", "1.5Gi", "1000m", "1024Mi", "12e2", "512", "0")]
    ['1k', '500m', '1536Mi', '1', '1Gi', '1200', '512', '0']
    """
    value = exact_quantity(text)
    if value is None or value == 0:
        return None if value is None else "0"
    if text.endswith("i") and abs(value) >= 1024 and value.denominator == 1:
        return _scaled(int(value), 1024, ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))
    # What is finer than a billionth is rounded up.
    return _scaled(-int(-value * 10**9 // 1), 1000, ("n", "u", "m", "", "k", "M", "G", "T", "P", "E"))


def _scaled(number: int, base: int, suffixes: tuple[str, ...]) -> str:
    power = 0
    while number % base == 0 and power < len(suffixes) - 1:
        number, power = number // base, power + 1
    return f"{number}{suffixes[power]}"


def whole_number(text: str) -> int | None:
    """The whole number that a text of at most 18 ASCII digits writes out; None for any other text.

    >>> whole_number("080"), whole_number("-1"), whole_number("٣"), whole_number("9" * 5000)
    (80, None, None, None)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
