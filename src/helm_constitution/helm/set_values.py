"""Helm's ``--set`` options read into values (Helm 4's pkg/strvals), for the embedded engine.

The embedded library parses each option alone, not into the values that it changes (``--set 'ports[1]=x'``).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable
from typing import Any

ORDER = ("--set-json", "--set", "--set-string", "--set-file", "--set-literal")
"""The order in which helm applies the options, whatever their order on the command line."""

_DEEPEST = 30
_LARGEST_INDEX = 65536
_INT64 = range(-(2**63), 2**63)

Values = dict[str, Any]


def merge(base: Values, more: Values) -> Values:
    """Merges values over values as helm does: maps key by key, anything else replaced."""
    result = dict(base)
    for key, value in more.items():
        below = result.get(key)
        result[key] = merge(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return result


def apply(arguments: Iterable[tuple[str, str]], values: Values) -> Values:
    """Applies ``--set`` options to values.

    Args:
        arguments: pairs of the option and its text.
        values: the values so far; they are changed.

    Returns:
        The values with the options applied.

    Raises:
        ValueError: an option can't be parsed, with helm's message.
    """
    given = list(arguments)
    for flag in ORDER:
        for text in (text for other, text in given if other == flag):
            try:
                if flag == "--set-json" and text.lstrip().startswith("{"):
                    values = merge(values, json.loads(text))
                else:
                    _Parser(flag, text).read(values)
            except (ValueError, OSError) as error:
                raise ValueError(f"failed parsing {flag} data: {error}") from error
    return values


def set_files(text: str) -> list[str]:
    """The files that a ``--set-file`` option names, up to what helm can't parse."""
    names: list[str] = []
    with contextlib.suppress(ValueError):
        _Parser("--set-file", text, names.append).read({})
    return names


def _content(file: str) -> str:
    with open(file, encoding="utf-8", errors="replace", newline="") as opened:
        return opened.read()


class _End(Exception):
    """The text ends where helm accepts an end."""


class _Parser:
    def __init__(self, flag: str, text: str, content: Callable[[str], object] = _content) -> None:
        self.flag = flag
        self.text = text
        self.at = 0
        self.content = content

    def read(self, values: Values) -> None:
        try:
            while True:
                self._key(values, 0)
        except _End:
            return

    def _until(self, stops: str) -> tuple[str, str]:
        """The text up to one of some characters, and that character; nothing if the text ends before."""
        part: list[str] = []
        while self.at < len(self.text):
            character = self.text[self.at]
            self.at += 1
            if character in stops:
                return "".join(part), character
            if character == "\\" and self.flag != "--set-literal":
                character = self.text[self.at : self.at + 1]
                self.at += 1
            part.append(character)
        return "".join(part), ""

    def _key(self, values: Values, depth: int) -> None:
        name, last = self._until("=[." if self.flag == "--set-literal" else "=[.,")
        if not last and not name:
            raise _End
        if last in ("", ","):
            raise ValueError(f'key "{name}" has no value')
        if last == "=":
            value = self._value()
            if name:
                values[name] = value
        elif last == "[":
            items = values.get(name, [])
            if not isinstance(items, list):
                raise ValueError(f'"{name}" is not a list')
            items = self._item(items, self._index(), depth)
            if name:
                values[name] = items
        else:
            self._nested(values, name, depth)

    def _nested(self, values: Values, name: str, depth: int) -> None:
        if depth >= _DEEPEST:
            raise ValueError(f"value name nested level is greater than maximum supported nested level of {_DEEPEST}")
        inner = values.get(name, {})
        if not isinstance(inner, dict):
            raise ValueError(f'"{name}" is not a map')
        self._key(inner, depth + 1)
        if not inner:
            raise ValueError(f'key map "{name}" has no value')
        if name:
            values[name] = inner

    def _index(self) -> int:
        text, last = self._until("]")
        if not last or not text.lstrip("+-").isdigit():
            raise ValueError(f'error parsing index "{text}"')
        index = int(text)
        if index < 0:
            raise ValueError(f"negative {index} index not allowed")
        if index > _LARGEST_INDEX:
            raise ValueError(f"index of {index} is greater than maximum supported index of {_LARGEST_INDEX}")
        return index

    def _item(self, items: list[Any], index: int, depth: int) -> list[Any]:
        rest, last = self._until("[.=")
        if rest:
            raise ValueError(f'unexpected data at end of array index: "{rest}"')
        if not last:
            raise _End
        items = [*items, *[None] * (index + 1 - len(items))]
        if last == "=":
            items[index] = self._value()
        elif last == "[":
            inner = [] if items[index] is None else items[index]
            if not isinstance(inner, list):
                raise ValueError(f"item {index} is not a list")
            items[index] = self._item(inner, self._index(), depth)
        else:
            if not isinstance(items[index], dict):
                items[index] = {}
            self._key(items[index], depth)
        return items

    def _value(self) -> Any:
        if self.flag == "--set-json":
            return self._json()
        if self.flag == "--set-literal":
            rest, self.at = self.text[self.at :], len(self.text)
            return rest
        if not self.text.startswith("{", self.at):
            return self._typed(self._until(",")[0])
        self.at += 1
        items = []
        last = ","
        while last != "}":
            part, last = self._until(",}")
            if not last:
                raise ValueError("list must terminate with '}'")
            items.append(self._typed(part))
        if self.text.startswith(",", self.at):
            self.at += 1
        return items

    def _typed(self, text: str) -> Any:
        if self.flag == "--set-file":
            return self.content(text)
        if self.flag == "--set-string":
            return text
        lower = text.lower()
        if lower in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[lower]
        digits = text[1:] if text[:1] in ("+", "-") else text
        if text == "0" or (digits.isascii() and digits.isdigit() and text[0] != "0" and int(text) in _INT64):
            return int(text)
        return text

    def _json(self) -> Any:
        if self._skip_blanks():
            return None
        value, self.at = json.JSONDecoder().raw_decode(self.text, self.at)
        self._skip_blanks()
        return value

    def _skip_blanks(self) -> bool:
        """Whether only blanks stand before the next comma or the end; the comma is passed."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        if self.at < len(self.text) and self.text[self.at] != ",":
            return False
        self.at += 1
        return True
