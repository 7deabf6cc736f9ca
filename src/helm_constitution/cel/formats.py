"""The named formats of ``format.…().validate(text)``, and the other functions that Kubernetes adds for texts and
lists."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from helm_constitution.cel.networks import is_url
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.kubernetes.names import (
    DNS_LABEL,
    DNS_SUBDOMAIN,
    LABEL_KEY,
    LABEL_VALUE,
    LONGEST_LABEL,
    LONGEST_SUBDOMAIN,
    OLD_DNS_LABEL,
)

_BYTE = LazyPattern(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_UUID = LazyPattern(r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_TIME = LazyPattern(
    r"(?i)(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):?[0-5]\d)"
)


class Untranslatable(Exception):
    """A regular expression of RE2 that Python's ``re`` reads differently, or not at all."""

    def __init__(self, pattern: str, why: str) -> None:
        # The library passes on the text alone: the first word tells the kind of error.
        super().__init__(f"Untranslatable: the regular expression {pattern!r} {why}")


def _too_long(text: str, most: int) -> list[str]:
    return [f"must be no more than {most} bytes"] if len(text.encode()) > most else []


def _fault(words: str, pattern: str, *examples: str) -> str:
    given = " or ".join(f"'{example}', " for example in examples)
    return f"{words} (e.g. {given}regex used for validation is '{pattern}')"


def _label(text: str) -> list[str]:
    faults = _too_long(text, LONGEST_LABEL)
    if not DNS_LABEL.fullmatch(text):
        words = (
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
            "and must start and end with an alphanumeric character"
        )
        is_subdomain = DNS_SUBDOMAIN.fullmatch(text)
        faults.append(
            "must not contain dots" if is_subdomain else _fault(words, DNS_LABEL.pattern, "my-name", "123-abc")
        )
    return faults


def _subdomain(text: str) -> list[str]:
    faults = _too_long(text, LONGEST_SUBDOMAIN)
    if not DNS_SUBDOMAIN.fullmatch(text):
        words = (
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
            "and must start and end with an alphanumeric character"
        )
        faults.append(_fault(words, DNS_SUBDOMAIN.pattern, "example.com"))
    return faults


def _old_label(text: str) -> list[str]:
    faults = _too_long(text, LONGEST_LABEL)
    if not OLD_DNS_LABEL.fullmatch(text):
        words = (
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
            "start with an alphabetic character, and end with an alphanumeric character"
        )
        faults.append(_fault(words, OLD_DNS_LABEL.pattern, "my-name", "abc-123"))
    return faults


_KEY_WORDS = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
)


def _qualified_name(text: str) -> list[str]:
    prefix, slash, name = text.rpartition("/")
    if "/" in prefix:
        fault = _fault(_KEY_WORDS, LABEL_KEY.pattern, "MyName", "my.name", "123-abc")
        ending = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return [f"a valid label key {fault} {ending}"]
    faults = []
    if slash:
        faults = [f"prefix part {fault}" for fault in (_subdomain(prefix) if prefix else ["must be non-empty"])]
    if not name:
        faults.append("name part must be non-empty")
    faults.extend(f"name part {fault}" for fault in _too_long(name, LONGEST_LABEL))
    if not LABEL_KEY.fullmatch(name):
        faults.append(f"name part {_fault(_KEY_WORDS, LABEL_KEY.pattern, 'MyName', 'my.name', '123-abc')}")
    return faults


def _label_value(text: str) -> list[str]:
    faults = _too_long(text, LONGEST_LABEL)
    if not LABEL_VALUE.fullmatch(text):
        words = (
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
            "and must start and end with an alphanumeric character"
        )
        faults.append(_fault(words, LABEL_VALUE.pattern, "MyValue", "my_value", "12345"))
    return faults


def _prefix(check: Callable[[str], list[str]]) -> Callable[[str], list[str]]:
    """The format of a name that gets a random suffix: a dash at the end is allowed."""
    return lambda text: check(f"{text[:-2]}a" if len(text) > 1 and text.endswith("-") else text)


def _uri(text: str) -> list[str]:
    return [] if is_url(text) else [f'parse "{text}": invalid URI for request']


def _is_date(text: str) -> bool:
    import datetime

    try:
        return len(text) == 10 and bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False


def _is_time(text: str) -> bool:
    found = _TIME.fullmatch(text)
    return found is not None and _is_date(found.group(1))


def _told(words: str, is_right: Callable[[str], bool]) -> Callable[[str], list[str]]:
    return lambda text: [] if is_right(text) else [words]


FORMATS: Mapping[str, Callable[[str], list[str]]] = {
    "dns1123Label": _label,
    "dns1123Subdomain": _subdomain,
    "dns1035Label": _old_label,
    "qualifiedName": _qualified_name,
    "dns1123LabelPrefix": _prefix(_label),
    "dns1123SubdomainPrefix": _prefix(_subdomain),
    "dns1035LabelPrefix": _prefix(_old_label),
    "labelValue": _label_value,
    "uri": _uri,
    "uuid": _told("does not match the UUID format", lambda text: _UUID.fullmatch(text) is not None),
    "byte": _told("invalid base64", lambda text: bool(text) and _BYTE.fullmatch(text) is not None),
    "date": _told("invalid date", _is_date),
    "datetime": _told("invalid datetime", _is_time),
}
"""What each format has against a text, as k8s.io/apimachinery's validation says it."""


def validate(name: str, text: str) -> list[str]:
    """The reasons why a text doesn't match a format; an empty list if it matches."""
    if name not in FORMATS:
        raise ValueError(f"no such format: {name}")
    return FORMATS[name](text)


def find(text: str, pattern: str) -> str:
    """The first match of a pattern; empty if there is none."""
    found = _compiled(pattern).search(text)
    return found.group() if found else ""


def find_all(text: str, pattern: str, most: int = -1) -> list[str]:
    """Every match of a pattern, or the first ones."""
    found = [match.group() for match in _compiled(pattern).finditer(text)]
    return found if most < 0 else found[:most]


def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of RE2 for Python's ``re``: ``$`` is the end of the text alone, classes are those of ASCII."""
    parts: list[str] = []
    in_class, place = False, 0
    while place < len(pattern):
        sign = pattern[place]
        if sign == "\\":
            following = pattern[place : place + 2]
            if following in ("\\p", "\\P", "\\Q", "\\C"):
                raise Untranslatable(pattern, f"has {following}")
            parts.append(r"\Z" if following == r"\z" else following)
            place += 2
            continue
        if sign == "[" and pattern[place + 1 : place + 2] == ":" and in_class:
            raise Untranslatable(pattern, "has a named class")
        in_class = sign == "[" or (in_class and (sign != "]" or pattern[place - 1 : place] in ("[", "^")))
        parts.append(r"\Z" if sign == "$" and not in_class else sign)
        place += 1
    try:
        return re.compile("".join(parts), re.ASCII)
    except (re.error, RecursionError, OverflowError) as error:
        raise Untranslatable(pattern, f"can't be read: {error}") from None


def is_sorted(values: Sequence[Any]) -> bool:
    """Whether each value is at least the one before it."""
    return all(not later < former for former, later in itertools.pairwise(values))


def lowest(values: Sequence[Any]) -> Any:
    """The smallest value."""
    if not values:
        raise ValueError("min called on empty list")
    return min(values)


def highest(values: Sequence[Any]) -> Any:
    """The largest value."""
    if not values:
        raise ValueError("max called on empty list")
    return max(values)


def index_of(values: Sequence[Any], value: Any) -> int:
    """The index of a value in a list; -1 if it isn't there."""
    return next((place for place, each in enumerate(values) if _same(each, value)), -1)


def last_index_of(values: Sequence[Any], value: Any) -> int:
    """The last index of a value in a list; -1 if it isn't there."""
    return max((place for place, each in enumerate(values) if _same(each, value)), default=-1)


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
