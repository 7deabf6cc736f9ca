"""Quantities and semantic versions in CEL, as k8s.io/apiserver's ``cel/library`` has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from helm_constitution.cel.opaque import QUANTITY, SEMVER, NoSuchOverload, Opaque, content, kind_of
from helm_constitution.kubernetes.quantities import exact_quantity
from helm_constitution.text.semver import Version, parse_version

if TYPE_CHECKING:
    from fractions import Fraction

_MOST = 2**63


def quantity(text: str) -> Opaque:
    """``quantity("1Gi")``."""
    found = exact_quantity(text)
    if found is None:
        raise ValueError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    return _quantity(found)


def is_quantity(text: str) -> bool:
    """``isQuantity("1Gi")``."""
    return exact_quantity(text) is not None


def _quantity(value: Fraction) -> Opaque:
    return {QUANTITY: str(value)}


def _number(value: object) -> Fraction:
    from fractions import Fraction

    return Fraction(content(value, QUANTITY))


def sign(value: Opaque) -> int:
    """-1, 0 or 1."""
    number = _number(value)
    return (number > 0) - (number < 0)


def is_integer(value: Opaque) -> bool:
    """Whether ``asInteger`` returns a number."""
    number = _number(value)
    return number.denominator == 1 and -_MOST <= number < _MOST


def as_integer(value: Opaque) -> int:
    """The quantity as an int."""
    if not is_integer(value):
        raise ValueError("cannot convert value to integer")
    return int(_number(value))


def as_float(value: Opaque) -> float:
    """The quantity as a double."""
    return float(_number(value))


def add(value: Opaque, other: Opaque | int) -> Opaque:
    """The sum with another quantity or a whole number."""
    return _quantity(_number(value) + (other if isinstance(other, int) else _number(other)))


def sub(value: Opaque, other: Opaque | int) -> Opaque:
    """The difference from another quantity or a whole number."""
    return _quantity(_number(value) - (other if isinstance(other, int) else _number(other)))


def semver(text: str, normalize: bool = False) -> Opaque:
    """``semver("1.2.3")``, with ``true`` as second argument also ``v1.2``."""
    found = _version(text, normalize)
    if found is None:
        raise ValueError(f"{text!r} is not a semantic version")
    return {SEMVER: str(found)}


def is_semver(text: str, normalize: bool = False) -> bool:
    """``isSemver("1.2.3")``."""
    return _version(text, normalize) is not None


def _version(text: str, normalize: bool) -> Version | None:
    if not normalize:
        return parse_version(text)
    parts = text.removeprefix("v").split(".", 2)
    if len(parts) < 3 and any(sign in parts[-1] for sign in "+-"):
        return None
    numbers = [part.lstrip("0") if len(part) > 1 else part for part in parts]
    numbers = [part if part[:1].isdigit() else f"0{part}" for part in numbers]
    return parse_version(".".join([*numbers, "0", "0"][: max(3, len(numbers))]))


def _own(value: Opaque) -> Version:
    found = parse_version(content(value, SEMVER))
    assert found is not None
    return found


def major(value: Opaque) -> int:
    """The first number."""
    return _own(value).major


def minor(value: Opaque) -> int:
    """The second number."""
    return _own(value).minor


def patch(value: Opaque) -> int:
    """The third number."""
    return _own(value).patch


def compare_to(value: Opaque, other: Opaque) -> int:
    """-1, 0 or 1 for two quantities, or for two versions."""
    if kind_of(value) == QUANTITY:
        left, right = _number(value), _number(other)
        return (left > right) - (left < right)
    if kind_of(value) == SEMVER:
        own, its = _own(value).order, _own(other).order
        return (own > its) - (own < its)
    raise NoSuchOverload


def comparison(result: int) -> Callable[[Opaque, Opaque], bool]:
    """Whether :func:`compare_to` returns this."""
    return lambda value, other: compare_to(value, other) == result
