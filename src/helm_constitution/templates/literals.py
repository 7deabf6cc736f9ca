"""What the literals of a template stand for: strings with Go's escapes, characters, numbers."""

from __future__ import annotations

import math

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.templates.faults import Fault, quoted
from helm_constitution.templates.lexer import CHARACTER

_ESCAPE_SOURCE = r"""\\(?:[abfnrtv\\"']|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3})"""
_ESCAPE = LazyPattern(_ESCAPE_SOURCE)
_ESCAPED = LazyPattern(rf"[^\\]*+(?:{_ESCAPE_SOURCE}[^\\]*+)*")
_SIMPLE_ESCAPES = {
    "a": b"\a", "b": b"\b", "f": b"\f", "n": b"\n", "r": b"\r", "t": b"\t", "v": b"\v", "\\": b"\\",
}  # fmt: skip
_OLD_OCTAL = LazyPattern(r"[+-]?0[0-7_]+")
_DIGITS = (
    r"(?:0[xX][0-9a-fA-F_]*+\.?+[0-9a-fA-F_]*+(?:[pP][+-]?+[0-9_]*+)?|0[oO][0-7_]*+\.?+[0-7_]*+"
    r"|0[bB][01_]*+\.?+[01_]*+|[0-9_]*+\.?+[0-9_]*+(?:[eE][+-]?+[0-9_]*+)?)"
)
_NUMBER = LazyPattern(rf"(?=[+-]|\.?[0-9])[+-]?{_DIGITS}i?(?:[+-]{_DIGITS}i)?(?![\w+-])")
"""A number as far as text/template's lexer goes."""
NUMBER_LIKE = LazyPattern(rf"(?=[+-]|\.?[0-9])[+-]?{_DIGITS}i?(?:\w|[+-]{_DIGITS}i?\w?)?")


def string_value(text: str, start: int, end: int) -> str:
    """The text that the string between two offsets stands for. Raises Fault for an escape that Go doesn't know."""
    quote, body = text[start], text[start + 1 : end - 1]
    if quote == "`":
        return body.replace("\r", "")
    return _unquote(body, quote, start) if "\\" in body else body


def _unquote(body: str, quote: str, start: int) -> str:
    """Resolves Go's escapes; bytes given one by one (``\\xe2\\x80``) are read as UTF-8 together."""
    if not _ESCAPED.fullmatch(body):
        raise Fault("invalid syntax", start)
    parts: list[bytes] = []
    cursor = 0
    for escape in _ESCAPE.finditer(body):
        parts.append(body[cursor : escape.start()].encode(errors="surrogatepass"))
        cursor = escape.end()
        code = escape[0][1:]
        point = 0
        if code in _SIMPLE_ESCAPES:
            parts.append(_SIMPLE_ESCAPES[code])
        elif code in ('"', "'"):
            point = ord(code) if code == quote else -1
        elif code[0] in "xuU":
            point = int(code[1:], 16)
        else:
            point = int(code, 8)
        is_byte = len(code) == 3
        if point < 0 or point > (0xFF if is_byte else 0x10FFFF) or 0xD800 <= point <= 0xDFFF:
            raise Fault("invalid syntax", start)
        if code not in _SIMPLE_ESCAPES:
            parts.append(bytes((point,)) if is_byte else chr(point).encode())
    parts.append(body[cursor:].encode(errors="surrogatepass"))
    return b"".join(parts).decode(errors="replace")


def number_value(text: str, kind: int, start: int) -> int | float | None:
    """The value of a number or character constant; None where it is imaginary.

    Raises:
        Fault: text/template rejects it; at ``start``.
    """
    if kind == CHARACTER:
        character = _unquote(text[1:-1], "'", start)
        if len(character) != 1:
            raise Fault(f"malformed character constant: {text}", start)
        return ord(character)
    if text.isdecimal() and (text[0] != "0" or text == "0") and len(text) < 19:
        return int(text)
    if not _NUMBER.fullmatch(text):
        like = NUMBER_LIKE.match(text)
        raise Fault(f"bad number syntax: {quoted(like[0] if like else text)}", start)
    if text.endswith("i"):
        return None
    try:
        whole = int(text.replace("_", ""), 8) if _OLD_OCTAL.fullmatch(text) else int(text, 0)
        if -(2**63) <= whole < 2**64:
            return whole
    except ValueError:
        pass  # not a whole number
    try:
        value = float.fromhex(text) if "x" in text.lower() else float(text)
    except (ValueError, OverflowError):
        value = math.inf
    if math.isinf(value):
        raise Fault(f"illegal number syntax: {quoted(text)}", start)
    if not any(mark in text for mark in ".eEpP"):
        raise Fault(f"integer overflow: {quoted(text)}", start)
    return value
