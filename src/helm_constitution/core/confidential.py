"""Values that no report may show, by the names of their keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.secret_lines import NAMED_OPTION, text_without_secrets
from helm_constitution.core.secret_names import HIDDEN, names_a_secret
from helm_constitution.core.secret_texts import without_secrets


def _known_as(key: str | int, beside: Mapping[Any, object]) -> str | int:
    """A key of a map; for the ``value`` of a variable, the variable's name."""
    if key == "data" and beside.get("kind") == "Secret":
        return "stringData"
    name = beside.get("name", beside.get("key")) if key == "value" else None
    return name if isinstance(name, str) else key


def _item_known_as(number: int, items: Sequence[object]) -> str | int:
    """The place of an item in a list; behind an option that takes a secret, the option's name."""
    before = items[number - 1] if number else None
    if isinstance(before, str) and before[:1] == "-" and NAMED_OPTION.match(before):
        return before.strip("-")
    return number


def by_names(path: Sequence[str | int], values: object) -> tuple[str | int, ...]:
    """A path into values as :func:`withheld` reads it: the value of a variable goes by the variable's name, an item
    behind an option by the option's."""
    found: list[str | int] = []
    for step in path:
        if isinstance(values, dict) and step in values:
            found.append(_known_as(step, values))
            values = values[step]
        elif isinstance(values, list) and isinstance(step, int) and step < len(values):
            found.append(_item_known_as(step, values))
            values = values[step]
        else:
            found.append(step)
            values = None
    return tuple(found)


def withheld(value: Any, path: Sequence[str | int] = ()) -> Any:
    """A value of a values file as a report may show it: its shape stays, texts and numbers of secrets are hidden."""
    if isinstance(value, dict):
        return {key: withheld(part, (*path, _known_as(key, value))) for key, part in value.items()}
    if isinstance(value, list):
        return [withheld(part, (*path, _item_known_as(number, value))) for number, part in enumerate(value)]
    if isinstance(value, str):
        if value and names_a_secret(path):
            return HIDDEN
        return text_without_secrets(value) if "\n" in value else without_secrets(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and names_a_secret(path):
        return HIDDEN
    return value


_ALLOWED = LazyPattern(r"(?<= is not one of ).+|\A.+(?= was expected\Z)", re.DOTALL)
"""The values that a schema allows; of a secret they are secrets too."""


def withheld_in(message: str, value: object, path: Sequence[str | int] = ()) -> str:
    """A message of a schema validator, which repeats the value that it rejects, without what is withheld of it."""
    for inner, text in sorted(_leaves(value, tuple(path)), key=lambda leaf: -len(repr(leaf[1]))):
        if names_a_secret(inner):
            message = message.replace(repr(text), repr(HIDDEN))
    is_secret = names_a_secret(path)
    message = _ALLOWED.sub(lambda found: repr(HIDDEN) if is_secret else text_without_secrets(found[0]), message)
    return without_secrets(message)


def secrets_in(value: object) -> Iterator[str]:
    """The texts of the secrets in values, by their keys or within other texts; of one with several lines, each line."""
    for path, part in _leaves(value, ()):
        found = [str(part)] if names_a_secret(path) else _hidden_in(part) if isinstance(part, str) else ()
        for text in found:
            yield from filter(None, (line.strip(" \t\r\"'\\") for line in text.split("\n")))


def _hidden_in(text: str) -> Iterator[str]:
    """What is withheld of a text."""
    shown = withheld(text)
    if shown == text:
        return
    first, *others = shown.split(HIDDEN)
    at = len(first)
    for other in others:
        end = text.find(other, at) if other else len(text)
        if end < 0:
            return  # the text has such a sign itself
        yield text[at:end]
        at = end + len(other)


def _leaves(value: object, path: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], object]]:
    if isinstance(value, dict):
        return [leaf for key, part in value.items() for leaf in _leaves(part, (*path, _known_as(key, value)))]
    if isinstance(value, list):
        return [
            leaf for number, part in enumerate(value) for leaf in _leaves(part, (*path, _item_known_as(number, value)))
        ]
    return [] if value is None or isinstance(value, bool) or value == "" else [(path, value)]
