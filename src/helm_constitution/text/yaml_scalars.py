"""Plain scalars of YAML as go-yaml reads them."""

from __future__ import annotations

import math
from typing import TypeAlias

from helm_constitution.core.lazy import LazyPattern

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""Plain data, as Kubernetes has it once YAML is read."""

ValuesPath: TypeAlias = tuple[str, ...]
"""The way to a value of a chart: keys alone."""


PLAIN: dict[str, Json] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}


NUMERIC_START = frozenset("0123456789+-.")


_INT = LazyPattern(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)\Z")


_FLOAT = LazyPattern(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")


_BASES = {"x": 16, "b": 2, "o": 8}


def resolve_plain(text: str) -> Json:
    """The value of an unquoted scalar as go-yaml reads it and JSON carries it on.

    ``on`` is true, ``014`` is 12, ``1:30`` and dates are text, ``1e3`` and ``1.0`` are the whole numbers 1000 and 1.
    """
    if text in PLAIN:
        return PLAIN[text]
    if text[0] not in NUMERIC_START:
        return text
    digits = text.replace("_", "")
    if _INT.match(digits):
        body = digits.lstrip("+-").lower()
        if len(body) > 1 and body[0] == "0":
            base = _BASES.get(body[1])
            number = int(body, 8) if base is None else int(body[2:], base)
        else:
            number = int(body) if len(body) < 400 else 10**400
        if digits[0] == "-":
            number = -number
        if -(2**63) <= number < 2**64:
            return number
    if _FLOAT.match(digits):
        real = float(digits)
        if math.isinf(real):
            return text
        # JSON writes 1e21 and more with an exponent, which no integer field accepts.
        return int(real) if real.is_integer() and abs(real) < 1e21 else real
    return text
